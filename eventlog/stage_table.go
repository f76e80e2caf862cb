package eventlog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// A stageTable is a table of Parquet files with the same fixed columns and, as
// they turn up, more and more attributes. A file's columns are fixed, so a new
// attribute, or an old one of a new type, starts the next file; a reader takes
// them by name.
type stageTable struct {
	db         *sql.DB // a private DuckDB, which writes the files
	dir, name  string
	fixed      []arrow.Field
	attributes []stageAttribute
	byName     map[stageAttribute]int // column empty
	files      []string
	rows       int64

	builder *array.RecordBuilder
	stream  *stageStream
}

// A stageAttribute is one column: an attribute in one of the types it has.
type stageAttribute struct {
	name   string
	typ    Type
	column string // a0, a1, …
}

func newStageTable(db *sql.DB, dir, name string, fixed []arrow.Field) *stageTable {
	return &stageTable{db: db, dir: dir, name: name, fixed: fixed, byName: map[stageAttribute]int{}}
}

// begin makes sure there is a column for each attribute, and returns where the
// next rows go.
func (t *stageTable) begin(ctx context.Context, attributes []Column) (*stageRows, error) {
	known := len(t.attributes)
	at := make([]int, len(attributes))
	for i := range attributes {
		key := stageAttribute{name: strings.ToValidUTF8(attributes[i].Name, "\uFFFD"), typ: attributes[i].Type}
		n, ok := t.byName[key]
		if !ok {
			n = len(t.attributes)
			t.byName[key] = n
			t.attributes = append(t.attributes, stageAttribute{name: key.name, typ: key.typ, column: fmt.Sprintf("a%d", n)})
		}
		at[i] = len(t.fixed) + n
	}
	if t.stream == nil || len(t.attributes) != known {
		if err := t.next(ctx); err != nil {
			return nil, err
		}
	}
	return &stageRows{table: t, attributes: at}, nil
}

// next closes the file, if there is one, and opens another with all columns known.
func (t *stageTable) next(ctx context.Context) error {
	if err := t.close(); err != nil {
		return err
	}
	fields := append([]arrow.Field(nil), t.fixed...)
	for _, a := range t.attributes {
		fields = append(fields, arrow.Field{Name: a.column, Type: stageArrowType(a.typ), Nullable: true})
	}
	schema := arrow.NewSchema(fields, nil)
	path := filepath.Join(t.dir, fmt.Sprintf("%s-%d.parquet", t.name, len(t.files)))
	t.stream = newStageStream(ctx, t.db, schema, fmt.Sprintf("%s_%d", t.name, len(t.files)), path)
	t.builder = array.NewRecordBuilder(memory.DefaultAllocator, schema)
	t.files = append(t.files, path)
	return nil
}

// stageChunk is how many rows go to DuckDB at once.
const stageChunk = 65_536

// flush hands the rows of the builder to DuckDB.
func (t *stageTable) flush() error {
	rec := t.builder.NewRecordBatch()
	if rec.NumRows() == 0 {
		rec.Release()
		return nil
	}
	return t.stream.send(rec)
}

// close completes the file that is open, if any.
func (t *stageTable) close() error {
	if t.stream == nil {
		return nil
	}
	err := t.flush()
	t.builder.Release()
	err = errors.Join(t.stream.close(), err)
	t.stream, t.builder = nil, nil
	return err
}

// from is what stands after FROM to read the table.
func (t *stageTable) from() string {
	list := make([]string, len(t.files))
	for i, f := range t.files {
		list[i] = storeLiteral(stageGlob(f))
	}
	return "read_parquet([" + strings.Join(list, ", ") + "], union_by_name = true)"
}

func stageArrowType(t Type) arrow.DataType {
	switch t {
	case Int:
		return arrow.PrimitiveTypes.Int64
	case Float:
		return arrow.PrimitiveTypes.Float64
	case Bool:
		return arrow.FixedWidthTypes.Boolean
	case Time:
		return stageMicro
	}
	return arrow.BinaryTypes.String
}

// stageRows are some rows being written, column by column in the table's order.
type stageRows struct {
	table      *stageTable
	attributes []int // column of each attribute of the batch
	column     int
	valid      []bool
}

func (r *stageRows) next() array.Builder {
	r.column++
	return r.table.builder.Field(r.column - 1)
}

func (r *stageRows) ordinals(from int64, n int) {
	b := r.next().(*array.Int64Builder)
	b.Reserve(n)
	for i := range n {
		b.UnsafeAppend(from + int64(i))
	}
}

func (r *stageRows) uints(v []uint64) { r.next().(*array.Uint64Builder).AppendValues(v, nil) }

func (r *stageRows) text(v []string) { stageText(r.next().(*array.StringBuilder), v, nil) }

// optional writes texts, "" as NULL.
func (r *stageRows) optional(v []string, n int) {
	b := r.next().(*array.StringBuilder)
	if len(v) == 0 {
		b.AppendNulls(n)
		return
	}
	r.valid = r.valid[:0]
	for _, s := range v {
		r.valid = append(r.valid, s != "")
	}
	stageText(b, v, r.valid)
}

func (r *stageRows) ints(v []int64, n int) {
	b := r.next().(*array.Int64Builder)
	if len(v) == 0 {
		b.AppendNulls(n)
		return
	}
	b.AppendValues(v, nil)
}

// times writes microseconds, NoTime as NULL.
func (r *stageRows) times(v []int64, n int) {
	b := r.next().(*array.TimestampBuilder)
	if len(v) == 0 {
		b.AppendNulls(n)
		return
	}
	b.Reserve(n)
	for _, t := range v {
		if t == NoTime {
			b.UnsafeAppendBoolToBitmap(false)
		} else {
			b.UnsafeAppend(arrow.Timestamp(t))
		}
	}
}

func (r *stageRows) bools(v []bool, n int) {
	b := r.next().(*array.BooleanBuilder)
	if len(v) == 0 {
		v = make([]bool, n)
	}
	b.AppendValues(v, nil)
}

// end writes the attributes, and NULL where the batch has none of a name.
func (r *stageRows) end(attributes []Column, n int) error {
	t := r.table
	before := t.builder.Field(0).Len() - n
	for i, c := range attributes {
		b := t.builder.Field(r.attributes[i])
		if b.Len() > before {
			return fmt.Errorf("batch has the attribute %q twice", c.Name)
		}
		r.attribute(b, &c)
	}
	for i := len(t.fixed); i < len(t.fixed)+len(t.attributes); i++ {
		if b := t.builder.Field(i); b.Len() == before {
			b.AppendNulls(n)
		}
	}
	t.rows += int64(n)
	if before+n >= stageChunk {
		return t.flush()
	}
	return nil
}

func (r *stageRows) attribute(b array.Builder, c *Column) {
	var valid []bool
	if c.Null != nil {
		r.valid = r.valid[:0]
		for _, null := range c.Null {
			r.valid = append(r.valid, !null)
		}
		valid = r.valid
	}
	switch b := b.(type) {
	case *array.StringBuilder:
		stageText(b, c.Text, valid)
	case *array.Int64Builder:
		b.AppendValues(c.Int, valid)
	case *array.Float64Builder:
		b.AppendValues(c.Float, valid)
	case *array.BooleanBuilder:
		for i, v := range c.Int {
			if valid != nil && !valid[i] {
				b.AppendNull()
			} else {
				b.Append(v != 0)
			}
		}
	case *array.TimestampBuilder:
		for i, v := range c.Int {
			if v == NoTime || valid != nil && !valid[i] {
				b.AppendNull()
			} else {
				b.Append(arrow.Timestamp(v))
			}
		}
	}
}

// stageText appends texts. What is not UTF-8 in them is replaced: DuckDB would
// refuse the whole file.
func stageText(b *array.StringBuilder, v []string, valid []bool) {
	b.Reserve(len(v))
	for i, s := range v {
		switch {
		case valid != nil && !valid[i]:
			b.AppendNull()
		case utf8.ValidString(s):
			b.Append(s)
		default:
			b.Append(strings.ToValidUTF8(s, "\uFFFD"))
		}
	}
}
