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
	parts   [][]objectPart // of each column
}

// An objectPart is a column there: a key of an object, or "" for a value that
// is none.
type objectPart struct {
	at  int
	key string
}

// wholeColumns is s, with the columns that the table knows as one.
func wholeColumns(t *eventlog.Table, s tableOfText) tableOfText {
	w := &whole{tableOfText: s}
	there := s.Columns()
	for i, name := range there {
		object, key, ok := strings.Cut(name, ".")
		if !ok || knows(t, name) || !knows(t, object) {
			object, key = name, ""
		}
		at := slices.Index(w.columns, object)
		if at < 0 {
			at = len(w.columns)
			w.columns, w.parts = append(w.columns, object), append(w.parts, nil)
		}
		w.parts[at] = append(w.parts[at], objectPart{i, key})
	}
	if slices.Equal(w.columns, there) {
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
	return w.tableOfText.Rows(ctx, func(line int64, fields []string) (err error) {
		for i, parts := range w.parts {
			if row[i], err = wholeValue(parts, fields); err != nil {
				return err
			}
		}
		return fn(line, row)
	})
}

func wholeValue(parts []objectPart, fields []string) (string, error) {
	var object map[string]string
	for _, p := range parts {
		switch {
		case fields[p.at] == "":
		case p.key == "":
			return fields[p.at], nil
		case object == nil:
			object = map[string]string{p.key: fields[p.at]}
		default:
			object[p.key] = fields[p.at]
		}
	}
	if object == nil {
		return "", nil
	}
	text, err := json.Marshal(object) // in the order of the keys
	return string(text), err
}
