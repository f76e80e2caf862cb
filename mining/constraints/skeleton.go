package constraints

import (
	"cmp"
	"fmt"
	"slices"

	"millrace/eventlog"
)

// A Skeleton is what holds in a log without an order of everything (Verbeek,
// Medeiros de Carvalho 2018, arXiv:1806.08247). Each relation holds for all
// occurrences of A in the log, up to a share of noise.
type Skeleton struct {
	Equivalent      []Pair      `json:"equivalence" yaml:"equivalence"`           // B occurs as often as A in the case
	AlwaysAfter     []Pair      `json:"always_after" yaml:"always_after"`         // B comes later
	AlwaysBefore    []Pair      `json:"always_before" yaml:"always_before"`       // B came earlier
	NeverTogether   []Pair      `json:"never_together" yaml:"never_together"`     // B does not occur in the case
	DirectlyFollows []Pair      `json:"directly_follows" yaml:"directly_follows"` // B comes next
	Frequencies     []Frequency `json:"frequencies" yaml:"frequencies"`
}

// A Frequency says how often an activity occurs in a case.
type Frequency struct {
	Activity string  `json:"activity" yaml:"activity"`
	Times    []int64 `json:"times" yaml:"times"` // ascending
}

// FindSkeleton returns the skeleton of a log. Noise, from 0 to 1, is the share of the
// occurrences of A that need not hold to a relation, and of cases whose
// numbers of occurrences are left out, the rarest first.
func FindSkeleton(s *eventlog.Summary, noise float64) (*Skeleton, error) {
	if !(noise >= 0 && noise <= 1) {
		return nil, fmt.Errorf("noise is a share from 0 to 1, not %v", noise)
	}
	n := len(s.Activities)
	if err := check(n); err != nil {
		return nil, err
	}
	all := make([]int64, n) // occurrences
	equal, after, before, next, together := newSquare(n), newSquare(n), newSquare(n), newSquare(n), newSquare(n)
	times := make([]map[int64]int64, n)
	for a := range times {
		times[a] = map[int64]int64{}
	}
	count, seen := make([]int64, n), make([]int64, n)
	first, last := make([]int, n), make([]int, n)
	for i := range s.Variants {
		v := &s.Variants[i]
		clear(count)
		clear(seen)
		var here []eventlog.Activity
		for j, a := range v.Path {
			if count[a] == 0 {
				here = append(here, a)
				first[a] = j
			}
			count[a]++
			last[a] = j
			if j > 0 {
				*next.at(v.Path[j-1], a) += v.Cases
			}
		}
		for a := range n {
			all[a] += count[a] * v.Cases
			times[a][count[a]] += v.Cases
		}
		for _, a := range here {
			for _, b := range here {
				if a != b {
					*together.at(a, b) += count[a] * v.Cases
				}
				if a != b && count[a] == count[b] {
					*equal.at(a, b) += count[a] * v.Cases
				}
			}
		}
		// Of each occurrence of a, whether some b comes later or came earlier.
		for j, a := range v.Path {
			for _, b := range here {
				if last[b] > j {
					*after.at(a, b) += v.Cases
				}
				if first[b] < j {
					*before.at(a, b) += v.Cases
				}
			}
		}
	}
	holds := func(q *square) []Pair {
		return pairs(s, func(a, b eventlog.Activity) bool {
			k := *q.at(a, b)
			return k > 0 && float64(k) >= float64(all[a])*(1-noise)
		})
	}
	k := &Skeleton{Equivalent: holds(equal), AlwaysAfter: holds(after), AlwaysBefore: holds(before), DirectlyFollows: holds(next)}
	k.NeverTogether = pairs(s, func(a, b eventlog.Activity) bool {
		return a != b && float64(all[a]-*together.at(a, b)) >= float64(all[a])*(1-noise)
	})
	for a, name := range s.Activities {
		k.Frequencies = append(k.Frequencies, Frequency{name, frequent(times[a], s.Cases, noise)})
	}
	return k, nil
}

// frequent returns the numbers that enough cases have, the most frequent first taken.
func frequent(times map[int64]int64, cases int64, noise float64) (out []int64) {
	for t := range times {
		out = append(out, t)
	}
	slices.SortFunc(out, func(x, y int64) int { return cmp.Or(cmp.Compare(times[y], times[x]), cmp.Compare(x, y)) })
	var covered int64
	for i, t := range out {
		if covered += times[t]; float64(covered) >= float64(cases)*(1-noise) {
			out = out[:i+1]
			break
		}
	}
	slices.Sort(out)
	return out
}
