package reports

import (
	"fmt"
	"strings"

	"millrace/reports/figure"
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
	text := Text{
		{Text: "The wait that adds up to most is between "},
		{Text: "“" + figure.Isolated(figure.Fit(w.From, longest)) + "” and “" + figure.Isolated(figure.Fit(w.To, longest)) + "”", Strong: true},
		{Text: ": "},
		{Text: quantile(w.Wait, .5) + " at the median", Note: b.noteOf("Wait")},
		{Text: fmt.Sprintf(" in %s, ", b.countCases(w.Cases))},
		{Text: figure.Share(w.Share) + " of all waiting", Note: b.noteOf("Waiting in all")},
	}
	var amounts []string
	for _, m := range w.Value {
		if m.Amount > 0 {
			amounts = append(amounts, figure.Money(m.Currency, m.Amount))
		}
	}
	if len(amounts) > 0 {
		text = append(text, Span{Text: ", with "},
			Span{Text: list(amounts), Strong: true, Note: b.noteOf("Value waiting")}, Span{Text: " standing there on average"})
	}
	if len(w.Value) > 0 {
		text[0].Text = "The costliest wait is between "
	}
	return append(text, Span{Text: "."})
}

func (b *builder) variantSentence() Text {
	v := b.in.Variants
	if len(v.Variants) == 0 || v.Cases == 0 {
		return nil
	}
	note := b.noteOf("Share of a variant")
	first := v.Variants[0]
	if len(v.Variants) == 1 {
		return Text{{Text: "All " + b.countCases(v.Cases), Strong: true, Note: note}, {Text: " go the same way."}}
	}
	if first.Cases == 1 {
		return Text{{Text: "No two " + b.cases, Strong: true, Note: note}, {Text: " go the same way."}}
	}
	text := Text{{Text: figure.Share(first.Share) + " of the " + b.cases, Strong: true, Note: note}, {Text: " go the most frequent way"}}
	if ten := min(10, len(v.Variants)); ten < len(v.Variants) {
		text = append(text, Span{Text: fmt.Sprintf("; the %s most frequent of %s ways cover %s", small(ten), figure.Count(int64(len(v.Variants))), figure.Share(v.Variants[ten-1].Cumulative))})
	} else {
		text = append(text, Span{Text: fmt.Sprintf("; there are %s ways in all", small(len(v.Variants)))})
	}
	return append(text, Span{Text: "."})
}

// pulseSentence tells of cycle time, touchless share and DSO what is known; of
// a log without key figures it tells how long cases take.
func (b *builder) pulseSentence() Text {
	var parts []Text
	for _, v := range b.in.Tiles {
		if !v.Known() || v.Used == 0 || len(v.By) > 0 && b.many(v.KPI.Name) {
			continue
		}
		note := b.noteOf(valueTitle(v))
		number, unit := valueParts(v)
		switch v.KPI.Name {
		case "order_cycle_time_p50":
			parts = append(parts, Text{{Text: "half of the paid orders took less than "}, {Text: number + figure.NBSP + unit, Strong: true, Note: note}, {Text: " from entry to cash"}})
		case "touchless_share":
			parts = append(parts, Text{{Text: number + unit, Strong: true, Note: note}, {Text: " of the billed ones passed without a human touch"}})
			if len(parts) == 1 {
				parts[0][1].Text = " of the billed orders passed without a human touch"
			}
		case "dso.simple":
			parts = append(parts, Text{{Text: "receivables stand at "}, {Text: number + " days of sales", Strong: true, Note: note}})
		}
	}
	if len(parts) == 0 {
		return b.durationSentence()
	}
	var text Text
	for i, p := range parts {
		switch {
		case i > 0 && i == len(parts)-1:
			text = append(text, Span{Text: ", and "})
			if len(parts) == 2 {
				text[len(text)-1].Text = " and "
			}
		case i > 0:
			text = append(text, Span{Text: ", "})
		}
		text = append(text, p...)
	}
	text[0].Text = title(text[0].Text)
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
	return Text{{Text: "Half of the " + b.cases + " take less than "}, {Text: quantile(d, .5), Strong: true, Note: b.noteOf("Throughput time")},
		{Text: ", one in twenty takes more than "}, {Text: quantile(d, .95), Strong: true}, {Text: "."}}
}

// list writes words with commas and a final and.
func list(words []string) string {
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
	return strings.Join(words, "")
}
