package ingest

import (
	"bytes"
	"context"
	"fmt"
	"strconv"

	"millrace/eventlog"
)

// Read implements [File].
func (f *tableLog) Read(ctx context.Context, emit func(*eventlog.Batch) error) error {
	r := tableReader{tableLog: f, emit: emit}
	r.reset()
	f.missing, f.dates = 0, 0
	f.zeros = caseZeros{strip: f.zeros.strip}
	if err := f.Scan(ctx, r.row); err != nil {
		return err
	}
	return r.flush()
}

// A tableReader gathers rows to batches.
type tableReader struct {
	*tableLog
	emit  func(*eventlog.Batch) error
	batch eventlog.Batch

	caseTexts, activities, resources, lifecycles, instances Texts
}

// An event is one row before it is known to be good.
type event struct {
	time, start, sequence int64
	day                   bool
}

// row takes one row, or rejects it.
func (r *tableReader) row(rec *Row) error {
	if e, ok := r.check(rec); ok {
		r.append(rec, e)
	}
	if r.batch.Len() < BatchRows {
		return nil
	}
	return r.flush()
}

func (r *tableReader) check(rec *Row) (e event, ok bool) {
	for _, column := range [...]int{r.roles.Case, r.roles.Activity} {
		if f := rec.Fields[column]; len(bytes.TrimSpace(f)) == 0 {
			r.Reject(rec.Line, column, "is empty")
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
			r.Reject(rec.Line, c, fmt.Sprintf("%q is not a whole number", rec.Fields[c]))
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
	r.Reject(rec.Line, t.date, fmt.Sprintf("%q is not a date in layout %q", text, t.format))
	return us, false, false
}

func (r *tableReader) append(rec *Row, e event) {
	b, roles := &r.batch, &r.roles
	b.Case = append(b.Case, r.caseTexts.Text(r.zeros.of(rec.Fields[roles.Case])))
	b.Activity = append(b.Activity, r.activities.Text(rec.Fields[roles.Activity]))
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
		b.Resource = append(b.Resource, r.resources.Text(rec.Fields[roles.Resource]))
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
	if r.cases != nil && r.cases.add(b.Case[len(b.Case)-1], rec.Fields) && r.cases.varies == "" {
		r.cases.varies = r.Where(rec.Line)
	}
}

// flush emits the batch and starts the next.
func (r *tableReader) flush() error {
	b := &r.batch
	if b.Len() == 0 {
		return nil
	}
	for _, a := range r.events {
		b.Attributes = append(b.Attributes, a.view())
	}
	if r.cases != nil {
		b.CaseIDs, b.CaseAttributes = r.cases.flush()
	}
	err := r.emit(b)
	r.reset()
	return err
}

func (r *tableReader) reset() {
	b := &r.batch
	b.Case, b.Activity, b.Place, b.Time, b.Start = b.Case[:0], b.Activity[:0], b.Place[:0], b.Time[:0], b.Start[:0]
	b.Resource, b.Lifecycle, b.Instance, b.Sequence = b.Resource[:0], b.Lifecycle[:0], b.Instance[:0], b.Sequence[:0]
	b.Attributes = b.Attributes[:0]
	for _, a := range r.events {
		a.reset()
	}
}
