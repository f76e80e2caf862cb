package sheet

import (
	"context"
	"errors"
	"io"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"millrace/eventlog"
)

// schema is the sheet's in Arrow. What a type does not say is metadata of its
// field: title, type, unit, doc.
func (s *Sheet) schema() *arrow.Schema {
	var list []arrow.Field
	for _, f := range s.fields() {
		c := s.Columns[f.column]
		var keys, values []string
		for _, m := range [][2]string{{"title", c.Title}, {"type", string(c.Type)}, {"unit", c.Unit}, {"doc", c.Doc}} {
			if m[1] != "" {
				keys, values = append(keys, m[0]), append(values, m[1])
			}
		}
		list = append(list, arrow.Field{Name: f.name, Type: c.arrow(), Nullable: true, Metadata: arrow.NewMetadata(keys, values)})
	}
	return arrow.NewSchema(list, nil)
}

func (c Column) arrow() arrow.DataType {
	switch c.Type {
	case IntegerType:
		return arrow.PrimitiveTypes.Int64
	case DecimalType:
		return &arrow.Decimal128Type{Precision: 18, Scale: int32(c.Scale)}
	case ShareType, DaysType, HoursType:
		return arrow.PrimitiveTypes.Float64
	case DateType:
		return arrow.FixedWidthTypes.Date32
	case TimestampType:
		return &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: c.zone()}
	}
	return arrow.BinaryTypes.String
}

// batches yields the rows; whoever gets a batch releases it.
func (s *Sheet) batches(ctx context.Context) iter.Seq2[arrow.RecordBatch, error] {
	const most = 1 << 16
	return func(yield func(arrow.RecordBatch, error) bool) {
		fields := s.fields()
		b := array.NewRecordBuilder(memory.DefaultAllocator, s.schema())
		defer b.Release()
		n, given := 0, false
		for row, err := range s.each(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			for i, f := range fields {
				f.flat(row).appendTo(b.Field(i))
			}
			if n++; n == most {
				n, given = 0, true
				if !yield(b.NewRecordBatch(), nil) {
					return
				}
			}
		}
		if n > 0 || !given { // no rows are one batch
			yield(b.NewRecordBatch(), nil)
		}
	}
}

func (v Value) appendTo(b array.Builder) {
	switch v.kind {
	case "":
		b.AppendNull()
	case IntegerType:
		b.(*array.Int64Builder).Append(v.n)
	case DecimalType:
		b.(*array.Decimal128Builder).Append(decimal128.FromI64(v.n))
	case ShareType, DaysType, HoursType:
		b.(*array.Float64Builder).Append(v.f)
	case DateType:
		b.(*array.Date32Builder).Append(arrow.Date32(v.n))
	case TimestampType:
		b.(*array.TimestampBuilder).Append(arrow.Timestamp(v.n))
	default:
		b.(*array.StringBuilder).Append(v.s)
	}
}

// writeArrow writes a sheet as an Arrow IPC file.
func writeArrow(ctx context.Context, w io.Writer, s *Sheet) error {
	out, err := ipc.NewFileWriter(w, ipc.WithSchema(s.schema()))
	if err != nil {
		return err
	}
	for rec, err := range s.batches(ctx) {
		if err == nil {
			err = out.Write(rec)
			rec.Release()
		}
		if err != nil {
			return errors.Join(err, out.Close())
		}
	}
	return out.Close()
}

// writeParquet writes a sheet as a Parquet file: DECIMAL, DATE, TIMESTAMPTZ.
func writeParquet(ctx context.Context, w io.Writer, s *Sheet) error {
	return eventlog.WriteParquet(ctx, w, s.schema(), s.batches(ctx))
}
