package conform

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"millrace/mining/petri"
)

// Where there is no time at all, each variant has an alignment that is one, and
// a bound that is one; what token replay says fits costs nothing.
func TestGuessesAreBounds(t *testing.T) {
	late, cancel := context.WithCancel(t.Context())
	cancel()
	optimal, dear, fit := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		n, prefix := nets().Draw(t, "net"), rapid.Bool().Draw(t, "prefix")
		s := logOf(t, rapid.SliceOfN(traces(), 1, 4).Draw(t, "traces")...)
		a, err := Align(t.Context(), s, n, Options{Until: late, Prefix: prefix})
		if err != nil {
			t.Fatal(err)
		}
		replays, err := ReplayTokens(t.Context(), s, n, nil)
		if err != nil {
			t.Fatal(err)
		}
		one := &aligner{Alignments: *a, o: Options{States: DefaultStates}}
		if err := one.prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i := range a.Variants {
			checkAlignment(t, a, i)
			letters, _ := one.trace(i, nil, nil)
			if x := one.guesser(1).guess(t.Context(), letters); replays.Variants[i].Fits() && x.Cost > 0 {
				t.Fatalf("variant %d: fits, but one guess costs %d\n%s\n%s", i, x.Cost, s, n)
			}
			trace := make([]string, len(s.Variants[i].Path))
			for k, x := range s.Variants[i].Path {
				trace[k] = s.Activities[x]
			}
			goal := func(m petri.Marking) bool { return m.Equal(n.Final) }
			if prefix {
				goal = func(m petri.Marking) bool { return canEnd(n, m) }
			}
			x, want := &a.Variants[i], int64(shortestTo(n, trace, 1, 0, goal))
			switch {
			case x.Least > want || x.Cost < want:
				t.Fatalf("variant %d: between %d and %d, but it is %d\n%s\n%s", i, x.Least, x.Cost, want, s, n)
			case x.Cost > a.apart(int64(len(trace))):
				t.Fatalf("variant %d: costs %d, more than nothing in common does", i, x.Cost)
			case replays.Variants[i].Fits() && x.Cost > 0:
				t.Fatalf("variant %d: fits, but costs %d\n%s\n%s", i, x.Cost, s, n)
			case x.Cost == 0:
				fit++
			case x.Optimal():
				optimal++
			case x.Cost > want:
				dear++
			}
		}
	})
	if fit == 0 || optimal == 0 || dear == 0 {
		t.Errorf("%d fit, %d others are optimal, %d cost more than they could", fit, optimal, dear)
	}
}

// Where time is over before the work begins, results do not depend on how many work, and what is
// guessed is better than nothing; where there is time, guesses change nothing.
func TestGuessesAlone(t *testing.T) {
	s, n := large(t, 200)
	late, cancel := context.WithCancel(t.Context())
	cancel()
	var one *Alignments
	for _, workers := range []int{1, 7} {
		a, err := Align(t.Context(), s, n, Options{Until: late, Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		for i := range a.Variants {
			checkAlignment(t, a, i)
		}
		if one == nil {
			one = a
		} else if !reflect.DeepEqual(one, a) {
			t.Error("seven workers guess something else than one")
		}
	}
	never, cancel := context.WithCancel(t.Context())
	defer cancel()
	in, err := Align(t.Context(), s, n, Options{Until: never})
	if err != nil {
		t.Fatal(err)
	}
	best, err := Align(t.Context(), s, n, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(best, in) {
		t.Error("with a limit that is never reached something else is found")
	}
	if most := best.Cost() * 11 / 10; one.Cost() > most {
		t.Errorf("guesses cost %d in all, the least is %d", one.Cost(), best.Cost())
	}
}

// Guessing is bounded, for a trace and for a log, and does not depend on what was guessed before.
func TestGuessesAreBounded(t *testing.T) {
	s, n := large(t, 65)
	late, cancel := context.WithCancel(t.Context())
	cancel()
	a := &aligner{Alignments: Alignments{Summary: s, Net: n, Variants: make([]Alignment, len(s.Variants))}, stop: late.Done(), o: Options{Workers: 1, States: DefaultStates}}
	if err := a.prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.findPrices(t.Context(), never)
	g := a.guesser(mostGuesses)
	letters, _ := a.trace(0, nil, nil)
	planned := g.guess(t.Context(), letters)
	if spent := g.spent; spent == 0 || spent > g.limit {
		t.Errorf("spent %d", spent)
	}
	again := g.guess(t.Context(), letters)
	if !reflect.DeepEqual(planned, again) || g.spent == 0 {
		t.Error("ways that are known change what is guessed, or count for nothing")
	}
	for _, x := range g.guesses {
		for k, b := range a.prices {
			if x.tokens[k] != b.tokens(x.marking) {
				t.Fatalf("price %d of %v is said to be %d, not %d", k, x.marking, x.tokens[k], b.tokens(x.marking))
			}
		}
	}
	for i := range a.Variants {
		letters, _ := a.trace(i, nil, nil)
		a.Variants[i] = a.apart(letters)
	}
	apart := slices.Clone(a.Variants)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.guessAll(cancelled, mostLate); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
	if err := a.guessAll(t.Context(), 0); err != nil || !reflect.DeepEqual(apart, a.Variants) {
		t.Errorf("guessed without time, %v", err)
	}
	if err := a.guessAll(t.Context(), 1); err != nil || a.Variants[0].Cost == apart[0].Cost || a.Variants[64].Cost != apart[64].Cost {
		t.Errorf("not one round was guessed, %v", err)
	}
	a.o.Guess = t.Context()
	if err := a.guessAll(t.Context(), 0); err != nil || a.Variants[64].Cost == apart[64].Cost {
		t.Errorf("not all was guessed, %v", err)
	}
}

// Of several transitions that silent moves enable, one guess takes what replay takes: the nearest.
func TestOneGuessTakesTheNearest(t *testing.T) {
	var n petri.Net
	source, far, farther, near, dead, then, sink := n.AddPlace("source"), n.AddPlace("far"), n.AddPlace("farther"), n.AddPlace("near"), n.AddPlace("dead"), n.AddPlace("then"), n.AddPlace("sink")
	n.AddTransition("", []int{source}, []int{far})
	n.AddTransition("", []int{far}, []int{farther})
	n.AddTransition("a", []int{farther}, []int{dead})
	n.AddTransition("", []int{source}, []int{near})
	n.AddTransition("a", []int{near}, []int{then})
	n.AddTransition("b", []int{then}, []int{sink})
	n.Mark([]int{source}, []int{sink})
	s := logOf(t, []string{"a", "b"})
	a := &aligner{Alignments: Alignments{Summary: s, Net: &n}, o: Options{States: DefaultStates}}
	if err := a.prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.Variants = make([]Alignment, 1)
	letters, _ := a.trace(0, nil, nil)
	if x := a.guesser(1).guess(t.Context(), letters); x.Cost != 0 {
		t.Errorf("costs %d: %v", x.Cost, x.Moves)
	}
}
