package discover

import (
	"slices"

	"millrace/mining/bpmn"
)

// An order is what is known of a flow without its edges that lead back.
type order struct {
	nodes     []int    // the start first, every node after those that lead to it
	place     []int    // by node: where it is in nodes
	back      [][]int  // by node: those that lead back to it
	in, forth [][]int  // by node: the others, and those that it leads to so
	dominator []bitset // by node: what every way from the start to it passes, itself too
	end       int      // of the flow
}

// newOrder walks the flow depth first; what leads to a node that the walk has not
// left yet leads back.
func newOrder(f *flow) *order {
	n := len(f.out)
	o := &order{place: make([]int, n), back: make([][]int, n), in: make([][]int, n), forth: make([][]int, n), dominator: make([]bitset, n), end: f.m.end}
	const (
		fresh = iota
		open
		left
	)
	state := make([]int, n)
	var visit func(v int)
	visit = func(v int) {
		state[v] = open
		for _, w := range f.out[v] {
			if state[w] == open {
				o.back[w] = append(o.back[w], v)
				continue
			}
			o.in[w], o.forth[v] = append(o.in[w], v), append(o.forth[v], w)
			if state[w] == fresh {
				visit(w)
			}
		}
		state[v] = left
		o.nodes = append(o.nodes, v)
	}
	visit(f.m.start)
	slices.Reverse(o.nodes)
	for i, v := range o.nodes {
		o.place[v] = i
	}
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
	return o
}

// An entry is a way into a node.
type entry struct {
	node      int       // of no join
	kind      bpmn.Kind // of a join
	joined    []entry   // by it
	dominator bitset    // what every way to it passes
	parts     []int     // the nodes that it is of
}

// joins is step 5: a gateway before each node that several ways lead to, made from within, where
// the paper uses the tree of fragments: the ways out of one split that come
// together are joined as they were split, the innermost split first; what leads back is joined
// so by itself, and then with the rest by a choice. A join is a choice if never two branches
// of a parallel split come by two of its ways; it is parallel if each branch of its split
// that leads there surely comes, so that it never waits in vain; else it is inclusive.
func (f *flow) joins() {
	o := newOrder(f)
	splits := slices.DeleteFunc(slices.Clone(o.nodes), func(v int) bool { return len(f.out[v]) < 2 })
	branches := slices.Clone(f.out) // before joins stand between
	for _, v := range splits {
		branches[v] = slices.Clone(branches[v])
	}
	// together joins what comes to v, within splits.
	together := func(v int, from, splits []int) []entry {
		var entries []entry
		for _, u := range from {
			entries = append(entries, entry{node: u, dominator: o.dominator[u], parts: []int{u}})
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
			kind := bpmn.Exclusive
			if o.meets(f, here) {
				kind = bpmn.Inclusive
				if f.kind[g] == bpmn.Parallel && o.surely(v, branches[g], from, here) {
					kind = bpmn.Parallel
				}
			}
			entries = append(others, meet(kind, here))
		}
		return entries
	}
	for _, v := range o.nodes {
		if len(o.in[v])+len(o.back[v]) < 2 {
			continue
		}
		entries := together(v, o.in[v], splits)
		// Behind v only, else it leads back into the middle of something.
		within := slices.DeleteFunc(slices.Clone(splits), func(g int) bool { return !o.dominator[g].has(v) })
		for _, e := range together(v, o.back[v], within) {
			if e.kind == bpmn.Exclusive { // as the join with what comes first is
				entries = append(entries, e.joined...)
			} else {
				entries = append(entries, e)
			}
		}
		last := entries[0]
		if len(entries) > 1 {
			last = meet(bpmn.Exclusive, entries)
		}
		u := f.gather(last)
		f.out[u] = append(f.out[u], v)
	}
}

// meets says whether tokens of two branches of a parallel split may come by two of the entries:
// whether two ways that have no node in common lead from it to two of them, and so nothing before the
// join is on all ways (Menger's theorem).
func (o *order) meets(f *flow, entries []entry) bool {
	// What is behind the nodes: the entries, and the join of them.
	n := len(o.in)
	join := n + len(entries)
	next := make([]int, join+1) // by node: what is on all ways from it to the join, the first of it; -1 if there is none
	by := make([]int, n)        // by node: the entry that it is of; -1 if it is of none
	for v := range by {
		next[v], by[v] = -1, -1
	}
	last := 0
	for i, e := range entries {
		next[n+i] = join
		for _, u := range e.parts {
			by[u], last = n+i, max(last, o.place[u])
		}
	}
	place := func(v int) int {
		if v < n {
			return o.place[v]
		}
		return v
	}
	for _, u := range slices.Backward(o.nodes[:last+1]) {
		ways := 0
		pass := func(v int) {
			if v < n && next[v] < 0 {
				return
			}
			if ways++; ways == 1 {
				next[u] = v
			}
			for v != next[u] {
				if place(v) < place(next[u]) {
					v = next[v]
				} else {
					next[u] = next[next[u]]
				}
			}
		}
		if by[u] >= 0 {
			pass(by[u])
		}
		for _, v := range o.forth[u] {
			pass(v)
		}
		if ways > 1 && next[u] == join && f.kind[u] == bpmn.Parallel {
			return true
		}
	}
	return false
}

// surely says whether each branch of g that leads to entries of v always comes there, by one of
// them. From are all nodes that lead to v, those that the entries are of and maybe others.
func (o *order) surely(v int, branches, from []int, entries []entry) bool {
	for _, b := range branches {
		if b == v {
			continue
		}
		seen := newBitset(len(o.in)) // what the branch comes to before v
		seen.add(b)
		for _, w := range o.nodes[o.place[b]+1:] {
			if w != v && slices.ContainsFunc(o.in[w], seen.has) {
				seen.add(w)
			}
		}
		by := slices.IndexFunc(entries, func(e entry) bool { return slices.ContainsFunc(e.parts, seen.has) })
		if by < 0 {
			continue
		}
		if seen.has(o.end) || slices.ContainsFunc(from, func(u int) bool { return seen.has(u) && !slices.Contains(entries[by].parts, u) }) {
			return false
		}
	}
	return true
}

// meet is a join of entries.
func meet(kind bpmn.Kind, entries []entry) entry {
	e := entry{kind: kind, joined: entries, dominator: slices.Clone(entries[0].dominator)}
	for _, x := range entries {
		for k := range e.dominator {
			e.dominator[k] &= x.dominator[k]
		}
		e.parts = append(e.parts, x.parts...)
	}
	return e
}

// gather puts the joins of an entry behind its nodes; the last is returned.
func (f *flow) gather(e entry) int {
	if e.joined == nil {
		return e.node
	}
	var from []int
	for _, x := range e.joined {
		from = append(from, f.gather(x))
	}
	j := f.gate(e.kind)
	for _, u := range from {
		f.out[u] = append(f.out[u], j)
	}
	return j
}

// cut takes out the edge from u to v.
func (f *flow) cut(u, v int) {
	i := slices.Index(f.out[u], v)
	f.out[u] = slices.Delete(f.out[u], i, i+1)
}
