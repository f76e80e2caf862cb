package csvfile

import (
	"bytes"
	"context"
	"fmt"
	"strconv"

	"millrace/eventlog"
	"millrace/ingest"
)

// Read implements [ingest.File].
func (f *file) Read(ctx context.Context, emit func(*eventlog.Batch) error) error {
	r := reader{file: f, emit: emit}
	r.reset()
	f.missing, f.dates = 0, 0
	if err := f.scan(ctx, r.row); err != nil {
		return err
	}
	return r.flush()
}

// A reader gathers rows to batches.
type reader struct {
	*file
	emit  func(*eventlog.Batch) error
	batch eventlog.Batch

	caseTexts, activities, resources, lifecycles, instances ingest.Texts
}

// An event is one row before it is known to be good.
type event struct {
	time, start, sequence int64
	day                   bool
}

// row takes one row, or rejects it.
func (r *reader) row(rec *record) error {
	if e, ok := r.check(rec); ok {
		r.append(rec, e)
	}
	if r.batch.Len() < batchRows {
		return nil
	}
	return r.flush()
}

func (r *reader) check(rec *record) (e event, ok bool) {
	for _, column := range [...]int{r.roles.Case, r.roles.Activity} {
		if f := rec.fields[column]; len(bytes.TrimSpace(f)) == 0 {
			r.reject(rec.line, r.columns[column], "is empty")
			return e, false
		}
	}
	if e.time, e.day, ok = r.parseTime(rec, r.roles.Time, r.time); !ok {
		return e, false
	}
	if e.start, _, ok = r.parseTime(rec, r.roles.Start, r.start); !ok {
		return e, false
	}
	if c := r.roles.Sequence; c >= 0 {
		var err error
		if e.sequence, err = strconv.ParseInt(string(bytes.TrimSpace(rec.fields[c])), 10, 64); err != nil {
			r.reject(rec.line, r.columns[c], fmt.Sprintf("%q is not a whole number", rec.fields[c]))
			return e, false
		}
	}
	return e, true
}

func (r *reader) parseTime(rec *record, column int, format *ingest.TimeFormat) (us int64, day, ok bool) {
	if column < 0 {
		return eventlog.NoTime, false, true
	}
	text := rec.fields[column]
	if us, day, ok = format.Parse(text); ok {
		return us, day, true
	}
	if ingest.MissingTime(text) {
		return eventlog.NoTime, false, true
	}
	r.reject(rec.line, r.columns[column], fmt.Sprintf("%q is not a date in layout %q", text, format))
	return us, false, false
}

func (r *reader) append(rec *record, e event) {
	b, roles := &r.batch, &r.roles
	b.Case = append(b.Case, r.caseTexts.Text(rec.fields[roles.Case]))
	b.Activity = append(b.Activity, r.activities.Text(rec.fields[roles.Activity]))
	b.Place = append(b.Place, rec.line)
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
		b.Resource = append(b.Resource, r.resources.Text(rec.fields[roles.Resource]))
	}
	if roles.Lifecycle >= 0 {
		b.Lifecycle = append(b.Lifecycle, r.lifecycles.Text(rec.fields[roles.Lifecycle]))
	}
	if roles.Instance >= 0 {
		b.Instance = append(b.Instance, r.instances.Text(rec.fields[roles.Instance]))
	}
	if roles.Sequence >= 0 {
		b.Sequence = append(b.Sequence, e.sequence)
	}
	for _, a := range r.events {
		a.add(rec.fields[a.field])
	}
	if r.cases != nil && r.cases.add(b.Case[len(b.Case)-1], rec.fields) && r.cases.varies == "" {
		r.cases.varies = fmt.Sprintf("line %d", rec.line)
	}
}

// flush emits the batch and starts the next.
func (r *reader) flush() error {
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

func (r *reader) reset() {
	b := &r.batch
	b.Case, b.Activity, b.Place, b.Time, b.Start = b.Case[:0], b.Activity[:0], b.Place[:0], b.Time[:0], b.Start[:0]
	b.Resource, b.Lifecycle, b.Instance, b.Sequence = b.Resource[:0], b.Lifecycle[:0], b.Instance[:0], b.Sequence[:0]
	b.Attributes = b.Attributes[:0]
	for _, a := range r.events {
		a.reset()
	}
}
