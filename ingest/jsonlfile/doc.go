// Package jsonlfile reads event logs and tables from JSON: one object a line,
// or one array of objects, plain or compressed with gzip.
//
// An object is a row, a key a column. The keys of an object within it are
// columns too, "a.b"; an array is one nested value. It does not know what
// becomes of the rows.
package jsonlfile

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"millrace/ingest"
)

// Format is the kind of file this package reads as a log.
var Format = ingest.Format{
	Name:       "jsonl",
	Doc:        "JSON lines, or a JSON array of objects, also .gz: one object an event",
	Extensions: []string{".jsonl", ".ndjson", ".json", ".jsonl.gz", ".ndjson.gz", ".json.gz"},
	Sniff:      sniff,
	Open: func(ctx context.Context, path string, o ingest.Options) (ingest.File, error) {
		t, err := OpenTable(ctx, path, o)
		if err != nil {
			return nil, err
		}
		f, err := ingest.NewTableLog(ctx, t, o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return f, nil
	},
}

// sniff takes an array of objects, and lines of which the first is an object,
// but not the object that holds a whole object-centric log.
func sniff(head []byte) bool {
	text := bytes.TrimSpace(bytes.TrimPrefix(head, []byte(utf8BOM)))
	switch {
	case len(text) == 0:
		return false
	case text[0] == '[':
		rest := bytes.TrimSpace(text[1:])
		return len(rest) > 0 && (rest[0] == '{' || rest[0] == ']')
	case text[0] != '{':
		return false
	}
	line, _, more := bytes.Cut(text, []byte("\n"))
	if more {
		return json.Valid(line)
	}
	for _, mark := range []string{`"ocel:`, `"objectTypes"`, `"eventTypes"`} {
		if bytes.Contains(line, []byte(mark)) {
			return false
		}
	}
	return true
}
