package parquetfile

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/duckdb/duckdb-go/v2"

	"millrace/eventlog"
	"millrace/ingest"
)

// rangeRows is how many rows a query fetches, and a batch has: the driver
// materialises results, and this is a row group as DuckDB writes them.
const rangeRows = 122_880

// Read implements [ingest.File].
func (f *file) Read(ctx context.Context, emit func(*eventlog.Batch) error) error {
	f.done.Store(0)
	l := loader{plan: newPlan(f), fresh: f.fresh(&counts{})}
	if l.direct = newDirect(l.plan); l.direct != nil {
		defer l.direct.os.Close()
	}
	workers := f.options.NumWorkers()
	l.workers = make(chan *worker, workers)
	defer func() {
		for range len(l.workers) {
			(<-l.workers).close()
		}
	}()
	for range workers {
		w, err := l.newWorker(ctx)
		if err != nil {
			return err
		}
		l.workers <- w
	}
	return ingest.InOrder(ctx, workers, l.loads, l.work, func(t *load) error {
		for _, r := range t.readers {
			f.join(&r.counts)
			if r.err != nil {
				return r.err
			}
			if r.len() > 0 {
				if err := emit(&r.batch); err != nil {
					return err
				}
			}
			l.idle.Put(r)
		}
		return nil
	})
}

// A loader reads a file, on several goroutines.
type loader struct {
	*plan
	direct  *direct // nil: DuckDB reads all
	fresh   counts
	workers chan *worker
	idle    sync.Pool // of readers
}

// A worker has what a goroutine needs.
type worker struct {
	conn  *sql.Conn
	group *groupReader // nil: DuckDB reads all
}

// A load is consecutive rows, and the batches made of them.
type load struct {
	from, to int64
	group    int // that they are
	readers  []*reader
}

func (l *loader) newWorker(ctx context.Context) (w *worker, err error) {
	w = &worker{}
	if w.conn, err = l.db.Conn(ctx); err != nil {
		return nil, err
	}
	if l.direct != nil {
		if w.group, err = l.direct.newReader(); err != nil {
			w.close()
			return nil, err
		}
	}
	return w, nil
}

func (w *worker) close() {
	w.conn.Close()
	if w.group != nil {
		w.group.decoder.close()
	}
}

// loads hands out groups, or ranges of rows.
func (l *loader) loads(_ context.Context, job func(*load) error) error {
	if l.direct == nil {
		for from := int64(0); from < l.rows; from += l.rangeRows {
			if err := job(&load{from: from, to: min(from+l.rangeRows, l.rows)}); err != nil {
				return err
			}
		}
		return nil
	}
	from := int64(0)
	for i, g := range l.direct.footer.groups {
		if err := job(&load{from: from, to: from + g.rows, group: i}); err != nil {
			return err
		}
		from += g.rows
	}
	return nil
}

// work makes the batches of a load.
func (l *loader) work(ctx context.Context, t *load) *load {
	w := <-l.workers
	defer func() { l.workers <- w }()
	direct := w.group != nil && w.group.read(t.group) == nil
	for from := t.from; from < t.to && ctx.Err() == nil; from += l.rangeRows {
		r := l.reader(from, min(from+l.rangeRows, t.to))
		t.readers = append(t.readers, r)
		if direct {
			w.group.batch(r, t.from+1, int(from-t.from), int(r.to-t.from))
			r.done.Add(r.to - from)
			continue
		}
		r.err = w.conn.Raw(func(c any) error {
			a, err := duckdb.NewArrowFromConn(c.(driver.Conn))
			if err != nil {
				return err
			}
			return r.read(ctx, a)
		})
		if r.finish(); r.err != nil {
			break
		}
	}
	return t
}

// reader returns one for a range of rows.
func (l *loader) reader(from, to int64) *reader {
	r, _ := l.idle.Get().(*reader)
	if r == nil {
		r = &reader{plan: l.plan}
	}
	r.from, r.to, r.err = from, to, nil
	r.counts = l.fresh.fresh(&r.counts)
	r.reset()
	return r
}

// counts are what a reader finds out about the rows it reads, and formats that
// count.
type counts struct {
	ingest.RejectList
	time, start *ingest.TimeFormat
	attributes  []*attribute
	missing     int64  // times
	dates       int64  // times without a time of day
	varies      string // where a case first contradicted itself
}

// fresh returns counts of nothing, for another goroutine, in the memory of some
// that were.
func (c *counts) fresh(was *counts) counts {
	var fresh counts
	if c.time != nil {
		fresh.time = c.time.Fresh()
	}
	if c.start != nil {
		fresh.start = c.start.Fresh()
	}
	for i, a := range c.attributes {
		var old *attribute
		if i < len(was.attributes) {
			old = was.attributes[i]
		}
		fresh.attributes = append(fresh.attributes, a.fresh(old))
	}
	return fresh
}

// join adds what was counted in later rows.
func (c *counts) join(later *counts) {
	c.RejectList.Join(&later.RejectList)
	c.missing += later.missing
	c.dates += later.dates
	if c.varies == "" {
		c.varies = later.varies
	}
	if c.time != nil {
		c.time.Join(later.time)
	}
	if c.start != nil {
		c.start.Join(later.start)
	}
	for i, a := range c.attributes {
		a.format.Join(later.attributes[i].format)
	}
}

// A plan says how the file is asked for rows. It does not change.
type plan struct {
	*file  // but what it counts
	query  string
	fields []int // of columns: where in the record, or -1
}

func newPlan(f *file) *plan {
	p := &plan{file: f, fields: make([]int, len(f.columns))}
	exprs := []string{"file_row_number"}
	for i := range f.columns {
		c := &f.columns[i]
		p.fields[i] = -1
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
		p.fields[i] = len(exprs)
		exprs = append(exprs, expr)
	}
	p.query = "SELECT " + strings.Join(exprs, ", ") + " FROM " + source + " WHERE file_row_number >= ? AND file_row_number < ?"
	return p
}

// A reader makes a batch of a range of rows.
type reader struct {
	*plan
	from, to int64
	counts   counts
	err      error

	place int64 // of the row, from 1
	batch eventlog.Batch
	codes eventlog.BatchCodes
	old   eventlog.BatchCodes // memory of codes that were read directly
	view  view

	cases, activities, resources ingest.Coder
	lifecycles, instances        ingest.Texts
}

func (r *reader) len() int { return len(r.batch.Place) }

// read reads the range.
func (r *reader) read(ctx context.Context, a *duckdb.Arrow) error {
	records, err := a.QueryContext(ctx, r.query, r.name(), r.from, r.to)
	if err != nil {
		return r.explain(ctx, err)
	}
	defer records.Release()
	next := r.from
	for records.Next() {
		rec := records.RecordBatch()
		if err := r.checkOrder(rec, next); err != nil {
			return err
		}
		r.view.of(r.plan, rec)
		for row := range int(rec.NumRows()) {
			next++
			r.place = next
			r.row(rec, row)
		}
		r.done.Add(rec.NumRows())
	}
	if err := records.Err(); err != nil {
		return r.explain(ctx, err)
	}
	if next != r.to {
		return r.explain(ctx, fmt.Errorf("its rows end after %d of %d", next, r.rows))
	}
	return ctx.Err()
}

// checkOrder says whether the rows are those that are due.
func (f *file) checkOrder(rec arrow.RecordBatch, next int64) error {
	for i, number := range rec.Column(0).(*array.Int64).Int64Values() {
		if due := next + int64(i); number != due {
			return fmt.Errorf("%s: row %d came where %d was due", f.path, number+1, due+1)
		}
	}
	return nil
}

func (f *file) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("%s: %w", f.path, broken(err))
}

// A view is the columns of a record that have a role; nil where there is none,
// or where it is not of text, or of numbers.
type view struct {
	caseID, activity, resource, lifecycle, instance, sequence *array.String
	time, start                                               moments
}

// moments are a column of times: as text, or counted.
type moments struct {
	text  *array.String
	count *array.Int64
}

func (v *view) of(p *plan, rec arrow.RecordBatch) {
	text := func(column int) *array.String {
		if column < 0 {
			return nil
		}
		s, _ := rec.Column(p.fields[column]).(*array.String)
		return s
	}
	times := func(column int) (m moments) {
		if m.text = text(column); column >= 0 && m.text == nil {
			m.count = rec.Column(p.fields[column]).(*array.Int64)
		}
		return m
	}
	ro := &p.roles
	*v = view{text(ro.Case), text(ro.Activity), text(ro.Resource), text(ro.Lifecycle), text(ro.Instance), text(ro.Sequence), times(ro.Time), times(ro.Start)}
}

// value returns a text, valid as long as the record, or "".
func value(col *array.String, row int) string {
	if col.IsNull(row) {
		return ""
	}
	return col.Value(row)
}

// row takes one row, or rejects it.
func (r *reader) row(rec arrow.RecordBatch, row int) {
	v, ro := &r.view, &r.roles
	id, activity := value(v.caseID, row), value(v.activity, row)
	if blank(id) {
		r.reject(ro.Case, "is empty")
		return
	}
	if blank(activity) {
		r.reject(ro.Activity, "is empty")
		return
	}
	us, day, ok := r.moment(&v.time, row, ro.Time, r.counts.time)
	if !ok {
		return
	}
	start, _, ok := r.moment(&v.start, row, ro.Start, r.counts.start)
	if !ok {
		return
	}
	b := &r.batch
	if v.sequence != nil {
		n, err := strconv.ParseInt(value(v.sequence, row), 10, 64)
		if err != nil {
			r.reject(ro.Sequence, fmt.Sprintf("%q is not a whole number", value(v.sequence, row)))
			return
		}
		b.Sequence = append(b.Sequence, n)
	}
	r.cases.AddString(id)
	r.activities.AddString(activity)
	b.Place = append(b.Place, r.place)
	if ro.Time >= 0 {
		b.Time = append(b.Time, us)
		if day {
			r.counts.dates++
		}
		if us == eventlog.NoTime {
			r.counts.missing++
		}
	}
	if ro.Start >= 0 {
		b.Start = append(b.Start, start)
	}
	if v.resource != nil {
		r.resources.AddString(value(v.resource, row))
	}
	if v.lifecycle != nil {
		b.Lifecycle = append(b.Lifecycle, r.lifecycles.Text([]byte(value(v.lifecycle, row))))
	}
	if v.instance != nil {
		b.Instance = append(b.Instance, r.instances.Text([]byte(value(v.instance, row))))
	}
	r.addAttributes(rec, row)
}

// blank says whether a text has nothing to read. Most begin with something.
func blank(s string) bool {
	return s == "" || (s[0] <= ' ' || s[0] >= 0x80) && strings.TrimSpace(s) == ""
}

// moment returns a time; ok is false if the row was rejected.
func (r *reader) moment(m *moments, row, column int, format *ingest.TimeFormat) (us int64, day, ok bool) {
	switch {
	case m.count != nil:
		if m.count.IsNull(row) {
			return eventlog.NoTime, false, true
		}
		k := r.columns[column].kind
		return onClock(k, format, m.count.Value(row)), k == date, true
	case m.text == nil, m.text.IsNull(row):
		return eventlog.NoTime, false, true
	}
	s := m.text.Value(row)
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
	r.counts.Add(fmt.Sprintf("%s:%d", r.base, r.place), r.columns[column].name, reason)
}

// addAttributes takes a row's attributes, and of those that describe the case
// the first value of each case in the batch.
func (r *reader) addAttributes(rec arrow.RecordBatch, row int) {
	for _, a := range r.counts.attributes {
		col := rec.Column(r.fields[a.column])
		if !a.ofCase {
			a.set(len(a.out.Null), col, row)
		} else if !a.set(r.cases.LastCode(), col, row) && r.counts.varies == "" {
			r.counts.varies = fmt.Sprintf("row %d", r.place)
		}
	}
}

// finish makes the batch whole.
func (r *reader) finish() {
	b := &r.batch
	r.codes = eventlog.BatchCodes{Case: r.cases.Codes(), Activity: r.activities.Codes()}
	b.Case, b.Activity = r.cases.Texts(b.Case[:0]), r.activities.Texts(b.Activity[:0])
	if r.roles.Resource >= 0 {
		r.codes.Resource = r.resources.Codes()
		b.Resource = r.resources.Texts(b.Resource[:0])
	}
	b.Codes = &r.codes
	for _, a := range r.counts.attributes {
		if a.ofCase {
			b.CaseIDs = r.codes.Case.Labels
			b.CaseAttributes = append(b.CaseAttributes, a.view())
		} else {
			b.Attributes = append(b.Attributes, a.view())
		}
	}
}

// reset makes the reader ready for a range.
func (r *reader) reset() {
	b := &r.batch
	b.Place, b.Time, b.Start, b.Sequence = b.Place[:0], b.Time[:0], b.Start[:0], b.Sequence[:0]
	b.Lifecycle, b.Instance = b.Lifecycle[:0], b.Instance[:0]
	b.Attributes, b.CaseAttributes, b.CaseIDs = b.Attributes[:0], b.CaseAttributes[:0], nil
	r.cases.Reset()
	r.activities.Reset()
	r.resources.Reset()
}
