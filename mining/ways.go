package mining

import (
	"encoding/binary"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"millrace/eventlog"
)

// ByVariant returns the folder that sums a whole number of each case over the
// cases of each variant, in O(events) time. of returns it, and false where a
// case has none; workers call it at the same time. label is [eventlog.Log.Label].
func ByVariant(label func(uint16) string, of func(c *eventlog.Cases, i int) (int64, bool)) eventlog.Folder[*VariantSums] {
	return eventlog.Folder[*VariantSums]{
		New: func() *VariantSums { return &VariantSums{label: label, of: of, sums: map[uint32]*variantSum{}} },
		Add: func(s *VariantSums, c *eventlog.Cases) {
			for i := range c.Case {
				n, ok := s.of(c, i)
				if !ok {
					continue
				}
				v := s.sums[c.Variant[i]]
				if v == nil {
					v = &variantSum{path: slices.Clone(c.Activity[c.Offsets[i]:c.Offsets[i+1]])}
					s.sums[c.Variant[i]] = v
				}
				v.n++
				v.sum += n
			}
		},
		Merge: func(into, from *VariantSums) {
			for k, v := range from.sums { // adding commutes, so the map's order does not show
				if have := into.sums[k]; have != nil {
					have.n += v.n
					have.sum += v.sum
				} else {
					into.sums[k] = v
				}
			}
		},
	}
}

// VariantSums are sums over the cases of each variant.
type VariantSums struct {
	label func(uint16) string
	of    func(c *eventlog.Cases, i int) (int64, bool)
	sums  map[uint32]*variantSum // by number of the path in its log
	once  sync.Once
	byWay map[string]*variantSum
}

type variantSum struct {
	path   []uint16
	n, sum int64
}

// Of returns how many cases of a variant have a number, and their sum.
func (s *VariantSums) Of(activities []string) (n, sum int64) {
	if s == nil {
		return 0, 0
	}
	s.once.Do(func() {
		s.byWay = make(map[string]*variantSum, len(s.sums))
		for _, v := range s.sums {
			names := make([]string, len(v.path))
			for i, a := range v.path {
				names[i] = s.label(a)
			}
			s.byWay[wayKey(names)] = v
		}
	})
	if v := s.byWay[wayKey(activities)]; v != nil {
		return v.n, v.sum
	}
	return 0, 0
}

// wayKey is the same for the same activities only, whatever is in their names.
func wayKey(activities []string) string {
	var b strings.Builder
	var length [binary.MaxVarintLen64]byte
	for _, a := range activities {
		b.Write(length[:binary.PutUvarint(length[:], uint64(len(a)))])
		b.WriteString(a)
	}
	return b.String()
}

// avoidableFloor is the share of the cases that pass a hand-over in no more
// than its floor.
const avoidableFloor = 0.25

// Avoidable returns how much time of a case was avoidable, in µs: of every
// hand-over that was not agreed on, what its wait has beyond the floor. The
// floor of a hand-over is the wait a quarter of all its cases do not exceed:
// what this very process does when nothing gets in its way. So it is no
// promise, and a process that is slow throughout has little of it.
//
// s is the summary of the log the cases are of; its clock is that of the
// result. agreed may be nil. A case none of whose waits are known has none.
func Avoidable(s *eventlog.Summary, label func(uint16) string, agreed func(from, to string) bool) func(c *eventlog.Cases, i int) (int64, bool) {
	floors := make(map[[2]int]int64, len(s.Arcs))
	for i := range s.Arcs {
		arc := &s.Arcs[i]
		if arc.Wait.N > 0 && (agreed == nil || !agreed(s.Activities[arc.From], s.Activities[arc.To])) {
			floors[[2]int{int(arc.From), int(arc.To)}] = int64(arc.Wait.Quantile(avoidableFloor) + .5)
		}
	}
	activity := make(map[string]int, len(s.Activities))
	for i, a := range s.Activities {
		activity[a] = i
	}
	number := numbered(label, activity)
	return func(c *eventlog.Cases, i int) (sum int64, known bool) {
		starts := c.Starts()
		ends, begins := c.Time, starts
		if s.Working {
			if ends, begins = c.Work, c.WorkStart; begins == nil {
				begins = ends
			}
		}
		for e := int(c.Offsets[i]) + 1; e < int(c.Offsets[i+1]); e++ {
			f, ok := floors[[2]int{number(c.Activity[e-1]), number(c.Activity[e])}]
			if !ok || ends[e-1] == eventlog.NoTime || begins[e] == eventlog.NoTime || starts[e] < c.Time[e-1] {
				continue
			}
			known = true
			sum += max(0, begins[e]-ends[e-1]-f)
		}
		return sum, known
	}
}

// numbered returns what number an activity has by its code; -1 if none. Names
// are looked up once, not for every event, by whichever worker is first.
func numbered(label func(uint16) string, number map[string]int) func(uint16) int {
	known := make([]atomic.Int32, 1<<16) // number + 2; 0: not looked up
	return func(c uint16) int {
		n := known[c].Load()
		if n == 0 {
			n = 1
			if i, ok := number[label(c)]; ok {
				n = int32(i) + 2
			}
			known[c].Store(n)
		}
		return int(n) - 2
	}
}
