package conform

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"millrace/eventlog"
	"millrace/mining/discover"
	"millrace/mining/petri"
	"millrace/mining/tree"
)

type failer interface {
	Helper()
	Fatalf(string, ...any)
}

// checkAlignment holds an alignment against what it promises: its moves go
// through the trace and from the initial to the final marking, and cost what
// is said.
func checkAlignment(t failer, a *Alignments, i int) {
	t.Helper()
	v, x := &a.Summary.Variants[i], &a.Variants[i]
	m := a.Net.Initial.Clone()
	event, cost := 0, int64(0)
	for k, move := range x.Moves {
		if move.Event >= 0 {
			if int(move.Event) != event {
				t.Fatalf("variant %d: move %d is of event %d, not %d", i, k, move.Event, event)
			}
			event++
		}
		label := ""
		if move.Transition >= 0 {
			if !a.Net.Enabled(m, int(move.Transition)) {
				t.Fatalf("variant %d: move %d: transition %d is not enabled in %v\n%v\n%s", i, k, move.Transition, m, x.Moves, a.Net)
			}
			a.Net.Fire(m, int(move.Transition))
			label = a.Net.Transitions[move.Transition].Label
		}
		switch {
		case move.Event >= 0 && move.Transition >= 0:
			if name := a.Summary.Activities[v.Path[move.Event]]; name != label {
				t.Fatalf("variant %d: move %d is %q in the log and %q in the model", i, k, name, label)
			}
		case move.Event >= 0 || label != "":
			cost++
		}
	}
	ends := m.Equal(a.Net.Final)
	if a.Prefix {
		ends = canEnd(a.Net, m)
		if n := len(x.Moves); n > 0 && x.Moves[n-1].Event < 0 {
			t.Fatalf("variant %d: move %d is behind the last event", i, n-1)
		}
	}
	if event != len(v.Path) || !ends {
		t.Fatalf("variant %d: %d of %d events, marking %v at the end", i, event, len(v.Path), m)
	}
	if cost != x.Cost || x.Least > x.Cost || x.Least < 0 {
		t.Fatalf("variant %d: the moves cost %d, said to be %d, at least %d", i, cost, x.Cost, x.Least)
	}
}

// shortest is the cost of the cheapest alignment by Dijkstra's algorithm in its
// plainest form, or -1: the next state is looked for among all.
func shortest(n *petri.Net, trace []string, visible, silent int) int {
	return shortestTo(n, trace, visible, silent, func(m petri.Marking) bool { return m.Equal(n.Final) })
}

// shortestTo is the same for an end that goal knows.
func shortestTo(n *petri.Net, trace []string, visible, silent int, goal func(petri.Marking) bool) int {
	type state struct {
		marking string
		done    int
	}
	key := func(m petri.Marking) string { return fmt.Sprint([]int32(m)) }
	markings := map[string]petri.Marking{key(n.Initial): n.Initial}
	open := map[state]int{{key(n.Initial), 0}: 0}
	closed := map[state]bool{}
	for len(open) > 0 {
		var at state
		cost := -1
		for s, c := range open {
			if cost < 0 || c < cost {
				at, cost = s, c
			}
		}
		delete(open, at)
		closed[at] = true
		m := markings[at.marking]
		if at.done == len(trace) && goal(m) {
			return cost
		}
		reach := func(s state, c int) {
			if old, ok := open[s]; !closed[s] && (!ok || c < old) {
				open[s] = c
			}
		}
		if at.done < len(trace) {
			reach(state{at.marking, at.done + 1}, cost+visible)
		}
		for t := range n.Transitions {
			if !n.Enabled(m, t) {
				continue
			}
			to := m.Clone()
			n.Fire(to, t)
			k := key(to)
			markings[k] = to
			label := n.Transitions[t].Label
			if label == "" {
				reach(state{k, at.done}, cost+silent)
				continue
			}
			reach(state{k, at.done}, cost+visible)
			if at.done < len(trace) && trace[at.done] == label {
				reach(state{k, at.done + 1}, cost)
			}
		}
	}
	return -1
}

// trees draws trees; with apart, no label is in a tree twice.
func trees(apart bool) *rapid.Generator[*tree.Tree] {
	return rapid.Custom(func(t *rapid.T) *tree.Tree {
		labels := []string{"a", "b", "c", "d", "e", "f", "g"}
		used := 0
		var draw func(depth int) *tree.Tree
		draw = func(depth int) *tree.Tree {
			op := tree.Operator(rapid.IntRange(0, 9).Draw(t, "operator"))
			if depth == 0 || op <= tree.Activity || op > tree.Loop {
				switch {
				case op == tree.Tau, apart && used == len(labels):
					return tree.Skip()
				case apart:
					used++
					return tree.Do(labels[used-1])
				}
				return tree.Do(rapid.SampledFrom(labels[:4]).Draw(t, "label"))
			}
			children := 2
			if op != tree.Loop {
				children = rapid.IntRange(1, 3).Draw(t, "children")
			}
			n := tree.Of(op)
			for range children {
				n.Children = append(n.Children, draw(depth-1))
			}
			return n
		}
		return tree.Of(rapid.SampledFrom([]tree.Operator{tree.Parallel, tree.Sequence, tree.Choice}).Draw(t, "root"), draw(3), draw(3))
	})
}

// nets draws nets that reach their final marking and have few markings: those
// of trees, and such with transitions that no tree has.
func nets() *rapid.Generator[*petri.Net] {
	return rapid.Custom(func(t *rapid.T) *petri.Net {
		n := trees(rapid.Bool().Draw(t, "apart")).Draw(t, "tree").Net()
		for range rapid.IntRange(0, 2).Draw(t, "more") {
			places := rapid.SliceOfN(rapid.IntRange(0, len(n.Places)-1), 1, 3)
			label := rapid.SampledFrom([]string{"", "a", "h"}).Draw(t, "label")
			n.AddTransition(label, places.Draw(t, "from"), places.Draw(t, "to"))
		}
		s := newSearch(n, make([]int32, len(n.Transitions)), 1000)
		for i := 0; i < len(s.markings); i++ {
			s.firings(int32(i))
			if len(s.markings) > 150 {
				t.Skip("many markings")
			}
		}
		return n
	})
}

func traces() *rapid.Generator[[]string] {
	return rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "g", "h", "z"}), 0, 9)
}

func logOf(t failer, traces ...[]string) *eventlog.Summary {
	t.Helper()
	var text strings.Builder
	for _, trace := range traces {
		fmt.Fprintf(&text, "1: %s\n", strings.Join(trace, " "))
	}
	s, err := eventlog.ParseSummary(text.String())
	if err != nil {
		t.Fatalf("%v", err)
	}
	return s
}

// The cost of an alignment is that of a shortest path, found plainly.
func TestAlignmentsAreShortestPaths(t *testing.T) {
	folded, searched := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		n, trace := nets().Draw(t, "net"), traces().Draw(t, "trace")
		a, err := Align(t.Context(), logOf(t, trace), n, Options{})
		if err != nil {
			t.Fatalf("%v\n%s", err, n)
		}
		checkAlignment(t, a, 0)
		x := &a.Variants[0]
		if want := shortest(n, trace, 1, 0); x.Cost != int64(want) || !x.Optimal() {
			t.Fatalf("cost %d, at least %d, not %d\n%v\n%s", x.Cost, x.Least, want, x.Moves, n)
		}
		if want := shortest(n, nil, 1, 0); a.Shortest != int64(want) {
			t.Fatalf("a shortest run has %d moves, not %d\n%s", a.Shortest, want, n)
		}
		labels, byName := number(n)
		if fold(n, labels, len(byName)) != nil {
			folded++
		} else {
			searched++
		}
	})
	if folded == 0 || searched == 0 {
		t.Errorf("%d nets were folded, %d searched", folded, searched)
	}
}

// The net of a tree with no label twice is folded, and alignments with it are
// those of the search; a cost of 0 is a trace of the language.
func TestTreesAreFolded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := trees(true).Draw(t, "tree")
		n := m.Net()
		labels, byName := number(n)
		if fold(n, labels, len(byName)) == nil {
			t.Fatalf("%s is not folded", m)
		}
		trace := traces().Draw(t, "trace")
		a, err := Align(t.Context(), logOf(t, trace), n, Options{})
		if err != nil {
			t.Fatal(err)
		}
		checkAlignment(t, a, 0)
		var letters []int32
		for _, x := range trace {
			if l, ok := byName[x]; ok {
				letters = append(letters, l)
			} else {
				letters = append(letters, -1)
			}
		}
		f := newSearch(n, labels, DefaultStates).align(0, letters, func() bool { return false })
		if x := &a.Variants[0]; x.Cost != int64(f.cost) {
			t.Fatalf("%s: cost %d, %d by search", m, x.Cost, f.cost)
		}
		fits, err := tree.NewAcceptor(m).Accepts(trace)
		if err != nil {
			t.Fatal(err)
		}
		if fits != (a.Variants[0].Cost == 0) {
			t.Fatalf("%s: cost %d, in the language: %v", m, a.Variants[0].Cost, fits)
		}
	})
}

// What does not get ready has bounds, and they are true.
func TestAlignmentsWithinBounds(t *testing.T) {
	early, cancel := context.WithCancel(t.Context())
	cancel()
	within, optimal := 0, 0
	one := func(t *rapid.T) {
		n, trace := nets().Draw(t, "net"), traces().Draw(t, "trace")
		want := int64(shortest(n, trace, 1, 0))
		states := rapid.IntRange(3, 30).Draw(t, "states")
		for _, o := range []Options{{Until: early}, {States: states}} {
			a, err := Align(t.Context(), logOf(t, trace), n, o)
			if err != nil && o.States > 0 && errors.Is(err, ErrNoRun) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			checkAlignment(t, a, 0)
			if x := &a.Variants[0]; x.Least > want || x.Cost < want {
				t.Fatalf("between %d and %d, but it is %d", x.Least, x.Cost, want)
			} else if o.States == 0 {
				continue
			} else if x.Optimal() {
				optimal++
			} else {
				within++
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		for range 10 { // of a hundred, most are optimal
			one(t)
		}
	})
	if within == 0 || optimal == 0 {
		t.Errorf("%d within bounds, %d optimal", within, optimal)
	}
}

// After the time limit a run is looked for briefly: here is none, among 3^10 markings.
func TestNoRunInTime(t *testing.T) {
	var n petri.Net
	source, sink, shared, never := n.AddPlace("source"), n.AddPlace("sink"), n.AddPlace("shared"), n.AddPlace("never")
	begin, end := []int{shared}, []int{shared, never}
	for range 10 {
		p, q, r := n.AddPlace("p"), n.AddPlace("q"), n.AddPlace("r")
		n.AddTransition("step", []int{p, shared}, []int{q, shared})
		n.AddTransition("step", []int{q, shared}, []int{r, shared})
		begin, end = append(begin, p), append(end, r)
	}
	n.AddTransition("", []int{source}, begin)
	n.AddTransition("", []int{shared}, []int{shared, never, never}) // so that no price is infinite
	n.AddTransition("", append(end, never, never), []int{sink, sink})
	n.Mark([]int{source}, []int{sink})
	late, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Align(t.Context(), logOf(t, []string{"step"}), &n, Options{Until: late})
	if !errors.Is(err, ErrNoRun) {
		t.Fatalf("a net without a run: %v", err)
	}
	var markings int
	if _, err := fmt.Sscanf(strings.TrimPrefix(err.Error(), ErrNoRun.Error()), " among the first %d markings", &markings); err != nil || markings > 3*mostToEnd { // the search that is over before it begins looks at 1,024, and puts down where they lead
		t.Errorf("%d markings, %v", markings, err)
	}
}

// A trace that is too long for the recurrence and for the search fits nevertheless
// if it does.
func TestAlignLongTraceThatFits(t *testing.T) {
	letters := strings.Split("abcdefghij", "")
	trace := []string{"n"}
	for i := range mostEvents + 500 {
		trace = append(trace, letters[i*i%7], letters[i%10])
	}
	s := logOf(t, trace)
	model, err := discover.Inductive(t.Context(), s, discover.InductiveOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, prefix := range []bool{false, true} {
		a, err := Align(t.Context(), s, model.Net(), Options{States: 1000, Prefix: prefix})
		if err != nil {
			t.Fatal(err)
		}
		checkAlignment(t, a, 0)
		if x := &a.Variants[0]; x.Cost != 0 {
			t.Errorf("prefix %v: costs between %d and %d of a model that allows it: %s", prefix, x.Least, x.Cost, model)
		}
	}
}

// Results do not depend on how many work, and work can be cancelled.
func TestAlignAlone(t *testing.T) {
	s, n := large(t, 200)
	one, err := Align(t.Context(), s, n, Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	var told []int64
	many, err := Align(t.Context(), s, n, Options{Workers: 7, Progress: func(done, of int64) { told = append(told, done, of) }})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(one, many) {
		t.Error("seven workers find something else than one")
	}
	h, err := discover.Heuristics(s, discover.HeuristicsOptions{Dependency: .8})
	if err != nil {
		t.Fatal(err)
	}
	searched, err := h.Net(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	few := *s
	few.Variants = s.Variants[:8]
	for i, o := range []Options{{Workers: 1, States: 2_000}, {Workers: 7, States: 2_000}} {
		a, err := Align(t.Context(), &few, searched, o)
		if err != nil {
			t.Fatal(err)
		}
		for k := range a.Variants {
			checkAlignment(t, a, k)
		}
		if i == 0 {
			one = a
		} else if !reflect.DeepEqual(one, a) {
			t.Error("seven workers search something else than one")
		}
	}
	if len(told) != 2*len(s.Variants) || told[len(told)-2] != s.Cases || told[1] != s.Cases {
		t.Errorf("progress ends with %v", told[len(told)-2:])
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Align(ctx, s, n, Options{}); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}

// Deviations add up to the cost, and none is in more cases than there are.
func TestDeviationsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := nets().Draw(t, "net")
		s := logOf(t, rapid.SliceOfN(traces(), 1, 5).Draw(t, "traces")...)
		a, err := Align(t.Context(), s, n, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var moves int64
		all := a.Deviations()
		for i, d := range all {
			moves += d.Moves
			if d.Cases < 1 || d.Cases > s.Cases || d.Moves < d.Cases || i > 0 && d.Cases > all[i-1].Cases {
				t.Fatalf("%+v", all)
			}
		}
		if moves != a.Cost() {
			t.Fatalf("%d moves, but the cost is %d", moves, a.Cost())
		}
		if c := a.Certainty(); c.Optimal != s.Cases || c.Within != 0 {
			t.Fatalf("%+v", c)
		}
	})
}

// The text has a tree and variants; what comes out are alignments, move by
// move: a step in both, + in the log alone, - in the model alone, . silent.
func TestAlign(t *testing.T) {
	datadriven.RunTest(t, "testdata/align", func(t *testing.T, d *datadriven.TestData) string {
		model, log, _ := strings.Cut(d.Input, "\n")
		m, err := tree.Parse(model)
		if err != nil {
			t.Fatal(err)
		}
		s, err := eventlog.ParseSummary(log)
		if err != nil {
			t.Fatal(err)
		}
		n := m.Net()
		a, err := Align(t.Context(), s, n, Options{})
		if err != nil {
			return err.Error() + "\n"
		}
		var out strings.Builder
		for i := range a.Variants {
			checkAlignment(t, a, i)
			v, x := &s.Variants[i], &a.Variants[i]
			fmt.Fprintf(&out, "%d cases, cost %d:", v.Cases, x.Cost)
			for _, move := range x.Moves {
				switch {
				case move.Transition < 0:
					out.WriteString(" +" + s.Activities[v.Path[move.Event]])
				case n.Transitions[move.Transition].Silent():
					out.WriteString(" .")
				case move.Event < 0:
					out.WriteString(" -" + n.Transitions[move.Transition].Label)
				default:
					out.WriteString(" " + n.Transitions[move.Transition].Label)
				}
			}
			out.WriteString("\n")
		}
		fit := a.Fitness()
		p, err := FindPrecision(t.Context(), s, n)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "fitness %.4f of cases, %.4f of the log; %d fit\n", fit.AverageTrace, fit.Log, fit.FittingCases)
		fmt.Fprintf(&out, "precision %.4f: %d of %d escape\n", p.Value, p.Escaping, p.Allowed)
		for _, x := range a.Deviations() {
			fmt.Fprintf(&out, "%s %s: %d cases, %d moves\n", x.Kind, x.Name, x.Cases, x.Moves)
		}
		return out.String()
	})
}
