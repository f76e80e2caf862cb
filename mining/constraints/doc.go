// Package constraints finds what holds between activities: footprints, who
// follows whom at all, the log skeleton, rules of DECLARE, and how long it
// takes from one to another.
//
// All but the temporal profile are pure functions of an [eventlog.Summary]; that
// one needs the times of events and is a pure [eventlog.Folder]. What is found
// is sorted by names. The package knows no model: what it finds is less than
// one, and holds where no model can be drawn.
package constraints

import (
	"fmt"

	"millrace/eventlog"
)

// MaxActivities bounds the vocabulary of a log: tables of pairs take some
// 300·n² bytes.
const MaxActivities = 1000

// check refuses logs of which the tables would not fit into memory.
func check(activities int) error {
	if activities > MaxActivities {
		return fmt.Errorf("the log has %d activities, more than the %d of which pairs are counted; keep the most frequent ones", activities, MaxActivities)
	}
	return nil
}

// A Pair is two activities in an order.
type Pair struct {
	A string `json:"a" yaml:"a"`
	B string `json:"b" yaml:"b"`
}

// A square is a number for each pair of activities.
type square struct {
	n     int
	count []int64
}

func newSquare(n int) *square { return &square{n, make([]int64, n*n)} }

func (q *square) at(a, b eventlog.Activity) *int64 { return &q.count[int(a)*q.n+int(b)] }

// pairs returns the pairs of which keep is true.
func pairs(s *eventlog.Summary, keep func(a, b eventlog.Activity) bool) []Pair {
	out := []Pair{}
	for a := range s.Activities {
		for b := range s.Activities {
			if keep(eventlog.Activity(a), eventlog.Activity(b)) {
				out = append(out, Pair{s.Activities[a], s.Activities[b]})
			}
		}
	}
	return out
}
