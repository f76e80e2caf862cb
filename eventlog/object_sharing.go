package eventlog

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
)

// A sharing says what the objects of one type have in common: which of their
// events, and of their steps, was met at an earlier object already. So that
// what they have together is counted without looking for it again: whatever is
// first somewhere is one.
//
// nil stands for objects that have nothing in common: everything is first.
type sharing struct {
	first [][]uint8 // of each batch of the log, of each of its events
}

const (
	firstEvent  uint8 = 1 << iota // no object before has the event
	firstStart                    // no object before begins with it; said where the object begins
	firstEnd                      // no object before ends with it; said where the object ends
	firstCouple                   // of the objects that go from the event before to this one, this takes the least time
)

// sharingRange is how many events are looked at together, at least.
const sharingRange = 1 << 20

// findSharing finds out what the objects of l, of which nothing may have been
// left out, have in common. It takes a byte an event of each object, 3 bits an
// event, and 24 bytes a shared step of a range of events: so many of them, or
// a sixteenth of all.
func findSharing(ctx context.Context, l *Log, events int64) (*sharing, error) {
	last := l.lastEvent()
	seen, shared := newEventSet(last), newEventSet(last)
	s, any := &sharing{first: make([][]uint8, len(l.batches))}, false
	for n, c := range l.batches {
		s.first[n] = make([]uint8, len(c.Event))
		for e, event := range c.Event {
			if seen.add(event) {
				s.first[n][e] = firstEvent
			} else {
				shared.add(event)
				any = true
			}
		}
	}
	if !any {
		return nil, ctx.Err()
	}
	s.ends(l, firstStart, last, func(lo, _ int32) int32 { return lo })
	s.ends(l, firstEnd, last, func(_, hi int32) int32 { return hi - 1 })

	width := max(events, last/16+1)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for from := int64(0); from <= last; from += width {
		g.Go(func() error {
			s.couples(l, shared, from, from+width)
			return ctx.Err()
		})
	}
	return s, g.Wait()
}

// ends marks where each object begins, or ends.
func (s *sharing) ends(l *Log, bit uint8, last int64, at func(lo, hi int32) int32) {
	met := newEventSet(last)
	for n, c := range l.batches {
		for i := range c.Case {
			if lo, hi := c.Offsets[i], c.Offsets[i+1]; lo < hi && met.add(c.Event[at(lo, hi)]) {
				s.first[n][at(lo, hi)] |= bit
			}
		}
	}
}

// A sharedStep is a step of an object between two events that others have too.
type sharedStep struct {
	before  int64
	wait    int64 // NoTime sorts as the longest: see couples
	n, step int32 // batch, and event in it
}

// couples marks the steps to events whose numbers are in a range. Only where
// both events are shared can two objects take the same step.
func (s *sharing) couples(l *Log, shared eventSet, from, to int64) {
	each := func(do func(n int, c *Cases, e int32)) {
		for n, c := range l.batches {
			for i := range c.Case {
				for e := c.Offsets[i] + 1; e < c.Offsets[i+1]; e++ {
					if event := c.Event[e]; event >= from && event < to {
						do(n, c, e)
					}
				}
			}
		}
	}
	ends := make([]int32, to-from) // of the steps to each event
	each(func(n int, c *Cases, e int32) {
		if shared.has(c.Event[e]) && shared.has(c.Event[e-1]) {
			ends[c.Event[e]-from]++
		} else {
			s.first[n][e] |= firstCouple
		}
	})
	all := int32(0)
	for i, n := range ends {
		ends[i] = all
		all += n
	}
	steps := make([]sharedStep, all)
	each(func(n int, c *Cases, e int32) {
		if !shared.has(c.Event[e]) || !shared.has(c.Event[e-1]) {
			return
		}
		wait, begin, end := int64(math.MaxInt64), c.Starts()[e], c.Time[e-1]
		if begin != NoTime && end != NoTime {
			wait = begin - end
		}
		at := &ends[c.Event[e]-from]
		steps[*at] = sharedStep{before: c.Event[e-1], wait: wait, n: int32(n), step: e}
		*at++
	})
	begin := int32(0)
	for _, end := range ends {
		group := steps[begin:end]
		begin = end
		// Objects may see the same two events at different distances, where one
		// is known to the day only: the least counts.
		slices.SortFunc(group, func(x, y sharedStep) int {
			return cmp.Or(cmp.Compare(x.before, y.before), cmp.Compare(x.wait, y.wait), cmp.Compare(x.n, y.n), cmp.Compare(x.step, y.step))
		})
		for i, x := range group {
			if i == 0 || group[i-1].before != x.before {
				s.first[x.n][x.step] |= firstCouple
			}
		}
	}
}
