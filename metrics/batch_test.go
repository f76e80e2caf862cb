package metrics_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"millrace/metrics"
)

// Asked together or each by itself, as its SQL is shown: figures are the same to
// the last byte.
func TestTogetherAsAlone(t *testing.T) {
	c := simulated(t)
	rates, err := metrics.ReadRates(strings.NewReader("date,from,to,rate\n2024-01-01,GBP,EUR,1.17\n2025-03-01,GBP,EUR,1.19\n"))
	if err != nil {
		t.Fatal(err)
	}
	amounts, intervals := 0, 0
	for name, o := range map[string]metrics.Options{
		"all":      {Parallel: 2},
		"as of":    {AsOf: "2025-03-31"},
		"by":       {By: []string{"customer"}, Zone: c.zone},
		"span":     {From: "2025-01-01", To: "2025-03-31", By: []string{"currency"}},
		"quarters": {Grain: metrics.ByQuarter, Currency: "EUR", Rates: rates},
	} {
		t.Run(name, func(t *testing.T) {
			together, err := metrics.Evaluate(t.Context(), c.store.Query, metrics.Catalogue(), o)
			if err != nil {
				t.Fatal(err)
			}
			alone, err := metrics.EvaluateAlone(t.Context(), c.store.Query, metrics.Catalogue(), o)
			if err != nil {
				t.Fatal(err)
			}
			if len(together) != len(alone) {
				t.Fatalf("%d values together, %d alone", len(together), len(alone))
			}
			for i, v := range together {
				a, b := text(t, v), text(t, alone[i])
				if a != b {
					t.Errorf("together\n%s\nalone\n%s", a, b)
				}
				if len(v.OpenAmounts) > 0 {
					amounts++
				}
				if v.Interval.Known() {
					intervals++
				}
			}
		})
	}
	if amounts < 50 || intervals < 500 {
		t.Errorf("only %d values say what is open, and %d have an interval", amounts, intervals)
	}
}

func text(t *testing.T, v metrics.Value) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// One of several that are asked together is at fault: the error names it.
func TestFaultTogether(t *testing.T) {
	c := simulated(t)
	kpis := metrics.Named("fill.line", "fill.line.final", "fill.value")
	bad := *kpis[1]
	bad.Name, bad.Hit = "own.fill", "f.first_quantity >= error('no such thing')::INTEGER"
	_, err := metrics.Evaluate(t.Context(), c.store.Query, []*metrics.KPI{kpis[0], &bad, kpis[2]}, metrics.Options{})
	if err == nil || !strings.HasPrefix(err.Error(), "kpi own.fill: ") {
		t.Errorf("error is %v", err)
	}
	slow := *kpis[1]
	slow.Name, slow.Hit = "own.slow", "(SELECT count(*) FROM range(100000000) a, range(100000000) b WHERE a.range + b.range = f.first_quantity) > 0"
	_, err = metrics.Evaluate(t.Context(), c.store.Query, []*metrics.KPI{kpis[0], &slow}, metrics.Options{Timeout: 2 * time.Second})
	if err == nil || !strings.HasPrefix(err.Error(), "kpi own.slow: took longer than 2s") {
		t.Errorf("error is %v", err)
	}
}
