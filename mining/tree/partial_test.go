package tree

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// silentOf counts the silent transitions that a partial order brings with it.
func silentOf(t *Tree) (silent int) {
	before, after := make([]int, len(t.Children)), make([]int, len(t.Children))
	for _, p := range precedes(len(t.Children), t.Order).pairs() {
		after[p.First]++
		before[p.Then]++
	}
	for _, side := range [][]int{before, after} {
		open := 0
		for i, pairs := range side {
			switch {
			case pairs == 0:
				open++
			case pairs > 1 && !t.Children[i].Leaf():
				silent++
			}
		}
		if open > 1 {
			silent++
		}
	}
	return silent
}

// leads says whether pairs lead from one child to another.
func leads(order []Pair, from, to int) bool {
	return slices.ContainsFunc(order, func(p Pair) bool { return p.First == from && (p.Then == to || leads(order, p.Then, to)) })
}

// The language of a partial order of parts that
// share no activity is told by what of a trace is of each part, and who comes
// before whom: the definition, looked at from the other side.
func TestPartialOrderByProjection(t *testing.T) {
	partial := 0
	rapid.Check(t, func(t *rapid.T) {
		var drawn []*rapid.Generator[*Tree]
		for _, labels := range [][]string{{"a"}, {"b", "c"}, {"d"}, {"e"}, {"f"}} {
			drawn = append(drawn, treesOf(labels, 1).Filter(func(p *Tree) bool { return len(p.Activities()) > 0 }))
		}
		m := ordersOf(drawn).Draw(t, "model")
		parts := m.Children
		if Reduce(m).HasPartial() {
			partial++
		}
		var languages [][][]string
		of := map[string]int{}
		for i, p := range parts {
			languages = append(languages, short(t, p))
			for _, label := range p.Activities() {
				of[label] = i
			}
		}
		a := NewAcceptor(m)
		for _, trace := range everyTrace([]string{"a", "b", "c", "d", "e", "f"}, 4) {
			want := true
			own := make([][]string, len(parts))
			for _, label := range trace {
				i, ok := of[label]
				if want = want && ok; ok {
					own[i] = append(own[i], label)
				}
			}
			for i, l := range languages {
				want = want && slices.ContainsFunc(l, func(o []string) bool { return slices.Equal(o, own[i]) })
			}
			for i := range trace {
				for _, later := range trace[i:] {
					want = want && !leads(m.Order, of[later], of[trace[i]])
				}
			}
			if got, err := a.Accepts(trace); err != nil || got != want {
				t.Fatalf("%s, %q: accepted %v, want %v, %v", m, trace, got, want, err)
			}
		}
	})
	if partial == 0 {
		t.Error("all were process trees")
	}
}

// Sequences and parallel nodes are total and empty orders: they have one
// language and one normal form.
func TestPartialOrdersOfTrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tree := trees().Draw(t, "tree")
		m := tree.PartialOrders()
		m.Walk(func(n *Tree) {
			if n.Op == Sequence || n.Op == Parallel {
				t.Fatalf("%s is written %s", tree, m)
			}
		})
		if err := m.Validate(); err != nil {
			t.Fatalf("%s: %v", m, err)
		}
		if got, want := Reduce(m), Reduce(tree); !got.Equal(want) {
			t.Fatalf("%s reduces to %s, want %s", m, got, want)
		}
		if want, got := text(short(t, tree)), text(short(t, m)); want != got {
			t.Fatalf("%s is %s\nwant\n%sgot\n%s", tree, m, want, got)
		}
	})
}

// What is left of partial orders in a normal form is no sequence and not
// parallel, has no partial order for a child, and no pair that follows.
func TestReducedPartialOrders(t *testing.T) {
	seen := 0
	rapid.Check(t, func(t *rapid.T) {
		leaf := rapid.Map(rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}), Do)
		m := Reduce(ordersOf([]*rapid.Generator[*Tree]{leaf, leaf, trees(), leaf, leaf}).Draw(t, "tree"))
		m.Walk(func(n *Tree) {
			if n.Op != Partial {
				return
			}
			seen++
			all := precedes(len(n.Children), n.Order)
			for i, p := range n.Order {
				if p.First >= p.Then {
					t.Fatalf("%s: pair %d goes back", n, i)
				}
				less := precedes(len(n.Children), slices.Delete(slices.Clone(n.Order), i, i+1))
				if fmt.Sprint(less) == fmt.Sprint(all) {
					t.Fatalf("%s: pair %d follows from others", n, i)
				}
			}
			for _, c := range n.Children {
				if c.Op == Partial || c.Op == Sequence || c.Op == Parallel || c.Op == Tau {
					t.Fatalf("%s has the child %s", n, c)
				}
			}
			// Every split in two has a pair in order and one that is not.
			for set := 1; set < 1<<len(n.Children)-1; set++ {
				ordered, free := false, false
				for a := range n.Children {
					for b := range n.Children {
						if set>>a&1 == 1 && set>>b&1 == 0 {
							o := all.has(a, b) || all.has(b, a)
							ordered, free = ordered || o, free || !o
						}
					}
				}
				if !ordered || !free {
					t.Fatalf("%s consists of two parts, %b", n, set)
				}
			}
		})
	})
	if seen == 0 {
		t.Error("all were process trees")
	}
}

// The net of a model is a sound workflow net.
func TestNetIsSound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := trees().Draw(t, "tree")
		n := m.Net()
		if reasons := n.WorkflowNet(); len(reasons) > 0 {
			t.Fatalf("%s: %q\n%s", m, reasons, n)
		}
		s, err := n.CheckSoundness(t.Context(), 20_000)
		if err != nil {
			t.Fatal(err)
		}
		if s.Sound.String() == "no" {
			t.Fatalf("%s: %q\n%s", m, s.Reasons, n)
		}
	})
}

func TestPartialOrderHasNoPTML(t *testing.T) {
	m := Of(Loop, Skip(), PartialOrder(nil, Do("a"), Do("b")))
	var out bytes.Buffer
	if err := m.WritePTML(&out); err == nil || !strings.Contains(err.Error(), "has a partial order") || out.Len() > 0 {
		t.Errorf("%v, %d bytes", err, out.Len())
	}
}
