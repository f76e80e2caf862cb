package metrics_test

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"millrace/eventlog"
	"millrace/metrics"
)

// money: every figure of the families cash and billing is, in three
// months, as known at their end and now, in all, by customer and by site, what
// loops over the simulator's truth add up to; and the views say on any day what
// their rows say.
func (c *company) money() {
	t := c.t
	store := c.store
	b := bookOf(c.truthTables)
	t.Run("figures", func(t *testing.T) { c.testMoneyFigures(t, b, store) })
	t.Run("balances", func(t *testing.T) {
		testBalances(t, c.truth("balance"), store)
		c.cover("ar.rollforward", "", nil, metrics.Value{})
	})
	t.Run("states", func(t *testing.T) { testStates(t, store) })
}

func (c *company) testMoneyFigures(t *testing.T, b *book, store *eventlog.Store) {
	oldest := "9999"
	for _, e := range b.entries {
		oldest = min(oldest, e["posting_date"])
	}
	var kpis []*metrics.KPI
	for _, k := range metrics.Catalogue() {
		if (k.Family == "cash" || k.Family == "billing") && k.Kind != metrics.SQLKind && !strings.HasPrefix(k.Name, "match.") && !strings.HasPrefix(k.Name, "cutoff.") {
			kpis = append(kpis, k)
		}
	}
	compared := map[string]int{}
	for _, month := range []string{"2024-08", "2024-11", "2025-06"} {
		from, err := time.Parse("2006-01", month)
		if err != nil {
			t.Fatal(err)
		}
		first, last := from.Format(time.DateOnly), from.AddDate(0, 1, -1).Format(time.DateOnly)
		for _, by := range []string{"", "customer", "site"} {
			o := metrics.Options{Grain: metrics.ByMonth, From: metrics.Day(first), To: metrics.Day(last), AsOf: metrics.Day(last)}
			if by != "" {
				o.By = []string{by}
			}
			compareMoney(t, store.Query, kpis, o, b.figures(first, last, last, by), first, last, oldest, compared, c.cover)
		}
	}
	// 60 days have to go by before some are known; and what flowed is known better later.
	flows := slices.DeleteFunc(slices.Clone(kpis), func(k *metrics.KPI) bool { return k.AsOf })
	for _, by := range []string{"", "customer", "site"} {
		o := metrics.Options{Grain: metrics.ByMonth, From: "2025-01-01", To: "2025-01-31", AsOf: "2025-04-30"}
		if by != "" {
			o.By = []string{by}
		}
		compareMoney(t, store.Query, flows, o, b.figures("2025-01-01", "2025-01-31", "2025-04-30", by), "2025-01-01", "2025-01-31", oldest, compared, c.cover)
	}
	// What is seldom, or known after 60 days only, in more months.
	for _, month := range []string{"2024-10", "2025-03", "2025-09"} {
		from, err := time.Parse("2006-01", month)
		if err != nil {
			t.Fatal(err)
		}
		first, last := from.Format(time.DateOnly), from.AddDate(0, 1, -1).Format(time.DateOnly)
		for _, x := range []struct{ known, names string }{{last, "disp.open disp.silent ar.disputed"}, {from.AddDate(0, 4, -1).Format(time.DateOnly), "inv.accuracy"}} {
			o := metrics.Options{Grain: metrics.ByMonth, From: metrics.Day(first), To: metrics.Day(last), AsOf: metrics.Day(x.known), By: []string{"site"}}
			compareMoney(t, store.Query, metrics.Named(strings.Fields(x.names)...), o, b.figures(first, last, x.known, "site"), first, last, oldest, compared, c.cover)
		}
	}
	late := b.figures("2025-01-01", "2025-01-31", "2025-04-30", "")
	for _, name := range []string{"inv.accuracy", "cash.accuracy", "cash.promise_kept"} {
		if x := late[name][""]; x.used == 0 || x.num == 0 || x.num == x.used {
			t.Errorf("%s: %d of %d are right: nothing is proven", name, x.num, x.used)
		}
	}
	for _, k := range kpis {
		if compared[k.Name] == 0 {
			t.Errorf("%s: nothing was compared", k.Name)
		}
	}
	t.Log(compared)
}

// A failer is a test, of rapid or not.
type failer interface {
	Helper()
	Errorf(format string, a ...any)
	Fatal(a ...any)
}

// compareMoney asks the engine for the same and compares value by value.
func compareMoney(t failer, q metrics.Querier, kpis []*metrics.KPI, o metrics.Options, want sums, first, last, oldest string, compared map[string]int, cover func(name, period string, by []string, v metrics.Value)) {
	t.Helper()
	values, err := metrics.Evaluate(context.Background(), q, kpis, o)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]map[string]metrics.Value{}
	for _, v := range values {
		var parts []string
		for _, l := range v.By {
			parts = append(parts, l.Value)
		}
		if got[v.KPI.Name] == nil {
			got[v.KPI.Name] = map[string]metrics.Value{}
		}
		got[v.KPI.Name][strings.Join(parts, "/")] = v
	}
	for _, k := range kpis {
		name := k.Name
		if k.Kind == metrics.ReceivablesKind {
			name = "ledger"
		}
		wants := want[name]
		if len(wants) == 0 || slices.Contains(o.By, "site") && (strings.HasPrefix(name, "cash.") || strings.HasPrefix(name, "bad") || name == "ar.net" || name == "inv.credit_rebill") {
			continue // receipts have no site; of credit memos it is that of several orders
		}
		if strings.HasPrefix(name, "bad") && len(o.By) > 0 {
			continue
		}
		for _, g := range sortedGroups(wants) {
			x := wants[g]
			v, ok := got[k.Name][g]
			if !ok {
				t.Errorf("%s %s by %v: no figure of %q; there are %d", k.Name, last, o.By, g, len(got[k.Name]))
				continue
			}
			number := 0.0
			if name == "ledger" {
				number = x.ledgerFigure(k.Method, first, last, oldest)
			} else {
				number = x.value(k)
			}
			same := math.IsNaN(number) && math.IsNaN(v.V) || math.Abs(number-v.V) <= 1e-9*max(1, math.Abs(number))
			if k.Name == "days_late" || k.Name == "disp.valid_rate" { // those open, or that never happened, are apart
				if !same || v.Used != x.used {
					t.Errorf("%s by %v of %q: %v; want %v of %d", k.Name, o.By, g, v, number, x.used)
				}
			} else if !same || v.N != x.n && !(name == "ledger" && slices.Contains(o.By, "site")) || v.Used != x.used {
				t.Errorf("%s by %v of %q: %v; want %v of %d, used %d", k.Name, o.By, g, v, number, x.n, x.used)
			}
			compared[k.Name]++
			if v.Used > 0 && cover != nil {
				cover(k.Name, last, o.By, v)
			}
		}
		for g, v := range got[k.Name] {
			if wants[g] == nil && v.Used > 0 {
				t.Errorf("%s by %v: %v, which is not in truth", k.Name, o.By, v)
			}
		}
	}
}

func sortedGroups(m map[string]*sum) []string {
	var list []string
	for g := range m {
		list = append(list, g)
	}
	slices.SortFunc(list, cmp.Compare)
	return list
}
