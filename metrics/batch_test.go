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
		"as of":    {AsOf: "2025-03-31", By: []string{"customer"}, Zone: c.zone, Parallel: 2},
		"quarters": {From: "2025-01-01", To: "2025-06-30", Grain: metrics.ByQuarter, Currency: "EUR", Rates: rates},
	} {
		t.Run(name, func(t *testing.T) {
			together, err := metrics.Evaluate(t.Context(), c.store.Query, metrics.Catalogue(), o)
			if err != nil {
				t.Fatal(err)
			}
			sameAsAlone(t, c, together, o)
			for _, v := range together {
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

// sameAsAlone holds values against those of the whole catalogue, each asked alone.
func sameAsAlone(t *testing.T, c *company, together []metrics.Value, o metrics.Options) {
	t.Helper()
	alone, err := metrics.EvaluateAlone(t.Context(), c.store.Query, metrics.Catalogue(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(together) != len(alone) {
		t.Fatalf("%d values together, %d alone", len(together), len(alone))
	}
	for i, v := range together {
		if a, b := text(t, v), text(t, alone[i]); a != b {
			t.Errorf("together\n%s\nalone\n%s", a, b)
		}
	}
}

// What a report asks, by months and quarters, sites and channels, in one: as if
// each inquiry were made by itself, figure by figure.
func TestInquiriesAsAlone(t *testing.T) {
	c := simulated(t)
	o := metrics.Options{AsOf: "2025-09-30", Zone: c.zone, Calendars: office(t), Parallel: 2}
	inquiries := []metrics.Inquiry{
		{Grain: metrics.ByQuarter, From: "2025-01-01", To: "2025-06-30"},
		{Grain: metrics.ByMonth, From: "2025-02-01", To: "2025-06-30"},
		{Grain: metrics.ByQuarter, From: "2025-01-01", To: "2025-06-30", By: []string{"site"}},
		{Grain: metrics.ByQuarter, From: "2025-04-01", To: "2025-06-30", By: []string{"channel", "site"}},
		{},
	}
	for i := range inquiries {
		inquiries[i].KPIs = metrics.Catalogue()
	}
	lists, err := metrics.EvaluateAll(t.Context(), c.store.Query, inquiries, o)
	if err != nil {
		t.Fatal(err)
	}
	for i, in := range inquiries {
		own := o
		own.Grain, own.From, own.To, own.By = in.Grain, in.From, in.To, in.By
		sameAsAlone(t, c, lists[i], own)
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
