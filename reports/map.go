package reports

import (
	"cmp"
	"slices"
	"strings"

	"millrace/eventlog"
	"millrace/mining"
	"millrace/reports/figure"
	"millrace/reports/layout"
	"millrace/reports/words"
)

// A Map is the process map in levels of detail.
type Map struct {
	Title, About string
	Empty        string // why there is nothing to show; "" if there is
	Note         int    // of frequency
	WaitNote     int    // of waiting time
	WorkNote     int    // of working time
	ValueNote    int    // of the value waiting
	ByNote       int    // of the share that is automatic
	Cases        words.Noun
	Modes        []MapMode // what colours, widths and labels may tell; the first is shown first
	Levels       []MapLevel
	Shown        int // the level shown first
	Scale        *layout.Scale
	Replay       *Replay // nil if there is nothing to replay
}

// A MapMode is one of the things a Map may tell.
type MapMode struct {
	Mode layout.Mode
	Name string
}

// A MapLevel is a Level in words.
type MapLevel struct {
	Level
	About      string // what it leaves out
	Activities *Table
	Paths      *Table
}

// A Level is one level of detail of a Map. Its Graph, and the Facts, are of a
// log projected onto the level's activities, so that its counts are true.
type Level struct {
	Name     string
	Graph    *mining.Graph
	Spine    []string           // see layout.Options
	Backward map[[2]string]bool // see layout.Options
	LeftOut  int                // activities of the log that are not in Graph
	layout.Facts
}

// A Replay is a sample of cases that move over the map when a reader says so.
type Replay struct {
	About      string
	Activities []string // the activities of the steps
	Cases      []ReplayCase
	First      int64 // of all steps, in seconds since 1970
	Seconds    int64 // from the first to the last
}

// A ReplayCase is one case.
type ReplayCase struct {
	Steps []int   // in Replay.Activities
	At    []int64 // when, in seconds after Replay.First
}

// Details are the levels of detail of a map, as a guide to callers: which
// share of the events and of the steps each one keeps, beyond the most
// frequent variant, and how many activities and paths at most (see
// mining.KeepActivities and mining.Graph.KeepEdges). What is shown first can be
// read at a glance however large the log is; nothing is drawn that dot needs
// seconds for.
var Details = []struct {
	Name              string
	Events, Steps     float64
	Activities, Paths int
}{
	{"Essential", 0, 0, 16, 24},
	{"Main", 0.95, 0.97, 24, 44},
	{"Detailed", 0.99, 0.99, 40, 90},
	{"Everything", 1, 1, 80, 200},
}

// FlowMap is the map of a report's flow alone.
func FlowMap(in FlowInput) *Map { return newBuilder(in).flowMap() }

func (b *builder) flowMap() *Map {
	m := &Map{Title: b.Say("map.title", words.Args{"cases": b.cases}), Cases: b.cases}
	var layers []layout.Layer
	for _, l := range b.in.Levels {
		if l.Graph == nil || len(l.Graph.Activities) == 0 {
			continue
		}
		l.Agreed, l.Name = b.in.Agreed, b.Text(l.Name)
		level := MapLevel{Level: l, Activities: b.activityTable(&l), Paths: b.pathTable(&l)}
		if l.LeftOut > 0 {
			level.About = b.Say("map.left-out", words.Args{"n": b.Count(int64(l.LeftOut)), "cases": b.cases})
			if l.LeftOut == 1 {
				level.About = b.Say("map.left-out.one", words.Args{"cases": b.cases})
			}
		}
		// A level that shows no more than the one before is no level.
		if n := len(layers); n > 0 && len(layers[n-1].Graph.Activities) == len(l.Graph.Activities) && len(layers[n-1].Graph.Edges) == len(l.Graph.Edges) {
			m.Levels[n-1].Name = l.Name
			continue
		}
		m.Levels, layers = append(m.Levels, level), append(layers, layout.Layer{Graph: l.Graph, Facts: l.Facts})
	}
	if m.Empty = b.emptiness(); m.Empty == "" && len(m.Levels) == 0 {
		m.Empty = b.Say("map.none", words.Args{"cases": b.cases})
	}
	if m.Empty != "" {
		m.Levels = nil
		return m
	}
	m.Scale = layout.NewScale(layers...)
	m.Shown = min(1, len(m.Levels)-1)
	m.Note = b.define(b.Word("map.times.term"), b.Word("map.times.doc"), "")
	m.About = b.Say("map.about", words.Args{"cases": b.cases})
	if few := b.fewness(); few != "" {
		m.About += " " + few
	}
	for _, mode := range []layout.Mode{layout.Waiting, layout.Slow, layout.Working, layout.Frequency, layout.Value} {
		if m.Scale.Has(mode) {
			m.Modes = append(m.Modes, MapMode{mode, b.Word("mode." + mode.String())})
		}
	}
	if m.Scale.Has(layout.Waiting) {
		m.WaitNote = b.define(b.Word("wait.term"), b.Say("wait.doc", words.Args{"cases": b.cases}), "")
	}
	if m.Scale.Has(layout.Working) {
		m.WorkNote = b.define(b.Word("working.term"), b.Say("working.doc", words.Args{"cases": b.cases}), "")
	}
	if m.Scale.Has(layout.Value) {
		m.ValueNote = b.define(b.Word("waiting-value.term"), b.Say("waiting-value.doc", words.Args{"cases": b.cases}), "")
	}
	if m.Scale.Automatic() {
		m.ByNote = b.define(b.Word("automatic.term"), b.Word("automatic.doc"), "")
	}
	m.Replay = b.replay()
	return m
}

// emptiness says why there is nothing to show, "" if there is.
func (b *builder) emptiness() string {
	v := b.in.Variants
	switch {
	case v.Cases == 0:
		return b.Say("map.no-cases", words.Args{"cases": b.cases})
	case v.Events == 0:
		return b.Say("map.no-events", words.Args{"n": b.countCases(v.Cases)})
	}
	return ""
}

// fewness warns of a log that says little, "" if it does not.
func (b *builder) fewness() string {
	v := b.in.Variants
	switch open := b.open(); {
	case v.Cases == 1:
		if open == 1 {
			return b.Say("few.single-open", words.Args{"case": b.cases})
		}
		return b.Say("few.single", words.Args{"case": b.cases})
	case open == v.Cases:
		return b.Say("few.open", words.Args{"n": b.countCases(open)})
	}
	return ""
}

// activityTable says in words what the boxes of a map show.
func (b *builder) activityTable(l *Level) *Table {
	t := &Table{Columns: []Column{{Head: b.Word("head.activity"), Words: true}, {Head: b.Word("head.times")}, {Head: words.Title(b.cases.Many)}, {Head: b.Word("head.more-than-once")}}}
	if len(l.Automatic) > 0 {
		t.Columns = append(t.Columns, Column{Head: b.Word("automatic.term")})
	}
	list := slices.Clone(l.Graph.Activities)
	slices.SortStableFunc(list, func(a, b mining.Activity) int {
		return cmp.Or(cmp.Compare(b.Events, a.Events), cmp.Compare(a.Name, b.Name))
	})
	for _, a := range list {
		const longest, full = 24, 60 // ems
		name := Cell{Text: figure.Isolated(figure.Fit(a.Name, longest))}
		if whole := figure.Isolated(figure.Fit(a.Name, full)); whole != name.Text {
			name.Full = whole
		}
		row := Row{name, {Text: b.Count(a.Events)}, {Text: b.Count(a.Cases)}, {Text: b.Count(a.Rework)}}
		if len(l.Automatic) > 0 {
			by := figure.None
			if share, ok := l.Automatic[a.Name].Share(); ok {
				by = b.Share(share)
			}
			row = append(row, Cell{Text: by})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// mostPaths is how many paths the table beside a map lists.
const mostPaths = 200

// pathTable says in words what the arrows of a map show.
func (b *builder) pathTable(l *Level) *Table {
	t := &Table{Columns: []Column{{Head: b.Word("head.path"), Words: true}, {Head: b.Word("head.times")}, {Head: words.Title(b.cases.Many)}, {Head: b.Word("mode.waiting")}, {Head: b.Word("head.within90")}}}
	var working map[[2]string]*eventlog.Durations
	if l.Working != nil {
		t.Columns = append(t.Columns, Column{Head: b.Word("working.term")}, Column{Head: b.Word("head.within90")})
		working = map[[2]string]*eventlog.Durations{}
		for _, e := range l.Working.Edges {
			working[[2]string{e.From, e.To}] = e.Wait
		}
	}
	if l.Value != nil {
		t.Columns = append(t.Columns, Column{Head: b.Word("waiting-value.term")})
	}
	agreed := false
	for _, e := range l.Graph.Edges[:min(mostPaths, len(l.Graph.Edges))] {
		k := [2]string{e.From, e.To}
		name := Cell{Text: path(e.From, e.To), Full: fullPath(e.From, e.To)}
		if l.Agreed != nil && l.Agreed(e.From, e.To) {
			name.Text += " *"
			agreed = true
		}
		row := Row{name, {Text: b.Count(e.Count)}, {Text: b.Count(e.Cases)}, {Text: b.quantile(e.Wait, .5)}, {Text: b.quantile(e.Wait, .9)}}
		if l.Working != nil {
			row = append(row, Cell{Text: b.hours(working[k], .5)}, Cell{Text: b.hours(working[k], .9)})
		}
		if l.Value != nil {
			var amounts []string
			for _, m := range l.Value[k] {
				amounts = append(amounts, b.Money(m.Currency, m.Amount))
			}
			row = append(row, Cell{Text: cmp.Or(strings.Join(amounts, ", "), figure.None)})
		}
		t.Rows = append(t.Rows, row)
	}
	if n := len(l.Graph.Edges) - mostPaths; n > 0 {
		t.About = b.Word("map.unlisted", "n", b.Count(int64(n)))
	}
	if agreed {
		t.About = strings.TrimSpace(t.About + " * " + b.Word("map.agreed") + ".")
	}
	return t
}

// hours writes a quantile in working time: in hours at most.
func (s speech) hours(d *eventlog.Durations, q float64) string {
	if d == nil || d.N == 0 {
		return figure.None
	}
	if us := d.Quantile(q); us >= figure.Day {
		return s.Hours(us)
	}
	return s.quantile(d, q)
}

// Limits of a replay.
const (
	mostReplayed    = 200 // cases
	mostReplaySteps = 120 // of a case; the rest is not shown
)

// replay prepares the sample: whole seconds, numbers for names. A step without
// a time is when the one before was.
func (b *builder) replay() *Replay {
	r := &Replay{}
	at := map[string]int{}
	first, last := int64(eventlog.NoTime), int64(eventlog.NoTime)
	sample := b.in.Sample[:min(mostReplayed, len(b.in.Sample))]
	for _, c := range sample {
		for _, t := range c.Times {
			if t != eventlog.NoTime {
				if first == eventlog.NoTime || t < first {
					first = t
				}
				last = max(last, t)
			}
		}
	}
	if first == last { // no times, or all the same
		return nil
	}
	r.First = first / 1e6
	for _, c := range sample {
		var out ReplayCase
		now := int64(eventlog.NoTime)
		for i, a := range c.Activities[:min(mostReplaySteps, len(c.Activities), len(c.Times))] {
			if now = max(now, c.Times[i]); now == eventlog.NoTime {
				continue
			}
			n, ok := at[a]
			if !ok {
				n = len(r.Activities)
				at[a] = n
				r.Activities = append(r.Activities, a)
			}
			out.Steps, out.At = append(out.Steps, n), append(out.At, now/1e6-r.First)
		}
		if len(out.Steps) > 1 {
			r.Cases = append(r.Cases, out)
			r.Seconds = max(r.Seconds, out.At[len(out.At)-1])
		}
	}
	if len(r.Cases) == 0 || r.Seconds == 0 {
		return nil
	}
	r.About = b.Say("replay.about", words.Args{"n": b.Count(int64(len(r.Cases))), "all": b.countCases(b.in.Variants.Cases)})
	return r
}
