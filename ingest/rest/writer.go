package rest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"millrace/eventlog"
	"millrace/ingest"
	"millrace/ingest/web"
)

// A writer makes pages of items.
type writer struct {
	config    *TableConfig
	q         ingest.Query
	emit      func(ingest.Page) error
	cursor    func(string)
	resumable bool
	paths     *paths
	key       []int           // positions of the key, where rows are chosen by it
	keys      map[string]bool // nil: all
	instants  []bool          // positions whose times become UTC
	must      []bool          // positions that some row of a page has to have
	seen      []bool
	rows      [][]string
	row       []string
	total     int64
}

func (w *writer) prepare() {
	t := w.q.Table
	names := slices.Clone(w.q.Columns)
	if w.q.Keys != nil {
		w.keys = map[string]bool{}
		for _, key := range w.q.Keys {
			w.keys[strings.Join(key, "\x00")] = true
		}
		for i := range t.Key {
			name := w.there(i)
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
			w.key = append(w.key, slices.Index(names, name))
		}
	}
	if w.cursor != nil {
		// The cursor is a path, not a column; it may be read besides as one.
		config := *w.config
		config.Columns = maps.Clone(config.Columns)
		if config.Columns == nil {
			config.Columns = map[string]string{}
		}
		config.Columns["\x00cursor"] = config.Paging.Item
		w.paths = newPaths(&config, append(slices.Clone(names), "\x00cursor"))
	} else {
		w.paths = newPaths(w.config, names)
	}
	w.instants, w.must, w.seen = make([]bool, len(names)), make([]bool, len(names)), make([]bool, len(names))
	for i, name := range names {
		canonical := name
		if c, ok := t.ColumnAliases[name]; ok {
			canonical = c
		}
		w.must[i] = slices.Contains(t.Key, canonical) || slices.Contains(t.Required, canonical)
		w.instants[i] = slices.Contains(w.q.Watermark, name) || slices.ContainsFunc(t.Columns, func(c eventlog.TableColumn) bool {
			return c.Name == canonical && strings.HasPrefix(c.SQL, "TIMESTAMP")
		})
	}
	w.row = make([]string, len(names))
}

// there is the service's name of a column of the key.
func (w *writer) there(i int) string {
	t := w.q.Table
	names := []string{t.Key[i]}
	for _, other := range slices.Sorted(maps.Keys(t.ColumnAliases)) {
		if t.ColumnAliases[other] == t.Key[i] {
			names = append(names, other)
		}
	}
	for _, name := range names {
		if slices.Contains(w.q.Columns, name) || w.config.Columns[name] != "" {
			return name
		}
	}
	if len(w.config.Key) == len(t.Key) {
		return w.config.Key[i]
	}
	return names[0]
}

// take takes an item.
func (w *writer) take(item json.RawMessage) error {
	clear(w.row)
	ok := w.paths.read(item, func(i int, value json.RawMessage) {
		if i == len(w.row) {
			w.cursor(web.Text(value))
			return
		}
		w.seen[i] = true
		w.row[i] = w.text(i, value)
	})
	if !ok {
		return errNoObject
	}
	if w.keys != nil {
		var key []string
		for _, i := range w.key {
			key = append(key, w.row[i])
		}
		if !w.keys[strings.Join(key, "\x00")] {
			return nil
		}
	}
	if len(w.rows) == w.q.PageRows {
		if err := w.flush(""); err != nil {
			return err
		}
	}
	w.rows = append(w.rows, slices.Clone(w.row[:len(w.q.Columns)]))
	if w.total++; w.q.Limit > 0 && w.total >= w.q.Limit {
		if err := w.flush(""); err != nil {
			return err
		}
		return errLimit
	}
	return nil
}

// text is the value of a column: times as UTC, all else as it is written.
func (w *writer) text(i int, value json.RawMessage) string {
	text := web.Text(value)
	if format := w.config.Times[w.paths.names[i]]; format != "" {
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			if format == "epoch" {
				n *= 1000
			}
			if n < -9e15 || n > 9e15 { // where DuckDB's timestamps end
				return text
			}
			return time.UnixMicro(int64(n * 1000)).UTC().Format("2006-01-02 15:04:05.999999+00")
		}
	}
	if w.instants[i] {
		if t, err := time.Parse(time.RFC3339, text); err == nil {
			return t.UTC().Format("2006-01-02 15:04:05.999999+00")
		}
	}
	return text
}

// check says whether a column that has to be there is not any more.
func (w *writer) check(place string, rows int) error {
	for i, seen := range w.seen {
		if rows > 0 && w.must[i] && !seen {
			return fmt.Errorf("%s: none of %d rows has %q: is it not there any more?", place, rows, w.paths.names[i])
		}
	}
	return nil
}

func (w *writer) flush(after string) error {
	if len(w.rows) == 0 {
		return nil
	}
	if !w.resumable {
		after = ""
	}
	err := w.emit(ingest.Page{Rows: w.rows, After: after})
	clear(w.rows)
	w.rows = w.rows[:0]
	return err
}
