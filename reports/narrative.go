package reports

import (
	"cmp"
	"math"
	"slices"

	"millrace/metrics"
	"millrace/reports/figure"
	"millrace/reports/words"
)

// buildLead says a page in sentences. Each is made of the figures and of their
// intervals alone; a sentence that the results do not support is not there.
func (c *composer) buildLead(s *LeadSpec) Block {
	l := &Lead{}
	for _, x := range s.Of {
		var t Text
		switch x.What {
		case "wait":
			t = c.waitText()
		case "late":
			t = c.lateText()
		default:
			t = c.changeText(x)
		}
		if len(t) > 0 {
			l.Sentences = append(l.Sentences, t)
		}
	}
	if len(l.Sentences) == 0 {
		return nil
	}
	return l
}

// changeText says what became of a figure since the period before, and what
// that comes of.
func (c *composer) changeText(s SentenceSpec) Text {
	v := c.whole(s.KPI.Name, c.Now)
	k := v.KPI
	a := args{"figure": c.withCurrency(c.titled(k), v), "now": c.valueSpan(v, true), "period": c.periodName(c.Now), "then": c.periodName(c.Before)}
	if n, ok := a["now"].(Span); ok {
		n.Note = c.note(k)
		a["now"] = n
	}
	switch {
	case !v.Known() && v.Used == 0 && v.Open > 0:
		a["n"] = c.counted(v.Open, k)
		return c.say("lead.open", a)
	case !v.Known():
		a["why"] = c.why(v)
		return c.say("lead.none", a)
	case few(v):
		a["n"] = c.counted(v.Used, k)
		return c.say("lead.few", a)
	case c.Before.Label == "":
		return append(c.say("lead.alone", a), c.besideText(s, v)...)
	}
	was := c.like(v, "", c.Before)
	if !was.Known() || few(was) {
		return append(c.say("lead.alone", a), c.besideText(s, v)...)
	}
	x := metrics.Compare(was, v)
	a["was"] = c.valueSpan(was, false)
	if x.Interval.Known() {
		a["low"], a["high"] = c.difference(v, x.Interval.Low), c.difference(v, x.Interval.High)
	}
	switch {
	case c.same(was, v):
		return append(c.say("lead.same", a), c.besideText(s, v)...)
	case x.Verdict == metrics.Unclear:
		return append(c.say("lead.unclear", a), c.besideText(s, v)...)
	}
	key := "lead.fell"
	if x.Delta > 0 {
		key = "lead.rose"
	}
	if x.Verdict == "" {
		key += ".plain"
	}
	t := c.say(key, a)
	t = append(t, c.causeText(s, v, x.Delta)...)
	return append(t, c.besideText(s, v)...)
}

// fewestOfChange is the share of a change below which no part of it is named.
const fewestOfChange = .15

// causeText says what most of a change comes of.
func (c *composer) causeText(s SentenceSpec, v metrics.Value, delta float64) Text {
	if s.By.Name == "" && s.Within == "" {
		return nil
	}
	name := cmp.Or(s.Parts.Name, s.KPI.Name)
	parts, total := metrics.Contribute(c.Of(name, c.Grain, s.By.Name, c.Before.Label), c.Of(name, c.Grain, s.By.Name, c.Now.Label), s.Within)
	if math.IsNaN(total) || total == 0 {
		return nil
	}
	a := args{"total": c.contribution(v, total)}
	mean := v.KPI.Kind == metrics.DurationKind
	if mean && (total > 0) != (delta > 0) {
		return c.say("cause.against", a)
	}
	i := slices.IndexFunc(parts, func(p metrics.Part) bool {
		return (p.Delta > 0) == (total > 0) && math.Abs(p.Delta) >= fewestOfChange*math.Abs(total)
	})
	if i < 0 {
		return c.say("cause.spread", a)
	}
	p := parts[i]
	what := c.labelsText(p.By)
	if p.Mix {
		what = c.Word("change.mix", "by", c.dimensionWord(s.By.Name))
	}
	a["what"] = Span{Text: what, Strong: true}
	a["part"] = Span{Text: c.contribution(v, p.Delta), Ref: partRef(c.kpi(name), p, c.Now.Label)}
	a["total"] = Span{Text: c.contribution(v, total), Ref: &Ref{KPI: name, Of: "total", Period: c.Now.Label, Part: "contribution", Value: total}}
	key := "cause.rate"
	if mean {
		key = "cause.mean"
	}
	if math.Abs(p.Delta) > 1.02*math.Abs(total) { // beyond what rounding does
		key += ".more"
	}
	return c.say(key, a)
}

// besideText puts the best possible beside a figure.
func (c *composer) besideText(s SentenceSpec, v metrics.Value) Text {
	if s.Beside.Name == "" {
		return nil
	}
	for _, b := range c.all(s.Beside.Name, c.Now) {
		if currencyOf(b) == currencyOf(v) && b.Known() && !few(b) {
			span := c.valueSpan(b, true)
			span.Note = c.note(b.KPI)
			return c.say("lead.beside", args{"best": span, "figure": c.lowerFirst(c.titled(b.KPI))})
		}
	}
	return nil
}

// waitText names the hand-over where most can be saved.
func (c *composer) waitText() Text {
	waits, _, total := c.avoidable()
	if len(waits) == 0 || total == 0 {
		return nil
	}
	w := waits[0]
	const longest = 16 // ems
	a := args{"from": figure.Isolated(figure.Fit(w.From, longest)), "to": figure.Isolated(figure.Fit(w.To, longest)),
		"hours": Span{Text: c.Hours(w.Avoidable), Strong: true, Note: c.defineAvoidable()}, "share": c.Share(w.Avoidable / total), "cases": c.countCases(w.Cases), "clock": c.clockWord()}
	t := c.say("lead.wait", a)
	var amounts []string
	for _, m := range w.Value {
		if m.Amount > 0 {
			amounts = append(amounts, c.Money(m.Currency, m.Amount))
		}
	}
	if len(amounts) > 0 {
		note := c.define(c.Word("waiting-value.term"), c.Say("waiting-value.doc", words.Args{"cases": c.cases}), "")
		t = append(t, c.say("lead.wait.value", args{"value": Span{Text: c.List(amounts), Strong: true, Note: note}})...)
	}
	return t
}

// lateText names the service level with most beyond its limit, by value at stake.
func (c *composer) lateText() Text {
	main := c.mainStake()
	var worst metrics.Standing
	most := -1.0
	late := 0
	for _, s := range c.standing() {
		if s.OpenBreached == 0 {
			continue
		}
		late++
		x := float64(s.OpenBreached) / 1e9 // where nothing has a value, most objects
		for _, m := range s.Value {
			if m.Currency == main {
				x += m.Amount
			}
		}
		if x > most {
			worst, most = s, x
		}
	}
	if len(c.standing()) == 0 {
		return nil
	}
	if late == 0 {
		return c.say("lead.intime", args{"day": c.day(c.standing()[0].AsOf)})
	}
	note := c.define(c.Word("levels.term"), c.Word("levels.doc"), "")
	a := args{"n": Span{Text: c.Count(worst.OpenBreached), Strong: true, Ref: levelRef(worst, "open_breached", worst.OpenBreached), Note: note},
		"level": figure.Isolated(c.Text(worst.Rule.Title)), "limit": c.limitText(worst), "owner": figure.Isolated(figure.Fit(cmp.Or(c.Text(worst.Rule.Owner), figure.None), 20)), "day": c.day(worst.AsOf)}
	t := c.say("lead.late", a)
	if len(worst.Value) > 0 {
		t = append(t, c.say("lead.late.value", args{"value": Span{Text: c.amounts(worst.Value), Strong: true}})...)
	}
	return t
}

// mainStake is the currency of most of what is late.
func (c *composer) mainStake() string {
	n := map[string]int{}
	for _, s := range c.Standings {
		for _, m := range s.Value {
			n[m.Currency]++
		}
	}
	main, most := "", 0
	for cur, k := range n {
		if k > most || k == most && cur < main {
			main, most = cur, k
		}
	}
	return main
}
