package metrics_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"millrace/eventlog/o2c"
	"millrace/metrics"
)

// A figure as of an earlier day says which columns it reads that are as of the
// last load. Which those are is asked of DuckDB: the statement does not bind
// where the column is missing.
func TestSaidNow(t *testing.T) {
	b, err := metrics.OpenBench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	var columns [][2]string // views with their columns that are said now
	given := map[string]string{"orders": "order_id | created_at\no1 | 2024-01-01\no2 | 2024-06-01"}
	err = b.With(t.Context(), given, func(ctx context.Context, q metrics.Querier) error {
		tables := map[string][]string{}
		read(t, q, "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'o2c' ORDER BY 1, ordinal_position", func(c []string) {
			tables[c[0]] = append(tables[c[0]], fmt.Sprintf("%q %s", c[1], c[2]))
			if o2c.SaidNow(c[0], c[1]) {
				columns = append(columns, [2]string{c[0], c[1]})
			}
		})
		statements := []string{"CREATE SCHEMA o2c"}
		for name, list := range tables {
			statements = append(statements, fmt.Sprintf("CREATE TABLE o2c.%q (%s)", name, strings.Join(list, ", ")))
		}
		for _, text := range statements {
			if _, err := db.Exec(text); err != nil {
				return err
			}
		}
		said, read := 0, map[string]bool{}
		for _, k := range metrics.Catalogue() {
			o := metrics.Options{AsOf: "2024-02-29"}
			if k.Clock == metrics.Business {
				o.Calendars = office(t)
			}
			texts, err := metrics.SQL(ctx, q, k, o)
			if err != nil {
				return fmt.Errorf("%s: %w", k.Name, err)
			}
			values, err := metrics.Evaluate(ctx, q, []*metrics.KPI{k}, o)
			if err != nil {
				return fmt.Errorf("%s: %w", k.Name, err)
			}
			want := lacked(t, db, columns, strings.Join(texts, ";\n"))
			var got []string
			for _, n := range values[0].Notes {
				if n.Code == "as-of-load" {
					list, _, _ := strings.Cut(n.Text, ": ")
					got = append(got, strings.Split(list, ", ")...)
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s says that %q are as of the last load, and reads %q", k.Name, got, want)
			}
			said += len(got)
			for _, c := range want {
				read[c] = true
			}
		}
		if said < 20 || len(read) < 8 {
			t.Errorf("%d columns are said, %d different ones", said, len(read))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// lacked are those of the columns without which a statement cannot be asked.
func lacked(t *testing.T, db *sql.DB, columns [][2]string, text string) (names []string) {
	t.Helper()
	binds := func() bool {
		_, err := db.Exec("EXPLAIN " + text)
		if err != nil && !strings.Contains(err.Error(), "Binder Error") {
			t.Fatalf("%v\n%s", err, text)
		}
		return err == nil
	}
	rename := func(c [2]string, from, to string) {
		if _, err := db.Exec(fmt.Sprintf("ALTER TABLE o2c.%q RENAME %q TO %q", c[0], from, to)); err != nil {
			t.Fatal(err)
		}
	}
	if !binds() {
		t.Fatalf("cannot be asked at all:\n%s", text)
	}
	var asked [][2]string // of the views that it is about
	for _, c := range columns {
		if strings.Contains(text, "o2c."+c[0]) || strings.Contains(text, fmt.Sprintf("o2c.%q", c[0])) {
			asked = append(asked, c)
		}
	}
	for _, c := range asked {
		rename(c, c[1], "gone_"+c[1])
	}
	none := binds()
	for _, c := range asked {
		rename(c, "gone_"+c[1], c[1])
	}
	if none {
		return nil
	}
	for _, c := range asked {
		rename(c, c[1], "gone_"+c[1])
		if !binds() && !slices.Contains(names, c[1]) {
			names = append(names, c[1])
		}
		rename(c, "gone_"+c[1], c[1])
	}
	slices.Sort(names)
	return names
}
