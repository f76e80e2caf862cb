package metrics

import (
	"math"
	"slices"
)

// An Interval is where the figure would lie in 95 of 100 samples like this
// one; NaN where it is not known. For a rate it is Wilson's (1927,
// doi:10.1080/01621459.1927.10502953), for a quantile two of the values
// themselves (Conover 1999, section 3.2), for a ratio of sums the one of
// Cochran (Sampling Techniques, 3rd ed., 1977, section 2.11).
type Interval struct{ Low, High float64 }

// Known says that there is an interval.
func (i Interval) Known() bool { return !math.IsNaN(i.Low) && !math.IsNaN(i.High) }

// z is the 97.5% quantile of the normal distribution.
const z = 1.959964

// bounds are the two of the measures of n objects, in no order, that bound the
// interval of a quantile, as statement.bounds writes it. DuckDB would take four
// times as long to sort them.
func bounds(measures []any, q float64) (low, high int64) {
	sorted := make([]int64, len(measures))
	for i, m := range measures {
		sorted[i] = m.(int64)
	}
	slices.Sort(sorted)
	n := float64(len(sorted))
	rank := func(sign float64) int {
		return int(max(1, min(n, math.Ceil(n*q+sign*z*math.Sqrt(n*q*(1-q)))))) - 1
	}
	return sorted[rank(-1)], sorted[rank(+1)]
}

// wilson is the interval of a rate.
func wilson(hits, n int64) Interval {
	if n == 0 {
		return Interval{math.NaN(), math.NaN()}
	}
	p, m := float64(hits)/float64(n), float64(n)
	centre := p + z*z/(2*m)
	half := z * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return Interval{max(0, (centre-half)/(1+z*z/m)), min(1, (centre+half)/(1+z*z/m))}
}

// cochran is the interval of a ratio of the sums of y and x over n objects,
// given the sums of y², xy and x².
func cochran(y, x, yy, xy, xx float64, n int64) Interval {
	if n < 2 || x == 0 {
		return Interval{math.NaN(), math.NaN()}
	}
	r := y / x
	residual := max(0, yy-2*r*xy+r*r*xx)
	half := z * math.Sqrt(float64(n)/float64(n-1)*residual) / math.Abs(x)
	// Squares are summed rounded to a ten-thousandth: no more digits than that is worth.
	return Interval{digits(r - half), digits(r + half)}
}

// digits rounds to six significant digits.
func digits(x float64) float64 {
	if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		return x
	}
	scale := math.Pow(10, 5-math.Floor(math.Log10(math.Abs(x))))
	return math.Round(x*scale) / scale
}
