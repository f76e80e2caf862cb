package reports

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"millrace/metrics"
	"millrace/mining"
	"millrace/reports/figure"
)

// floorShare is which share of the waits of a hand-over are taken as what it has
// to take: the floor. What others wait longer is avoidable.
const floorShare = .25

// An avoidableWait is a hand-over and what it waits beyond its floor.
type avoidableWait struct {
	mining.Wait
	Floor, Avoidable float64 // µs
}

// avoidable ranks the waits by what is avoidable; agreed ones are left out.
func (c *composer) avoidable() (list []avoidableWait, agreed []string, total float64) {
	if c.in.Waits == nil {
		return nil, nil, 0
	}
	ranked, agreed := c.rankedWaits()
	for _, w := range ranked {
		a := avoidableWait{Wait: w, Floor: w.Wait.Quantile(floorShare)}
		a.Avoidable = w.Wait.Beyond(a.Floor)
		total += a.Avoidable
		list = append(list, a)
	}
	slices.SortStableFunc(list, func(a, b avoidableWait) int {
		return cmp.Or(cmp.Compare(b.Avoidable, a.Avoidable), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	return list, agreed, total
}

// clockWord says in which time waits are.
func (c *composer) clockWord() string {
	if c.in.Waits != nil && c.in.Waits.Clock == "working" {
		return word("clock.working")
	}
	return word("clock.elapsed")
}

func (c *composer) defineAvoidable() int {
	return c.define(word("avoidable.term"), word("avoidable.doc", "clock", c.clockWord(), "share", figure.Share(floorShare)), c.waitSample())
}

func (c *composer) buildWaits(s *ListSpec) Block {
	waits, agreed, total := c.avoidable()
	t := &Table{ID: c.id(), Title: cmp.Or(worded(s.Title), word("waits.title", "cases", c.cases))}
	if len(waits) == 0 || total == 0 {
		return &Prose{Paragraphs: []string{word("by.none", "title", t.Title, "why", word("waits.none"))}}
	}
	note := c.defineAvoidable()
	value := c.define(word("waiting-value.term"), word("waiting-value.doc", "cases", c.cases), "")
	t.Columns = []Column{{Head: word("head.between-steps"), Words: true}, {Head: title(c.cases)}, {Head: word("head.median")}, {Head: word("head.floor"), Note: note},
		{Head: word("head.avoidable"), Bar: true, Note: note}, {Head: word("head.share")}, {Head: word("head.value-waiting"), Note: value}}
	shown := waits[:min(len(waits), cmp.Or(s.Most, mostWaits))]
	sum := 0.0
	for _, w := range shown {
		sum += w.Avoidable
		var amounts []string
		for _, m := range w.Value {
			amounts = append(amounts, figure.Money(m.Currency, m.Amount))
		}
		t.Rows = append(t.Rows, Row{{Text: path(w.From, w.To), Full: fullPath(w.From, w.To)}, {Text: figure.Count(w.Cases)}, {Text: quantile(w.Wait.Wait, .5)}, {Text: figure.Duration(w.Floor)},
			{Text: figure.Hours(w.Avoidable), Bar: w.Avoidable / waits[0].Avoidable}, {Text: figure.Share(w.Avoidable / total)}, {Text: cmp.Or(strings.Join(amounts, ", "), figure.None)}})
	}
	t.About = word("waits.about", "n", figure.Count(int64(len(shown))), "share", figure.Share(min(1, sum/total)), "clock", c.clockWord())
	if len(agreed) > 0 {
		t.About += " " + word("waits.agreed", "waits", list(agreed))
	}
	return t
}

// buildRework lists activities that occur more than once in a case.
func (c *composer) buildRework(s *ListSpec) Block {
	t := &Table{ID: c.id(), Title: cmp.Or(worded(s.Title), word("rework.title"))}
	var g *mining.Graph
	if n := len(c.in.Levels); n > 0 {
		g = c.in.Levels[n-1].Graph
	}
	if g == nil {
		return &Prose{Paragraphs: []string{word("by.none", "title", t.Title, "why", word("waits.none"))}}
	}
	activities := slices.Clone(g.Activities)
	slices.SortStableFunc(activities, func(a, b mining.Activity) int {
		return cmp.Or(cmp.Compare(b.Rework, a.Rework), cmp.Compare(a.Name, b.Name))
	})
	activities = slices.DeleteFunc(activities, func(a mining.Activity) bool { return a.Rework == 0 })
	if len(activities) == 0 {
		return &Prose{Paragraphs: []string{word("by.none", "title", t.Title, "why", word("rework.none", "cases", c.cases))}}
	}
	t.About = word("rework.about", "cases", c.cases)
	t.Columns = []Column{{Head: word("head.activity"), Words: true}, {Head: word("head.repeat", "cases", c.cases), Bar: true}, {Head: word("head.share")}, {Head: word("head.occurrences")}}
	for _, a := range activities[:min(len(activities), cmp.Or(s.Most, 10))] {
		t.Rows = append(t.Rows, Row{named(a.Name), {Text: figure.Count(a.Rework), Bar: float64(a.Rework) / float64(activities[0].Rework)}, {Text: figure.Share(float64(a.Rework) / float64(max(a.Cases, 1)))}, {Text: figure.Count(a.Events)}})
	}
	return t
}

// standing are the standings that have something to judge.
func (c *composer) standing() []metrics.Standing {
	return slices.DeleteFunc(slices.Clone(c.Standings), func(s metrics.Standing) bool { return s.Figure != nil })
}

func levelRef(s metrics.Standing, part string, n int64) *Ref {
	return &Ref{KPI: "sla:" + s.Rule.Name, Period: string(s.AsOf), Part: part, Value: float64(n)}
}

func (c *composer) limitText(s metrics.Standing) string {
	if s.Rule.Clock == metrics.Business {
		return word("level.working", "limit", s.Rule.Limit.String())
	}
	return s.Rule.Limit.String()
}

func amounts(list []metrics.Amount) string {
	var parts []string
	for _, m := range list {
		parts = append(parts, figure.Money(m.Currency, int64(m.Amount*1e4+.5)))
	}
	return cmp.Or(strings.Join(parts, ", "), figure.None)
}

func (c *composer) buildLevels(s *ListSpec) Block {
	t := &Table{ID: c.id(), Title: cmp.Or(worded(s.Title), word("levels.title"))}
	standings := c.standing()
	if len(standings) == 0 {
		return &Prose{Paragraphs: []string{word("by.none", "title", t.Title, "why", word("levels.none"))}}
	}
	t.About = word("levels.about", "day", string(standings[0].AsOf))
	note := c.define(word("levels.term"), word("levels.doc"), "")
	t.Columns = []Column{{Head: word("head.level"), Words: true}, {Head: word("head.limit"), Words: true}, {Head: word("head.owner"), Words: true}, {Head: word("head.late-now"), Note: note, Bar: true},
		{Head: word("head.at-risk")}, {Head: word("head.stake")}, {Head: word("head.late-rate")}, {Head: word("head.judged")}}
	slices.SortStableFunc(standings, func(a, b metrics.Standing) int { return cmp.Compare(b.OpenBreached, a.OpenBreached) })
	for _, x := range standings {
		rate := Cell{Text: figure.None}
		if n := x.Met + x.Breached(); n > 0 {
			rate.Text = figure.Share(float64(x.Breached()) / float64(n))
		}
		row := Row{{Text: x.Rule.Title}, {Text: c.limitText(x)}, {Text: figure.Isolated(figure.Fit(x.Rule.Owner, 20))},
			{Text: figure.Count(x.OpenBreached), Bar: float64(x.OpenBreached) / float64(max(standings[0].OpenBreached, 1)), Ref: levelRef(x, "open_breached", x.OpenBreached)},
			{Text: figure.Count(x.AtRisk), Ref: levelRef(x, "at_risk", x.AtRisk)}, {Text: amounts(x.Value)}, rate, {Text: figure.Count(x.Met + x.Breached())}}
		if len(x.Notes) > 0 && x.N == 0 {
			row[5] = Cell{Text: figure.None}
			row[0].Full = x.Notes[0].Text
		}
		if x.OpenBreached > 0 {
			row[3].State = Bad
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// buildLate lists the worst cases that are late now.
func (c *composer) buildLate(s *ListSpec) Block {
	t := &Table{ID: c.id(), Title: cmp.Or(worded(s.Title), word("late.title"))}
	each := cmp.Or(s.Most, 3)
	t.Columns = []Column{{Head: word("head.level"), Words: true}, {Head: word("head.which"), Words: true}, {Head: word("head.owner"), Words: true}, {Head: word("head.due"), Words: true}, {Head: word("head.over")}, {Head: word("head.stake")}}
	for _, x := range c.standing() {
		n := 0
		for _, b := range x.Worst {
			if b.State != metrics.Breached || n == each {
				continue
			}
			n++
			row := Row{{Text: x.Rule.Title}, named(b.Key), named(cmp.Or(b.Owner, figure.None)), {Text: figure.None}, {Text: figure.Duration(float64(b.OverS) * 1e6)}, {Text: figure.None}}
			if at, err := time.Parse(time.RFC3339, b.Due); err == nil {
				row[3].Text = figure.Moment(at.In(c.zone))
			}
			if b.Amount != nil {
				row[5].Text = figure.Money(b.Currency, int64(*b.Amount*1e4+.5))
			}
			t.Rows = append(t.Rows, row)
		}
	}
	if len(t.Rows) == 0 {
		return &Prose{Paragraphs: []string{word("by.none", "title", t.Title, "why", word("late.none"))}}
	}
	t.About = word("late.about", "n", figure.Count(int64(each)))
	return t
}

func (c *composer) buildQuality(s *ListSpec) Block {
	p := c.Profile
	title := cmp.Or(worded(s.Title), word("quality.title"))
	if p == nil {
		return &Prose{Paragraphs: []string{word("by.none", "title", title, "why", word("quality.none"))}}
	}
	if len(p.Checks) == 0 {
		return &Prose{Paragraphs: []string{word("quality.clean", "n", figure.Count(int64(len(p.Passed))))}}
	}
	b := &profileBuilder{in: ProfileInput{Profile: p, Zone: c.zone}, p: p}
	t := b.found()
	t.ID, t.Title = c.id(), title
	t.About += " " + word("quality.passed", "passed", figure.Count(int64(len(p.Passed))), "skipped", figure.Count(int64(len(p.Skipped))))
	return t
}

func (c *composer) buildCoverage(s *ListSpec) Block {
	t := &Table{ID: c.id(), Title: cmp.Or(worded(s.Title), word("coverage.title"))}
	n := 0
	for _, f := range c.Coverage {
		if f.Computable() {
			n++
		}
		if f.Computable() && len(f.Unseen) == 0 {
			continue
		}
		state := Cell{Text: word("coverage.yes")}
		if !f.Computable() {
			state = Cell{Text: word("coverage.no"), State: Bad}
		}
		t.Rows = append(t.Rows, Row{{Text: f.ID}, state, {Text: figure.Fit(cmp.Or(strings.Join(f.Missing, ", "), figure.None), 60)}, {Text: figure.Fit(cmp.Or(strings.Join(f.Unseen, ", "), figure.None), 60)}})
	}
	about := word("coverage.about", "n", figure.Count(int64(n)), "all", figure.Count(int64(len(c.Coverage))))
	if len(t.Rows) == 0 {
		return &Prose{Paragraphs: []string{about}}
	}
	t.About = about
	t.Columns = []Column{{Head: word("head.figure"), Words: true}, {Head: word("coverage.computed"), Words: true}, {Head: word("coverage.missing"), Words: true}, {Head: word("coverage.unseen"), Words: true}}
	if most := cmp.Or(s.Most, 30); len(t.Rows) > most {
		t.About += " " + word("by.more", "shown", figure.Count(int64(most)), "all", figure.Count(int64(len(t.Rows))))
		t.Rows = t.Rows[:most]
	}
	return t
}

// buildExclusions says of every figure that the pages before show what it was
// made of.
func (c *composer) buildExclusions(s *ListSpec) Block {
	t := &Table{ID: c.id(), Title: cmp.Or(worded(s.Title), word("exclusions.title")), About: word("exclusions.about", "period", periodName(c.Now)),
		Columns: []Column{{Head: word("head.figure"), Words: true}, {Head: word("head.n"), Bar: true}, {Head: word("head.looked-at")}, {Head: word("head.open")}, {Head: word("head.left-out"), Words: true}}}
	for _, name := range sortedNames(c.notes) {
		for _, v := range c.all(name, c.Now) {
			if v.N == 0 {
				continue
			}
			label := withCurrency(v.KPI.Title, v)
			if v.KPI.Unit == metrics.Money {
				label = word("figure.currency", "figure", v.KPI.Title, "currency", currencyOf(v))
			}
			if l := labelsText(v.By); l != "" {
				label += ", " + l
			}
			t.Rows = append(t.Rows, Row{{Text: label, Note: c.note(v.KPI)}, {Text: figure.Count(v.Used), Bar: float64(v.Used) / float64(v.N), Ref: refOf(v, UsedPart, float64(v.Used))},
				{Text: figure.Count(v.N)}, {Text: figure.Count(v.Open)}, {Text: cmp.Or(leftOut(v.Excluded, 0), figure.None)}})
		}
	}
	if len(t.Rows) == 0 {
		return &Prose{Paragraphs: []string{word("exclusions.none")}}
	}
	return t
}

// buildSources says how fresh each source is.
func (c *composer) buildSources(s *ListSpec) Block {
	t := &Table{ID: c.id(), Title: cmp.Or(worded(s.Title), word("sources.title")), About: word("sources.about"), Columns: []Column{{Head: word("head.source"), Words: true}, {Head: word("head.read"), Words: true}}}
	for _, name := range slices.Sorted(maps.Keys(c.Loaded)) {
		t.Rows = append(t.Rows, Row{named(name), {Text: figure.Moment(c.Loaded[name].In(c.zone))}})
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return t
}

// buildLogNotes says what the log itself is not sure of.
func (c *composer) buildLogNotes(s *ListSpec) Block {
	var lines []string
	for _, n := range c.in.Notes {
		lines = append(lines, n.Text)
	}
	if len(lines) == 0 {
		lines = []string{word("log-notes.none")}
	}
	return &Prose{Title: cmp.Or(worded(s.Title), word("log-notes.title")), ID: c.id(), Paragraphs: lines}
}
