package tree

import (
	"strconv"

	"millrace/mining/petri"
)

// Net returns the workflow net that does what t does: one token on "source" at
// the start, one on "sink" at the end, sound and safe by construction. The
// transitions are in the order of the leaves of t. Two silent transitions go
// with each parallel node and each loop, one with each tau. A partial order has
// a place for each pair that follows from no other; a silent transition begins
// it if several children come first, one ends it if several come last, and
// children that are no leaves have one before if they wait for several, one
// behind if several wait for them.
//
// t must be valid.
func (t *Tree) Net() *petri.Net {
	b := &netBuilder{}
	source, sink := b.net.AddPlace("source"), b.net.AddPlace("sink")
	b.add(t, source, sink)
	b.net.Mark([]int{source}, []int{sink})
	return &b.net
}

type netBuilder struct{ net petri.Net }

func (b *netBuilder) place() int { return b.net.AddPlace("p" + strconv.Itoa(len(b.net.Places)-1)) }

// add puts what t does between two places. Nothing it adds puts a token back
// into from or takes one from to, so both may be shared with others.
func (b *netBuilder) add(t *Tree, from, to int) {
	switch t.Op {
	case Tau, Activity:
		b.net.AddTransition(t.Label, []int{from}, []int{to})
	case Sequence:
		last := len(t.Children) - 1
		for i, c := range t.Children {
			next := to
			if i < last {
				next = b.place()
			}
			b.add(c, from, next)
			from = next
		}
	case Choice:
		for _, c := range t.Children {
			b.add(c, from, to)
		}
	case Parallel:
		var begin, end []int
		for range t.Children {
			begin, end = append(begin, b.place()), append(end, b.place())
		}
		b.net.AddTransition("", []int{from}, begin)
		for i, c := range t.Children {
			b.add(c, begin[i], end[i])
		}
		b.net.AddTransition("", end, []int{to})
	case Partial:
		b.partial(t, from, to)
	case Loop:
		begin, end := b.place(), b.place()
		b.net.AddTransition("", []int{from}, []int{begin})
		b.add(t.Children[0], begin, end)
		b.add(t.Children[1], end, begin)
		b.net.AddTransition("", []int{end}, []int{to})
	}
}

// partial puts a partial order between two places.
func (b *netBuilder) partial(t *Tree, from, to int) {
	in, out := make([][]int, len(t.Children)), make([][]int, len(t.Children))
	for _, p := range precedes(len(t.Children), t.Order).pairs() {
		place := b.place()
		out[p.First], in[p.Then] = append(out[p.First], place), append(in[p.Then], place)
	}
	// outer connects the children that have nothing on one side with a place.
	outer := func(sides [][]int, shared int) (places []int) {
		var open []int
		for i, side := range sides {
			if len(side) == 0 {
				open = append(open, i)
			}
		}
		for _, i := range open {
			place := shared
			if len(open) > 1 {
				place = b.place()
				places = append(places, place)
			}
			sides[i] = []int{place}
		}
		return places
	}
	begin, end := outer(in, from), outer(out, to)
	if len(begin) > 0 {
		b.net.AddTransition("", []int{from}, begin)
	}
	for i, c := range t.Children {
		if c.Leaf() {
			b.net.AddTransition(c.Label, in[i], out[i])
			continue
		}
		enter, leave := in[i][0], out[i][0]
		if len(in[i]) > 1 {
			enter = b.place()
			b.net.AddTransition("", in[i], []int{enter})
		}
		if len(out[i]) > 1 {
			leave = b.place()
		}
		b.add(c, enter, leave)
		if len(out[i]) > 1 {
			b.net.AddTransition("", []int{leave}, out[i])
		}
	}
	if len(end) > 0 {
		b.net.AddTransition("", end, []int{to})
	}
}
