package metrics_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"millrace/metrics"
)

// TestSurvival: the median with open objects is that of the product-limit
// estimate, counted step by step.
func TestSurvival(t *testing.T) {
	b, err := metrics.OpenBench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	kpis, err := metrics.Parse([]byte("- {name: t, title: T, unit: days, kind: duration, of: orders, one: order, view: orders, from: created_at, to: paid_at, open: paid_at IS NULL, doc: Time.}"))
	if err != nil {
		t.Fatal(err)
	}
	const last = 200 // days after the first
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	day := func(n int) string { return start.AddDate(0, 0, n).Format("2006-01-02 15:04:05") }
	rapid.Check(t, func(rt *rapid.T) {
		type life struct {
			days int
			open bool
		}
		lives := []life{{last + 1, true}} // it fixes the end of the data
		rows := "order_id | created_at | paid_at | confirmed_at\nlast | " + day(0) + " | | " + day(last) + "\n"
		for i := range rapid.IntRange(1, 25).Draw(rt, "orders") {
			began := rapid.IntRange(0, last).Draw(rt, "began")
			l := life{last + 1 - began, rapid.Bool().Draw(rt, "open")}
			paid := ""
			if !l.open {
				l.days = rapid.IntRange(0, min(6, last-began)).Draw(rt, "days")
				paid = day(began + l.days)
			}
			lives = append(lives, l)
			rows += fmt.Sprintf("o%d | %s | %s |\n", i, day(began), paid)
		}
		// The slow way: at each end, the share of those still there that end.
		open, want, s := 0, math.NaN(), 1.0
		for _, l := range lives {
			if l.open {
				open++
			}
		}
		slices.SortFunc(lives, func(a, b life) int { return a.days - b.days })
		for d := 0; d <= last+1 && math.IsNaN(want); d++ {
			there, ended := 0, 0
			for _, l := range lives {
				if l.days >= d {
					there++
				}
				if l.days == d && !l.open {
					ended++
				}
			}
			if ended > 0 {
				s *= 1 - float64(ended)/float64(there)
				if s <= 0.5+1e-12 {
					want = float64(d)
				}
			}
		}
		if float64(open) <= 0.05*float64(len(lives)) {
			want = math.NaN()
		}
		err := b.With(context.Background(), map[string]string{"orders": strings.TrimSpace(rows)}, func(ctx context.Context, q metrics.Querier) error {
			values, err := metrics.Evaluate(ctx, q, kpis, metrics.Options{})
			if err != nil {
				return err
			}
			if got := values[0].Survival; got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
				rt.Fatalf("%v, want %v, of\n%s", got, want, rows)
			}
			return nil
		})
		if err != nil {
			rt.Fatal(err)
		}
	})
}

// What is open in one currency is told with the figure of that currency, also
// beside figures that are split otherwise.
func TestOpenAmountsByCurrency(t *testing.T) {
	b, err := metrics.OpenBench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	kpis, err := metrics.Parse([]byte(`
- {name: paid, title: Paid, unit: money, kind: sum, of: orders, one: order, view: orders, with: {a: SELECT 1 AS x}, value: net_value, amount: net_value, currency: currency, open: paid_at IS NULL, doc: Paid.}
- {name: parts, title: Parts, unit: money, kind: sum, of: orders, one: order, view: orders, with: {a: SELECT 1 AS x}, value: net_value, amount: net_value, currency: currency, open: paid_at IS NULL, split: {kind: kind}, doc: By kind.}
`))
	if err != nil {
		t.Fatal(err)
	}
	const rows = `order_id | site | kind  | created_at | paid_at    | net_value | currency
o1 | HAM  | order | 2024-01-01 | 2024-01-05 | 1   | EUR
o2 | HAM  | order | 2024-01-01 |            | 20  | EUR
o3 | HAM  | rush  | 2024-01-01 |            | 300 | EUR
o4 | HAM  | order | 2024-01-01 |            | 7   | GBP
o5 | HAM  | order | 2024-01-01 | 2024-01-05 | 8   | GBP
o6 | LYON | order | 2024-01-01 |            | 9   | EUR
`
	var got []string
	err = b.With(t.Context(), map[string]string{"orders": rows}, func(ctx context.Context, q metrics.Querier) error {
		values, err := metrics.Evaluate(ctx, q, kpis, metrics.Options{By: []string{"site"}})
		for _, v := range values {
			got = append(got, fmt.Sprintf("%s%v %d %v", v.KPI.Name, v.By, v.Open, v.OpenAmounts))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"paid[{site HAM} {currency EUR}] 2 [{EUR 320}]", "paid[{site HAM} {currency GBP}] 1 [{GBP 7}]", "paid[{site LYON} {currency EUR}] 1 [{EUR 9}]",
		"parts[{site HAM} {kind order} {currency EUR}] 1 [{EUR 20}]", "parts[{site HAM} {kind order} {currency GBP}] 1 [{GBP 7}]",
		"parts[{site HAM} {kind rush} {currency EUR}] 1 [{EUR 300}]", "parts[{site LYON} {kind order} {currency EUR}] 1 [{EUR 9}]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
