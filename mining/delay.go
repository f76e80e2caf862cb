package mining

import (
	"cmp"
	"math"
	"slices"

	"millrace/eventlog"
)

// A Delay says how much longer some cases take than the others, by medians. It
// says nothing of why: cases that depart may be the difficult ones.
type Delay struct {
	N, Others    int64   // cases whose duration is known
	Median, Rest float64 // µs, of those and of the others
	Difference   float64 // Median − Rest
	// Low and High are the bounds of the difference with 95 % confidence; not
	// known if either of the two has fewer than 6 cases.
	Low, High float64
	Bounded   bool
}

// Known says that there is a difference: both have a case with a duration.
func (d Delay) Known() bool { return d.N > 0 && d.Others > 0 }

// Delays compares the durations of the cases of some variants with those of
// all other cases, in O(cases) time for each call.
type Delays struct {
	took    []int64 // ascending
	variant []int32 // of each
	buffer  [2][]int64
}

// FindDelays prepares to compare the cases of f, which are of so many variants.
func FindDelays(f *Followers) *Delays {
	type one struct {
		took    int64
		variant int32
	}
	var all []one
	for v := range f.of {
		for _, x := range f.of[v] {
			if x.Took != eventlog.NoTime {
				all = append(all, one{x.Took, int32(v)})
			}
		}
	}
	slices.SortFunc(all, func(a, b one) int { return cmp.Compare(a.took, b.took) })
	d := &Delays{took: make([]int64, len(all)), variant: make([]int32, len(all))}
	for i, x := range all {
		d.took[i], d.variant[i] = x.took, x.variant
	}
	return d
}

// Of compares the cases of these variants, which are ascending, with the others.
func (d *Delays) Of(variants []int) Delay {
	with, others := d.buffer[0][:0], d.buffer[1][:0]
	marked := map[int32]bool{}
	for _, v := range variants {
		marked[int32(v)] = true
	}
	for i, t := range d.took {
		if marked[d.variant[i]] {
			with = append(with, t)
		} else {
			others = append(others, t)
		}
	}
	d.buffer = [2][]int64{with, others}
	return delay(with, others)
}

// delay compares two sorted samples. The interval of each median is between two
// order statistics (Conover, Practical Nonparametric Statistics, 3rd ed., 1999,
// section 3.2); that of the difference is made of both (Zou and Donner 2008,
// doi:10.1002/sim.3095).
func delay(with, others []int64) Delay {
	x := Delay{N: int64(len(with)), Others: int64(len(others))}
	if !x.Known() {
		return x
	}
	var a, b [2]float64
	var okA, okB bool
	x.Median, a, okA = median(with)
	x.Rest, b, okB = median(others)
	x.Difference = x.Median - x.Rest
	if x.Bounded = okA && okB; x.Bounded {
		x.Low = x.Difference - math.Hypot(x.Median-a[0], b[1]-x.Rest)
		x.High = x.Difference + math.Hypot(a[1]-x.Median, x.Rest-b[0])
	}
	return x
}

// median returns the median of a sorted sample and its bounds, if there are any.
func median(xs []int64) (m float64, bounds [2]float64, ok bool) {
	n := len(xs)
	m = (float64(xs[(n-1)/2]) + float64(xs[n/2])) / 2
	const z = 1.959963984540054
	low := int(math.Ceil(float64(n)/2 - z*math.Sqrt(float64(n))/2))
	high := int(math.Ceil(float64(n)/2 + z*math.Sqrt(float64(n))/2))
	if n < 6 || low < 1 || high > n {
		return m, bounds, false
	}
	return m, [2]float64{float64(xs[low-1]), float64(xs[high-1])}, true
}
