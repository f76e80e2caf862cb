package reports

import (
	"cmp"
	"math"
	"slices"

	"millrace/metrics"
	"millrace/reports/figure"
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
	a := args{"figure": withCurrency(k.Title, v), "now": valueSpan(v, true), "period": periodName(c.Now), "then": periodName(c.Before)}
	if n, ok := a["now"].(Span); ok {
		n.Note = c.note(k)
		a["now"] = n
	}
	switch {
	case !v.Known() && v.Used == 0 && v.Open > 0:
		a["n"] = figure.Plural(v.Open, k.One, k.Of)
		return say("lead.open", a)
	case !v.Known():
		a["why"] = c.why(v)
		return say("lead.none", a)
	case few(v):
		a["n"] = figure.Plural(v.Used, k.One, k.Of)
		return say("lead.few", a)
	case c.Before.Label == "":
		return append(say("lead.alone", a), c.besideText(s, v)...)
	}
	was := c.like(v, "", c.Before)
	if !was.Known() || few(was) {
		return append(say("lead.alone", a), c.besideText(s, v)...)
	}
	x := metrics.Compare(was, v)
	a["was"] = valueSpan(was, false)
	if x.Interval.Known() {
		a["low"], a["high"] = difference(v, x.Interval.Low), difference(v, x.Interval.High)
	}
	switch {
	case same(was, v):
		return append(say("lead.same", a), c.besideText(s, v)...)
	case x.Verdict == metrics.Unclear:
		return append(say("lead.unclear", a), c.besideText(s, v)...)
	}
	key := "lead.fell"
	if x.Delta > 0 {
		key = "lead.rose"
	}
	if x.Verdict == "" {
		key += ".plain"
	}
	t := say(key, a)
	t = append(t, c.causeText(s, v, x.Delta)...)
	return append(t, c.besideText(s, v)...)
}

// fewestOfChange is the share of a change below which no part of it is named.
const fewestOfChange = .15

// causeText says what most of a change comes of.
func (c *composer) causeText(s SentenceSpec, v metrics.Value, delta float64) Text {
	if s.By == "" && s.Within == "" {
		return nil
	}
	name := cmp.Or(s.Parts.Name, s.KPI.Name)
	parts, total := metrics.Contribute(c.Of(name, c.Grain, s.By, c.Before.Label), c.Of(name, c.Grain, s.By, c.Now.Label), s.Within)
	if math.IsNaN(total) || total == 0 {
		return nil
	}
	a := args{"total": contribution(v, total)}
	mean := v.KPI.Kind == metrics.DurationKind
	if mean && (total > 0) != (delta > 0) {
		return say("cause.against", a)
	}
	i := slices.IndexFunc(parts, func(p metrics.Part) bool {
		return (p.Delta > 0) == (total > 0) && math.Abs(p.Delta) >= fewestOfChange*math.Abs(total)
	})
	if i < 0 {
		return say("cause.spread", a)
	}
	p := parts[i]
	what := labelsText(p.By)
	if p.Mix {
		what = word("change.mix", "by", dimensionWord(s.By))
	}
	a["what"] = Span{Text: what, Strong: true}
	a["part"] = Span{Text: contribution(v, p.Delta), Ref: partRef(c.kpi(name), p, c.Now.Label)}
	a["total"] = Span{Text: contribution(v, total), Ref: &Ref{KPI: name, Of: "total", Period: c.Now.Label, Part: "contribution", Value: total}}
	key := "cause.rate"
	if mean {
		key = "cause.mean"
	}
	if math.Abs(p.Delta) > 1.02*math.Abs(total) { // beyond what rounding does
		key += ".more"
	}
	return say(key, a)
}

// besideText puts the best possible beside a figure.
func (c *composer) besideText(s SentenceSpec, v metrics.Value) Text {
	if s.Beside.Name == "" {
		return nil
	}
	for _, b := range c.all(s.Beside.Name, c.Now) {
		if currencyOf(b) == currencyOf(v) && b.Known() && !few(b) {
			span := valueSpan(b, true)
			span.Note = c.note(b.KPI)
			return say("lead.beside", args{"best": span, "figure": lowerFirst(b.KPI.Title)})
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
		"hours": Span{Text: figure.Hours(w.Avoidable), Strong: true, Note: c.defineAvoidable()}, "share": figure.Share(w.Avoidable / total), "cases": c.countCases(w.Cases), "clock": c.clockWord()}
	t := say("lead.wait", a)
	var amounts []string
	for _, m := range w.Value {
		if m.Amount > 0 {
			amounts = append(amounts, figure.Money(m.Currency, m.Amount))
		}
	}
	if len(amounts) > 0 {
		note := c.define(word("waiting-value.term"), word("waiting-value.doc", "cases", c.cases), "")
		t = append(t, say("lead.wait.value", args{"value": Span{Text: list(amounts), Strong: true, Note: note}})...)
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
		return say("lead.intime", args{"day": string(c.standing()[0].AsOf)})
	}
	note := c.define(word("levels.term"), word("levels.doc"), "")
	a := args{"n": Span{Text: figure.Count(worst.OpenBreached), Strong: true, Ref: levelRef(worst, "open_breached", worst.OpenBreached), Note: note},
		"level": figure.Isolated(worst.Rule.Title), "limit": c.limitText(worst), "owner": figure.Isolated(figure.Fit(cmp.Or(worst.Rule.Owner, figure.None), 20)), "day": string(worst.AsOf)}
	t := say("lead.late", a)
	if len(worst.Value) > 0 {
		t = append(t, say("lead.late.value", args{"value": Span{Text: amounts(worst.Value), Strong: true}})...)
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
