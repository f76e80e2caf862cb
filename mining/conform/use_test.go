package conform

import (
	"context"
	"testing"

	"pgregory.net/rapid"
)

// What is skipped and what comes behind are the deviations, activity by activity;
// what is done is all else of the log; and each Use is what a walk through the
// alignments, case by case, counts.
func TestUsesAreTheDeviations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := trees(false).Draw(t, "tree").Net()
		a, err := Align(context.Background(), logOf(t, rapid.SliceOfN(traces(), 1, 5).Draw(t, "traces")...), n, Options{})
		if err != nil {
			t.Fatal(err)
		}
		uses, first := a.Uses()
		type key struct {
			kind DeviationKind
			name string
		}
		left := map[key]int64{}
		for _, d := range a.Deviations() {
			left[key{d.Kind, d.Name}] = d.Moves
		}
		events := int64(0)
		for i := range a.Summary.Variants {
			events += a.Summary.Variants[i].Cases * int64(len(a.Summary.Variants[i].Path))
		}
		for i := range uses {
			if label := n.Transitions[i].Label; label != "" {
				left[key{InModel, label}] -= uses[i].Skipped
			} else if uses[i].Done != 0 || len(uses[i].Behind) > 0 {
				t.Fatalf("a silent transition is done: %+v", uses[i])
			}
			events -= uses[i].Done
		}
		for _, u := range append(uses, first) {
			for _, b := range u.Behind {
				left[key{InLog, b.Activity}] -= b.Moves
			}
			events -= u.After()
		}
		for k, n := range left {
			if n != 0 {
				t.Fatalf("%v: %d moves more than uses have", k, n)
			}
		}
		if events != 0 {
			t.Fatalf("%d events are neither done nor beside the model", events)
		}
		for x := range uses { // slow and obvious: what is behind transition x
			var behind int64
			for i := range a.Variants {
				moves := a.Variants[i].Moves
				for k, m := range moves {
					for m.Transition < 0 && k > 0 {
						k--
						if p := moves[k]; p.Transition >= 0 && p.Event >= 0 {
							if int(p.Transition) == x {
								behind += a.Summary.Variants[i].Cases
							}
							break
						}
					}
				}
			}
			if got := uses[x].After(); got != behind {
				t.Fatalf("behind transition %d: %d, want %d", x, got, behind)
			}
		}
	})
}
