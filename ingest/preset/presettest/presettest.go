// Package presettest tests a preset by rows of its tables that are written by
// hand in a text, and what becomes of them. It does not know any system.
package presettest

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	_ "github.com/duckdb/duckdb-go/v2"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/ingest/folder"
)

// Told are the rows told of each table, their header first.
type Told map[string][][]string

// An Extract makes rows of what was told, such as those of a folder of files,
// or of a real database that was filled with them.
type Extract func(t testing.TB, sys *eventlog.System, told Told) []eventlog.TableRows

// A Book is a store that what is told is loaded into, again and again.
type Book struct {
	system  func() *eventlog.System
	extract Extract
	store   string
	told    Told
	loaded  bool
}

// NewBook starts an empty one. Nothing is told.
func NewBook(t testing.TB, system func() *eventlog.System, extract Extract) *Book {
	return &Book{system: system, extract: extract, store: filepath.Join(t.TempDir(), "millrace.duckdb"), told: Told{}}
}

// Do does what a text says:
//
//	table NAME        rows as CSV with a header, in place of those the table had
//	bare              the extract lacks every table that is optional
//	ask               a SELECT over the mapping's views, the landed tables, the store and the business views
//	coverage          how much of the model is filled
//
// Columns that are not told are not there, unless they are required; tables
// that are not told are empty. What is told is loaded when it is asked for,
// into the same store as before; each load must keep the contract of a
// mapping, and loading it again must change nothing.
func (b *Book) Do(t testing.TB, command, name, input string) string {
	switch command {
	case "table":
		rows, err := csv.NewReader(strings.NewReader(strings.ReplaceAll(input, ", ", ","))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		b.told[name], b.loaded = rows, false
		return ""
	case "bare":
		for _, table := range b.system().Tables {
			if table.Optional {
				b.told[table.Name], b.loaded = [][]string{}, false
			}
		}
		return ""
	case "ask":
		b.load(t)
		db := Ask(t, b.system().Name, b.store)
		defer db.Close() // the next load needs the store
		return strings.Join(Column(t, db, input), "\n") + "\n"
	case "coverage":
		b.load(t)
		s, err := eventlog.Open(t.Context(), b.store, eventlog.OpenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		v, err := s.Coverage(t.Context(), o2c.Model(), b.system().Name)
		if err != nil {
			t.Fatal(err)
		}
		return v.Summary() + "\n"
	}
	return fmt.Sprintf("unknown command %q\n", command)
}

func (b *Book) load(t testing.TB) {
	t.Helper()
	if b.loaded {
		return
	}
	b.loaded = true
	once := Load(t, b.system(), b.store, b.extract, b.told, eventlog.Names{Keep: true})
	for _, n := range once.Notes {
		if n.Code != "missing-table" {
			t.Errorf("note %s: %s", n.Code, n.Text)
		}
	}
	if again := Load(t, b.system(), b.store, b.extract, b.told, eventlog.Names{Keep: true}); again.Load != 0 {
		t.Errorf("what is loaded again changes something: %+v", again)
	}
	Contract(t, b.system(), b.store)
}

// Folder is the Extract by a folder of CSV files.
func Folder(t testing.TB, sys *eventlog.System, told Told) []eventlog.TableRows {
	t.Helper()
	dir := t.TempDir()
	for _, table := range sys.Tables {
		rows := Rows(&table, told)
		if rows == nil {
			continue
		}
		var b bytes.Buffer
		if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, table.Name+".csv"), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tables, err := folder.Open(t.Context(), dir, sys, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tables.Close(); err != nil {
			t.Error(err)
		}
	})
	return tables.Rows
}

// Rows are the rows told of a table, with every column that is required; nil
// if it is lacking.
func Rows(table *eventlog.Table, told Told) [][]string {
	list, ok := told[table.Name]
	if ok && len(list) == 0 {
		return nil
	}
	rows := slices.Clone(list)
	if !ok {
		rows = [][]string{nil}
	}
	for _, name := range table.Required {
		if slices.Contains(rows[0], name) {
			continue
		}
		for i := range rows {
			value := ""
			if i == 0 {
				value = name
			}
			rows[i] = append(slices.Clip(rows[i]), value)
		}
	}
	return rows
}

// Load loads what was told into the store at path, as the program does, and
// says what becomes of names.
func Load(t testing.TB, sys *eventlog.System, path string, extract Extract, told Told, names eventlog.Names) (receipt eventlog.LoadReceipt) {
	t.Helper()
	for name := range told {
		if !slices.ContainsFunc(sys.Tables, func(x eventlog.Table) bool { return x.Name == name }) {
			t.Fatalf("%s has no table %q", sys.Kind, name)
		}
	}
	sys.Origin = "told"
	sys.Derived = o2c.Refresh()
	staged, err := eventlog.StageTables(t.Context(), path, *sys, extract(t, sys, told), eventlog.ExtractOptions{Names: names})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := staged.Discard(); err != nil {
			t.Error(err)
		}
	}()
	s, err := eventlog.Open(t.Context(), path, eventlog.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	if receipt, err = s.MergeTables(context.WithoutCancel(t.Context()), staged); err != nil {
		t.Fatal(err)
	}
	for _, r := range receipt.Rejects {
		t.Errorf("rejected: %s: %s: %s", r.Place, r.Column, r.Reason)
	}
	return receipt
}

// Ask opens the store at path for reading. Names are the mapping's views and
// the landed tables first: a view finds its tables when it is asked.
func Ask(t testing.TB, source, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("duckdb", path+"?access_mode=READ_ONLY")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1) // one connection, one search path
	if _, err := db.Exec(fmt.Sprintf("SET TimeZone = 'UTC'; SET search_path = 'map_%[1]s,landing_%[1]s,main'", source)); err != nil {
		t.Fatal(err)
	}
	return db
}

// Column returns a query's first column.
func Column(t testing.TB, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var s sql.NullString
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		list = append(list, s.String)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// Run runs the text at path, beside other tests.
func Run(t *testing.T, path string, system func() *eventlog.System, extract Extract) {
	t.Parallel()
	book := NewBook(t, system, extract)
	datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string { return book.Do(t, d.Cmd, words(d), d.Input) })
}

// RunNamed checks the tables that the text at path tells, see [Book.Named].
func RunNamed(t *testing.T, path string, system func() *eventlog.System, people People) {
	t.Parallel()
	book := NewBook(t, system, Folder)
	datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
		if d.Cmd == "table" {
			book.Do(t, d.Cmd, words(d), d.Input)
		}
		return d.Expected
	})
	book.Named(t, people)
}

// words are what follows a command: names of tables may have blanks.
func words(d *datadriven.TestData) string {
	var list []string
	for _, a := range d.CmdArgs {
		list = append(list, a.Key)
	}
	return strings.Join(list, " ")
}
