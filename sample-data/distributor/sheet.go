package distributor

import (
	"bufio"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// A column is a name and one letter for its type: t text, i whole number,
// 2, 3, 4 decimal with so many places, d day, s time without a zone, z time.
type column struct {
	name string
	kind byte
}

// A layout is one table of one system.
type layout struct {
	system, table string
	columns       []column
}

// laid reads a layout from "name:kind name:kind".
func laid(system, table, columns string) layout {
	l := layout{system: system, table: table}
	for _, word := range strings.Fields(columns) {
		name, kind, _ := strings.Cut(word, ":")
		l.columns = append(l.columns, column{name, kind[0]})
	}
	return l
}

// A sheet takes the rows of one table, cell by cell in the order of its
// columns, and writes them as CSV, or spools them as Arrow for Parquet.
type sheet struct {
	layout
	rows int64
	at   int // the next cell's column

	file *os.File
	out  *bufio.Writer
	line []byte

	spool  *ipc.FileWriter
	batch  int64 // rows of one
	build  *array.RecordBuilder
	schema *arrow.Schema
	err    error
}

const spoolRows = 16 << 10

// newSheet writes the table to path: as CSV with a header, or as an Arrow spool.
func newSheet(l layout, path string, spooled bool) (*sheet, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	s := &sheet{layout: l, file: f, batch: spoolRows}
	if spooled {
		s.schema = l.schema()
		s.build = array.NewRecordBuilder(memory.DefaultAllocator, s.schema)
		s.spool, err = ipc.NewFileWriter(f, ipc.WithSchema(s.schema))
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		return s, nil
	}
	s.out = bufio.NewWriterSize(f, 128<<10)
	for i, c := range l.columns {
		if i > 0 {
			s.line = append(s.line, ',')
		}
		s.line = append(s.line, c.name...)
	}
	s.line = append(s.line, '\n')
	return s, nil
}

func (l layout) schema() *arrow.Schema {
	var fields []arrow.Field
	for _, c := range l.columns {
		var t arrow.DataType
		switch c.kind {
		case 't':
			t = arrow.BinaryTypes.String
		case 'i':
			t = arrow.PrimitiveTypes.Int64
		case 'd':
			t = arrow.FixedWidthTypes.Date32
		case 's':
			t = &arrow.TimestampType{Unit: arrow.Microsecond}
		case 'z':
			t = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
		default:
			t = &arrow.Decimal128Type{Precision: 18, Scale: int32(c.kind - '0')}
		}
		fields = append(fields, arrow.Field{Name: c.name, Type: t, Nullable: true})
	}
	return arrow.NewSchema(fields, nil)
}

// cell begins the next cell, and reports whether CSV is written.
func (s *sheet) cell() bool {
	if s.out == nil {
		return false
	}
	if s.at > 0 {
		s.line = append(s.line, ',')
	}
	return true
}

// null writes cells that are empty.
func (s *sheet) null(n int) {
	for range n {
		if !s.cell() {
			s.build.Field(s.at).AppendNull()
		}
		s.at++
	}
}

// text writes a text cell; an empty one is no value.
func (s *sheet) text(v string) {
	if v == "" {
		s.null(1)
		return
	}
	if s.cell() {
		if quoted(v) {
			s.line = append(s.line, '"')
			s.line = append(s.line, strings.ReplaceAll(v, `"`, `""`)...)
			s.line = append(s.line, '"')
		} else {
			s.line = append(s.line, v...)
		}
	} else {
		s.build.Field(s.at).(*array.StringBuilder).Append(v)
	}
	s.at++
}

// quoted reports whether CSV has to quote v.
func quoted(v string) bool {
	for i := range len(v) {
		if c := v[i]; c == ',' || c == '"' || c == '\n' || c == '\r' {
			return true
		}
	}
	return false
}

// number writes a whole number.
func (s *sheet) number(v int64) {
	if s.cell() {
		s.line = strconv.AppendInt(s.line, v, 10)
	} else {
		s.build.Field(s.at).(*array.Int64Builder).Append(v)
	}
	s.at++
}

// numberOr writes a whole number, 0 as no value.
func (s *sheet) numberOr(v int64) {
	if v == 0 {
		s.null(1)
		return
	}
	s.number(v)
}

// decimal writes v as a decimal whose last digits are the column's places.
func (s *sheet) decimal(v int64) {
	if s.cell() {
		s.line = appendDecimal(s.line, v, int(s.columns[s.at].kind-'0'))
	} else {
		s.build.Field(s.at).(*array.Decimal128Builder).Append(decimal128.FromI64(v))
	}
	s.at++
}

func appendDecimal(b []byte, v int64, places int) []byte {
	if v < 0 {
		b, v = append(b, '-'), -v
	}
	unit := int64(1)
	for range places {
		unit *= 10
	}
	b = strconv.AppendInt(b, v/unit, 10)
	b = append(b, '.')
	for v, unit = v%unit, unit/10; unit > 0; unit /= 10 {
		b = append(b, byte('0'+v/unit%10))
	}
	return b
}

// day writes a day; 0 is no value.
func (s *sheet) day(d date) {
	if d == 0 {
		s.null(1)
		return
	}
	if s.cell() {
		s.line = appendDate(s.line, d)
	} else {
		s.build.Field(s.at).(*array.Date32Builder).Append(arrow.Date32(d))
	}
	s.at++
}

// local writes t as z's clocks show it, without saying which; never as no value.
func (s *sheet) local(t instant, z zone) {
	if t == 0 {
		s.null(1)
		return
	}
	t += z.offset(t)
	if s.cell() {
		s.line = appendTime(appendDate(s.line, date(t/fullDay)), ' ', t)
	} else {
		s.build.Field(s.at).(*array.TimestampBuilder).Append(arrow.Timestamp(t * 1000))
	}
	s.at++
}

// zoned writes t with z's offset, as Z in UTC; never as no value.
func (s *sheet) zoned(t instant, z zone) {
	if t == 0 {
		s.null(1)
		return
	}
	if s.cell() {
		offset := z.offset(t)
		local := t + offset
		s.line = appendTime(appendDate(s.line, date(local/fullDay)), 'T', local)
		if z == utc {
			s.line = append(s.line, 'Z')
		} else {
			s.line = append(s.line, '+', '0', byte('0'+offset/hour), ':', '0', '0')
		}
	} else {
		s.build.Field(s.at).(*array.TimestampBuilder).Append(arrow.Timestamp(t * 1000))
	}
	s.at++
}

// end ends a row.
func (s *sheet) end() {
	if s.at != len(s.columns) {
		panic("sample-data/distributor: " + s.table + " has a row of " + strconv.Itoa(s.at) + " cells")
	}
	s.at = 0
	s.rows++
	if s.out != nil {
		s.line = append(s.line, '\n')
		if len(s.line) > 32<<10 {
			s.flush()
		}
		return
	}
	if s.rows%s.batch == 0 {
		s.flush()
	}
}

func (s *sheet) flush() {
	if s.err != nil {
		return
	}
	if s.out != nil {
		_, s.err = s.out.Write(s.line)
		s.line = s.line[:0]
		return
	}
	rec := s.build.NewRecordBatch()
	defer rec.Release()
	s.err = s.spool.Write(rec)
}

// close ends the file.
func (s *sheet) close() error {
	s.flush()
	if s.out != nil {
		return errors.Join(s.err, s.out.Flush(), s.file.Close())
	}
	s.build.Release()
	return errors.Join(s.err, s.spool.Close(), s.file.Close())
}

// batches reads a spool back.
func batches(f io.ReaderAt, size int64) (*ipc.FileReader, error) {
	return ipc.NewFileReader(io.NewSectionReader(f, 0, size))
}

func appendDate(b []byte, d date) []byte {
	y, m, day := d.civil()
	return append(b, byte('0'+y/1000), byte('0'+y/100%10), byte('0'+y/10%10), byte('0'+y%10), '-', byte('0'+m/10), byte('0'+m%10), '-', byte('0'+day/10), byte('0'+day%10))
}

func appendTime(b []byte, mark byte, t instant) []byte {
	c := int(t % fullDay / second)
	h, m, sec := c/3600, c/60%60, c%60
	b = append(b, mark, byte('0'+h/10), byte('0'+h%10), ':', byte('0'+m/10), byte('0'+m%10), ':', byte('0'+sec/10), byte('0'+sec%10))
	if ms := int(t % second); ms != 0 {
		b = append(b, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
	}
	return b
}

func dateText(d date) string      { return string(appendDate(nil, d)) }
func quantityText(q int64) string { return string(appendDecimal(nil, q, 3)) }
func priceText(p int64) string    { return string(appendDecimal(nil, p, 4)) }
