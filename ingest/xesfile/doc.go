// Package xesfile reads event logs in XES, the XML format of IEEE 1849-2016,
// plain or gzipped.
//
// It knows the format: traces, events, typed and nested attributes,
// extensions, globals, classifiers. It does not know DuckDB, object-centric
// logs (package ocelfile), or what a process is.
//
// A file passes through four hands, each of which sees only the one before:
//
//	source    bytes of the file → UTF-8: gzip, encodings, progress
//	scanner   UTF-8 → tags, over a sliding window; no allocation, no recursion
//	document  tags → traces, events, attributes
//	reader    those → batches: roles, times, columns, rejects, notes
//
// The scanner is ours because encoding/xml is ten times slower; encoding/xml
// is the judge of it in the tests.
//
// # What is read
//
// The case is the trace attribute concept:name. The activity is the event
// attribute concept:name or, where no event of the file has one, the first
// event classifier whose keys the events have. Time is time:timestamp, the
// start start_timestamp if it is a date (PM4Py's convention), the rest
// org:resource, lifecycle:transition and concept:instance. [ingest.Options]
// override them. Attributes with a role are not repeated among the attributes,
// unless they have attributes of their own.
//
// The place of an event (eventlog.Batch.Place) is its ordinal in the file, from
// 1. Rejects also say the line. A reject is an event, or an attribute without
// a key; the event that holds such an attribute is kept.
//
// A list or a container gives a column of type eventlog.Nested with the
// attribute's name. The JSON is canonical (RFC 8785) and keeps the text of
// every value as the file has it:
//
//	{"type":"list","values":[{"key":"item","type":"string","value":"pallet"}]}
//
// What else columns do not say of an attribute, its own attributes above all,
// is in the column eventlog.XESRest; eventlog.XESMeta says how the rest was
// written. With both, package reports/export/xes writes the same log again.
//
// # Times
//
// Dates are read as RFC 3339 writes them, and in what is found beside it: a
// space for the T, a comma for the point, a fraction of any length (cut to µs),
// no seconds, zones as Z, +hh:mm, +hhmm, +hh or none (then
// [ingest.Options].Timezone), and the day alone. A time that the file declares
// a string may also be in one of these layouts; a note says so:
//
//	2019/11/03 10:15:00   2019/11/03 10:15   2019/11/03
//	03.11.2019 10:15:00   03.11.2019 10:15   03.11.2019
//	20191103T101500       20191103
//
// Day and month separated by slashes or hyphens are not guessed at; say
// [ingest.Options].TimeLayout.
package xesfile
