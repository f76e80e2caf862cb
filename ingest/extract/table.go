package extract

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"millrace/eventlog"
	"millrace/ingest"
)

const (
	// sweepMost is how many rows a table may have to be swept unless told to.
	sweepMost = 2_000_000
	// fetchKeys is how many rows are asked for by their keys at once.
	fetchKeys = 500
)

// A tableRead is one table, on its way from the source to its rows.
type tableRead struct {
	*eventlog.Table
	at       int // in the system
	shape    *ingest.TableShape
	names    []string  // columns that are read, as declared
	there    []string  // and as the source calls them
	since    string    // "": all rows
	floor    string    // see tableState.Since
	counted  int64     // before it was read; -1: the source cannot say
	counting time.Time // when the state began that it was counted in

	rows    *part    // all rows, or those since
	sums    *part    // the sweep: names of the buckets that differ from what landed
	keys    *part    // key and what is compared of all rows, or those in the buckets
	want    *part    // keys of the rows that the sweep found lacking
	fetched *part    // these rows
	buckets []string // that keys are of; nil: of all
	same    int64    // rows in the other buckets
	short   bool     // fewer rows were read than the source has
	notes   []eventlog.Note
}

// plan decides how a table is read.
func (x *extraction) plan(at int, s *ingest.TableShape) *tableRead {
	t := &tableRead{Table: &x.sys.Tables[at], at: at, shape: s, counted: -1}
	t.names, t.there = readColumns(t.Table, s, x.o.Declared)
	last := x.last.Tables[t.Name]
	by := t.Watermark
	if len(t.Key) == 0 {
		by = nil // equal rows are counted, so all of them have to be here
	}
	if len(by) > 0 && s.Whole {
		t.note("no-watermark", "%s: read as a whole every time, because %s cannot be asked for single rows, nor for those that have changed.", t.Name, s.There)
		by = nil
	}
	for _, c := range by {
		if !slices.Contains(t.names, c) {
			t.note("no-watermark", "%s: read as a whole every time, because the source lacks %s, which would tell what has changed.", t.Name, c)
			by = nil
			break
		}
	}
	switch {
	case x.o.Full || len(by) == 0:
	case x.o.Since != "" && (last.Mark == "" || slices.Equal(last.By, by)):
		t.since, t.floor = x.o.Since, last.Since
		if last.Mark == "" || t.floor != "" && parseMark(x.o.Since).less(parseMark(t.floor)) {
			t.floor = x.o.Since
		}
	case last.Mark != "" && slices.Equal(last.By, by):
		t.since, t.floor = parseMark(last.Mark).minus(x.o.Overlap).text, last.Since
	}
	return t
}

func (t *tableRead) note(code, format string, args ...any) {
	t.notes = append(t.notes, eventlog.Note{Code: code, Text: fmt.Sprintf(format, args...)})
}

// thereOf is what the source calls declared columns.
func (t *tableRead) thereOf(columns []string) []string {
	var list []string
	for _, c := range columns {
		if i := slices.Index(t.names, c); i >= 0 {
			list = append(list, t.there[i])
		}
	}
	return list
}

// compared are the columns that tell in a sweep that a row has changed.
func (t *tableRead) compared() []string {
	list := slices.Clone(t.Watermark)
	for _, c := range t.Swept {
		if slices.Contains(t.names, c) && !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	return list
}

// markColumns is where the columns of the watermark stand among others.
func (t *tableRead) markColumns(columns []string) []int {
	var list []int
	for _, c := range t.thereOf(t.Watermark) {
		if i := slices.Index(columns, c); i >= 0 {
			list = append(list, i)
		}
	}
	return list
}

// read reads one table into the spool.
func (x *extraction) read(ctx context.Context, t *tableRead) (err error) {
	if t.rows, err = x.spool.part(fmt.Sprintf("%d-rows", t.at)); err != nil {
		return err
	}
	if err := x.keep(t.rows); err != nil {
		return err
	}
	if t.rows.done() {
		t.counted = t.rows.last().Counted[0]
	} else {
		if t.counted, err = x.count(ctx, t); err != nil {
			return err
		}
		t.counting = x.began
	}
	if err := x.all(ctx, t, t.rows, x.query(t, t.there, t.since, x.o.Limit)); err != nil {
		return err
	}
	if t.since == "" || x.o.Limit > 0 || !x.sweeps(t) {
		return nil
	}
	if err := x.sum(ctx, t); err != nil {
		return fmt.Errorf("%s: %w", t.Name, err)
	}
	if t.keys, err = x.spool.part(fmt.Sprintf("%d-keys", t.at)); err != nil {
		return err
	}
	if err := x.keep(t.keys); err != nil {
		return err
	}
	q := x.query(t, t.thereOf(slices.Concat(t.Key, t.compared())), t.floor, 0)
	q.Buckets = t.buckets
	if err := x.all(ctx, t, t.keys, q); err != nil {
		return err
	}
	if t.want, err = x.spool.part(fmt.Sprintf("%d-want", t.at)); err != nil {
		return err
	}
	if err := x.compare(ctx, t); err != nil {
		return fmt.Errorf("%s: %w", t.Name, err)
	}
	if t.want.rows > int64(x.o.PageRows) && t.want.rows > (t.keys.rows+t.same)/4 {
		return x.instead(ctx, t)
	}
	if t.fetched, err = x.spool.part(fmt.Sprintf("%d-fetched", t.at)); err != nil {
		return err
	}
	if err := x.keep(t.fetched); err != nil {
		return err
	}
	return x.fetch(ctx, t)
}

// keep counts the rows that an earlier run has read, and drops those behind
// which the source cannot continue.
func (x *extraction) keep(p *part) error {
	if !p.done() && p.after() == "" {
		return x.spool.fault(p.empty())
	}
	x.kept += p.rows
	return nil
}

func (x *extraction) query(t *tableRead, columns []string, since string, limit int64) ingest.Query {
	return ingest.Query{
		Table: t.Table, Columns: columns, Since: since, Watermark: t.thereOf(t.Watermark), PageRows: x.o.PageRows, Limit: limit,
	}
}

// all reads the pages of a part, and counts around it.
func (x *extraction) all(ctx context.Context, t *tableRead, p *part, q ingest.Query) error {
	if p.done() {
		return nil
	}
	if q.Buckets == nil || len(q.Buckets) > 0 {
		if err := x.pages(ctx, p, t, q, x.spool); err != nil {
			return err
		}
	}
	after := t.counted
	if !x.snapshot || !t.counting.Equal(x.began) || !p.oneState() || len(p.pages) > 0 && p.pages[0].head.Start != x.began.UnixMicro() {
		var err error
		if after, err = x.count(ctx, t); err != nil {
			return err
		}
	}
	return x.spool.fault(p.write(pageHead{Done: true, Counted: [2]int64{t.counted, after}}, nil))
}

// sweeps says whether to look for deleted and late rows.
func (x *extraction) sweeps(t *tableRead) bool {
	rows := t.counted
	if rows < 0 {
		rows = t.shape.Rows
	}
	switch {
	case x.o.Sweep == SweepAlways:
		return true
	case x.o.Sweep == SweepNever || x.o.Since != "":
		t.note("not-swept", "%s: only rows that changed since %s were read; rows that were deleted, or came late, were not looked for.", t.Name, t.since)
		return false
	case rows < 0:
		t.note("not-swept", "%s: rows that were deleted, or came late, were not looked for, because the source does not say how many it has; ingest --full finds them, and so does sweep: always.", t.Name)
		return false
	case rows > sweepMost:
		t.note("not-swept", "%s: rows that were deleted, or came late, were not looked for among %d; ingest --full finds them, and so does sweep: always.", t.Name, rows)
		return false
	}
	return true
}

// compare lists the keys that the sweep has seen and that did not land as they
// are, nor are among the rows since.
func (x *extraction) compare(ctx context.Context, t *tableRead) error {
	if t.want.done() {
		return nil
	}
	if err := t.want.empty(); err != nil { // it was being written
		return err
	}
	var page [][]string
	flush := func() error {
		err := t.want.write(pageHead{}, page)
		page = page[:0]
		return x.spool.fault(err)
	}
	err := error(nil)
	if t.keys.rows > 0 {
		err = eventlog.Unlanded(ctx, x.o.Store, x.o.Open, x.seen(t), func(key []string) error {
			if page = append(page, key); len(page) < x.o.PageRows {
				return nil
			}
			return flush()
		})
	}
	if err == nil && len(page) > 0 {
		err = flush()
	}
	if err == nil {
		err = x.spool.fault(t.want.write(pageHead{Done: true}, nil))
	}
	return err
}

// seen is what the source says of a table, for the store to compare.
func (x *extraction) seen(t *tableRead) eventlog.SeenTable {
	var at []int // key and what is compared in a row
	for _, c := range slices.Concat(t.Key, t.compared()) {
		at = append(at, slices.Index(t.names, c))
	}
	return eventlog.SeenTable{
		Source: x.sys.Name, Table: t.Name, Key: t.Key, Watermark: t.compared(),
		Seen: func(fn func([]string) error) error {
			return t.swept(len(at), fn)
		},
		Had: func(fn func([]string) error) error {
			short := make([]string, len(at))
			return t.rows.each(func(_ int64, row []string) error {
				if len(row) != len(t.names) {
					return nil // it will be rejected
				}
				for i, from := range at {
					short[i] = row[from]
				}
				return fn(short)
			})
		},
	}
}

// swept calls fn with the first values of each row of the sweep: key, then
// what is compared. A value that is not there is none.
func (t *tableRead) swept(width int, fn func([]string) error) error {
	return t.keys.each(func(_ int64, row []string) error {
		for len(row) < width {
			row = append(row, "")
		}
		return fn(row[:width])
	})
}

// instead reads the whole table where so much of it is lacking that asking for
// single rows would be more work.
func (x *extraction) instead(ctx context.Context, t *tableRead) (err error) {
	if t.rows, err = x.spool.part(fmt.Sprintf("%d-whole", t.at)); err != nil {
		return err
	}
	if err := x.keep(t.rows); err != nil {
		return err
	}
	t.keys, t.want, t.since = nil, nil, t.floor
	return x.all(ctx, t, t.rows, x.query(t, t.there, t.floor, 0))
}

// fetch reads the rows that the sweep found lacking. The part's pages are
// lists of keys that were asked for; its After numbers them.
func (x *extraction) fetch(ctx context.Context, t *tableRead) error {
	if t.fetched.done() {
		return nil
	}
	asked, _ := strconv.Atoi(t.fetched.after())
	var keys [][]string
	ask := func() error {
		var rows [][]string
		q := ingest.Query{Table: t.Table, Columns: t.there, Watermark: t.thereOf(t.Watermark), Keys: keys, PageRows: x.o.PageRows}
		err := x.again(ctx, t.Name, true, func(ctx context.Context) (bool, error) {
			rows = rows[:0]
			return false, x.reading.read(ctx, q, func(p ingest.Page) error {
				for _, row := range p.Rows {
					rows = append(rows, slices.Clone(row))
				}
				return nil
			})
		})
		if err != nil {
			return err
		}
		asked++
		h := pageHead{After: strconv.Itoa(asked), Start: x.began.UnixMicro(), Snapshot: x.snapshot}
		if err := t.fetched.write(h, rows); err != nil {
			return x.spool.fault(err)
		}
		keys = nil
		x.rows += int64(len(rows))
		if err := x.mayRead(); err != nil {
			return err
		}
		return x.rest(ctx, len(rows))
	}
	skip := int64(asked) * fetchKeys
	err := t.want.each(func(line int64, key []string) error {
		if line <= skip {
			return nil
		}
		if keys = append(keys, slices.Clone(key)); len(keys) < fetchKeys {
			return nil
		}
		return ask()
	})
	if err == nil && len(keys) > 0 {
		err = ask()
	}
	if err == nil {
		err = x.spool.fault(t.fetched.write(pageHead{Done: true}, nil))
	}
	return err
}

// mark is where the next increment begins.
//
// Of rows that were read while the source changed, later pages may have higher
// watermarks than changes that earlier pages missed. So it is no later than
// when reading began, by our clock; where a watermark is no moment, it is that
// of the first state. The limit holds in any case: a row that is dated in the
// future must not hide all that comes before.
func (t *tableRead) mark(last mark, zone *time.Location) mark {
	var top, first mark
	for i := range t.rows.pages {
		h := &t.rows.pages[i].head
		m := parseMark(h.Mark)
		if top.less(m) {
			top = m
		}
		if begin := &t.rows.pages[0].head; (i == 0 || h.Snapshot && h.Start == begin.Start) && first.less(m) {
			first = m
		}
	}
	if top.layout == nil && !t.rows.oneState() {
		top = first
	}
	if top.text != "" {
		top = top.notAfter(time.UnixMicro(t.rows.pages[0].head.Start), zone)
	}
	if top.less(last) {
		return last
	}
	return top
}
