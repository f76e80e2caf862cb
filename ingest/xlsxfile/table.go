package xlsxfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"

	"millrace/eventlog"
	"millrace/ingest"
)

// sampleRows is how many rows types, times and roles are detected on, if their
// texts are not longer than sampleBytes together.
const (
	sampleRows  = 10_000
	sampleBytes = 32 << 20
	headRows    = 200 // the header is looked for among these
)

// A Table is a sheet of a workbook as rows and columns of text.
type Table struct {
	w       *Workbook
	sheet   *sheet
	options ingest.Options
	closes  bool // Close closes the workbook

	header  headerPlace
	columns []string
	letters []int // of columns: where in the sheet, from 0
	place   []int // of the sheet's columns: which of columns, -1 none
	sample  []ingest.Sample
	whole   bool
	renamed []string

	ingest.RejectList
	sieve ingest.Sieve
	row   ingest.Row
	done  atomic.Int64
	total int64
	seen  found
}

// found is what a scan of a sheet came across.
type found struct {
	errors, outside, uncalculated, unplaced, hiddenRows int64
	firstError, firstOutside                            string
	hiddenColumns                                       int
}

// Table opens a sheet as a table; "" is the first one that is not hidden.
func (w *Workbook) Table(ctx context.Context, name string, o ingest.Options) (*Table, error) {
	s, err := w.find(name)
	if err != nil {
		return nil, err
	}
	return w.table(ctx, s, o, sampleRows)
}

func (w *Workbook) find(name string) (*sheet, error) {
	for i := range w.sheets {
		if s := &w.sheets[i]; s.name == name || name == "" && !s.hidden {
			return s, nil
		}
	}
	for i := range w.sheets {
		if s := &w.sheets[i]; strings.EqualFold(s.name, name) || name == "" {
			return s, nil
		}
	}
	return nil, fmt.Errorf("%s: there is no sheet %q; the workbook has the sheets %s", w.path, name, w.list())
}

func (w *Workbook) list() string {
	var b strings.Builder
	for i := range w.sheets {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", w.sheets[i].name)
	}
	return b.String()
}

func (w *Workbook) table(ctx context.Context, s *sheet, o ingest.Options, rows int) (*Table, error) {
	t := &Table{w: w, sheet: s, options: o, total: int64(w.parts[strings.ToLower(s.part)].UncompressedSize64)}
	if err := t.detect(ctx, rows); err != nil {
		return nil, fmt.Errorf("%s: %w", t.fullName(), err)
	}
	return t, nil
}

func (t *Table) fullName() string { return t.w.path + ":" + t.sheet.name }

// detect finds the header, and reads the first rows.
func (t *Table) detect(ctx context.Context, rows int) (err error) {
	if t.sieve, err = ingest.NewSieve(nil, t.options); err != nil {
		return err
	}
	head, err := t.head()
	if err != nil {
		return err
	}
	if len(head) == 0 {
		return errEmpty
	}
	merges := func() ([]rectangle, error) { return t.w.merges(t.sheet, head[len(head)-1].number) }
	if t.header, err = findHeader(head, t.options, merges); err != nil {
		return err
	}
	t.nameColumns(head)
	values := make([][]string, len(t.columns))
	clock, numbers := make([]bool, len(t.columns)), make([]bool, len(t.columns))
	n, size := 0, 0
	t.whole = true
	err = t.scan(ctx, func(row *ingest.Row, cells []cell) error {
		for i, f := range row.Fields {
			values[i] = append(values[i], string(f))
			size += len(f) + 16
		}
		for i := range cells {
			if at := t.at(cells[i].column); at >= 0 {
				clock[at] = clock[at] || cells[i].kind == momentCell
				numbers[at] = numbers[at] || cells[i].kind == numberCell
			}
		}
		if n++; n >= rows || size >= sampleBytes {
			t.whole = false
			return ingest.ErrStop
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, name := range t.columns {
		t.sample = append(t.sample, ingest.Sample{Name: name, Values: values[i], Clock: clock[i], Numbers: numbers[i]})
	}
	return nil
}

var errEmpty = errors.New("the sheet has no rows, not even a header")

// head reads the first rows that are not blank.
func (t *Table) head() ([]headRow, error) {
	r, err := t.w.read(t.sheet)
	if err != nil {
		return nil, err
	}
	defer r.close()
	var list []headRow
	for len(list) < headRows {
		if err := r.next(); err != nil {
			if errors.Is(err, io.EOF) {
				break
			}
			return nil, err
		}
		if row := newHeadRow(r); row.filled > 0 {
			list = append(list, row)
		}
	}
	return list, nil
}

// nameColumns makes columns of those that the header names or the first rows
// have values in.
func (t *Table) nameColumns(head []headRow) {
	used := map[int]bool{}
	for c, name := range t.header.names {
		if name != "" {
			used[c] = true
		}
	}
	for _, row := range head {
		if row.number < t.header.first {
			continue
		}
		for _, c := range row.cells {
			used[c.column] = used[c.column] || t.header.last == 0 || c.column <= lastNamed(t.header.names)
		}
	}
	var names []string
	for c := range maxColumns {
		if !used[c] {
			continue
		}
		name := ""
		if c < len(t.header.names) {
			name = t.header.names[c]
		}
		if name == "" {
			name = "column " + ColumnName(c)
		}
		names = append(names, name)
		t.letters = append(t.letters, c)
	}
	t.columns, t.renamed = ingest.NameColumns(names)
	t.index()
	if t.header.last > 0 {
		for _, c := range t.letters {
			t.sieve.Header = append(t.sieve.Header, t.header.lowest[c])
		}
	}
}

func lastNamed(names []string) int {
	for i := len(names) - 1; i >= 0; i-- {
		if names[i] != "" {
			return i
		}
	}
	return -1
}

func (t *Table) index() {
	t.place = t.place[:0]
	for at, c := range t.letters {
		for len(t.place) < c {
			t.place = append(t.place, -1)
		}
		t.place = append(t.place, at)
	}
}

// at returns which of the table's columns a column of the sheet is, or -1.
func (t *Table) at(column int) int {
	if column >= len(t.place) {
		return -1
	}
	return t.place[column]
}

// Scan implements [ingest.Table].
func (t *Table) Scan(ctx context.Context, fn func(*ingest.Row) error) error {
	err := t.scan(ctx, func(row *ingest.Row, _ []cell) error { return fn(row) })
	if err != nil && ctx.Err() == nil {
		var e scanError
		if errors.As(err, &e) {
			return e.err
		}
		return fmt.Errorf("%s: %w", t.fullName(), err)
	}
	return err
}

// A scanError is an error of whoever takes the rows.
type scanError struct{ err error }

func (e scanError) Error() string { return e.err.Error() }

func (t *Table) scan(ctx context.Context, fn func(*ingest.Row, []cell) error) error {
	t.RejectList, t.seen = ingest.RejectList{}, found{}
	t.sieve.Reset()
	t.done.Store(0)
	r, err := t.w.read(t.sheet)
	if err != nil {
		return err
	}
	defer r.close()
	t.row.Fields = make([][]byte, len(t.columns))
	blank := 0 // rows not yet known to be in the middle
	for n := 0; ; n++ {
		if n&1023 == 0 {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			t.done.Store(r.x.done)
		}
		err := r.next()
		t.seen.uncalculated, t.seen.unplaced = r.uncalculated, r.unplaced
		if errors.Is(err, io.EOF) {
			t.done.Store(t.total)
			t.seen.hiddenColumns = t.hidden(r.hiddenColumns)
			return nil
		}
		if err != nil {
			return err
		}
		if r.number < t.header.first {
			continue
		}
		if !t.fields(r) {
			blank++
			continue
		}
		for ; blank > 0 && len(t.columns) > 1; blank-- {
			t.sieve.AddBlank()
		}
		if r.hidden {
			t.seen.hiddenRows++
		}
		if !t.sieve.Keep(&t.row) {
			continue
		}
		if err := fn(&t.row, r.cells); err != nil {
			if err == ingest.ErrStop {
				return nil
			}
			return scanError{err}
		}
	}
}

// fields puts a row's values in their places, and says whether there is one.
func (t *Table) fields(r *sheetReader) bool {
	clear(t.row.Fields)
	t.row.Line = int64(r.number)
	any := false
	for i := range r.cells {
		c := &r.cells[i]
		at := t.at(c.column)
		if c.kind == errorCell {
			if t.seen.errors++; t.seen.errors == 1 {
				t.seen.firstError = fmt.Sprintf("%s in %s%d", c.text, ColumnName(c.column), r.number)
			}
			any = true
			continue
		}
		if at < 0 {
			if t.seen.outside++; t.seen.outside == 1 {
				t.seen.firstOutside = fmt.Sprintf("%s%d", ColumnName(c.column), r.number)
			}
			continue
		}
		t.row.Fields[at] = c.text
		any = any || len(c.text) > 0
	}
	return any
}

func (t *Table) hidden(spans []span) int {
	n := 0
	for _, c := range t.letters {
		if slices.ContainsFunc(spans, func(s span) bool { return s.from <= c && c <= s.to }) {
			n++
		}
	}
	return n
}

// Name implements [ingest.Table].
func (t *Table) Name() string { return t.w.base + ":" + t.sheet.name }

// Where implements [ingest.Table].
func (t *Table) Where(line int64) string { return fmt.Sprintf("row %d", line) }

// Columns implements [ingest.Table].
func (t *Table) Columns() []string { return t.columns }

// Sample implements [ingest.Table].
func (t *Table) Sample() []ingest.Sample {
	s := t.sample
	t.sample = nil
	return s
}

// Whole implements [ingest.Table].
func (t *Table) Whole() bool { return t.whole }

// Reject implements [ingest.Table]; the place is that of the cell.
func (t *Table) Reject(line int64, column int, reason string) {
	t.Add(fmt.Sprintf("%s!%s%d", t.Name(), ColumnName(t.letters[column]), line), t.columns[column], reason)
}

// Detected implements [ingest.Table].
func (t *Table) Detected() []ingest.Detection {
	header := t.Where(int64(t.header.last))
	switch {
	case t.header.last == 0:
		header = "none"
	case t.header.upper > 0:
		header = fmt.Sprintf("rows %d and %d", t.header.upper, t.header.last)
	}
	return []ingest.Detection{
		{Option: "sheet", Value: t.sheet.name, Told: t.options.Sheet != ""},
		{Option: "header", Value: header, Told: t.options.Header != ""},
	}
}

// Progress implements [ingest.Table], in bytes of the unpacked sheet.
func (t *Table) Progress() (done, total int64) { return min(t.done.Load(), t.total), t.total }

// Close implements [ingest.Table].
func (t *Table) Close() error {
	if t.closes {
		return t.w.Close()
	}
	return nil
}

// Notes implements [ingest.Table].
func (t *Table) Notes() []eventlog.Note {
	var list []eventlog.Note
	add := func(code, format string, args ...any) {
		list = append(list, eventlog.Note{Code: code, Text: t.Name() + ": " + fmt.Sprintf(format, args...)})
	}
	for _, name := range t.renamed {
		add("duplicate-column", "a column name occurs again; the column is called %q here", name)
	}
	if t.header.titles > 0 {
		add("title-rows", "rows before the header that were skipped: %d", t.header.titles)
	}
	if t.sheet.hidden {
		add("hidden-sheet", "the sheet is hidden; it was read")
	}
	if s := &t.seen; s.hiddenRows > 0 || s.hiddenColumns > 0 {
		add("hidden-cells", "hidden or filtered away in Excel, and read all the same: %d rows, %d columns", s.hiddenRows, s.hiddenColumns)
	}
	if s := &t.seen; s.errors > 0 {
		add("error-cells", "cells that hold an error, taken as missing: %d, the first %s", s.errors, s.firstError)
	}
	if s := &t.seen; s.uncalculated > 0 {
		add("uncalculated", "formulas without a value, taken as missing: %d; open the workbook in Excel and save it, and they have one", s.uncalculated)
	}
	if s := &t.seen; s.outside > 0 {
		add("cells-outside", "cells right of the last column with a name, not read: %d, the first %s", s.outside, s.firstOutside)
	}
	if s := &t.seen; s.unplaced > 0 {
		add("cells-unplaced", "cells whose place in the row was taken, not read: %d", s.unplaced)
	}
	list = append(list, t.sieve.Notes(t.Name(), t.Where)...)
	if t.header.last == 0 && t.options.Header == "" {
		add("no-header", "the first row has numbers or times and was taken for data; the columns are called by their letters")
	}
	return list
}
