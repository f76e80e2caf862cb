package conform

import (
	"container/heap"
	"slices"

	"millrace/mining/petri"
)

// A machine is a state machine that does what a net does: one token that moves
// along edges. What runs in parallel is an edge too: a block, whose branches
// are machines again.
type machine struct {
	states     int
	start, end int32
	edges      []edge
	blocks     []int32   // edges that are blocks
	steps      [][]int32 // by label: visible edges
	letters    []int32   // labels somewhere in it, sorted

	// cheapest model moves from state u to state v: how many a person would
	// see, and the last edge on the way, -1 if u is v. Index u*states+v.
	dist []int32
	last []int32
}

type edge struct {
	from, to   int32
	transition int32 // of the net; -1 of a part of one, or of a block
	label      int32 // -1 if nobody sees it
	block      *block
}

// A block is what runs in parallel. No label is in two of its branches.
type block struct {
	branches []*machine
	branchOf []int32 // by label: which branch has it, or -1
	cost     int32   // visible moves of the shortest way through all branches
}

// far is more than any cost, and twice of it fits in 32 bits.
const far = 1 << 29

// most bounds the states of a machine: distances are kept for each pair.
const mostStates = 2000

// cost is what a model move along e costs.
func (e *edge) cost() int32 {
	switch {
	case e.block != nil:
		return e.block.cost
	case e.label >= 0:
		return 1
	}
	return 0
}

// shortest is how many visible moves the shortest way through m has.
func (m *machine) shortest() int32 { return m.dist[int(m.start)*m.states+int(m.end)] }

// A folding is a net on its way to a machine.
//
// Transitions are cut so that every label is on one with one place before and
// one behind; what is left are splits, from one place to several, and joins.
// Places that such edges connect are an area. Areas that one split leads into
// and one join out of, and nothing else touches, run in parallel, each with one
// token: they are folded into an edge, until no split is left. This undoes
// what the translation of a process tree does (van Zelst and Leemans,
// doi:10.3390/a13110279), yet an area may be any state machine, not just a tree.
type folding struct {
	labels int
	places int
	edges  []edge
	splits []fork // outer is the place before
	joins  []fork // outer is the place behind
	keep   map[int32]bool
}

type fork struct {
	outer int32
	inner []int32
}

// fold makes the machine of n, whose transitions have the labels given. It is
// nil if n is not put together like that, or if branches share a label.
func fold(n *petri.Net, labels []int32, count int) *machine {
	f := &folding{labels: count, places: len(n.Places)}
	for i := range n.Transitions {
		t := &n.Transitions[i]
		in, ok := placesOf(t.In)
		out, also := placesOf(t.Out)
		if !ok || !also {
			return nil
		}
		f.edges = append(f.edges, edge{from: f.join(in), to: f.split(out), transition: int32(i), label: labels[i]})
	}
	start, ok := markedOf(n.Initial)
	end, also := markedOf(n.Final)
	if !ok || !also {
		return nil
	}
	// Several tokens at the start are what a split put there.
	from, to := f.split(start), f.join(end)
	f.keep = map[int32]bool{from: true, to: true}
	for len(f.splits)+len(f.joins) > 0 {
		if !f.foldOne() {
			return nil
		}
	}
	return f.machine(f.areas(), from, to)
}

// placesOf returns the places of arcs; there is at least one, and each has one token.
func placesOf(arcs []petri.Arc) (places []int32, ok bool) {
	for _, a := range arcs {
		if a.Weight != 1 {
			return nil, false
		}
		places = append(places, a.Place)
	}
	return places, len(places) > 0
}

func markedOf(m petri.Marking) (places []int32, ok bool) {
	for p, tokens := range m {
		if tokens > 1 {
			return nil, false
		}
		if tokens == 1 {
			places = append(places, int32(p))
		}
	}
	return places, len(places) > 0
}

func (f *folding) place() int32 {
	f.places++
	return int32(f.places - 1)
}

// split is the place from which a token gets to all of places.
func (f *folding) split(places []int32) int32 {
	if len(places) == 1 {
		return places[0]
	}
	p := f.place()
	f.splits = append(f.splits, fork{p, places})
	return p
}

func (f *folding) join(places []int32) int32 {
	if len(places) == 1 {
		return places[0]
	}
	p := f.place()
	f.joins = append(f.joins, fork{p, places})
	return p
}

// areas gives each place the smallest place it is connected with.
func (f *folding) areas() []int32 {
	area := make([]int32, f.places)
	for p := range area {
		area[p] = int32(p)
	}
	root := func(p int32) int32 {
		for area[p] != p {
			area[p] = area[area[p]]
			p = area[p]
		}
		return p
	}
	for i := range f.edges {
		a, b := root(f.edges[i].from), root(f.edges[i].to)
		area[max(a, b)] = min(a, b)
	}
	for p := range area {
		area[p] = root(int32(p))
	}
	return area
}

// foldOne folds the first areas it finds that run in parallel.
func (f *folding) foldOne() bool {
	area := f.areas()
	type touch struct{ split, join, into, outOf int32 } // -1: nothing, -2: too much
	touches := make([]touch, f.places)
	for p := range touches {
		touches[p] = touch{-1, -1, -1, -1}
	}
	spoil := func(p int32) { touches[area[p]].split = -2 }
	for p := range f.keep {
		spoil(p)
	}
	for i, s := range f.splits {
		spoil(s.outer)
		for _, p := range s.inner {
			if t := &touches[area[p]]; t.split == -1 {
				t.split, t.into = int32(i), p
			} else {
				t.split = -2
			}
		}
	}
	for i, j := range f.joins {
		spoil(j.outer)
		for _, p := range j.inner {
			if t := &touches[area[p]]; t.join == -1 {
				t.join, t.outOf = int32(i), p
			} else {
				t.join = -2
			}
		}
	}
	for i := range f.splits {
		together := map[int32][]touch{} // by join
		for _, p := range f.splits[i].inner {
			if t := touches[area[p]]; t.split == int32(i) && t.join >= 0 {
				together[t.join] = append(together[t.join], t)
			}
		}
		for j := range f.joins {
			branches := together[int32(j)]
			if len(branches) < 2 {
				continue
			}
			b := &block{branchOf: make([]int32, f.labels)}
			for x := range b.branchOf {
				b.branchOf[x] = -1
			}
			var into, outOf []int32
			for k, t := range branches {
				m := f.machine(area, t.into, t.outOf)
				if m == nil {
					return false
				}
				for _, x := range m.letters {
					if b.branchOf[x] >= 0 {
						return false
					}
					b.branchOf[x] = int32(k)
				}
				b.cost = min(b.cost+m.shortest(), far)
				b.branches = append(b.branches, m)
				into, outOf = append(into, t.into), append(outOf, t.outOf)
			}
			v, w := f.place(), f.place()
			f.edges = append(f.edges, edge{from: v, to: w, transition: -1, label: -1, block: b})
			f.splits = f.shrink(f.splits, i, into, v, true)
			f.joins = f.shrink(f.joins, j, outOf, w, false)
			return true
		}
	}
	return false
}

// shrink puts one place in the stead of some inner places of fork i, which is
// an edge if no other inner place is left.
func (f *folding) shrink(forks []fork, i int, gone []int32, place int32, split bool) []fork {
	inner := slices.DeleteFunc(slices.Clone(forks[i].inner), func(p int32) bool { return slices.Contains(gone, p) })
	if len(inner) > 0 {
		forks[i].inner = append(inner, place)
		return forks
	}
	e := edge{from: forks[i].outer, to: place, transition: -1, label: -1}
	if !split {
		e.from, e.to = e.to, e.from
	}
	f.edges = append(f.edges, e)
	return slices.Delete(forks, i, i+1)
}

// machine is the area of start as a machine, without states that are on no way
// from start to end. It is nil if it is too large.
func (f *folding) machine(area []int32, start, end int32) *machine {
	var edges []edge
	for _, e := range f.edges {
		if area[e.from] == area[start] {
			edges = append(edges, e)
		}
	}
	forth := reachable(f.places, edges, start, func(e *edge) (int32, int32) { return e.from, e.to })
	back := reachable(f.places, edges, end, func(e *edge) (int32, int32) { return e.to, e.from })
	number := make([]int32, f.places)
	m := &machine{steps: make([][]int32, f.labels)}
	for p := range number {
		if number[p] = -1; forth[p] && back[p] || int32(p) == start || int32(p) == end {
			number[p] = int32(m.states)
			m.states++
		}
	}
	if m.states > mostStates {
		return nil
	}
	m.start, m.end = number[start], number[end]
	for _, e := range edges {
		e.from, e.to = number[e.from], number[e.to]
		if e.from < 0 || e.to < 0 {
			continue
		}
		switch i := int32(len(m.edges)); {
		case e.block != nil:
			m.blocks = append(m.blocks, i)
			for x, b := range e.block.branchOf {
				if b >= 0 {
					m.letters = append(m.letters, int32(x))
				}
			}
		case e.label >= 0:
			m.steps[e.label] = append(m.steps[e.label], i)
			m.letters = append(m.letters, e.label)
		}
		m.edges = append(m.edges, e)
	}
	slices.Sort(m.letters)
	m.letters = slices.Compact(m.letters)
	m.measure()
	return m
}

func reachable(places int, edges []edge, from int32, ends func(*edge) (int32, int32)) []bool {
	next := make([][]int32, places)
	for i := range edges {
		a, b := ends(&edges[i])
		next[a] = append(next[a], b)
	}
	seen := make([]bool, places)
	seen[from] = true
	for todo := []int32{from}; len(todo) > 0; {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, b := range next[at] {
			if !seen[b] {
				seen[b] = true
				todo = append(todo, b)
			}
		}
	}
	return seen
}

// measure fills dist and last by Dijkstra's algorithm from each state; of ways
// that cost the same it takes the one with fewer edges, then the earlier edges.
func (m *machine) measure() {
	n := m.states
	m.dist, m.last = make([]int32, n*n), make([]int32, n*n)
	out := make([][]int32, n)
	for i := range m.edges {
		out[m.edges[i].from] = append(out[m.edges[i].from], int32(i))
	}
	hops := make([]int32, n)
	for u := range n {
		dist, last := m.dist[u*n:(u+1)*n], m.last[u*n:(u+1)*n]
		for v := range dist {
			dist[v], last[v], hops[v] = far, -1, far
		}
		dist[u], hops[u] = 0, 0
		for q := (reachQueue{{0, 0, int32(u)}}); len(q) > 0; {
			at := heap.Pop(&q).(reach)
			if at.cost != dist[at.state] || at.hops != hops[at.state] {
				continue
			}
			for _, i := range out[at.state] {
				e := &m.edges[i]
				if cost, h := at.cost+e.cost(), at.hops+1; cost < far && (cost < dist[e.to] || cost == dist[e.to] && h < hops[e.to]) {
					dist[e.to], hops[e.to], last[e.to] = cost, h, i
					heap.Push(&q, reach{cost, h, e.to})
				}
			}
		}
	}
}

type reach struct{ cost, hops, state int32 }

type reachQueue []reach

func (q reachQueue) Len() int { return len(q) }
func (q reachQueue) Less(i, j int) bool {
	a, b := q[i], q[j]
	return a.cost < b.cost || a.cost == b.cost && (a.hops < b.hops || a.hops == b.hops && a.state < b.state)
}
func (q reachQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *reachQueue) Push(x any)   { *q = append(*q, x.(reach)) }
func (q *reachQueue) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}
