// Package eventlog stores event logs in DuckDB and answers questions about them.
//
// It is the ground floor: every other package imports it, it imports none of
// them. It knows events, objects, cases, their declared order and how long
// things take. It does not know file formats (package ingest), process models
// (package mining), key figures (package metrics) or pages (package reports).
//
// Two things hold a log. A [Store] is one DuckDB file with any number of
// sources, merged into an object-centric model. A [Log] is one case notion:
// whole cases of events in their declared order, as dictionary-coded columns,
// built from a Store or straight from a file by a [Builder]. [Fold] runs over
// the columns once, in parallel; [Summary] is what it gives the miners.
package eventlog
