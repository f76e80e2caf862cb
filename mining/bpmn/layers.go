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

// layers draws a diagram that is not made of blocks, in columns from left to
// right: each node behind all that lead to it, those that lead back left out.
// Flows pass between nodes; those that lead back go above all of them. Nodes
// that no start leads to are in the first column. Where very many flows pass, the
// longest go above, too, so that all others together pass at most so many columns.
func (p *pen) layers(mostPassing int) {
	d := p.d
	column, back := d.columns()
	above := d.above(column, back, mostPassing)
	width := p.Gateway
	for i := range d.Nodes {
		width = max(width, p.along(i))
	}
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
		if above[i] {
			continue
		}
		last := spots[f.From]
		for c := column[f.From] + 1; c < column[f.To]; c++ {
			s := put(c, &spot{node: -1, flow: i, near: []*spot{last}})
			ways[i], last = append(ways[i], s), s
		}
		spots[f.To].near = append(spots[f.To].near, last)
	}
	// Each takes the room it needs: places are smaller than tasks, and lines than both.
	room := func(s *spot) int {
		if s.node < 0 {
			return p.Lane
		}
		_, across := p.extent(s.node)
		return across + p.Apart
	}
	height := func(c []*spot) (sum int) {
		for _, s := range c {
			sum += room(s)
		}
		return sum
	}
	most := 0
	for _, c := range columns {
		most = max(most, height(c))
	}
	lines := 0 // a flow that goes above each
	for i := range above {
		if above[i] {
			lines++
		}
	}
	top := p.Margin + lines*p.Lane
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
		y := top + (most-height(c))/2
		for _, s := range c {
			s.y = y + room(s)/2
			y += room(s)
		}
	}
	step := width + max(p.Gap, p.After)
	for i := range d.Nodes {
		along, across := p.extent(i)
		d.Nodes[i].Box = Box{p.Margin + column[i]*step + (width-along)/2, spots[i].y - across/2, along, across}
	}
	line, half := p.Margin, (step-width)/2
	for i := range d.Flows {
		f := &d.Flows[i]
		a, b := d.Nodes[f.From].Box, d.Nodes[f.To].Box
		left := func(column int) int { return p.Margin + column*step }
		from, to := left(column[f.From])+width, left(column[f.To]) // sides of columns
		f.Way = []Point{{a.X + a.W, a.Center().Y}}
		if above[i] {
			f.Way = append(f.Way, Point{from + half, a.Center().Y}, Point{from + half, line}, Point{to - half, line}, Point{to - half, b.Center().Y})
			line += p.Lane
		} else {
			f.Way = append(f.Way, Point{from, a.Center().Y})
			for k, s := range ways[i] {
				x := left(column[f.From] + 1 + k)
				f.Way = append(f.Way, Point{x, s.y}, Point{x + width, s.y})
			}
			f.Way = append(f.Way, Point{to, b.Center().Y})
		}
		f.Way = slices.Compact(append(f.Way, Point{b.X, b.Center().Y}))
	}
}

// mostPassing is for [pen.layers]: each column that a flow passes is two points of
// the file, and a drawing of more is for no reader.
const mostPassing = 20_000

// above are the flows that lead back, and the longest of the others, as few as
// leave no more than mostPassing columns to be passed.
func (d *Diagram) above(column []int, back []bool, mostPassing int) []bool {
	passing := make([]int, len(d.Nodes)+1) // columns, by how many a flow passes
	length := func(f Flow) int { return max(0, column[f.To]-column[f.From]-1) }
	for i, f := range d.Flows {
		if !back[i] {
			passing[length(f)] += length(f)
		}
	}
	longest, sum := 0, 0
	for longest < len(passing) && sum+passing[longest] <= mostPassing {
		sum += passing[longest]
		longest++
	}
	out := slices.Clone(back)
	for i, f := range d.Flows {
		out[i] = out[i] || length(f) >= longest
	}
	return out
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
