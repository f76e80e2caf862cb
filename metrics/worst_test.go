package metrics_test

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"millrace/metrics"
)

// TestWorstAndDistribution sorts and counts the slow way, in rows that it made
// itself: the worst are those that bring most, and each bar has what lies in it.
func TestWorstAndDistribution(t *testing.T) {
	b, err := metrics.OpenBench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	var rows strings.Builder
	rows.WriteString("order_id | created_at | paid_at | net_value | currency | is_return\n")
	var days, values []metrics.Case
	for i := range 90 {
		key, took, value, currency := fmt.Sprintf("o%02d", i), (i*i)%59, float64((i*37)%101)+.5, []string{"EUR", "GBP"}[i%2]
		paid := fmt.Sprintf("2024-%02d-%02d", 1+took/29, 1+took%29) // of January and February, two months of 31 and 29 days
		if took >= 29 {
			took += 2
		}
		if i%10 == 3 {
			paid = ""
		}
		fmt.Fprintf(&rows, "%s | 2024-01-01 | %s | %.2f | %s | %v\n", key, paid, value, currency, i%10 == 7)
		if i%10 != 3 && i%10 != 7 {
			days = append(days, metrics.Case{Key: key, V: float64(took)})
			values = append(values, metrics.Case{Key: key, V: value, Currency: currency})
		}
	}
	kpis := parse(t, `
- {name: took, title: T, unit: days, kind: duration, of: orders, one: order, view: orders, from: created_at, to: paid_at, attributed_to: paid_at, open: paid_at IS NULL,
   leave_out: [{reason: returns, when: is_return}], doc: T.}
- {name: paid, title: P, unit: money, kind: sum, of: orders, one: order, view: orders, value: net_value, currency: currency, attributed_to: paid_at, open: paid_at IS NULL,
   leave_out: [{reason: returns, when: is_return}], doc: P.}
- {name: many, title: M, unit: count, kind: count, of: orders, one: order, view: orders, attributed_to: created_at, doc: M.}`)
	err = b.With(t.Context(), map[string]string{"orders": rows.String()}, func(ctx context.Context, q metrics.Querier) error {
		for i, want := range [][]metrics.Case{days, values} {
			slices.SortFunc(want, func(a, b metrics.Case) int { return cmp.Or(cmp.Compare(b.V, a.V), cmp.Compare(a.Key, b.Key)) })
			for _, n := range []int{3, 1000} {
				got, err := metrics.Worst(ctx, q, kpis[i], n, metrics.Options{})
				if err != nil {
					return err
				}
				if want := want[:min(n, len(want))]; !slices.Equal(got, want) {
					t.Errorf("%s, the worst %d:\n%v\nwant\n%v", kpis[i].Name, n, got, want)
				}
			}
		}
		for _, c := range []struct {
			width float64
			bars  int
		}{{5, 24}, {7, 3}, {100, 1}, {.5, 200}} {
			counts := make([]int64, c.bars)
			for _, x := range days {
				i := 0
				for i < c.bars-1 && x.V >= c.width*float64(i+1) {
					i++
				}
				counts[i]++
			}
			d, err := metrics.Distribute(ctx, q, kpis[0], c.width, c.bars, metrics.Options{})
			if err != nil {
				return err
			}
			if !slices.Equal(d.Counts, counts) || math.Abs(d.Max-days[0].V) > 1e-9 {
				t.Errorf("bars of %v: %v up to %v, want %v up to %v", c.width, d.Counts, d.Max, counts, days[0].V)
			}
		}
		if list, err := metrics.Worst(ctx, q, kpis[2], 3, metrics.Options{}); err != nil || len(list) > 0 {
			t.Errorf("the worst of a count are %v, %v", list, err)
		}
		if _, err := metrics.Distribute(ctx, q, kpis[1], 5, 10, metrics.Options{}); err == nil {
			t.Error("a sum has a distribution")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
