package discover

import (
	"slices"

	"millrace/mining/bpmn"
)

// An order is what is known of a flow without its edges that lead back.
type order struct {
	nodes     []int    // the start first, every node after those that lead to it
	back      [][]int  // by node: those that lead back to it
	in        [][]int  // by node: the others
	dominator []bitset // by node: what every way from the start to it passes, itself too
	behind    []bitset // by node: what every way from it to the end passes, itself too
}

// newOrder walks the flow depth first; what leads to a node that the walk has not
// left yet leads back.
func newOrder(f *flow) *order {
	n := len(f.out)
	o := &order{back: make([][]int, n), in: make([][]int, n), dominator: make([]bitset, n), behind: make([]bitset, n)}
	const (
		fresh = iota
		open
		left
	)
	state := make([]int, n)
	forth := make([][]int, n)
	var visit func(v int)
	visit = func(v int) {
		state[v] = open
		for _, w := range f.out[v] {
			if state[w] == open {
				o.back[w] = append(o.back[w], v)
				continue
			}
			forth[v], o.in[w] = append(forth[v], w), append(o.in[w], v)
			if state[w] == fresh {
				visit(w)
			}
		}
		state[v] = left
		o.nodes = append(o.nodes, v)
	}
	visit(f.m.start)
	slices.Reverse(o.nodes)
	passed := func(of []bitset, v int, near []int) {
		for i, u := range near {
			if i == 0 {
				of[v] = slices.Clone(of[u])
			}
			for k := range of[v] {
				of[v][k] &= of[u][k]
			}
		}
		if of[v] == nil {
			of[v] = newBitset(n)
		}
		of[v].add(v)
	}
	for _, v := range o.nodes {
		passed(o.dominator, v, o.in[v])
	}
	for _, v := range slices.Backward(o.nodes) {
		passed(o.behind, v, forth[v])
	}
	return o
}

// An entry is a way into a node.
type entry struct {
	node      int
	dominator bitset // what every way to it passes
	from      bitset // of a split that is looked at: which of its branches lead here
}

// joins is step 5: a gateway before each node that several ways lead to, made from within, where
// the paper uses the tree of fragments: the ways out of one split that come
// together are joined as they were split, the innermost split first. What
// leads back is joined by a choice. A join is parallel only if each branch of
// its split surely comes there, so it never waits in vain; where branches may come
// and may not, the paper puts an inclusive join, and we an exclusive one.
func (f *flow) joins() {
	o := newOrder(f)
	nodes := len(f.out)
	splits := slices.DeleteFunc(slices.Clone(o.nodes), func(v int) bool { return len(f.out[v]) < 2 })
	branches := slices.Clone(f.out) // before joins stand between
	for i := range branches {
		branches[i] = slices.Clone(branches[i])
	}
	for _, v := range o.nodes {
		if len(o.in[v])+len(o.back[v]) < 2 {
			continue
		}
		var entries []entry
		for _, u := range o.in[v] {
			entries = append(entries, entry{node: u, dominator: o.dominator[u]})
			f.cut(u, v)
		}
		for _, g := range slices.Backward(splits) {
			var here, others []entry
			for _, e := range entries {
				if e.dominator.has(g) {
					here = append(here, e)
				} else {
					others = append(others, e)
				}
			}
			if len(here) < 2 {
				continue
			}
			if f.kind[g] == bpmn.Parallel {
				here = f.alternatives(o, g, v, branches[g], here, nodes)
				if all := here[0].from.count(); o.behind[g].has(v) && len(here) > 1 {
					for _, e := range here[1:] {
						all += e.from.count()
					}
					if all == len(branches[g]) {
						here = []entry{f.meet(bpmn.Parallel, here)}
					}
				}
			}
			if len(here) > 1 {
				here = []entry{f.meet(bpmn.Exclusive, here)}
			}
			entries = append(others, here...)
		}
		for _, u := range o.back[v] {
			entries = append(entries, entry{node: u, dominator: o.dominator[u]})
			f.cut(u, v)
		}
		last := entries[0]
		if len(entries) > 1 {
			last = f.meet(bpmn.Exclusive, entries)
		}
		f.out[last.node] = append(f.out[last.node], v)
	}
}

// alternatives joins those entries that one branch of g may lead to several of,
// so that each branch leads to one entry.
func (f *flow) alternatives(o *order, g, v int, branches []int, entries []entry, nodes int) []entry {
	for i, b := range branches {
		seen := newBitset(nodes)
		if b == v {
			seen.add(g)
		} else {
			seen.add(b)
		}
		for _, w := range o.nodes {
			if slices.ContainsFunc(o.in[w], func(u int) bool { return u != g && w != v && seen.has(u) && o.dominator[w].has(g) }) {
				seen.add(w)
			}
		}
		for k := range entries {
			if entries[k].from == nil {
				entries[k].from = newBitset(len(branches))
			}
			if ends := f.ends(entries[k].node, nodes); slices.ContainsFunc(ends, seen.has) {
				entries[k].from.add(i)
			}
		}
	}
	for i := 0; i < len(entries); i++ {
		for j := i + 1; j < len(entries); j++ {
			if entries[i].from.common(entries[j].from) == 0 {
				continue
			}
			from := united(entries[i].from, entries[j].from)
			entries[i] = f.meet(bpmn.Exclusive, []entry{entries[i], entries[j]})
			entries[i].from = from
			entries = slices.Delete(entries, j, j+1)
			i = -1
			break
		}
	}
	return entries
}

// ends are the nodes, joins left out, that lead to a node.
func (f *flow) ends(v, nodes int) (all []int) {
	if v < nodes {
		return []int{v}
	}
	for u := range f.out {
		if slices.Contains(f.out[u], v) {
			all = append(all, f.ends(u, nodes)...)
		}
	}
	return all
}

// meet puts a join behind entries.
func (f *flow) meet(kind bpmn.Kind, entries []entry) entry {
	j := f.gate(kind)
	dominator := slices.Clone(entries[0].dominator)
	for _, e := range entries {
		f.out[e.node] = append(f.out[e.node], j)
		for k := range dominator {
			dominator[k] &= e.dominator[k]
		}
	}
	return entry{node: j, dominator: dominator}
}

// cut takes out the edge from u to v.
func (f *flow) cut(u, v int) {
	i := slices.Index(f.out[u], v)
	f.out[u] = slices.Delete(f.out[u], i, i+1)
}
