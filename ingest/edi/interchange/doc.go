// Package interchange reads X12 and EDIFACT interchanges: their envelopes,
// messages and segments.
//
// It knows separators, character sets, counts and control numbers. It does not
// know what a message is about, nor tables, stores or event logs.
package interchange
