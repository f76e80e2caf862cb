package ocelfile

import (
	"fmt"

	"millrace/eventlog"
)

// A record is an event or an object while it is being read: what it says, in
// any order, until it is whole and is taken or rejected.
type record struct {
	what      string // "event" or "object"
	where     string // a file, or a table of it
	line      int64  // of the file; 0 where it has none
	ordinal   int64
	id        string
	typ       string
	hasID     bool
	hasType   bool
	time      datum
	attrs     []attribute
	relations []relation
	arena     []byte
	reject    eventlog.Reject
}

// An attribute is a value by name; of an object, from a time on.
type attribute struct {
	name  string
	value datum
	time  datum
	dated bool // there is a place for a time; OCEL 1.0 has none
	given want // the type that stands beside the value
}

// A relation leads to an object.
type relation struct {
	object, typ string
	qualifier   string
	qualified   bool
	typed       bool // from ocel:typedOmap, which repeats ocel:omap with qualifiers
}

// maxWeight is about how much memory a record may take: small parts take more
// of it than of the file.
const maxWeight = 4 * maxRecord

func (r *record) reset(what, where string, line, ordinal int64) {
	arena := r.arena[:0]
	if cap(arena) > 1<<20 {
		arena = nil
	}
	attrs, relations := r.attrs[:0], r.relations[:0]
	if cap(relations) > 1<<16 {
		relations = nil
	}
	if cap(attrs) > 1<<14 {
		attrs = nil
	}
	*r = record{what: what, where: where, line: line, ordinal: ordinal, time: datum{form: asNull}, attrs: attrs, relations: relations, arena: arena}
}

// put copies a value into the record.
func (r *record) put(f form, b []byte) datum {
	from := len(r.arena)
	r.arena = append(r.arena, b...)
	return datum{f, from, len(r.arena)}
}

func (r *record) text(d datum) []byte { return r.arena[d.from:d.to] }

// refuse rejects the record, for the first reason there is.
func (r *record) refuse(column, format string, args ...any) {
	if r.reject.Reason == "" {
		r.reject = eventlog.Reject{Column: column, Reason: fmt.Sprintf(format, args...)}
	}
}

// tooLarge is an error if the record takes too much memory.
func (r *record) tooLarge() error {
	if len(r.arena)+64*len(r.relations)+96*len(r.attrs) > maxWeight {
		return fmt.Errorf("%s: %s has too many parts: %d relations and %d attributes", r.place(), r.name(), len(r.relations), len(r.attrs))
	}
	return nil
}

// place says where the record stands: "log.json:12".
func (r *record) place() string {
	if r.line == 0 {
		return r.where
	}
	return fmt.Sprintf("%s:%d", r.where, r.line)
}

// name says which record it is.
func (r *record) name() string {
	if r.hasID {
		return fmt.Sprintf("%s %q", r.what, short(r.id))
	}
	return fmt.Sprintf("%s %d", r.what, r.ordinal)
}
