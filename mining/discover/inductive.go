package discover

import (
	"context"
	"fmt"

	"millrace/eventlog"
	"millrace/mining/tree"
)

// A Variant is one of the inductive miners.
type Variant string

const (
	// IM guarantees that every case of the log is in the language of the tree
	// (Leemans, Fahland, van der Aalst 2013, doi:10.1007/978-3-642-38697-8_17).
	IM Variant = "im"
	// IMf leaves out infrequent behaviour where no cut is found with it
	// (Leemans, Fahland, van der Aalst 2014, doi:10.1007/978-3-319-06257-0_6).
	IMf Variant = "imf"
	// IMd looks at the directly-follows graph alone, however long the log is
	// (Leemans, Fahland, van der Aalst 2018, doi:10.1007/s10270-016-0545-x).
	IMd Variant = "imd"
)

// Variants lists the inductive miners, in the order help shows them.
var Variants = []Variant{IM, IMf, IMd}

// MaxActivities bounds the vocabulary of a log: a graph of n activities takes
// 8·n² bytes.
const MaxActivities = 4096

// InductiveOptions say how to mine. The zero value is IM.
type InductiveOptions struct {
	Variant Variant // "" is IM
	// Noise is the threshold of IMf, from 0 to 1: a step is left out if it is
	// no more frequent than this share of the most frequent step from the same
	// activity. At 0 IMf is IM. The other variants want 0.
	Noise float64
}

// Inductive discovers a process tree in the normal form of [tree.Reduce], with
// every activity once. An empty log gives tau.
//
// IM takes O(levels × (events of the variants × activities + activities³))
// time, IMd O(levels × activities³). It returns ctx's error if it is cancelled.
//
// Where the papers leave a choice open, it is made as Leemans's thesis does
// (Robust process mining with guarantees, 2017, ISBN 978-90-386-4257-4):
// see DESIGN.md.
func Inductive(ctx context.Context, s *eventlog.Summary, o InductiveOptions) (*tree.Tree, error) {
	if o.Variant == "" {
		o.Variant = IM
	}
	if err := minable(s, o.Noise); err != nil {
		return nil, err
	}
	if o.Noise > 0 && o.Variant != IMf {
		return nil, fmt.Errorf("noise is for the variant %q; %q leaves nothing out", IMf, o.Variant)
	}
	m := &inductive{ctx: ctx, names: s.Activities, noise: o.Noise, filters: o.Variant == IMf}
	var t *tree.Tree
	var err error
	switch o.Variant {
	case IM, IMf:
		t, err = m.mine(newLog(s))
	case IMd:
		t, err = m.mineGraph(graphOf(s))
	default:
		return nil, fmt.Errorf("%q is no variant of the inductive miner; there are %q", o.Variant, Variants)
	}
	if err != nil {
		return nil, err
	}
	return tree.Reduce(t), nil
}

// minable says why no model can be mined by cuts.
func minable(s *eventlog.Summary, noise float64) error {
	switch {
	case !(noise >= 0 && noise <= 1):
		return fmt.Errorf("noise is a share from 0 to 1, not %v", noise)
	case len(s.Activities) > MaxActivities:
		return fmt.Errorf("the log has %d activities, more than the %d a model can be mined of; keep the most frequent ones", len(s.Activities), MaxActivities)
	}
	for _, name := range s.Activities {
		if name == "" {
			return fmt.Errorf("an activity of the log has no name, which in a model is what nobody sees; give it one")
		}
	}
	return nil
}

type inductive struct {
	ctx     context.Context
	names   []string
	noise   float64
	filters bool // IMf
	partial bool // POWL: partial orders are cuts, too
}

// mine is the recursion of IM and IMf.
func (m *inductive) mine(l *log) (*tree.Tree, error) {
	if err := m.ctx.Err(); err != nil {
		return nil, err
	}
	// Step 1: empty traces. IMf takes few of them for noise.
	if l.empty > 0 && len(l.traces) > 0 {
		skip := !m.filters || float64(l.empty) > m.noise*float64(l.cases())
		l = &log{names: l.names, traces: l.traces}
		if skip {
			return m.node(&cut{op: tree.Choice}, []*log{{}, l})
		}
	}
	// Step 2: base cases.
	switch {
	case len(l.traces) == 0:
		return tree.Skip(), nil
	case len(l.traces) == 1 && len(l.traces[0].path) == 1:
		return tree.Do(m.names[l.names[l.traces[0].path[0]]]), nil
	}
	// Step 3: a cut of the directly-follows graph divides the log.
	g := l.graph(noActivity)
	c, err := m.cut(l, g, 0)
	if m.filters && c == nil && err == nil {
		// Step 4 of IMf: a cut of the graph without infrequent edges.
		c, err = m.cut(l, g.without(m.noise), m.noise)
	}
	switch {
	case err != nil:
		return nil, err
	case c != nil:
		return m.node(c, l.split(c))
	}
	// Step 5: fall through.
	return m.fallThrough(l, g)
}

// cut returns the first cut of a log and its graph there is, or nil.
func (m *inductive) cut(l *log, g *graph, noise float64) (*cut, error) {
	if c := g.cut(); c != nil || !m.partial {
		return c, nil
	}
	return l.partialOrder(m.ctx, g, noise)
}

// node mines each part of a log and puts them under the operator of a cut.
func (m *inductive) node(c *cut, parts []*log) (*tree.Tree, error) {
	t := &tree.Tree{Op: c.op, Order: c.order}
	for _, part := range parts {
		child, err := m.mine(part)
		if err != nil {
			return nil, err
		}
		t.Children = append(t.Children, child)
	}
	return t, nil
}

// fallThrough divides a log of which no cut was found, in the order of the
// thesis, §6.1.2: an activity that every trace has once, an activity without
// which there is a cut, a loop that can be left unseen, and at last the model
// of everything.
func (m *inductive) fallThrough(l *log, g *graph) (*tree.Tree, error) {
	a, ok := l.oncePerTrace()
	if !ok {
		var err error
		if a, ok, err = m.concurrent(l); err != nil {
			return nil, err
		}
	}
	if ok {
		rest := make([]int, 0, len(l.names))
		for b := range l.names {
			if b != a {
				rest = append(rest, b)
			}
		}
		c := &cut{op: tree.Parallel, groups: [][]int{{a}, rest}}
		return m.node(c, l.split(c))
	}
	for _, strict := range []bool{true, false} {
		if once, ok := l.tauLoop(g, strict); ok {
			return m.node(&cut{op: tree.Loop}, []*log{once, {}})
		}
	}
	return m.flower(l.names), nil
}

// flower is the model of all traces of some activities.
func (m *inductive) flower(names []eventlog.Activity) *tree.Tree {
	each := tree.Of(tree.Choice)
	for _, a := range names {
		each.Children = append(each.Children, tree.Do(m.names[a]))
	}
	return tree.Of(tree.Loop, tree.Skip(), each)
}

// concurrent returns the first activity without which the rest has a cut of IM,
// for POWL too: see DESIGN.md.
func (m *inductive) concurrent(l *log) (activity int, ok bool, err error) {
	for a := range l.names {
		if err := m.ctx.Err(); err != nil {
			return 0, false, err
		}
		if l.graph(a).cut() != nil {
			return a, true, nil
		}
	}
	return 0, false, nil
}
