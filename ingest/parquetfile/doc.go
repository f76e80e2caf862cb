// Package parquetfile reads event logs from Parquet files, through DuckDB.
//
// It does not know what becomes of the events. Types come from the file; which
// column is the case, the activity and the time is guessed or told.
package parquetfile

import (
	"bytes"
	"context"

	"millrace/ingest"
)

// Format is the kind of file this package reads as a log.
var Format = ingest.Format{
	Name:       "parquet",
	Doc:        "Parquet: one row an event",
	Extensions: []string{".parquet", ".pq"},
	Sniff:      func(head []byte) bool { return bytes.HasPrefix(head, []byte("PAR1")) },
	Open: func(ctx context.Context, path string, o ingest.Options) (ingest.File, error) {
		return open(ctx, path, o)
	},
}
