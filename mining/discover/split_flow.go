package discover

import (
	"fmt"
	"slices"

	"millrace/eventlog"
	"millrace/mining/bpmn"
)

// A flow is a diagram that is being made of a splitter. Its first nodes are
// the splitter's; gateways follow.
type flow struct {
	m    *splitter
	kind []bpmn.Kind
	out  [][]int
}

func newFlow(m *splitter) *flow {
	f := &flow{m: m}
	for v := range m.nodes {
		kind := bpmn.Task
		switch v {
		case m.start:
			kind = bpmn.Start
		case m.end:
			kind = bpmn.End
		}
		var next []int
		for w, count := range m.count[v] {
			if count > 0 {
				next = append(next, w)
			}
		}
		f.kind, f.out = append(f.kind, kind), append(f.out, next)
	}
	return f
}

func (f *flow) gate(kind bpmn.Kind, out ...int) int {
	f.kind, f.out = append(f.kind, kind), append(f.out, out)
	return len(f.kind) - 1
}

// A way out of a node: what it covers, and what goes on beside it (its future).
type way struct {
	node          int
	cover, future bitset
}

// split is step 4: gateways between v and its successors. Those with the same
// future are a choice; those whose covers and futures are together the same go
// in parallel; and so again with the gateways.
func (f *flow) split(v int) {
	if len(f.out[v]) < 2 {
		return
	}
	var ways []way
	for _, a := range f.out[v] {
		w := way{a, newBitset(f.m.nodes), newBitset(f.m.nodes)}
		w.cover.add(a)
		for _, b := range f.out[v] {
			if f.m.concurrent[a][b] {
				w.future.add(b)
			}
		}
		ways = append(ways, w)
	}
	for len(ways) > 1 {
		before := len(ways)
		ways = f.group(ways, bpmn.Exclusive, func(a, b *way) bool { return slices.Equal(a.future, b.future) })
		ways = f.group(ways, bpmn.Parallel, func(a, b *way) bool {
			return slices.Equal(united(a.cover, a.future), united(b.cover, b.future))
		})
		if len(ways) == before {
			ways = f.nearest(ways)
		}
	}
	f.out[v] = []int{ways[0].node}
}

// group puts gateways before ways that are alike, until none are.
func (f *flow) group(ways []way, kind bpmn.Kind, alike func(a, b *way) bool) []way {
	for i := 0; i < len(ways); i++ {
		same := []int{i}
		for j := i + 1; j < len(ways); j++ {
			if alike(&ways[i], &ways[j]) {
				same = append(same, j)
			}
		}
		if len(same) > 1 {
			ways = f.join(ways, kind, same)
			i = -1
		}
	}
	return ways
}

// join puts one gateway before some of the ways, in the place of the first.
func (f *flow) join(ways []way, kind bpmn.Kind, which []int) []way {
	first := ways[which[0]]
	w := way{cover: slices.Clone(first.cover), future: slices.Clone(first.future)}
	var nodes []int
	for _, i := range which {
		nodes = append(nodes, ways[i].node)
		for k := range w.cover {
			w.cover[k] |= ways[i].cover[k]
			w.future[k] &= ways[i].future[k]
		}
	}
	w.node = f.gate(kind, nodes...)
	ways[which[0]] = w
	var left []way
	for i := range ways {
		if i == which[0] || !slices.Contains(which, i) {
			left = append(left, ways[i])
		}
	}
	return left
}

// nearest puts a gateway before the two ways that are most alike, where none
// are alike as they should: a goes with b, b with c, c with d, and no more. They go in
// parallel if anything of one is concurrent with anything of the other, else they are a choice. The
// paper says nothing of that.
func (f *flow) nearest(ways []way) []way {
	pair, best := []int{0, 1}, -1.0
	for i := range ways {
		for j := range i {
			a, b := united(ways[i].cover, ways[i].future), united(ways[j].cover, ways[j].future)
			both := slices.Clone(a)
			for k := range both {
				both[k] &= b[k]
			}
			if share := float64(both.count()) / float64(united(a, b).count()); share > best {
				pair, best = []int{j, i}, share
			}
		}
	}
	kind := bpmn.Exclusive
	for k := range ways[pair[0]].future {
		if ways[pair[0]].future[k]&ways[pair[1]].cover[k] != 0 || ways[pair[1]].future[k]&ways[pair[0]].cover[k] != 0 {
			kind = bpmn.Parallel
		}
	}
	return f.join(ways, kind, pair)
}

func united(a, b bitset) bitset {
	c := slices.Clone(a)
	for k := range c {
		c[k] |= b[k]
	}
	return c
}

// loops puts back the loops of one of step 1: a way from behind the activity to
// before it.
func (f *flow) loops(loop []bool) {
	for a, is := range loop {
		if !is {
			continue
		}
		back := f.gate(bpmn.Exclusive, a)
		for v := range f.out {
			for i, w := range f.out[v] {
				if w == a && v != back {
					f.out[v][i] = back
				}
			}
		}
		f.out[a] = []int{f.gate(bpmn.Exclusive, append(f.out[a], back)...)}
	}
}

// diagram is the flow with names, drawn.
func (f *flow) diagram(s *eventlog.Summary) *bpmn.Diagram {
	d := &bpmn.Diagram{}
	counts := map[string]int{}
	id := func(kind string) string {
		counts[kind]++
		return fmt.Sprintf("%s_%d", kind, counts[kind])
	}
	for v, kind := range f.kind {
		n := bpmn.Node{Kind: kind}
		switch kind {
		case bpmn.Start:
			n.ID = id("Start")
		case bpmn.End:
			n.ID = id("End")
		case bpmn.Task:
			n.ID, n.Name = id("Task"), s.Activities[v]
		default:
			n.ID = id("Gateway")
		}
		d.Nodes = append(d.Nodes, n)
	}
	for v, next := range f.out {
		for _, w := range next {
			d.Flows = append(d.Flows, bpmn.Flow{ID: id("Flow"), From: v, To: w})
		}
	}
	d.Draw()
	return d
}
