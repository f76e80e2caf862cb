package jsonlfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync/atomic"

	"millrace/eventlog"
	"millrace/ingest"
)

// sampleRows is how many rows types, times and roles are detected on, if their
// texts are not longer than sampleBytes together. Of a key that comes later the
// first lateValues are looked at.
const (
	sampleRows  = 10_000
	sampleBytes = 32 << 20
	lateValues  = 1000
	maxColumns  = 5000
)

// A Table is an opened file of objects as rows and columns of text.
type Table struct {
	path, base string
	array      bool
	columns    []string
	paths      map[string]int // of columns
	nested     []bool         // an array stands in the column, so all is JSON
	sample     []ingest.Sample
	whole      bool
	renamed    []string

	ingest.RejectList
	sieve ingest.Sieve
	row   ingest.Row
	size  int64
	done  atomic.Int64
	twice int64 // objects with a key twice
}

// OpenTable opens a file and reads it once, for its keys: one may turn up in
// the last object only.
func OpenTable(ctx context.Context, path string, _ ingest.Options) (*Table, error) {
	t := &Table{path: path, base: filepath.Base(path), paths: map[string]int{}, sieve: ingest.Sieve{KeepTotals: true}}
	if err := t.survey(ctx); err != nil {
		return nil, t.at(err)
	}
	return t, nil
}

// at adds the file to an error, and the line if it is known.
func (t *Table) at(err error) error {
	var p placed
	if errors.As(err, &p) {
		return fmt.Errorf("%s:%d: %w", t.path, p.line, p.err)
	}
	return fmt.Errorf("%s: %w", t.path, err)
}

// survey reads all objects for their keys, and the first for their values.
func (t *Table) survey(ctx context.Context) error {
	rows, good, size := 0, 0, 0
	var failed error
	var failedAt int64
	t.whole = true
	var names []string
	err := t.objects(ctx, func(n int64, p *parser, text []byte) error {
		early := rows < sampleRows && size < sampleBytes
		t.whole = t.whole && early
		var full error
		p.emit = func(path []byte, v value) {
			at, known := t.paths[string(path)]
			if !known {
				if at = len(names); at == maxColumns {
					full = placed{n, fmt.Errorf("the objects have more than %d different keys: keys seem to be values here", maxColumns)}
					return
				}
				name := string(path)
				names = append(names, name)
				t.paths[name] = at
				t.nested = append(t.nested, false)
				t.sample = append(t.sample, ingest.Sample{Name: name})
			}
			s := &t.sample[at]
			switch v.kind {
			case null:
				return
			case array:
				t.nested[at] = true
			case number:
				s.Numbers = true
			}
			switch {
			case v.kind == array:
			case early || len(s.Values) < lateValues && size < 2*sampleBytes:
				s.Values = append(s.Values, string(v.text))
				size += len(v.text) + 16
			}
		}
		if err := p.object(text); err != nil {
			if failed == nil {
				failed, failedAt = err, n
			}
			return full
		}
		rows++
		good++
		return full
	})
	if err != nil {
		return err
	}
	if good == 0 && failed != nil {
		what := "JSON lines have one object a line"
		if t.array {
			what = "an array of events has objects as elements"
		}
		return fmt.Errorf("no event can be read: %s %d %w (%s)", map[bool]string{true: "element", false: "line"}[t.array], failedAt, failed, what)
	}
	if good == 0 {
		return errors.New("it has no object")
	}
	t.columns, t.renamed = ingest.NameColumns(names)
	for i := range t.sample {
		t.sample[i].Name, t.sample[i].Nested = t.columns[i], t.nested[i]
		if t.nested[i] {
			t.sample[i].Values = nil
		}
	}
	t.row.Fields = make([][]byte, len(t.columns))
	return nil
}

// objects calls fn with the text of each object, and a parser for it.
func (t *Table) objects(ctx context.Context, fn func(n int64, p *parser, text []byte) error) error {
	t.done.Store(0)
	file, err := ingest.OpenPlain(t.path, &t.done)
	if err != nil {
		return err
	}
	defer file.Close()
	t.size = file.Size
	s, err := newSplitter(file)
	if err != nil {
		return err
	}
	t.array = s.array
	var p parser
	for n := 0; ; n++ {
		if n&1023 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		text, err := s.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := fn(s.n, &p, text); err != nil {
			return err
		}
	}
}

// A taken error is one of whoever takes the rows.
type taken struct{ err error }

func (e taken) Error() string { return e.err.Error() }

// Scan implements [ingest.Table].
func (t *Table) Scan(ctx context.Context, fn func(*ingest.Row) error) error {
	t.RejectList, t.twice = ingest.RejectList{}, 0
	t.sieve.Reset()
	fields := t.row.Fields
	var twice bool
	emit := func(path []byte, v value) {
		at, ok := t.paths[string(path)]
		if !ok {
			return // of an object that is broken further on
		}
		twice = twice || fields[at] != nil
		switch {
		case v.kind == null:
			fields[at] = nil
		case t.nested[at]:
			fields[at] = []byte(ingest.CanonicalJSON(string(v.raw)))
		default:
			fields[at] = v.text
		}
	}
	err := t.objects(ctx, func(n int64, p *parser, text []byte) error {
		clear(fields)
		twice = false
		p.emit = emit
		if err := p.object(text); err != nil {
			t.Add(t.place(n), "", err.Error())
			return nil
		}
		if twice {
			t.twice++
		}
		t.row.Line = n
		if ingest.Blank(fields) {
			t.sieve.AddBlank()
			return nil
		}
		if err := fn(&t.row); err != nil {
			return taken{err}
		}
		return nil
	})
	var e taken
	switch {
	case errors.As(err, &e) && e.err == ingest.ErrStop:
		return nil
	case errors.As(err, &e):
		return e.err
	case err != nil && ctx.Err() == nil:
		return t.at(err)
	}
	return err
}

func (t *Table) place(n int64) string {
	if t.array {
		return fmt.Sprintf("%s[%d]", t.base, n)
	}
	return fmt.Sprintf("%s:%d", t.base, n)
}

// Name implements [ingest.Table].
func (t *Table) Name() string { return t.base }

// Where implements [ingest.Table].
func (t *Table) Where(n int64) string {
	if t.array {
		return fmt.Sprintf("element %d", n)
	}
	return fmt.Sprintf("line %d", n)
}

// Columns implements [ingest.Table], in the order in which the keys turn up.
func (t *Table) Columns() []string { return t.columns }

// Sample implements [ingest.Table].
func (t *Table) Sample() []ingest.Sample {
	s := t.sample
	t.sample = nil
	return s
}

// Whole implements [ingest.Table].
func (t *Table) Whole() bool { return t.whole }

// Reject implements [ingest.Table].
func (t *Table) Reject(line int64, column int, reason string) {
	t.Add(t.place(line), t.columns[column], reason)
}

// Detected implements [ingest.Table].
func (t *Table) Detected() []ingest.Detection { return nil }

// Notes implements [ingest.Table].
func (t *Table) Notes() []eventlog.Note {
	var list []eventlog.Note
	add := func(code, format string, args ...any) {
		list = append(list, eventlog.Note{Code: code, Text: t.base + ": " + fmt.Sprintf(format, args...)})
	}
	for _, name := range t.renamed {
		add("duplicate-column", "a key of this name occurs again; the column is called %q here", name)
	}
	if t.twice > 0 {
		add("duplicate-keys", "objects that say a key twice, of which the last counts: %d", t.twice)
	}
	return append(list, t.sieve.Notes(t.base, t.Where)...)
}

// Progress implements [ingest.Table].
func (t *Table) Progress() (done, total int64) { return min(t.done.Load(), t.size), t.size }

// Close implements [ingest.Table]; the file is open during Scan only.
func (t *Table) Close() error { return nil }
