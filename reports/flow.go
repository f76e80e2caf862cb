package reports

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"millrace/eventlog"
	"millrace/metrics"
	"millrace/mining"
	"millrace/reports/figure"
	"millrace/reports/words"
)

// FlowInput is what the first page is built from. What is missing is left out
// of the page; only Variants is needed.
type FlowInput struct {
	Title  string // by default "How work flows"
	Source string // where the data came from, as people say it
	Cases  string // what a case is called, in the plural, in English; by default "cases"
	Maker  string // "millrace 0.1.0"
	// Language is what the page is written in; nil is English.
	Language *words.Language

	// First and Last are the times of the earliest and the latest event, in
	// the time zone they are to be shown in. Loaded is when the data was read
	// from its source, zero if not known. None of them is the time of the report.
	First, Last, Loaded time.Time
	// LeftOut is what the page does not look at: rejected rows, filtered cases.
	LeftOut []LeftOut

	Tiles    []metrics.Value     // none: tiles of the log itself
	Levels   []Level             // of the map, the least detailed first
	Variants *mining.Variants    // all of them: what is not listed is still counted
	Waits    *mining.Bottlenecks // the costliest first
	// Agreed says of a wait that it was agreed on, such as a term of payment;
	// it is named, but it is no bottleneck.
	Agreed func(from, to string) bool

	Ways   Ways
	Models map[string]*ModelFacts // that blocks of pages show, by ModelSpec.Key
	Sample []mining.SampledCase   // to be replayed on the map, by their first time; none: no replay

	Definitions []Definition
	Notes       []eventlog.Note
}

// LeftOut says how much of something the page does not look at.
type LeftOut struct {
	N    int64
	What string // with its noun, in English: "rows rejected on load"
}

// A Definition explains a word that readers may not know.
type Definition struct{ Term, Text string }

// Limits of what the page lists.
const (
	mostWaits    = 10
	mostVariants = 10
)

// Flow builds the page that says how work flows: the key figures, where it
// waits, the process map, the most frequent ways.
func Flow(in FlowInput) *Page {
	b := newBuilder(in)
	tiles := b.tiles() // first: its footnotes are first
	table := b.waits()
	histogram := b.histogram()
	flow := b.flowMap()
	variants := b.variants()
	lead := b.lead() // refers to the footnotes of all others
	for _, d := range in.Definitions {
		b.define(d.Term, d.Text, "")
	}
	p := &Page{
		Title:    cmp.Or(in.Title, b.Word("how.title")),
		Language: b.Language,
		Source:   in.Source,
		Facts:    b.facts(),
		Maker:    in.Maker,
	}
	if !in.Last.IsZero() {
		p.AsOf = in.Last.Format(time.DateOnly)
	}
	if len(lead.Sentences) > 0 {
		p.Blocks = append(p.Blocks, lead)
	}
	p.Blocks = append(p.Blocks, tiles)
	if histogram != nil {
		p.Blocks = append(p.Blocks, histogram)
	}
	if table != nil {
		p.Blocks = append(p.Blocks, table)
	}
	p.Blocks = append(p.Blocks, flow, variants)
	p.Blocks = append(p.Blocks, &Footnotes{Notes: b.footnotes})
	if notes := b.notes(); len(notes) > 0 {
		p.Blocks = append(p.Blocks, &Notes{Notes: notes})
	}
	return p
}

// A builder collects footnotes while the blocks are built.
type builder struct {
	speech
	in        FlowInput
	cases     words.Noun
	footnotes []Footnote
}

func newBuilder(in FlowInput) *builder {
	b := &builder{speech: speaking(in.Language), in: in}
	many := cmp.Or(in.Cases, "cases")
	b.cases = b.Noun(strings.TrimSuffix(many, "s"), many)
	if in.Variants == nil {
		b.in.Variants = &mining.Variants{CaseDuration: &eventlog.Durations{}}
	}
	return b
}

// define adds a footnote and returns its number; the same term has one.
func (b *builder) define(term, text, sample string) int {
	for _, f := range b.footnotes {
		if f.Term == term {
			return f.Number
		}
	}
	n := len(b.footnotes) + 1
	b.footnotes = append(b.footnotes, Footnote{Number: n, Term: term, Text: text, Sample: sample})
	return n
}

func (b *builder) countCases(n int64) words.Counted { return b.Counted(n, b.cases) }

func (b *builder) facts() (facts []Fact) {
	if !b.in.First.IsZero() && !b.in.Last.IsZero() {
		facts = append(facts, Fact{b.Word("fact.span"), b.Period(b.in.First, b.in.Last)})
	}
	return append(facts, b.logFacts()...)
}

// logFacts are those of the log itself: what is in it, how fresh it is, what it
// leaves out.
func (b *builder) logFacts() (facts []Fact) {
	v := b.in.Variants
	facts = append(facts, Fact{b.Word("fact.scope"), b.countCases(v.Cases).String() + ", " + b.Counted(v.Events, b.Noun("event", "events")).String()})
	if !b.in.Last.IsZero() {
		fresh := b.Word("fact.latest", "at", b.Moment(b.in.Last))
		if !b.in.Loaded.IsZero() {
			fresh = b.Moment(b.in.Loaded) + "; " + fresh
		}
		facts = append(facts, Fact{b.Word("fact.fresh"), fresh})
	}
	left := b.Word("nothing.left")
	if len(b.in.LeftOut) > 0 {
		var parts []string
		for _, l := range b.in.LeftOut {
			parts = append(parts, b.Count(l.N)+" "+b.Text(l.What))
		}
		left = strings.Join(parts, "; ")
	}
	return append(facts, Fact{b.Word("fact.left-out"), left})
}

func (b *builder) waits() *Table {
	waits, agreed := b.rankedWaits()
	if len(waits) == 0 {
		return nil
	}
	waits = waits[:min(mostWaits, len(waits))]
	valued := slices.ContainsFunc(waits, func(w mining.Wait) bool { return len(w.Value) > 0 })
	wait := b.define(b.Word("wait.term"), b.Say("wait.doc", words.Args{"cases": b.cases}), b.waitSample())
	hours := b.define(b.Word("wait.all.term"), b.Word("wait.all.doc"), b.waitSample())
	t := &Table{ID: "waits", Title: b.Say("waits.all", words.Args{"cases": b.cases}), Columns: []Column{
		{Head: b.Word("head.between-steps"), Words: true}, {Head: words.Title(b.cases.Many)}, {Head: b.Word("head.median"), Note: wait}, {Head: b.Word("head.within90"), Note: wait},
		{Head: b.Word("head.in-all"), Note: hours}, {Head: b.Word("head.share-waiting"), Note: hours, Bar: true}}}
	shown, most := 0.0, 0.0
	for _, w := range waits {
		shown, most = shown+w.Share, max(most, w.Share)
	}
	key := "waits.by-time"
	if valued {
		key = "waits.by-value"
		value := b.define(b.Word("waiting-value.term"), b.Say("waiting-value.doc", words.Args{"cases": b.cases}), "")
		t.Columns = append(t.Columns, Column{Head: b.Word("head.value-waiting"), Note: value, Bar: true})
	}
	t.About = b.Word(key, "n", b.Small(len(waits)), "share", b.Share(min(1, shown)))
	if len(waits) == 1 {
		t.About = b.Word("waits.one", "share", b.Share(min(1, shown)))
	}
	if len(agreed) > 0 {
		t.About += " " + b.Word("waits.agreed", "waits", b.List(agreed))
	}
	largest := map[string]int64{}
	for _, w := range waits {
		for _, m := range w.Value {
			largest[m.Currency] = max(largest[m.Currency], m.Amount)
		}
	}
	for _, w := range waits {
		row := Row{{Text: path(w.From, w.To), Full: fullPath(w.From, w.To)}, {Text: b.Count(w.Cases)}, {Text: b.quantile(w.Wait, .5)}, {Text: b.quantile(w.Wait, .9)},
			{Text: b.Hours(w.Wait.Total())}, {Text: b.Share(w.Share), Bar: w.Share / max(most, 1e-9)}}
		if valued {
			var amounts []string
			c := Cell{}
			for _, m := range w.Value {
				amounts = append(amounts, b.Money(m.Currency, m.Amount))
				if largest[m.Currency] > 0 {
					c.Bar = max(c.Bar, float64(m.Amount)/float64(largest[m.Currency]))
				}
			}
			c.Text = cmp.Or(strings.Join(amounts, ", "), figure.None)
			row = append(row, c)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// rankedWaits returns the waits that can be improved, and describes those that
// were agreed on, such as terms of payment.
func (b *builder) rankedWaits() (ranked []mining.Wait, agreed []string) {
	if b.in.Waits == nil {
		return nil, nil
	}
	for _, w := range b.in.Waits.Waits {
		switch {
		case w.Wait == nil || w.Wait.N == 0:
		case b.in.Agreed != nil && b.in.Agreed(w.From, w.To):
			agreed = append(agreed, b.Word("waits.agreed-one", "path", path(w.From, w.To), "median", b.quantile(w.Wait, .5)))
		default:
			ranked = append(ranked, w)
		}
	}
	const most = 3
	if n := len(agreed) - most; n > 0 {
		agreed = append(agreed[:most], b.Word("more", "n", b.Count(int64(n))))
	}
	return ranked, agreed
}

// path names the way from one activity to another, in the room a table has.
func path(from, to string) string {
	const longest = 18 // ems, each
	return figure.Isolated(figure.Fit(from, longest)) + " → " + figure.Isolated(figure.Fit(to, longest))
}

// fullPath names it at length, if path did not.
func fullPath(from, to string) string {
	const longest = 60 // ems, each; the map has the whole names
	if full := figure.Isolated(figure.Fit(from, longest)) + " → " + figure.Isolated(figure.Fit(to, longest)); full != path(from, to) {
		return full
	}
	return ""
}

// waitSample says what all waits were made of.
func (b *builder) waitSample() string {
	var n, overlaps, missing int64
	for _, w := range b.in.Waits.Waits {
		if w.Wait != nil {
			n, overlaps, missing = n+w.Wait.N, overlaps+w.Wait.Overlaps, missing+w.Wait.Missing
		}
	}
	return b.sample(n, b.Noun("wait", "waits"), []metrics.Exclusion{{Reason: "negative", N: overlaps}, {Reason: "without a time", N: missing}}, 0)
}

// sample words what a figure was made of.
func (s speech) sample(used int64, of words.Noun, excluded []metrics.Exclusion, open int64) string {
	a := words.Args{"n": s.Counted(used, of)}
	if left := s.leftOut(excluded, open); left != "" {
		a["left"] = left
		return s.Say("sample.left", a)
	}
	return s.Say("sample.all", a)
}

func (s speech) leftOut(excluded []metrics.Exclusion, open int64) string {
	var parts []string
	if open > 0 {
		parts = append(parts, s.Word("left-out.open", "n", s.Count(open)))
	}
	for _, e := range excluded {
		if e.N > 0 {
			parts = append(parts, s.Count(e.N)+" "+s.Text(e.Reason))
		}
	}
	return strings.Join(parts, ", ")
}

// notes are those of all results, each once.
func (b *builder) notes() []eventlog.Note {
	list := slices.Clone(b.in.Notes)
	list = append(list, b.in.Variants.Notes...)
	if b.in.Waits != nil {
		list = append(list, b.in.Waits.Notes...)
	}
	if n := len(b.in.Levels); n > 0 && b.in.Levels[n-1].Graph != nil {
		list = append(list, b.in.Levels[n-1].Graph.Notes...)
	}
	for _, v := range b.in.Tiles {
		for _, n := range v.Notes {
			list = append(list, eventlog.Note{Code: n.Code, Text: b.Word("remark", "figure", b.titled(v.KPI), "text", b.noted(n).Text)})
		}
	}
	var out []eventlog.Note
	for _, n := range list {
		n = b.noted(n)
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

func (s speech) quantile(d *eventlog.Durations, q float64) string {
	if d == nil || d.N == 0 {
		return figure.None
	}
	return s.Duration(d.Quantile(q))
}
