package metrics

import (
	"fmt"
	"math"
	"slices"
)

// A Part is what one value of a dimension has to do with a change. Its Delta is
// in the figure's unit.
type Part struct {
	By []Label // of what; none for Mix
	// Mix is the part of the change that comes of more or fewer objects in the
	// groups, and of none of them having become another.
	Mix         bool
	Before, Now float64 // mean or rate of the part in each period; NaN where it has no objects
	Weight      float64 // mean share of the objects that the part's group has
	Delta       float64
}

// Contribute says what the change of a mean or rate from before to now comes
// of, for values of one figure asked by dimensions: of each group what it became
// itself, weighted with how many objects it has, and of the mix of the groups.
// within names a dimension whose parts add up in each group, as the segments of
// a way; "" if there is none. Durations are taken by their means, since medians
// do not add up.
//
// It is the decomposition of Kitagawa (1955, doi:10.1080/01621459.1955.10501299),
// with nothing left over:
//
// Law: the sum of all parts is total, now − before of all groups together.
//
// total is NaN, and there are no parts, where one of the periods has no objects.
// The parts are in the order of the size of Delta.
func Contribute(before, now []Value, within string) (parts []Part, total float64) {
	type cell struct {
		by []Label
		x  [2]float64
	}
	type group struct {
		w     [2]float64
		cells []*cell
	}
	groups, cells := map[string]*group{}, map[string]*cell{}
	var names []string
	var all [2]float64
	for t, list := range [2][]Value{before, now} {
		for _, v := range list {
			x, w := v.mean()
			if math.IsNaN(x) || w == 0 {
				continue
			}
			outer := slices.DeleteFunc(slices.Clone(v.By), func(l Label) bool { return l.Dimension == within })
			name := fmt.Sprintf("%q", outer)
			g := groups[name]
			if g == nil {
				g = &group{}
				groups[name] = g
				names = append(names, name)
			}
			if g.w[t] == 0 {
				g.w[t] = w
				all[t] += w
			}
			id := fmt.Sprintf("%q", v.By)
			c := cells[id]
			if c == nil {
				c = &cell{by: v.By, x: [2]float64{math.NaN(), math.NaN()}}
				cells[id] = c
				g.cells = append(g.cells, c)
			}
			c.x[t] = x
		}
	}
	if all[0] == 0 || all[1] == 0 {
		return nil, math.NaN()
	}
	slices.Sort(names)
	mix := Part{Mix: true, Before: math.NaN(), Now: math.NaN()}
	var sums [2]float64
	for _, name := range names {
		g := groups[name]
		w := [2]float64{g.w[0] / all[0], g.w[1] / all[1]}
		middle := 0.0
		for _, c := range g.cells {
			p := Part{By: c.by, Before: c.x[0], Now: c.x[1], Weight: (w[0] + w[1]) / 2}
			x := c.x
			for t := range x {
				if math.IsNaN(x[t]) {
					if x[t] = 0; w[t] == 0 { // the group is not there: it is a matter of the mix
						x[t] = x[1-t]
					}
				}
				sums[t] += w[t] * x[t]
			}
			p.Delta = p.Weight * (x[1] - x[0])
			middle += (x[0] + x[1]) / 2
			parts = append(parts, p)
		}
		mix.Delta += (w[1] - w[0]) * middle
	}
	if len(names) > 1 {
		parts = append(parts, mix)
	}
	slices.SortStableFunc(parts, func(a, b Part) int {
		switch x, y := math.Abs(a.Delta), math.Abs(b.Delta); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	return parts, sums[1] - sums[0]
}

// mean is the mean or rate that v is of, and of how much.
func (v Value) mean() (x, weight float64) {
	switch v.KPI.Kind {
	case DurationKind:
		return v.Mean, float64(v.Used)
	case RateKind, RatioKind:
		return v.V, v.Denominator
	}
	return math.NaN(), 0
}
