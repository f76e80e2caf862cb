package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"millrace/eventlog"
	"millrace/mining/bpmn"
	"millrace/mining/conform"
	"millrace/mining/petri"
	"millrace/mining/tree"
	"millrace/reports/layout"
)

// diagramOf is the diagram of a model, by what is known of it: itself, a tree, or a
// net. err says why a net has none; then the diagram is the picture of the net
// as it is.
func diagramOf(d *bpmn.Diagram, t *tree.Tree, n *petri.Net) (*bpmn.Diagram, error) {
	switch {
	case d != nil:
		return d, nil
	case t != nil && !t.HasPartial():
		return bpmn.FromTree(t), nil
	}
	d, err := bpmn.FromNet(n)
	if err != nil {
		return bpmn.OfNet(n), err
	}
	return d, nil
}

// A modelPicture is the diagram of a model, and which of its nodes the transitions
// of the model's net are.
type modelPicture struct {
	diagram *bpmn.Diagram
	tasks   []int
	notes   []eventlog.Note
}

// picture is made before labels of the net become activities.
func (m *model) picture() *modelPicture {
	d, err := diagramOf(m.diagram, m.tree, m.net)
	p := &modelPicture{diagram: d, tasks: bpmn.TasksOf(d, m.net)}
	if err != nil {
		p.notes = []eventlog.Note{{Code: "drawn-as-net", Text: "Drawn as a net of places and transitions: " + err.Error() + "."}}
	}
	return p
}

// A taskUse is what cases make of a task of a model.
type taskUse struct {
	Task     string        `json:"task"`     // as the model calls it
	Activity string        `json:"activity"` // as the log does; "" is not recorded
	Done     int64         `json:"done"`     // as the model says
	Skipped  int64         `json:"skipped"`
	Behind   []insertedUse `json:"behind"` // beside the model, between it and what is next as the model says
}

type insertedUse struct {
	Activity string `json:"activity"`
	Moves    int64  `json:"moves"`
}

// transitionLabels are the labels of transitions, before they are called
// otherwise.
func transitionLabels(n *petri.Net) (labels []string) {
	for i := range n.Transitions {
		labels = append(labels, n.Transitions[i].Label)
	}
	return labels
}

// uses fills in what cases make of the tasks of the model. Tasks of one name are
// one.
func (x *conformance) uses(own []string, a *conform.Alignments) {
	of, first := a.Uses()
	var names []string
	by := map[string]conform.Use{}
	activity := map[string]string{}
	for i, name := range own {
		if name == "" {
			continue
		}
		if _, again := by[name]; !again {
			names = append(names, name)
		}
		by[name], activity[name] = conform.Join(by[name], of[i]), a.Net.Transitions[i].Label
	}
	inserted := func(u conform.Use) []insertedUse {
		list := []insertedUse{}
		for _, b := range u.Behind {
			list = append(list, insertedUse{b.Activity, b.Moves})
		}
		return list
	}
	tasks := []taskUse{}
	for _, name := range names {
		u := by[name]
		if activity[name] == "" { // silent, so that its moves are none
			u = conform.Use{}
		}
		tasks = append(tasks, taskUse{name, activity[name], u.Done, u.Skipped, inserted(u)})
	}
	before := inserted(first)
	x.Tasks, x.Before = &tasks, &before
}

// format is what to write; "" is text.
func (c *mineConformCmd) format() (string, error) {
	format := c.Format
	if format == "" && c.Out != "" {
		if err := outIs(c.Out, "that is neither a picture nor JSON", ".json", ".svg"); err != nil {
			return "", err
		}
		if format = strings.TrimPrefix(strings.ToLower(filepath.Ext(c.Out)), "."); format == "" {
			return "", usageError{fmt.Errorf("--out %s: say by --format what to write, json or svg", c.Out)}
		}
	}
	switch {
	case c.JSON && format != "" && format != "json":
		return "", usageError{fmt.Errorf("--json and a picture do not go together")}
	case c.JSON:
		format = "json"
	case format == "svg" && c.Method != "alignments":
		return "", usageError{fmt.Errorf("a picture shows what is skipped and what is beside the model, which --method alignments finds")}
	}
	return format, nil
}

// draw writes the model as a picture, with what the cases of a log make of it.
func (c *mineConformCmd) draw(e *env, s *eventlog.Summary, net *petri.Net, p *modelPicture, x *conformance) error {
	a, err := c.compare(e, s, net, x, time.Now())
	if err != nil {
		return err
	}
	plan := layout.LayModel(layout.Model{Diagram: p.diagram, Use: layout.UseOf(p.diagram, p.tasks, a)})
	return writeModel(e, c.Out, "svg", "svg", plan.Write, append(x.Notes, p.notes...))
}
