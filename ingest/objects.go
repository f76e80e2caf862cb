package ingest

import (
	"context"

	"millrace/eventlog"
)

// An ObjectFormat is a kind of file that holds an object-centric log. Declare
// it once, in the package that implements it, and add it to the list in
// cmd/millrace.
type ObjectFormat struct {
	Name       string   // "ocel-json"
	Doc        string   // first line: what it is
	Extensions []string // ".jsonocel", ".json"; lower case
	// Sniff says whether a file that starts with head is of this format;
	// head is decompressed and may be cut anywhere.
	Sniff func(head []byte) bool
	// Open reads as much as it takes to know the version.
	Open func(ctx context.Context, path string, o Options) (ObjectFile, error)
}

// An ObjectFile is an opened object-centric log. What [File] says of the
// methods of the same names holds.
type ObjectFile interface {
	Read(ctx context.Context, emit func(*eventlog.ObjectBatch) error) error
	Detected() []Detection
	Rejects() (first []eventlog.Reject, total int64)
	Notes() []eventlog.Note
	// Meta is what the log says of itself. Complete after Read.
	Meta() eventlog.ObjectMeta
	Progress() (done, total int64)
	Close() error
}
