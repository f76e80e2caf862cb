package eventlog

import (
	"fmt"
	"math/bits"
	"slices"
	"time"
)

// Durations is a distribution of durations in microseconds.
//
// It keeps counts in buckets of at most 1/64 of an octave, so a quantile is
// wrong by at most 0.8 % of its value; the smallest and the largest duration,
// the number and the sum are exact. A Durations made to be exact (see
// [SummaryOptions]) keeps every value instead.
//
// It is a commutative monoid under Merge: in whatever order durations are
// added and merged, the result is the same.
type Durations struct {
	N        int64 // durations that are not negative
	Min, Max int64 // of those; 0 if there are none

	// Overlaps counts negative durations, where the next step began before
	// this one ended. They are in no other figure.
	Overlaps int64
	// Missing counts steps one end of which has no time.
	Missing int64

	sum, overlapSum sum128
	few             []uint16              // buckets of the first durations, until there are more than fewBuckets
	octaves         *[octaves]*[64]uint64 // then counts, by octave
	exact           []int64               // in place of both, if exact
	keep            bool
}

const (
	fewBuckets = 32
	octaves    = 58 // of a duration below 2^63 µs
)

// bucket returns the number of the bucket of u: the same integers as in every
// SQL dialect this is pushed down to.
func bucket(u uint64) int {
	if u < 64 {
		return int(u)
	}
	n := bits.Len64(u)
	return (n-6)<<6 + int(u>>(n-7)&63)
}

// midpoint returns the middle of bucket b.
func midpoint(b int) float64 {
	if b < 128 {
		return float64(b)
	}
	shift := b>>6 - 1
	return float64(uint64(64+b&63)<<shift) + float64(uint64(1)<<shift-1)/2
}

// Add counts one duration of d microseconds.
func (h *Durations) Add(d int64) {
	if d < 0 {
		h.Overlaps++
		h.overlapSum.add(uint64(-d))
		return
	}
	h.measure(d)
	switch {
	case h.keep:
		h.exact = append(h.exact, d)
	case h.octaves != nil:
		h.count(bucket(uint64(d)), 1)
	case len(h.few) < fewBuckets:
		h.few = append(h.few, uint16(bucket(uint64(d))))
	default:
		h.spread()
		h.count(bucket(uint64(d)), 1)
	}
}

// measure counts a duration in all but the distribution.
func (h *Durations) measure(d int64) {
	if h.N == 0 || d < h.Min {
		h.Min = d
	}
	if d > h.Max {
		h.Max = d
	}
	h.N++
	h.sum.add(uint64(d))
}

// Merge adds all of o to h.
func (h *Durations) Merge(o *Durations) {
	if o.N > 0 {
		if h.N == 0 || o.Min < h.Min {
			h.Min = o.Min
		}
		h.Max = max(h.Max, o.Max)
	}
	h.N += o.N
	h.Overlaps += o.Overlaps
	h.Missing += o.Missing
	h.sum.addSum(o.sum)
	h.overlapSum.addSum(o.overlapSum)
	if h.keep != o.keep { // exact as long as both are
		h.forget()
	}
	if h.keep {
		h.exact = append(h.exact, o.exact...)
	} else {
		for _, d := range o.exact {
			h.spread()
			h.count(bucket(uint64(d)), 1)
		}
	}
	if h.octaves == nil && (o.octaves != nil || len(h.few)+len(o.few) > fewBuckets) {
		h.spread()
	}
	for _, b := range o.few {
		if h.octaves != nil {
			h.count(int(b), 1)
		} else {
			h.few = append(h.few, b)
		}
	}
	if o.octaves != nil {
		for i, oct := range o.octaves {
			if oct == nil {
				continue
			}
			for j, n := range oct {
				if n > 0 {
					h.count(i<<6+j, n)
				}
			}
		}
	}
}

func (h *Durations) count(b int, n uint64) {
	oct := h.octaves[b>>6]
	if oct == nil {
		oct = new([64]uint64)
		h.octaves[b>>6] = oct
	}
	oct[b&63] += n
}

// spread turns the first buckets into counts.
func (h *Durations) spread() {
	if h.octaves != nil {
		return
	}
	h.octaves = new([octaves]*[64]uint64)
	for _, b := range h.few {
		h.count(int(b), 1)
	}
	h.few = nil
}

// forget turns exact values into counts.
func (h *Durations) forget() {
	if !h.keep {
		return
	}
	exact := h.exact
	h.keep, h.exact = false, nil
	for _, d := range exact {
		h.spread()
		h.count(bucket(uint64(d)), 1)
	}
}

// seal makes h ready to be read by many at once.
func (h *Durations) seal() {
	slices.Sort(h.exact)
	slices.Sort(h.few)
}

// Total returns the sum of the durations in microseconds.
func (h *Durations) Total() float64 { return h.sum.float() }

// OverlapTotal returns the sum of the overlaps in microseconds, as a positive number.
func (h *Durations) OverlapTotal() float64 { return h.overlapSum.float() }

// Mean returns the mean in microseconds, 0 if there are no durations.
func (h *Durations) Mean() float64 {
	if h.N == 0 {
		return 0
	}
	return h.sum.float() / float64(h.N)
}

// Quantile returns the q-quantile (0 ≤ q ≤ 1) in microseconds, 0 if there are
// no durations. It interpolates linearly between the two neighbouring ranks
// (Hyndman & Fan 1996, definition 7, doi:10.1080/00031305.1996.10473566), each
// at the middle of its bucket; the first and the last rank are exact.
func (h *Durations) Quantile(q float64) float64 {
	if h.N == 0 {
		return 0
	}
	at := q * float64(h.N-1)
	lo := int64(at)
	v := h.rank(lo)
	if frac := at - float64(lo); frac > 0 {
		v += float64(frac * (h.rank(lo+1) - v)) // the conversion keeps arm64 from fusing: same bytes everywhere
	}
	return v
}

// rank returns the duration of 0-based rank k.
func (h *Durations) rank(k int64) float64 {
	switch {
	case k <= 0:
		return float64(h.Min)
	case k >= h.N-1:
		return float64(h.Max)
	case h.keep:
		if !slices.IsSorted(h.exact) { // not sealed: still in the making
			return float64(slices.Sorted(slices.Values(h.exact))[k])
		}
		return float64(h.exact[k])
	case h.octaves == nil:
		few := h.few
		if !slices.IsSorted(few) {
			few = slices.Sorted(slices.Values(few))
		}
		return h.within(midpoint(int(few[k])))
	}
	for i, oct := range h.octaves {
		if oct == nil {
			continue
		}
		for j, n := range oct {
			if k -= int64(n); k < 0 {
				return h.within(midpoint(i<<6 + j))
			}
		}
	}
	return float64(h.Max)
}

func (h *Durations) within(v float64) float64 {
	return min(max(v, float64(h.Min)), float64(h.Max))
}

func (h *Durations) String() string {
	if h.N == 0 {
		return "none"
	}
	round := func(us float64) time.Duration { return (time.Duration(us) * time.Microsecond).Round(time.Second) }
	return fmt.Sprintf("n %d, median %v, p95 %v", h.N, round(h.Quantile(.5)), round(h.Quantile(.95)))
}

// A sum128 is an unsigned sum that 100 million durations of years do not overflow.
type sum128 struct{ hi, lo uint64 }

func (s *sum128) add(x uint64) {
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, x, 0)
	s.hi += carry
}

func (s *sum128) addSum(o sum128) {
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, o.lo, 0)
	s.hi += o.hi + carry
}

func (s sum128) float() float64 { return float64(s.hi)*(1<<64) + float64(s.lo) }
