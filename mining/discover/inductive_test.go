package discover

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"millrace/eventlog"
	"millrace/mining/tree"
)

func TestInductive(t *testing.T) {
	datadriven.RunTest(t, "testdata/inductive", func(t *testing.T, d *datadriven.TestData) string {
		s, err := eventlog.ParseSummary(d.Input)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		o := InductiveOptions{Variant: Variant(d.Cmd)}
		d.MaybeScanArgs(t, "noise", &o.Noise)
		got, err := Inductive(t.Context(), s, o)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		return got.String() + "\n"
	})
}

type failer interface {
	Helper()
	Fatalf(string, ...any)
}

// fits fails unless every variant of a log is in the language of its tree.
func fits(t failer, s *eventlog.Summary, o InductiveOptions) *tree.Tree {
	t.Helper()
	m, err := Inductive(context.Background(), s, o)
	if err != nil {
		t.Fatalf("%v", err)
	}
	a := tree.NewAcceptor(m)
	for i := range s.Variants {
		path := labels(s, s.Variants[i].Path)
		if ok, err := a.Accepts(path); !ok || err != nil {
			t.Fatalf("%q is not in the language of %s, %v", path, m, err)
		}
	}
	return m
}

func labels(s *eventlog.Summary, path []eventlog.Activity) []string {
	out := make([]string, len(path))
	for i, a := range path {
		out[i] = s.Activities[a]
	}
	return out
}

// logs draws logs of a few activities.
func logs() *rapid.Generator[*eventlog.Summary] {
	return rapid.Custom(func(t *rapid.T) *eventlog.Summary {
		var text strings.Builder
		for range rapid.IntRange(0, 8).Draw(t, "variants") {
			path := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f"}), 0, 7).Draw(t, "path")
			fmt.Fprintf(&text, "%d: %s\n", rapid.IntRange(1, 20).Draw(t, "cases"), strings.Join(path, " "))
		}
		s, err := eventlog.ParseSummary(text.String())
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

// IM's tree has every case of the log, each activity once, and is in normal form.
func TestIMFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := logs().Draw(t, "log")
		m := fits(t, s, InductiveOptions{})
		if got := fits(t, s, InductiveOptions{Variant: IMf}); !got.Equal(m) {
			t.Fatalf("IMf without noise is %s, IM %s", got, m)
		}
		checkTree(t, s, m)
	})
}

func checkTree(t *rapid.T, s *eventlog.Summary, m *tree.Tree) {
	leaves := 0
	m.Walk(func(n *tree.Tree) {
		if n.Op == tree.Activity {
			leaves++
		}
	})
	if err := m.Validate(); err != nil || leaves != len(m.Activities()) || !tree.Reduce(m).Equal(m) {
		t.Fatalf("%s: %v, or an activity twice, or not reduced", m, err)
	}
	if !slices.Equal(m.Activities(), s.Activities) {
		t.Fatalf("%s has not the activities %q", m, s.Activities)
	}
}

// IMf and IMd keep the activities too. (Of IMf: those of the variants that are left.)
func TestOthersAreTrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := logs().Draw(t, "log")
		m, err := Inductive(context.Background(), s, InductiveOptions{Variant: IMd})
		if err != nil {
			t.Fatal(err)
		}
		checkTree(t, s, m)
		noise := rapid.Float64Range(0, 1).Draw(t, "noise")
		m, err = Inductive(context.Background(), s, InductiveOptions{Variant: IMf, Noise: noise})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Validate(); err != nil || !tree.Reduce(m).Equal(m) {
			t.Fatalf("%s: %v, or not reduced", m, err)
		}
	})
}

// A log that has all traces of a tree, up to a length, gives the tree back
// (rediscoverability, theorem 14 of the paper): each activity once, no tau, no
// activity that both starts and ends what a loop does.
func TestInductiveRediscovers(t *testing.T) {
	rediscovered := 0
	rapid.Check(t, func(t *rapid.T) {
		next := 0
		want := tree.Reduce(distinct(3, &next).Draw(t, "tree"))
		if next > 6 || longest(want) > 8 || !rediscoverable(want) {
			t.Skip("not a tree of the theorem, or too large for a slow judge")
		}
		language, err := want.Language(8, 4000)
		if err != nil {
			t.Skip(err)
		}
		var text strings.Builder
		for _, trace := range language {
			fmt.Fprintf(&text, "1: %s\n", strings.Join(trace, " "))
		}
		s, err := eventlog.ParseSummary(text.String())
		if err != nil {
			t.Fatal(err)
		}
		rediscovered++
		for _, v := range []Variant{IM, IMd} {
			got, err := Inductive(context.Background(), s, InductiveOptions{Variant: v})
			if err != nil {
				t.Fatal(err)
			}
			if trace, differ, err := tree.Difference(got, want, 100_000); differ || err != nil {
				t.Fatalf("%s: of %s came %s: %q, %v", v, want, got, trace, err)
			}
		}
	})
	if rediscovered < 20 {
		t.Errorf("only %d trees were mined", rediscovered)
	}
}

// distinct draws trees in which every activity occurs once and none is tau.
func distinct(depth int, next *int) *rapid.Generator[*tree.Tree] {
	return rapid.Custom(func(t *rapid.T) *tree.Tree {
		op := tree.Operator(rapid.IntRange(1, 5).Draw(t, "op"))
		if depth == 0 || op == tree.Activity {
			*next++
			return tree.Do(string(rune('a' + *next - 1)))
		}
		n := tree.Of(op)
		for range 2 {
			n.Children = append(n.Children, distinct(depth-1, next).Draw(t, "child"))
		}
		return n
	})
}

// longest is the length of the longest trace that takes no way back twice: a
// log of all such traces has all steps of the tree.
func longest(t *tree.Tree) (n int) {
	for i, c := range t.Children {
		switch l := longest(c); {
		case t.Op == tree.Choice:
			n = max(n, l)
		case t.Op == tree.Loop && i == 0:
			n += 2 * l
		default:
			n += l
		}
	}
	if t.Op == tree.Activity {
		return 1
	}
	return n
}

// rediscoverable says whether no activity both starts and ends what a loop does.
func rediscoverable(t *tree.Tree) bool {
	ok := true
	t.Walk(func(n *tree.Tree) {
		if n.Op == tree.Loop {
			starts, ends := ends(n.Children[0])
			for a := range starts {
				ok = ok && !ends[a]
			}
		}
	})
	return ok
}

// ends returns what traces of a tree start and end with; no part is nullable.
func ends(t *tree.Tree) (first, last map[string]bool) {
	first, last = map[string]bool{}, map[string]bool{}
	if t.Op == tree.Activity {
		return map[string]bool{t.Label: true}, map[string]bool{t.Label: true}
	}
	for i, c := range t.Children {
		f, l := ends(c)
		for a := range f {
			if t.Op == tree.Choice || t.Op == tree.Parallel || i == 0 {
				first[a] = true
			}
		}
		for a := range l {
			if t.Op == tree.Choice || t.Op == tree.Parallel || t.Op == tree.Loop && i == 0 || t.Op == tree.Sequence && i == len(t.Children)-1 {
				last[a] = true
			}
		}
	}
	return first, last
}

// A cut is what the paper's definitions say, and if there is one of two groups
// by the definitions of choice, parallel and loop, a cut is found: a parallel one if no
// component lacks a start or an end, and so nothing has to be put together.
func TestCutsAreThoseDefined(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLog(logs().Draw(t, "log"))
		if len(l.names) < 2 {
			t.Skip("nothing to cut")
		}
		g := l.graph(noActivity)
		reach := slowClosure(g)
		c := g.cut()
		if c != nil {
			seen := make([]int, g.n)
			for _, group := range c.groups {
				if len(group) == 0 {
					t.Fatalf("an empty group in %v", c)
				}
				for _, a := range group {
					seen[a]++
				}
			}
			if slices.ContainsFunc(seen, func(n int) bool { return n != 1 }) || !defined(g, reach, c) {
				t.Fatalf("%v is no cut of %v, start %v, end %v", c, g.count, g.start, g.end)
			}
			return
		}
		whole := true
		for _, group := range components(g.nodes(), func(a, b int) bool { return !g.edge(a, b) || !g.edge(b, a) }) {
			whole = whole && slices.ContainsFunc(group, func(a int) bool { return g.start[a] > 0 }) && slices.ContainsFunc(group, func(a int) bool { return g.end[a] > 0 })
		}
		for set := 1; set < 1<<g.n-1; set++ {
			var one, two []int
			for a := range g.n {
				if set>>a&1 == 1 {
					one = append(one, a)
				} else {
					two = append(two, a)
				}
			}
			for _, op := range []tree.Operator{tree.Choice, tree.Parallel, tree.Loop} {
				if c := (&cut{op: op, groups: [][]int{one, two}}); (whole || op != tree.Parallel) && defined(g, reach, c) {
					t.Fatalf("%v was not found in %v, start %v, end %v", c, g.count, g.start, g.end)
				}
			}
		}
	})
}

func slowClosure(g *graph) [][]bool {
	reach := make([][]bool, g.n)
	for a := range reach {
		reach[a] = make([]bool, g.n)
		var visit func(int)
		visit = func(b int) {
			for c := range g.n {
				if g.edge(b, c) && !reach[a][c] {
					reach[a][c] = true
					visit(c)
				}
			}
		}
		visit(a)
	}
	return reach
}

// defined says whether a cut is one by definition 4 of the paper.
func defined(g *graph, reach [][]bool, c *cut) bool {
	start := func(a int) bool { return g.start[a] > 0 }
	end := func(a int) bool { return g.end[a] > 0 }
	if c.op == tree.Loop {
		do, redo := c.groups[0], c.groups[1]
		in := func(group []int, is func(int) bool) (out []int) {
			for _, a := range group {
				if is(a) {
					out = append(out, a)
				}
			}
			return out
		}
		if len(in(redo, start))+len(in(redo, end)) > 0 {
			return false
		}
		for _, r := range redo {
			from, to := 0, 0
			for _, d := range do {
				if g.edge(d, r) {
					if !end(d) {
						return false
					}
					from++
				}
				if g.edge(r, d) {
					if !start(d) {
						return false
					}
					to++
				}
			}
			if from > 0 && from != len(in(do, end)) || to > 0 && to != len(in(do, start)) {
				return false
			}
		}
		return true
	}
	for i, x := range c.groups {
		if c.op == tree.Parallel && (!slices.ContainsFunc(x, start) || !slices.ContainsFunc(x, end)) {
			return false
		}
		for j, y := range c.groups {
			for _, a := range x {
				for _, b := range y {
					switch {
					case i == j:
					case c.op == tree.Choice && g.edge(a, b),
						c.op == tree.Parallel && !g.edge(a, b),
						c.op == tree.Sequence && i < j && (!reach[a][b] || reach[b][a]):
						return false
					}
				}
			}
		}
	}
	return true
}

// What is left of a graph without noise is what the options say, edge by edge.
func TestWithoutNoise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLog(logs().Draw(t, "log"))
		if len(l.names) == 0 {
			t.Skip("no activities")
		}
		g := l.graph(noActivity)
		noise := rapid.SampledFrom([]float64{0, .25, .5, 1}).Draw(t, "noise") // with ties
		f := g.without(noise)
		for a := range g.n {
			first, most := int64(0), g.end[a]
			for b := range g.n {
				first, most = max(first, g.start[b]), max(most, g.count[a*g.n+b])
			}
			if want := g.start[a] > 0 && float64(g.start[a]) >= noise*float64(first); f.start[a] > 0 != want || f.end[a] != g.end[a] {
				t.Fatalf("start %d of %v at %v: kept %v, want %v", a, g.start, noise, f.start[a] > 0, want)
			}
			for b := range g.n {
				n := g.count[a*g.n+b]
				if want := n > 0 && (n == most || float64(n) > noise*float64(most)); f.edge(a, b) != want {
					t.Fatalf("edge %d, most %d at %v: kept %v, want %v", n, most, noise, f.edge(a, b), want)
				}
			}
		}
	})
}

func TestInductiveRefuses(t *testing.T) {
	s, err := eventlog.ParseSummary("1: a b")
	if err != nil {
		t.Fatal(err)
	}
	nameless := &eventlog.Summary{Activities: []string{""}, Variants: []eventlog.Variant{{Path: []eventlog.Activity{0}, Cases: 1}}}
	many := &eventlog.Summary{Activities: make([]string, MaxActivities+1)}
	for want, c := range map[string]struct {
		s *eventlog.Summary
		o InductiveOptions
	}{
		"noise is a share from 0 to 1, not 2":                                                                  {s, InductiveOptions{Variant: IMf, Noise: 2}},
		`noise is for the variant "imf"; "im" leaves nothing out`:                                              {s, InductiveOptions{Noise: .2}},
		`"ilp" is no variant of the inductive miner; there are ["im" "imf" "imd"]`:                             {s, InductiveOptions{Variant: "ilp"}},
		"an activity of the log has no name, which in a model is what nobody sees; give it one":                {nameless, InductiveOptions{}},
		"the log has 4097 activities, more than the 4096 a model can be mined of; keep the most frequent ones": {many, InductiveOptions{}},
	} {
		if _, err := Inductive(t.Context(), c.s, c.o); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, v := range Variants {
		if _, err := Inductive(cancelled, s, InductiveOptions{Variant: v}); err != context.Canceled {
			t.Errorf("%s: got %v", v, err)
		}
	}
}

// large makes a log the size of BPI Challenge 2012: 24 activities, 4,366
// variants, 13,087 cases and some 260,000 events, of a process with noise.
func large(t testing.TB) *eventlog.Summary {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	var text strings.Builder
	seen := map[string]bool{}
	events := 0
	for len(seen) < 4366 {
		path := []string{"a00", "a01"}
		for range 3 + r.IntN(12) {
			for k := r.IntN(4); k >= 0; k-- {
				path = append(path, fmt.Sprintf("a%02d", 2+r.IntN(21)))
			}
		}
		path = append(path, "a23")
		line := strings.Join(path, " ")
		if seen[line] {
			continue
		}
		seen[line] = true
		cases := 1
		if len(seen) < 90 {
			cases = 100
		}
		events += cases * len(path)
		fmt.Fprintf(&text, "%d: %s\n", cases, line)
	}
	s, err := eventlog.ParseSummary(text.String())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func BenchmarkInductive(b *testing.B) {
	s := large(b)
	b.Logf("%d cases, %d events, %d variants", s.Cases, s.Events, len(s.Variants))
	for _, o := range []InductiveOptions{{Variant: IM}, {Variant: IMf, Noise: .2}, {Variant: IMd}} {
		b.Run(string(o.Variant), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Inductive(context.Background(), s, o); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// On a log of BPI Challenge 2012's size, too, every case fits.
func TestIMFitsALargeLog(t *testing.T) {
	fits(t, large(t), InductiveOptions{})
}
