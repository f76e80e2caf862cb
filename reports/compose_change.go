package reports

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"millrace/metrics"
	"millrace/reports/figure"
	"millrace/reports/words"
)

// buildChange says what a change from the period before comes of. The rows add
// up to the last one.
func (c *composer) buildChange(s *ChangeSpec) Block {
	k := c.kpi(s.KPI.Name)
	whole := k
	if s.Of.Name != "" {
		whole = c.kpi(s.Of.Name)
	}
	t := &Table{ID: c.id(), Title: cmp.Or(c.worded(s.Title), c.Word("change.title", "figure", c.titled(whole)))}
	if c.Before.Label == "" {
		return &Prose{Paragraphs: []string{c.Word("change.nobefore", "title", t.Title)}}
	}
	now, before := c.Of(k.Name, c.Grain, s.By.Name, c.Now.Label), c.Of(k.Name, c.Grain, s.By.Name, c.Before.Label)
	parts, total := metrics.Contribute(before, now, s.Within)
	if math.IsNaN(total) {
		return &Prose{Paragraphs: []string{c.Word("change.none", "title", t.Title)}}
	}
	v := now[0]
	mean := c.Word("change.rate")
	if whole.Kind == metrics.DurationKind || s.Within != "" {
		mean = c.Word("change.mean")
	}
	note := c.define(c.Word("change.term"), c.Word("change.doc"), "")
	t.About = strings.TrimSpace(c.worded(s.About) + " " + c.Word("change.about", "mean", mean, "then", c.periodName(c.Before), "now", c.periodName(c.Now)))
	t.Columns = []Column{{Head: c.Word("head.from"), Words: true}, {Head: c.periodName(c.Before)}, {Head: c.periodName(c.Now)}, {Head: c.Word("head.contribution"), Bar: true, Note: note}}
	most := cmp.Or(s.Most, 10)
	top := 0.0
	for _, p := range parts {
		top = max(top, math.Abs(p.Delta))
	}
	rest, others := 0.0, 0
	state := func(x float64) State {
		switch {
		case x == 0 || k.Better == "":
			return Neither
		case (x > 0) == (k.Better == metrics.Higher):
			return Good
		}
		return Bad
	}
	for i, p := range parts {
		if i >= most {
			rest += p.Delta
			others++
			continue
		}
		name := c.labelsText(p.By)
		if p.Mix {
			name = c.Word("change.mix", "by", c.dimensionWord(s.By.Name))
		}
		t.Rows = append(t.Rows, Row{{Text: name}, {Text: c.phrase(v, p.Before)}, {Text: c.phrase(v, p.Now)},
			{Text: c.contribution(v, p.Delta), Bar: math.Abs(p.Delta) / max(top, 1e-12), State: state(p.Delta), Ref: partRef(k, p, c.Now.Label)}})
	}
	if others > 0 {
		t.Rows = append(t.Rows, Row{{Text: c.Word("change.others", "n", c.Count(int64(others)))}, {Text: figure.None}, {Text: figure.None}, {Text: c.contribution(v, rest), Bar: math.Abs(rest) / max(top, math.Abs(rest), 1e-12),
			Ref: &Ref{KPI: k.Name, Of: "others", Period: c.Now.Label, Part: "contribution", Value: rest}}})
	}
	t.Rows = append(t.Rows, Row{{Text: c.Word("change.total")}, {Text: figure.None}, {Text: figure.None}, {Text: c.contribution(v, total), Ref: &Ref{KPI: k.Name, Of: "total", Period: c.Now.Label, Part: "contribution", Value: total}}})
	return t
}

// partRef says which part of a change a number is.
func partRef(k *metrics.KPI, p metrics.Part, period string) *Ref {
	of := "mix"
	if !p.Mix {
		of = refOf(metrics.Value{KPI: k, By: p.By}, "", 0).Of
	}
	return &Ref{KPI: k.Name, Of: of, Period: period, Part: "contribution", Value: p.Delta}
}

// buildSegments shows what a whole is made of, now and before.
func (c *composer) buildSegments(s *ChangeSpec) Block {
	k := c.kpi(s.KPI.Name)
	st := &Stack{ID: c.id(), Title: cmp.Or(c.worded(s.Title), c.Word("segments.title")), About: c.worded(s.About), Note: c.note(k)}
	periods := []metrics.Period{c.Now}
	for _, p := range []metrics.Period{c.Before, c.Season} {
		if p.Label != "" && !slices.ContainsFunc(periods, func(x metrics.Period) bool { return x.Label == p.Label }) {
			periods = append(periods, p)
		}
	}
	var order []string
	of := map[string]map[string]metrics.Value{}
	longest := 0.0
	var one metrics.Value
	for _, p := range periods {
		of[p.Label] = map[string]metrics.Value{}
		sum := 0.0
		for _, v := range c.Of(k.Name, c.Grain, s.By.Name, p.Label) {
			if len(v.By) == 0 || !v.Known() {
				continue
			}
			one = v
			l := v.By[0].Value
			of[p.Label][l] = v
			if !slices.Contains(order, l) {
				order = append(order, l)
			}
			sum += max(0, v.V)
		}
		longest = max(longest, sum)
	}
	if longest == 0 {
		return &Prose{Paragraphs: []string{c.Word("by.none", "title", st.Title, "why", c.why(c.whole(k.Name, c.Now)))}}
	}
	slices.SortFunc(order, func(a, b string) int { return cmp.Or(cmp.Compare(stepOrder(a), stepOrder(b)), cmp.Compare(a, b)) })
	t := &Table{Columns: []Column{{Head: c.Word("head.segment"), Words: true}}}
	periods = slices.DeleteFunc(periods, func(p metrics.Period) bool { return len(of[p.Label]) == 0 })
	for _, p := range periods {
		t.Columns = append(t.Columns, Column{Head: c.periodName(p)})
		bar := StackBar{Label: c.periodName(p)}
		at := 0.0
		for i, l := range order {
			v, ok := of[p.Label][l]
			if !ok || v.V <= 0 {
				continue
			}
			bar.Parts = append(bar.Parts, StackPart{Name: c.labelText(v.By[0]), Text: c.phrase(v, v.V), From: at / longest, To: (at + v.V) / longest, Tone: i})
			at += v.V
		}
		if one.KPI != nil {
			bar.Label = c.Word("segments.bar", "period", c.periodName(p), "total", c.phrase(one, at))
		}
		st.Bars = append(st.Bars, bar)
	}
	for _, l := range order {
		row := Row{{Text: c.labelText(metrics.Label{Dimension: one.By[0].Dimension, Value: l})}}
		for _, p := range periods {
			v, ok := of[p.Label][l]
			if !ok {
				row = append(row, Cell{Text: figure.None})
				continue
			}
			row = append(row, c.valueCell(v))
		}
		t.Rows = append(t.Rows, row)
		st.Parts = append(st.Parts, row[0].Text)
	}
	st.Table = t
	return st
}

// stepOrder is where a segment of order to cash stands on the way.
func stepOrder(step string) int {
	way := []string{"capture", "validate", "credit", "allocate", "warehouse_queue", "pick_pack", "ship", "transit", "bill", "post", "collect", "apply", "unexplained"}
	if i := slices.Index(way, step); i >= 0 {
		return i
	}
	return len(way)
}

func (c *composer) buildDistribution(s *DistSpec) Block {
	v := c.whole(s.KPI.Name, c.Now)
	d := c.Distributions[s.KPI.Name]
	h := &Columns{ID: c.id(), Title: cmp.Or(c.worded(s.Title), c.Word("distribution.title", "figure", c.titled(v.KPI))), Note: c.note(v.KPI)}
	if d == nil || !v.Known() || few(v) {
		return &Prose{Paragraphs: []string{c.Word("by.none", "title", h.Title, "why", c.why(v))}}
	}
	bars := d.Counts
	for len(bars) > 1 && bars[len(bars)-1] == 0 {
		bars = bars[:len(bars)-1]
	}
	h.About = strings.TrimSpace(c.worded(s.About) + " " + c.Say("distribution.about", words.Args{"width": c.phrase(v, d.Width), "n": c.counted(v.Used, v.KPI), "period": c.periodName(c.Now)}))
	h.Table = &Table{Columns: []Column{{Head: c.Word("head.duration"), Words: true}, {Head: words.Title(c.nouns(v.KPI).Many)}, {Head: c.Word("head.share"), Bar: true}}}
	most := slices.Max(bars)
	for i, n := range bars {
		label := c.Word("distribution.bar", "from", c.Number(d.Width*float64(i), 2), "to", c.phrase(v, d.Width*float64(i+1)))
		if i == len(d.Counts)-1 {
			label = c.Word("distribution.rest", "from", c.phrase(v, d.Width*float64(i)), "max", c.phrase(v, d.Max))
		}
		share := float64(n) / float64(max(v.Used, 1))
		h.Bars = append(h.Bars, Bar{Label: label, N: n, Share: share})
		h.Table.Rows = append(h.Table.Rows, Row{{Text: label}, {Text: c.Count(n)}, {Text: c.Share(share), Bar: float64(n) / float64(max(most, 1))}})
	}
	for i := range bars {
		h.Ticks = append(h.Ticks, Tick{float64(i), c.Number(d.Width*float64(i), 2)})
	}
	h.Marks = append(h.Marks, BarMark{c.Word("distribution.median", "value", c.phrase(v, v.P50)), v.P50 / d.Width})
	if !math.IsNaN(v.P90) {
		h.Marks = append(h.Marks, BarMark{c.Word("distribution.p90", "value", c.phrase(v, v.P90)), v.P90 / d.Width})
	}
	return h
}

func (c *composer) buildWorst(s *WorstSpec) Block {
	v := c.whole(s.KPI.Name, c.Now)
	k := v.KPI
	t := &Table{ID: c.id(), Title: cmp.Or(c.worded(s.Title), c.Word("worst.title", "figure", c.titled(k)))}
	cases := c.Worst[k.Name]
	if len(cases) == 0 {
		return &Prose{Paragraphs: []string{c.Word("by.none", "title", t.Title, "why", c.why(v))}}
	}
	cases = cases[:min(len(cases), cmp.Or(s.Most, mostWorst))]
	t.About = strings.TrimSpace(c.worded(s.About) + " " + c.Say("worst.about", words.Args{"n": c.Count(int64(len(cases))), "all": c.counted(v.Used, k), "command": c.sampleCommand(k)}))
	t.Columns = []Column{{Head: words.Title(c.nouns(k).One), Words: true}, {Head: c.Word("head.value"), Bar: true, Note: c.note(k)}}
	for _, x := range cases {
		of := v
		of.Currency = cmp.Or(x.Currency, v.Currency)
		t.Rows = append(t.Rows, Row{named(x.Key), {Text: c.phrase(of, x.V), Bar: x.V / max(cases[0].V, 1e-12)}})
	}
	return t
}
