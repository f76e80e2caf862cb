package eventlog

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"

	"github.com/apache/arrow-go/v18/arrow"
)

// WriteParquet writes batches to w as one Parquet file, zstd-compressed, rows
// in their order; the same rows give the same bytes. DuckDB writes it, because
// arrow's own writer drags in thrift, brotli and gRPC. It releases the batches.
func WriteParquet(ctx context.Context, w io.Writer, schema *arrow.Schema, batches iter.Seq2[arrow.RecordBatch, error]) (err error) {
	dir, err := os.MkdirTemp("", "millrace-parquet-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "rows.parquet")
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "SET GLOBAL threads = 1; SET GLOBAL TimeZone = 'UTC'"); err != nil {
		return err
	}
	stream := newStageStream(ctx, db, schema, "rows", path)
	stream.begin(false) // by one thread, however many rows there are
	for rec, err := range batches {
		if err == nil {
			err = stream.send(rec)
		}
		if err != nil {
			return errors.Join(err, stream.close())
		}
	}
	if err := stream.close(); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}
