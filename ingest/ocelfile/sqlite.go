package ocelfile

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	"modernc.org/sqlite"

	"millrace/eventlog"
	"millrace/ingest"
)

// SQLite is OCEL 2.0 in its relational form, and PM4Py's three tables of OCEL
// 1.0.
var SQLite = ingest.ObjectFormat{
	Name:       "ocel-sqlite",
	Doc:        "OCEL 2.0 or 1.0 in an SQLite database",
	Extensions: []string{".sqlite", ".sqlite3", ".db"},
	Sniff:      sniffSQLite,
	Open:       openSQLite,
}

const magicSQLite = "SQLite format 3\x00"

// sniffSQLite takes every SQLite database: its head need not name the tables,
// and opening it says which are missing.
func sniffSQLite(head []byte) bool { return bytes.HasPrefix(head, []byte(magicSQLite)) }

// A sqliteLog reads a log in SQLite.
type sqliteLog struct {
	*builder
	file    *file
	db      *sql.DB
	conn    *sql.Conn
	tables  map[string]*table // by name in lower case
	order   []*table
	used    map[*table]bool
	record  record
	ordinal int64
	one     bool // OCEL 1.0

	orphans, strays, again int64 // rows of events that do not fit, see note2
}

// A table is what the schema says of one.
type table struct {
	name    string
	columns []field
	kind    string // table, view, virtual
}

// A field is a column of a table, as it is declared.
type field struct{ name, typ string }

func (t *table) column(name string) int {
	if t == nil {
		return -1
	}
	for i, c := range t.columns {
		if strings.EqualFold(c.name, name) {
			return i
		}
	}
	return -1
}

func openSQLite(ctx context.Context, path string, o ingest.Options) (ingest.ObjectFile, error) {
	x, err := openFile(path, o)
	if err != nil {
		return nil, err
	}
	head := make([]byte, len(magicSQLite))
	_, err = io.ReadFull(x.f, head)
	x.f.Close()
	x.f = nil
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return nil, fmt.Errorf("%s is compressed; a database has to be unpacked first: gunzip -k %s", path, filepath.Base(path))
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return nil, err
	case string(head) != magicSQLite:
		return nil, fmt.Errorf("%s is no SQLite database: it does not begin with %q", path, magicSQLite[:15])
	}
	for _, suffix := range []string{"-wal", "-journal"} {
		if info, err := os.Stat(path + suffix); err == nil && info.Size() > 0 {
			return nil, fmt.Errorf("%s has changes that are not in it yet, in %s; close the program that writes it, or open it once with sqlite3", path, filepath.Base(path)+suffix)
		}
	}
	l := &sqliteLog{builder: x.builder, file: x, tables: map[string]*table{}, used: map[*table]bool{}}
	x.read, x.close = l.readAll, l.closeDB
	if err := l.open(ctx, path); err != nil {
		l.closeDB()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := l.recognize(); err != nil {
		l.closeDB()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return x, nil
}

func (l *sqliteLog) closeDB() error {
	if l.db == nil {
		return nil
	}
	var errs []error
	if l.conn != nil {
		errs = append(errs, l.conn.Close())
	}
	return errors.Join(append(errs, l.db.Close())...)
}

// open connects to the database: it is only read, nothing is locked or written
// beside it, and nothing in its schema is run that it did not come with.
func (l *sqliteLog) open(ctx context.Context, path string) error {
	abs, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(abs), RawQuery: "mode=ro&immutable=1"}
	if l.db, err = sql.Open("sqlite", u.String()); err != nil {
		return err
	}
	l.db.SetMaxOpenConns(1)
	if l.conn, err = l.db.Conn(ctx); err != nil {
		return err
	}
	const limitLength = 0 // SQLITE_LIMIT_LENGTH: of a value and of a row
	if _, err := sqlite.Limit(l.conn, limitLength, maxRecord); err != nil {
		return err
	}
	pragmas := []string{"trusted_schema=OFF", "cell_size_check=ON", "cache_size=-16000", "mmap_size=0"}
	if l.file.size <= maxRecord {
		pragmas = append(pragmas, "temp_store=MEMORY") // no temporary file where none is needed
	}
	for _, p := range pragmas {
		if _, err := l.conn.ExecContext(ctx, "PRAGMA "+p); err != nil {
			return err
		}
	}
	return l.schema(ctx)
}

// schema reads which tables there are.
func (l *sqliteLog) schema(ctx context.Context) error {
	err := l.query(ctx, `SELECT name, type, coalesce(sql, '') FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY rowid`, 3, func(row []any) error {
		t := &table{name: textOf(row[0]), kind: textOf(row[1])}
		if strings.HasPrefix(strings.ToUpper(strings.TrimSpace(textOf(row[2]))), "CREATE VIRTUAL") {
			t.kind = "virtual table"
		}
		l.tables[strings.ToLower(t.name)] = t
		l.order = append(l.order, t)
		return nil
	})
	if err != nil {
		return err
	}
	for _, t := range l.order {
		if t.kind != "table" {
			continue
		}
		if err := l.query(ctx, "SELECT name, type FROM pragma_table_info("+literal(t.name)+")", 2, func(row []any) error {
			t.columns = append(t.columns, field{textOf(row[0]), textOf(row[1])})
			return nil
		}); err != nil {
			return fmt.Errorf("table %q: %w", t.name, err)
		}
	}
	return nil
}

// recognize finds out which form of OCEL the tables are.
func (l *sqliteLog) recognize() error {
	two := []string{"event", "object", "event_object", "event_map_type", "object_map_type"}
	one := []string{"EVENTS", "OBJECTS", "RELATIONS"}
	missing := func(names []string) (list []string) {
		for _, name := range names {
			if l.table(name) == nil {
				list = append(list, name)
			}
		}
		return list
	}
	no2, no1 := missing(two), missing(one)
	switch {
	case l.table("event") != nil && l.table("object") != nil && l.table("event_object") != nil:
		l.meta.Version = version2
		return l.recognize2(no2)
	case len(no1) == 0:
		l.meta.Version, l.one = version1, true
		return l.recognize1()
	}
	for _, name := range append(two, one...) {
		if t := l.tables[strings.ToLower(name)]; t != nil && t.kind != "table" {
			return fmt.Errorf("%q is a %s, and only tables are read; copy it into one", t.name, t.kind)
		}
	}
	has := "it has no tables"
	if len(l.order) > 0 {
		var names []string
		for _, t := range l.order[:min(len(l.order), 8)] {
			names = append(names, strconv.Quote(short(t.name)))
		}
		has = fmt.Sprintf("it has %d tables, such as %s", len(l.order), strings.Join(names, ", "))
	}
	return fmt.Errorf("the database is no OCEL log: of OCEL 2.0 it lacks the tables %s, of OCEL 1.0 %s; %s",
		strings.Join(no2, ", "), strings.Join(no1, ", "), has)
}

// table returns a table by name, in any case of letters; nil if there is none.
func (l *sqliteLog) table(name string) *table {
	t := l.tables[strings.ToLower(name)]
	if t == nil || t.kind != "table" {
		return nil
	}
	return t
}

func (l *sqliteLog) readAll(ctx context.Context) error {
	read := l.read2
	if l.one {
		read = l.read1
	}
	if err := read(ctx); err != nil {
		return fmt.Errorf("%s: %w", l.file.path, err)
	}
	l.file.done.Store(l.file.size)
	var unread []string
	for _, t := range l.order {
		if !l.used[t] {
			unread = append(unread, strconv.Quote(short(t.name)))
		}
	}
	if len(unread) > 0 {
		l.extra = append(l.extra, eventlog.Note{Code: "unread-tables", Text: fmt.Sprintf(
			"%d tables or views are not part of the log and were not read: %s", len(unread), strings.Join(unread[:min(len(unread), 8)], ", "))})
	}
	return nil
}

// finished says that a table has been read, for the progress.
func (l *sqliteLog) finished(t *table) {
	l.used[t] = true
	l.file.done.Store(min(l.file.size, l.file.size*int64(len(l.used))/int64(len(l.order)+1)))
}

// query calls do for each row of n columns. The row is valid until the next.
func (l *sqliteLog) query(ctx context.Context, q string, n int, do func(row []any) error) error {
	rows, err := l.conn.QueryContext(ctx, q)
	if err != nil {
		return err
	}
	defer rows.Close()
	row, to := make([]any, n), make([]any, n)
	for i := range row {
		to[i] = &row[i]
	}
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			return err
		}
		if err := do(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

// scan reads the named columns of a table, in the order of its rows, behind
// their number; a column that is not there is NULL.
func (l *sqliteLog) scan(ctx context.Context, t *table, names []string, do func(row []any) error) error {
	list := make([]string, 0, len(names))
	for _, name := range names {
		if t.column(name) < 0 {
			list = append(list, "NULL")
		} else {
			list = append(list, plain(name))
		}
	}
	if err := l.query(ctx, "SELECT "+strings.Join(list, ", ")+" FROM "+ident(t.name), len(names), do); err != nil {
		return fmt.Errorf("table %q: %w", t.name, err)
	}
	l.finished(t)
	return nil
}

// plain is a column as a value without a declared type: the driver would turn
// texts of some types into times, and forget their zone.
func plain(name string) string { return "+" + ident(name) }

func ident(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// textOf is a value as text, "" for NULL.
func textOf(v any) string { return string(appendCell(nil, v)) }

// appendCell appends a value as text.
func appendCell(dst []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return appendValid(dst, []byte(v))
	case []byte:
		return appendValid(dst, v)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case float64:
		switch {
		case math.IsNaN(v):
			return append(dst, "NaN"...)
		case math.IsInf(v, 0):
			return appendReading(dst, float(v), nil)
		case v == math.Trunc(v) && math.Abs(v) < 1e15:
			return strconv.AppendFloat(dst, v, 'f', 1, 64) // 1.0, as SQLite writes it
		}
		return appendFloat(dst, v)
	case bool:
		return strconv.AppendBool(dst, v)
	}
	return dst
}

func appendValid(dst, b []byte) []byte {
	if utf8.Valid(b) {
		return append(dst, b...)
	}
	return append(dst, valid(b)...)
}

// put copies a value of the database into the record.
func (l *sqliteLog) put(v any) datum {
	f := asText
	switch v := v.(type) {
	case nil:
		return datum{form: asNull}
	case int64, float64:
		f = asNumber
	case bool:
		f = asBoolean
	case string:
		l.badUTF8 += invalid(v)
	case []byte:
		l.badUTF8 += invalid(v)
	}
	r := &l.record
	from := len(r.arena)
	r.arena = appendCell(r.arena, v)
	return datum{f, from, len(r.arena)}
}

func invalid[T string | []byte](v T) int64 {
	if utf8.ValidString(string(v)) {
		return 0
	}
	return 1
}

// declaredType is what OCEL calls the type of a column.
func declaredType(typ string) string {
	upper := strings.ToUpper(typ)
	has := func(marks ...string) bool {
		for _, m := range marks {
			if strings.Contains(upper, m) {
				return true
			}
		}
		return false
	}
	switch {
	case upper == "":
		return ""
	case has("BOOL"):
		return "boolean"
	case has("TIME", "DATE"):
		return "time"
	case has("INT"):
		return "integer"
	case has("REAL", "FLOA", "DOUB", "NUM", "DEC"):
		return "float"
	}
	return "string"
}
