package reports

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"millrace/mining/bpmn"
	"millrace/mining/conform"
	"millrace/reports/figure"
	"millrace/reports/layout"
	"millrace/reports/words"
)

// A ModelSpec is a model that cases are compared with.
type ModelSpec struct {
	Of    string            `yaml:"of"`  // a file of a diagram, a tree or a net; default: the reference model of the kind of cases
	Map   map[string]string `yaml:"map"` // activities by names of its tasks; "" is not recorded
	Title string            `yaml:"title"`
	About string            `yaml:"about"`
}

// Key tells models apart, whatever their titles.
func (s *ModelSpec) Key() string {
	key := s.Of
	for _, name := range slices.Sorted(maps.Keys(s.Map)) {
		key += "\x00" + name + "\x00" + s.Map[name]
	}
	return key
}

// addTo adds s to a list, if it is one and not in it yet.
func (s *ModelSpec) addTo(list []ModelSpec) []ModelSpec {
	if s == nil || slices.ContainsFunc(list, func(x ModelSpec) bool { return x.Key() == s.Key() }) {
		return list
	}
	return append(list, *s)
}

// ModelFacts are what the cases of a log make of a model.
type ModelFacts struct {
	Diagram        *bpmn.Diagram
	Use            *layout.ModelUse
	Activities     map[string]string // of the log, by names of tasks, where they differ
	Cases, Fitting int64
	Deviations     []conform.Deviation
	Sure           conform.Certainty
}

// ModelFactsOf are those of alignments with the net of a diagram, whose tasks
// transitions are by bpmn.TasksOf, and were called own before they were called as the
// activities of the log.
func ModelFactsOf(d *bpmn.Diagram, tasks []int, own []string, a *conform.Alignments) *ModelFacts {
	f := &ModelFacts{Diagram: d, Use: layout.UseOf(d, tasks, a), Activities: map[string]string{},
		Cases: a.Summary.Cases, Fitting: a.Fitness().FittingCases, Deviations: a.Deviations(), Sure: a.Certainty()}
	for i, name := range own {
		if now := a.Net.Transitions[i].Label; now != name {
			f.Activities[name] = now
		}
	}
	return f
}

// A Model is a picture of a model with what cases make of it, and the same as a
// table.
type Model struct {
	ID, Title, About string
	Empty            string // why there is nothing to show; "" if there is
	Note             int
	Plan             *layout.Plan
	Table            *Table
}

func (*Model) Kind() string { return "model" }

func (c *composer) buildModel(s *ModelSpec) Block {
	f := c.in.Models[s.Key()]
	m := &Model{ID: c.id(), Title: cmp.Or(c.worded(s.Title), c.Say("model.title", words.Args{"cases": c.cases}))}
	switch {
	case f == nil:
		m.Empty = c.Say("model.not-known", words.Args{"cases": c.cases})
		return m
	case f.Cases == 0:
		m.Empty = c.Say("model.none", words.Args{"cases": c.cases})
		return m
	}
	about := []string{c.worded(s.About), c.Say("model.about", words.Args{"cases": c.cases, "share": c.Share(float64(f.Fitting) / float64(f.Cases)), "n": c.Count(f.Fitting), "all": c.Count(f.Cases)})}
	for _, part := range []struct {
		kind conform.DeviationKind
		key  string
	}{{conform.InModel, "model.most-skipped"}, {conform.InLog, "model.most-beside"}} {
		if list := c.mostDeviating(f, part.kind); len(list) > 0 {
			about = append(about, c.Word(part.key, "list", c.List(list)))
		}
	}
	if f.Sure.Optimal < f.Cases {
		about = append(about, c.Say("model.bound", words.Args{"cases": c.cases, "share": c.Share(float64(f.Sure.Optimal) / float64(f.Cases)), "n": c.Count(f.Sure.Within)}))
	}
	m.About = strings.TrimSpace(strings.Join(about, " "))
	m.Note = c.define(c.Word("model.term"), c.Say("model.doc", words.Args{"cases": c.cases}), c.sample(f.Cases, c.cases, nil, 0))
	m.Plan = layout.LayModel(layout.Model{Diagram: f.Diagram, Language: c.Language, Use: f.Use})
	m.Table = c.modelTable(f)
	return m
}

// mostDeviating names the activities that are skipped, or beside the model, most
// often, not more than three.
func (c *composer) mostDeviating(f *ModelFacts, kind conform.DeviationKind) (list []string) {
	const most = 3
	ranked := slices.DeleteFunc(slices.Clone(f.Deviations), func(d conform.Deviation) bool { return d.Kind != kind })
	slices.SortStableFunc(ranked, func(a, b conform.Deviation) int { return cmp.Compare(b.Moves, a.Moves) })
	for _, d := range ranked[:min(most, len(ranked))] {
		list = append(list, c.Word("model.most.one", "activity", figure.Isolated(figure.Fit(d.Name, 24)), "n", c.Count(d.Moves)))
	}
	return list
}

// modelTable says in words what the picture of a model shows: its tasks, in their
// order, then what is beside it.
func (c *composer) modelTable(f *ModelFacts) *Table {
	cases := words.Args{"cases": c.cases}
	t := &Table{Columns: []Column{{Head: c.Word("head.activity"), Words: true}, {Head: c.Word("model.term")}, {Head: c.Word("model.head.skipped")}, {Head: c.Say("model.head.skipping", cases)},
		{Head: c.Word("model.head.beside")}, {Head: c.Say("model.head.besides", cases)}}}
	find := func(kind conform.DeviationKind, name string) (d conform.Deviation) {
		for _, x := range f.Deviations {
			if x.Kind == kind && x.Name == name {
				d = x
			}
		}
		return d
	}
	listed := map[string]bool{}
	row := func(name, done string, skipped, beside conform.Deviation) {
		const longest, full = 24, 60 // ems
		cell := Cell{Text: figure.Isolated(figure.Fit(name, longest))}
		if whole := figure.Isolated(figure.Fit(name, full)); whole != cell.Text {
			cell.Full = whole
		}
		t.Rows = append(t.Rows, Row{cell, {Text: done}, {Text: c.Count(skipped.Moves)}, {Text: c.Count(skipped.Cases)}, {Text: c.Count(beside.Moves)}, {Text: c.Count(beside.Cases)}})
	}
	done := map[string]int64{} // of tasks of one activity together
	var order []string
	for i := range f.Diagram.Nodes {
		if n := &f.Diagram.Nodes[i]; n.Kind == bpmn.Task && !f.Use.Unseen[i] {
			activity := n.Name
			if a, ok := f.Activities[n.Name]; ok {
				activity = a
			}
			if !listed[activity] {
				listed[activity] = true
				order = append(order, activity)
			}
			done[activity] += f.Use.Of[i].Done
		}
	}
	for _, a := range order {
		row(a, c.Count(done[a]), find(conform.InModel, a), find(conform.InLog, a))
	}
	for _, d := range f.Use.Beside {
		if !listed[d.Name] {
			row(d.Name, figure.None, conform.Deviation{}, d)
		}
	}
	return t
}
