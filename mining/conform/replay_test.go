package conform

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"millrace/mining/internal/oracletest"
)

// tokens is what the oracle counted.
type oracleTokens struct {
	Consumed  int64 `json:"consumed_tokens"`
	Produced  int64 `json:"produced_tokens"`
	Missing   int64 `json:"missing_tokens"`
	Remaining int64 `json:"remaining_tokens"`
	Fit       int64 `json:"fit"`
}

// Replay counts the tokens that the oracle's counts, but where that leaves its
// definition: it fires silent transitions that may help and leaves them fired
// when they did not (more consumed and produced, other tokens missing), it may
// miss a way of silent transitions (receipt: it has 10 cases that do not fit a
// net that fits by construction; CCC19: none of 5 that have an alignment
// without cost), and it passes over events that the net does not know, so
// their cases may fit.
func TestReplayAgainstTheOracle(t *testing.T) {
	differing := map[string]string{ // produced, consumed, missing, remaining, fitting: ours
		"BPIC2012_O IMf0.2":         "83001 82665 673 1009 4525",
		"BPIC2013_closed IMf0.2":    "26673 26625 115 163 1405",
		"BPIC2013_incidents IMf0.2": "160407 160396 853 864 7031",
		"CCC19 IMf0.2":              "2032 1977 41 96 5",
		"Helpdesk IMf0.2":           "80984 80546 736 1174 3929",
		"receipt IM":                "52830 52830 0 0 1434",
		"receipt IMf0.2":            "15627 15626 863 864 713",
		"roadtraffic_1tpv IMf0.2":   "5190 5133 55 112 194",
	}
	equal := 0
	for _, o := range oracletest.Logs(t) {
		log := o.ByStart(t) // the order in which the oracle aligns
		for _, variant := range inductive {
			n := net(t, o.Name, variant)
			if n == nil {
				continue
			}
			r, err := ReplayTokens(t.Context(), log, n, nil)
			if err != nil {
				t.Fatal(err)
			}
			a, err := Align(t.Context(), log, n, Options{})
			if err != nil {
				t.Fatal(err)
			}
			name := o.Name + " " + variant
			for i := range r.Variants {
				if fits := a.Variants[i].Cost == 0; r.Variants[i].Fits() != fits {
					t.Errorf("%s: variant %d fits: %v, by its alignment %v", name, i, r.Variants[i].Fits(), fits)
				}
			}
			var want oracleTokens
			if !o.Read("tbr_totals_"+variant, &want) {
				continue
			}
			x, f := r.Tokens(), r.Fitness()
			got := fmt.Sprint(x.Produced, x.Consumed, x.Missing, x.Remaining, f.FittingCases)
			if ours, ok := differing[name]; ok {
				if got != ours {
					t.Errorf("%s: %s tokens, not %s", name, got, ours)
				}
				continue
			}
			if theirs := fmt.Sprint(want.Produced, want.Consumed, want.Missing, want.Remaining, want.Fit); got != theirs {
				t.Errorf("%s: %s tokens, not %s", name, got, theirs)
				continue
			}
			equal++
			var fitness struct {
				Average float64 `json:"average_trace_fitness"`
				Log     float64 `json:"log_fitness"`
			}
			var general float64
			if !o.Read("tbr_fitness_"+variant, &fitness) || !o.Read("generalization_tbr_"+variant, &general) {
				t.Fatalf("%s: no fitness", name)
			}
			if math.Abs(f.AverageTrace-fitness.Average) > 1e-6 || math.Abs(f.Log-fitness.Log) > 1e-6 {
				t.Errorf("%s: fitness %v and %v, not %v", name, f.AverageTrace, f.Log, fitness)
			}
			if math.Abs(r.Generalization()-general) > 1e-6 {
				t.Errorf("%s: generalization %v, not %v", name, r.Generalization(), general)
			}
		}
	}
	if equal < 15 {
		t.Errorf("only %d are equal", equal)
	}
}

// Tokens are conserved, and a case fits only if it has an alignment without cost.
func TestReplayLaws(t *testing.T) {
	fit := 0
	one := func(t *rapid.T) {
		n, trace := nets().Draw(t, "net"), traces().Draw(t, "trace")
		s := logOf(t, trace)
		r, err := ReplayTokens(t.Context(), s, n, nil)
		if err != nil {
			t.Fatal(err)
		}
		x := &r.Variants[0]
		if x.Produced+x.Missing != x.Consumed+x.Remaining {
			t.Fatalf("%+v: tokens come from nowhere\n%s", x, n)
		}
		if (x.Missing > 0) != (len(x.Forced) > 0 || x.Short) || (x.Remaining > 0) != (len(x.Left) > 0) {
			t.Fatalf("%+v does not say where", x)
		}
		for i, name := range trace {
			if slices.Contains(n.Labels(), name) == slices.Contains(x.Unknown, int32(i)) {
				t.Fatalf("%+v: whether %q is known", x, name)
			}
		}
		f := r.Fitness()
		if f.AverageTrace < 0 || f.AverageTrace > 1 || x.Fits() != (f.FittingCases == 1) {
			t.Fatalf("fitness %+v of %+v", f, x)
		}
		if x.Fits() {
			fit++
			if cost := shortest(n, trace, 1, 0); cost != 0 {
				t.Fatalf("%v fits, but its alignment costs %d\n%s", trace, cost, n)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		for range 10 { // few fit
			one(t)
		}
	})
	if fit == 0 {
		t.Error("no case fitted")
	}
}

// Replay can be cancelled, and says how far it is.
func TestReplayStops(t *testing.T) {
	s, n := large(t, 100)
	var most atomic.Int64
	one, err := ReplayTokens(t.Context(), s, n, func(done, of int64) {
		for old := most.Load(); done > old && !most.CompareAndSwap(old, done); old = most.Load() {
		}
	})
	if err != nil || most.Load() != s.Cases {
		t.Errorf("%d of %d cases, %v", most.Load(), s.Cases, err)
	}
	two, err := ReplayTokens(t.Context(), s, n, nil)
	if err != nil || !reflect.DeepEqual(one, two) {
		t.Errorf("a second replay differs: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ReplayTokens(ctx, s, n, nil); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}
