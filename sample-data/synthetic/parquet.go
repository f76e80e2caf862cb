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
	// One thread: more of them take longer for a stream that is pulled, in CPU
	// and in time. The rows are made on the other cores.
	if _, err := conn.ExecContext(ctx, "SET threads = 1"); err != nil {
		return err
	}
	stream := l.stream(ctx)
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
	_, err = conn.ExecContext(ctx, "COPY (FROM events) TO '"+strings.ReplaceAll(path, "'", "''")+"' (FORMAT parquet, COMPRESSION zstd)")
	return err
}

// A stream turns a log into Arrow batches that are pulled. Not by iter.Pull:
// who pulls is a thread of DuckDB's, which Go's coroutines refuse.
type stream struct {
	schema  *arrow.Schema
	batches chan arrow.RecordBatch
	done    chan struct{}
	current arrow.RecordBatch
	ended   bool
	err     error // set before batches is closed
}

func (l *Log) stream(ctx context.Context) *stream {
	s := l.scribe()
	st := &stream{schema: s.schema(), batches: make(chan arrow.RecordBatch, 1), done: make(chan struct{})}
	go func() {
		defer close(st.batches)
		for b := range rendered(l, l.o.Order, func(rows []row, _ int64) arrow.RecordBatch { return s.record(st.schema, rows) }) {
			if st.err = ctx.Err(); st.err != nil {
				return
			}
			select {
			case st.batches <- b:
			case <-st.done:
				return
			}
		}
	}()
	return st
}

// stop ends the goroutine and waits for it.
func (s *stream) stop() {
	close(s.done)
	for range s.batches { // their memory is Go's own
	}
}

// Next, and the methods below, make s an [array.RecordReader].
func (s *stream) Next() bool {
	if s.current != nil {
		s.current.Release()
	}
	b, ok := <-s.batches
	s.current, s.ended = b, !ok
	return ok
}

func (s *stream) Schema() *arrow.Schema          { return s.schema }
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

// few is a text of which a log has few.
var few = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint16, ValueType: arrow.BinaryTypes.String}

func (s *scribe) schema() *arrow.Schema {
	fields := []arrow.Field{
		{Name: "case_id", Type: arrow.BinaryTypes.String},
		{Name: "activity", Type: few},
		{Name: "timestamp", Type: &arrow.TimestampType{Unit: arrow.Microsecond}},
		{Name: "resource", Type: few},
	}
	if s.o.Order == Shuffled {
		fields = append(fields, arrow.Field{Name: "sequence", Type: arrow.PrimitiveTypes.Int32})
	}
	if s.o.Attributes {
		fields = append(fields,
			arrow.Field{Name: "amount", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
			arrow.Field{Name: "line_items", Type: arrow.PrimitiveTypes.Int32},
			arrow.Field{Name: "automated", Type: arrow.FixedWidthTypes.Boolean},
			arrow.Field{Name: "case:customer", Type: arrow.BinaryTypes.String},
			arrow.Field{Name: "case:country", Type: arrow.BinaryTypes.String},
			arrow.Field{Name: "case:channel", Type: arrow.BinaryTypes.String},
			arrow.Field{Name: "case:order_value", Type: arrow.PrimitiveTypes.Float64},
			arrow.Field{Name: "case:site", Type: arrow.BinaryTypes.String})
	}
	return arrow.NewSchema(fields, nil)
}

// record makes a batch of rows.
func (s *scribe) record(schema *arrow.Schema, rows []row) arrow.RecordBatch {
	n := len(rows)
	id := array.NewStringBuilder(memory.DefaultAllocator)
	at := array.NewTimestampBuilder(memory.DefaultAllocator, schema.Field(2).Type.(*arrow.TimestampType))
	activity, resource := array.NewUint16Builder(memory.DefaultAllocator), array.NewUint16Builder(memory.DefaultAllocator)
	id.Reserve(n)
	id.ReserveData(10 * n)
	at.Reserve(n)
	activity.Reserve(n)
	resource.Reserve(n)
	var text []byte
	for i := range rows {
		r := &rows[i]
		text = appendID(text[:0], 'O', int64(r.number))
		id.BinaryBuilder.Append(text)
		at.UnsafeAppend(arrow.Timestamp(r.time))
		activity.UnsafeAppend(r.activity)
		resource.UnsafeAppend(uint16(r.resource))
	}
	columns := []arrow.Array{id.NewArray(), coded(activity, s.activity), at.NewArray(), coded(resource, s.resource)}
	if s.o.Order == Shuffled {
		b := array.NewInt32Builder(memory.DefaultAllocator)
		for i := range rows {
			b.Append(int32(rows[i].step) + 1)
		}
		columns = append(columns, b.NewArray())
	}
	if s.o.Attributes {
		columns = append(columns, s.attributeColumns(schema.Fields()[len(columns):], rows)...)
	}
	batch := array.NewRecordBatch(schema, columns, int64(n))
	for _, c := range columns {
		c.Release()
	}
	return batch
}

// coded makes a column of codes and what they mean.
func coded(codes *array.Uint16Builder, names []string) arrow.Array {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	b.AppendValues(names, nil)
	dict, indices := b.NewArray(), codes.NewArray()
	defer dict.Release()
	defer indices.Release()
	return array.NewDictionaryArray(few, indices, dict)
}

func (s *scribe) attributeColumns(fields []arrow.Field, rows []row) []arrow.Array {
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer b.Release()
	amount, lines, automated := b.Field(0).(*array.Float64Builder), b.Field(1).(*array.Int32Builder), b.Field(2).(*array.BooleanBuilder)
	text := func(i int) *array.StringBuilder { return b.Field(i).(*array.StringBuilder) }
	customer, country, channel, value, site := text(3), text(4), text(5), b.Field(6).(*array.Float64Builder), text(7)
	var name []byte
	for i := range rows {
		e := s.eventAttributes(&rows[i])
		if e.cents >= 0 {
			amount.Append(float64(e.cents) / 100)
		} else {
			amount.AppendNull()
		}
		lines.Append(int32(e.lines))
		automated.Append(e.automated)
		c := s.caseAttributes(int64(rows[i].number))
		name = appendCustomer(name[:0], c.customer)
		customer.BinaryBuilder.Append(name)
		country.Append(c.country)
		channel.Append(c.channel)
		value.Append(float64(c.cents) / 100)
		site.Append(c.site)
	}
	columns := make([]arrow.Array, len(fields))
	for i := range columns {
		columns[i] = b.Field(i).NewArray()
	}
	return columns
}
