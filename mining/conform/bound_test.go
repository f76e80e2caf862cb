package conform

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"millrace/mining/petri"
)

// Prices are right: no move costs less than by how much it lowers their sum. So
// a bound is never more than what an alignment costs, and often as much.
func TestBoundsAreRight(t *testing.T) {
	tight, all := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		n, trace := nets().Draw(t, "net"), traces().Draw(t, "trace")
		labels, byName := number(n)
		events := make([]int32, len(byName))
		known := trace[:0]
		for _, name := range trace {
			if x, ok := byName[name]; ok {
				events[x]++
				known = append(known, name)
			}
		}
		effects := n.Index().Effects
		goal := n.Final
		if prefix := rapid.Bool().Draw(t, "prefix"); prefix {
			goal = nil
		}
		b := newBound(n, effects, labels, n.Initial, goal, events, never)
		if b == nil {
			return
		}
		for x, price := range b.event {
			if price > unit {
				t.Fatalf("event %d is worth %d of %d", x, price, unit)
			}
		}
		for i, label := range labels {
			var raised int64
			for _, a := range effects[i] {
				raised += b.place[a.Place] * int64(a.Weight)
			}
			if label < 0 && raised > 0 || label >= 0 && (raised > unit || raised+b.event[label] > 0) {
				t.Fatalf("transition %d raises the prices by %d\n%s", i, raised, n)
			}
		}
		cost := shortest(n, known, 1, 0)
		if goal == nil {
			for p, price := range b.place {
				if price < 0 {
					t.Fatalf("a token on place %d lowers the prices by %d at the end of a prefix", p, -price)
				}
			}
			cost = shortestTo(n, known, 1, 0, func(petri.Marking) bool { return true })
		}
		at := func(m petri.Marking, events []int32) int {
			sum := b.tokens(m)
			for x, k := range events {
				sum += b.event[x] * int64(k)
			}
			return int(whole(sum))
		}
		got := at(n.Initial, events)
		if got > cost {
			t.Fatalf("at least %d, but it is %d", got, cost)
		}
		if end := at(n.Final, make([]int32, len(events))); end != 0 { // of a prefix: not more either
			t.Fatalf("%d are left to pay at the end", end)
		}
		all++
		if got == cost {
			tight++
		}
	})
	if tight*3 < all {
		t.Errorf("only %d of %d bounds are tight", tight, all)
	}
}

// With 2x + 3y ≤ 12, 0 ≤ x ≤ 3 and y ≥ −9 the corners are known.
func TestMaximize(t *testing.T) {
	rows := [][]float64{{2, 3}, {1, 0}, {-1, 0}, {0, -1}}
	for _, c := range []struct {
		limit, worth, want []float64
		positive           int
	}{
		{[]float64{12, 3, 0, 9}, []float64{3, 5}, []float64{0, 4}, 0},
		{[]float64{12, 3, 0, 9}, []float64{3, 1}, []float64{3, 2}, 0},
		{[]float64{12, 3, 0, 9}, []float64{-1, -1}, []float64{0, -9}, 0},
		{[]float64{0, 0, 0, 0}, []float64{1, 1}, []float64{0, 0}, 0},
		{[]float64{12, 3, 5, 9}, []float64{-1, -1}, []float64{-5, -9}, 0},
		{[]float64{12, 3, 5, 9}, []float64{-1, -1}, []float64{0, -9}, 1},
		{[]float64{12, 3, 5, 9}, []float64{-1, -1}, []float64{0, 0}, 2},
		{[]float64{12, 3, 5, 9}, []float64{-1, 5}, []float64{0, 4}, 1},
		{[]float64{12, 3, 5, 9}, []float64{3, 5}, []float64{0, 4}, 2},
	} {
		got := maximize(rows, c.limit, c.worth, c.positive, never)
		for i := range got {
			if math.Abs(got[i]-c.want[i]) > 1e-9 {
				t.Errorf("worth %v: %v, not %v", c.worth, got, c.want)
				break
			}
		}
	}
}

// A program of many rows ends early, within its limits.
func TestMaximizeIsBounded(t *testing.T) {
	const n = 2000
	rows, ones := make([][]float64, n), make([]float64, n)
	for i := range rows {
		rows[i] = make([]float64, n)
		rows[i][i], ones[i] = 1, 1
	}
	asked := 0
	got := maximize(rows, ones, ones, n, func() bool { asked++; return false })
	if most := mostPivoted/n/n/16 + 1; asked > most {
		t.Errorf("%d times 16 steps, more than %d", asked, most)
	}
	sum := 0.0
	for _, x := range got {
		if sum += x; x < 0 || x > 1 {
			t.Fatalf("%v is not from 0 to 1", x)
		}
	}
	if sum == 0 {
		t.Error("nothing was done")
	}
}

// A net that is no state machine and would take long without bounds: ten
// independent threads that share a place, and none of its events.
func TestSearchIsGuided(t *testing.T) {
	var n petri.Net
	source, sink, shared := n.AddPlace("source"), n.AddPlace("sink"), n.AddPlace("shared")
	var begin, end []int
	for range 10 {
		p, q, r := n.AddPlace("p"), n.AddPlace("q"), n.AddPlace("r")
		for _, x := range [][2]int{{p, q}, {q, r}} {
			n.AddTransition("step", []int{x[0], shared}, []int{x[1], shared})
		}
		begin, end = append(begin, p), append(end, r)
	}
	n.AddTransition("", []int{source}, append(begin, shared))
	n.AddTransition("", append(end, shared), []int{sink})
	n.Mark([]int{source}, []int{sink})
	labels, byName := number(&n)
	if fold(&n, labels, len(byName)) != nil {
		t.Fatal("it is folded")
	}
	s := newSearch(&n, labels, 2000) // of 3^10
	if f := s.align(0, nil, func() bool { return false }); f.cost != 20 || f.least != 20 {
		t.Errorf("cost %d, at least %d", f.cost, f.least)
	}
}
