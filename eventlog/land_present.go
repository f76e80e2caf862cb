package eventlog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// present stages the keys that the source has. One that is not of its column's
// type leaves open which row it is of, so that none may be deleted.
func (l *lander) present(ctx context.Context, db *sql.DB) error {
	if l.rows.Present == nil || !l.table.keyed() || l.rows.Buckets != nil && len(l.rows.Buckets) == 0 {
		return nil
	}
	file := strings.TrimSuffix(l.table.file, ".parquet") + "-present.parquet"
	if err := stageTexts(ctx, db, file, len(l.table.Key), l.staged.namer.keys(&l.table.Table, l.rows.Present)); err != nil {
		return err
	}
	bad := make([]string, len(l.table.Key))
	for i, name := range l.table.Key {
		bad[i] = fmt.Sprintf("TRY_CAST(c%d AS %s) IS NULL", i, l.table.columns[landColumnOf(l.table.columns, name)].SQL)
	}
	n, err := l.c.int(ctx, storeText("land_unreadable", "file", storeLiteral(stageGlob(file)), "bad", strings.Join(bad, " OR ")))
	if err != nil {
		return err
	}
	if n > 0 {
		l.staged.notes = append(l.staged.notes, Note{Code: "unreadable-keys", Text: fmt.Sprintf(
			"%s: rows that the source has no more were kept, because keys there are not of their columns' types: %d.", l.table.Name, n)})
		return nil
	}
	l.table.present, l.table.buckets = file, l.rows.Buckets
	return nil
}

// presentKeys is a relation of the keys that the source has.
func (t *stagedTable) presentKeys() string {
	values := make([]string, len(t.Key))
	for i, name := range t.Key {
		c := t.columns[landColumnOf(t.columns, name)]
		values[i] = fmt.Sprintf("CAST(c%d AS %s) AS %s", i, c.SQL, Quote(c.Name))
	}
	return "(SELECT " + strings.Join(values, ", ") + " FROM read_parquet(" + storeLiteral(stageGlob(t.present)) + "))"
}

// landColumnOf finds a column by its name, whatever its case; -1: it is not there.
func landColumnOf(columns []TableColumn, name string) int {
	for i, c := range columns {
		if strings.EqualFold(c.Name, name) {
			return i
		}
	}
	return -1
}

// stageTexts writes rows of text to a Parquet file: c0, c1, … and _ord. An
// empty text is NULL.
func stageTexts(ctx context.Context, db *sql.DB, file string, width int, rows func(fn func([]string) error) error) (err error) {
	var fields []arrow.Field
	for i := range width {
		fields = append(fields, arrow.Field{Name: fmt.Sprintf("c%d", i), Type: arrow.BinaryTypes.String, Nullable: true})
	}
	fields = append(fields, arrow.Field{Name: "_ord", Type: arrow.PrimitiveTypes.Int64})
	schema := arrow.NewSchema(fields, nil)
	stream := newStageStream(ctx, db, schema, "texts_"+filepath.Base(file), file)
	defer func() { err = errors.Join(err, stream.close()) }()
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	n, one, valid := int64(0), make([]string, 1), make([]bool, 1)
	err = rows(func(row []string) error {
		if len(row) != width {
			return fmt.Errorf("a row has %d values, not %d", len(row), width)
		}
		for i := range width {
			one[0], valid[0] = row[i], row[i] != ""
			stageText(b.Field(i).(*array.StringBuilder), one, valid)
		}
		b.Field(width).(*array.Int64Builder).Append(n)
		if n++; n%(stageChunk/4) == 0 {
			return errors.Join(ctx.Err(), stream.send(b.NewRecordBatch()))
		}
		return nil
	})
	if err == nil && n%(stageChunk/4) > 0 {
		err = stream.send(b.NewRecordBatch())
	}
	return err
}

// A SeenTable is what a source says of all rows of a table, in short, to be
// compared with what landed of it.
type SeenTable struct {
	Source, Table string
	Key           []string // its columns
	Watermark     []string // columns that differ where a row has changed
	// Seen calls fn for every row of the source, Had for those that have been
	// read already: the values of Key, then of Watermark, as text. An empty
	// text is NULL.
	Seen, Had func(fn func(fields []string) error) error
}

// Unlanded calls fn with the key, as text, of every row that was seen and has
// not landed, or not with that watermark, and has not been read since; of those
// that were removed because of their age, only what has changed since. The
// store at path is open for the comparison only, not while fn is called.
func Unlanded(ctx context.Context, path string, o OpenOptions, t SeenTable, fn func(key []string) error) (err error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	dir, err := stageDir(filepath.Dir(full))
	if err != nil {
		return err
	}
	defer func() { err = storeFault(errors.Join(err, dir.remove()), filepath.Dir(full)) }()
	db, err := stageScratch(dir, o.Memory)
	if err != nil {
		return err
	}
	defer db.Close()
	seen, had, out := filepath.Join(dir.path, "seen.parquet"), filepath.Join(dir.path, "had.parquet"), filepath.Join(dir.path, "unlanded.parquet")
	width := len(t.Key) + len(t.Watermark)
	if err := errors.Join(stageTexts(ctx, db, seen, width, t.Seen), stageTexts(ctx, db, had, width, t.Had)); err != nil {
		return err
	}
	if err := unlanded(ctx, full, o, t, seen, had, out); err != nil {
		return err
	}
	return storeSessionOf(ctx, db, func(c *storeConn) error { return eachText(ctx, c, out, len(t.Key), fn) })
}

// unlanded writes the keys to a file.
func unlanded(ctx context.Context, path string, o OpenOptions, t SeenTable, seen, had, out string) error {
	o.ReadOnly = true
	s, err := Open(ctx, path, o)
	if err != nil {
		return err
	}
	defer s.Close()
	return s.session(ctx, func(c *storeConn) error {
		columns, err := c.landed(ctx, t)
		if err != nil {
			return err
		}
		table := Quote(landingSchema(t.Source)) + "." + Quote(t.Table)
		if columns == nil { // nothing landed yet
			table, columns = "(SELECT 1 AS _load WHERE false)", nil
		}
		var keys, match, same, key, marks []string
		differs := "false"
		for i, name := range append(t.Key[:len(t.Key):len(t.Key)], t.Watermark...) {
			at := landColumnOf(columns, name)
			same = append(same, fmt.Sprintf("h.c%[1]d IS NOT DISTINCT FROM s.c%[1]d", i))
			switch {
			case i < len(t.Key) && at < 0:
				keys, match = append(keys, fmt.Sprintf("s.c%d", i)), append(match, "false")
			case i < len(t.Key):
				keys = append(keys, fmt.Sprintf("s.c%d", i))
				key = append(key, fmt.Sprintf("TRY_CAST(c%d AS %s)", i, columns[at].SQL))
				match = append(match, fmt.Sprintf("l.%s = TRY_CAST(s.c%d AS %s)", Quote(columns[at].Name), i, columns[at].SQL))
			case at < 0:
				differs += fmt.Sprintf(" OR s.c%d IS NOT NULL", i)
			default:
				marks = append(marks, fmt.Sprintf("TRY_CAST(c%d AS TIMESTAMPTZ)", i))
				differs += fmt.Sprintf(" OR l.%s IS DISTINCT FROM TRY_CAST(s.c%d AS %s)", Quote(columns[at].Name), i, columns[at].SQL)
			}
		}
		settled, err := c.int(ctx, storeText("settled_count"), t.Source, t.Table)
		if err != nil {
			return err
		}
		gone := "false"
		if settled > 0 && len(key) == len(t.Key) {
			gone = storeText("settled_seen", "key", strings.Join(key, ", "), "source", storeLiteral(t.Source), "table", storeLiteral(t.Table),
				"watermark", strings.Join(append(marks, "NULL"), ", "))
		}
		return c.exec(ctx, storeText("land_unlanded", "settled", gone, "keys", strings.Join(keys, ", "), "seen", storeLiteral(stageGlob(seen)), "had", storeLiteral(stageGlob(had)),
			"table", table, "match", strings.Join(match, " AND "), "differs", differs, "same", strings.Join(same, " AND "), "file", storeLiteral(out)))
	})
}

// eachText reads a file of texts in ranges: the driver holds a result in memory.
func eachText(ctx context.Context, c *storeConn, file string, width int, fn func([]string) error) error {
	texts, to := make([]sql.NullString, width), make([]any, width)
	for i := range to {
		to[i] = &texts[i]
	}
	text := storeText("land_range", "file", storeLiteral(stageGlob(file)))
	for from := int64(0); ; from += stageChunk {
		n := int64(0)
		err := c.each(ctx, text, []any{from, from + stageChunk}, func(scan func(...any) error) error {
			n++
			if err := scan(to...); err != nil {
				return err
			}
			row := make([]string, width)
			for i, v := range texts {
				row[i] = v.String
			}
			return fn(row)
		})
		if err != nil || n < stageChunk {
			return err
		}
	}
}

// Watermark returns where the last load of a source ended, in the words of
// [ExtractOptions.Watermark]; "" if it was never loaded, or does not say.
func (s *Store) Watermark(ctx context.Context, source string) (watermark string, err error) {
	err = s.session(ctx, func(c *storeConn) error {
		list, err := c.strings(ctx, storeText("load_watermark"), source)
		if len(list) > 0 {
			watermark = list[0]
		}
		return err
	})
	return watermark, err
}
