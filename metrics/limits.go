package metrics

import (
	"math"
	"slices"
)

// ControlLimits are between what values a process that does not change moves:
// mean ± 3.145 times the median difference of neighbours, the chart of individuals
// and moving ranges (Shewhart 1931) with the median in place of the mean, so that
// one month of its own does not widen the limits that it is judged by (Wheeler,
// Understanding Statistical Process Control, 3rd ed., 2010; the factor is
// 3/0.954). What is outside has most likely a cause of its own.
type ControlLimits struct{ Mean, Low, High float64 }

// fewestForLimits is how many values make limits that mean something.
const fewestForLimits = 8

// Limits makes the limits of values in the order of their times; NaN is one that
// is not there. ok is false where there are fewer than eight. Limits of shares
// (and of what else cannot be negative) end at floor and ceiling.
func Limits(values []float64, floor, ceiling float64) (l ControlLimits, ok bool) {
	var known []float64
	for _, v := range values {
		if !math.IsNaN(v) {
			known = append(known, v)
		}
	}
	if len(known) < fewestForLimits {
		nan := math.NaN()
		return ControlLimits{nan, nan, nan}, false
	}
	sum := 0.0
	var moves []float64
	for i, v := range known {
		sum += v
		if i > 0 {
			moves = append(moves, math.Abs(v-known[i-1]))
		}
	}
	l.Mean = sum / float64(len(known))
	slices.Sort(moves)
	middle := (moves[(len(moves)-1)/2] + moves[len(moves)/2]) / 2
	reach := 3.145 * middle
	l.Low, l.High = max(floor, l.Mean-reach), min(ceiling, l.Mean+reach)
	return l, true
}

// Outside says that v has most likely a cause of its own.
func (l ControlLimits) Outside(v float64) bool { return v < l.Low || v > l.High }
