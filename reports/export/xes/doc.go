// Package xes writes case-centric logs as XES, the XML format of IEEE
// 1849-2023.
//
// It knows the format. It does not know where a log comes from, how it was
// read (package ingest/xesfile), or what a process is.
//
// # What is kept
//
// A log that was read from XES says so in its [eventlog.Meta]; it is written so
// that reading it again gives the same: header, extensions, globals,
// classifiers, attributes with their types and parts, lists and containers,
// keys given twice. The order of the attributes of one event is not kept, they
// have none; times are in UTC, and numbers in their shortest spelling. Traces
// of one name are one trace, as cases are.
//
// A log from elsewhere gets the standard's extensions Concept, Time,
// Organizational and Lifecycle, one classifier, and one trace a case. An event
// that lasts becomes two, start and complete, tied by concept:instance; its
// attributes stand at the second. Where any of a trace does, its events are in
// order of time.
//
// # The source
//
// Batches hold whole cases in order: the events of a case follow each other,
// over as many batches as they take, and the case stands in Batch.CaseIDs of
// the batch with its first event, or of any until its last; until then the
// trace waits in memory. A case without events is a trace without events.
package xes
