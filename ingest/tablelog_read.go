package ingest

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"unicode/utf8"

	"millrace/eventlog"
)

// Read implements [File].
func (f *tableLog) Read(ctx context.Context, emit func(*eventlog.Batch) error) error {
	f.missing, f.dates = 0, 0
	f.zeros = caseZeros{strip: f.zeros.strip}
	if t, ok := f.Table.(Parted); ok {
		return f.readParts(ctx, t, emit)
	}
	r := tableReader{tableLog: f, reject: f.Reject, emit: emit}
	if err := f.Scan(ctx, r.row); err != nil {
		return err
	}
	return r.flush()
}

// A tableReader gathers rows to batches.
type tableReader struct {
	*tableLog
	reject func(line int64, column int, reason string)
	emit   func(*eventlog.Batch) error
	batch  eventlog.Batch
	codes  eventlog.BatchCodes // of the batch

	caseCodes, activities, resources Coder
	lifecycles, instances            Texts
}

// An event is one row before it is known to be good.
type event struct {
	time, start, sequence int64
	day                   bool
}

// row takes one row, or rejects it.
func (r *tableReader) row(rec *Row) error {
	if e, ok := r.check(rec); ok {
		return r.take(rec, e)
	}
	return nil
}

// take takes one row that is good.
func (r *tableReader) take(rec *Row, e event) error {
	r.append(rec, e)
	if r.len() < BatchRows {
		return nil
	}
	return r.flush()
}

func (r *tableReader) len() int { return len(r.batch.Place) }

// blank says whether a field has no text. Most have.
func blank(f []byte) bool {
	return len(f) == 0 || (f[0] <= ' ' || f[0] >= utf8.RuneSelf) && len(bytes.TrimSpace(f)) == 0
}

func (r *tableReader) check(rec *Row) (e event, ok bool) {
	for _, column := range [...]int{r.roles.Case, r.roles.Activity} {
		if f := rec.Fields[column]; blank(f) {
			r.reject(rec.Line, column, "is empty")
			return e, false
		}
	}
	if e.time, e.day, ok = r.parseTime(rec, r.time); !ok {
		return e, false
	}
	if e.start, _, ok = r.parseTime(rec, r.start); !ok {
		return e, false
	}
	if c := r.roles.Sequence; c >= 0 {
		var err error
		if e.sequence, err = strconv.ParseInt(string(bytes.TrimSpace(rec.Fields[c])), 10, 64); err != nil {
			r.reject(rec.Line, c, fmt.Sprintf("%q is not a whole number", rec.Fields[c]))
			return e, false
		}
	}
	return e, true
}

// parseTime reads the time of a role, or rejects the row.
func (r *tableReader) parseTime(rec *Row, t *timeColumn) (us int64, day, ok bool) {
	if t == nil {
		return eventlog.NoTime, false, true
	}
	us, day, _, ok = t.parse(rec.Fields)
	if ok {
		return us, day, true
	}
	text := string(rec.Fields[t.date])
	if t.clock >= 0 {
		text += " " + string(bytes.TrimSpace(rec.Fields[t.clock]))
	}
	r.reject(rec.Line, t.date, fmt.Sprintf("%q is not a date in layout %q", text, t.format))
	return us, false, false
}

func (r *tableReader) append(rec *Row, e event) {
	b, roles := &r.batch, &r.roles
	r.caseCodes.Add(r.zeros.of(rec.Fields[roles.Case]))
	r.activities.Add(rec.Fields[roles.Activity])
	b.Place = append(b.Place, rec.Line)
	if roles.Time >= 0 {
		b.Time = append(b.Time, e.time)
		if e.day {
			r.dates++
		}
		if e.time == eventlog.NoTime {
			r.missing++
		}
	}
	if roles.Start >= 0 {
		b.Start = append(b.Start, e.start)
	}
	if roles.Resource >= 0 {
		r.resources.Add(rec.Fields[roles.Resource])
	}
	if roles.Lifecycle >= 0 {
		b.Lifecycle = append(b.Lifecycle, r.lifecycles.Text(rec.Fields[roles.Lifecycle]))
	}
	if roles.Instance >= 0 {
		b.Instance = append(b.Instance, r.instances.Text(rec.Fields[roles.Instance]))
	}
	if roles.Sequence >= 0 {
		b.Sequence = append(b.Sequence, e.sequence)
	}
	for _, a := range r.events {
		a.add(rec.Fields[a.field])
	}
	if r.cases != nil && r.cases.add(r.caseCodes.Last(), rec.Fields) && r.cases.varies == "" {
		r.cases.varies = r.Where(rec.Line)
	}
}

// finish makes the batch whole.
func (r *tableReader) finish() *eventlog.Batch {
	b := &r.batch
	b.Case = r.caseCodes.Texts(b.Case[:0])
	b.Activity = r.activities.Texts(b.Activity[:0])
	r.codes = eventlog.BatchCodes{Case: r.caseCodes.Codes(), Activity: r.activities.Codes()}
	if r.roles.Resource >= 0 {
		b.Resource = r.resources.Texts(b.Resource[:0])
		r.codes.Resource = r.resources.Codes()
	}
	b.Codes = &r.codes
	for _, a := range r.events {
		b.Attributes = append(b.Attributes, a.view())
	}
	if r.cases != nil {
		b.CaseIDs, b.CaseAttributes = r.cases.flush()
	}
	return b
}

// flush emits the batch and starts the next.
func (r *tableReader) flush() error {
	if r.len() == 0 {
		return nil
	}
	err := r.emit(r.finish())
	r.reset()
	return err
}

func (r *tableReader) reset() {
	b := &r.batch
	b.Place, b.Time, b.Start, b.Sequence = b.Place[:0], b.Time[:0], b.Start[:0], b.Sequence[:0]
	b.Lifecycle, b.Instance, b.Attributes = b.Lifecycle[:0], b.Instance[:0], b.Attributes[:0]
	r.caseCodes.Reset()
	r.activities.Reset()
	r.resources.Reset()
	for _, a := range r.events {
		a.reset()
	}
}
