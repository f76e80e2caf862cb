package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"millrace/eventlog"
	"millrace/metrics"
	"millrace/mining"
	"millrace/reports/figure"
)

// FlowInput is what the first page is built from. What is missing is left out
// of the page; only Variants is needed.
type FlowInput struct {
	Title  string // by default "How work flows"
	Source string // where the data came from, as people say it
	Cases  string // what a case is called, in the plural; by default "cases"
	Maker  string // "millrace 0.1.0"

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
	Sample []mining.SampledCase // to be replayed on the map, by their first time; none: no replay

	Definitions []Definition
	Notes       []eventlog.Note
}

// LeftOut says how much of something the page does not look at.
type LeftOut struct {
	N    int64
	What string // with its noun: "rows rejected on load"
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
	b := &builder{in: in, cases: cmp.Or(in.Cases, "cases")}
	if in.Variants == nil {
		b.in.Variants = &mining.Variants{CaseDuration: &eventlog.Durations{}}
	}
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
		Title:  cmp.Or(in.Title, "How work flows"),
		Source: in.Source,
		Facts:  b.facts(),
		Maker:  in.Maker,
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
	in        FlowInput
	cases     string
	footnotes []Footnote
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

// one returns what a case is called in the singular, aOne the same with its article.
func (b *builder) one() string { return strings.TrimSuffix(b.cases, "s") }

func (b *builder) aOne() string {
	if strings.ContainsRune("aeiouAEIOU", rune((b.one() + " ")[0])) {
		return "an " + b.one()
	}
	return "a " + b.one()
}

func (b *builder) countCases(n int64) string { return figure.Plural(n, b.one(), b.cases) }

func (b *builder) facts() []Fact {
	var facts []Fact
	if !b.in.First.IsZero() && !b.in.Last.IsZero() {
		facts = append(facts, Fact{"Period", figure.Period(b.in.First, b.in.Last)})
	}
	v := b.in.Variants
	facts = append(facts, Fact{"Scope", b.countCases(v.Cases) + ", " + figure.Plural(v.Events, "event", "events")})
	if !b.in.Last.IsZero() {
		fresh := "latest event " + figure.Moment(b.in.Last)
		if !b.in.Loaded.IsZero() {
			fresh = figure.Moment(b.in.Loaded) + "; " + fresh
		}
		facts = append(facts, Fact{"Data as of", fresh})
	}
	left := "nothing"
	if len(b.in.LeftOut) > 0 {
		var parts []string
		for _, l := range b.in.LeftOut {
			parts = append(parts, figure.Count(l.N)+" "+l.What)
		}
		left = strings.Join(parts, "; ")
	}
	return append(facts, Fact{"Left out", left})
}

func (b *builder) waits() *Table {
	waits, agreed := b.rankedWaits()
	if len(waits) == 0 {
		return nil
	}
	waits = waits[:min(mostWaits, len(waits))]
	valued := slices.ContainsFunc(waits, func(w mining.Wait) bool { return len(w.Value) > 0 })
	one := b.one()
	wait := b.define("Wait", "Elapsed time, nights and weekends included, from the end of one activity to the start of the next one in the same "+one+". "+
		"A negative one (the next step began earlier) and one with a missing time is left out.", b.waitSample())
	hours := b.define("Waiting in all", "The sum of all waits on a path over the period. Share is its part of the waiting on all paths.", b.waitSample())
	t := &Table{ID: "waits", Title: "Where " + b.cases + " wait", Columns: []Column{
		{Head: "Waiting between", Words: true}, {Head: title(b.cases)}, {Head: "Median", Note: wait}, {Head: "95% within", Note: wait},
		{Head: "In all", Note: hours}, {Head: "Share of all waiting", Note: hours, Bar: true}}}
	shown, most := 0.0, 0.0
	for _, w := range waits {
		shown, most = shown+w.Share, max(most, w.Share)
	}
	ranked := "by total waiting time"
	if valued {
		ranked = "by the value that stands there"
		value := b.define("Value waiting", "The value of the "+b.cases+" that wait here, each weighted with the part of the period it spends waiting: what stood here on average. "+
			"It is order value until the invoice is out, and cash from then on. Amounts in different currencies are not added.", "")
		t.Columns = append(t.Columns, Column{Head: "Value waiting", Note: value, Bar: true})
	}
	t.About = fmt.Sprintf("The %s worst waits, ranked %s; together %s of all waiting time.", small(len(waits)), ranked, figure.Share(min(1, shown)))
	if len(waits) == 1 {
		t.About = "One wait, " + figure.Share(min(1, shown)) + " of all waiting time."
	}
	if len(agreed) > 0 {
		t.About += " Agreed waits are not ranked: " + list(agreed) + "."
	}
	largest := map[string]int64{}
	for _, w := range waits {
		for _, m := range w.Value {
			largest[m.Currency] = max(largest[m.Currency], m.Amount)
		}
	}
	for _, w := range waits {
		row := Row{{Text: path(w.From, w.To), Full: fullPath(w.From, w.To)}, {Text: figure.Count(w.Cases)}, {Text: quantile(w.Wait, .5)}, {Text: quantile(w.Wait, .95)},
			{Text: figure.Hours(w.Wait.Total())}, {Text: figure.Share(w.Share), Bar: w.Share / max(most, 1e-9)}}
		if valued {
			var amounts []string
			c := Cell{}
			for _, m := range w.Value {
				amounts = append(amounts, figure.Money(m.Currency, m.Amount))
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
			agreed = append(agreed, fmt.Sprintf("%s (%s at the median)", path(w.From, w.To), quantile(w.Wait, .5)))
		default:
			ranked = append(ranked, w)
		}
	}
	const most = 3
	if n := len(agreed) - most; n > 0 {
		agreed = append(agreed[:most], figure.Count(int64(n))+" more")
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
	return sample(n, "wait", "waits", []metrics.Exclusion{{Reason: "negative", N: overlaps}, {Reason: "without a time", N: missing}}, 0)
}

// sample words what a figure was made of.
func sample(used int64, one, many string, excluded []metrics.Exclusion, open int64) string {
	s := "n = " + figure.Plural(used, one, many)
	if left := leftOut(excluded, open); left != "" {
		return s + "; not in it: " + left + "."
	}
	return s + "; nothing left out."
}

func leftOut(excluded []metrics.Exclusion, open int64) string {
	var parts []string
	if open > 0 {
		parts = append(parts, figure.Count(open)+" still open")
	}
	for _, e := range excluded {
		if e.N > 0 {
			parts = append(parts, figure.Count(e.N)+" "+e.Reason)
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
			list = append(list, eventlog.Note{Code: n.Code, Text: v.KPI.Title + ": " + n.Text})
		}
	}
	var out []eventlog.Note
	for _, n := range list {
		n.Text = strings.TrimSpace(n.Text)
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

func quantile(d *eventlog.Durations, q float64) string {
	if d == nil || d.N == 0 {
		return figure.None
	}
	return figure.Duration(d.Quantile(q))
}

// title makes the first letter of a noun large.
func title(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// small writes a small number as a word.
func small(n int) string {
	words := []string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}
	if n < len(words) {
		return words[n]
	}
	return figure.Count(int64(n))
}
