package bpmn

import (
	"fmt"

	"millrace/mining/tree"
)

// Sizes of what is drawn, in pixels: those of bpmn.io.
const (
	taskW, taskH = 100, 80
	gateway      = 50
	event        = 36
	gapX, gapY   = 50, 30
	lane         = 30 // height of a way on which nothing is
	margin       = 60
)

// FromTree draws a process tree, in its normal form: from left to right, the
// ways of a choice or of what goes in parallel below each other, the first
// straight on, the way back of a loop below, from right to left.
func FromTree(t *tree.Tree) *Diagram {
	p := &pen{d: &Diagram{}, counts: map[string]int{}}
	t = tree.Reduce(t)
	s := measure(t)
	y := margin + max(s.up, event/2)
	from := p.node(Start, "", margin, y, 1)
	x := margin + event + gapX
	from = p.draw(t, x, y, 1, from)
	end := p.node(End, "", x+s.w+gapX, y, 1)
	p.link(from, end, y)
	return p.d
}

// A size is how much room a part takes: its width, and above and below the line on which
// it is entered and left.
type size struct{ w, up, down int }

func measure(t *tree.Tree) size {
	switch t.Op {
	case tree.Tau:
		return size{0, lane / 2, lane / 2}
	case tree.Activity:
		return size{taskW, taskH / 2, taskH / 2}
	case tree.Sequence:
		var s size
		for i, c := range t.Children {
			m := measure(c)
			if i > 0 {
				s.w += gapX
			}
			s.w, s.up, s.down = s.w+m.w, max(s.up, m.up), max(s.down, m.down)
		}
		return s
	case tree.Loop:
		do, redo := measure(t.Children[0]), measure(t.Children[1])
		return size{2*(gateway+gapX) + max(do.w, redo.w), max(do.up, gateway/2), max(do.down, gateway/2) + gapY + redo.up + redo.down}
	}
	s := size{up: gateway / 2}
	for i, c := range branches(t) {
		m := measure(c)
		s.w = max(s.w, m.w)
		if i == 0 {
			s.up, s.down = max(s.up, m.up), m.down
		} else {
			s.down += gapY + m.up + m.down
		}
	}
	s.w += 2 * (gateway + gapX)
	return s
}

// branches are the ways of a choice or of what goes in parallel, in the order in
// which they are drawn: the first goes straight on, nothing at all comes last.
func branches(t *tree.Tree) []*tree.Tree {
	if t.Children[0].Op != tree.Tau {
		return t.Children
	}
	return append(t.Children[1:len(t.Children):len(t.Children)], t.Children[0])
}

// A pen draws.
type pen struct {
	d      *Diagram
	counts map[string]int
}

func (p *pen) id(kind string) string {
	p.counts[kind]++
	return fmt.Sprintf("%s_%d", kind, p.counts[kind])
}

// node draws a node on the line y, from x on in a direction: 1 to the right, -1 to the left.
func (p *pen) node(k Kind, name string, x, y, direction int) int {
	kind, w, h := "Task", taskW, taskH
	switch k {
	case Start, End:
		kind, w, h = map[Kind]string{Start: "Start", End: "End"}[k], event, event
	case Exclusive, Parallel:
		kind, w, h = "Gateway", gateway, gateway
	}
	if direction < 0 {
		x -= w
	}
	p.d.Nodes = append(p.d.Nodes, Node{ID: p.id(kind), Kind: k, Name: name, Box: Box{x, y - h/2, w, h}})
	return len(p.d.Nodes) - 1
}

// draw draws a part from x on and returns the node it is left by; of tau that is the
// node before it.
func (p *pen) draw(t *tree.Tree, x, y, direction, from int) (last int) {
	switch t.Op {
	case tree.Activity:
		n := p.node(Task, t.Label, x, y, direction)
		p.link(from, n, y)
		return n
	case tree.Sequence:
		for _, c := range t.Children {
			from = p.draw(c, x, y, direction, from)
			x += direction * (measure(c).w + gapX)
		}
		return from
	case tree.Loop:
		return p.loop(t, x, y, direction, from)
	case tree.Choice, tree.Parallel:
		return p.fork(t, x, y, direction, from)
	}
	return from
}

func (p *pen) fork(t *tree.Tree, x, y, direction, from int) int {
	kind := Exclusive
	if t.Op == tree.Parallel {
		kind = Parallel
	}
	s := measure(t)
	split := p.node(kind, "", x, y, direction)
	join := p.node(kind, "", x+direction*(s.w-gateway), y, direction)
	p.link(from, split, y)
	line := y
	for i, c := range branches(t) {
		m := measure(c)
		if i > 0 {
			line += gapY + m.up
		}
		last := p.draw(c, x+direction*(gateway+gapX), line, direction, split)
		p.link(last, join, line)
		line += m.down
	}
	return join
}

func (p *pen) loop(t *tree.Tree, x, y, direction, from int) int {
	s, do, redo := measure(t), measure(t.Children[0]), measure(t.Children[1])
	join := p.node(Exclusive, "", x, y, direction)
	split := p.node(Exclusive, "", x+direction*(s.w-gateway), y, direction)
	p.link(from, join, y)
	p.link(p.draw(t.Children[0], x+direction*(gateway+gapX), y, direction, join), split, y)
	line := y + max(do.down, gateway/2) + gapY + redo.up
	p.link(p.draw(t.Children[1], x+direction*(s.w-gateway-gapX), line, -direction, split), join, line)
	return split
}

// link draws a flow along a line: from the side of a node that is on it, else from its top or
// bottom; and so at the other end.
func (p *pen) link(from, to, line int) {
	a, b := p.d.Nodes[from].Box, p.d.Nodes[to].Box
	p.d.Flows = append(p.d.Flows, Flow{
		ID: p.id("Flow"), From: from, To: to,
		Way: append(leave(a, line, b.Center().X), reverse(leave(b, line, a.Center().X))...),
	})
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
