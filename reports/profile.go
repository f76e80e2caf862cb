package reports

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"millrace/eventlog"
	"millrace/metrics"
	"millrace/reports/figure"
	"millrace/reports/words"
)

// ProfileInput is what the page about a log's data is built from.
type ProfileInput struct {
	Title string // by default "How far the data can be trusted"
	// Language is what the page is written in; nil is English.
	Language *words.Language
	Source   string // where the data came from, as people say it
	Maker    string // "millrace 0.1.0"
	Profile  *eventlog.Profile
	Zone     *time.Location // in which times are shown; default UTC
}

// Profile builds the page that says how far a log's data can be trusted: what
// is wrong, what somebody should look at, what has to be known, and where.
func Profile(in ProfileInput) *Page {
	if in.Zone == nil {
		in.Zone = time.UTC
	}
	b := &profileBuilder{speech: speaking(in.Language), in: in, p: in.Profile}
	if b.p == nil {
		b.p = &eventlog.Profile{}
	}
	tiles := b.tiles() // first: its footnotes are first
	p := &Page{Title: cmp.Or(in.Title, b.Word("profile.title")), Language: b.Language, Source: in.Source, Maker: in.Maker, Facts: b.facts()}
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
		b.define(b.Text(c.Title), b.Text(c.How), "")
	}
	p.Blocks = append(p.Blocks, &Footnotes{Notes: b.footnotes})
	if notes := b.notes(); len(notes) > 0 {
		p.Blocks = append(p.Blocks, &Notes{Notes: notes})
	}
	return p
}

// A profileBuilder collects footnotes while the blocks are built.
type profileBuilder struct {
	speech
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
func (s speech) severityWord(x eventlog.Severity) string {
	switch x {
	case eventlog.Defect:
		return s.Word("severity.defect")
	case eventlog.Look:
		return strings.ReplaceAll(s.Word("severity.look"), " ", figure.NBSP)
	}
	return s.Word("severity.fact")
}

func (b *profileBuilder) facts() []Fact {
	var facts []Fact
	if b.p.First != nil && b.p.Last != nil {
		facts = append(facts, Fact{b.Word("fact.span"), b.Period(b.p.First.In(b.in.Zone), b.p.Last.In(b.in.Zone))})
	}
	facts = append(facts, Fact{b.Word("fact.scope"), b.number(b.p.Events, "event") + ", " + b.scope() + ", " + b.number(int64(len(b.p.Sources)), "source")})
	facts = append(facts, Fact{b.Word("fact.checked"), b.Word("profile.checked", "n", b.number(int64(len(b.p.Checks)+len(b.p.Passed)+len(b.p.Skipped)), "question"),
		"passed", b.Count(int64(len(b.p.Passed))), "skipped", b.Count(int64(len(b.p.Skipped))))})
	left := b.Word("nothing.left")
	rejected := int64(0)
	for _, s := range b.p.Sources {
		rejected += s.Rejected
	}
	if rejected > 0 {
		left = b.Word("profile.rejected", "n", b.number(rejected, "row"))
	}
	return append(facts, Fact{b.Word("fact.left-out"), left})
}

// number counts what has a regular plural in English.
func (s speech) number(n int64, one string) string {
	return s.Counted(n, s.Noun(one, one+"s")).String()
}

// scope is what the events are of.
func (b *profileBuilder) scope() string {
	if b.p.WithoutCases {
		return b.number(b.p.Objects, "object")
	}
	return b.number(b.p.Cases, "case")
}

// lead says the page in at most three sentences.
func (b *profileBuilder) lead() *Lead {
	l := &Lead{}
	if b.p.Events == 0 {
		return l
	}
	defects, looks := b.p.Count(eventlog.Defect), b.p.Count(eventlog.Look)
	// The first sentence has its own words for none, one and several of both.
	many := func(n int) string {
		switch n {
		case 0:
			return "none"
		case 1:
			return "one"
		}
		return "many"
	}
	l.Sentences = append(l.Sentences, b.say("profile.lead."+many(defects)+"-"+many(looks), args{
		"defects": b.Count(int64(defects)), "looks": b.Small(looks)}))
	if defects+looks > 0 {
		c := &b.p.Checks[0]
		key := "profile.gravest"
		if defects == 0 {
			key = "profile.largest"
		}
		l.Sentences = append(l.Sentences, b.say(key, args{"what": Span{Text: b.lowerFirst(b.Text(c.Title)), Strong: true, Note: b.define(b.Text(c.Title), b.Text(c.How), "")}, "amount": b.amount(c)}))
	}
	l.Sentences = append(l.Sentences, b.say("profile.sound", args{"share": Span{Text: b.Share(float64(b.p.Sound) / float64(b.p.Events)), Strong: true}}))
	return l
}

// amount words how much a check found.
func (s speech) amount(c *eventlog.Check) string {
	if c.Of == 0 {
		return strings.TrimSpace(s.unit(c.Count, c).String())
	}
	return s.Say("profile.amount", words.Args{"n": s.Count(c.Count), "all": s.unit(c.Of, c), "share": s.Share(c.Share)})
}

// unit counts what a check looks at.
func (s speech) unit(n int64, c *eventlog.Check) words.Counted {
	return s.Counted(n, s.Noun(strings.TrimSuffix(c.Unit, "s"), c.Unit))
}

// tiles are the figures that people ask for first, whether good or bad.
func (b *profileBuilder) tiles() *Tiles {
	p := b.p
	n := b.Counted(p.Events, b.Noun("event", "events"))
	of := b.Say("profile.n", words.Args{"n": n})
	events := Tile{Title: b.Word("log.events.term"), Number: b.Count(p.Events), Share: 1, Sample: b.scope(),
		Note: b.define(b.Word("log.events.term"), b.Word("profile.events.doc"), of)}
	sound := Tile{Title: b.Word("profile.sound.term"), Number: figure.None, Sample: n.String(),
		Note: b.define(b.Word("profile.sound.term"), b.Word("profile.sound.doc"), of)}
	if p.Events > 0 {
		sound.Share = float64(p.Sound) / float64(p.Events)
		sound.Number, sound.Unit = b.parts(metrics.Share, sound.Share)
		if p.Sound < p.Events {
			sound.Warning = b.Say("profile.unsound", words.Args{"n": b.Counted(p.Events-p.Sound, b.Noun("event", "events"))})
		}
	}
	t := &Tiles{Tiles: []Tile{events, sound}}
	ofObjects := b.number(p.Objects, "object")
	for _, k := range []struct{ code, sample string }{
		{"duplicates", n.String()}, {"dangling-references", ofObjects}, {"objects-without-events", ofObjects}, {"ties", n.String()},
	} {
		t.Tiles = append(t.Tiles, b.checkTile(k.code, b.Word("profile.tile."+k.code), k.sample))
	}
	return t
}

func (b *profileBuilder) checkTile(code, title, sample string) Tile {
	t := Tile{Title: title, Number: "0", Sample: sample}
	c := b.p.Of(code)
	if c == nil {
		i := slices.IndexFunc(b.p.Skipped, func(s eventlog.SkippedCheck) bool { return s.Code == code })
		if i >= 0 {
			t.Number, t.Beside = figure.None, b.Word("profile.not-looked")
		}
		return t
	}
	t.Number, t.Share = b.Count(c.Count), c.Share
	t.Note = b.define(b.Text(c.Title), b.Text(c.How), "")
	t.Sample = b.unit(c.Of, c).String()
	t.Beside = b.Share(c.Share)
	return t
}

// found lists all findings, the worst first.
func (b *profileBuilder) found() *Table {
	t := &Table{ID: "found", Title: b.Word("profile.found"), About: b.Word("profile.found.about"),
		Columns: []Column{{Head: b.Word("head.finding"), Words: true}, {Head: b.Word("head.kind"), Words: true}, {Head: b.Word("head.found")}, {Head: b.Word("head.share"), Bar: true}, {Head: b.Word("head.do"), Words: true}}}
	for i := range b.p.Checks {
		c := &b.p.Checks[i]
		n, share := Cell{Text: b.unit(c.Count, c).String()}, Cell{Text: figure.None}
		if c.Of > 0 {
			n.Text = b.Say("sample.of", words.Args{"used": b.Count(c.Count), "n": b.unit(c.Of, c)})
			share = Cell{Text: b.Share(c.Share), Bar: c.Share}
		}
		t.Rows = append(t.Rows, Row{{Text: b.Text(c.Title)}, {Text: b.severityWord(c.Severity)}, n, share, {Text: b.Text(c.Do)}})
	}
	return t
}

func (b *profileBuilder) sources() *Table {
	t := &Table{ID: "sources", Title: b.Word("profile.sources"), About: b.Word("profile.sources.about"),
		Columns: []Column{{Head: b.Word("head.source"), Words: true}, {Head: b.Word("log.events.term")}, {Head: b.Word("head.since")}, {Head: b.Word("head.until")}, {Head: b.Word("head.rejected")}}}
	date := func(at *time.Time) string {
		if at == nil {
			return figure.None
		}
		return b.Date(at.In(b.in.Zone))
	}
	for _, s := range b.p.Sources {
		t.Rows = append(t.Rows, Row{named(s.Source), {Text: b.Count(s.Events)}, {Text: date(s.First)}, {Text: date(s.Last)}, {Text: b.Count(s.Rejected)}})
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
	note := b.define(b.Text(c.Title), b.Text(c.How), "")
	t := &Table{ID: "check-" + c.Code, Title: b.Text(c.Title), About: b.severityWord(c.Severity) + ": " + b.amount(c) + ". " + b.Text(c.Means),
		Columns: []Column{{Head: b.Word("head.where"), Words: true}, {Head: b.Word("head.found"), Note: note}}}
	if c.More > 0 {
		t.About += " " + b.Word("profile.more", "n", b.Small(len(c.Parts)), "more", b.Count(int64(c.More)))
	}
	whole := slices.ContainsFunc(c.Parts, func(p eventlog.CheckPart) bool { return p.Of > 0 })
	said := slices.ContainsFunc(c.Parts, func(p eventlog.CheckPart) bool { return p.Text != "" })
	if whole {
		t.Columns = append(t.Columns, Column{Head: b.Word("head.share"), Bar: true}, Column{Head: b.Word("head.of")})
	}
	if said {
		t.Columns = append(t.Columns, Column{Head: b.Word("head.detail"), Words: true})
	}
	for _, p := range c.Parts {
		row := Row{named(p.Name(len(b.p.Sources))), {Text: b.Count(p.Count)}}
		if whole {
			of, share := Cell{Text: figure.None}, Cell{Text: figure.None}
			if p.Of > 0 {
				of, share = Cell{Text: b.Count(p.Of)}, Cell{Text: b.Share(p.Share), Bar: p.Share}
			}
			row = append(row, share, of)
		}
		if said {
			row = append(row, inWords(b.Text(p.Text)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// examples lists some places of each finding, to be traced.
func (b *profileBuilder) examples() *Table {
	t := &Table{ID: "examples", Title: b.Word("profile.examples"), About: b.Word("profile.examples.about"),
		Columns: []Column{{Head: b.Word("head.id"), Words: true}, {Head: b.Word("head.finding"), Words: true}, {Head: b.Word("head.what"), Words: true}, {Head: b.Word("head.stands"), Words: true}}}
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
				what = append(what, b.Moment(e.Time.In(b.in.Zone)))
			}
			if e.Text != "" {
				what = append(what, figure.Fit(b.Text(e.Text), 60))
			}
			place := Cell{Text: figure.None}
			if text := strings.Trim(e.Source+", "+e.Place, ", "); text != "" {
				place = named(text)
			}
			t.Rows = append(t.Rows, Row{id, {Text: b.Text(c.Title)}, {Text: figure.Isolated(cmp.Or(strings.Join(what, ", "), figure.None))}, place})
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
			names = append(names, b.lowerFirst(b.Text(c.Title)))
		}
		list = append(list, eventlog.Note{Code: "passed", Text: b.Word("profile.passed", "names", strings.Join(names, "; "))})
	}
	for _, c := range b.p.Skipped {
		list = append(list, eventlog.Note{Code: "skipped", Text: b.Word("profile.skipped", "what", b.Text(strings.ReplaceAll(c.Code, "-", " ")), "why", b.Text(c.Why))})
	}
	for _, n := range b.p.Notes {
		list = append(list, b.noted(n))
	}
	return list
}
