package xesfile

import (
	"fmt"
	"maps"
	"slices"

	"millrace/eventlog"
)

// notes says what the reader met that changed no event, or not visibly.
func (r *reader) notes() []eventlog.Note {
	var notes []eventlog.Note
	note := func(n int64, code, format string, args ...any) {
		if n > 0 {
			notes = append(notes, eventlog.Note{Code: code, Text: fmt.Sprintf(format, args...)})
		}
	}
	note(r.unnamed, "traces-without-name", "%s no %s; their case is called #1, #2, … after their place in the file", some(r.unnamed, "trace has", "traces have"), r.roles.caseID)
	if r.roles.time != "" {
		note(r.missing, "missing-times", "%s no %s", some(r.missing, "event has", "events have"), r.roles.time)
	}
	note(r.textTimes, "text-times", "%s a time declared to be a string, not a date; it was read all the same", some(r.textTimes, "event has", "events have"))
	note(r.clock.naive, "times-without-zone", "%s no zone; read as %s", some(r.clock.naive, "time says", "times say"), r.clock.zone)
	note(r.twice, "duplicate-keys", "%s a key that the same trace or event has already; the first counts", some(r.twice, "attribute has", "attributes have"))
	for _, ring := range []*keyring{&r.keys, &r.traceKeys} {
		for _, c := range ring.columns {
			note(c.bad, "unreadable-values", "attribute %q: %s not of the declared type (%s); read as text", c.name, some(c.bad, "value is", "values are"), c.example)
			note(int64(c.mixed), "mixed-types", "attribute %q is declared with different types; it was read as text where they meet", c.name)
		}
	}
	stray := r.doc.scan.stray
	note(stray, "text-content", "%s left out; XES has values in attributes only", some(stray, "piece of text between tags was", "pieces of text between tags were"))
	for _, name := range slices.Sorted(maps.Keys(r.doc.unknown)) {
		n := r.doc.unknown[name]
		note(n, "unknown-elements", "<%s> is not of XES where it stands; %s left out with all in it", name, some(n, "element was", "elements were"))
	}
	return notes
}

// some writes a count with its noun and verb.
func some(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
