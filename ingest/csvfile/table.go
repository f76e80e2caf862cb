package csvfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

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
	header     bool       // the first row names the columns
	skipLine   bool       // "sep=;" stands before it
	names      []string   // as the header has them
	columns    []string   // the same, each once
	sample     [][]string // by column; nil after Open
	whole      bool       // the sample is all there is

	size      int64
	done      atomic.Int64
	rejects   []eventlog.Reject
	rejected  int64
	headers   int64 // repeated in the middle
	blank     int64 // rows
	lost      int64 // rows with a character that could not be decoded
	duplicate []string
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
	info, err := src.file.Stat()
	if err != nil {
		return err
	}
	t.size = info.Size()
	t.enc = src.enc
	t.bom = src.enc.bom != "" && bytes.HasPrefix(src.head, []byte(src.enc.bom))
	text, err := src.enc.decodeHead(src.head)
	if err != nil {
		return err
	}
	o := t.options
	if d, ok := separatorLine(text); ok {
		t.skipLine = true
		_, text, _ = bytes.Cut(text, []byte("\n"))
		if o.Delimiter == "" {
			o.Delimiter = d
		}
	}
	if t.dialect, err = detectDialect(text, len(src.head) < headSize, o); err != nil {
		return err
	}
	switch t.options.Decimal {
	case "", ".", ",":
	default:
		return fmt.Errorf("--decimal %q: want . or ,", t.options.Decimal)
	}
	return t.readSample(ctx, src)
}

// readSample reads the header and the first rows.
func (t *Table) readSample(ctx context.Context, src *source) error {
	s := newScanner(src, t.dialect, t.enc.codec == nil)
	first, err := t.firstRow(s)
	if err != nil {
		return err
	}
	var rows [][]string
	size := 0
	for len(rows) < sampleRows && size < sampleBytes {
		rec, err := s.next()
		if errors.Is(err, io.EOF) {
			t.whole = true
			break
		}
		if err != nil {
			return err
		}
		if rec.bad == "" && len(rec.fields) == len(first) {
			rows = append(rows, texts(rec.fields))
			for _, f := range rec.fields {
				size += len(f)
			}
		}
		if len(rows)&1023 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	t.header = t.hasHeader(first)
	if !t.header {
		rows = slices.Insert(rows, 0, first)
		first = make([]string, len(first))
	}
	t.names = first
	t.nameColumns(first)
	t.sample = make([][]string, len(t.columns))
	for i := range t.sample {
		values := make([]string, len(rows))
		for j, row := range rows {
			values[j] = row[i]
		}
		t.sample[i] = values
	}
	return nil
}

// firstRow reads over "sep=;" to the header.
func (t *Table) firstRow(s *scanner) ([]string, error) {
	rec, err := s.next()
	if err == nil && t.skipLine {
		rec, err = s.next()
	}
	switch {
	case errors.Is(err, io.EOF):
		return nil, errors.New("the file has no rows, not even a header")
	case err != nil:
		return nil, err
	case rec.bad != "":
		return nil, lineError{rec.line, "the header has " + rec.bad}
	}
	return texts(rec.fields), nil
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
func (t *Table) hasHeader(first []string) bool {
	o := &t.options
	for _, name := range first {
		name = strings.TrimSpace(name)
		switch name {
		case "":
			continue
		case o.Case, o.Activity, o.Time, o.Start, o.Resource, o.Sequence, o.Lifecycle:
			return true
		}
	}
	for _, name := range first {
		name = strings.TrimSpace(name)
		if _, err := strconv.ParseFloat(strings.Replace(name, ",", ".", 1), 64); err == nil && name[0] <= '9' {
			return false
		}
		if f, _ := ingest.DetectTime("", []string{name}, time.UTC); f != nil && strings.ContainsAny(name, "0123456789") {
			return false
		}
	}
	return true
}

func (t *Table) nameColumns(names []string) {
	taken := map[string]bool{}
	for i, name := range names {
		name = strings.TrimSpace(name)
		if name == "" {
			name = fmt.Sprintf("column %d", i+1)
		}
		unique := name
		for n := 2; taken[unique]; n++ {
			unique = fmt.Sprintf("%s (%d)", name, n)
		}
		if unique != name {
			t.duplicate = append(t.duplicate, unique)
		}
		taken[unique] = true
		t.columns = append(t.columns, unique)
	}
}

// Columns returns the names of the columns.
func (t *Table) Columns() []string { return t.columns }

// Rows calls fn with one row after the other and the line it starts on. The
// slice is valid until fn returns, the strings for good. A row that cannot be
// taken apart is rejected; a file that is not whole is an error. It returns the
// first error of fn as it is.
func (t *Table) Rows(ctx context.Context, fn func(line int64, fields []string) error) error {
	row := make([]string, len(t.columns))
	interned := make([]ingest.Texts, len(t.columns))
	return t.scan(ctx, func(rec *record) error {
		for i, f := range rec.fields {
			row[i] = interned[i].Text(f)
		}
		return fn(rec.line, row)
	})
}

// errStop ends a scan early.
var errStop = errors.New("stop")

// scan reads all rows from the start.
func (t *Table) scan(ctx context.Context, fn func(*record) error) error {
	t.done.Store(0)
	t.rejects, t.rejected, t.headers, t.blank, t.lost = nil, 0, 0, 0, 0
	src, err := openSource(t.path, t.enc.name, &t.done)
	if err != nil {
		return t.at(0, err)
	}
	defer src.Close()
	s := newScanner(src, t.dialect, t.enc.codec == nil)
	if t.header {
		if _, err := t.firstRow(s); err != nil {
			return t.at(0, err)
		}
	} else if t.skipLine {
		if _, err := s.next(); err != nil {
			return t.at(0, err)
		}
	}
	for n := 0; ; n++ {
		if n&4095 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		rec, err := s.next()
		t.lost = s.lost
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return t.at(s.line, err)
		}
		if !t.keep(rec) {
			continue
		}
		if err := fn(rec); err != nil {
			if err == errStop {
				return nil
			}
			return err
		}
	}
}

// keep says whether a record is a row, and rejects it if it is a broken one.
func (t *Table) keep(rec *record) bool {
	switch {
	case rec.bad != "":
		t.reject(rec.line, "", rec.bad)
		return false
	case len(rec.fields) != len(t.columns):
		if blank(rec.fields) {
			t.blank++
			return false
		}
		what := "header"
		if !t.header {
			what = "first row"
		}
		fields := "fields"
		if len(rec.fields) == 1 {
			fields = "field"
		}
		t.reject(rec.line, "", fmt.Sprintf("has %d %s, the %s has %d", len(rec.fields), fields, what, len(t.columns)))
		return false
	case len(rec.fields) > 1 && blank(rec.fields):
		t.blank++
		return false
	case t.header && t.isHeader(rec.fields):
		t.headers++
		return false
	}
	return true
}

func blank(fields [][]byte) bool {
	for _, f := range fields {
		if len(f) > 0 && len(bytes.TrimSpace(f)) > 0 {
			return false
		}
	}
	return true
}

func (t *Table) isHeader(fields [][]byte) bool {
	if len(fields) < 2 {
		return false
	}
	for i, f := range fields {
		if string(f) != t.names[i] {
			return false
		}
	}
	return true
}

func (t *Table) reject(line int64, column, reason string) {
	t.rejected++
	if len(t.rejects) < ingest.MaxRejects {
		t.rejects = append(t.rejects, eventlog.Reject{Place: t.place(line), Column: column, Reason: reason})
	}
}

func (t *Table) place(line int64) string { return fmt.Sprintf("%s:%d", t.base, line) }

// Rejects returns the first rows that were not taken, and how many there were.
// It is complete after Rows.
func (t *Table) Rejects() (first []eventlog.Reject, total int64) { return t.rejects, t.rejected }

// Detected says how the file was understood.
func (t *Table) Detected() []ingest.Detection {
	list := t.dialect.detections(t.options)
	encoding := t.enc.name
	if t.bom {
		encoding += " with BOM"
	}
	list = append(list, ingest.Detection{Option: "encoding", Value: encoding, Told: t.options.Encoding != ""})
	header := "first row"
	if !t.header {
		header = "none"
	}
	return append(list, ingest.Detection{Option: "header", Value: header})
}

// Notes tells what happened to the rows. It is complete after Rows.
func (t *Table) Notes() []eventlog.Note {
	var list []eventlog.Note
	add := func(code, format string, args ...any) {
		list = append(list, eventlog.Note{Code: code, Text: t.base + ": " + fmt.Sprintf(format, args...)})
	}
	for _, name := range t.duplicate {
		add("duplicate-column", "a column name occurs again; the column is called %q here", name)
	}
	if t.headers > 0 {
		add("repeated-header", "%s in the middle of the file skipped", plural(t.headers, "header row", "header rows"))
	}
	if t.blank > 0 {
		add("blank-rows", "%s skipped", plural(t.blank, "blank row", "blank rows"))
	}
	if t.lost > 0 {
		add("lost-characters", "%s a character that is not %s, or was lost before (shown as U+FFFD): say --encoding if it is another",
			plural(t.lost, "row has", "rows have"), t.enc.name)
	}
	if !t.header {
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
