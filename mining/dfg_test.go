package mining

import (
	"context"
	"slices"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"millrace/eventlog"
)

func TestDFG(t *testing.T) {
	datadriven.RunTest(t, "testdata/dfg", func(t *testing.T, d *datadriven.TestData) string {
		_, s, err := input(t, d)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		g := DFG(s)
		return output(t, d, g, g.Notes)
	})
}

func TestDFGConservesFlow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := stories().Draw(t, "log")
		g := DFG(summarize(t, build(t, in)))
		into, out := map[string]int64{}, map[string]int64{}
		var starts, ends, empty int64
		for _, x := range g.Start {
			into[x.Activity] += x.Cases
			starts += x.Cases
		}
		for _, x := range g.End {
			out[x.Activity] += x.Cases
			ends += x.Cases
		}
		for _, e := range g.Edges {
			out[e.From] += e.Count
			into[e.To] += e.Count
		}
		for _, s := range in {
			if len(s.steps) == 0 {
				empty++
			}
		}
		if starts != g.Cases-empty || ends != starts {
			t.Fatalf("%d cases start, %d end, want %d", starts, ends, g.Cases-empty)
		}
		for _, a := range g.Activities {
			if into[a.Name] != a.Events || out[a.Name] != a.Events {
				t.Fatalf("%q: %d in, %d out, want %d", a.Name, into[a.Name], out[a.Name], a.Events)
			}
		}
	})
}

// recount is a directly-follows graph and the repetitions, counted the slow
// and obvious way, one case after the other.
type recount struct {
	cases, events   int64
	activities      map[string]*Activity
	extra, direct   map[string]int64
	start, end      map[string]int64
	counts, inCases map[[2]string]int64
	waits           map[[2]string]*hours
}

func count(stories []story) *recount {
	r := &recount{activities: map[string]*Activity{}, extra: map[string]int64{}, direct: map[string]int64{},
		start: map[string]int64{}, end: map[string]int64{},
		counts: map[[2]string]int64{}, inCases: map[[2]string]int64{}, waits: map[[2]string]*hours{}}
	for _, s := range stories {
		r.cases++
		r.events += int64(len(s.steps))
		times, pairs := map[string]int64{}, map[[2]string]bool{}
		for i, e := range s.steps {
			times[e.activity]++
			if i == 0 {
				r.start[e.activity]++
				continue
			}
			prev := s.steps[i-1]
			p := [2]string{prev.activity, e.activity}
			r.counts[p]++
			pairs[p] = true
			if r.waits[p] == nil {
				r.waits[p] = &hours{}
			}
			r.waits[p].add(prev.end, e.begin)
			if p[0] == p[1] {
				r.direct[e.activity]++
			}
		}
		if n := len(s.steps); n > 0 {
			r.end[s.steps[n-1].activity]++
		}
		for p := range pairs {
			r.inCases[p]++
		}
		for name, n := range times {
			if r.activities[name] == nil {
				r.activities[name] = &Activity{Name: name}
			}
			a := r.activities[name]
			a.Events += n
			a.Cases++
			if n > 1 {
				a.Rework++
				r.extra[name] += n - 1
			}
		}
	}
	return r
}

func (r *recount) check(t failer, g *Graph) {
	t.Helper()
	if g.Cases != r.cases || g.Events != r.events || len(g.Activities) != len(r.activities) || len(g.Edges) != len(r.counts) {
		t.Fatalf("got %d cases, %d events, %d activities, %d edges; want %d, %d, %d, %d",
			g.Cases, g.Events, len(g.Activities), len(g.Edges), r.cases, r.events, len(r.activities), len(r.counts))
	}
	for _, a := range g.Activities {
		if want := r.activities[a.Name]; want == nil || a != *want {
			t.Fatalf("got %+v, want %+v", a, want)
		}
	}
	for _, e := range g.Edges {
		p := [2]string{e.From, e.To}
		if e.Count != r.counts[p] || e.Cases != r.inCases[p] {
			t.Fatalf("%q: got %d in %d cases, want %d in %d", p, e.Count, e.Cases, r.counts[p], r.inCases[p])
		}
		r.waits[p].check(t, e.From+" → "+e.To, e.Wait)
	}
	for _, side := range []struct {
		got  []Terminal
		want map[string]int64
	}{{g.Start, r.start}, {g.End, r.end}} {
		if len(side.got) != len(side.want) {
			t.Fatalf("got %v, want %v", side.got, side.want)
		}
		for _, x := range side.got {
			if x.Cases != side.want[x.Activity] {
				t.Fatalf("got %v, want %d", x, side.want[x.Activity])
			}
		}
	}
}

func TestDFGIsTheSlowCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := build(t, stories().Draw(t, "log"))
		count(told(t, l)).check(t, DFG(summarize(t, l)))
	})
}

// Projection, then counting, is counting what is left of each case.
func TestDFGOfProjection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := build(t, stories().Draw(t, "log"))
		g := DFG(summarize(t, l))
		if len(g.Activities) == 0 {
			return
		}
		var keep []string
		var filters []eventlog.Filter
		for _, a := range g.Activities {
			if rapid.Bool().Draw(t, "keep") || len(keep) == 0 {
				keep = append(keep, a.Name)
				filters = append(filters, eventlog.Keep(a.Name))
			}
		}
		projected, err := l.Where(context.Background(), filters...)
		if err != nil {
			t.Fatal(err)
		}
		var left []story
		for _, s := range told(t, l) {
			s.steps = slices.DeleteFunc(s.steps, func(e event) bool { return !slices.Contains(keep, e.activity) })
			if len(s.steps) > 0 {
				left = append(left, s)
			}
		}
		count(left).check(t, DFG(summarize(t, projected)))
	})
}
