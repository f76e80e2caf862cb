package tree

import (
	"cmp"
	"fmt"
	"slices"
)

// A Pair says that one child of a [Partial] node is over before another one
// begins, each by its index.
type Pair struct{ First, Then int }

// PartialOrder returns a node that does its children in a partial order: what
// pairs say of two children, or pairs together, holds; all else is interleaved.
func PartialOrder(order []Pair, children ...*Tree) *Tree {
	return &Tree{Op: Partial, Children: children, Order: order}
}

// HasPartial says whether t has a partial order somewhere, which makes it a
// partially ordered workflow model and no process tree.
func (t *Tree) HasPartial() bool {
	return t.Op == Partial || slices.ContainsFunc(t.Children, (*Tree).HasPartial)
}

// PartialOrders returns t written with partial orders alone: a sequence is a
// total order, what is parallel an empty one. [Reduce] takes it back.
func (t *Tree) PartialOrders() *Tree {
	n := &Tree{Op: t.Op, Label: t.Label, Order: t.order()}
	for _, c := range t.Children {
		n.Children = append(n.Children, c.PartialOrders())
	}
	if t.Op == Sequence || t.Op == Parallel {
		n.Op = Partial
	}
	return n
}

// order returns in which order a sequence, a parallel node or a partial order
// does its children.
func (t *Tree) order() []Pair {
	if t.Op != Sequence {
		return slices.Clone(t.Order)
	}
	var order []Pair
	for i := 1; i < len(t.Children); i++ {
		order = append(order, Pair{i - 1, i})
	}
	return order
}

// A relation says of things 0 to n-1 which come before which: a set of bits for
// each.
type relation [][]uint64

func newRelation(n int) relation {
	words := (n + 63) / 64
	all := make([]uint64, n*words)
	r := make(relation, n)
	for i := range r {
		r[i] = all[i*words : (i+1)*words]
	}
	return r
}

func (r relation) set(a, b int)      { r[a][b>>6] |= 1 << (b & 63) }
func (r relation) has(a, b int) bool { return r[a][b>>6]>>(b&63)&1 == 1 }

// precedes returns who comes before whom among n children: what pairs say and
// what follows from it.
func precedes(n int, order []Pair) relation {
	r := newRelation(n)
	for _, p := range order {
		r.set(p.First, p.Then)
	}
	for via := range n {
		for a := range n {
			if r.has(a, via) {
				for w, bits := range r[via] {
					r[a][w] |= bits
				}
			}
		}
	}
	return r
}

// pairs returns the least pairs from which a strict partial order follows, its
// transitive reduction, in ascending order.
func (r relation) pairs() (order []Pair) {
	for a := range r {
		follows := make([]uint64, len(r[a])) // what comes after what comes after a
		for via := range r {
			if r.has(a, via) {
				for w, bits := range r[via] {
					follows[w] |= bits
				}
			}
		}
		for b := range r {
			if r.has(a, b) && follows[b>>6]>>(b&63)&1 == 0 {
				order = append(order, Pair{a, b})
			}
		}
	}
	return order
}

func indices(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// checkOrder says what is wrong with the order of a node's children: it relates
// children, and none comes before itself.
func (t *Tree) checkOrder() error {
	if len(t.Order) == 0 {
		return nil
	}
	n := len(t.Children)
	for _, p := range t.Order {
		if p.First < 0 || p.First >= n || p.Then < 0 || p.Then >= n {
			return fmt.Errorf("a partial order of %d nodes relates number %d to number %d", n, p.First+1, p.Then+1)
		}
	}
	for a, r := 0, precedes(n, t.Order); a < n; a++ {
		if r.has(a, a) {
			return fmt.Errorf("in a partial order, %s comes before itself", t.Children[a])
		}
	}
	return nil
}

// A flattening collects the children of nested sequences, parallel nodes and
// partial orders, and who comes before whom among them.
type flattening struct {
	nodes []*Tree
	order []Pair
}

// add adds a reduced tree and returns the range of nodes that it became.
func (f *flattening) add(t *Tree) (from, to int) {
	from = len(f.nodes)
	switch t.Op {
	case Tau: // it may be done at any time, so nothing waits for it that would not anyway
	case Sequence, Parallel, Partial:
		ends := make([]Pair, len(t.Children))
		for i, c := range t.Children {
			ends[i].First, ends[i].Then = f.add(c)
		}
		before := precedes(len(t.Children), t.order())
		for i, a := range ends {
			for j, b := range ends {
				if before.has(i, j) {
					f.relate(a.First, a.Then, b.First, b.Then)
				}
			}
		}
	default:
		f.nodes = append(f.nodes, t)
	}
	return from, len(f.nodes)
}

func (f *flattening) relate(from, to, after, until int) {
	for a := from; a < to; a++ {
		for b := after; b < until; b++ {
			f.order = append(f.order, Pair{a, b})
		}
	}
}

// reducePartial expects children that are reduced. It takes a partial order
// apart into sequences and parallel nodes as far as it consists of them: what is
// left has, of any two parts, some pair in order and some that is not.
func reducePartial(n *Tree) *Tree {
	f := &flattening{}
	f.add(n)
	return f.compose(indices(len(f.nodes)), precedes(len(f.nodes), f.order))
}

func (f *flattening) compose(nodes []int, before relation) *Tree {
	ordered := func(a, b int) bool { return before.has(a, b) || before.has(b, a) }
	switch len(nodes) {
	case 0:
		return Skip()
	case 1:
		return f.nodes[nodes[0]]
	}
	if parts := connected(nodes, ordered); len(parts) > 1 {
		t := Of(Parallel)
		for _, part := range parts {
			t.Children = append(t.Children, f.compose(part, before))
		}
		slices.SortStableFunc(t.Children, compare)
		return t
	}
	if parts := connected(nodes, func(a, b int) bool { return a != b && !ordered(a, b) }); len(parts) > 1 {
		slices.SortFunc(parts, func(a, b []int) int {
			if before.has(a[0], b[0]) {
				return -1
			}
			return 1
		})
		t := Of(Sequence)
		for _, part := range parts {
			t.Children = append(t.Children, f.compose(part, before))
		}
		return t
	}
	// Children are in the order of their longest way from a first one, then of
	// their activities, so that equal orders are equal nodes.
	depth := map[int]int{}
	var deep func(a int) int
	deep = func(a int) int {
		d, ok := depth[a]
		if !ok {
			for _, b := range nodes {
				if before.has(b, a) {
					d = max(d, deep(b)+1)
				}
			}
			depth[a] = d
		}
		return d
	}
	for _, a := range nodes {
		deep(a)
	}
	nodes = slices.Clone(nodes)
	slices.SortStableFunc(nodes, func(a, b int) int {
		return cmp.Or(cmp.Compare(depth[a], depth[b]), compare(f.nodes[a], f.nodes[b]))
	})
	t, own := Of(Partial), newRelation(len(nodes))
	for i, a := range nodes {
		t.Children = append(t.Children, f.nodes[a])
		for j, b := range nodes {
			if before.has(a, b) {
				own.set(i, j)
			}
		}
	}
	t.Order = own.pairs()
	return t
}

// connected divides nodes into those that a symmetric relation connects.
func connected(nodes []int, related func(a, b int) bool) (parts [][]int) {
	left := slices.Clone(nodes)
	for len(left) > 0 {
		part := []int{left[0]}
		left = left[1:]
		for i := 0; i < len(part); i++ {
			rest := left[:0]
			for _, b := range left {
				if related(part[i], b) {
					part = append(part, b)
				} else {
					rest = append(rest, b)
				}
			}
			left = rest
		}
		slices.Sort(part)
		parts = append(parts, part)
	}
	return parts
}
