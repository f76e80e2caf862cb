package tree

import (
	"cmp"
	"slices"
	"strings"
)

// Reduce returns the normal form of t, a tree of the same language; t is not
// changed. Its rules, applied from the leaves up until none applies (Leemans,
// Robust process mining with guarantees, 2017, ISBN 978-90-386-4257-4, §5.1):
//
//	⊕(A)                        A                    one child
//	⊕(…, ⊕(A, B), …)            ⊕(…, A, B, …)        → × ∧ are associative
//	→(…, τ, …), ∧(…, τ, …)      →(…), ∧(…)           τ does nothing
//	×(τ, A), ε ∈ L(A)           ×(A)                 A does nothing already
//	×(A, A)                     ×(A)
//	↺(↺(A, B), C)               ↺(A, ×(B, C))
//	↺(τ, ↺(A, τ))               ↺(τ, A)
//	↺(A, B), A = ×(τ, A'), B ∈ {τ, A'}   ↺(τ, A')
//	↺(τ, ×(τ, B))               ↺(τ, B)
//	↺(τ, τ)                     τ
//	×(τ, ↺(A, τ))               ↺(τ, A)
//
// A partial order is taken apart into sequences and parallel nodes as far as it
// consists of them, so a tree of the same language has the same normal form; one
// that is left has its children's children, and the least pairs.
//
// Children of × and ∧ are in the order of their first activity, τ first, so
// that trees that differ in that order only become equal. Not every two trees
// of one language have one normal form; see [Difference].
func Reduce(t *Tree) *Tree {
	if t.Leaf() {
		return &Tree{Op: t.Op, Label: t.Label}
	}
	n := &Tree{Op: t.Op, Order: t.Order}
	for _, c := range t.Children {
		c = Reduce(c)
		if c.Op == t.Op && t.Op != Loop && t.Op != Partial {
			n.Children = append(n.Children, c.Children...)
		} else {
			n.Children = append(n.Children, c)
		}
	}
	switch n.Op {
	case Sequence:
		n.Children = slices.DeleteFunc(n.Children, isTau)
	case Parallel:
		n.Children = slices.DeleteFunc(n.Children, isTau)
		slices.SortStableFunc(n.Children, compare)
	case Choice:
		return reduceChoice(n)
	case Loop:
		return reduceLoop(n)
	case Partial:
		return reducePartial(n)
	}
	return single(n)
}

func isTau(t *Tree) bool { return t.Op == Tau }

// single takes a node of no child or one for what it is.
func single(n *Tree) *Tree {
	switch len(n.Children) {
	case 0:
		return Skip()
	case 1:
		return n.Children[0]
	}
	return n
}

func reduceChoice(n *Tree) *Tree {
	slices.SortStableFunc(n.Children, compare)
	n.Children = slices.CompactFunc(n.Children, (*Tree).Equal)
	if len(n.Children) == 0 || n.Children[0].Op != Tau {
		return single(n)
	}
	rest := n.Children[1:]
	if slices.ContainsFunc(rest, (*Tree).Nullable) {
		n.Children = rest
		return single(n)
	}
	if len(rest) == 1 && rest[0].Op == Loop && isTau(rest[0].Children[1]) {
		return reduceLoop(Of(Loop, Skip(), rest[0].Children[0]))
	}
	return single(n)
}

// reduceLoop expects children that are reduced.
func reduceLoop(n *Tree) *Tree {
	do, redo := n.Children[0], n.Children[1]
	if do.Op == Loop {
		return reduceLoop(Of(Loop, do.Children[0], Reduce(Of(Choice, do.Children[1], redo))))
	}
	if some, ok := optional(do); ok && (isTau(redo) || redo.Equal(some)) {
		return reduceLoop(Of(Loop, Skip(), some))
	}
	if isTau(do) {
		if isTau(redo) {
			return redo
		}
		if some, ok := optional(redo); ok {
			return reduceLoop(Of(Loop, do, some))
		}
		if redo.Op == Loop && isTau(redo.Children[1]) {
			return reduceLoop(Of(Loop, do, redo.Children[0]))
		}
		if redo.Op == Loop && isTau(redo.Children[0]) {
			return redo
		}
	}
	return Of(Loop, do, redo)
}

// optional returns A of ×(τ, A).
func optional(t *Tree) (*Tree, bool) {
	if t.Op != Choice || !isTau(t.Children[0]) {
		return nil, false
	}
	return single(Of(Choice, t.Children[1:]...)), true
}

// compare orders trees by their first activity, then by size and shape; τ is first.
func compare(a, b *Tree) int {
	return cmp.Or(strings.Compare(first(a), first(b)), cmp.Compare(a.Size(), b.Size()), strings.Compare(a.String(), b.String()))
}

// first is the least label of the activities of t, "" of none.
func first(t *Tree) string {
	if t.Op == Activity {
		return t.Label
	}
	least := ""
	for _, c := range t.Children {
		if f := first(c); f != "" && (least == "" || f < least) {
			least = f
		}
	}
	return least
}
