package reports

import (
	"cmp"
	"math"

	"millrace/eventlog"
	"millrace/metrics"
	"millrace/reports/figure"
	"millrace/reports/words"
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
	t := Tile{Title: b.valueTitle(v), Note: b.define(b.valueTitle(v), b.Text(v.KPI.Doc), b.valueSample(v)), LeftOut: b.leftOut(v.Excluded, v.Open)}
	t.Number, t.Unit = b.valueParts(v)
	if v.N > 0 {
		t.Share = float64(v.Used) / float64(v.N)
	}
	t.Sample = b.countOf(v)
	if v.Interval.Known() && v.KPI.Unit == metrics.Share {
		t.Beside = b.Word("tile.interval", "low", b.Share(v.Interval.Low), "high", b.Share(v.Interval.High))
	}
	if v.KPI.Kind == metrics.DurationKind && v.Known() && !math.IsNaN(v.P90) {
		number, unit := b.parts(v.KPI.Unit, v.P90)
		t.Beside = b.Word("tile.p90", "p90", number+figure.NBSP+unit)
	}
	switch {
	case !v.Known() && len(v.Notes) > 0:
		t.Warning = b.noted(v.Notes[0]).Text
	case !v.Known():
		t.Warning = b.Word("why.none")
	case v.Used < fewObjects && v.KPI.Kind != metrics.CountKind:
		t.Warning = b.Say("why.care", words.Args{"objects": b.nouns(v.KPI)})
	}
	return t
}

// valueTitle is what v is called, with the dimensions it is one value of.
func (s speech) valueTitle(v metrics.Value) string {
	title := s.titled(v.KPI)
	for _, l := range v.By {
		title += ", " + figure.Name(l.Value)
	}
	return title
}

// valueSample words what v was made of.
func (b *builder) valueSample(v metrics.Value) string {
	return b.sample(v.Used, b.nouns(v.KPI), v.Excluded, v.Open)
}

// valueParts words a value: its number and its unit.
func (s speech) valueParts(v metrics.Value) (number, unit string) {
	if !v.Known() {
		return figure.None, ""
	}
	return s.parts(v.KPI.Unit, v.V)
}

// logTiles are figures every log has.
func (b *builder) logTiles() []Tile {
	v := b.in.Variants
	all, events := b.countCases(v.Cases), b.Noun("event", "events")
	cases := words.Args{"cases": b.cases, "case": b.cases}
	tiles := []Tile{
		{Title: words.Title(b.cases.Many), Number: b.Count(v.Cases), Share: 1, Sample: all.String(),
			Note: b.define(words.Title(b.cases.Many), b.Say("log.cases.doc", cases), b.sample(v.Cases, b.cases, nil, 0))},
		{Title: b.Word("log.events.term"), Number: b.Count(v.Events), Share: 1, Sample: all.String(),
			Note: b.define(b.Word("log.events.term"), b.Say("log.events.doc", cases), b.sample(v.Events, events, nil, 0))},
	}
	if v.Cases > 0 {
		tiles[1].Beside = b.Say("log.events.mean", words.Args{"n": b.Number(float64(v.Events)/float64(v.Cases), 1), "case": b.cases})
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
		key := "log.variants.once"
		if once == 1 {
			key = "log.variants.once.one"
		}
		tiles = append(tiles,
			Tile{Title: b.Word("log.activities.term"), Number: b.Count(int64(len(names))), Share: 1, Sample: all.String(),
				Note: b.define(b.Word("log.activities.term"), b.Word("log.activities.doc"), b.sample(v.Events, events, nil, 0))},
			Tile{Title: b.Word("log.variants.term"), Number: b.Count(int64(len(v.Variants))), Share: 1, Sample: all.String(),
				Beside: b.Word(key, "n", b.Count(int64(once))),
				Note:   b.define(b.Word("log.variants.term"), b.Say("log.variants.doc", cases), b.sample(v.Cases, b.cases, nil, 0))})
	}
	if d := v.CaseDuration; d != nil && d.N > 0 {
		t := Tile{Title: b.Word("log.throughput"), Note: b.throughput(), Sample: b.countCases(d.N).String(),
			Beside: b.Word("tile.p90", "p90", b.quantile(d, .9)), Share: float64(d.N) / float64(cmp.Or(v.Cases, d.N)),
			LeftOut: b.leftOut(timeless(d), 0)}
		t.Number, t.Unit = b.DurationParts(d.Quantile(.5))
		if d.N < fewObjects {
			t.Warning = b.Say("why.care", words.Args{"objects": b.cases})
		}
		tiles = append(tiles, t)
	}
	if listed == v.Cases && v.Cases > 0 {
		t := Tile{Title: b.Word("log.repeated.term"), Share: 1, Sample: b.Say("sample.of", words.Args{"used": b.Count(repeat), "n": all}),
			Note: b.define(b.Word("log.repeated.term"), b.Say("log.repeated.doc", cases), b.sample(v.Cases, b.cases, nil, 0))}
		t.Number, t.Unit = b.parts(metrics.Share, float64(repeat)/float64(v.Cases))
		tiles = append(tiles, t)
	}
	return tiles
}

// throughput defines the time a case takes.
func (b *builder) throughput() int {
	d := b.in.Variants.CaseDuration
	return b.define(b.Word("throughput.term"), b.Say("throughput.doc", words.Args{"case": b.cases}), b.sample(d.N, b.cases, timeless(d), 0))
}

// timeless are the durations that are none.
func timeless(d *eventlog.Durations) []metrics.Exclusion {
	return []metrics.Exclusion{{Reason: "without a time", N: d.Missing}, {Reason: "negative", N: d.Overlaps}}
}
