package reports

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"millrace/metrics"
	"millrace/reports/figure"
)

// fewObjects is the number below which a tile says on how few it rests.
const fewObjects = 30

// Figures are the key figures that a page of orders shows, by their names, in
// this order. The catalogue has many more: millrace kpi.
var Figures = []string{"orders", "ct.order_to_cash", "auto.touchless_order_rate.bill", "ct.order_to_delivery", "ct.ship_to_invoice", "dso.simple"}

func (b *builder) tiles() *Tiles {
	t := &Tiles{}
	for _, v := range b.in.Tiles {
		t.Tiles = append(t.Tiles, b.tile(v))
	}
	if len(t.Tiles) == 0 {
		t.Tiles = b.logTiles()
	}
	return t
}

func (b *builder) tile(v metrics.Value) Tile {
	t := Tile{Title: valueTitle(v), Note: b.define(valueTitle(v), v.KPI.Doc, b.valueSample(v)), LeftOut: leftOut(v.Excluded, v.Open)}
	t.Number, t.Unit = valueParts(v)
	if v.N > 0 {
		t.Share = float64(v.Used) / float64(v.N)
	}
	t.Sample = figure.Plural(v.Used, v.KPI.One, v.KPI.Of)
	if v.Used < v.N {
		t.Sample = figure.Count(v.Used) + " of " + figure.Plural(v.N, v.KPI.One, v.KPI.Of)
	}
	if v.Interval.Known() && v.KPI.Unit == metrics.Share {
		t.Beside = fmt.Sprintf("95%% interval %s–%s", strings.TrimSuffix(figure.Share(v.Interval.Low), "%"), figure.Share(v.Interval.High))
	}
	if v.KPI.Kind == metrics.DurationKind && v.Known() && !math.IsNaN(v.P90) {
		number, unit := parts(v.KPI.Unit, v.P90)
		t.Beside = fmt.Sprintf("90%% of them within %s%s%s", number, figure.NBSP, unit)
	}
	switch {
	case !v.Known() && len(v.Notes) > 0:
		t.Warning = v.Notes[0].Text
	case !v.Known():
		t.Warning = "No figure."
	case v.Used < fewObjects && v.KPI.Kind != metrics.CountKind:
		t.Warning = "Few " + v.KPI.Of + ": read with care."
	}
	return t
}

// valueTitle is what v is called, with the dimensions it is one value of.
func valueTitle(v metrics.Value) string {
	s := v.KPI.Title
	for _, l := range v.By {
		s += ", " + figure.Name(l.Value)
	}
	return s
}

// valueSample words what v was made of.
func (b *builder) valueSample(v metrics.Value) string {
	return sample(v.Used, v.KPI.One, v.KPI.Of, v.Excluded, v.Open)
}

// valueParts words a value: its number and its unit.
func valueParts(v metrics.Value) (number, unit string) {
	if !v.Known() {
		return figure.None, ""
	}
	return parts(v.KPI.Unit, v.V)
}

func parts(of metrics.Unit, x float64) (number, unit string) {
	switch of {
	case metrics.Count:
		return figure.Count(int64(math.Round(x))), ""
	case metrics.Share:
		return strings.TrimSuffix(figure.Share(x), "%"), "%"
	case metrics.Hours:
		return figure.Number(x, 1), "hours"
	}
	if x < 1 { // less than a day reads better in hours
		return figure.DurationParts(x * figure.Day)
	}
	return figure.Number(x, 1), "days"
}

// logTiles are figures every log has.
func (b *builder) logTiles() []Tile {
	v := b.in.Variants
	all := figure.Plural(v.Cases, b.one(), b.cases)
	tiles := []Tile{
		{Title: title(b.cases), Number: figure.Count(v.Cases), Share: 1, Sample: all,
			Note: b.define(title(b.cases), "The "+b.cases+" of the log, after filters.", sample(v.Cases, b.one(), b.cases, nil, 0))},
		{Title: "Events", Number: figure.Count(v.Events), Share: 1, Sample: all,
			Note: b.define("Events", "Events in "+b.cases+". An event that several "+b.cases+" share counts once in each.", sample(v.Events, "event", "events", nil, 0))},
	}
	if v.Cases > 0 {
		tiles[1].Beside = figure.Number(float64(v.Events)/float64(v.Cases), 1) + " per " + b.one() + " on average"
	}
	var listed, repeat int64
	names := map[string]bool{}
	for _, w := range v.Variants {
		listed += w.Cases
		seen := map[string]bool{}
		again := false
		for _, a := range w.Activities {
			again = again || seen[a]
			seen[a], names[a] = true, true
		}
		if again {
			repeat += w.Cases
		}
	}
	if listed == v.Cases && v.Cases > 0 { // all variants are there
		once := 0
		for _, w := range v.Variants {
			if w.Cases == 1 {
				once++
			}
		}
		tiles = append(tiles,
			Tile{Title: "Activities", Number: figure.Count(int64(len(names))), Share: 1, Sample: all,
				Note: b.define("Activities", "Different activities that occur in the log.", sample(v.Events, "event", "events", nil, 0))},
			Tile{Title: "Variants", Number: figure.Count(int64(len(v.Variants))), Share: 1, Sample: all,
				Beside: figure.Plural(int64(once), "occurs", "occur") + " only once",
				Note:   b.define("Variants", "Different sequences of activities from the first to the last event of "+b.aOne()+".", sample(v.Cases, b.one(), b.cases, nil, 0))})
	}
	if d := v.CaseDuration; d != nil && d.N > 0 {
		t := Tile{Title: "Throughput time, median", Note: b.throughput(), Sample: figure.Plural(d.N, b.one(), b.cases),
			Beside: "95% of them within " + quantile(d, .95), Share: float64(d.N) / float64(cmp.Or(v.Cases, d.N)),
			LeftOut: leftOut([]metrics.Exclusion{{Reason: "without a time", N: d.Missing}, {Reason: "negative", N: d.Overlaps}}, 0)}
		t.Number, t.Unit = figure.DurationParts(d.Quantile(.5))
		if d.N < fewObjects {
			t.Warning = "Few " + b.cases + ": read with care."
		}
		tiles = append(tiles, t)
	}
	if listed == v.Cases && v.Cases > 0 {
		tiles = append(tiles, Tile{Title: "With repeated steps", Number: strings.TrimSuffix(figure.Share(float64(repeat)/float64(v.Cases)), "%"), Unit: "%",
			Share: 1, Sample: figure.Count(repeat) + " of " + all,
			Note: b.define("With repeated steps", "Share of "+b.cases+" in which some activity occurs more than once.", sample(v.Cases, b.one(), b.cases, nil, 0))})
	}
	return tiles
}

// throughput defines the time a case takes.
func (b *builder) throughput() int {
	d := b.in.Variants.CaseDuration
	return b.define("Throughput time", "Elapsed time from the first to the last event of "+b.aOne()+", nights and weekends included. "+
		title(b.aOne())+" that is not finished counts up to its latest event. Quantiles are within 0.8% of their value.",
		sample(d.N, b.one(), b.cases, []metrics.Exclusion{{Reason: "without a time", N: d.Missing}, {Reason: "negative", N: d.Overlaps}}, 0))
}
