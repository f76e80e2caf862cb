package ingest

import (
	"context"
	"errors"

	"millrace/eventlog"
)

// A Table is an opened file, or a sheet of one, of rows and columns that are
// text. [NewTableLog] reads it as a log.
type Table interface {
	Name() string            // what notes begin with: "orders.csv", "orders.xlsx:Sheet1"
	Where(line int64) string // in words: "line 5"
	Columns() []string       // each once
	Sample() []Sample        // the first rows by column, until the first Scan
	Whole() bool             // the sample is all there is
	Detected() []Detection   // how the file was understood
	Notes() []eventlog.Note  // complete after Scan
	Progress() (done, total int64)
	Close() error

	// Scan calls fn with one row after the other, from the start. Broken rows
	// are rejected, and what is no row is counted. It returns the first error
	// of fn, but ErrStop, which ends it without one.
	Scan(ctx context.Context, fn func(*Row) error) error
	// Reject says that a row of Scan was not taken. Rejects lists those of
	// the last Scan.
	Reject(line int64, column int, reason string)
	Rejects() (first []eventlog.Reject, total int64)
}

// A Row is one row of a Table. It is valid until the next one.
type Row struct {
	Line   int64    // where it stands, from 1
	Fields [][]byte // one a column
}

// ErrStop ends a [Table]'s Scan early.
var ErrStop = errors.New("stop")

// A RejectList keeps the first rows that were not taken, and counts all.
type RejectList struct {
	first []eventlog.Reject
	total int64
}

// Add lists one. column is "" if it is about the whole row.
func (l *RejectList) Add(place, column, reason string) {
	l.total++
	if len(l.first) < MaxRejects {
		l.first = append(l.first, eventlog.Reject{Place: place, Column: column, Reason: reason})
	}
}

// Rejects returns the first MaxRejects, and how many there were.
func (l *RejectList) Rejects() (first []eventlog.Reject, total int64) { return l.first, l.total }

// Reset forgets all, for another pass.
func (l *RejectList) Reset() { *l = RejectList{} }
