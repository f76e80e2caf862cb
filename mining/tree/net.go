package tree

import (
	"strconv"

	"millrace/mining/petri"
)

// Net returns the workflow net that does what t does: one token on "source" at
// the start, one on "sink" at the end, sound and safe by construction. The
// transitions are in the order of the leaves of t. Two silent transitions go
// with each parallel node and each loop, one with each tau.
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
	case Loop:
		begin, end := b.place(), b.place()
		b.net.AddTransition("", []int{from}, []int{begin})
		b.add(t.Children[0], begin, end)
		b.add(t.Children[1], end, begin)
		b.net.AddTransition("", []int{end}, []int{to})
	}
}
