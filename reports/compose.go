package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"millrace/eventlog"
	"millrace/metrics"
	"millrace/reports/figure"
	"millrace/reports/words"
)

// ReportInput is what a report is composed of.
type ReportInput struct {
	Title string
	Pages []*PageSpec
	*Answers
	// Flow is the log, for what pages show of it; its Tiles are not used.
	Flow FlowInput
	Zone *time.Location
}

// Compose makes the pages of a report from answers, without asking anything
// further: the same answers give the same report.
func Compose(in ReportInput) *Report {
	c := &composer{builder: newBuilder(in.Flow), Answers: in.Answers, zone: in.Zone, notes: map[string]int{}}
	if c.zone == nil {
		c.zone = time.UTC
	}
	r := &Report{Title: cmp.Or(in.Title, c.Word("report.title")), Source: in.Flow.Source, Maker: in.Flow.Maker, Language: c.Language}
	for _, spec := range in.Pages {
		c.page = spec.Name
		p := &Page{Name: spec.Name, Title: c.worded(spec.Title), About: c.worded(spec.About)}
		for i := range spec.Blocks {
			c.block = i
			if s := spec.Blocks[i].Controls; s != nil {
				p.Blocks = append(p.Blocks, c.buildControls(s)...)
				continue
			}
			if b := c.build(&spec.Blocks[i]); b != nil {
				p.Blocks = append(p.Blocks, b)
			}
		}
		c.block = len(spec.Blocks)
		p.Blocks = append(p.Blocks, c.trust(spec)...)
		if len(p.Blocks) == 0 {
			p.Blocks = append(p.Blocks, &Prose{Paragraphs: []string{c.Word("page.empty")}})
		}
		r.Pages = append(r.Pages, p)
	}
	for _, d := range in.Flow.Definitions {
		c.define(d.Term, d.Text, "")
	}
	last := &Page{Name: "definitions", Title: c.Word("definitions.title"), About: c.Word("definitions.about"), Blocks: []Block{&Footnotes{Notes: c.footnotes}}}
	if list := c.remarks(); len(list) > 0 {
		last.Blocks = append(last.Blocks, &Notes{Notes: list})
	}
	r.Pages = append(r.Pages, last)
	r.Facts, r.AsOf = c.reportFacts(), string(c.AsOf)
	return r
}

// A composer builds the pages of a report.
type composer struct {
	*builder
	*Answers
	zone  *time.Location
	page  string
	block int
	notes map[string]int // footnotes by name of the figure
}

// id is unique in the report.
func (c *composer) id() string { return fmt.Sprintf("%s-%d", c.page, c.block+1) }

func (c *composer) build(b *BlockSpec) Block {
	switch {
	case b.Lead != nil:
		return c.buildLead(b.Lead)
	case b.Tiles != nil:
		return c.buildTiles(b.Tiles.KPIs)
	case b.Figures != nil:
		return c.buildFigures(b.Figures)
	case b.Trend != nil:
		return c.buildTrend(b.Trend)
	case b.By != nil:
		return c.buildBy(b.By)
	case b.Change != nil:
		return c.buildChange(b.Change)
	case b.Segments != nil:
		return c.buildSegments(b.Segments)
	case b.Distribution != nil:
		return c.buildDistribution(b.Distribution)
	case b.Worst != nil:
		return c.buildWorst(b.Worst)
	case b.ServiceLevels != nil:
		return c.buildLevels(b.ServiceLevels)
	case b.Late != nil:
		return c.buildLate(b.Late)
	case b.Quality != nil:
		return c.buildQuality(b.Quality)
	case b.Coverage != nil:
		return c.buildCoverage(b.Coverage)
	case b.Exclusions != nil:
		return c.buildExclusions(b.Exclusions)
	case b.Sources != nil:
		return c.buildSources(b.Sources)
	case b.LogNotes != nil:
		return c.buildLogNotes(b.LogNotes)
	case b.Waits != nil:
		return c.buildWaits(b.Waits)
	case b.Rework != nil:
		return c.buildRework(b.Rework)
	case b.Map != nil:
		if m := c.flowMap(); m != nil {
			return m
		}
		return nil
	case b.Model != nil:
		return c.buildModel(b.Model)
	case b.Variants != nil:
		if v := c.variants(); v != nil {
			return v
		}
		return nil
	}
	return &Prose{Paragraphs: []string{c.worded(b.Text)}}
}

// note defines a figure at the end of the report: what it is, of what it was
// made, and how to get at its cases. A figure has one note, whatever block shows it.
func (c *composer) note(k *metrics.KPI) int {
	if n := c.notes[k.Name]; n > 0 {
		return n
	}
	v := c.whole(k.Name, c.Now)
	text := c.Word("note.text", "doc", c.Text(k.Doc), "name", k.Name, "version", strconv.Itoa(k.Version))
	if t := c.trustText(v); t != "" {
		text += " " + t + "."
	}
	if k.Kind != metrics.SQLKind {
		text += " " + c.Word("note.cases", "command", c.sampleCommand(k))
	}
	of := c.Word("note.sample", "sample", c.sample(v.Used, c.nouns(k), v.Excluded, v.Open), "period", c.periodName(c.Now), "filter", cmp.Or(c.Filter, c.Word("none")))
	term := c.titled(k)
	for _, f := range c.footnotes {
		if f.Term == term {
			term += " (" + k.Name + ")"
		}
	}
	n := c.define(term, text, of)
	c.notes[k.Name] = n
	return n
}

// sampleCommand writes all cases of a figure to a file.
func (c *composer) sampleCommand(k *metrics.KPI) string {
	s := "millrace kpi sample " + k.Name + " -n 1000000"
	if c.Now.Label != "" {
		s += " --from " + string(c.Now.First) + " --to " + string(c.Now.Last)
	}
	return s + " --out cases.xlsx"
}

func (c *composer) reportFacts() []Fact {
	var facts []Fact
	add := func(key, text string) { facts = append(facts, Fact{c.Word(key), text}) }
	if c.Now.Label != "" {
		add("fact.period", c.Word("fact.days", "period", c.periodName(c.Now), "from", c.day(c.Now.First), "to", c.day(min(c.Now.Last, c.AsOf))))
		var with []string
		for _, p := range []metrics.Period{c.Before, c.Season} {
			if p.Label != "" && !slices.Contains(with, c.periodName(p)) {
				with = append(with, c.periodName(p))
			}
		}
		add("fact.compared", cmp.Or(c.List(with), c.Word("fact.nothing-before")))
	}
	if c.Filter != "" {
		add("fact.filter", c.Filter)
	}
	return append(facts, c.logFacts()...)
}

// remarks are what to know of the figures that the pages show.
func (c *composer) remarks() []eventlog.Note {
	list := c.builder.notes()
	for _, name := range sortedNames(c.notes) {
		for _, v := range c.all(name, c.Now) {
			for _, n := range v.Notes {
				n := eventlog.Note{Code: n.Code, Text: c.Word("remark", "figure", c.withCurrency(c.titled(v.KPI), v), "text", c.noted(n).Text)}
				if !slices.Contains(list, n) {
					list = append(list, n)
				}
			}
		}
	}
	return list
}

func sortedNames(m map[string]int) []string {
	var names []string
	for n := range m {
		names = append(names, n)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(m[a], m[b]) })
	return names
}

func (c *composer) buildTiles(names []Name) Block {
	t := &Tiles{}
	for _, n := range names {
		t.Tiles = append(t.Tiles, c.figureTile(n.Name))
	}
	return t
}

func (c *composer) figureTile(name string) Tile {
	all := c.all(name, c.Now)
	v := c.whole(name, c.Now)
	t := Tile{Title: c.withCurrency(c.titled(v.KPI), v), Note: c.note(v.KPI), LeftOut: c.leftOut(v.Excluded, v.Open), Sample: c.countOf(v), Control: c.trustText(v)}
	if v.N > 0 {
		t.Share = float64(v.Used) / float64(v.N)
	}
	switch {
	case !v.Known() || few(v):
		t.Number = figure.None
		t.Warning = c.why(v)
		if few(v) && v.KPI.Kind == metrics.RateKind {
			t.Number = c.shown(v)
		}
	default:
		t.Number, t.Unit = c.wording(v, v.V)
		t.Ref = refOf(v, ValuePart, v.V)
		if v.KPI.Kind == metrics.DurationKind && !math.IsNaN(v.P90) && v.KPI.Quantile == .5 {
			t.Beside = c.Word("tile.p90", "p90", c.phrase(v, v.P90))
		}
		if v.KPI.Unit == metrics.Share && v.Interval.Known() {
			t.Beside = c.Word("tile.interval", "low", c.phrase(v, v.Interval.Low), "high", c.phrase(v, v.Interval.High))
		}
		if g := v.KPI.Target; g != nil {
			key := "tile.target.met"
			if v.KPI.Better == metrics.Higher && v.V < *g || v.KPI.Better == metrics.Lower && v.V > *g {
				key = "tile.target.missed"
			}
			t.Changes = append(t.Changes, Change{Text: Text{{Text: c.Word(key, "target", c.phrase(v, *g))}}})
		}
	}
	for _, p := range []metrics.Period{c.Before, c.Season} {
		if p.Label == "" || p.Label == c.Before.Label && len(t.Changes) > 0 && p.Label != c.Season.Label {
			continue
		}
		if ch, ok := c.change(v, "", p); ok {
			t.Changes = append(t.Changes, ch)
		}
		if c.Before.Label == c.Season.Label {
			break
		}
	}
	for _, o := range all[min(1, len(all)):] {
		t.Others = append(t.Others, c.say("tile.other", args{"currency": currencyOf(o), "value": c.valueSpan(o, false)}))
	}
	months := c.months(name)
	known := 0
	for _, m := range months {
		if !math.IsNaN(m.V) {
			known++
		}
	}
	if known > 2 {
		t.Spark = months
		t.About = c.Word("tile.spark", "first", months[0].Label, "last", months[len(months)-1].Label, "from", firstKnown(months).Text, "to", lastKnown(months).Text)
	}
	return t
}

// why says why there is no figure.
func (c *composer) why(v metrics.Value) string {
	switch {
	case v.Known() && few(v):
		return c.Say("why.few", words.Args{"objects": c.nouns(v.KPI)})
	case v.Open > 0 && v.Used == 0:
		return c.Say("why.open", words.Args{"n": c.counted(v.Open, v.KPI)})
	case len(v.Notes) > 0:
		return c.noted(v.Notes[0]).Text
	}
	return c.Word("why.none")
}

// change compares a value with an earlier period.
func (c *composer) change(v metrics.Value, by string, p metrics.Period) (Change, bool) {
	if p.Label == "" || !v.Known() || few(v) {
		return Change{}, false
	}
	was := c.like(v, by, p)
	if !was.Known() || few(was) {
		return Change{Text: c.say("tile.unknown", args{"then": c.periodName(p)})}, true
	}
	if c.same(was, v) {
		return Change{Text: c.say("tile.same", args{"then": c.periodName(p)})}, true
	}
	x := metrics.Compare(was, v)
	part := DeltaPart
	if p.Label == c.Season.Label && p.Label != c.Before.Label {
		part = SeasonPart
	}
	delta := Span{Text: c.difference(v, x.Delta), Ref: refOf(v, part, x.Delta), Strong: true}
	key := "tile.changed"
	switch x.Verdict {
	case metrics.Unclear:
		key = "tile.unclear"
	case "":
		key = "tile.changed.plain"
	}
	return Change{Text: c.say(key, args{"delta": delta, "then": c.periodName(p), "was": c.valueSpan(was, false), "verdict": c.verdictWord(x.Verdict)}), State: stateOf(x.Verdict)}, true
}

// verdictCell is a verdict in a table.
func (s speech) verdictCell(was, now metrics.Value, x metrics.Comparison) Cell {
	if x.Verdict != "" && s.same(was, now) {
		return Cell{Text: s.Word("verdict.no-clear-change")}
	}
	return Cell{Text: s.verdictWord(x.Verdict), State: stateOf(x.Verdict)}
}

func (s speech) verdictWord(v metrics.Verdict) string {
	if v == "" {
		return ""
	}
	return s.Word("verdict." + strings.ReplaceAll(string(v), " ", "-"))
}

// months are the months of a figure, of its main currency.
func (c *composer) months(name string) []Point {
	var list []Point
	main := c.mainCurrency(name)
	for _, v := range c.Values[Question{name, metrics.ByMonth, ""}] {
		if currencyOf(v) != main || v.Period == "" || c.cut(v.Period) {
			continue
		}
		p := Point{Label: c.periodLabel(v.Period), V: v.V, Text: c.shown(v)}
		if few(v) {
			p.V = math.NaN()
		}
		list = append(list, p)
	}
	return list
}

// cut says that a month is not whole, so that it is not comparable.
func (c *composer) cut(month string) bool {
	return c.Now.Label != "" && month > string(c.Now.Last)[:7]
}

func firstKnown(list []Point) Point {
	for _, p := range list {
		if !math.IsNaN(p.V) {
			return p
		}
	}
	return Point{V: math.NaN()}
}

func lastKnown(list []Point) Point {
	for _, p := range slices.Backward(list) {
		if !math.IsNaN(p.V) {
			return p
		}
	}
	return Point{V: math.NaN()}
}

func (c *composer) buildFigures(s *FiguresSpec) Block {
	t := &Table{ID: c.id(), Title: cmp.Or(c.worded(s.Title), c.Word("figures.title")), About: c.worded(s.About), Columns: []Column{
		{Head: c.Word("head.figure"), Words: true}, {Head: c.periodName(c.Now)}}}
	if c.Before.Label != "" {
		t.Columns = append(t.Columns, Column{Head: c.periodName(c.Before)}, Column{Head: c.Word("head.change")}, Column{Head: c.Word("head.between")}, Column{Head: c.Word("head.verdict"), Words: true})
	}
	season := c.Season.Label != "" && c.Season.Label != c.Before.Label
	if season {
		t.Columns = append(t.Columns, Column{Head: c.periodName(c.Season)}, Column{Head: c.Word("head.change")})
	}
	t.Columns = append(t.Columns, Column{Head: c.Word("head.n")})
	for _, n := range s.KPIs {
		values := c.all(n.Name, c.Now)
		if len(values) == 0 {
			values = []metrics.Value{c.nothing(n.Name, c.Now)}
		}
		for _, v := range values {
			name := c.titled(v.KPI)
			if l := c.labelsText(v.By); l != "" {
				name += ", " + l
			}
			row := Row{{Text: c.withCurrency(name, v), Note: c.note(v.KPI)}, c.valueCell(v)}
			if c.Before.Label != "" {
				was := c.like(v, "", c.Before)
				x := metrics.Compare(was, v)
				row = append(row, c.valueCell(was), c.deltaCell(v, was, x.Delta, DeltaPart), Cell{Text: figure.None}, c.verdictCell(was, v, x))
				if x.Interval.Known() {
					row[len(row)-2].Text = c.Word("between", "low", c.difference(v, x.Interval.Low), "high", c.difference(v, x.Interval.High))
				}
			}
			if season {
				was := c.like(v, "", c.Season)
				x := metrics.Compare(was, v)
				row = append(row, c.valueCell(was), c.deltaCell(v, was, x.Delta, SeasonPart))
				row[len(row)-1].State = c.verdictCell(was, v, x).State
			}
			t.Rows = append(t.Rows, append(row, Cell{Text: c.Count(v.Used), Ref: refOf(v, UsedPart, float64(v.Used))}))
		}
	}
	t.dropEmpty()
	return t
}

func (c *composer) deltaCell(now, was metrics.Value, delta float64, part string) Cell {
	if math.IsNaN(delta) || few(now) || few(was) {
		return Cell{Text: figure.None}
	}
	return Cell{Text: c.difference(now, delta), Ref: refOf(now, part, delta)}
}

func (c *composer) buildTrend(s *TrendSpec) Block {
	v := c.whole(s.KPI.Name, c.Now)
	k := v.KPI
	t := &Trend{ID: c.id(), Note: c.note(k), Title: cmp.Or(c.worded(s.Title), c.Word("trend.title", "figure", c.withCurrency(c.titled(k), v)))}
	for _, n := range append([]Name{s.KPI}, s.With...) {
		if points := c.months(n.Name); len(points) > 1 {
			t.Series = append(t.Series, Series{Name: c.withCurrency(c.titled(c.kpi(n.Name)), c.whole(n.Name, c.Now)), Points: points})
		}
	}
	if len(t.Series) == 0 || math.IsNaN(firstKnown(t.Series[0].Points).V) {
		return &Prose{Paragraphs: []string{c.Word("trend.none", "figure", c.titled(k))}}
	}
	floor, ceiling := limitsOf(k)
	low, high := math.Inf(1), math.Inf(-1)
	reach := func(x float64) {
		if !math.IsNaN(x) {
			low, high = min(low, x), max(high, x)
		}
	}
	var values []float64
	for i, s := range t.Series {
		for _, p := range s.Points {
			reach(p.V)
			if i == 0 {
				values = append(values, p.V)
			}
		}
	}
	about := c.Word("trend.months", "n", c.Count(int64(len(values))))
	if l, ok := metrics.Limits(values, floor, ceiling); ok {
		reach(l.Low)
		reach(l.High)
		t.Limits = &LimitLines{l.Mean, l.Low, l.High, c.Word("trend.limits", "low", c.phrase(v, l.Low), "high", c.phrase(v, l.High))}
		var out []string
		for i := range t.Series[0].Points {
			if p := &t.Series[0].Points[i]; !math.IsNaN(p.V) && l.Outside(p.V) {
				p.Out = true
				out = append(out, p.Label)
			}
		}
		about = c.Word("trend.within", "limits", t.Limits.Text)
		if len(out) > 0 {
			about = c.Word("trend.outside", "months", c.List(out), "limits", t.Limits.Text)
		}
	}
	t.About = strings.TrimSpace(c.worded(s.About) + " " + about)
	if floor == 0 && low < (high-low)*1.5 {
		low = 0
	}
	t.Ticks = ticks(low, high, func(x float64) string { return c.phrase(v, x) })
	t.Table = &Table{Columns: []Column{{Head: c.Word("head.month"), Words: true}}}
	for i, s := range t.Series {
		t.Table.Columns = append(t.Table.Columns, Column{Head: s.Name})
		if i == 0 {
			t.Table.Columns = append(t.Table.Columns, Column{Head: c.Word("head.n")})
		}
	}
	for _, p := range t.Series[0].Points {
		row := Row{{Text: p.Label}}
		for j, n := range append([]Name{s.KPI}, s.With...) {
			x, ok := c.month(n.Name, p.Label)
			if !ok {
				row = append(row, Cell{Text: figure.None})
				continue
			}
			row = append(row, c.valueCell(x))
			if j == 0 {
				row = append(row, Cell{Text: c.Count(x.Used), Ref: refOf(x, UsedPart, float64(x.Used))})
			}
		}
		t.Table.Rows = append(t.Table.Rows, row[:min(len(row), len(t.Table.Columns))])
	}
	return t
}

// month is the value of a month.
func (c *composer) month(name, label string) (metrics.Value, bool) {
	main := c.mainCurrency(name)
	for _, v := range c.Values[Question{name, metrics.ByMonth, ""}] {
		if c.periodLabel(v.Period) == label && currencyOf(v) == main {
			return v, true
		}
	}
	return metrics.Value{}, false
}
