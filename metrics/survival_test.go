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
