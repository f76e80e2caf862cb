package ocelfile

import (
	"fmt"

	"millrace/eventlog"
)

// notes tells what was kept but a user should know. Duplicates and references
// to what is not there are for the store to count, which sees the whole log.
func (b *builder) notes(zone string) []eventlog.Note {
	var list []eventlog.Note
	add := func(n int64, code, format string, args ...any) {
		if n > 0 {
			list = append(list, eventlog.Note{Code: code, Text: fmt.Sprintf("%d ", n) + fmt.Sprintf(format, args...)})
		}
	}
	add(b.clock.naive, "naive-times", "times do not say their zone; they were read in %s", zone)
	add(b.clock.counted, "counted-times", "times are numbers; they were read as %s since 1970", b.clock.unit)
	add(b.noTime, "missing-times", "events have no time")
	add(b.undated, "undated-values", "values of objects do not say since when; they were taken to hold from the beginning")
	add(b.noValue, "missing-values", "attributes have an empty value and were left out")
	add(b.misfits, "misfit-values", "values are not of their declared type and were kept as text; the first: %s", b.misfitExample)
	add(b.undeclared, "undeclared-attributes", "values are of attributes that their type does not declare; the first: %s", b.undeclaredExample)
	add(b.repeated, "repeated-attributes", "values are a second one of the same attribute of an event; the first was kept")
	add(b.untyped, "untyped-objects", "objects have no type")
	add(b.unqualified, "unqualified-relations", "relations have no qualifier where the format has one")
	add(b.badUTF8, "bad-encoding", "texts are not valid UTF-8; what is wrong in them became U+FFFD")
	return append(list, b.extra...)
}

// declare1 adds a name that OCEL 1.0 declares in a list of its global log.
func (b *builder) declare1(list, name string) {
	m := &b.meta
	switch list {
	case "ocel:object-types":
		m.ObjectTypes = append(m.ObjectTypes, eventlog.DeclaredType{Name: name})
	case "ocel:attribute-names":
		if len(m.EventTypes) == 0 {
			m.EventTypes = []eventlog.DeclaredType{{}}
		}
		a := &m.EventTypes[0].Attributes
		*a = append(*a, eventlog.DeclaredAttribute{Name: name})
	}
}
