// Package ocel writes object-centric logs as OCEL 2.0 files, in its three
// forms: JSON, XML and SQLite (Berti, Koren, Adams et al., "OCEL 2.0
// Specification", 2024).
//
// It knows the forms. It does not know where a log comes from, how it was read
// (packages ingest/ocelfile), or what a process is.
//
// # The source
//
// A [Source] yields a log grouped: a batch holds events with all their
// relations, and objects with all their values and with all relations they are
// the source of. The order of the batches, and of rows in them, is the order of
// the file. Readers of files do not promise this; eventlog.Store does. What
// belongs to an event or object that is not in the same batch is left out, and
// a note says how much.
//
// A source may be run more than once: when ids turn out to be unique only
// within their type, or an attribute's type only at its end. So it must yield
// the same each time.
//
// Memory is a batch, the declared types, and 8 bytes for each event and object,
// by which ids that occur twice are found.
//
// # What OCEL 2.0 cannot say
//
//   - Ids of objects are unique in the whole log. If two types share one, all
//     objects are written as type:id.
//   - An event has a time. Events without are left out.
//   - A value is a string, time, integer, float or boolean. Nested values become
//     strings that hold JSON.
//   - XML has no control characters; SQLite's columns differ in more than case,
//     and three of them have names of their own.
//   - Members a JSON file has beside the four of the standard are kept in JSON
//     only.
//
// Each of these is told by a note. A value that does not fit its declared type
// is written as it is; a note counts them.
//
// Attributes that no type declares are declared: as string, unless all their
// values are of one other type. Declared ones keep order and type. OCEL 1.0
// declares attributes for the whole log; every type then declares those it has.
package ocel
