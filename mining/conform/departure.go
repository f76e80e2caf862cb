package conform

import (
	"cmp"
	"slices"
)

// A Departure is one way in which cases leave the model, as alignments see it:
// an activity that the model wants is skipped, or one that it has no room for
// is inserted behind another.
type Departure struct {
	Kind     DeviationKind // InModel: skipped; InLog: inserted
	Activity string
	After    string // of what is inserted: the event before it in the case; "" at its beginning
	Cases    int64  // in which it occurs
	Moves    int64  // in all cases
	Variants []int  // of the summary, those of these cases, ascending
}

// Departures returns the ways in which cases leave the model, those of most
// cases first. Their Moves add up to [Alignments.Cost]. It takes O(Σ moves) time.
func (a *Alignments) Departures() []Departure {
	type way struct {
		kind            DeviationKind
		activity, after string
	}
	of := map[way]*Departure{}
	for i := range a.Variants {
		v := &a.Summary.Variants[i]
		for _, m := range a.Variants[i].Moves {
			var w way
			if m.Transition < 0 {
				w = way{kind: InLog, activity: a.Summary.Activities[v.Path[m.Event]]}
				if m.Event > 0 {
					w.after = a.Summary.Activities[v.Path[m.Event-1]]
				}
			} else if label := a.Net.Transitions[m.Transition].Label; m.Event < 0 && label != "" {
				w = way{kind: InModel, activity: label}
			} else {
				continue
			}
			d := of[w]
			if d == nil {
				d = &Departure{Kind: w.kind, Activity: w.activity, After: w.after}
				of[w] = d
			}
			d.Moves += v.Cases
			if n := len(d.Variants); n == 0 || d.Variants[n-1] != i {
				d.Cases += v.Cases
				d.Variants = append(d.Variants, i)
			}
		}
	}
	out := make([]Departure, 0, len(of))
	for _, d := range of {
		out = append(out, *d)
	}
	slices.SortFunc(out, func(a, b Departure) int {
		return cmp.Or(cmp.Compare(b.Cases, a.Cases), cmp.Compare(b.Moves, a.Moves), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Activity, b.Activity), cmp.Compare(a.After, b.After))
	})
	return out
}
