package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"millrace/eventlog"
	"millrace/reports/figure"
)

// ProfileInput is what the page about a log's data is built from.
type ProfileInput struct {
	Title   string // by default "How far the data can be trusted"
	Source  string // where the data came from, as people say it
	Maker   string // "millrace 0.1.0"
	Profile *eventlog.Profile
	Zone    *time.Location // in which times are shown; default UTC
}

// Profile builds the page that says how far a log's data can be trusted: what
// is wrong, what somebody should look at, what has to be known, and where.
func Profile(in ProfileInput) *Page {
	if in.Zone == nil {
		in.Zone = time.UTC
	}
	b := &profileBuilder{in: in, p: in.Profile}
	if b.p == nil {
		b.p = &eventlog.Profile{}
	}
	tiles := b.tiles() // first: its footnotes are first
	p := &Page{Title: cmp.Or(in.Title, "How far the data can be trusted"), Source: in.Source, Maker: in.Maker, Facts: b.facts()}
	if lead := b.lead(); len(lead.Sentences) > 0 {
		p.Blocks = append(p.Blocks, lead)
	}
	p.Blocks = append(p.Blocks, tiles)
	if len(b.p.Checks) > 0 {
		p.Blocks = append(p.Blocks, b.found())
	}
	if len(b.p.Sources) > 1 {
		p.Blocks = append(p.Blocks, b.sources())
	}
	for i := range b.p.Checks {
		if c := &b.p.Checks[i]; len(c.Parts) > 0 {
			p.Blocks = append(p.Blocks, b.check(c))
		}
	}
	if t := b.examples(); len(t.Rows) > 0 {
		p.Blocks = append(p.Blocks, t)
	}
	for _, c := range b.p.Checks {
		b.define(c.Title, c.How, "")
	}
	p.Blocks = append(p.Blocks, &Footnotes{Notes: b.footnotes})
	if notes := b.notes(); len(notes) > 0 {
		p.Blocks = append(p.Blocks, &Notes{Notes: notes})
	}
	return p
}

// A profileBuilder collects footnotes while the blocks are built.
type profileBuilder struct {
	in        ProfileInput
	p         *eventlog.Profile
	footnotes []Footnote
}

func (b *profileBuilder) define(term, text, sample string) int {
	return defineIn(&b.footnotes, term, text, sample)
}

// defineIn adds a footnote and returns its number; the same term has one.
func defineIn(list *[]Footnote, term, text, sample string) int {
	for _, f := range *list {
		if f.Term == term {
			return f.Number
		}
	}
	n := len(*list) + 1
	*list = append(*list, Footnote{Number: n, Term: term, Text: text, Sample: sample})
	return n
}

// severityWord is what a severity is called on the page.
func severityWord(s eventlog.Severity) string {
	switch s {
	case eventlog.Defect:
		return "Defect"
	case eventlog.Look:
		return "To" + figure.NBSP + "look" + figure.NBSP + "at"
	}
	return "Fact"
}

func (b *profileBuilder) facts() []Fact {
	var facts []Fact
	if b.p.First != nil && b.p.Last != nil {
		facts = append(facts, Fact{"Period", figure.Period(b.p.First.In(b.in.Zone), b.p.Last.In(b.in.Zone))})
	}
	facts = append(facts, Fact{"Scope", figure.Plural(b.p.Events, "event", "events") + ", " + b.scope() +
		", " + figure.Plural(int64(len(b.p.Sources)), "source", "sources")})
	facts = append(facts, Fact{"Checked", fmt.Sprintf("%s; %s found nothing, %s could not be made",
		figure.Plural(int64(len(b.p.Checks)+len(b.p.Passed)+len(b.p.Skipped)), "question", "questions"), figure.Count(int64(len(b.p.Passed))), figure.Count(int64(len(b.p.Skipped))))})
	left := "nothing"
	rejected := int64(0)
	for _, s := range b.p.Sources {
		rejected += s.Rejected
	}
	if rejected > 0 {
		left = figure.Plural(rejected, "row", "rows") + " rejected on load"
	}
	return append(facts, Fact{"Left out", left})
}

// scope is what the events are of.
func (b *profileBuilder) scope() string {
	if b.p.WithoutCases {
		return figure.Plural(b.p.Objects, "object", "objects")
	}
	return figure.Plural(b.p.Cases, "case", "cases")
}

// lead says the page in at most three sentences.
func (b *profileBuilder) lead() *Lead {
	l := &Lead{}
	if b.p.Events == 0 {
		return l
	}
	defects, looks := b.p.Count(eventlog.Defect), b.p.Count(eventlog.Look)
	first := Text{{Text: "No defect was found", Strong: true}}
	if defects > 0 {
		first = Text{{Text: figure.Plural(int64(defects), "kind of defect was", "kinds of defects were") + " found", Strong: true}}
	}
	switch looks {
	case 0:
		first = append(first, Span{Text: "."})
	case 1:
		first = append(first, Span{Text: "; one more finding should be looked at by somebody who knows the process."})
	default:
		first = append(first, Span{Text: "; " + small(looks) + " more findings should be looked at by somebody who knows the process."})
	}
	l.Sentences = append(l.Sentences, first)
	if defects+looks > 0 {
		c := &b.p.Checks[0]
		note := b.define(c.Title, c.How, "")
		worst := "The gravest is "
		if defects == 0 {
			worst = "The largest of them is "
		}
		text := Text{{Text: worst}, {Text: lowerFirst(c.Title), Strong: true, Note: note}, {Text: ", " + amount(c) + "."}}
		l.Sentences = append(l.Sentences, text)
	}
	l.Sentences = append(l.Sentences, Text{{Text: figure.Share(float64(b.p.Sound)/float64(b.p.Events)) + " of the events", Strong: true},
		{Text: " have a time that is there and possible."}})
	return l
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// amount words how much a check found.
func amount(c *eventlog.Check) string {
	if c.Of == 0 {
		return strings.TrimSpace(figure.Plural(c.Count, strings.TrimSuffix(c.Unit, "s"), c.Unit))
	}
	return fmt.Sprintf("%s of %s %s, %s", figure.Count(c.Count), figure.Count(c.Of), c.Unit, figure.Share(c.Share))
}

// tiles are the figures that people ask for first, whether good or bad.
func (b *profileBuilder) tiles() *Tiles {
	p := b.p
	events := Tile{Title: "Events", Number: figure.Count(p.Events), Share: 1, Sample: b.scope(),
		Note: b.define("Events", "Different events of the log's sources; one that several cases share counts once.", "n = "+figure.Plural(p.Events, "event", "events"))}
	sound := Tile{Title: "With a sound time", Number: figure.None, Sample: figure.Plural(p.Events, "event", "events"),
		Note: b.define("With a sound time", "The time is there, not before 1990, not after the load that brought it, and not before its start.", "n = "+figure.Plural(p.Events, "event", "events"))}
	if p.Events > 0 {
		sound.Share = float64(p.Sound) / float64(p.Events)
		sound.Number, sound.Unit = strings.TrimSuffix(figure.Share(sound.Share), "%"), "%"
		if p.Sound < p.Events {
			sound.Warning = figure.Plural(p.Events-p.Sound, "event has", "events have") + " none."
		}
	}
	t := &Tiles{Tiles: []Tile{events, sound}}
	ofEvents, ofObjects := figure.Plural(p.Events, "event", "events"), figure.Plural(p.Objects, "object", "objects")
	for _, k := range []struct{ code, title, sample string }{
		{"duplicates", "Duplicates", ofEvents}, {"dangling-references", "Dangling references", ofObjects},
		{"objects-without-events", "Without events", ofObjects}, {"ties", "In no sure order", ofEvents},
	} {
		t.Tiles = append(t.Tiles, b.checkTile(k.code, k.title, k.sample))
	}
	return t
}

func (b *profileBuilder) checkTile(code, title, sample string) Tile {
	t := Tile{Title: title, Number: "0", Sample: sample}
	c := b.p.Of(code)
	if c == nil {
		i := slices.IndexFunc(b.p.Skipped, func(s eventlog.SkippedCheck) bool { return s.Code == code })
		if i >= 0 {
			t.Number, t.Beside = figure.None, "not looked for"
		}
		return t
	}
	t.Number, t.Share = figure.Count(c.Count), c.Share
	t.Note = b.define(c.Title, c.How, "")
	t.Sample = figure.Count(c.Of) + " " + c.Unit
	t.Beside = figure.Share(c.Share)
	return t
}

// found lists all findings, the worst first.
func (b *profileBuilder) found() *Table {
	t := &Table{ID: "found", Title: "What was found", About: "The worst first: defects make results wrong; what is to be looked at may be right; facts are to be known when reading results.",
		Columns: []Column{{Head: "Finding", Words: true}, {Head: "Kind", Words: true}, {Head: "Found"}, {Head: "Share", Bar: true}, {Head: "What to do", Words: true}}}
	for i := range b.p.Checks {
		c := &b.p.Checks[i]
		n, share := Cell{Text: figure.Plural(c.Count, strings.TrimSuffix(c.Unit, "s"), c.Unit)}, Cell{Text: figure.None}
		if c.Of > 0 {
			n.Text = figure.Count(c.Count) + " of " + figure.Count(c.Of) + " " + c.Unit
			share = Cell{Text: figure.Share(c.Share), Bar: c.Share}
		}
		t.Rows = append(t.Rows, Row{{Text: c.Title}, {Text: severityWord(c.Severity)}, n, share, {Text: c.Do}})
	}
	return t
}

func (b *profileBuilder) sources() *Table {
	t := &Table{ID: "sources", Title: "Sources", About: "What each source brought, in times that are possible.",
		Columns: []Column{{Head: "Source", Words: true}, {Head: "Events"}, {Head: "From"}, {Head: "To"}, {Head: "Rows rejected"}}}
	date := func(at *time.Time) string {
		if at == nil {
			return figure.None
		}
		return figure.Date(at.In(b.in.Zone))
	}
	for _, s := range b.p.Sources {
		t.Rows = append(t.Rows, Row{named(s.Source), {Text: figure.Count(s.Events)}, {Text: date(s.First)}, {Text: date(s.Last)}, {Text: figure.Count(s.Rejected)}})
	}
	return t
}

// named is a name of foreign text, in the room that a table has.
func named(name string) Cell {
	const short, long = 30, 90 // ems
	c := Cell{Text: figure.Isolated(figure.Fit(name, short))}
	if full := figure.Isolated(figure.Fit(name, long)); full != c.Text {
		c.Full = full
	}
	return c
}

// inWords is a text in the room that a table has for words; an empty one stays empty.
func inWords(text string) Cell {
	if text == "" {
		return Cell{}
	}
	return Cell{Text: figure.Isolated(figure.Fit(text, 90))}
}

// check shows where a finding is.
func (b *profileBuilder) check(c *eventlog.Check) *Table {
	note := b.define(c.Title, c.How, "")
	t := &Table{ID: "check-" + c.Code, Title: c.Title, About: severityWord(c.Severity) + ": " + amount(c) + ". " + c.Means,
		Columns: []Column{{Head: "Where", Words: true}, {Head: "Found", Note: note}}}
	if c.More > 0 {
		t.About += fmt.Sprintf(" The %s largest are listed, %s more are not.", small(len(c.Parts)), figure.Count(int64(c.More)))
	}
	whole := slices.ContainsFunc(c.Parts, func(p eventlog.CheckPart) bool { return p.Of > 0 })
	said := slices.ContainsFunc(c.Parts, func(p eventlog.CheckPart) bool { return p.Text != "" })
	if whole {
		t.Columns = append(t.Columns, Column{Head: "Share", Bar: true}, Column{Head: "Of"})
	}
	if said {
		t.Columns = append(t.Columns, Column{Head: "In detail", Words: true})
	}
	for _, p := range c.Parts {
		row := Row{named(p.Name(len(b.p.Sources))), {Text: figure.Count(p.Count)}}
		if whole {
			of, share := Cell{Text: figure.None}, Cell{Text: figure.None}
			if p.Of > 0 {
				of, share = Cell{Text: figure.Count(p.Of)}, Cell{Text: figure.Share(p.Share), Bar: p.Share}
			}
			row = append(row, share, of)
		}
		if said {
			row = append(row, inWords(p.Text))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// examples lists some places of each finding, to be traced.
func (b *profileBuilder) examples() *Table {
	t := &Table{ID: "examples", Title: "Examples", About: "Some of each, the earliest or the worst first. millrace trace tells the whole story of each id.",
		Columns: []Column{{Head: "Id", Words: true}, {Head: "Finding", Words: true}, {Head: "What", Words: true}, {Head: "Where it stands", Words: true}}}
	for _, c := range b.p.Checks {
		for _, e := range c.Examples {
			id := Cell{Text: figure.None}
			if text := strings.TrimSpace(e.Type + " " + e.ID); text != "" {
				id = named(text)
			}
			var what []string
			if e.Activity != "" {
				what = append(what, figure.Fit(e.Activity, 30))
			}
			if e.Time != nil {
				what = append(what, figure.Moment(e.Time.In(b.in.Zone)))
			}
			if e.Text != "" {
				what = append(what, figure.Fit(e.Text, 60))
			}
			place := Cell{Text: figure.None}
			if text := strings.Trim(e.Source+", "+e.Place, ", "); text != "" {
				place = named(text)
			}
			t.Rows = append(t.Rows, Row{id, {Text: c.Title}, {Text: figure.Isolated(cmp.Or(strings.Join(what, ", "), figure.None))}, place})
		}
	}
	return t
}

// notes say what else is to be known: what was not found, and not looked for.
func (b *profileBuilder) notes() []eventlog.Note {
	var list []eventlog.Note
	if len(b.p.Passed) > 0 {
		var names []string
		for _, c := range b.p.Passed {
			names = append(names, lowerFirst(c.Title))
		}
		list = append(list, eventlog.Note{Code: "passed", Text: "Looked for, and not found: " + strings.Join(names, "; ") + "."})
	}
	for _, c := range b.p.Skipped {
		list = append(list, eventlog.Note{Code: "skipped", Text: "Not looked for: " + strings.ReplaceAll(c.Code, "-", " ") + ", because " + c.Why + "."})
	}
	return append(list, b.p.Notes...)
}
