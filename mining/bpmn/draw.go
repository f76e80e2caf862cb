package bpmn

import (
	"fmt"

	"millrace/mining/tree"
)

// FromTree draws a process tree, in its normal form: from left to right, the
// ways of a choice or of what goes in parallel below each other, the first
// straight on, the way back of a loop below, from right to left. A tree with a
// partial order has none: draw its net, by [FromNet].
func FromTree(t *tree.Tree) *Diagram {
	if t.HasPartial() {
		panic("bpmn: a tree with a partial order is drawn by its net")
	}
	g := &growth{d: &Diagram{}, counts: map[string]int{}}
	from := g.node(Start, "")
	from = g.grow(tree.Reduce(t), from)
	g.link(from, g.node(End, ""))
	g.d.Draw()
	return g.d
}

// A growth makes the nodes and flows of a tree.
type growth struct {
	d      *Diagram
	counts map[string]int
}

func (g *growth) id(kind string) string {
	g.counts[kind]++
	return fmt.Sprintf("%s_%d", kind, g.counts[kind])
}

func (g *growth) node(k Kind, name string) int {
	kind := map[Kind]string{Start: "Start", End: "End", Task: "Task", Exclusive: "Gateway", Parallel: "Gateway"}[k]
	g.d.Nodes = append(g.d.Nodes, Node{ID: g.id(kind), Kind: k, Name: name})
	return len(g.d.Nodes) - 1
}

func (g *growth) link(from, to int) {
	g.d.Flows = append(g.d.Flows, Flow{ID: g.id("Flow"), From: from, To: to})
}

// grow adds a part behind a node and returns the node it is left by; of tau that
// is the node before it.
func (g *growth) grow(t *tree.Tree, from int) (last int) {
	switch t.Op {
	case tree.Activity:
		n := g.node(Task, t.Label)
		g.link(from, n)
		return n
	case tree.Sequence:
		for _, c := range t.Children {
			from = g.grow(c, from)
		}
	case tree.Loop:
		join, split := g.node(Exclusive, ""), g.node(Exclusive, "")
		g.link(from, join)
		g.link(g.grow(t.Children[0], join), split)
		g.link(g.grow(t.Children[1], split), join)
		return split
	case tree.Choice, tree.Parallel:
		kind := Exclusive
		if t.Op == tree.Parallel {
			kind = Parallel
		}
		split, join := g.node(kind, ""), g.node(kind, "")
		g.link(from, split)
		for _, c := range branches(t) {
			g.link(g.grow(c, split), join)
		}
		return join
	}
	return from
}

// branches are the ways of a choice or of what goes in parallel, in the order in
// which they are drawn: the first goes straight on, nothing at all comes last.
func branches(t *tree.Tree) []*tree.Tree {
	if t.Children[0].Op != tree.Tau {
		return t.Children
	}
	return append(t.Children[1:len(t.Children):len(t.Children)], t.Children[0])
}

// A size is how much room a part takes: its width, and above and below the line on which
// it is entered and left.
type size struct{ w, up, down int }

// measure fills in the sizes of a part and of what is in it; nil is a way on
// which nothing is.
func (p *pen) measure(t *part) size {
	if t == nil {
		return size{0, p.Lane / 2, p.Lane / 2}
	}
	s := &t.size
	switch t.kind {
	case single:
		along, across := p.extent(t.node)
		*s = size{along, across / 2, across / 2}
	case sequence:
		for i, c := range t.parts {
			m := p.measure(c)
			if i > 0 {
				s.w += p.gap(t.parts[i-1].last(), c.first())
			}
			s.w, s.up, s.down = s.w+m.w, max(s.up, m.up), max(s.down, m.down)
		}
	default:
		s.w = p.along(t.enter) + p.along(t.leave)
		s.up = max(p.half(t.enter), p.half(t.leave))
		s.down = s.up
		head, tail := p.gaps(t)
		inner := 0
		for i, c := range t.parts {
			m := p.measure(c)
			if i == 0 {
				s.up, s.down = max(s.up, m.up), max(s.down, m.down)
			} else {
				s.down += p.Apart + m.up + m.down
			}
			inner = max(inner, m.w+head+tail)
		}
		s.w += inner
	}
	return *s
}

// gaps are the room behind the node that a fork or loop is entered by, and before
// the one it is left by: as much as any of its ways needs.
func (p *pen) gaps(t *part) (head, tail int) {
	for i, c := range t.parts {
		from, to := t.enter, t.leave
		if t.kind == loop && i > 0 {
			from, to = to, from
		}
		a, b := p.gap(from, to), p.gap(from, to)
		if c != nil {
			a, b = p.gap(from, c.first()), p.gap(c.last(), to)
		}
		if t.kind == loop && i > 0 {
			a, b = b, a
		}
		head, tail = max(head, a), max(tail, b)
	}
	return head, tail
}

// place draws a part that was measured, from x on in a direction: 1 to the right, -1 to
// the left, entered and left on a line.
func (p *pen) place(t *part, x, line, direction int) {
	switch t.kind {
	case single:
		p.box(t.node, x, line, direction)
	case sequence:
		for i, c := range t.parts {
			if i > 0 {
				x += direction * p.gap(t.parts[i-1].last(), c.first())
			}
			p.place(c, x, line, direction)
			x += direction * c.size.w
		}
		for _, f := range t.in[1:] {
			p.link(f, line)
		}
	default:
		p.box(t.enter, x, line, direction)
		p.box(t.leave, x+direction*(t.size.w-p.along(t.leave)), line, direction)
		head, tail := p.gaps(t)
		y := line
		for i, c := range t.parts {
			m := size{0, p.Lane / 2, p.Lane / 2}
			if c != nil {
				m = c.size
			}
			if i > 0 {
				y += p.Apart + m.up
			}
			switch {
			case c == nil:
			case t.kind == loop && i > 0:
				p.place(c, x+direction*(t.size.w-p.along(t.leave)-tail), y, -direction)
			default:
				p.place(c, x+direction*(p.along(t.enter)+head), y, direction)
			}
			p.link(t.in[i], y)
			if c != nil {
				p.link(t.out[i], y)
			}
			if i == 0 {
				y += max(m.down, p.half(t.enter), p.half(t.leave))
			} else {
				y += m.down
			}
		}
	}
}

// half is half of what a node takes across.
func (p *pen) half(node int) int { _, across := p.extent(node); return across / 2 }

func (p *pen) box(node, x, line, direction int) {
	along, across := p.extent(node)
	if direction < 0 {
		x -= along
	}
	p.d.Nodes[node].Box = Box{x, line - across/2, along, across}
}

// link draws a flow along a line: from the side of a node that is on it, else from its top or
// bottom; and so at the other end.
func (p *pen) link(flow, line int) {
	f := &p.d.Flows[flow]
	a, b := p.d.Nodes[f.From].Box, p.d.Nodes[f.To].Box
	f.Way = append(leave(a, line, b.Center().X), reverse(leave(b, line, a.Center().X))...)
}

// leave returns the corners of a way from a box to a line, towards some x.
func leave(b Box, line, towards int) []Point {
	c := b.Center()
	switch {
	case line < c.Y:
		return []Point{{c.X, b.Y}, {c.X, line}}
	case line > c.Y:
		return []Point{{c.X, b.Y + b.H}, {c.X, line}}
	case towards < c.X:
		return []Point{{b.X, line}}
	}
	return []Point{{b.X + b.W, line}}
}

func reverse(ps []Point) []Point {
	for i, j := 0, len(ps)-1; i < j; i, j = i+1, j-1 {
		ps[i], ps[j] = ps[j], ps[i]
	}
	return ps
}
