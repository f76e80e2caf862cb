package eventlog

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// StageTables reads an extract of a system into typed Parquet files beside the
// store at path, whatever process may hold that. A table or column that is
// missing is an error before anything is read; a value that is not of its
// column's type rejects its row. Merge what is returned with MergeTables, and
// discard it in any case.
func StageTables(ctx context.Context, path string, sys System, rows []TableRows, o ExtractOptions) (*StagedTables, error) {
	notes, err := landCheck(sys, rows)
	if err != nil {
		return nil, err
	}
	how, err := json.Marshal(o.Options)
	if err != nil {
		return nil, fmt.Errorf("source %s: options: %w", sys.Name, err)
	}
	names, err := sys.namer(o.Names)
	if err != nil {
		return nil, fmt.Errorf("source %s: %w", sys.Name, err)
	}
	told, err := withNames(string(how), sys.nameProvenance(o.Names))
	if err != nil {
		return nil, err
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	dir, err := stageDir(filepath.Dir(full))
	if err != nil {
		return nil, err
	}
	s := &StagedTables{dir: dir, system: sys, options: o, json: told, namer: names, started: time.Now().UTC(), notes: notes, mapped: map[string]string{}}
	if err := s.fill(ctx, rows); err != nil {
		return nil, errors.Join(fmt.Errorf("source %s: %w", sys.Name, err), dir.remove())
	}
	return s, nil
}

func (s *StagedTables) fill(ctx context.Context, rows []TableRows) error {
	db, err := stageScratch(s.dir, s.options.Memory)
	if err != nil {
		return err
	}
	defer db.Close()
	return storeSessionOf(ctx, db, func(c *storeConn) error {
		if err := s.types(ctx, c); err != nil {
			return err
		}
		// A time with a zone may come without: then it is the source's.
		if zone := s.system.Timezone; zone != "" {
			if err := c.exec(ctx, "SET TimeZone = "+storeLiteral(zone)); err != nil {
				return err
			}
		}
		for i, t := range s.system.Tables {
			at := slices.IndexFunc(rows, func(r TableRows) bool { return r.Table == t.Name })
			r := TableRows{Table: t.Name, Rows: func(func(int64, []string) error) error { return nil }} // optional, and not there
			if at >= 0 {
				r = rows[at]
			}
			l := &lander{staged: s, c: c, rows: r, raw: filepath.Join(s.dir.path, fmt.Sprintf("raw-%d.parquet", i))}
			l.table = &stagedTable{Table: t, complete: r.Complete, file: filepath.Join(s.dir.path, fmt.Sprintf("table-%d.parquet", i))}
			if err := l.land(ctx, db); err != nil {
				return fmt.Errorf("%s: %w", t.Name, err)
			}
			s.tables = append(s.tables, l.table)
			s.rejected += l.table.rejected
		}
		return nil
	})
}

// types asks DuckDB for its own names of the types that the system and its
// model use, and finds a wrong one before anything is read.
func (s *StagedTables) types(ctx context.Context, c *storeConn) error {
	var all []string
	for _, t := range s.system.Tables {
		for _, column := range t.Columns {
			all = append(all, column.SQL)
		}
	}
	if s.system.Model != nil {
		for _, t := range s.system.Model.Types {
			for _, a := range t.Attributes {
				all = append(all, a.SQL)
			}
		}
	}
	for _, sqlType := range all {
		if s.mapped[sqlType] != "" {
			continue
		}
		var name string
		if err := c.QueryRowContext(ctx, "SELECT typeof(CAST(NULL AS "+sqlType+"))").Scan(&name); err != nil {
			return fmt.Errorf("type %q: %s", sqlType, storeReason(err))
		}
		s.mapped[sqlType] = name
	}
	return nil
}

// A lander stages one table: its text first, then its values.
type lander struct {
	staged *StagedTables
	c      *storeConn
	table  *stagedTable
	rows   TableRows
	raw    string
}

func (l *lander) land(ctx context.Context, db *sql.DB) error {
	columns, at := landColumns(l.table.Table, l.rows.Columns)
	for i := range columns {
		if name := l.staged.mapped[columns[i].SQL]; name != "" {
			columns[i].SQL = name
		}
	}
	l.table.columns = columns
	if err := l.text(ctx, db, at); err != nil {
		return err
	}
	if l.table.in == 0 {
		return l.present(ctx, db)
	}
	if err := l.refuse(ctx); err != nil {
		return err
	}
	if err := l.present(ctx, db); err != nil {
		return err
	}
	return l.typed(ctx)
}

// text writes the rows as they are, columns c0, c1, …, _line.
func (l *lander) text(ctx context.Context, db *sql.DB, at []int) (err error) {
	fields := make([]arrow.Field, 0, len(at)+2)
	for i := range at {
		fields = append(fields, arrow.Field{Name: fmt.Sprintf("c%d", i), Type: arrow.BinaryTypes.String, Nullable: true})
	}
	fields = append(fields, arrow.Field{Name: "_line", Type: arrow.PrimitiveTypes.Int64}, arrow.Field{Name: "_ord", Type: arrow.PrimitiveTypes.Int64})
	schema := arrow.NewSchema(fields, nil)
	stream := newStageStream(ctx, db, schema, "raw_"+l.table.Name, l.raw)
	defer func() { err = errors.Join(err, stream.close()) }()
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	n := 0
	flush := func() error {
		n = 0
		if p := l.staged.options.Progress; p != nil {
			p(l.staged.rowsRead)
		}
		return stream.send(b.NewRecordBatch())
	}
	personal := l.staged.namer.personal(&l.table.Table, l.table.columns)
	one, valid := make([]string, 1), make([]bool, 1)
	err = l.rows.Rows(func(line int64, row []string) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		l.table.in++
		l.staged.rowsRead++
		if len(row) != len(l.rows.Columns) {
			l.reject(line, "", fmt.Sprintf("the row has %d fields, the header %d", len(row), len(l.rows.Columns)))
			return nil
		}
		for i, from := range at {
			one[0], valid[0] = "", false
			if from >= 0 {
				one[0], valid[0] = row[from], row[from] != ""
			}
			if personal[i] && valid[0] {
				one[0] = l.staged.namer.pseudonym(one[0])
			}
			stageText(b.Field(i).(*array.StringBuilder), one, valid)
		}
		b.Field(len(at)).(*array.Int64Builder).Append(line)
		b.Field(len(at) + 1).(*array.Int64Builder).Append(l.table.in)
		if n++; n >= stageChunk/4 {
			return flush()
		}
		return nil
	})
	if err == nil && n > 0 {
		err = flush()
	}
	if err == nil && l.rows.Rejected != nil {
		first, total := l.rows.Rejected()
		l.table.in += total
		l.staged.rowsRead += total
		l.table.rejected += total
		l.staged.rejects = append(l.staged.rejects, first[:min(len(first), maxStoredRejects-len(l.staged.rejects))]...)
	}
	return err
}

func (l *lander) reject(line int64, column, reason string) {
	l.table.rejected++
	if len(l.staged.rejects) < maxStoredRejects {
		place := fmt.Sprintf("%s:%d", l.rows.File, line)
		if l.rows.Place != nil {
			place = l.rows.Place(line)
		}
		l.staged.rejects = append(l.staged.rejects, Reject{Place: place, Column: column, Reason: reason})
	}
}

// bad is the condition that a row's value for a column cannot be taken, "" if
// any can.
func (l *lander) bad(i int) string {
	c := l.table.columns[i]
	key := landColumn(l.table.Key, c.Name) >= 0
	switch {
	case c.SQL == "VARCHAR" && key:
		return fmt.Sprintf("c%d IS NULL", i)
	case c.SQL == "VARCHAR":
		return ""
	case key:
		return fmt.Sprintf("TRY_CAST(c%d AS %s) IS NULL", i, c.SQL)
	}
	return fmt.Sprintf("c%d IS NOT NULL AND TRY_CAST(c%d AS %s) IS NULL", i, i, c.SQL)
}

// refuse lists the rows that have a value not of its column's type.
func (l *lander) refuse(ctx context.Context) error {
	var which, value strings.Builder
	for i := range l.table.columns {
		if bad := l.bad(i); bad != "" {
			fmt.Fprintf(&which, " WHEN %s THEN %d", bad, i)
			fmt.Fprintf(&value, " WHEN %s THEN c%d", bad, i)
		}
	}
	if which.Len() == 0 {
		return nil
	}
	text := storeText("land_rejects", "which", "CASE"+which.String()+" END", "value", "CASE"+value.String()+" END", "raw", storeLiteral(stageGlob(l.raw)))
	return l.c.each(ctx, text, nil, func(scan func(...any) error) error {
		var line int64
		var i int
		var value sql.NullString
		if err := scan(&line, &i, &value); err != nil {
			return err
		}
		c := l.table.columns[i]
		if value.Valid {
			l.reject(line, c.Name, fmt.Sprintf("%q is not a %s", value.String, c.SQL))
		} else {
			l.reject(line, c.Name, "empty, and part of the key")
		}
		return nil
	})
}

// typed writes the rows that can be taken, with their types, one a key: the
// last one. Without a key, equal rows are numbered.
func (l *lander) typed(ctx context.Context) error {
	var values, good strings.Builder
	names := make([]string, 0, len(l.table.columns))
	good.WriteString("true")
	for i, c := range l.table.columns {
		fmt.Fprintf(&values, "CAST(c%d AS %s) AS %s, ", i, c.SQL, Quote(c.Name))
		names = append(names, Quote(c.Name))
		if bad := l.bad(i); bad != "" {
			fmt.Fprintf(&good, " AND NOT (%s)", bad)
		}
	}
	statement, keys := "land_typed_keyless", strings.Join(names, ", ")
	if l.table.keyed() {
		statement, keys = "land_typed", landKeys(l.table.Key, "", ", ")
	}
	n, err := l.c.count(ctx, storeText(statement, "values", values.String(), "good", good.String(), "key", keys,
		"raw", storeLiteral(stageGlob(l.raw)), "file", storeLiteral(l.table.file)))
	if err != nil {
		return err
	}
	if again := l.table.in - l.table.rejected - n; again > 0 {
		l.staged.notes = append(l.staged.notes, Note{Code: "repeated-keys", Text: fmt.Sprintf(
			"%s: rows whose key a later row has too, so that the later one counts: %d.", l.rows.File, again)})
	}
	return nil
}

func landKeys(key []string, prefix, sep string) string {
	out := make([]string, len(key))
	for i, k := range key {
		out[i] = prefix + Quote(k)
	}
	return strings.Join(out, sep)
}
