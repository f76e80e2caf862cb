package parquetfile

import (
	"context"
	"database/sql/driver"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/duckdb/duckdb-go/v2"

	"millrace/eventlog"
	"millrace/ingest"
)

const (
	// rangeRows is how many rows a query fetches: the driver materialises
	// results, and this is a row group as DuckDB writes them.
	rangeRows = 122_880
	batchRows = 8192
)

// Read implements [ingest.File].
func (f *file) Read(ctx context.Context, emit func(*eventlog.Batch) error) error {
	conn, err := f.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	r := newReader(f, emit)
	err = conn.Raw(func(c any) error {
		a, err := duckdb.NewArrowFromConn(c.(driver.Conn))
		if err != nil {
			return err
		}
		for from := int64(0); from < f.rows; from += rangeRows {
			if err := r.readRange(ctx, a, from); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return r.flush()
}

// A reader gathers rows to batches.
type reader struct {
	*file
	emit  func(*eventlog.Batch) error
	query string
	place int64 // of the row, from 1

	fields []int // of columns: where in the record, or -1
	batch  eventlog.Batch
	cases  map[string]int // into CaseIDs

	caseTexts, activities, resources, lifecycles, instances ingest.Texts
}

func newReader(f *file, emit func(*eventlog.Batch) error) *reader {
	r := &reader{file: f, emit: emit, fields: make([]int, len(f.columns)), cases: map[string]int{}}
	exprs := []string{"file_row_number"}
	for i := range f.columns {
		c := &f.columns[i]
		r.fields[i] = -1
		expr := ""
		switch ro := &f.roles; {
		case i == ro.Case || i == ro.Activity || i == ro.Resource || i == ro.Lifecycle || i == ro.Instance || i == ro.Sequence:
			expr = c.asText()
		case i == ro.Time || i == ro.Start:
			expr = c.asText()
			if c.kind.isTime() {
				expr = c.asValue()
			}
		case f.options.Attributes:
			expr = c.asValue()
		default:
			continue
		}
		r.fields[i] = len(exprs)
		exprs = append(exprs, expr)
	}
	r.query = "SELECT " + strings.Join(exprs, ", ") + " FROM " + source + " WHERE file_row_number >= ? AND file_row_number < ?"
	return r
}

func (r *reader) readRange(ctx context.Context, a *duckdb.Arrow, from int64) error {
	records, err := a.QueryContext(ctx, r.query, r.name(), from, from+rangeRows)
	if err != nil {
		return r.explain(ctx, err)
	}
	defer records.Release()
	next := from
	for records.Next() {
		rec := records.RecordBatch()
		numbers := rec.Column(0).(*array.Int64)
		for row := range int(rec.NumRows()) {
			if numbers.Value(row) != next {
				return fmt.Errorf("%s: row %d came where %d was due", r.path, numbers.Value(row)+1, next+1)
			}
			next++
			r.place = next
			if err := r.row(rec, row); err != nil {
				return err
			}
		}
		r.done.Store(next)
	}
	if err := records.Err(); err != nil {
		return r.explain(ctx, err)
	}
	if want := min(from+rangeRows, r.rows); next != want {
		return r.explain(ctx, fmt.Errorf("its rows end after %d of %d", next, r.rows))
	}
	return ctx.Err()
}

func (r *reader) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("%s: %w", r.path, broken(err))
}

// row takes one row, or rejects it.
func (r *reader) row(rec arrow.RecordBatch, row int) error {
	id, ok := r.needed(rec, row, r.roles.Case, &r.caseTexts)
	if !ok {
		return nil
	}
	activity, ok := r.needed(rec, row, r.roles.Activity, &r.activities)
	if !ok {
		return nil
	}
	us, day, ok := r.moment(rec, row, r.roles.Time, r.time)
	if !ok {
		return nil
	}
	start, _, ok := r.moment(rec, row, r.roles.Start, r.start)
	if !ok {
		return nil
	}
	b := &r.batch
	if c := r.roles.Sequence; c >= 0 {
		n, err := strconv.ParseInt(r.text(rec, row, c), 10, 64)
		if err != nil {
			r.reject(c, fmt.Sprintf("%q is not a whole number", r.text(rec, row, c)))
			return nil
		}
		b.Sequence = append(b.Sequence, n)
	}
	b.Case = append(b.Case, id)
	b.Activity = append(b.Activity, activity)
	b.Place = append(b.Place, r.place)
	if r.roles.Time >= 0 {
		b.Time = append(b.Time, us)
		if day {
			r.dates++
		}
		if us == eventlog.NoTime {
			r.missing++
		}
	}
	if r.roles.Start >= 0 {
		b.Start = append(b.Start, start)
	}
	for _, c := range [...]struct {
		column int
		to     *[]string
		texts  *ingest.Texts
	}{{r.roles.Resource, &b.Resource, &r.resources}, {r.roles.Lifecycle, &b.Lifecycle, &r.lifecycles}, {r.roles.Instance, &b.Instance, &r.instances}} {
		if c.column >= 0 {
			*c.to = append(*c.to, c.texts.Text([]byte(r.text(rec, row, c.column))))
		}
	}
	r.addAttributes(rec, row, id)
	if b.Len() < batchRows {
		return nil
	}
	return r.flush()
}

// text returns a value, valid as long as the record, or "".
func (r *reader) text(rec arrow.RecordBatch, row, column int) string {
	col := rec.Column(r.fields[column])
	if col.IsNull(row) {
		return ""
	}
	return col.(interface{ Value(int) string }).Value(row)
}

func (r *reader) needed(rec arrow.RecordBatch, row, column int, texts *ingest.Texts) (string, bool) {
	s := r.text(rec, row, column)
	if strings.TrimSpace(s) == "" {
		r.reject(column, "is empty")
		return "", false
	}
	return texts.Text([]byte(s)), true
}

// moment returns a time; ok is false if the row was rejected.
func (r *reader) moment(rec arrow.RecordBatch, row, column int, format *ingest.TimeFormat) (us int64, day, ok bool) {
	if column < 0 {
		return eventlog.NoTime, false, true
	}
	col := rec.Column(r.fields[column])
	if col.IsNull(row) {
		return eventlog.NoTime, false, true
	}
	if numbers, ok := col.(*array.Int64); ok {
		k := r.columns[column].kind
		return onClock(k, format, numbers.Value(row)), k == date, true
	}
	s := r.text(rec, row, column)
	if us, day, ok = format.Parse([]byte(s)); ok {
		return us, day, true
	}
	if ingest.MissingTime([]byte(s)) {
		return eventlog.NoTime, false, true
	}
	r.reject(column, fmt.Sprintf("%q is not a date in layout %q", s, format))
	return us, false, false
}

// onClock turns a time of a kind into UTC.
func onClock(k kind, format *ingest.TimeFormat, us int64) int64 {
	if k == instant {
		return us
	}
	return format.FromClock(us)
}

func (r *reader) reject(column int, reason string) {
	r.rejected++
	if len(r.rejects) < ingest.MaxRejects {
		r.rejects = append(r.rejects, eventlog.Reject{
			Place: fmt.Sprintf("%s:%d", r.base, r.place), Column: r.columns[column].name, Reason: reason,
		})
	}
}

// addAttributes takes a row's attributes, and of those that describe the case
// the first value of each case in the batch.
func (r *reader) addAttributes(rec arrow.RecordBatch, row int, id string) {
	at, known := -1, false
	for _, a := range r.attributes {
		col := rec.Column(r.fields[a.column])
		if !a.ofCase {
			a.set(len(a.out.Null), col, row)
			continue
		}
		if at < 0 {
			if at, known = r.cases[id]; !known {
				at = len(r.batch.CaseIDs)
				r.cases[id] = at
				r.batch.CaseIDs = append(r.batch.CaseIDs, id)
			}
		}
		if !a.set(at, col, row) && r.varies == "" {
			r.varies = fmt.Sprintf("row %d", r.place)
		}
	}
}

// set puts a value in its place, unless one is there; it returns false if that
// is another.
func (a *attribute) set(at int, col arrow.Array, row int) bool {
	c := &a.out
	null := col.IsNull(row)
	if at == len(c.Null) {
		c.Null = append(c.Null, true)
		switch {
		case c.Type == eventlog.Float:
			c.Float = append(c.Float, 0)
		case c.Type == eventlog.Text || c.Type == eventlog.Nested:
			c.Text = append(c.Text, "")
		default:
			c.Int = append(c.Int, 0)
		}
	}
	if null {
		a.nulls = a.nulls || c.Null[at]
		return true
	}
	was := c.Null[at]
	same := true
	switch col := col.(type) {
	case *array.Int64:
		v := col.Value(row)
		if a.kind.isTime() {
			v = onClock(a.kind, a.format, v)
		}
		same = was || c.Int[at] == v
		if was {
			c.Int[at] = v
		}
	case *array.Float64:
		v := col.Value(row)
		if math.IsNaN(v) || math.IsInf(v, 0) { // what pandas writes for none
			a.nulls = a.nulls || was
			return true
		}
		same = was || c.Float[at] == v
		if was {
			c.Float[at] = v
		}
	default:
		v := col.(interface{ Value(int) string }).Value(row)
		if c.Type == eventlog.Nested {
			v = ingest.CanonicalJSON(v)
		}
		same = was || c.Text[at] == v
		if was {
			c.Text[at] = a.texts.Text([]byte(v))
		}
	}
	c.Null[at] = false
	return same
}

// flush emits the batch and starts the next.
func (r *reader) flush() error {
	b := &r.batch
	if b.Len() == 0 {
		return nil
	}
	for _, a := range r.attributes {
		if a.ofCase {
			b.CaseAttributes = append(b.CaseAttributes, a.view())
		} else {
			b.Attributes = append(b.Attributes, a.view())
		}
	}
	err := r.emit(b)
	b.Case, b.Activity, b.Place, b.Time, b.Start = b.Case[:0], b.Activity[:0], b.Place[:0], b.Time[:0], b.Start[:0]
	b.Resource, b.Lifecycle, b.Instance, b.Sequence = b.Resource[:0], b.Lifecycle[:0], b.Instance[:0], b.Sequence[:0]
	b.Attributes, b.CaseAttributes, b.CaseIDs = b.Attributes[:0], b.CaseAttributes[:0], b.CaseIDs[:0]
	clear(r.cases)
	for _, a := range r.attributes {
		a.reset()
	}
	return err
}
