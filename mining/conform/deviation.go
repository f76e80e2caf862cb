package conform

import (
	"cmp"
	"slices"
)

// A Deviation is one way in which cases do not go as the net does.
type Deviation struct {
	Kind  DeviationKind
	Name  string // of an activity; of a place for Left; "" for Unfinished
	Cases int64  // in which it occurs
	Moves int64  // in all cases: times; for Left, cases
}

// A DeviationKind says what is wrong, as an alignment or a replay sees it.
type DeviationKind string

const (
	InLog      DeviationKind = "log"        // alignment: it was done where the model has no room for it
	InModel    DeviationKind = "model"      // alignment: the model wants it, and it was not done
	Forced     DeviationKind = "forced"     // replay: it was done before the model allowed it
	Unknown    DeviationKind = "unknown"    // replay: the model does not have it
	Left       DeviationKind = "left"       // replay: tokens are left on a place
	Unfinished DeviationKind = "unfinished" // replay: the case ended before the model did
)

// counts adds up deviations.
type counts map[Deviation]*Deviation // by kind and name

// add notes a deviation that each of cases has so often.
func (c counts) add(kind DeviationKind, name string, cases, times int64) {
	key := Deviation{Kind: kind, Name: name}
	d := c[key]
	if d == nil {
		d = &Deviation{Kind: kind, Name: name}
		c[key] = d
	}
	d.Cases += cases
	d.Moves += cases * times
}

// ranked returns the deviations that most cases have first.
func (c counts) ranked() []Deviation {
	out := make([]Deviation, 0, len(c))
	for _, d := range c {
		out = append(out, *d)
	}
	slices.SortFunc(out, func(a, b Deviation) int {
		return cmp.Or(cmp.Compare(b.Cases, a.Cases), cmp.Compare(b.Moves, a.Moves), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// tally counts within one case.
type tally map[Deviation]int64

func (t tally) add(kind DeviationKind, name string) { t[Deviation{Kind: kind, Name: name}]++ }

func (t tally) into(c counts, cases int64) {
	for d, times := range t {
		c.add(d.Kind, d.Name, cases, times)
	}
	clear(t)
}

// Deviations returns the moves in the log alone and in the model alone by
// activity, those of most cases first. Their Moves add up to [Alignments.Cost].
func (a *Alignments) Deviations() []Deviation {
	all, one := counts{}, tally{}
	for i := range a.Variants {
		v := &a.Summary.Variants[i]
		for _, m := range a.Variants[i].Moves {
			if m.Transition < 0 {
				one.add(InLog, a.Summary.Activities[v.Path[m.Event]])
			} else if label := a.Net.Transitions[m.Transition].Label; m.Event < 0 && label != "" {
				one.add(InModel, label)
			}
		}
		one.into(all, v.Cases)
	}
	return all.ranked()
}

// Deviations returns where tokens were missing or left, and what the net does
// not know, those of most cases first.
func (r *Replays) Deviations() []Deviation {
	all, one := counts{}, tally{}
	for i := range r.Variants {
		v, x := &r.Summary.Variants[i], &r.Variants[i]
		for _, event := range x.Forced {
			one.add(Forced, r.Summary.Activities[v.Path[event]])
		}
		for _, event := range x.Unknown {
			one.add(Unknown, r.Summary.Activities[v.Path[event]])
		}
		for _, p := range x.Left {
			one.add(Left, r.Net.Places[p].ID)
		}
		if x.Short {
			one.add(Unfinished, "")
		}
		one.into(all, v.Cases)
	}
	return all.ranked()
}

// Certainty says how far costs are known.
type Certainty struct {
	Optimal int64 // cases whose alignment is known to cost the least
	Within  int64 // the costs of the others are at most this much too high
}

// Certainty says how far the costs of a are known.
func (a *Alignments) Certainty() (c Certainty) {
	for i := range a.Variants {
		if x := &a.Variants[i]; x.Optimal() {
			c.Optimal += a.Summary.Variants[i].Cases
		} else {
			c.Within = max(c.Within, x.Cost-x.Least)
		}
	}
	return c
}
