package folder

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"millrace/eventlog"
)

// whole gives back a column of objects, {"creationTime": {"hours": 12}}, which
// a file of JSON lines has taken apart into columns (creationTime.hours): as
// JSON, where that is what the system's table has. The parts' values are texts.
type whole struct {
	tableOfText
	columns []string
	from    [][]int // of each column: where its parts are
	keys    [][]string
}

// wholeColumns is s, with the columns that the table knows as one.
func wholeColumns(t *eventlog.Table, s tableOfText) tableOfText {
	w := &whole{tableOfText: s}
	there := s.Columns()
	nested := false
	for i, name := range there {
		object, key, ok := strings.Cut(name, ".")
		if ok && !knows(t, name) && knows(t, object) && !slices.Contains(there, object) {
			nested = true
			if at := slices.Index(w.columns, object); at >= 0 {
				w.from[at] = append(w.from[at], i)
				w.keys[at] = append(w.keys[at], key)
				continue
			}
			w.columns, w.from, w.keys = append(w.columns, object), append(w.from, []int{i}), append(w.keys, []string{key})
			continue
		}
		w.columns, w.from, w.keys = append(w.columns, name), append(w.from, []int{i}), append(w.keys, nil)
	}
	if !nested {
		return s
	}
	return w
}

// knows says whether a column is one of the table's, by name or alias.
func knows(t *eventlog.Table, name string) bool {
	own := t.Names([]string{name})[0]
	return slices.ContainsFunc(t.Columns, func(c eventlog.TableColumn) bool { return c.Name == own })
}

func (w *whole) Columns() []string { return w.columns }

func (w *whole) Rows(ctx context.Context, fn func(line int64, fields []string) error) error {
	row := make([]string, len(w.columns))
	return w.tableOfText.Rows(ctx, func(line int64, fields []string) error {
		for i, from := range w.from {
			if w.keys[i] == nil {
				row[i] = fields[from[0]]
				continue
			}
			object := map[string]string{}
			for j, at := range from {
				if fields[at] != "" {
					object[w.keys[i][j]] = fields[at]
				}
			}
			row[i] = ""
			if len(object) > 0 {
				text, err := json.Marshal(object) // in the order of the keys
				if err != nil {
					return err
				}
				row[i] = string(text)
			}
		}
		return fn(line, row)
	})
}
