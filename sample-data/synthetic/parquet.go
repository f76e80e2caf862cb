package synthetic

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/duckdb/duckdb-go/v2"

	"millrace/eventlog"
)

// WriteParquet writes the columns and rows of [Log.WriteCSV] to a new file at
// path. DuckDB writes it; it pulls the events batch by batch.
func (l *Log) WriteParquet(ctx context.Context, path string) error {
	connector, err := duckdb.NewConnector("", nil)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	// One thread, for rows in their order and the same bytes every time.
	if _, err := conn.ExecContext(ctx, "SET threads = 1"); err != nil {
		return err
	}
	stream := newStream(l)
	defer stream.stop()
	var release func()
	err = conn.Raw(func(c any) error {
		a, err := duckdb.NewArrowFromConn(c.(driver.Conn))
		if err != nil {
			return err
		}
		release, err = a.RegisterView(stream, "events")
		return err
	})
	if err != nil {
		return err
	}
	defer release()
	_, err = conn.ExecContext(ctx, "COPY (SELECT case_id, activity, make_timestamp(time_us) AS timestamp, resource FROM events) TO '"+
		strings.ReplaceAll(path, "'", "''")+"' (FORMAT parquet, COMPRESSION zstd)")
	return err
}

var streamSchema = arrow.NewSchema([]arrow.Field{
	{Name: "case_id", Type: arrow.BinaryTypes.String},
	{Name: "activity", Type: arrow.BinaryTypes.String},
	{Name: "time_us", Type: arrow.PrimitiveTypes.Int64},
	{Name: "resource", Type: arrow.BinaryTypes.String},
}, nil)

// A stream turns the batches of a Log, which are pushed, into Arrow batches,
// which are pulled.
type stream struct {
	batches chan arrow.RecordBatch
	done    chan struct{}
	current arrow.RecordBatch
	ended   bool
	err     error // of Read; set before batches is closed
}

func newStream(l *Log) *stream {
	s := &stream{batches: make(chan arrow.RecordBatch, 2), done: make(chan struct{})}
	go func() {
		defer close(s.batches)
		rows := array.NewRecordBuilder(memory.DefaultAllocator, streamSchema)
		defer rows.Release()
		s.err = l.Read(func(b *eventlog.Batch) error {
			rows.Field(0).(*array.StringBuilder).AppendValues(b.Case, nil)
			rows.Field(1).(*array.StringBuilder).AppendValues(b.Activity, nil)
			rows.Field(2).(*array.Int64Builder).AppendValues(b.Time, nil)
			rows.Field(3).(*array.StringBuilder).AppendValues(b.Resource, nil)
			batch := rows.NewRecordBatch()
			select {
			case s.batches <- batch:
				return nil
			case <-s.done:
				batch.Release()
				return context.Canceled
			}
		})
	}()
	return s
}

// stop ends the goroutine and waits for it.
func (s *stream) stop() {
	close(s.done)
	for b := range s.batches {
		b.Release()
	}
	if s.current != nil {
		s.current.Release()
		s.current = nil
	}
}

// Next, and the methods below, make s an [array.RecordReader].
func (s *stream) Next() bool {
	if s.current != nil {
		s.current.Release()
		s.current = nil
	}
	b, ok := <-s.batches
	s.current, s.ended = b, !ok
	return ok
}

func (s *stream) Schema() *arrow.Schema          { return streamSchema }
func (s *stream) RecordBatch() arrow.RecordBatch { return s.current }
func (s *stream) Record() arrow.RecordBatch      { return s.current }
func (s *stream) Retain()                        {}
func (s *stream) Release()                       {}

// Err returns the error that ended the stream, once Next has said that it ended.
func (s *stream) Err() error {
	if s.ended {
		return s.err
	}
	return nil
}
