package conform

import (
	"math"

	"millrace/mining/petri"
)

// A bound says what is left to pay at least, from a marking and a multiset of
// events on.
//
// It is a solution of the dual of the marking equation's linear program, which
// is the bound of A* (Adriansyah, doi:10.6100/IR770080): a price for a token on
// each place, and one for each event by its label. Prices are right if no
// move costs less than by how much it lowers the sum of prices. Then the prices
// are a bound from every marking, by every multiset, and a consistent one; one
// solution serves all states, where others solve the program for each (van
// Dongen, doi:10.1007/978-3-319-98648-7_12, re-uses solutions where they stay
// valid). The program only says which right prices are good.
//
// Prices are integers, in parts of unit, and checked as integers: what the
// solver gets wrong by rounding makes no bound wrong, only weaker.
type bound struct {
	place []int64 // price of a token, by place
	event []int64 // by label
	fired []int64 // by transition: by how much firing it raises the prices of tokens
	base  int64   // of the goal
	wall  bool    // whatever has something to pay pays without end
}

// unit is a price of 1: prices of parts up to tenths are met exactly.
const unit = 2520

// tokens is what is left to pay from m on, in parts of unit, but for the prices
// of the events that are left.
func (b *bound) tokens(m petri.Marking) int64 {
	sum := b.base
	for p, tokens := range m {
		sum -= b.place[p] * int64(tokens)
	}
	if b.wall {
		if sum > 0 {
			return far * unit
		}
		return 0
	}
	return sum
}

// whole is a sum of prices as moves.
func whole(sum int64) int32 {
	if sum <= 0 {
		return 0
	}
	return int32(min((sum+unit-1)/unit, far))
}

// newBound makes prices that are good for m and events; nil if none are found.
// The goal is the marking to get to. Where it is nil, any will do, as for a
// prefix: then no token has a price below 0, or a bound could be above 0 at a
// goal (the marking equation with inequalities in place of equations).
// Solving ends when stop says so, with prices that are right and not so good.
func newBound(n *petri.Net, effects [][]petri.Arc, labels []int32, m, goal petri.Marking, events []int32, stop func() bool) *bound {
	places, count := len(n.Places), len(events)
	// One row a move: what it adds to the prices is at most its cost. One
	// column a price, which may be negative: its objective is what it is worth.
	var rows [][]float64
	var limit []float64
	row := func(cost float64) []float64 {
		rows, limit = append(rows, make([]float64, places+count)), append(limit, cost)
		return rows[len(rows)-1]
	}
	for t, label := range labels {
		cost := 0.0
		if label >= 0 {
			cost = 1
			both := row(0) // a synchronous move
			for _, a := range effects[t] {
				both[a.Place] = float64(a.Weight)
			}
			both[places+int(label)] = 1
		}
		alone := row(cost)
		for _, a := range effects[t] {
			alone[a.Place] = float64(a.Weight)
		}
	}
	worth := make([]float64, places+count)
	positive := places
	if goal != nil {
		positive = 0
	}
	for p := range places {
		if worth[p] = float64(-m[p]); goal != nil {
			worth[p] = float64(goal[p] - m[p])
		}
	}
	for x, k := range events {
		worth[places+x] = float64(k)
		row(1)[places+x] = 1 // a move in the log
	}
	prices := maximize(rows, limit, worth, positive, stop)
	b := &bound{place: make([]int64, places), event: make([]int64, count), fired: make([]int64, len(labels))}
	for p := range places {
		b.place[p] = int64(math.Round(prices[p] * unit))
		if goal == nil {
			b.place[p] = max(b.place[p], 0)
		} else {
			b.base += b.place[p] * int64(goal[p])
		}
	}
	for x := range b.event {
		b.event[x] = unit // as high as the moves in the log allow
	}
	for t, label := range labels {
		for _, a := range effects[t] {
			b.fired[t] += b.place[a.Place] * int64(a.Weight)
		}
		if label < 0 && b.fired[t] > 0 || b.fired[t] > unit {
			return nil
		}
		if label >= 0 {
			b.event[label] = min(b.event[label], -b.fired[t])
		}
	}
	return b
}

// newWall makes prices that show that the final marking cannot be reached from
// m, nor from others like it: no move lowers the sum of prices (of tokens, here:
// what is left of it), and from m on it would have to. It is nil if there are
// none, which says nothing: the marking equation has a solution then.
func newWall(n *petri.Net, effects [][]petri.Arc, m petri.Marking, stop func() bool) *bound {
	places := len(n.Places)
	var rows [][]float64
	var limit []float64
	for t, effect := range effects {
		row := make([]float64, places)
		for _, a := range effect {
			row[a.Place] = float64(a.Weight)
		}
		// A little more than 0, and each its own, or the simplex method would
		// turn around in one corner; rounding takes it away again.
		rows, limit = append(rows, row), append(limit, 1e-6*float64(t+1)/float64(len(effects)))
	}
	worth := make([]float64, places)
	for p := range places {
		worth[p] = float64(n.Final[p] - m[p])
		for _, side := range []float64{1, -1} {
			row := make([]float64, places)
			row[p] = side
			rows, limit = append(rows, row), append(limit, 1)
		}
	}
	prices := maximize(rows, limit, worth, 0, stop)
	b := &bound{place: make([]int64, places), wall: true}
	for p := range places {
		b.place[p] = int64(math.Round(prices[p] * unit))
		b.base += b.place[p] * int64(n.Final[p])
	}
	for _, effect := range effects {
		raised := int64(0)
		for _, a := range effect {
			raised += b.place[a.Place] * int64(a.Weight)
		}
		if raised > 0 {
			return nil
		}
	}
	if b.tokens(m) == 0 {
		return nil
	}
	return b
}

// mostPivoted bounds the numbers of tableaus that one program changes, some 1 s of work. A
// net of 100 places and 200 transitions has 40,000 in one, and takes some 200 of them;
// one of 300 activities that all follow one another has 16 million.
const mostPivoted = 1 << 30

// maximize returns values for which Σ worth·value is large, with rows·value ≤
// limit, all limits being ≥ 0, and the first values being so too, as many as
// positive says: the simplex method on a dense tableau, beginning
// with zeroes. Each step keeps to the limits but for rounding, so it may end
// early, and it does if there is no largest sum, after [mostPivoted] numbers, or if
// stop says so.
func maximize(rows [][]float64, limit, worth []float64, positive int, stop func() bool) []float64 {
	const small = 1e-9
	m, n := len(rows), len(worth)
	// A value that may be negative is the difference of two that may not; the
	// second is the first negated, so its column need not be kept: what is kept
	// is which of the two, and the slacks, are in which row and column.
	t := make([][]float64, m+1)
	for i := range rows {
		t[i] = append(append(make([]float64, 0, n+1), rows[i]...), limit[i])
	}
	t[m] = append(append(make([]float64, 0, n+1), worth...), 0)
	column, basic := make([]int, n), make([]int, m) // values are 0 to n-1, slacks from n
	for j := range column {
		column[j] = j
	}
	for i := range basic {
		basic[i] = n + i
	}
	free := func(v int) bool { return v >= positive && v < n }
	still := 0 // steps that changed nothing
	for i := range min(50*(m+n), mostPivoted/((m+1)*(n+1))+1) {
		if i%16 == 15 && stop() {
			break
		}
		// Which column enters: the best, or the first one if it does not move on.
		enter, best := -1, small
		for j, v := range column {
			gain := t[m][j]
			if free(v) {
				gain = math.Abs(gain)
			}
			if gain > best && (still < 20 || enter < 0 || v < column[enter]) {
				enter = j
				if still < 20 {
					best = gain
				}
			}
		}
		if enter < 0 {
			break
		}
		sign := 1.0
		if t[m][enter] < 0 { // a free value that goes down
			sign = -1
		}
		leave, step := -1, math.Inf(1)
		for i, v := range basic {
			if free(v) { // never leaves
				continue
			}
			if a := t[i][enter] * sign; a > small {
				if s := max(t[i][n], 0) / a; s < step-small || s < step+small && (leave < 0 || v < basic[leave]) {
					leave, step = i, min(s, step)
				}
			}
		}
		if leave < 0 {
			break // without end
		}
		if step > small {
			still = 0
		} else {
			still++
		}
		pivot(t, leave, enter)
		basic[leave], column[enter] = column[enter], basic[leave]
	}
	values := make([]float64, n)
	for i, v := range basic {
		if v < n {
			values[v] = t[i][n]
		}
	}
	return values
}

// pivot exchanges a row and a column of the tableau.
func pivot(t [][]float64, r, c int) {
	row := t[r]
	p := 1 / row[c]
	for j := range row {
		row[j] *= p
	}
	row[c] = p
	for i, other := range t {
		f := other[c]
		if i == r || f == 0 {
			continue
		}
		for j, x := range row {
			other[j] -= float64(f * x)
		}
		other[c] = -f * p
	}
}
