package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"millrace/eventlog"
	"millrace/metrics"
	simulator "millrace/sample-data/distributor"
)

// benchStore opens the store of a company of so many orders. It is kept, as the
// simulated company is, where -company names a folder: making that of a million
// orders takes longer than asking it.
func benchStore(b *testing.B, orders int64) *eventlog.Store {
	b.Helper()
	at := func(n int64) string { return filepath.Join(*kept, fmt.Sprintf("bench-%d.duckdb", n)) }
	some := min(orders, 25_000)
	if _, err := os.Stat(at(some)); err != nil {
		extract := b.TempDir()
		if _, err := simulator.Generate(b.Context(), extract, simulator.Options{Seed: 1, Orders: some}); err != nil {
			b.Fatal(err)
		}
		loadAll(b, extract, at(some)+".part")
		if err := os.Rename(at(some)+".part", at(some)); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := os.Stat(at(orders)); err != nil {
		if err := multiplied(b.Context(), at(some), at(orders), (orders+some-1)/some); err != nil {
			b.Fatal(err)
		}
	}
	s, err := eventlog.Open(b.Context(), at(orders), eventlog.OpenOptions{ReadOnly: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return s
}

// multiplied makes a store at path that has the rows of another so many times.
func multiplied(ctx context.Context, from, path string, times int64) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".part", text, 0o600); err != nil {
		return err
	}
	s, err := eventlog.Open(ctx, path+".part", eventlog.OpenOptions{})
	if err != nil {
		return err
	}
	if err := errors.Join(multiply(ctx, s, times), s.Close()); err != nil {
		return err
	}
	return os.Rename(path+".part", path)
}

// BenchmarkKPI times every figure as of the end of the data, then the whole
// catalogue and one value a month, over MILLRACE_ORDERS orders (default
// 25,000). Up to 25,000 are simulated and loaded; more are those again under
// other ids, in the business views, which are all that figures read (but for
// events, which auto.event_rate reads: those are not multiplied).
func BenchmarkKPI(b *testing.B) {
	orders := int64(25_000)
	if text := os.Getenv("MILLRACE_ORDERS"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 1 {
			b.Fatalf("MILLRACE_ORDERS: %q is no number of orders", text)
		}
		orders = n
	}
	s := benchStore(b, orders)
	ask := func(b *testing.B, kpis []*metrics.KPI, o metrics.Options) {
		for b.Loop() {
			if _, err := metrics.Evaluate(b.Context(), s.Query, kpis, o); err != nil {
				b.Fatal(err)
			}
		}
	}
	for _, k := range metrics.Catalogue() {
		b.Run(k.Name, func(b *testing.B) { ask(b, []*metrics.KPI{k}, metrics.Options{}) })
	}
	all := metrics.Options{Parallel: runtime.GOMAXPROCS(0)}
	b.Run("all", func(b *testing.B) { ask(b, metrics.Catalogue(), all) })
	all.Grain = metrics.ByMonth
	b.Run("all/month", func(b *testing.B) { ask(b, metrics.Catalogue(), all) })
	b.Run("sla", func(b *testing.B) {
		for b.Loop() {
			if _, err := metrics.Standings(b.Context(), s.Query, metrics.Rules(), nil, 10, metrics.Options{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// multiply puts the rows of the business views there so many times, each time
// under other ids.
func multiply(ctx context.Context, s *eventlog.Store, times int64) error {
	if times < 2 {
		return nil
	}
	rows, err := s.Query(ctx, `SELECT c.table_name, c.column_name, c.data_type FROM duckdb_columns() c JOIN duckdb_tables() t ON t.table_oid = c.table_oid
		WHERE c.schema_name = 'o2c' AND c.table_name NOT IN ('activities', 'horizon', 'master_rules', 'master_file') ORDER BY c.table_name, c.column_index`)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns := map[string][]string{}
	for rows.Next() {
		var table, column, kind string
		if err := rows.Scan(&table, &column, &kind); err != nil {
			return err
		}
		switch {
		case kind == "VARCHAR" && (strings.HasSuffix(column, "_id") || column == "cancelled_by" || column == "duplicate_of"):
			column = fmt.Sprintf("%q || '#' || k AS %[1]q", column)
		case kind == "BIGINT" && (column == "object" || strings.HasSuffix(column, "_object")):
			column = fmt.Sprintf("%q + k * 1000000000000 AS %[1]q", column)
		default:
			column = strconv.Quote(column)
		}
		columns[table] = append(columns[table], column)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for table, list := range columns {
		if err := s.ExecViews(ctx, fmt.Sprintf("INSERT INTO o2c.%[1]q SELECT %[2]s FROM o2c.%[1]q, range(1, %[3]d) AS r(k)", table, strings.Join(list, ", "), times)); err != nil {
			return fmt.Errorf("%s: %w", table, err)
		}
	}
	return nil
}
