package pagetest

import (
	"math"
	"slices"
	"strings"
	"time"

	"millrace/eventlog"
	"millrace/metrics"
	"millrace/mining"
	"millrace/reports"
	"millrace/reports/layout"
)

// Levels projects l to the levels of detail of a page.
func (l *Log) Levels() []reports.Level {
	var levels []reports.Level
	sizes := []struct{ activities, paths int }{{10, 14}, {17, 30}, {26, 54}, {80, 240}}
	for i, d := range reports.Details {
		kept := l.Keep(sizes[i].activities)
		g := kept.Graph(sizes[i].paths)
		levels = append(levels, reports.Level{Name: d.Name, Graph: g, Spine: l.Spine(), Backward: l.Backward(),
			LeftOut: len(l.Graph(0).Activities) - len(g.Activities), Facts: kept.Facts(g)})
	}
	return levels
}

// byPeople are what people do in the sample, in every case, in half of them.
var byPeople = map[string]float64{"Pick": 1, "Pack": 1, "Fix order data": 1, "Change price": 1, "Raise dispute": 1, "Resolve dispute": 1, "Release credit hold": 1,
	"Change quantity": 1, "Create sales order": .25, "Clear receivable": .5, "Remove delivery block": .8}

// Facts makes up what is known of a level besides its graph: people do some
// activities, they work ten hours a day, and what cases are worth waits.
func (l *Log) Facts(g *mining.Graph) layout.Facts {
	f := layout.Facts{Value: map[[2]string][]mining.Money{}, Automatic: map[string]mining.Automation{}}
	for _, a := range g.Activities {
		f.Automatic[a.Name] = mining.Automation{Events: a.Events, Unknown: a.Events / 20, Automatic: int64(float64(a.Events-a.Events/20) * (1 - byPeople[a.Name]))}
	}
	for _, w := range l.Bottlenecks().Waits {
		f.Value[[2]string{w.From, w.To}] = w.Value
	}
	working := *g
	working.Clock, working.Edges = "working", slices.Clone(g.Edges)
	for i := range working.Edges {
		working.Edges[i].Wait = &eventlog.Durations{}
	}
	at := map[[2]string]*eventlog.Durations{}
	for i := range working.Edges {
		at[[2]string{g.Edges[i].From, g.Edges[i].To}] = working.Edges[i].Wait
	}
	for _, c := range l.Cases {
		for i := 1; i < len(c.Activities); i++ {
			if d := at[[2]string{c.Activities[i-1], c.Activities[i]}]; d != nil {
				d.Add((c.Times[i] - c.Times[i-1]) * 10 / 24)
			}
		}
	}
	f.Working = &working
	return f
}

// Ways makes up what is known of variants: two in three cases are touchless
// where people do nothing that is a decision, an eighth of all is open, and
// what is beyond the fastest quarter of a wait was avoidable.
func (l *Log) Ways(agreed func(from, to string) bool) reports.Ways {
	waits := map[[2]string][]int64{}
	for _, c := range l.Cases {
		for i := 1; i < len(c.Activities); i++ {
			k := [2]string{c.Activities[i-1], c.Activities[i]}
			waits[k] = append(waits[k], c.Times[i]-c.Times[i-1])
		}
	}
	for _, w := range waits {
		slices.Sort(w)
	}
	type sums struct{ cases, us int64 }
	of := map[string]*sums{}
	for _, c := range l.Cases {
		key := strings.Join(c.Activities, "\x00")
		if of[key] == nil {
			of[key] = &sums{}
		}
		of[key].cases++
		for i := 1; i < len(c.Activities); i++ {
			if k := [2]string{c.Activities[i-1], c.Activities[i]}; agreed == nil || !agreed(k[0], k[1]) {
				of[key].us += max(0, c.Times[i]-c.Times[i-1]-waits[k][len(waits[k])/4])
			}
		}
	}
	way := func(activities []string) *sums {
		if s := of[strings.Join(activities, "\x00")]; s != nil {
			return s
		}
		return &sums{}
	}
	return reports.Ways{
		TouchlessMeans: "Share of invoiced orders in which no person took a decision.",
		Touchless: func(activities []string) (judged, touchless int64) {
			n := way(activities).cases
			for _, a := range activities {
				if byPeople[a] == 1 && a != "Pick" && a != "Pack" {
					return n - n/8, 0
				}
			}
			return n - n/8, (n - n/8) * 2 / 3
		},
		Avoidable: func(activities []string) (known, us int64) { s := way(activities); return s.cases, s.us },
		Open:      func(activities []string) (known, open int64) { n := way(activities).cases; return n, n / 8 },
	}
}

// Sample takes every n-th case, up to 60 of them.
func (l *Log) Sample() (list []mining.SampledCase) {
	for i := 0; i < len(l.Cases); i += max(1, len(l.Cases)/60) {
		list = append(list, mining.SampledCase{Activities: l.Cases[i].Activities, Times: l.Cases[i].Times})
	}
	return list
}

// agreed are the sample's terms of payment.
func agreed(from, to string) bool { return from == "Send invoice" && to != "Raise dispute" }

// Flow is the input of a page about l, without key figures.
func (l *Log) Flow() reports.FlowInput {
	return reports.FlowInput{
		Title: "Order-to-cash performance", Source: "Northwind Industrial · SAP S/4 extract", Cases: "orders", Maker: "millrace 0.1.0",
		First: time.UnixMicro(l.First).UTC(), Last: time.UnixMicro(l.Last).UTC(), Loaded: time.UnixMicro(l.Last).UTC().Add(2 * time.Hour),
		LeftOut:  []reports.LeftOut{{N: 188, What: "rows rejected on load"}, {N: 12, What: "orders without events"}},
		Levels:   l.Levels(),
		Variants: l.Variants(),
		Waits:    l.Bottlenecks(),
		Agreed:   agreed,
		Ways:     l.Ways(agreed),
		Sample:   l.Sample(),
		Models:   l.Models(),
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
		{KPI: kpis["ct.order_to_cash"], V: 36.64, P90: 81.2, N: 4837, Used: 2984, Open: 1790, Excluded: left("cancelled", 10, "cleared without cash", 53), Interval: none},
		{KPI: kpis["auto.touchless_order_rate.bill"], V: 0.421, N: 11630, Used: 10848, Open: 758, Excluded: left("cancelled", 24), Interval: metrics.Interval{Low: .412, High: .430},
			Notes: []eventlog.Note{{Code: "unsure", Text: "Of 137 order lines nobody can tell who acted; they do not count as touchless order lines, to the invoice."}}},
		{KPI: kpis["ct.order_to_delivery"], V: 6.4, P90: 14.1, N: 4837, Used: 4603, Open: 224, Excluded: left("cancelled", 10), Interval: none},
		{KPI: kpis["ct.ship_to_invoice"], V: 0.352, P90: 1.02, N: 11206, Used: 10933, Open: 211, Excluded: left("not to be billed", 49, "billed before they were shipped", 13), Interval: none},
		{KPI: kpis["dso.simple"], By: []metrics.Label{{Dimension: "currency", Value: "EUR"}}, V: 42.6, N: 5214, Used: 5170, Excluded: left("cancelled by a reversal", 44), Interval: none},
	}
}
