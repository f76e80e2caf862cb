package conform

import (
	"context"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Departures are the deviations, told apart by what comes before: they add up
// to the cost, and of each kind and activity to its moves; and every case of
// the variants that one names has it.
func TestDeparturesAreTheDeviations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := trees(false).Draw(t, "tree").Net()
		a, err := Align(context.Background(), logOf(t, rapid.SliceOfN(traces(), 1, 5).Draw(t, "traces")...), n, Options{})
		if err != nil {
			t.Fatal(err)
		}
		moves := map[Deviation]int64{}
		var cost int64
		for _, d := range a.Departures() {
			moves[Deviation{Kind: d.Kind, Name: d.Activity}] += d.Moves
			cost += d.Moves
			var cases int64
			for _, v := range d.Variants {
				cases += a.Summary.Variants[v].Cases
				found := false
				for _, m := range a.Variants[v].Moves {
					switch path := a.Summary.Variants[v].Path; {
					case d.Kind == InModel:
						found = found || m.Event < 0 && a.Net.Transitions[m.Transition].Label == d.Activity
					case m.Transition < 0 && a.Summary.Activities[path[m.Event]] == d.Activity:
						found = found || m.Event == 0 && d.After == "" || m.Event > 0 && a.Summary.Activities[path[m.Event-1]] == d.After
					}
				}
				if !found {
					t.Fatalf("variant %d does not have %+v", v, d)
				}
			}
			if cases != d.Cases || !slices.IsSorted(d.Variants) || d.Moves < d.Cases {
				t.Fatalf("%+v is of %d cases", d, cases)
			}
		}
		if cost != a.Cost() {
			t.Fatalf("moves add up to %d, and the cost is %d", cost, a.Cost())
		}
		for _, d := range a.Deviations() {
			if key := (Deviation{Kind: d.Kind, Name: d.Name}); moves[key] != d.Moves {
				t.Fatalf("%+v: %d moves", d, moves[key])
			}
		}
	})
}
