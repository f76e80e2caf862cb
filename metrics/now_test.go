package metrics_test

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
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
		o := metrics.Options{AsOf: "2024-02-29", Calendars: office(t)}
		values, err := metrics.Evaluate(ctx, q, metrics.Catalogue(), o)
		if err != nil {
			return err
		}
		notes := map[string][]string{}
		for _, v := range values {
			for _, n := range v.Notes {
				if list, _, _ := strings.Cut(n.Text, ": "); n.Code == "as-of-load" {
					notes[v.KPI.Name] = strings.Split(list, ", ")
				}
				if n.Code == "needs" {
					notes[v.KPI.Name] = []string{"needs"}
				}
			}
		}
		for _, c := range columns {
			rename(t, db, c, c[1], "gone_"+c[1])
		}
		said, read := 0, map[string]bool{}
		for _, k := range metrics.Catalogue() {
			got := slices.Sorted(slices.Values(notes[k.Name]))
			if slices.Equal(got, []string{"needs"}) {
				continue
			}
			texts, err := metrics.SQL(ctx, q, k, o)
			if err != nil {
				return fmt.Errorf("%s: %w", k.Name, err)
			}
			want := lacked(t, db, columns, strings.Join(texts, ";\n"))
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

// missing is the column of which DuckDB says that it is not there.
var missing = regexp.MustCompile(`(?:Referenced column|column named) "([a-z_]+)"`)

// lacked are those of the columns, all of them gone, which a statement has to
// have before it can be asked.
func lacked(t *testing.T, db *sql.DB, columns [][2]string, text string) (names []string) {
	t.Helper()
	for {
		_, err := db.Exec("EXPLAIN " + text)
		if err == nil {
			break
		}
		m := missing.FindStringSubmatch(err.Error())
		if m == nil || slices.Contains(names, m[1]) {
			t.Fatalf("%v\n%s", err, text)
		}
		names = append(names, m[1])
		for _, c := range columns {
			if c[1] == m[1] {
				rename(t, db, c, "gone_"+c[1], c[1])
			}
		}
	}
	for _, c := range columns {
		if slices.Contains(names, c[1]) {
			rename(t, db, c, c[1], "gone_"+c[1])
		}
	}
	slices.Sort(names)
	return names
}

func rename(t *testing.T, db *sql.DB, c [2]string, from, to string) {
	t.Helper()
	if _, err := db.Exec(fmt.Sprintf("ALTER TABLE o2c.%q RENAME %q TO %q", c[0], from, to)); err != nil {
		t.Fatal(err)
	}
}
