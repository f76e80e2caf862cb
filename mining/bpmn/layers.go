package bpmn

import (
	"cmp"
	"slices"
)

// A spot is a place in a column of a drawing: a node, or a flow that passes.
type spot struct {
	node int // -1 of a flow
	flow int
	y    int // of its middle
	near []*spot
}

// Draw draws a diagram that is not made of a tree, in columns from left to
// right: each node behind all that lead to it, those that lead back left out.
// Flows pass between nodes; those that lead back go above all of them. Nodes
// that no start leads to are in the first column.
func (d *Diagram) Draw() {
	column, back := d.columns()
	var columns [][]*spot
	put := func(c int, s *spot) *spot {
		for len(columns) <= c {
			columns = append(columns, nil)
		}
		columns[c] = append(columns[c], s)
		return s
	}
	spots := make([]*spot, len(d.Nodes))
	for i := range d.Nodes {
		spots[i] = put(column[i], &spot{node: i, flow: -1})
	}
	ways := make([][]*spot, len(d.Flows))
	for i, f := range d.Flows {
		if back[i] {
			continue
		}
		last := spots[f.From]
		for c := column[f.From] + 1; c < column[f.To]; c++ {
			s := put(c, &spot{node: -1, flow: i, near: []*spot{last}})
			ways[i], last = append(ways[i], s), s
		}
		spots[f.To].near = append(spots[f.To].near, last)
	}
	const row = taskH + gapY
	most := 0
	for _, c := range columns {
		most = max(most, len(c))
	}
	lines := 0 // above, a flow that leads back each
	for i := range back {
		if back[i] {
			lines++
		}
	}
	top := margin + lines*lane
	for _, c := range columns {
		// Each as high as what leads to it, on average, as far as others leave room.
		middle := func(s *spot) int {
			sum := 0
			for _, n := range s.near {
				sum += n.y
			}
			return sum / max(1, len(s.near))
		}
		slices.SortStableFunc(c, func(a, b *spot) int { return cmp.Compare(middle(a), middle(b)) })
		for i, s := range c {
			s.y = top + (most-len(c))*row/2 + i*row + row/2
		}
	}
	const step = taskW + gapX
	for i := range d.Nodes {
		w, h := taskW, taskH
		switch d.Nodes[i].Kind {
		case Start, End, Event:
			w, h = event, event
		case Exclusive, Parallel, Inclusive:
			w, h = gateway, gateway
		}
		d.Nodes[i].Box = Box{margin + column[i]*step + (taskW-w)/2, spots[i].y - h/2, w, h}
	}
	line := margin
	for i := range d.Flows {
		f := &d.Flows[i]
		a, b := d.Nodes[f.From].Box, d.Nodes[f.To].Box
		left := func(column int) int { return margin + column*step }
		from, to := left(column[f.From])+taskW, left(column[f.To]) // sides of columns
		f.Way = []Point{{a.X + a.W, a.Center().Y}}
		if back[i] {
			f.Way = append(f.Way, Point{from + gapX/2, a.Center().Y}, Point{from + gapX/2, line}, Point{to - gapX/2, line}, Point{to - gapX/2, b.Center().Y})
			line += lane
		} else {
			f.Way = append(f.Way, Point{from, a.Center().Y})
			for k, s := range ways[i] {
				x := left(column[f.From] + 1 + k)
				f.Way = append(f.Way, Point{x, s.y}, Point{x + taskW, s.y})
			}
			f.Way = append(f.Way, Point{to, b.Center().Y})
		}
		f.Way = slices.Compact(append(f.Way, Point{b.X, b.Center().Y}))
	}
}

// columns are the length of the longest way from a start to each node, flows that
// lead back left out; which these are, a walk depth first says.
func (d *Diagram) columns() (column []int, back []bool) {
	column, back = make([]int, len(d.Nodes)), make([]bool, len(d.Flows))
	in, out := d.ways()
	const (
		fresh = iota
		open
		left
	)
	state := make([]int, len(d.Nodes))
	var order []int // backwards
	var visit func(v int)
	visit = func(v int) {
		state[v] = open
		for _, i := range out[v] {
			switch w := d.Flows[i].To; state[w] {
			case open:
				back[i] = true
			case fresh:
				visit(w)
			}
		}
		state[v] = left
		order = append(order, v)
	}
	for _, starts := range []bool{true, false} {
		for v := range d.Nodes {
			if state[v] == fresh && (len(in[v]) == 0 || !starts) {
				visit(v)
			}
		}
	}
	for _, v := range slices.Backward(order) {
		for _, i := range out[v] {
			if !back[i] {
				column[d.Flows[i].To] = max(column[d.Flows[i].To], column[v]+1)
			}
		}
	}
	return column, back
}
