package main

import (
	"fmt"
	"math"
	"strings"

	"millrace/eventlog"
	"millrace/metrics"
	"millrace/reports"
)

// compare prints figures of two periods side by side, and of the same days of
// the year before.
func (c *kpiCmd) compare(e *env, s *eventlog.Store, kpis []*metrics.KPI, o metrics.Options) error {
	from, to, ok := strings.Cut(c.Baseline, "..")
	if !ok {
		return usageError{fmt.Errorf("--baseline: %q is not FROM..TO, as 2025-01-01..2025-03-31", c.Baseline)}
	}
	b := o
	for _, d := range []struct {
		text string
		to   *metrics.Day
	}{{from, &b.From}, {to, &b.To}} {
		day, err := metrics.ParseDay(d.text)
		if err != nil {
			return usageError{fmt.Errorf("--baseline: %w", err)}
		}
		*d.to = day
	}
	switch {
	case o.Grain != "":
		return usageError{fmt.Errorf("--baseline compares one period with another; leave out --period")}
	case o.From == "":
		return usageError{fmt.Errorf("--baseline: compare it with what? Say --from, and --to")}
	}
	first, last, err := metrics.Span(e, s.Query, o)
	if err != nil {
		return err
	}
	if o.To == "" {
		o.To = last
	}
	now, err := metrics.Evaluate(e, s.Query, kpis, o)
	if err != nil {
		return err
	}
	if err := e.marked(s, kpis, now, o); err != nil {
		return err
	}
	before, err := metrics.Evaluate(e, s.Query, kpis, b)
	if err != nil {
		return err
	}
	list := metrics.CompareAll(before, now)
	year := o
	year.From, year.To = o.From.YearBefore(), o.To.YearBefore()
	var season []metrics.Comparison
	if year.From >= first {
		values, err := metrics.Evaluate(e, s.Query, kpis, year)
		if err != nil {
			return err
		}
		season = metrics.CompareAll(values, now)
	}
	if c.JSON {
		return printJSON(e.Stdout, struct {
			AsOf       metrics.Day          `json:"as_of"`
			Baseline   string               `json:"baseline"`
			Period     string               `json:"period"`
			Compared   []metrics.Comparison `json:"compared"`
			YearBefore []metrics.Comparison `json:"year_before"` // null: the data does not reach so far
		}{last, string(b.From) + ".." + string(b.To), string(o.From) + ".." + string(o.To), list, season})
	}
	fmt.Fprintf(e.Stdout, "%s..%s, compared with %s..%s\n\n", o.From, o.To, b.From, b.To)
	if err := comparedTable(list).write(e.Stdout); err != nil {
		return err
	}
	if season == nil {
		_, err := fmt.Fprintf(e.Stdout, "\nThere is no %s..%s to compare with: the data begins with %s.\n", year.From, year.To, first)
		return err
	}
	fmt.Fprintf(e.Stdout, "\nwith the same days of the year before, %s..%s\n\n", year.From, year.To)
	return comparedTable(season).write(e.Stdout)
}

func comparedTable(list []metrics.Comparison) *table {
	t := newTable("figure", "of", " before", " now", "", " difference", "95 % between", "verdict", "")
	for _, c := range list {
		x, _ := reports.FigureText(c.Before)
		y, unit := reports.FigureText(c.Now)
		difference, interval, note := "", "", ""
		if !math.IsNaN(c.Delta) && !c.Before.Few() && !c.Now.Few() {
			difference = signed(c.Now, c.Delta)
		}
		if c.Interval.Known() {
			interval = signed(c.Now, c.Interval.Low) + " to " + signed(c.Now, c.Interval.High)
		}
		if len(c.Notes) > 0 {
			note = c.Notes[0].Text
		}
		of := c.Now
		of.Period = ""
		t.add(c.Now.KPI.Name, ofText(of), x, y, unit, difference, interval, string(c.Verdict), note)
	}
	return t
}

// signed words a difference of a figure; that of shares is in points.
func signed(v metrics.Value, x float64) string {
	text, _ := reports.FigureNumber(v, math.Abs(x))
	switch {
	case x < 0:
		return "−" + text
	case x > 0:
		return "+" + text
	}
	return text
}
