package xesfile

import (
	"fmt"
	"slices"

	"millrace/eventlog"
)

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
	err := r.emit(&out)
	ids := b.CaseIDs
	if cases {
		ids = ids[:0]
	}
	r.batch = rows{Batch: eventlog.Batch{
		Case: b.Case[:0], Activity: b.Activity[:0], Time: b.Time[:0], Start: b.Start[:0], Day: b.Day[:0],
		Resource: b.Resource[:0], Lifecycle: b.Lifecycle[:0], Instance: b.Instance[:0], Place: b.Place[:0],
		Attributes: b.Attributes, CaseIDs: ids, CaseAttributes: b.CaseAttributes,
	}}
	r.firstRow, r.bytes = 0, 0
	return err
}

// notes says what the reader met that changed no event, or not visibly.
func (r *reader) notes() []eventlog.Note {
	var notes []eventlog.Note
	note := func(n int64, code, format string, args ...any) {
		if n > 0 {
			notes = append(notes, eventlog.Note{Code: code, Text: fmt.Sprintf(format, args...)})
		}
	}
	key := r.roles.caseID
	note(r.unnamed, "traces-without-name", "%d of %d traces have no %s; their case is called #1, #2, … after their place in the file", r.unnamed, r.traces, key)
	if r.roles.time != "" {
		note(r.missing, "missing-times", "%d events have no %s", r.missing, r.roles.time)
	}
	note(r.textTimes, "text-times", "%d times are declared to be strings, not dates; they were read all the same", r.textTimes)
	note(r.clock.naive, "times-without-zone", "%d times say no zone; they were read as %s", r.clock.naive, r.clock.zone)
	note(r.twice, "duplicate-keys", "%d attributes have a key that their trace or event has already; the first one counts", r.twice)
	for _, ring := range []*keyring{&r.keys, &r.traceKeys} {
		for _, c := range ring.columns {
			note(c.bad, "unreadable-values", "attribute %q: %d values are not of their declared type (%s); they were read as text", c.name, c.bad, c.example)
			note(int64(c.mixed), "mixed-types", "attribute %q is declared with different types; it was read as text where they meet", c.name)
		}
	}
	note(r.doc.scan.stray, "text-content", "%d pieces of text between tags were left out; XES has values in attributes only", r.doc.scan.stray)
	var unknown []string
	for name := range r.doc.unknown {
		unknown = append(unknown, name)
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		note(r.doc.unknown[name], "unknown-elements", "%d elements <%s> are not of XES where they stand; they were left out with all in them", r.doc.unknown[name], name)
	}
	return notes
}
