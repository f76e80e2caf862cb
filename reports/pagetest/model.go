package pagetest

import (
	"context"
	"slices"

	"millrace/eventlog"
	"millrace/mining/bpmn"
	"millrace/mining/conform"
	"millrace/mining/tree"
	"millrace/reports"
)

// Models compares l with its usual way, in which the first activity may be left
// out, and the sixth and seventh are done in any order: what pages show where
// they name no model.
func (l *Log) Models() map[string]*reports.ModelFacts {
	usual := l.Spine()
	var parts []*tree.Tree
	for _, a := range usual {
		parts = append(parts, tree.Do(a))
	}
	parts[0] = tree.Of(tree.Choice, parts[0], tree.Skip())
	if len(parts) > 6 {
		parts = append(append(slices.Clone(parts[:5]), tree.Of(tree.Parallel, parts[5], parts[6])), parts[7:]...)
	}
	t := tree.Of(tree.Sequence, parts...)
	d, n := bpmn.FromTree(t), t.Net()
	var own []string
	for i := range n.Transitions {
		own = append(own, n.Transitions[i].Label)
	}
	a, err := conform.Align(context.Background(), l.summary(), n, conform.Options{})
	if err != nil {
		panic(err) // a tree has a run
	}
	return map[string]*reports.ModelFacts{"": reports.ModelFactsOf(d, bpmn.TasksOf(d, n), own, a)}
}

// summary has the variants of l, and no times.
func (l *Log) summary() *eventlog.Summary {
	s := &eventlog.Summary{}
	at := map[string]eventlog.Activity{}
	variants := l.Variants()
	for _, v := range variants.Variants {
		for _, a := range v.Activities {
			if _, ok := at[a]; !ok {
				at[a] = 0
				s.Activities = append(s.Activities, a)
			}
		}
	}
	slices.Sort(s.Activities)
	for i, a := range s.Activities {
		at[a] = eventlog.Activity(i)
	}
	for _, v := range variants.Variants {
		var path []eventlog.Activity
		for _, a := range v.Activities {
			path = append(path, at[a])
		}
		s.Variants = append(s.Variants, eventlog.Variant{Path: path, Cases: v.Cases})
		s.Cases, s.Events = s.Cases+v.Cases, s.Events+v.Cases*int64(len(path))
	}
	return s
}
