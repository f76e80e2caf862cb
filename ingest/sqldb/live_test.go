package sqldb

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/duckdb/duckdb-go/v2"

	"millrace/eventlog"
	"millrace/ingest"
	"millrace/ingest/sqldb/servertest"
)

// openAs opens a database as reader, with the tests' password.
func openAs(t testing.TB, c Config) ingest.Source {
	t.Helper()
	if !strings.HasPrefix(c.Database, "sqlite:") {
		c.PasswordFrom = "env:READER"
	}
	c.LookupEnv = func(string) (string, bool) { return servertest.Password, true }
	s, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// A sample is all that was read of a table.
type sample struct {
	rows  [][]string
	after []string // of every page
	sizes []int
}

func read(ctx context.Context, s ingest.Source, q ingest.Query) (sample, error) {
	var x sample
	err := s.Read(ctx, q, func(p ingest.Page) error {
		for _, r := range p.Rows {
			x.rows = append(x.rows, slices.Clone(r))
		}
		x.after, x.sizes = append(x.after, p.After), append(x.sizes, len(p.Rows))
		return nil
	})
	return x, err
}

// names lists the columns of a shape.
func names(sh ingest.TableShape) []string {
	var list []string
	for _, c := range sh.Columns {
		list = append(list, c.Name)
	}
	return list
}

func duck(t testing.TB) *sql.DB {
	t.Helper()
	c, err := duckdb.NewConnector("", nil)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(c)
	t.Cleanup(func() { db.Close() })
	if _, err := db.Exec("SET TimeZone = 'UTC'"); err != nil {
		t.Fatal(err)
	}
	return db
}

// TestTypes reads odd values from real servers. Every text is cast by DuckDB
// to the type that its column is said to have; what that makes of it stands
// behind → where it is not the same.
func TestTypes(t *testing.T) {
	for _, c := range []struct {
		name string
		open func(t *testing.T) (url string, exec func(string) error)
	}{
		{"postgres", func(t *testing.T) (string, func(string) error) { return onServer(t, servertest.PostgreSQL(t)) }},
		{"mariadb", func(t *testing.T) (string, func(string) error) { return onServer(t, servertest.MariaDB(t)) }},
		{"sqlite", func(t *testing.T) (string, func(string) error) {
			url, db := newSQLite(t)
			return url, func(text string) error { _, err := db.Exec(text); return err }
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			url, exec := c.open(t)
			db := duck(t)
			datadriven.RunTest(t, "testdata/types_"+c.name, func(t *testing.T, d *datadriven.TestData) string {
				if d.Cmd == "exec" {
					if err := exec(d.Input); err != nil {
						return "error: " + err.Error() + "\n"
					}
					return ""
				}
				return show(t, d, openAs(t, Config{Database: url}), db)
			})
		})
	}
}

func onServer(t *testing.T, s *servertest.Server) (string, func(string) error) {
	t.Helper()
	s.Exec(t, "odd", "SELECT 1")
	db := s.Admin(t, "odd")
	return s.URL("reader", "odd"), func(text string) error { _, err := db.Exec(text); return err }
}

func newSQLite(t *testing.T) (string, *sql.DB) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "odd.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return "sqlite:" + path, db
}

// show reads a table: "read table=NAME wide page=N key=(a,b) watermark=(w) since=TEXT keys=(1/2,3/4) after=JSON limit=N columns=(…)",
// wide: a value a line, but those that are NULL; "describe table=NAME aliases=(…)", "count table=NAME".
func show(t *testing.T, d *datadriven.TestData, s ingest.Source, db *sql.DB) string {
	var b strings.Builder
	list := func(name string) []string { return argument(d, name) }
	table := eventlog.Table{Name: strings.Join(list("table"), ""), Key: list("key"), Aliases: list("aliases"), ColumnAliases: map[string]string{}}
	shapes, err := s.Describe(t.Context(), []eventlog.Table{table})
	if err != nil {
		return said(err)
	}
	sh := shapes[0]
	if sh.Problem != "" {
		return "problem: " + sh.Problem + "\n"
	}
	switch d.Cmd {
	case "describe":
		fmt.Fprintf(&b, "%s key %v\n", sh.There, sh.Key)
		for _, c := range sh.Columns {
			fmt.Fprintf(&b, "%s %s\n", c.Name, c.SQL)
		}
		return b.String()
	case "count":
		n, err := s.Count(t.Context(), &table)
		return fmt.Sprintln(n, err)
	}
	q := ingest.Query{Table: &table, Columns: list("columns"), Since: strings.Join(list("since"), " "), Watermark: list("watermark"), After: d.Input}
	if len(q.Columns) == 0 {
		q.Columns = names(sh)
	}
	for _, k := range list("keys") {
		q.Keys = append(q.Keys, strings.Split(k, "/"))
	}
	d.MaybeScanArgs(t, "page", &q.PageRows)
	d.MaybeScanArgs(t, "limit", &q.Limit)
	x, err := read(t.Context(), s, q)
	if err != nil {
		return said(err)
	}
	wide := d.HasArg("wide") // a value a line
	for i, row := range x.rows {
		if i > 0 && wide {
			b.WriteString("\n")
		}
		for j, text := range row {
			if wide && text == "" {
				continue
			}
			i := slices.IndexFunc(sh.Columns, func(c ingest.ColumnShape) bool { return c.Name == q.Columns[j] })
			said := fmt.Sprintf("%q", text) + cast(db, text, sh.Columns[i].SQL)
			if wide {
				fmt.Fprintf(&b, "%s %s: %s\n", q.Columns[j], sh.Columns[i].SQL, said)
				continue
			}
			b.WriteString([]string{"", " | "}[min(j, 1)] + said)
		}
		if !wide {
			b.WriteString("\n")
		}
	}
	if !wide {
		for i, after := range x.after {
			fmt.Fprintf(&b, "page of %d, after %s\n", x.sizes[i], after)
		}
	}
	return b.String()
}

func argument(d *datadriven.TestData, name string) []string {
	for _, a := range d.CmdArgs {
		if a.Key == name {
			return a.Vals
		}
	}
	return nil
}

// said is an error as text, and whether it may pass.
func said(err error) string {
	if _, ok := ingest.IsTransient(err); ok {
		return "transient: " + err.Error() + "\n"
	}
	return "error: " + err.Error() + "\n"
}

// cast is what DuckDB makes of a text, if it is another or an error.
func cast(db *sql.DB, text, kind string) string {
	if text == "" || kind == "" {
		return ""
	}
	var got any
	expression := "CAST(CAST(? AS VARCHAR) AS " + kind + ")::VARCHAR"
	if kind == "BLOB" {
		expression = "lower(hex(unhex(CAST(? AS VARCHAR))))"
	}
	if err := db.QueryRow("SELECT "+expression, text).Scan(&got); err != nil {
		return " → error"
	}
	if b, ok := got.([]byte); ok {
		got = string(bytes.Clone(b))
	}
	if fmt.Sprint(got) == text {
		return ""
	}
	return fmt.Sprintf(" → %v", got)
}

type execer interface {
	Exec(query string, args ...any) (sql.Result, error)
}

func execute(t testing.TB, db execer, query string, args ...any) {
	t.Helper()
	if _, err := db.Exec(query, args...); err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
}
