// Package ingest reads event data: files people hold, and folders of tables
// exported from a live system.
//
// It knows formats and systems. It does not know processes, key figures or
// pages, and it decides nothing about a log: it yields what a source says, in
// [eventlog.Batch]es, and tells what it guessed.
package ingest

import (
	"context"

	"millrace/eventlog"
)

// A Format is a kind of file that holds a case-centric log. Declare it once,
// in the package that implements it, and add it to the list in cmd/millrace.
type Format struct {
	Name       string   // "csv"
	Doc        string   // first line: what it is
	Extensions []string // ".csv", ".csv.gz"; lower case
	// Sniff says whether a file that starts with head is of this format;
	// head is decompressed and may be cut anywhere.
	Sniff func(head []byte) bool
	// Open reads as much as it takes to detect how the file is written and
	// what its columns mean; a wrong Options is an error here.
	Open func(ctx context.Context, path string, o Options) (File, error)
}

// A File is an opened log file.
type File interface {
	// Read calls emit with one batch after the other, and returns the first
	// error of either. It is called once. Bad rows are rejected, not errors;
	// a file that ends too early is an error.
	Read(ctx context.Context, emit func(*eventlog.Batch) error) error
	// Detected says how the file was understood, in the words of the options
	// that would change it. It is complete after Open.
	Detected() []Detection
	// Rejects lists the first rows that were not taken, and how many there
	// were in all. Complete after Read.
	Rejects() (first []eventlog.Reject, total int64)
	// Notes tells what the reader wants the user to know. Complete after Read.
	Notes() []eventlog.Note
	// Meta is what the log says of itself. Complete after Read.
	Meta() eventlog.Meta
	// Progress returns how many bytes of how many have been read; it may be
	// called while Read runs. Rows are counted by whoever takes the batches.
	Progress() (done, total int64)
	Close() error
}

// A Detection is one thing a reader found out by itself, or was told.
type Detection struct {
	Option string `json:"option"` // "delimiter", "case", "time-layout"
	Value  string `json:"value"`  // ";", "order_id", "02.01.2006 15:04"
	Told   bool   `json:"told"`   // by the user, not guessed
}

// MaxRejects is how many rejected rows a File keeps for listing.
const MaxRejects = 1000

// Options say how to read a file. The zero value detects everything; a format
// ignores what it has no use for.
type Options struct {
	// Roles: names of columns or attributes, as the file writes them.
	// "" guesses; "-" says there is none (not for Case and Activity). Time and
	// Start may name a date and its time of day: "UDATE+UTIME".
	Case, Activity, Time, Start, Resource, Sequence, Lifecycle string

	Classifier string // XES: name of the event classifier that makes the activity
	Timezone   string // IANA zone of times that do not say theirs; default "UTC"
	TimeLayout string // Go layout of times, e.g. "02.01.2006 15:04"
	Delimiter  string // one character, or "tab"
	Quote      string // one character, or "none"
	Encoding   string // utf-8, utf-16le, utf-16be, windows-1252, latin-1
	Decimal    string // "." or ","
	Sheet      string // of a workbook; default: the first that looks like a log
	Header     string // row that names the columns, from 1, or "none"; default: the first that looks like it
	Totals     string // rows of totals: "skip" (default) or "keep"
	CaseZeros  string // leading zeros of cases that are digits only: "keep" (default) or "strip"
	Attributes bool   // yield attributes too, not only the roles
	Workers    int    // goroutines that parse, where a format can; default one a processor. Nothing else depends on it
}
