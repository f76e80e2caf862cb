package layout

import (
	"maps"
	"math"
	"slices"

	"millrace/eventlog"
	"millrace/mining"
	"millrace/reports/figure"
)

// classes is the number of colours for waiting times and for frequencies.
const classes = 5

// widths is the number of line widths.
const widths = 10

// A Layer is one of the graphs that share a scale.
type Layer struct {
	Graph *mining.Graph
	Facts
}

// A Scale says what colours and widths mean, the same for all levels of a map.
type Scale struct {
	// Waits are the waits, in microseconds, from which on a path has the next
	// darker colour, Work those in working time. They are round, and increase.
	Waits, Work [classes - 1]float64
	// Currency is the one in which the value waiting is drawn: the one most
	// paths have a value in. "" if there is none.
	Currency string
	Others   []string // the other currencies, which the words tell

	count        float64 // of the most frequent edge
	wait, work   float64 // of the edge with most waiting in all, µs
	value        int64   // that stands at the most valuable edge
	timed, works bool
	agreed       bool
	automatic    bool
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
// darkest colours are rare. Agreed waits have no part in it.
func NewScale(levels ...Layer) *Scale {
	s := &Scale{count: 1, wait: 1, work: 1}
	var waits, work []float64
	currencies := map[string]int{}
	add := func(medians *[]float64, most *float64, d *eventlog.Durations) {
		if d == nil || d.N == 0 {
			return
		}
		if m := d.Quantile(.5); m >= figure.Second { // what happens in one go is no wait to compare
			*medians = append(*medians, m)
		}
		*most = max(*most, d.Total())
	}
	for _, l := range levels {
		working := l.waits()
		s.automatic = s.automatic || len(l.Automatic) > 0
		for _, e := range l.Graph.Edges {
			s.count = max(s.count, float64(e.Count))
			s.timed = s.timed || e.Wait != nil && e.Wait.N > 0 && e.Wait.Max > 0
			if l.agreed(e.From, e.To) {
				s.agreed = true
				continue
			}
			add(&waits, &s.wait, e.Wait)
			if d := working[[2]string{e.From, e.To}]; d != nil && d.N > 0 {
				s.works = true
				add(&work, &s.work, d)
			}
			for _, m := range l.Value[[2]string{e.From, e.To}] {
				currencies[m.Currency]++
			}
		}
		for _, t := range slices.Concat(l.Graph.Start, l.Graph.End) {
			s.count = max(s.count, float64(t.Cases))
		}
	}
	s.Waits, s.Work = thresholds(waits), thresholds(work)
	for _, c := range slices.Sorted(maps.Keys(currencies)) {
		if s.Currency == "" || currencies[c] > currencies[s.Currency] {
			s.Currency = c
		}
	}
	for _, c := range slices.Sorted(maps.Keys(currencies)) {
		if c != s.Currency {
			s.Others = append(s.Others, c)
		}
	}
	for _, l := range levels {
		for k, money := range l.Value {
			for _, m := range money {
				if m.Currency == s.Currency && !l.agreed(k[0], k[1]) {
					s.value = max(s.value, m.Amount)
				}
			}
		}
	}
	return s
}

// thresholds parts medians by four round durations.
func thresholds(medians []float64) (at4 [classes - 1]float64) {
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
		at4[i] = roundWaits[at]
		at++
	}
	return at4
}

// Timed says that the levels have any waiting times.
func (s *Scale) Timed() bool { return s.timed }

// Has says that the levels have what a mode tells.
func (s *Scale) Has(m Mode) bool {
	switch m {
	case Waiting, Slow:
		return s.timed
	case Working:
		return s.works
	case Value:
		return s.value > 0
	}
	return true
}

// Agreed says that some path of the levels is an agreed wait, Automatic that
// it is known who does some activity.
func (s *Scale) Agreed() bool    { return s.agreed }
func (s *Scale) Automatic() bool { return s.automatic }

// waitClass returns the colour of a wait.
func waitClass(us float64, thresholds [classes - 1]float64) int {
	class := 0
	for class < len(thresholds) && us >= thresholds[class] {
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
