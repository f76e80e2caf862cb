// Package ocelfile reads object-centric event logs: OCEL 2.0 in JSON, XML and
// SQLite (Berti et al. 2024, arXiv 2403.01975), and OCEL 1.0 in JSON, XML, CSV
// and SQLite (Ghahfarokhi et al. 2021), with what PM4Py adds to it.
//
// It knows the formats. It does not know the store, and decides nothing about a
// log: objects without events, references to what is not there, relations that
// come twice are yielded as the file has them.
//
// A file passes through three hands:
//
//	source   bytes of the file → UTF-8: gzip, encodings, progress
//	*Log     of one format: text or tables → records, which are an event or an object in full
//	builder  records → batches: times, types of values, columns, rejects, notes
//
// # What is read
//
// Attributes are always read; [ingest.Options].Attributes does not count here,
// as object-centric logs are read to be kept. An event without an id or a type,
// or with a time that cannot be read, is rejected with its relations, and so is
// an object without an id. A value of an object with such a time is rejected
// alone. An event without a time has eventlog.NoTime.
//
// OCEL 2.0 declares the types of attributes. What fits is typed: 5.0 is an
// integer, 1 a boolean, if so declared. What does not is kept as text, with a
// note. Attributes that are not declared, and all of OCEL 1.0 in JSON, have the
// type JSON gives them; XML and SQLite of OCEL 1.0 say types themselves; cells
// of CSV that look like numbers (without leading zeros) or booleans are such.
// Empty numbers, times and booleans ("", null, NaN) are no values.
//
// A column of events whose values are of several types is text, with the texts
// of the file; of integers and floats, floats. Once wider, a column stays so in
// later batches.
//
// Lists and objects as values are eventlog.Nested: canonical JSON (RFC 8785),
// except for numbers that a float64 would change, which stay as written; in XML
// the form that package xesfile has:
//
//	{"type":"list","values":[{"key":"item","type":"string","value":"pallet"}]}
//
// A value of an object that holds from 1970-01-01T00:00:00Z, or without a zone
// from that midnight, holds from the beginning: eventlog.NoTime. In SQLite so
// does a row without ocel_changed_field whose time is within a day of it:
// programs write it in their own zone.
//
// The place of an event (eventlog.ObjectEvents.Place) is its ordinal in the
// file, from 1; in SQLite, in the table event.
//
// # The log's own attributes
//
// Whatever else stands at the top of a file is one member each of a JSON object
// in eventlog.ObjectMeta.Attributes, under its name. OCEL 1.0's globals have
// the names and forms of its JSON, in XML too: ocel:global-log,
// ocel:global-event, ocel:global-object. OCEL 1.0 declares names of attributes
// for the log: they stand in the first of EventTypes, which has no name; in
// SQLite those of objects in the first of ObjectTypes.
//
// # CSV
//
// A table of events has the columns ocel:eid, ocel:activity, ocel:timestamp and
// one ocel:type:T for each type T of objects, whose cells are lists as Python
// or JSON writes them, or one id. Objects are in it only by their relations:
// each is yielded once, which takes 40 bytes an object. A table with ocel:oid
// and ocel:type is PM4Py's table of objects; it is read as a log of its own.
package ocelfile
