package metrics_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"millrace/eventlog"
	"millrace/metrics"
	simulator "millrace/sample-data/distributor"
)

// benchStore opens the store of a company of so many orders, simulated and
// loaded. It is kept where -company names a folder: a million orders take an
// hour, and 25 GB while they are loaded.
func benchStore(b *testing.B, orders int64) *eventlog.Store {
	b.Helper()
	path := filepath.Join(*kept, fmt.Sprintf("bench-%d.duckdb", orders))
	if _, err := os.Stat(path); err != nil {
		extract := path + ".extract"
		defer os.RemoveAll(extract)
		if _, err := simulator.Generate(b.Context(), extract, simulator.Options{Seed: 1, Orders: orders}); err != nil {
			b.Fatal(err)
		}
		loadAll(b, extract, path+".part")
		if err := os.Rename(path+".part", path); err != nil {
			b.Fatal(err)
		}
	}
	s, err := eventlog.Open(b.Context(), path, eventlog.OpenOptions{ReadOnly: true})
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

// BenchmarkKPI times every figure as of the end of the data, then the whole
// catalogue and one value a month, and the service levels, over MILLRACE_ORDERS
// orders (default 25,000).
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
