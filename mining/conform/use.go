package conform

import (
	"cmp"
	"slices"
)

// A Use is how often a part of the model is used, as alignments see it.
type Use struct {
	Done    int64 // times the log does what the model wants
	Skipped int64 // times the model wants it and the log does not do it; of a silent transition, times it is taken
	// Behind are the events beside the model that come behind it: between it and the
	// next event of the case that is as the model wants. The most frequent come first.
	Behind []Inserted
}

// Inserted is how often an activity is done where the model has no room for it.
type Inserted struct {
	Activity string
	Moves    int64
}

// After adds up what comes behind.
func (u *Use) After() (moves int64) {
	for _, b := range u.Behind {
		moves += b.Moves
	}
	return moves
}

// Uses returns the use of each transition of the net, and in first, which has only a
// Behind, what is beside the model before any event of a case is as the model wants.
// The Skipped of visible transitions are the moves of [Alignments.Deviations] in the
// model, all that is behind them and first those in the log. It takes O(Σ moves) time.
func (a *Alignments) Uses() (of []Use, first Use) {
	of = make([]Use, len(a.Net.Transitions))
	type place struct{ transition, activity int32 }
	behind := map[place]int64{}
	for i := range a.Variants {
		v := &a.Summary.Variants[i]
		last := int32(-1)
		for _, m := range a.Variants[i].Moves {
			switch {
			case m.Transition < 0:
				behind[place{last, int32(v.Path[m.Event])}] += v.Cases
			case m.Event < 0:
				of[m.Transition].Skipped += v.Cases
			default:
				of[m.Transition].Done += v.Cases
				last = m.Transition
			}
		}
	}
	for p, moves := range behind {
		to := &first
		if p.transition >= 0 {
			to = &of[p.transition]
		}
		to.Behind = append(to.Behind, Inserted{a.Summary.Activities[p.activity], moves})
	}
	first.rank()
	for i := range of {
		of[i].rank()
	}
	return of, first
}

// Join is the use of two parts that are shown as one.
func Join(a, b Use) Use {
	sum := Use{Done: a.Done + b.Done, Skipped: a.Skipped + b.Skipped}
	for _, x := range slices.Concat(a.Behind, b.Behind) {
		i := slices.IndexFunc(sum.Behind, func(y Inserted) bool { return y.Activity == x.Activity })
		if i < 0 {
			sum.Behind = append(sum.Behind, x)
		} else {
			sum.Behind[i].Moves += x.Moves
		}
	}
	sum.rank()
	return sum
}

// rank puts the most frequent first.
func (u *Use) rank() {
	slices.SortFunc(u.Behind, func(a, b Inserted) int {
		return cmp.Or(cmp.Compare(b.Moves, a.Moves), cmp.Compare(a.Activity, b.Activity))
	})
}
