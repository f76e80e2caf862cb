package layout

import (
	"math"
	"slices"

	"millrace/mining"
	"millrace/reports/figure"
)

// classes is the number of colours for waiting times and for frequencies.
const classes = 5

// widths is the number of line widths.
const widths = 10

// A Scale says what colours and widths mean, the same for all levels of a map.
type Scale struct {
	// Waits are the median waits, in microseconds, from which on a path has
	// the next darker colour. They are round, and increase.
	Waits [classes - 1]float64

	count float64 // of the most frequent edge
	wait  float64 // of the edge with most waiting in all, µs
	timed bool
}

// roundWaits are the durations a reader can compare with, in microseconds.
var roundWaits = []float64{
	figure.Second, 5 * figure.Second, 15 * figure.Second, 30 * figure.Second,
	figure.Minute, 2 * figure.Minute, 5 * figure.Minute, 15 * figure.Minute, 30 * figure.Minute,
	figure.Hour, 2 * figure.Hour, 4 * figure.Hour, 8 * figure.Hour, 16 * figure.Hour,
	figure.Day, 2 * figure.Day, 3 * figure.Day, 5 * figure.Day, 7 * figure.Day, 10 * figure.Day, 14 * figure.Day,
	21 * figure.Day, 30 * figure.Day, 45 * figure.Day, 60 * figure.Day, 90 * figure.Day, 180 * figure.Day, 365 * figure.Day,
	730 * figure.Day, 1460 * figure.Day, 3650 * figure.Day, 7300 * figure.Day, 36500 * figure.Day,
}

// NewScale finds a scale for levels: four round durations that part their
// median waits into a large lowest class and ever smaller ones, so that the
// darkest colours are rare.
func NewScale(levels ...*mining.Graph) *Scale {
	s := &Scale{count: 1, wait: 1}
	var medians []float64
	for _, g := range levels {
		for _, e := range g.Edges {
			s.count = max(s.count, float64(e.Count))
			if e.Wait != nil && e.Wait.N > 0 {
				if m := e.Wait.Quantile(.5); m >= figure.Second { // what happens in one go is no wait to compare
					medians = append(medians, m)
				}
				s.wait = max(s.wait, e.Wait.Total())
				s.timed = s.timed || e.Wait.Max > 0
			}
		}
		for _, t := range slices.Concat(g.Start, g.End) {
			s.count = max(s.count, float64(t.Cases))
		}
	}
	slices.Sort(medians)
	at := 0
	for i, q := range []float64{.35, .6, .8, .93} {
		want := 0.0
		if len(medians) > 0 {
			want = medians[int(q*float64(len(medians)-1))]
		}
		// the round duration next to the quantile, that leaves room for the larger ones
		for at < len(roundWaits)-classes+1+i && roundWaits[at] < want {
			at++
		}
		s.Waits[i] = roundWaits[at]
		at++
	}
	return s
}

// Timed says that the levels have any waiting times.
func (s *Scale) Timed() bool { return s.timed }

// waitClass returns the colour of a median wait.
func (s *Scale) waitClass(median float64) int {
	class := 0
	for class < len(s.Waits) && median >= s.Waits[class] {
		class++
	}
	return class
}

// countClass returns the colour of a count out of the largest.
func countClass(count, largest float64) int {
	return min(classes-1, int(math.Sqrt(count/max(largest, 1))*classes))
}

// widthClass returns the line width of a part of a whole.
func widthClass(part, whole float64) int {
	if whole <= 0 {
		return 0
	}
	return min(widths-1, int(math.Sqrt(min(part/whole, 1))*widths))
}

// strokeWidth is the width of a line of a class, in pixels; map.css has the same.
func strokeWidth(class int) float64 { return 1.6 + 0.85*float64(class) }
