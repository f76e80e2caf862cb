package metrics_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"millrace/eventlog"
	"millrace/metrics"
)

// keptBy gives the answers kept of a small store: what a company's store is asked
// is kept there.
func keptBy(t *testing.T) *eventlog.Kept {
	path := filepath.Join(t.TempDir(), "millrace.duckdb")
	s, err := eventlog.Open(t.Context(), path, eventlog.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = eventlog.Open(t.Context(), path, eventlog.OpenOptions{ReadOnly: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s.Kept()
}

// A recalled answer has the bytes of one that is asked, and asks nothing. What
// differs in any option is another question: all are asked of one Kept, and each
// is compared with what is asked without.
func TestRecalledAsAsked(t *testing.T) {
	c := simulated(t)
	kept := keptBy(t)
	rates, err := metrics.ReadRates(strings.NewReader("date,from,to,rate\n2024-01-01,GBP,EUR,1.2\n2024-01-01,USD,EUR,0.9\n2024-01-01,PLN,EUR,0.23\n"))
	if err != nil {
		t.Fatal(err)
	}
	dearer, err := metrics.ReadRates(strings.NewReader("date,from,to,rate\n2024-01-01,GBP,EUR,1.3\n2024-01-01,USD,EUR,0.9\n2024-01-01,PLN,EUR,0.23\n"))
	if err != nil {
		t.Fatal(err)
	}
	var kpis []*metrics.KPI
	for i, k := range metrics.Catalogue() { // of each kind and view some
		if i%4 == 0 || k.Clock == metrics.Business {
			kpis = append(kpis, k)
		}
	}
	changed := *metrics.Named("fill.line")[0]
	changed.Hit = "NOT (" + changed.Hit + ")"
	kpis = append(kpis, &changed) // of the same name
	base := metrics.Options{Zone: c.zone, Parallel: 2}
	with := func(change func(o *metrics.Options)) metrics.Options {
		o := base
		change(&o)
		return o
	}
	var asked atomic.Int64
	counted := func(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
		if strings.Contains(text, "AS figure") || strings.Contains(text, "judged") {
			asked.Add(1)
		}
		return c.store.Query(ctx, text, args...)
	}
	answers := map[string]int{} // by text, of which option first
	for i, o := range []metrics.Options{
		base,
		with(func(o *metrics.Options) { o.Zone = time.UTC }),
		with(func(o *metrics.Options) { o.AsOf = "2025-06-30" }),
		with(func(o *metrics.Options) { o.Calendars = office(t) }),
		with(func(o *metrics.Options) { o.Grain = metrics.ByQuarter }),
		with(func(o *metrics.Options) { o.Grain, o.FiscalYear = metrics.ByFiscalYear, time.April }),
		with(func(o *metrics.Options) { o.Grain, o.FiscalYear = metrics.ByFiscalYear, time.July }),
		with(func(o *metrics.Options) { o.From, o.To = "2025-01-01", "2025-03-31" }),
		with(func(o *metrics.Options) { o.From, o.To = "2025-01-01", "2025-04-30" }),
		with(func(o *metrics.Options) { o.By = []string{"site"} }),
		with(func(o *metrics.Options) { o.By = []string{"channel"} }),
		with(func(o *metrics.Options) { o.Only = []metrics.Label{{Dimension: "site", Value: "LDS1"}} }),
		with(func(o *metrics.Options) { o.Currency, o.Rates = "EUR", rates }),
		with(func(o *metrics.Options) { o.Currency, o.Rates = "EUR", dearer }),
		with(func(o *metrics.Options) { o.LinkRate = 1 }),
	} {
		told := func(o metrics.Options) string {
			values, err := metrics.Evaluate(t.Context(), counted, kpis, o)
			if err != nil {
				t.Fatal(err)
			}
			standings := ""
			if o.Grain == "" && o.From == "" && o.By == nil {
				list, err := metrics.Standings(t.Context(), counted, metrics.Rules(), kpis, 3, o)
				if err != nil {
					t.Fatal(err)
				}
				for _, s := range list {
					standings += jsonOf(t, s) + "\n"
				}
			}
			var worst []metrics.Case
			if o.Grain == "" {
				if worst, err = metrics.Worst(t.Context(), counted, metrics.Named("ct.order_to_cash")[0], 5, o); err != nil {
					t.Fatal(err)
				}
				d, err := metrics.Distribute(t.Context(), counted, metrics.Named("ct.order_to_cash")[0], 5, 10, o)
				if err != nil {
					t.Fatal(err)
				}
				standings += jsonOf(t, d.Counts) + d.KPI.Name
			}
			return jsonOf(t, values) + standings + jsonOf(t, worst)
		}
		want := told(o)
		if before, ok := answers[want]; ok {
			t.Errorf("options %d give what options %d give: they show nothing", i, before)
		}
		answers[want] = i
		o.Kept = kept
		if got := told(o); got != want {
			t.Errorf("options %d: asked for the first time it is not what it is without\n%s", i, difference(got, want))
		}
		asked.Store(0)
		if got := told(o); got != want {
			t.Errorf("options %d: recalled it is not what was asked\n%s", i, difference(got, want))
		}
		if n := asked.Load(); n != 0 {
			t.Errorf("options %d: recalled, %d statements are asked", i, n)
		}
	}
}

func jsonOf(t *testing.T, x any) string {
	t.Helper()
	b, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// difference is where two texts part.
func difference(got, want string) string {
	i := 0
	for i < min(len(got), len(want)) && got[i] == want[i] {
		i++
	}
	from := max(0, i-200)
	return "have …" + got[from:min(len(got), i+100)] + "\nwant …" + want[from:min(len(want), i+100)]
}
