package conform

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"millrace/eventlog"
	"millrace/mining/discover"
	"millrace/mining/internal/oracletest"
	"millrace/mining/petri"
)

// canEnd says whether a net can come to its final marking from m, looking at
// every marking.
func canEnd(n *petri.Net, m petri.Marking) bool {
	seen := map[string]bool{}
	for todo := []petri.Marking{m}; len(todo) > 0; {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if at.Equal(n.Final) {
			return true
		}
		if key := fmt.Sprint([]int32(at)); !seen[key] {
			seen[key] = true
			for t := range n.Transitions {
				if n.Enabled(at, t) {
					to := at.Clone()
					n.Fire(to, t)
					todo = append(todo, to)
				}
			}
		}
	}
	return false
}

// begins says whether a run of a net begins with a trace, straight from the
// definition: all markings the net can be in, event by event.
func begins(n *petri.Net, trace []string) bool {
	at := map[string]petri.Marking{fmt.Sprint([]int32(n.Initial)): n.Initial}
	step := func(from petri.Marking, label string, to map[string]petri.Marking) (more bool) {
		for t := range n.Transitions {
			if n.Transitions[t].Label == label && n.Enabled(from, t) {
				m := from.Clone()
				n.Fire(m, t)
				if key := fmt.Sprint([]int32(m)); to[key] == nil {
					to[key], more = m, true
				}
			}
		}
		return more
	}
	silently := func() {
		for more := true; more; {
			more = false
			for _, m := range at {
				more = step(m, "", at) || more
			}
		}
	}
	for _, label := range trace {
		silently()
		next := map[string]petri.Marking{}
		for _, m := range at {
			step(m, label, next)
		}
		at = next
	}
	for _, m := range at {
		if canEnd(n, m) {
			return true
		}
	}
	return false
}

// netsWithTraps draws nets, some of which can go where there is no end.
func netsWithTraps() *rapid.Generator[*petri.Net] {
	return rapid.Custom(func(t *rapid.T) *petri.Net {
		n := nets().Draw(t, "net")
		for range rapid.IntRange(0, 3).Draw(t, "traps") {
			label := rapid.SampledFrom([]string{"", "a", "b", "h"}).Draw(t, "label")
			from := rapid.IntRange(0, len(n.Places)-1).Draw(t, "from")
			trap := n.AddPlace("trap")
			n.AddTransition(label, []int{from}, []int{trap})
			n.AddTransition("c", []int{trap}, []int{trap})
			if rapid.Bool().Draw(t, "locked") { // a way out that needs what never comes: no wall shows that
				key := n.AddPlace("key")
				n.AddTransition("d", []int{trap, key}, []int{from, key})
			}
		}
		return n
	})
}

// tracesNear draws traces, most of which begin as the net does.
func tracesNear(n *petri.Net) *rapid.Generator[[]string] {
	return rapid.Custom(func(t *rapid.T) []string {
		if rapid.IntRange(0, 3).Draw(t, "any") == 0 {
			return traces().Draw(t, "trace")
		}
		var trace []string
		m := n.Initial.Clone()
		for range rapid.IntRange(0, 12).Draw(t, "steps") {
			var enabled []int
			for i := range n.Transitions {
				if n.Enabled(m, i) {
					enabled = append(enabled, i)
				}
			}
			if len(enabled) == 0 {
				break
			}
			i := rapid.SampledFrom(enabled).Draw(t, "step")
			n.Fire(m, i)
			if label := n.Transitions[i].Label; label != "" && rapid.IntRange(0, 9).Draw(t, "lost") > 0 {
				trace = append(trace, label)
			}
		}
		return trace
	})
}

// The cost of aligning a prefix is that of a shortest path to somewhere on a
// run, found plainly; it is 0 exactly if a run begins with the trace, never more
// than that of the whole trace, and one event more never costs less.
func TestPrefixesAreShortestPaths(t *testing.T) {
	folded, searched, astray, beginnings, cheaper := 0, 0, 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		n := netsWithTraps().Draw(t, "net")
		trace := tracesNear(n).Draw(t, "trace")
		s := logOf(t, trace)
		a, err := Align(t.Context(), s, n, Options{Prefix: true})
		if err != nil {
			t.Fatalf("%v\n%s", err, n)
		}
		checkAlignment(t, a, 0)
		x := &a.Variants[0]
		want := shortestTo(n, trace, 1, 0, func(m petri.Marking) bool { return canEnd(n, m) })
		if x.Cost != int64(want) || !x.Optimal() {
			t.Fatalf("cost %d, at least %d, not %d\n%v\n%s", x.Cost, x.Least, want, x.Moves, n)
		}
		begun := begins(n, trace)
		if begun != (x.Cost == 0) {
			t.Fatalf("cost %d, but a run begins so: %v\n%s", x.Cost, begun, n)
		}
		whole, err := Align(t.Context(), s, n, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if x.Cost > whole.Variants[0].Cost {
			t.Fatalf("%d, and only %d for the whole", x.Cost, whole.Variants[0].Cost)
		}
		if f := a.Fitness(); f.Log < 0 || f.Log > 1 || (f.Log == 1) != (x.Cost == 0) {
			t.Fatalf("fitness %v at cost %d", f, x.Cost)
		}
		if len(trace) > 0 {
			less, err := Align(t.Context(), logOf(t, trace[:len(trace)-1]), n, Options{Prefix: true})
			if err != nil {
				t.Fatal(err)
			}
			if before := less.Variants[0].Cost; x.Cost < before || x.Cost > before+1 {
				t.Fatalf("%d, and %d without the last event", x.Cost, before)
			}
		}
		labels, byName := number(n)
		if fold(n, labels, len(byName)) != nil {
			folded++
		} else {
			searched++
		}
		if want > shortestTo(n, trace, 1, 0, func(petri.Marking) bool { return true }) {
			astray++ // a way that costs less leads where there is no end
		}
		if begun && len(trace) > 0 {
			beginnings++
		}
		if x.Cost < whole.Variants[0].Cost {
			cheaper++
		}
	})
	if folded == 0 || searched == 0 || astray == 0 || beginnings == 0 || cheaper == 0 {
		t.Errorf("%d folded, %d searched, %d with ways astray, %d that begin a run, %d cheaper than the whole", folded, searched, astray, beginnings, cheaper)
	}
}

// Nets of trees: what is folded costs what is searched, whatever is under way
// in blocks within blocks.
func TestPrefixesAreFolded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := trees(true).Draw(t, "tree")
		n := m.Net()
		labels, byName := number(n)
		trace := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "g", "z"}), 0, 14).Draw(t, "trace")
		a, err := Align(t.Context(), logOf(t, trace), n, Options{Prefix: true})
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
		s := newSearch(n, labels, DefaultStates)
		s.prefixes()
		if f := s.align(0, letters, never); a.Variants[0].Cost != int64(f.cost) || f.cost != f.least {
			t.Fatalf("%s: cost %d, %d (at least %d) by search", m, a.Variants[0].Cost, f.cost, f.least)
		}
	})
}

// What does not get ready has bounds, and they are true: also where it is not
// known in time whether a marking leads to the end.
func TestPrefixesWithinBounds(t *testing.T) {
	early, cancel := context.WithCancel(t.Context())
	cancel()
	within, optimal := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		n := netsWithTraps().Draw(t, "net")
		trace := tracesNear(n).Draw(t, "trace")
		want := int64(shortestTo(n, trace, 1, 0, func(m petri.Marking) bool { return canEnd(n, m) }))
		for _, o := range []Options{{Until: early, Prefix: true}, {States: rapid.IntRange(1, 30).Draw(t, "states"), Prefix: true}} {
			a, err := Align(t.Context(), logOf(t, trace), n, o)
			if err != nil {
				continue // no shortest run within so few states
			}
			checkAlignment(t, a, 0)
			if x := &a.Variants[0]; x.Least > want || x.Cost < want {
				t.Fatalf("between %d and %d, but it is %d\n%s", x.Least, x.Cost, want, n)
			} else if o.States == 0 {
				continue
			} else if x.Optimal() {
				optimal++
			} else {
				within++
			}
		}
	})
	if within == 0 || optimal == 0 {
		t.Errorf("%d within bounds, %d optimal", within, optimal)
	}
}

// Every beginning of every case of every log costs nothing on the net of IM,
// which has all of them, and on the other nets as little as the search finds.
func TestPrefixesOfTheOraclesLogs(t *testing.T) {
	cut, compared := 0, 0
	for _, o := range oracletest.Logs(t) {
		log := o.ByStart(t)
		half := beginnings(log)
		for _, variant := range inductive {
			n := net(t, o.Name, variant)
			if n == nil {
				continue
			}
			whole, err := Align(t.Context(), half, n, Options{})
			if err != nil {
				t.Fatal(err)
			}
			a, err := Align(t.Context(), half, n, Options{Prefix: true})
			if err != nil {
				t.Fatal(err)
			}
			for i := range a.Variants {
				checkAlignment(t, a, i)
				if a.Variants[i].Cost > whole.Variants[i].Cost {
					t.Errorf("%s %s: variant %d costs %d as a prefix, %d as a whole", o.Name, variant, i, a.Variants[i].Cost, whole.Variants[i].Cost)
				}
			}
			if variant == "IM" && o.Name != "interval_event_log" && a.Cost() != 0 {
				t.Errorf("%s: beginnings of cases cost %d on the net of IM", o.Name, a.Cost())
			}
			if a.Cost() < whole.Cost() {
				cut++
			}
			compared++
		}
	}
	if compared < 45 || cut < 38 {
		t.Errorf("%d nets were compared, %d of them with cases cut short", compared, cut)
	}
}

// beginnings are the variants of a log, each cut in the middle.
func beginnings(log *eventlog.Summary) *eventlog.Summary {
	half := *log
	half.Variants = slices.Clone(log.Variants)
	for i := range half.Variants {
		v := &half.Variants[i]
		v.Path = v.Path[:len(v.Path)/2]
	}
	return &half
}

// A net of the Heuristics Miner that is searched: seven workers find what one does.
func TestPrefixesAlone(t *testing.T) {
	s, _ := large(t, 200)
	h, err := discover.Heuristics(s, discover.HeuristicsOptions{Dependency: .8})
	if err != nil {
		t.Fatal(err)
	}
	n, err := h.Net(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	few := beginnings(s)
	few.Variants = few.Variants[:4]
	var costs [2]float64
	for i, workers := range []int{1, 7} {
		a, err := Align(t.Context(), few, n, Options{Workers: workers, States: 500, Prefix: true})
		if err != nil {
			t.Fatal(err)
		}
		costs[i] = a.Fitness().AverageTrace
		for k := range a.Variants {
			x := &a.Variants[k]
			costs[i] += math.Sqrt(float64(x.Cost)) * float64(x.Least+int64(len(x.Moves)))
		}
	}
	if costs[0] != costs[1] {
		t.Error("seven workers find something else than one")
	}
}

// Where a wall is, no run comes to the end; and most markings without an end have one.
func TestWallsAreRight(t *testing.T) {
	walls, without := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		n := netsWithTraps().Draw(t, "net")
		m := n.Initial.Clone()
		for range rapid.IntRange(0, 6).Draw(t, "steps") {
			if i := rapid.IntRange(0, len(n.Transitions)-1).Draw(t, "step"); n.Enabled(m, i) {
				n.Fire(m, i)
			}
		}
		if rapid.Bool().Draw(t, "another token") {
			m[rapid.IntRange(0, len(m)-1).Draw(t, "place")]++
		}
		ends := canEndSoon(n, m)
		if wall := newWall(n, n.Index().Effects, m, never); wall == nil {
			if !ends {
				without++
			}
		} else if walls++; ends || wall.tokens(n.Final) != 0 {
			t.Fatalf("a wall at %v, from which there is an end\n%s", m, n)
		}
	})
	if walls <= without {
		t.Errorf("%d walls, %d markings without an end and without a wall", walls, without)
	}
}

// canEndSoon is canEnd within 20,000 markings: another token may make more and more of them.
func canEndSoon(n *petri.Net, m petri.Marking) bool {
	s := newSearch(n, make([]int32, len(n.Transitions)), math.MaxInt)
	seen := map[int32]bool{}
	for todo := []int32{s.intern(m)}; len(todo) > 0 && len(seen) < 20_000; {
		at := todo[0]
		todo = todo[1:]
		if at == s.final {
			return true
		}
		if !seen[at] {
			seen[at] = true
			for _, f := range s.firings(at) {
				todo = append(todo, f.to)
			}
		}
	}
	return false
}
