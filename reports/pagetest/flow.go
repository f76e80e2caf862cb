package pagetest

import (
	"math"
	"time"

	"millrace/eventlog"
	"millrace/metrics"
	"millrace/reports"
)

// Levels projects l to the levels of detail of a page.
func (l *Log) Levels() []reports.Level {
	var levels []reports.Level
	sizes := []struct{ activities, paths int }{{10, 14}, {17, 30}, {26, 54}, {80, 240}}
	for i, d := range reports.Details {
		kept := l.Keep(sizes[i].activities)
		levels = append(levels, reports.Level{Name: d.Name, Graph: kept.Graph(sizes[i].paths), Spine: l.Spine(), Backward: l.Backward()})
	}
	return levels
}

// Flow is the input of a page about l, without key figures.
func (l *Log) Flow() reports.FlowInput {
	return reports.FlowInput{
		Title: "Order-to-cash performance", Source: "Northwind Industrial · SAP S/4 extract", Cases: "orders", Maker: "millrace 0.1.0",
		First: time.UnixMicro(l.First).UTC(), Last: time.UnixMicro(l.Last).UTC(), Loaded: time.UnixMicro(l.Last).UTC().Add(2 * time.Hour),
		LeftOut:  []reports.LeftOut{{N: 188, What: "rows rejected on load"}, {N: 12, What: "orders without events"}},
		Levels:   l.Levels(),
		Variants: l.Variants(),
		Waits:    l.Bottlenecks(),
		Agreed:   func(from, to string) bool { return from == "Send invoice" && to != "Raise dispute" },
		Notes: []eventlog.Note{
			{Code: "ties", Text: "1.3% of the events have the same time as their predecessor and are ordered by document number."},
			{Code: "open-cases", Text: "1,853 orders are still open and count up to their latest event."}},
	}
}

// Values are key figures such as an order-to-cash store gives.
func Values() []metrics.Value {
	kpis := map[string]*metrics.KPI{}
	for _, k := range metrics.Catalogue() {
		kpis[k.Name] = k
	}
	none := metrics.Interval{Low: math.NaN(), High: math.NaN()}
	left := func(pairs ...any) (list []metrics.Exclusion) {
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, metrics.Exclusion{Reason: pairs[i].(string), N: int64(pairs[i+1].(int))})
		}
		return list
	}
	return []metrics.Value{
		{KPI: kpis["orders"], V: 4837, N: 4901, Used: 4837, Excluded: left("returns", 64), Interval: none},
		{KPI: kpis["order_cycle_time_p50"], V: 36.64, N: 4837, Used: 2984, Open: 1790, Excluded: left("cancelled", 10, "cleared without cash", 53), Interval: none},
		{KPI: kpis["order_cycle_time_p90"], V: 81.2, N: 4837, Used: 2984, Open: 1790, Excluded: left("cancelled", 10, "cleared without cash", 53), Interval: none},
		{KPI: kpis["touchless_share"], V: 0.421, N: 4837, Used: 4512, Open: 315, Excluded: left("cancelled", 10), Interval: metrics.Interval{Low: .407, High: .435},
			Notes: []eventlog.Note{{Code: "unsure", Text: "Of 137 orders nobody can tell who acted; they do not count as touchless orders."}}},
		{KPI: kpis["shipment_to_invoice"], V: 0.352, N: 11206, Used: 10933, Open: 211, Excluded: left("not to be billed", 49, "billed before they were shipped", 13), Interval: none},
		{KPI: kpis["dso.simple"], By: []metrics.Label{{Dimension: "currency", Value: "EUR"}}, V: 42.6, N: 5214, Used: 5170, Excluded: left("cancelled by a reversal", 44), Interval: none},
	}
}
