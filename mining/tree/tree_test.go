package tree

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"
)

// trees draws trees of a few leaves; labels may occur twice.
func trees() *rapid.Generator[*Tree] {
	labels := []string{"a", "b", "c", "d"}
	leaf := rapid.Map(rapid.SampledFrom(labels), Do)
	return rapid.OneOf(treesOf(labels, 3), ordersOf([]*rapid.Generator[*Tree]{leaf, leaf, leaf, leaf, treesOf(labels, 1)}))
}

// ordersOf draws a partial order of parts.
func ordersOf(parts []*rapid.Generator[*Tree]) *rapid.Generator[*Tree] {
	return rapid.Custom(func(t *rapid.T) *Tree {
		node := Of(Partial)
		for _, p := range parts {
			node.Children = append(node.Children, p.Draw(t, "part"))
		}
		for a := range parts {
			for b := range parts {
				// Along a line, so that there is no cycle: 2, 4, 0, 3, 1 of five.
				at := func(x int) int { return (3*x + 4) % 5 }
				if at(a) < at(b) && rapid.SampledFrom([]bool{false, true, false}).Draw(t, "order") {
					node.Order = append(node.Order, Pair{a, b})
				}
			}
		}
		return node
	})
}

func treesOf(labels []string, depth int) *rapid.Generator[*Tree] {
	return rapid.Custom(func(t *rapid.T) *Tree {
		op := Operator(rapid.IntRange(0, 6).Draw(t, "op"))
		if depth == 0 {
			op %= 2
		}
		switch op {
		case Tau:
			return Skip()
		case Activity:
			return Do(rapid.SampledFrom(labels).Draw(t, "label"))
		}
		n := 2
		if op != Loop {
			n = rapid.IntRange(1, 3).Draw(t, "children")
		}
		parts := slices.Repeat([]*rapid.Generator[*Tree]{treesOf(labels, depth-1)}, n)
		if op == Partial {
			return ordersOf(parts).Draw(t, "order")
		}
		node := Of(op)
		for _, p := range parts {
			node.Children = append(node.Children, p.Draw(t, "child"))
		}
		return node
	})
}

// short returns the language up to a length, or skips a tree that has too many
// traces for a slow judge.
func short(t *rapid.T, tree *Tree) [][]string {
	l, err := tree.Language(4, 3000)
	if err != nil {
		t.Skip(err)
	}
	return l
}

func text(traces [][]string) string {
	var out strings.Builder
	for _, t := range traces {
		fmt.Fprintln(&out, strings.Join(t, " "))
	}
	return out.String()
}

func TestTree(t *testing.T) {
	datadriven.RunTest(t, "testdata/tree", func(t *testing.T, d *datadriven.TestData) string {
		var parsed []*Tree
		for _, line := range strings.Split(strings.TrimSpace(d.Input), "\n") {
			p, err := Parse(line)
			if err != nil {
				return "error: " + err.Error() + "\n"
			}
			parsed = append(parsed, p)
		}
		tree := parsed[0]
		switch d.Cmd {
		case "parse":
			return tree.String() + "\n"
		case "reduce":
			return Reduce(tree).String() + "\n"
		case "net":
			return tree.Net().String()
		case "language":
			length := 4
			d.MaybeScanArgs(t, "length", &length)
			l, err := tree.Language(length, 1000)
			if err != nil {
				return "error: " + err.Error() + "\n"
			}
			return text(l)
		case "difference":
			trace, differ, err := Difference(tree, parsed[1], 1000)
			if err != nil {
				return "error: " + err.Error() + "\n"
			}
			return fmt.Sprintf("%v %q\n", differ, trace)
		}
		return "error: no directive " + d.Cmd + "\n"
	})
}

func TestNotationReadsBack(t *testing.T) {
	labels := []string{"a", "it's", `back\slash`, "two\nlines\t\r", "->( 'x' )", "tau", "Überprüfung"}
	rapid.Check(t, func(t *rapid.T) {
		tree := treesOf(labels, 3).Draw(t, "tree")
		back, err := Parse(tree.String())
		if err != nil || !back.Equal(tree) {
			t.Fatalf("%s reads back as %v, %v", tree, back, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"tau", "->( 'a', X( 'b', tau ), *( 'c', tau ), +( 'd', 'e' ) )", "PO=(nodes={ 'a', tau, 'a' }, order={ #1-->#2, 'a'-->tau })", "PO=(nodes={ 'a', X( 'b c', tau ), 'b c' }, order={ a-->b c, a-->X('b c', tau) })", "X('a'", `"a\`, "*('a')", strings.Repeat("+(", 2000)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tree, err := Parse(text)
		if err != nil {
			return
		}
		if err := tree.Validate(); err != nil {
			t.Fatal(err)
		}
		back, err := Parse(tree.String())
		if err != nil || !back.Equal(tree) {
			t.Fatalf("%s reads back as %v, %v", tree, back, err)
		}
	})
}

// The normal form has the language of the tree, and is its own normal form.
func TestReduceKeepsTheLanguage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tree := trees().Draw(t, "tree")
		before := tree.String()
		r := Reduce(tree)
		if tree.String() != before {
			t.Fatalf("%s became %s", before, tree)
		}
		if err := r.Validate(); err != nil {
			t.Fatalf("%s reduces to %s: %v", tree, r, err)
		}
		if again := Reduce(r); !again.Equal(r) {
			t.Fatalf("%s reduces to %s, and that to %s", tree, r, again)
		}
		most := tree.Size() + 1
		if tree.HasPartial() {
			most *= 2 // what was pairs may be nodes
		}
		if r.Size() > most || r.Nullable() != tree.Nullable() {
			t.Fatalf("%s reduces to %s", tree, r)
		}
		if want, got := text(short(t, tree)), text(short(t, r)); want != got {
			t.Fatalf("%s reduces to %s\nwant\n%sgot\n%s", tree, r, want, got)
		}
		if trace, differ, err := Difference(tree, r, 20000); differ || err != nil {
			t.Fatalf("%s reduces to %s: %q, %v", tree, r, trace, err)
		}
	})
}

// Swapping children of × and ∧ does not change the normal form.
func TestReduceIgnoresOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tree := trees().Draw(t, "tree")
		want := Reduce(tree)
		tree.Walk(func(n *Tree) {
			if n.Op == Choice || n.Op == Parallel {
				slices.Reverse(n.Children)
			}
		})
		if got := Reduce(tree); !got.Equal(want) {
			t.Fatalf("%s reduces to %s, want %s", tree, got, want)
		}
	})
}

// An Acceptor accepts the language and nothing else.
func TestAcceptorAcceptsTheLanguage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tree := trees().Draw(t, "tree")
		language := map[string]bool{}
		for _, trace := range short(t, tree) {
			language[strings.Join(trace, " ")] = true
		}
		a := NewAcceptor(tree)
		for _, trace := range everyTrace([]string{"a", "b", "c", "d"}, 4) {
			got, err := a.Accepts(trace)
			if want := language[strings.Join(trace, " ")]; err != nil || got != want {
				t.Fatalf("%s, %q: accepted %v, want %v, %v", tree, trace, got, want, err)
			}
		}
		if got, _ := a.Accepts([]string{"unknown"}); got {
			t.Fatal("an activity that is not in the tree was accepted")
		}
	})
}

func everyTrace(labels []string, length int) [][]string {
	out := [][]string{nil}
	for from := 0; length > 0; length-- {
		to := len(out)
		for _, t := range out[from:to] {
			for _, l := range labels {
				out = append(out, append(slices.Clone(t), l))
			}
		}
		from = to
	}
	return out
}

func TestDifferenceIsThatOfTheLanguages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := trees().Draw(t, "a"), trees().Draw(t, "b")
		want := ""
		la, lb := short(t, a), short(t, b)
		for _, trace := range everyTrace([]string{"a", "b", "c", "d"}, 4) {
			is := func(o []string) bool { return slices.Equal(o, trace) }
			if slices.ContainsFunc(la, is) != slices.ContainsFunc(lb, is) {
				want = fmt.Sprintf("%q", trace)
				break
			}
		}
		trace, differ, err := Difference(a, b, 20000)
		if err != nil {
			t.Skip(err)
		}
		if got := fmt.Sprintf("%q", trace); want != "" && got != want || differ && want == "" && len(trace) <= 4 {
			t.Fatalf("%s and %s differ in %s, want %s", a, b, got, want)
		}
	})
}

// The net of a tree has the tree's language, is a workflow net, and has no
// more silent transitions than said.
func TestNetHasTheLanguage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tree := trees().Draw(t, "tree")
		n := tree.Net()
		if err := n.Validate(); err != nil {
			t.Fatal(err)
		}
		silent := 0
		tree.Walk(func(x *Tree) {
			switch x.Op {
			case Tau:
				silent++
			case Parallel, Loop:
				silent += 2
			case Partial:
				silent += silentOf(x)
			}
		})
		if n.SilentTransitions() != silent {
			t.Fatalf("%d silent transitions, want %d in\n%s", n.SilentTransitions(), silent, n)
		}
		want := map[string]bool{}
		for _, trace := range short(t, tree) {
			want[strings.Join(trace, " ")] = true
		}
		// The slow way: every marking after every trace.
		got := map[string]bool{}
		type state struct{ marking, trace string }
		seen := map[state]bool{}
		var visit func(m []int32, trace []string)
		visit = func(m []int32, trace []string) {
			s := state{fmt.Sprint(m), strings.Join(trace, " ")}
			if seen[s] {
				return
			}
			if seen[s] = true; len(seen) > 100_000 {
				t.Skip("too many states for a slow judge")
			}
			if slices.Equal(m, n.Final) {
				got[s.trace] = true
			}
			for i := range n.Transitions {
				if !n.Enabled(m, i) {
					continue
				}
				next := slices.Clone(m)
				n.Fire(next, i)
				longer := trace
				if !n.Transitions[i].Silent() {
					if len(trace) == 4 {
						continue
					}
					longer = append(slices.Clone(trace), n.Transitions[i].Label)
				}
				visit(next, longer)
			}
		}
		visit(n.Initial, nil)
		for trace := range want {
			if !got[trace] {
				t.Fatalf("%s: the net does not do %q\n%s", tree, trace, n)
			}
		}
		for trace := range got {
			if !want[trace] {
				t.Fatalf("%s: the net does %q\n%s", tree, trace, n)
			}
		}
	})
}

func TestValidate(t *testing.T) {
	for want, tree := range map[string]*Tree{
		"a leaf has children":                            {Op: Tau, Children: []*Tree{Skip()}},
		"an activity has no name":                        Of(Sequence, Do("")),
		`"x" is the label of a node that is no activity`: {Op: Choice, Label: "x"},
		"a loop has two children":                        Of(Loop, Skip()),
		"-> has no children":                             Of(Sequence),
		"9 is no operator":                               Of(9),
		"PO has no children":                             Of(Partial),
		"a node that is no partial order has an order":   {Op: Sequence, Children: []*Tree{Skip(), Skip()}, Order: []Pair{{0, 1}}},
		"2 nodes relates number 1 to number 3":           PartialOrder([]Pair{{0, 2}}, Skip(), Skip()),
		"'b' comes before itself":                        Of(Loop, Skip(), PartialOrder([]Pair{{1, 2}, {2, 1}}, Do("a"), Do("b"), Do("c"))),
	} {
		if err := tree.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
