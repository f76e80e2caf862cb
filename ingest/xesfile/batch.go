package xesfile

import (
	"millrace/eventlog"
	"millrace/ingest"
)

const (
	batchEvents = 16 << 10 // events of a full batch
	batchCases  = 8 << 10  // a batch with this many events or cases ends with the trace
	batchCells  = 2 << 20  // values of attributes, present or not
	batchBytes  = 32 << 20 // of attributes
)

// rows are the columns of the batch that grows.
type rows struct {
	eventlog.Batch
	hasStart, hasResource, hasLifecycle, hasInstance, hasDay bool
}

// add appends an event. Its case is filled in when it is known.
func (b *rows) add(e *event, label string, place int64) {
	b.Case = append(b.Case, "")
	b.Activity = append(b.Activity, label)
	b.Place = append(b.Place, place)
	b.Time = append(b.Time, e.time)
	b.Start = append(b.Start, e.start)
	b.Day = append(b.Day, e.day)
	b.Resource = append(b.Resource, e.resource)
	b.Lifecycle = append(b.Lifecycle, e.lifecycle)
	b.Instance = append(b.Instance, e.instance)
	b.hasStart = b.hasStart || e.start != noTime
	b.hasDay = b.hasDay || e.day
	b.hasResource = b.hasResource || e.resource != ""
	b.hasLifecycle = b.hasLifecycle || e.lifecycle != ""
	b.hasInstance = b.hasInstance || e.instance != ""
}

// full reports whether a batch with columns of n rows is to be emitted.
func (r *reader) full(n int) bool {
	return !r.inPiece && (n >= batchEvents || r.bytes >= batchBytes || n*(len(r.keys.columns)+len(r.traceKeys.columns)) >= batchCells)
}

// nameRows gives the events of the trace their case.
func (r *reader) nameRows() {
	for i := r.firstRow; i < r.batch.Len(); i++ {
		r.batch.Case[i] = r.id
	}
	r.firstRow = r.batch.Len()
}

// flush emits the batch, if there is anything in it. In the middle of a trace,
// cases stay: the last one is not whole.
func (r *reader) flush(cases bool) error {
	b := &r.batch
	n := b.Len()
	if n == 0 && (!cases || len(b.CaseIDs) == 0) {
		return nil
	}
	r.nameRows()
	out := b.Batch
	out.CaseIDs = nil
	if r.roles.time == "" {
		out.Time = nil
	}
	if !b.hasStart {
		out.Start = nil
	}
	if !b.hasDay {
		out.Day = nil
	}
	if !b.hasResource {
		out.Resource = nil
	}
	if !b.hasLifecycle {
		out.Lifecycle = nil
	}
	if !b.hasInstance {
		out.Instance = nil
	}
	b.Attributes = r.keys.finish(b.Attributes[:0], n, &r.clock)
	out.Attributes = b.Attributes
	if cases {
		b.CaseAttributes = r.traceKeys.finish(b.CaseAttributes[:0], len(b.CaseIDs), &r.clock)
		out.CaseIDs, out.CaseAttributes = b.CaseIDs, b.CaseAttributes
	} else {
		out.CaseAttributes = nil
	}
	r.codes.of(&out)
	err := r.emit(&out)
	ids := b.CaseIDs
	if cases {
		ids = ids[:0]
	}
	b.empty()
	b.CaseIDs = ids
	r.firstRow, r.bytes = 0, 0
	return err
}

// empty makes the batch one without rows and cases.
func (b *rows) empty() {
	*b = rows{Batch: eventlog.Batch{
		Case: b.Case[:0], Activity: b.Activity[:0], Time: b.Time[:0], Start: b.Start[:0], Day: b.Day[:0],
		Resource: b.Resource[:0], Lifecycle: b.Lifecycle[:0], Instance: b.Instance[:0], Place: b.Place[:0],
		Attributes: b.Attributes, CaseIDs: b.CaseIDs[:0], CaseAttributes: b.CaseAttributes,
	}}
}

// codes number what a batch says.
type codes struct {
	cases, activities, resources ingest.Coder
	out                          eventlog.BatchCodes
}

// of adds the codes to a batch, valid until the next.
func (c *codes) of(b *eventlog.Batch) {
	code := func(to *ingest.Coder, texts []string) eventlog.Codes {
		to.Reset()
		for _, text := range texts {
			to.AddString(text)
		}
		return to.Codes()
	}
	c.out = eventlog.BatchCodes{Case: code(&c.cases, b.Case), Activity: code(&c.activities, b.Activity)}
	if b.Resource != nil {
		c.out.Resource = code(&c.resources, b.Resource)
	}
	b.Codes = &c.out
}
