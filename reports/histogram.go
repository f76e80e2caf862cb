package reports

import (
	"math"
	"sort"

	"millrace/eventlog"
	"millrace/reports/figure"
	"millrace/reports/words"
)

// roundWidths are the widths a bar of a histogram may have, in microseconds.
var roundWidths = []float64{
	figure.Second, 2 * figure.Second, 5 * figure.Second, 10 * figure.Second, 15 * figure.Second, 30 * figure.Second,
	figure.Minute, 2 * figure.Minute, 5 * figure.Minute, 10 * figure.Minute, 15 * figure.Minute, 30 * figure.Minute,
	figure.Hour, 2 * figure.Hour, 3 * figure.Hour, 4 * figure.Hour, 6 * figure.Hour, 12 * figure.Hour,
	figure.Day, 2 * figure.Day, 3 * figure.Day, 5 * figure.Day, 7 * figure.Day, 10 * figure.Day, 14 * figure.Day,
	30 * figure.Day, 60 * figure.Day, 90 * figure.Day, 180 * figure.Day, 365 * figure.Day, 1000 * figure.Day, 3650 * figure.Day,
}

const (
	mostBars   = 24
	fewToShape = 50 // cases below which a histogram has no shape to show
)

// histogram shows how long cases take, if there are enough of them.
func (b *builder) histogram() *Histogram {
	d := b.in.Variants.CaseDuration
	if d == nil || d.N < fewToShape || d.Max == d.Min {
		return nil
	}
	const most = .975 // what is longer shares the last bar
	width := roundWidths[len(roundWidths)-1]
	for _, w := range roundWidths {
		if d.Quantile(most)/w <= mostBars-1 {
			width = w
			break
		}
	}
	h := &Histogram{Title: b.Say("long.title", words.Args{"cases": b.cases}), Width: width, Longest: float64(d.Max), Cases: b.cases, Note: b.throughput()}
	h.About = b.Say("long.about", words.Args{"width": b.Duration(width), "cases": b.cases, "half": b.quantile(d, .5), "most": b.quantile(d, .9)})
	bars := int(d.Quantile(most)/width) + 1
	below := int64(0)
	for i := range bars {
		upTo := countBelow(d, width*float64(i+1))
		h.Bars = append(h.Bars, Bar{Label: b.Word("between", "low", b.Duration(width*float64(i)), "high", b.Duration(width*float64(i+1))), N: upTo - below})
		below = upTo
	}
	if rest := d.N - below; rest > 0 {
		h.Bars = append(h.Bars, Bar{Label: b.Word("long.rest", "from", b.Duration(width*float64(bars))), N: rest})
	}
	for i := range h.Bars {
		h.Bars[i].Share = float64(h.Bars[i].N) / float64(d.N)
	}
	for _, m := range []struct {
		key string
		q   float64
	}{{"distribution.median", .5}, {"distribution.p90", .9}} {
		h.Marks = append(h.Marks, Mark{b.Word(m.key, "value", b.quantile(d, m.q)), d.Quantile(m.q)})
	}
	return h
}

// countBelow returns how many durations are shorter than us. Durations tell
// quantiles only, so it looks for the rank.
func countBelow(d *eventlog.Durations, us float64) int64 {
	return int64(sort.Search(int(d.N), func(rank int) bool {
		if d.N == 1 {
			return d.Quantile(0) >= us
		}
		// the middle of the step keeps rounding from falling to the rank before
		q := float64(rank) / float64(d.N-1)
		return d.Quantile(math.Min(q, 1)) >= us
	}))
}
