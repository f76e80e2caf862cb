package csvfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync/atomic"

	"millrace/eventlog"
	"millrace/ingest"
)

// sampleRows is how many rows types, times and roles are detected on, if they
// are not longer than sampleBytes together.
const (
	sampleRows  = 10_000
	sampleBytes = 32 << 20
)

// A Table is an opened file of rows and columns, all of them text.
type Table struct {
	path, base string
	options    ingest.Options
	dialect    dialect
	enc        charset
	bom        bool
	header     bool  // a row names the columns
	skip       int64 // lines before it: titles, "sep=;"
	headerLine int64
	sep        bool     // one of them is "sep=;"
	columns    []string // names, each once
	sample     []ingest.Sample
	whole      bool // the sample is all there is

	ingest.RejectList
	size      int64
	done      atomic.Int64
	sieve     ingest.Sieve
	pageLines int64 // of a list, that are no rows
	lost      int64 // rows with a character that could not be decoded
	renamed   []string
}

// OpenTable opens a file and detects how it is written.
func OpenTable(ctx context.Context, path string, o ingest.Options) (*Table, error) {
	t, err := openTable(ctx, path, o)
	if err != nil {
		return nil, err
	}
	t.sample = nil
	return t, nil
}

func openTable(ctx context.Context, path string, o ingest.Options) (*Table, error) {
	t := &Table{path: path, base: filepath.Base(path), options: o}
	var err error
	if t.sieve, err = ingest.NewSieve(nil, o); err != nil {
		return nil, t.at(0, err)
	}
	if err := t.detect(ctx); err != nil {
		return nil, t.at(0, err)
	}
	return t, nil
}

// at adds the file to an error, and the line if it is known.
func (t *Table) at(line int64, err error) error {
	var e lineError
	switch {
	case errors.As(err, &e):
		return fmt.Errorf("%s:%d: %s", t.path, e.line, e.text)
	case line > 0:
		return fmt.Errorf("%s:%d: %w", t.path, line, err)
	}
	return fmt.Errorf("%s: %w", t.path, err)
}

func (t *Table) detect(ctx context.Context) error {
	src, err := openSource(t.path, t.options.Encoding, &t.done)
	if err != nil {
		return err
	}
	defer src.Close()
	t.size = src.file.Size
	t.enc = src.enc
	t.bom = src.enc.bom != "" && bytes.HasPrefix(src.head, []byte(src.enc.bom))
	text, err := src.enc.decodeHead(src.head)
	if err != nil {
		return err
	}
	if err := t.detectRows(text, len(src.head) < headSize); err != nil {
		return err
	}
	return t.readSample(ctx, src)
}

// detectRows finds out where the rows begin, and how they are written.
func (t *Table) detectRows(text []byte, whole bool) (err error) {
	o := t.options
	header, err := ingest.ParseHeader(o.Header)
	if err != nil {
		return err
	}
	if d, ok := separatorLine(text); ok {
		t.sep, t.skip = true, 1
		_, text, _ = bytes.Cut(text, []byte("\n"))
		if o.Delimiter == "" {
			o.Delimiter = d
		}
	}
	for t.skip < int64(header)-1 && len(text) > 0 {
		_, text, _ = bytes.Cut(text, []byte("\n"))
		t.skip++
	}
	if o.Delimiter == "" && isList(text) {
		t.dialect = dialect{delimiter: '|', eol: '\n', list: true}
		return nil
	}
	best, err := detectDialect(text, whole, o)
	if err != nil {
		return err
	}
	if header == 0 && !t.sep {
		if titles, d, ok := t.detectTitles(text, whole, best.share); ok {
			t.skip, t.dialect = titles, d
			return nil
		}
		t.skip = best.titles(text, o)
	}
	t.dialect = best.dialect
	return nil
}

// titles returns how many lines of titles stand before the header where they
// have as many delimiters as the rows, as Excel writes them: the header is the
// first row that is filled for the most part.
func (d dialect) titles(text []byte, o ingest.Options) int64 {
	n := 0
	for rec, err := range d.records(text) {
		if err != nil || rec.bad != "" || len(rec.fields) < 3 || n == maxTitles {
			return 0
		}
		n++
		filled := 0
		for _, f := range rec.fields {
			if len(bytes.TrimSpace(f)) > 0 {
				filled++
			}
		}
		if filled*10 < len(rec.fields)*6 {
			continue
		}
		if n > 1 && ingest.LooksLikeNames(texts(rec.fields), o) {
			return rec.line - 1
		}
		return 0
	}
	return 0
}

// maxTitles is how many lines are looked at for where the rows begin.
const maxTitles = 30

// detectTitles looks for lines of titles before the header, where the first
// line does not have as many fields as most rows: share says how many rows do.
func (t *Table) detectTitles(text []byte, whole bool, share float64) (titles int64, d dialect, ok bool) {
	if share > 0.5 {
		return 0, d, false
	}
	for n := int64(1); n <= maxTitles && len(text) > 0; n++ {
		_, text, _ = bytes.Cut(text, []byte("\n"))
		best, err := detectDialect(text, whole, t.options)
		if err == nil && best.columns > 1 && best.rows > 2 && best.share >= 0.9 {
			return n, best.dialect, true
		}
	}
	return 0, d, false
}

// readSample reads the header and the first rows.
func (t *Table) readSample(ctx context.Context, src *source) error {
	s := newScanner(src, t.dialect, t.enc.codec == nil)
	first, err := t.firstRow(s)
	if err != nil {
		return err
	}
	if t.header, err = t.hasHeader(first); err != nil {
		return err
	}
	names := first
	if t.header {
		t.sieve.Header = first
	} else {
		names = make([]string, len(first))
	}
	var renamed []string
	t.columns, renamed = ingest.NameColumns(names)
	t.renamed = renamed
	var rows [][]string
	if !t.header {
		rows = append(rows, first)
	}
	size := 0
	var row ingest.Row
	for len(rows) < sampleRows && size < sampleBytes {
		rec, err := s.next()
		if errors.Is(err, io.EOF) {
			t.whole = true
			break
		}
		if err != nil {
			return err
		}
		if row := t.rowOf(rec, &row); row != nil && t.sieve.Keep(row) {
			rows = append(rows, texts(row.Fields))
			for _, f := range row.Fields {
				size += len(f)
			}
		}
		if len(rows)&1023 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	t.sample = make([]ingest.Sample, len(t.columns))
	for i := range t.sample {
		values := make([]string, len(rows))
		for j, row := range rows {
			values[j] = row[i]
		}
		t.sample[i] = ingest.Sample{Name: t.columns[i], Values: values}
	}
	return nil
}

// firstRow reads over titles to the header.
func (t *Table) firstRow(s *scanner) ([]string, error) {
	for range t.skip {
		if err := s.skipLine(); err != nil {
			return nil, err
		}
	}
	for {
		rec, err := s.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil, errors.New("the file has no rows, not even a header")
		case err != nil:
			return nil, err
		case rec.bad != "":
			return nil, lineError{rec.line, "the header has " + rec.bad}
		case t.dialect.list && !listRow(rec):
			continue // titles
		}
		t.headerLine = rec.line
		return texts(rec.fields), nil
	}
}

func texts(fields [][]byte) []string {
	list := make([]string, len(fields))
	for i, f := range fields {
		list[i] = string(f)
	}
	return list
}

// hasHeader takes the first row for names unless it has a number or a time,
// which people do not call columns, or an option names one of them.
func (t *Table) hasHeader(first []string) (bool, error) {
	if n, err := ingest.ParseHeader(t.options.Header); n != 0 || err != nil {
		return n > 0, err
	}
	return ingest.LooksLikeNames(first, t.options), nil
}

// Columns returns the names of the columns.
func (t *Table) Columns() []string { return t.columns }

// Name implements [ingest.Table].
func (t *Table) Name() string { return t.base }

// Where implements [ingest.Table].
func (t *Table) Where(line int64) string { return fmt.Sprintf("line %d", line) }

// Sample implements [ingest.Table].
func (t *Table) Sample() []ingest.Sample {
	s := t.sample
	t.sample = nil
	return s
}

// Whole implements [ingest.Table].
func (t *Table) Whole() bool { return t.whole }

// Close implements [ingest.Table]; the file is open during Scan only.
func (t *Table) Close() error { return nil }

// Rows calls fn with one row after the other and the line it starts on. The
// slice is valid until fn returns, the strings for good. A row that cannot be
// taken apart is rejected; a file that is not whole is an error. It returns the
// first error of fn as it is.
func (t *Table) Rows(ctx context.Context, fn func(line int64, fields []string) error) error {
	return ingest.TextRows(ctx, t, fn)
}

// rowOf makes a row of a record; it returns nil if that is none.
func (t *Table) rowOf(rec *record, row *ingest.Row) *ingest.Row {
	if rec.bad != "" || t.dialect.list && !listRow(rec) || len(rec.fields) != len(t.columns) {
		return nil
	}
	row.Line, row.Fields = rec.line, rec.fields
	return row
}

// Reject implements [ingest.Table].
func (t *Table) Reject(line int64, column int, reason string) {
	t.rejectTo(&t.RejectList, line, column, reason)
}

func (t *Table) rejectTo(list *ingest.RejectList, line int64, column int, reason string) {
	list.Add(t.place(line), t.columns[column], reason)
}

func (t *Table) place(line int64) string { return fmt.Sprintf("%s:%d", t.base, line) }

// titleLines returns how many lines before the header are titles.
func (t *Table) titleLines() int64 {
	if t.sep {
		return max(t.headerLine-2, 0)
	}
	return max(t.headerLine-1, 0)
}

// Detected says how the file was understood.
func (t *Table) Detected() []ingest.Detection {
	list := t.dialect.detections(t.options)
	encoding := t.enc.name
	if t.bom {
		encoding += " with BOM"
	}
	list = append(list, ingest.Detection{Option: "encoding", Value: encoding, Told: t.options.Encoding != ""})
	header := "first row"
	switch {
	case !t.header:
		header = "none"
	case t.titleLines() > 0:
		header = t.Where(t.headerLine)
	}
	return append(list, ingest.Detection{Option: "header", Value: header, Told: t.options.Header != ""})
}

// Notes tells what happened to the rows. It is complete after Rows.
func (t *Table) Notes() []eventlog.Note {
	var list []eventlog.Note
	add := func(code, format string, args ...any) {
		list = append(list, eventlog.Note{Code: code, Text: t.base + ": " + fmt.Sprintf(format, args...)})
	}
	for _, name := range t.renamed {
		add("duplicate-column", "a column name occurs again; the column is called %q here", name)
	}
	if n := t.titleLines(); n > 0 {
		add("title-rows", "%s before the header skipped", plural(n, "line", "lines"))
	}
	if t.pageLines > 0 {
		add("page-lines", "%s of the list skipped that are no rows: rules, titles and page headers", plural(t.pageLines, "line", "lines"))
	}
	list = append(list, t.sieve.Notes(t.base, t.Where)...)
	if t.lost > 0 {
		add("lost-characters", "%s a character that is not %s, or was lost before (shown as U+FFFD): say --encoding if it is another",
			plural(t.lost, "row has", "rows have"), t.enc.name)
	}
	if !t.header && t.options.Header == "" {
		add("no-header", "the first row has numbers or times and was taken for data; the columns are called by their numbers")
	}
	return list
}

// Progress returns how many bytes of the file have been read.
func (t *Table) Progress() (done, total int64) { return min(t.done.Load(), t.size), t.size }

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
