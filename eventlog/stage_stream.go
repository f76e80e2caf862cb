package eventlog

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/duckdb/duckdb-go/v2"
)

// A stageStream is a Parquet file that is being written: record batches are
// pushed here, and DuckDB, running COPY in a goroutine, pulls them. The first
// batch begins it: until then nobody knows whether it is work for many cores.
//
// Files are not synced: a stage never outlives its process, and a store that
// merged one does not need it any more.
type stageStream struct {
	rows  chan arrow.RecordBatch
	done  chan struct{}
	err   error // of COPY; after done
	copy  func(many bool) error
	began bool
}

func newStageStream(ctx context.Context, db *sql.DB, schema *arrow.Schema, view, path string) *stageStream {
	s := &stageStream{rows: make(chan arrow.RecordBatch, 1), done: make(chan struct{})}
	s.copy = func(many bool) error {
		return storeSessionOf(ctx, db, func(c *storeConn) error {
			if many {
				if err := c.allThreads(ctx); err != nil {
					return err
				}
			}
			return stageCopy(ctx, c, &stageReader{schema: schema, rows: s.rows}, view, path)
		})
	}
	return s
}

func (s *stageStream) begin(many bool) {
	if s.began {
		return
	}
	s.began = true
	go func() {
		defer close(s.done)
		s.err = s.copy(many)
	}()
}

func stageCopy(ctx context.Context, c *storeConn, r array.RecordReader, view, path string) error {
	return c.Raw(func(dc any) error {
		a, err := duckdb.NewArrowFromConn(dc.(driver.Conn))
		if err != nil {
			return err
		}
		release, err := a.RegisterView(r, view)
		if err != nil {
			return err
		}
		defer release()
		text := storeText("stage_copy", "view", Quote(view), "file", storeLiteral(path))
		_, err = dc.(driver.ExecerContext).ExecContext(ctx, text, nil)
		return err
	})
}

// send passes a batch on, and gives it away.
func (s *stageStream) send(rec arrow.RecordBatch) error {
	s.begin(rec.NumRows() >= stageChunk/4)
	select {
	case s.rows <- rec:
		return nil
	case <-s.done:
		rec.Release()
		if s.err == nil {
			return errors.New("stage ended early")
		}
		return s.err
	}
}

// close waits until the file is complete.
func (s *stageStream) close() error {
	s.begin(false)
	close(s.rows)
	<-s.done
	for rec := range s.rows {
		rec.Release()
	}
	return s.err
}

// A stageReader is what DuckDB pulls from.
type stageReader struct {
	schema *arrow.Schema
	rows   <-chan arrow.RecordBatch
	now    arrow.RecordBatch
	refs   atomic.Int64
}

func (r *stageReader) Retain() { r.refs.Add(1) }

func (r *stageReader) Release() {
	if r.refs.Add(-1) <= 0 && r.now != nil {
		r.now.Release()
		r.now = nil
	}
}

func (r *stageReader) Schema() *arrow.Schema          { return r.schema }
func (r *stageReader) RecordBatch() arrow.RecordBatch { return r.now }
func (r *stageReader) Record() arrow.RecordBatch      { return r.now }
func (r *stageReader) Err() error                     { return nil }

func (r *stageReader) Next() bool {
	if r.now != nil {
		r.now.Release()
	}
	var ok bool
	r.now, ok = <-r.rows
	return ok
}
