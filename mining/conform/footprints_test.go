package conform

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"millrace/eventlog"
	"millrace/mining/internal/oracletest"
	"millrace/mining/petri"
)

// slowFootprints finds, marking by marking, what a net can do on its ways to
// the final marking: pairs of labels in a run, with "" for its start and end.
// It says whether every marking is on such a way.
func slowFootprints(n *petri.Net) (pairs map[[2]string]bool, all bool) {
	key := func(m petri.Marking) string { return fmt.Sprint([]int32(m)) }
	type state struct{ marking, last string } // after which label
	markings := map[string]petri.Marking{}
	back := map[string][]string{}
	next := map[state]bool{{key(n.Initial), ""}: true}
	markings[key(n.Initial)] = n.Initial
	type step struct {
		from, to state
		label    string
	}
	var stepped []step
	for todo := slices.Collect(maps.Keys(next)); len(todo) > 0; {
		at := todo[0]
		todo = todo[1:]
		for t := range n.Transitions {
			m := markings[at.marking]
			if !n.Enabled(m, t) {
				continue
			}
			to := m.Clone()
			n.Fire(to, t)
			s := state{key(to), at.last}
			label := n.Transitions[t].Label
			if label != "" {
				s.last = label
			}
			markings[s.marking] = to
			back[s.marking] = append(back[s.marking], at.marking)
			stepped = append(stepped, step{at, s, label})
			if !next[s] {
				next[s] = true
				todo = append(todo, s)
			}
		}
	}
	final := key(n.Final)
	good := map[string]bool{final: true}
	for todo := []string{final}; len(todo) > 0; todo = todo[1:] {
		for _, m := range back[todo[0]] {
			if !good[m] {
				good[m] = true
				todo = append(todo, m)
			}
		}
	}
	pairs = map[[2]string]bool{}
	for _, s := range stepped {
		if s.label != "" && good[s.to.marking] {
			pairs[[2]string{s.from.last, s.label}] = true
		}
	}
	for s := range next {
		if s.marking == final && s.last != "" {
			pairs[[2]string{s.last, ""}] = true
		}
	}
	return pairs, len(good) >= len(markings)
}

func TestFootprintsAreTheNets(t *testing.T) {
	folded, searched := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		n := nets().Draw(t, "net")
		labels, byName := number(n)
		can, all := slowFootprints(n)
		if fold(n, labels, len(byName)) != nil {
			folded++
		} else if all {
			searched++
		} else {
			return // of a search everything counts that can be done
		}
		s := logOf(t, rapid.SliceOfN(traces(), 1, 5).Draw(t, "traces")...)
		f, err := FindFootprints(t.Context(), s, n, FootprintsOptions{})
		if err != nil || !f.Known {
			t.Fatal(f, err)
		}
		got, want := map[[2]string]bool{}, map[[2]string]bool{}
		for _, x := range f.Steps {
			got[[2]string{x.From, x.To}] = true
		}
		for _, a := range f.Start {
			got[[2]string{"", a}] = true
		}
		for _, a := range f.End {
			got[[2]string{a, ""}] = true
		}
		for i := range s.Variants {
			last := ""
			for _, a := range s.Variants[i].Path {
				want[[2]string{last, s.Activities[a]}] = true
				last = s.Activities[a]
			}
			if last != "" {
				want[[2]string{last, ""}] = true
			}
		}
		maps.DeleteFunc(want, func(p [2]string, _ bool) bool { return can[p] })
		if !maps.Equal(got, want) {
			t.Fatalf("%v, not %v\n%s", got, want, n)
		}
		if (f.Fitness == 1) != (len(want) == 0) || f.Fitness < 0 || f.Fitness > 1 {
			t.Fatalf("fitness %v with %v", f.Fitness, want)
		}
	})
	if folded == 0 || searched == 0 {
		t.Errorf("%d nets were folded, %d searched", folded, searched)
	}
}

func TestFootprintsAgainstTheOracle(t *testing.T) {
	compared := 0
	for _, o := range oracletest.Logs(t) {
		for _, variant := range inductive {
			n := net(t, o.Name, variant)
			var want float64
			if n == nil || !o.Read("footprints_fitness_"+variant, &want) {
				continue
			}
			f, err := FindFootprints(t.Context(), o.ByTime(t), n, FootprintsOptions{}) // the order of its footprints
			if err != nil || !f.Known {
				t.Fatal(f, err)
			}
			compared++
			if math.Abs(f.Fitness-want) > 1e-9 {
				t.Errorf("%s %s: fitness %v, not %v", o.Name, variant, f.Fitness, want)
			}
		}
	}
	if compared < 25 {
		t.Errorf("only %d were compared", compared)
	}
}

// Known is false where the net has too many markings.
func TestFootprintsOfManyMarkings(t *testing.T) {
	var n petri.Net
	p, q := n.AddPlace("p"), n.AddPlace("q")
	n.AddTransition("more", []int{p}, []int{p, q})
	n.Mark([]int{p}, []int{p})
	s, err := eventlog.ParseSummary("1: more more\n")
	if err != nil {
		t.Fatal(err)
	}
	f, err := FindFootprints(t.Context(), s, &n, FootprintsOptions{States: 100})
	if err != nil || f.Known {
		t.Errorf("%+v, %v", f, err)
	}
}
