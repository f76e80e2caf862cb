package reports

import (
	"millrace/reports/figure"
	"millrace/reports/words"
)

// lead says the page in at most three sentences: the costliest wait, how
// uniform the process is, and how long and how smoothly it runs. A sentence
// the results do not support is not there.
func (b *builder) lead() *Lead {
	l := &Lead{}
	for _, s := range []Text{b.waitSentence(), b.variantSentence(), b.pulseSentence()} {
		if len(s) > 0 {
			l.Sentences = append(l.Sentences, s)
		}
	}
	return l
}

// noteOf returns the number of the footnote of a term, 0 if it has none.
func (b *builder) noteOf(term string) int {
	for _, f := range b.footnotes {
		if f.Term == term {
			return f.Number
		}
	}
	return 0
}

func (b *builder) waitSentence() Text {
	waits, _ := b.rankedWaits()
	if len(waits) == 0 || waits[0].Wait.Total() == 0 {
		return nil
	}
	w := waits[0]
	const longest = 16 // ems
	between := b.Word("lead.path", "from", figure.Isolated(figure.Fit(w.From, longest)), "to", figure.Isolated(figure.Fit(w.To, longest)))
	a := args{"path": Span{Text: between, Strong: true}, "median": Span{Text: b.quantile(w.Wait, .5), Note: b.noteOf(b.Word("wait.term"))},
		"n": b.countCases(w.Cases), "share": Span{Text: b.Share(w.Share), Note: b.noteOf(b.Word("wait.all.term"))}}
	var amounts []string
	for _, m := range w.Value {
		if m.Amount > 0 {
			amounts = append(amounts, b.Money(m.Currency, m.Amount))
		}
	}
	key := "flow.wait"
	switch {
	case len(amounts) > 0:
		key = "flow.wait.value"
		a["value"] = Span{Text: b.List(amounts), Strong: true, Note: b.noteOf(b.Word("waiting-value.term"))}
	case len(w.Value) > 0:
		key = "flow.wait.costliest"
	}
	return b.say(key, a)
}

func (b *builder) variantSentence() Text {
	v := b.in.Variants
	if len(v.Variants) == 0 || v.Cases == 0 {
		return nil
	}
	note := b.noteOf(b.Word("ways.share.term"))
	first := v.Variants[0]
	if len(v.Variants) == 1 {
		return b.say("flow.ways.same", args{"n": Span{Text: b.countCases(v.Cases).String(), Strong: true, Note: note}})
	}
	if first.Cases == 1 {
		return b.say("flow.ways.none", args{"cases": Span{Text: b.cases.Many, Strong: true, Note: note}})
	}
	a := args{"share": Span{Text: b.Share(first.Share), Strong: true, Note: note}, "cases": b.cases, "all": b.Count(int64(len(v.Variants)))}
	if ten := min(10, len(v.Variants)); ten < len(v.Variants) {
		a["n"], a["covered"] = b.Small(ten), b.Share(v.Variants[ten-1].Cumulative)
		return b.say("flow.ways.cover", a)
	}
	a["all"] = b.Small(len(v.Variants))
	return b.say("flow.ways.few", a)
}

// pulseSentence tells of cycle time, touchless share and DSO what is known; of
// a log without key figures it tells how long cases take.
func (b *builder) pulseSentence() Text {
	var parts []Text
	for _, v := range b.in.Tiles {
		key := "flow.pulse." + v.KPI.Name
		if !b.Has(key) || !v.Known() || v.Used == 0 || len(v.By) > 0 && b.many(v.KPI.Name) {
			continue
		}
		number, unit := b.valueParts(v)
		if unit != "" && unit != b.Percent {
			number += figure.NBSP
		}
		parts = append(parts, b.say(key, args{"value": Span{Text: number + unit, Strong: true, Note: b.noteOf(b.valueTitle(v))}}))
	}
	if len(parts) == 0 {
		return b.durationSentence()
	}
	text := parts[0]
	if n := len(parts); n > 1 {
		for _, p := range parts[1 : n-1] {
			text = append(append(text, Span{Text: ", "}), p...)
		}
		text = b.say("flow.pulse.and", args{"first": text, "last": parts[n-1]})
	}
	text[0].Text = words.Title(text[0].Text)
	return append(text, Span{Text: "."})
}

// many says that a KPI has several values, one a dimension.
func (b *builder) many(name string) bool {
	n := 0
	for _, v := range b.in.Tiles {
		if v.KPI.Name == name {
			n++
		}
	}
	return n > 1
}

func (b *builder) durationSentence() Text {
	d := b.in.Variants.CaseDuration
	if d == nil || d.N < fewObjects || d.Max == 0 {
		return nil
	}
	return b.say("flow.duration", args{"cases": b.cases, "half": Span{Text: b.quantile(d, .5), Strong: true, Note: b.noteOf(b.Word("throughput.term"))},
		"most": Span{Text: b.quantile(d, .9), Strong: true}})
}
