package discover

import (
	"millrace/eventlog"
	"millrace/mining/tree"
)

// A part is a part of a log of which only the directly-follows graph is known.
type part struct {
	names []eventlog.Activity // of the activities of the graph
	graph *graph
	empty bool // there are empty traces
}

// graphOf returns the graph of a whole log.
func graphOf(s *eventlog.Summary) *part {
	p := &part{graph: newGraph(len(s.Activities))}
	for a := range s.Activities {
		p.names = append(p.names, eventlog.Activity(a))
	}
	for _, arc := range s.Arcs {
		p.graph.count[int(arc.From)*p.graph.n+int(arc.To)] += arc.Count
	}
	for i := range s.Variants {
		v := &s.Variants[i]
		if len(v.Path) == 0 {
			p.empty = true
			continue
		}
		p.graph.start[v.Path[0]] += v.Cases
		p.graph.end[v.Path[len(v.Path)-1]] += v.Cases
	}
	return p
}

// mineGraph is the recursion of IMd.
func (m *inductive) mineGraph(p *part) (*tree.Tree, error) {
	if err := m.ctx.Err(); err != nil {
		return nil, err
	}
	g := p.graph
	// Step 1: empty traces.
	if p.empty && g.n > 0 {
		some, err := m.mineGraph(&part{names: p.names, graph: g})
		if err != nil {
			return nil, err
		}
		return tree.Of(tree.Choice, tree.Skip(), some), nil
	}
	// Step 2: base cases.
	switch {
	case g.n == 0:
		return tree.Skip(), nil
	case g.n == 1 && !g.edge(0, 0):
		return tree.Do(m.names[p.names[0]]), nil
	}
	// Step 3: a cut divides the graph.
	c := g.cut()
	if c == nil {
		// Step 4: fall through.
		return m.flower(p.names), nil
	}
	t := tree.Of(c.op)
	for i := range c.groups {
		child, err := m.mineGraph(p.part(c, i))
		if err != nil {
			return nil, err
		}
		t.Children = append(t.Children, child)
	}
	return t, nil
}

// part returns the graph of one group of a cut. In sequence and in a loop, a
// step from another group is a start, a step to another group an end; what
// steps, starts and ends pass over in sequence can be skipped.
func (p *part) part(c *cut, i int) *part {
	g := p.graph
	group := make([]int, g.n)
	for j, activities := range c.groups {
		for _, a := range activities {
			group[a] = j
		}
	}
	own := c.groups[i]
	out := &part{graph: newGraph(len(own))}
	follows := c.op == tree.Sequence || c.op == tree.Loop
	for x, a := range own {
		out.names = append(out.names, p.names[a])
		out.graph.start[x], out.graph.end[x] = g.start[a], g.end[a]
		for y, b := range own {
			out.graph.count[x*len(own)+y] = g.count[a*g.n+b]
		}
		for b := range g.n {
			if follows && group[b] != i {
				out.graph.start[x] += g.count[b*g.n+a]
				out.graph.end[x] += g.count[a*g.n+b]
			}
		}
	}
	if c.op != tree.Sequence {
		return out
	}
	for a := range g.n {
		if group[a] > i && g.start[a] > 0 || group[a] < i && g.end[a] > 0 {
			out.empty = true
		}
		for b := range g.n {
			if group[a] < i && group[b] > i && g.edge(a, b) {
				out.empty = true
			}
		}
	}
	return out
}
