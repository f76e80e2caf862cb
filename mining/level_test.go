package mining

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"millrace/eventlog"
)

func TestLevel(t *testing.T) {
	datadriven.RunTest(t, "testdata/level", func(t *testing.T, d *datadriven.TestData) string {
		_, s, err := input(t, d)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		lines := func(names []string) string {
			for i := range names {
				names[i] = label(names[i]) + "\n"
			}
			return strings.Join(names, "")
		}
		var share float64
		var most int
		d.MaybeScanArgs(t, "most", &most)
		switch d.Cmd {
		case "activities":
			d.ScanArgs(t, "share", &share)
			return lines(KeepActivities(s, share, most))
		case "top":
			var n int
			d.ScanArgs(t, "n", &n)
			return lines(TopActivities(s, n))
		case "edges":
			d.ScanArgs(t, "share", &share)
			g := DFG(s).KeepEdges(share, most)
			out := g.String()
			for _, n := range g.Notes {
				if n.Code == "edges-left-out" {
					out += "note: " + n.Text + "\n"
				}
			}
			return out
		case "spine":
			return strings.Join(Spine(DFG(s)), " → ") + "\n"
		case "backward":
			out, back := "", Backward(s)
			for _, e := range DFG(s).Edges {
				if back[[2]string{e.From, e.To}] {
					out += label(e.From) + " → " + label(e.To) + "\n"
				}
			}
			return out
		}
		t.Fatalf("unknown directive %q", d.Cmd)
		return ""
	})
}

// paths returns the graph's links by name; "▶" and "■" are its ends.
func paths(g *Graph) map[[2]string]int64 {
	out := map[[2]string]int64{}
	for _, x := range g.Start {
		out[[2]string{"▶", x.Activity}] = x.Cases
	}
	for _, e := range g.Edges {
		out[[2]string{e.From, e.To}] = e.Count
	}
	for _, x := range g.End {
		out[[2]string{x.Activity, "■"}] = x.Cases
	}
	return out
}

// reach returns what can be reached, the slow way.
func reach(links map[[2]string]int64, from string, backward bool) map[string]bool {
	seen := map[string]bool{from: true}
	for again := true; again; {
		again = false
		for l := range links {
			a, b := l[0], l[1]
			if backward {
				a, b = b, a
			}
			if seen[a] && !seen[b] {
				seen[b], again = true, true
			}
		}
	}
	return seen
}

func TestKeepEdges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := DFG(summarize(t, build(t, stories().Draw(t, "log"))))
		shares := []float64{rapid.Float64Range(0, 1).Draw(t, "share"), rapid.Float64Range(0, 1).Draw(t, "share")}
		slices.Sort(shares)
		all := paths(g)
		var before map[[2]string]int64
		for _, share := range append(shares, 1) {
			kept := paths(g.KeepEdges(share, 0))
			from, to := reach(kept, "▶", false), reach(kept, "■", true)
			for _, a := range g.Activities {
				if !from[a.Name] || !to[a.Name] {
					t.Fatalf("share %v: %q is on no path from start to end:\n%s\nof\n%s", share, a.Name, g.KeepEdges(share, 0), g)
				}
			}
			var drawn, total int64
			for l, n := range all {
				total += n
				if got, ok := kept[l]; ok && got != n {
					t.Fatalf("%q counts %d, was %d", l, got, n)
				} else if ok {
					drawn += n
				}
			}
			if float64(drawn) < share*float64(total) {
				t.Fatalf("%d of %d steps are drawn, want %v", drawn, total, share)
			}
			for l := range before {
				if _, ok := kept[l]; !ok {
					t.Fatalf("share %v leaves out %q, which a smaller one draws", share, l)
				}
			}
			bestKept(t, all, kept)
			before = kept
		}
		most := rapid.IntRange(1, 12).Draw(t, "most")
		least, few := paths(g.KeepEdges(0, 0)), paths(g.KeepEdges(1, most))
		if len(few) != min(len(all), max(most, len(least))) {
			t.Fatalf("at most %d: %d are drawn, %d must be", most, len(few), len(least))
		}
		bestKept(t, all, few)
		if len(before) != len(all) {
			t.Fatalf("share 1 draws %d of %d", len(before), len(all))
		}
	})
}

// bestKept checks that no link left out is more frequent, at one of its ends,
// than all that is kept there.
func bestKept(t failer, all, kept map[[2]string]int64) {
	in, out := map[string]int64{}, map[string]int64{}
	for l, n := range kept {
		if l[0] != l[1] {
			out[l[0]], in[l[1]] = max(out[l[0]], n), max(in[l[1]], n)
		}
	}
	for l, n := range all {
		if l[0] != l[1] && (n > out[l[0]] || n > in[l[1]]) {
			t.Fatalf("the best link %q (%d) is left out", l, n)
		}
	}
}

func TestKeepActivities(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := summarize(t, build(t, stories().Draw(t, "log")))
		g := DFG(s)
		shares := []float64{0, rapid.Float64Range(0, 1).Draw(t, "share"), rapid.Float64Range(0, 1).Draw(t, "share"), 1}
		slices.Sort(shares)
		var before []string
		for _, share := range shares {
			kept := KeepActivities(s, share, 0)
			var events int64
			for _, a := range g.Activities {
				if slices.Contains(kept, a.Name) {
					events += a.Events
				}
			}
			if float64(events) < share*float64(s.Events) || !slices.IsSorted(kept) {
				t.Fatalf("share %v: %q have %d of %d events", share, kept, events, s.Events)
			}
			for _, a := range before {
				if !slices.Contains(kept, a) {
					t.Fatalf("share %v leaves out %q, which a smaller one keeps", share, a)
				}
			}
			before = kept
		}
		if len(before) != len(g.Activities) {
			t.Fatalf("share 1 keeps %q of %v", before, g.Activities)
		}
		n := rapid.IntRange(0, 10).Draw(t, "n")
		if kept, more := KeepActivities(s, 1, n), KeepActivities(s, 1, n+1); n > 0 && (len(kept) != min(n, len(g.Activities)) || slices.ContainsFunc(kept, func(a string) bool { return !slices.Contains(more, a) })) {
			t.Fatalf("at most %d are %q, at most one more %q", n, kept, more)
		}
		if top := TopActivities(s, n); len(top) != min(n, len(g.Activities)) {
			t.Fatalf("top %d are %q", n, top)
		}
	})
}

func TestSpine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := DFG(summarize(t, build(t, stories().Draw(t, "log"))))
		spine, all := Spine(g), paths(g)
		if (len(spine) > 0) != (len(g.Start) > 0) {
			t.Fatalf("the spine of %s is %q", g, spine)
		}
		for i, a := range spine {
			if slices.Contains(spine[:i], a) || i > 0 && all[[2]string{spine[i-1], a}] == 0 {
				t.Fatalf("the spine of %s is %q", g, spine)
			}
		}
	})
}

func TestBackwardIsTheMajority(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := build(t, stories().Draw(t, "log"))
		s := summarize(t, l)
		back, all := Backward(s), paths(DFG(s))
		before := map[[2]string]int{}
		for _, c := range told(t, l) {
			first := map[string]int{}
			for i, e := range c.steps {
				if _, ok := first[e.activity]; !ok {
					first[e.activity] = i
				}
			}
			for a, i := range first {
				for b, j := range first {
					if i < j {
						before[[2]string{a, b}]++
					}
				}
			}
		}
		for l := range all {
			a, b := l[0], l[1]
			turned := [2]string{b, a}
			switch _, both := all[turned]; {
			case a == b:
				if back[[2]string{a, b}] {
					t.Fatalf("%q is a self-loop and leads back", l)
				}
			case both && back[[2]string{a, b}] == back[[2]string{b, a}]:
				t.Fatalf("%q and its turn: both lead back, or none", l)
			case before[l] != before[turned] && back[[2]string{a, b}] != (before[turned] > before[l]):
				t.Fatalf("%q: %d before, %d after, back is %v", l, before[l], before[turned], back[[2]string{a, b}])
			}
		}
	})
}

// BenchmarkLevel is the work of one move of a slider, on a log of many
// variants over 200 activities.
func BenchmarkLevel(b *testing.B) {
	s := manyVariants(b)
	g := DFG(s)
	b.Logf("%d variants, %d edges", len(s.Variants), len(g.Edges))
	b.Run("DFG", func(b *testing.B) {
		for b.Loop() {
			DFG(s)
		}
	})
	b.Run("KeepActivities", func(b *testing.B) {
		for b.Loop() {
			KeepActivities(s, .8, 0)
		}
	})
	b.Run("KeepEdges", func(b *testing.B) {
		for b.Loop() {
			g.KeepEdges(.8, 0)
		}
	})
	b.Run("Backward", func(b *testing.B) {
		for b.Loop() {
			Backward(s)
		}
	})
}

func manyVariants(t failer) *eventlog.Summary {
	r := rand.New(rand.NewPCG(1, 2))
	var in []story
	for i := range 20_000 {
		s := story{id: strconv.Itoa(i)}
		at := 0
		for range 30 {
			at = min(max(at+r.IntN(12)-3, 0), 199)
			s.steps = append(s.steps, event{"activity " + strconv.Itoa(at), eventlog.NoTime, int64(len(s.steps)) * 1e9})
		}
		in = append(in, s)
	}
	return summarize(t, build(t, in))
}
