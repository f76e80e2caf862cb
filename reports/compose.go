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
	"millrace/mining"
	"millrace/reports/figure"
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
	c := &composer{builder: &builder{in: in.Flow, cases: cmp.Or(in.Flow.Cases, "cases")}, Answers: in.Answers, zone: in.Zone, notes: map[string]int{}}
	if c.builder.in.Variants == nil {
		c.builder.in.Variants = &mining.Variants{CaseDuration: &eventlog.Durations{}}
	}
	if c.zone == nil {
		c.zone = time.UTC
	}
	r := &Report{Title: cmp.Or(in.Title, word("report.title")), Source: in.Flow.Source, Maker: in.Flow.Maker, Words: map[string]string{}}
	for _, key := range []string{"frame.pages", "frame.data", "frame.skip", "frame.paper"} {
		r.Words[strings.TrimPrefix(key, "frame.")] = word(key)
	}
	for _, spec := range in.Pages {
		c.page = spec.Name
		p := &Page{Name: spec.Name, Title: worded(spec.Title), About: worded(spec.About)}
		for i := range spec.Blocks {
			c.block = i
			if b := c.build(&spec.Blocks[i]); b != nil {
				p.Blocks = append(p.Blocks, b)
			}
		}
		if len(p.Blocks) == 0 {
			p.Blocks = append(p.Blocks, &Prose{Paragraphs: []string{word("page.empty")}})
		}
		r.Pages = append(r.Pages, p)
	}
	for _, d := range in.Flow.Definitions {
		c.define(d.Term, d.Text, "")
	}
	last := &Page{Name: "definitions", Title: word("definitions.title"), About: word("definitions.about"), Blocks: []Block{&Footnotes{Notes: c.footnotes}}}
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
	case b.Controls != nil:
		return c.buildControls(b.Controls)
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
	case b.Variants != nil:
		if v := c.variants(); v != nil {
			return v
		}
		return nil
	}
	return &Prose{Paragraphs: []string{worded(b.Text)}}
}

// note defines a figure at the end of the report: what it is, of what it was
// made, and how to get at its cases. A figure has one note, whatever block shows it.
func (c *composer) note(k *metrics.KPI) int {
	if n := c.notes[k.Name]; n > 0 {
		return n
	}
	v := c.whole(k.Name, c.Now)
	text := word("note.text", "doc", k.Doc, "name", k.Name, "version", strconv.Itoa(k.Version))
	if t := trustText(v); t != "" {
		text += " " + t + "."
	}
	if k.Kind != metrics.SQLKind {
		text += " " + word("note.cases", "command", c.sampleCommand(k))
	}
	of := word("note.sample", "sample", sample(v.Used, k.One, k.Of, v.Excluded, v.Open), "period", periodName(c.Now), "filter", cmp.Or(c.Filter, word("none")))
	term := k.Title
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

// trustText says whether a figure agrees with a control, and who accepted its
// definition.
func trustText(v metrics.Value) string {
	var said []string
	if v.Reconciled != nil {
		said = append(said, word(map[bool]string{true: "trust.reconciled", false: "trust.unreconciled"}[*v.Reconciled]))
	}
	if a := v.Accepted; a != nil {
		key := "trust.accepted"
		if a.Changed(v.KPI) {
			key = "trust.changed"
		}
		said = append(said, word(key, "version", strconv.Itoa(a.Version), "by", figure.Isolated(figure.Fit(a.By, 30)), "on", string(a.On)))
	}
	return strings.Join(said, "; ")
}

func (c *composer) reportFacts() []Fact {
	var facts []Fact
	add := func(key, text string) { facts = append(facts, Fact{word(key), text}) }
	if c.Now.Label != "" {
		add("fact.period", word("fact.days", "period", periodName(c.Now), "from", string(c.Now.First), "to", string(min(c.Now.Last, c.AsOf))))
		var with []string
		for _, p := range []metrics.Period{c.Before, c.Season} {
			if p.Label != "" && !slices.Contains(with, periodName(p)) {
				with = append(with, periodName(p))
			}
		}
		add("fact.compared", cmp.Or(list(with), word("fact.nothing-before")))
	}
	if c.Filter != "" {
		add("fact.filter", c.Filter)
	}
	for _, f := range c.facts() {
		if f.Term != "Period" {
			facts = append(facts, f)
		}
	}
	return facts
}

// remarks are what to know of the figures that the pages show.
func (c *composer) remarks() []eventlog.Note {
	list := c.builder.notes()
	for _, name := range sortedNames(c.notes) {
		for _, v := range c.all(name, c.Now) {
			for _, n := range v.Notes {
				n := eventlog.Note{Code: n.Code, Text: word("remark", "figure", withCurrency(v.KPI.Title, v), "text", n.Text)}
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
	t := Tile{Title: withCurrency(v.KPI.Title, v), Note: c.note(v.KPI), LeftOut: leftOut(v.Excluded, v.Open), Sample: countOf(v), Control: trustText(v)}
	if v.N > 0 {
		t.Share = float64(v.Used) / float64(v.N)
	}
	switch {
	case !v.Known() || few(v):
		t.Number = figure.None
		t.Warning = c.why(v)
		if few(v) && v.KPI.Kind == metrics.RateKind {
			t.Number = shown(v)
		}
	default:
		t.Number, t.Unit = wording(v, v.V)
		t.Ref = refOf(v, ValuePart, v.V)
		if v.KPI.Kind == metrics.DurationKind && !math.IsNaN(v.P90) && v.KPI.Quantile == .5 {
			t.Beside = word("tile.p90", "p90", phrase(v, v.P90))
		}
		if v.KPI.Unit == metrics.Share && v.Interval.Known() {
			t.Beside = word("tile.interval", "low", phrase(v, v.Interval.Low), "high", phrase(v, v.Interval.High))
		}
		if g := v.KPI.Target; g != nil {
			key := "tile.target.met"
			if v.KPI.Better == metrics.Higher && v.V < *g || v.KPI.Better == metrics.Lower && v.V > *g {
				key = "tile.target.missed"
			}
			t.Changes = append(t.Changes, Change{Text: Text{{Text: word(key, "target", phrase(v, *g))}}})
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
		t.Others = append(t.Others, say("tile.other", args{"currency": currencyOf(o), "value": valueSpan(o, false)}))
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
		t.About = word("tile.spark", "first", months[0].Label, "last", months[len(months)-1].Label, "from", firstKnown(months).Text, "to", lastKnown(months).Text)
	}
	return t
}

// why says why there is no figure.
func (c *composer) why(v metrics.Value) string {
	switch {
	case v.Known() && few(v):
		return word("why.few", "objects", v.KPI.Of)
	case v.Open > 0 && v.Used == 0:
		return word("why.open", "n", figure.Plural(v.Open, v.KPI.One, v.KPI.Of))
	case len(v.Notes) > 0:
		return v.Notes[0].Text
	}
	return word("why.none")
}

// change compares a value with an earlier period.
func (c *composer) change(v metrics.Value, by string, p metrics.Period) (Change, bool) {
	if p.Label == "" || !v.Known() || few(v) {
		return Change{}, false
	}
	was := c.like(v, by, p)
	if !was.Known() || few(was) {
		return Change{Text: say("tile.unknown", args{"then": periodName(p)})}, true
	}
	if same(was, v) {
		return Change{Text: say("tile.same", args{"then": periodName(p)})}, true
	}
	x := metrics.Compare(was, v)
	part := DeltaPart
	if p.Label == c.Season.Label && p.Label != c.Before.Label {
		part = SeasonPart
	}
	delta := Span{Text: difference(v, x.Delta), Ref: refOf(v, part, x.Delta), Strong: true}
	key := "tile.changed"
	switch x.Verdict {
	case metrics.Unclear:
		key = "tile.unclear"
	case "":
		key = "tile.changed.plain"
	}
	return Change{Text: say(key, args{"delta": delta, "then": periodName(p), "was": valueSpan(was, false), "verdict": verdictWord(x.Verdict)}), State: stateOf(x.Verdict)}, true
}

// verdictCell is a verdict in a table.
func verdictCell(was, now metrics.Value, x metrics.Comparison) Cell {
	if x.Verdict != "" && same(was, now) {
		return Cell{Text: word("verdict.no-clear-change")}
	}
	return Cell{Text: verdictWord(x.Verdict), State: stateOf(x.Verdict)}
}

func verdictWord(v metrics.Verdict) string {
	if v == "" {
		return ""
	}
	return word("verdict." + strings.ReplaceAll(string(v), " ", "-"))
}

// months are the months of a figure, of its main currency.
func (c *composer) months(name string) []Point {
	var list []Point
	main := c.mainCurrency(name)
	for _, v := range c.Values[Question{name, metrics.ByMonth, ""}] {
		if currencyOf(v) != main || v.Period == "" || c.cut(v.Period) {
			continue
		}
		p := Point{Label: periodLabel(v.Period), V: v.V, Text: shown(v)}
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
	t := &Table{ID: c.id(), Title: cmp.Or(worded(s.Title), word("figures.title")), About: worded(s.About), Columns: []Column{
		{Head: word("head.figure"), Words: true}, {Head: periodName(c.Now)}}}
	if c.Before.Label != "" {
		t.Columns = append(t.Columns, Column{Head: periodName(c.Before)}, Column{Head: word("head.change")}, Column{Head: word("head.between")}, Column{Head: word("head.verdict"), Words: true})
	}
	season := c.Season.Label != "" && c.Season.Label != c.Before.Label
	if season {
		t.Columns = append(t.Columns, Column{Head: periodName(c.Season)}, Column{Head: word("head.change")})
	}
	t.Columns = append(t.Columns, Column{Head: word("head.n")})
	for _, n := range s.KPIs {
		values := c.all(n.Name, c.Now)
		if len(values) == 0 {
			values = []metrics.Value{c.nothing(n.Name, c.Now)}
		}
		for _, v := range values {
			name := v.KPI.Title
			if l := labelsText(v.By); l != "" {
				name += ", " + l
			}
			row := Row{{Text: withCurrency(name, v), Note: c.note(v.KPI)}, valueCell(v)}
			if c.Before.Label != "" {
				was := c.like(v, "", c.Before)
				x := metrics.Compare(was, v)
				row = append(row, valueCell(was), c.deltaCell(v, was, x.Delta, DeltaPart), Cell{Text: figure.None}, verdictCell(was, v, x))
				if x.Interval.Known() {
					row[len(row)-2].Text = word("between", "low", difference(v, x.Interval.Low), "high", difference(v, x.Interval.High))
				}
			}
			if season {
				was := c.like(v, "", c.Season)
				x := metrics.Compare(was, v)
				row = append(row, valueCell(was), c.deltaCell(v, was, x.Delta, SeasonPart))
				row[len(row)-1].State = verdictCell(was, v, x).State
			}
			t.Rows = append(t.Rows, append(row, Cell{Text: figure.Count(v.Used), Ref: refOf(v, UsedPart, float64(v.Used))}))
		}
	}
	return t
}

func (c *composer) deltaCell(now, was metrics.Value, delta float64, part string) Cell {
	if math.IsNaN(delta) || few(now) || few(was) {
		return Cell{Text: figure.None}
	}
	return Cell{Text: difference(now, delta), Ref: refOf(now, part, delta)}
}

func (c *composer) buildTrend(s *TrendSpec) Block {
	v := c.whole(s.KPI.Name, c.Now)
	k := v.KPI
	t := &Trend{ID: c.id(), Note: c.note(k), Title: cmp.Or(worded(s.Title), word("trend.title", "figure", withCurrency(k.Title, v))),
		Words: map[string]string{"table": word("frame.data")}}
	for _, n := range append([]Name{s.KPI}, s.With...) {
		if points := c.months(n.Name); len(points) > 1 {
			t.Series = append(t.Series, Series{Name: withCurrency(c.kpi(n.Name).Title, c.whole(n.Name, c.Now)), Points: points})
		}
	}
	if len(t.Series) == 0 || math.IsNaN(firstKnown(t.Series[0].Points).V) {
		return &Prose{Paragraphs: []string{word("trend.none", "figure", k.Title)}}
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
	about := word("trend.months", "n", figure.Count(int64(len(values))))
	if l, ok := metrics.Limits(values, floor, ceiling); ok {
		reach(l.Low)
		reach(l.High)
		t.Limits = &LimitLines{l.Mean, l.Low, l.High, word("trend.limits", "low", phrase(v, l.Low), "high", phrase(v, l.High))}
		var out []string
		for i := range t.Series[0].Points {
			if p := &t.Series[0].Points[i]; !math.IsNaN(p.V) && l.Outside(p.V) {
				p.Out = true
				out = append(out, p.Label)
			}
		}
		about = word("trend.within", "limits", t.Limits.Text)
		if len(out) > 0 {
			about = word("trend.outside", "months", list(out), "limits", t.Limits.Text)
		}
	}
	t.About = strings.TrimSpace(worded(s.About) + " " + about)
	if floor == 0 && low < (high-low)*1.5 {
		low = 0
	}
	t.Ticks = ticks(low, high, func(x float64) string { return phrase(v, x) })
	t.Table = &Table{Columns: []Column{{Head: word("head.month"), Words: true}}}
	for i, s := range t.Series {
		t.Table.Columns = append(t.Table.Columns, Column{Head: s.Name})
		if i == 0 {
			t.Table.Columns = append(t.Table.Columns, Column{Head: word("head.n")})
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
			row = append(row, valueCell(x))
			if j == 0 {
				row = append(row, Cell{Text: figure.Count(x.Used), Ref: refOf(x, UsedPart, float64(x.Used))})
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
		if periodLabel(v.Period) == label && currencyOf(v) == main {
			return v, true
		}
	}
	return metrics.Value{}, false
}
