package tree

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A Tree is a process tree, or a node of one.
type Tree struct {
	Op       Operator
	Label    string // of an Activity
	Children []*Tree
	Order    []Pair // of a Partial node; what follows from other pairs may be left out
}

// An Operator says what a node of a tree does with its children.
type Operator uint8

const (
	Tau      Operator = iota // leaf: nothing happens
	Activity                 // leaf: Label happens
	Sequence                 // the children one after another
	Choice                   // one of the children
	Parallel                 // all children, interleaved
	Loop                     // the first child, then any number of times the second and the first
	Partial                  // all children, interleaved as far as Order allows
)

// symbols are the operators as they are written; leaves have none.
var symbols = [...]string{Sequence: "->", Choice: "X", Parallel: "+", Loop: "*", Partial: "PO="}

// MaxDepth bounds how deep trees that are read may be nested.
const MaxDepth = 1000

// Do returns a leaf for an activity.
func Do(label string) *Tree { return &Tree{Op: Activity, Label: label} }

// Skip returns a leaf that does nothing.
func Skip() *Tree { return &Tree{} }

// Of returns a node with children.
func Of(op Operator, children ...*Tree) *Tree { return &Tree{Op: op, Children: children} }

// Leaf says whether t has no children by its nature.
func (t *Tree) Leaf() bool { return t.Op <= Activity }

// Validate says what is wrong with t: a leaf has no children, an activity has
// a label and nothing else has, a loop has two children, other nodes at least
// one, and only a Partial node has an order, in which no child comes before itself.
func (t *Tree) Validate() error {
	switch {
	case t.Op > Partial:
		return fmt.Errorf("%d is no operator of process trees", t.Op)
	case t.Leaf() && len(t.Children) > 0:
		return errors.New("a leaf has children")
	case t.Op == Activity && t.Label == "":
		return errors.New("an activity has no name; what nobody sees is tau")
	case t.Op != Activity && t.Label != "":
		return fmt.Errorf("%q is the label of a node that is no activity", t.Label)
	case t.Op == Loop && len(t.Children) != 2:
		return fmt.Errorf("a loop has two children, what is done and what is done before doing it again, not %d; write several ways back as one X( … )", len(t.Children))
	case !t.Leaf() && len(t.Children) == 0:
		return fmt.Errorf("%s has no children", strings.TrimSuffix(symbols[t.Op], "="))
	case t.Op != Partial && len(t.Order) > 0:
		return errors.New("a node that is no partial order has an order")
	}
	for _, c := range t.Children {
		if err := c.Validate(); err != nil {
			return err
		}
	}
	return t.checkOrder()
}

// Walk calls visit for each node of t, parents first.
func (t *Tree) Walk(visit func(*Tree)) {
	visit(t)
	for _, c := range t.Children {
		c.Walk(visit)
	}
}

// Activities returns the labels of t, sorted, once each.
func (t *Tree) Activities() []string {
	var out []string
	t.Walk(func(n *Tree) {
		if n.Op == Activity {
			out = append(out, n.Label)
		}
	})
	slices.Sort(out)
	return slices.Compact(out)
}

// Size counts the nodes of t.
func (t *Tree) Size() (nodes int) {
	t.Walk(func(*Tree) { nodes++ })
	return nodes
}

// Depth returns the length of the longest path from t to a leaf; 1 for a leaf.
func (t *Tree) Depth() int {
	deepest := 0
	for _, c := range t.Children {
		deepest = max(deepest, c.Depth())
	}
	return deepest + 1
}

// Equal compares trees node by node; the order of children matters, and so does
// how a partial order is written.
func (t *Tree) Equal(o *Tree) bool {
	return t.Op == o.Op && t.Label == o.Label && slices.Equal(t.Order, o.Order) && slices.EqualFunc(t.Children, o.Children, (*Tree).Equal)
}

// Nullable says whether the empty trace is in the language of t.
func (t *Tree) Nullable() bool {
	switch t.Op {
	case Tau:
		return true
	case Activity:
		return false
	case Choice:
		return slices.ContainsFunc(t.Children, (*Tree).Nullable)
	case Loop:
		return t.Children[0].Nullable()
	}
	for _, c := range t.Children {
		if !c.Nullable() {
			return false
		}
	}
	return true
}
