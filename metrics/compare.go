package metrics

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"millrace/eventlog"
)

// A Comparison is a figure of two periods.
type Comparison struct {
	Before, Now Value
	Delta       float64  // Now − Before, in the figure's unit; NaN if one is not known
	Interval    Interval // of Delta
	Verdict     Verdict
	Notes       []eventlog.Note
}

// A Verdict says what became of a figure.
type Verdict string

// The verdicts there are; "" is that nobody can tell: a count or a sum is not
// a sample of something, and a few objects say nothing.
const (
	IsBetter Verdict = "better"
	IsWorse  Verdict = "worse"
	IsHigher Verdict = "higher" // of a figure that is neither better nor worse
	IsLower  Verdict = "lower"
	Unclear  Verdict = "no clear change" // the interval holds 0
)

// Compare says how a figure differs from what it was before, and in 95 of 100
// pairs of samples like these by how much.
//
// The interval is made of those of the two: of rates, of Wilson's, which is
// method 10 of Newcombe (1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I);
// of quantiles, of the distances of their order statistics, as Price and Bonett
// do (2002, doi:10.1080/00949650215859); of ratios, of their standard errors.
// All are one formula (Zou and Donner 2008, doi:10.1002/sim.3095): with limits l and u
// of each,
//
//	now − before − √((now−l)² + (u₀−before)²) … + √((u−now)² + (before−l₀)²)
//
// It takes the two for independent of each other.
//
// Law: the other way round, difference and interval have the other sign.
func Compare(before, now Value) Comparison {
	c := Comparison{Before: before, Now: now, Delta: now.V - before.V, Interval: Interval{math.NaN(), math.NaN()}}
	note := func(code, text string) { c.Notes = append(c.Notes, eventlog.Note{Code: code, Text: text}) }
	a, b := before.Interval, now.Interval
	switch {
	case math.IsNaN(c.Delta):
		why := "One of the two is not known, so that nothing can be compared."
		for _, v := range []Value{before, now} {
			if !v.Known() && len(v.Notes) > 0 {
				why = v.Notes[0].Text
			}
		}
		note("nothing", why)
		return c
	case before.Few() || now.Few():
		note("few", fmt.Sprintf("They rest on %d and %d %s: too few to tell.", before.Used, now.Used, now.KPI.Of))
		return c
	case !a.Known() || !b.Known():
		note("no-interval", "It is a number of what there was and no sample, so that there is no saying what is chance.")
		return c
	}
	c.Interval.Low = c.Delta - math.Hypot(now.V-b.Low, a.High-before.V)
	c.Interval.High = c.Delta + math.Hypot(b.High-now.V, before.V-a.Low)
	c.Verdict = verdict(c.Interval, now.KPI.Better)
	return c
}

func verdict(i Interval, better Better) Verdict {
	rose := i.Low > 0
	switch {
	case i.Low <= 0 && i.High >= 0:
		return Unclear
	case better == Higher && rose || better == Lower && !rose:
		return IsBetter
	case better != "":
		return IsWorse
	case rose:
		return IsHigher
	}
	return IsLower
}

// CompareAll compares the values of the same figure and dimensions; what only
// one of the two has is compared with nothing.
func CompareAll(before, now []Value) []Comparison {
	var list []Comparison
	key := func(v Value) string { return fmt.Sprintf("%q %q", v.KPI.Name, v.By) }
	used := map[string]bool{}
	for _, v := range now {
		b := v.KPI.nothing()
		b.By = v.By
		if i := slices.IndexFunc(before, func(x Value) bool { return key(x) == key(v) }); i >= 0 {
			b = before[i]
		}
		used[key(v)] = true
		list = append(list, Compare(b, v))
	}
	for _, b := range before {
		if used[key(b)] {
			continue
		}
		v := b.KPI.nothing()
		v.By = b.By
		list = append(list, Compare(b, v))
	}
	return list
}

// Span says from which day to which there is data.
func Span(ctx context.Context, q Querier, o Options) (first, last Day, err error) {
	a, err := newAsking(ctx, q, o)
	if err != nil {
		return "", "", err
	}
	return DayOf(a.firstAt.In(a.zone)), a.end.day, nil
}

// YearBefore is the same day a year before; of 29 February, the 28th.
func (d Day) YearBefore() Day {
	t := d.In(time.UTC)
	b := t.AddDate(-1, 0, 0)
	if b.Month() != t.Month() {
		b = b.AddDate(0, 0, -b.Day())
	}
	return DayOf(b)
}

type comparisonJSON struct {
	Before   Value           `json:"before"`
	Now      Value           `json:"now"`
	Delta    *float64        `json:"difference"`
	Relative *float64        `json:"relative"` // difference / before
	Interval *[2]float64     `json:"interval"`
	Verdict  *Verdict        `json:"verdict"`
	Notes    []eventlog.Note `json:"notes"`
}

// MarshalJSON writes c as the command line's stable JSON.
func (c Comparison) MarshalJSON() ([]byte, error) {
	out := comparisonJSON{Before: c.Before, Now: c.Now, Notes: c.Notes}
	if !math.IsNaN(c.Delta) {
		out.Delta = &c.Delta
		if r := c.Delta / c.Before.V; !math.IsNaN(r) && !math.IsInf(r, 0) {
			out.Relative = &r
		}
	}
	if c.Interval.Known() {
		out.Interval = &[2]float64{c.Interval.Low, c.Interval.High}
	}
	if c.Verdict != "" {
		out.Verdict = &c.Verdict
	}
	if out.Notes == nil {
		out.Notes = []eventlog.Note{}
	}
	return json.Marshal(out)
}
