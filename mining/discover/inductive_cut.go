package discover

import (
	"cmp"
	"math"
	"slices"

	"millrace/mining/tree"
)

// A graph is a directly-follows graph of activities 0 to n-1.
type graph struct {
	n          int
	count      []int64 // of each edge: n·from + to
	start, end []int64 // cases that start and end with each activity
	gone       int     // an activity that is left out, or noActivity
}

const noActivity = -1

func newGraph(n int) *graph {
	return &graph{n: n, count: make([]int64, n*n), start: make([]int64, n), end: make([]int64, n), gone: noActivity}
}

// graph counts the directly-follows graph of l, as if one activity did not occur.
func (l *log) graph(without int) *graph {
	g := newGraph(len(l.names))
	g.gone = without
	for _, t := range l.traces {
		last := noActivity
		for _, a := range t.path {
			a := int(a)
			if a == without {
				continue
			}
			if last == noActivity {
				g.start[a] += t.cases
			} else {
				g.count[last*g.n+a] += t.cases
			}
			last = a
		}
		if last != noActivity {
			g.end[last] += t.cases
		}
	}
	return g
}

func (g *graph) edge(a, b int) bool { return g.count[a*g.n+b] > 0 }

// nodes returns the activities that are not left out.
func (g *graph) nodes() []int {
	out := make([]int, 0, g.n)
	for a := range g.n {
		if a != g.gone {
			out = append(out, a)
		}
	}
	return out
}

// without returns g without infrequent edges: those that are no more frequent
// than a share of the most frequent way on from the same activity, of which
// ending is one; and without starts that are less frequent than that share of
// the most frequent start. The most frequent ones always stay.
func (g *graph) without(noise float64) *graph {
	f := newGraph(g.n)
	copy(f.end, g.end)
	first := slices.Max(g.start)
	for a := range g.n {
		if float64(g.start[a]) >= noise*float64(first) {
			f.start[a] = g.start[a]
		}
		row := g.count[a*g.n : (a+1)*g.n]
		most := max(slices.Max(row), g.end[a])
		for b, n := range row {
			if n > 0 && (n == most || float64(n) > noise*float64(most)) {
				f.count[a*g.n+b] = n
			}
		}
	}
	return f
}

// A cut divides activities into groups, at least two, under an operator.
type cut struct {
	op     tree.Operator
	groups [][]int     // each ascending
	order  []tree.Pair // of groups, of a partial order
}

// cut returns the first cut there is, in the order of the paper, or nil.
func (g *graph) cut() *cut {
	for _, find := range []struct {
		op     tree.Operator
		groups func() [][]int
	}{
		{tree.Choice, g.choice},
		{tree.Sequence, g.sequence},
		{tree.Parallel, g.parallel},
		{tree.Loop, g.loop},
	} {
		if groups := find.groups(); len(groups) > 1 {
			for _, x := range groups {
				slices.Sort(x)
			}
			return &cut{op: find.op, groups: groups}
		}
	}
	return nil
}

// components divides nodes into the components of a relation that is taken to
// be symmetric. Components are ordered by their least node.
func components(nodes []int, related func(a, b int) bool) [][]int {
	var out [][]int
	left := slices.Clone(nodes)
	for len(left) > 0 {
		group := []int{left[0]}
		left = left[1:]
		for i := 0; i < len(group); i++ {
			rest := left[:0]
			for _, b := range left {
				if related(group[i], b) || related(b, group[i]) {
					group = append(group, b)
				} else {
					rest = append(rest, b)
				}
			}
			left = rest
		}
		out = append(out, group)
	}
	return out
}

// choice: the connected components (thesis, §6.1.1, function XorCut).
func (g *graph) choice() [][]int { return components(g.nodes(), g.edge) }

// sequence: groups of which each is reached from those before it and reaches
// none of them (function SequenceCut); then groups that can only be skipped
// together become one (function StrictSequenceCut, p. 233).
func (g *graph) sequence() [][]int {
	nodes := g.nodes()
	reach := g.closure()
	reaches := func(a, b int) bool { return reach[a][b>>6]>>(b&63)&1 == 1 }
	// Steps 1 to 3: who reach each other, or do not either way, are together.
	groups := components(nodes, func(a, b int) bool { return reaches(a, b) == reaches(b, a) })
	if len(groups) < 2 {
		return nil
	}
	// Step 4: in the order of reachability.
	before := make([]int, g.n)
	for _, a := range nodes {
		for _, b := range nodes {
			if reaches(a, b) {
				before[b]++
				before[a]--
			}
		}
	}
	slices.SortStableFunc(groups, func(a, b []int) int { return cmp.Compare(before[a[0]], before[b[0]]) })
	return g.strict(groups)
}

// strict merges what can only be skipped together.
func (g *graph) strict(groups [][]int) [][]int {
	at := make([]int, g.n)
	for i, group := range groups {
		for _, a := range group {
			at[a] = i
		}
	}
	// How far back the steps into each group come from, how far on those out
	// of it lead; the start is before all groups, the end after.
	from, to := make([]int, len(groups)), make([]int, len(groups))
	for i := range groups {
		from[i], to[i] = math.MaxInt, math.MinInt
	}
	nodes := g.nodes()
	for _, a := range nodes {
		if g.start[a] > 0 {
			from[at[a]] = math.MinInt
		}
		if g.end[a] > 0 {
			to[at[a]] = math.MaxInt
		}
		for _, b := range nodes {
			if g.edge(a, b) {
				from[at[b]] = min(from[at[b]], at[a])
				to[at[a]] = max(to[at[a]], at[b])
			}
		}
	}
	// Group p can be skipped if a step, a start or an end passes over it.
	skippable := func(p int) bool {
		for _, a := range nodes {
			if g.start[a] > 0 && at[a] > p || g.end[a] > 0 && at[a] < p {
				return true
			}
			for _, b := range nodes {
				if at[a] < p && at[b] > p && g.edge(a, b) {
					return true
				}
			}
		}
		return false
	}
	merge := func(into, q int) {
		groups[into] = append(groups[into], groups[q]...)
		for _, a := range groups[q] {
			at[a] = into
		}
		groups[q] = nil
	}
	for p := range groups {
		if !skippable(p) {
			continue
		}
		for q := p - 1; q >= 0 && to[q] <= p; q-- {
			merge(p, q)
		}
		for q := p + 1; q < len(groups) && from[q] >= p; q++ {
			merge(p, q)
		}
	}
	return slices.DeleteFunc(groups, func(group []int) bool { return len(group) == 0 })
}

// closure returns who is reached from each activity by one step or more.
func (g *graph) closure() [][]uint64 {
	words := (g.n + 63) / 64
	all := make([]uint64, g.n*words)
	reach := make([][]uint64, g.n)
	for a := range reach {
		reach[a] = all[a*words : (a+1)*words]
		for b := range g.n {
			if g.edge(a, b) {
				reach[a][b>>6] |= 1 << (b & 63)
			}
		}
	}
	for via := range g.n {
		for a := range g.n {
			if reach[a][via>>6]>>(via&63)&1 == 1 {
				for w, bits := range reach[via] {
					reach[a][w] |= bits
				}
			}
		}
	}
	return reach
}

// parallel: groups whose activities follow each other in both orders (function
// ConcurrentCut). A group without a start or without an end is no part of its
// own and joins another, the small ones first.
func (g *graph) parallel() [][]int {
	groups := components(g.nodes(), func(a, b int) bool { return !g.edge(a, b) || !g.edge(b, a) })
	slices.SortStableFunc(groups, func(a, b []int) int { return cmp.Compare(len(a), len(b)) })
	starts := func(a int) bool { return g.start[a] > 0 }
	ends := func(a int) bool { return g.end[a] > 0 }
	for i := 0; i < len(groups) && len(groups) > 1; {
		group := groups[i]
		if slices.ContainsFunc(group, starts) && slices.ContainsFunc(group, ends) {
			i++
			continue
		}
		groups = slices.Delete(groups, i, i+1)
		into := max(i-1, 0)
		groups[into] = append(groups[into], group...)
	}
	return groups
}

// loop: what starts and ends is done, and of the rest what leads from an end
// back to a start is done again (function LoopCut).
func (g *graph) loop() [][]int {
	nodes := g.nodes()
	do := make([]bool, g.n)
	var rest []int
	for _, a := range nodes {
		if do[a] = g.start[a] > 0 || g.end[a] > 0; !do[a] {
			rest = append(rest, a)
		}
	}
	redo := components(rest, g.edge)
	into := func(group []int) {
		for _, a := range group {
			do[a] = true
		}
	}
	// A component belongs to what is done if a start that is no end leads into
	// it, if it leads to an end that is no start, or if it leads to one start
	// and not to all, or from one end and not from all.
	again := redo[:0]
	for _, group := range redo {
		if g.returns(nodes, group) {
			again = append(again, group)
		} else {
			into(group)
		}
	}
	if len(again) == 0 {
		return nil
	}
	// Several ways back are one group here; the choice between them is the
	// next cut.
	var back, body []int
	for _, group := range again {
		back = append(back, group...)
	}
	for _, a := range nodes {
		if do[a] {
			body = append(body, a)
		}
	}
	if len(body) == 0 {
		return nil
	}
	return [][]int{body, back}
}

// returns says whether a component leads from ends to starts, and nowhere else.
func (g *graph) returns(nodes, group []int) bool {
	for _, a := range group {
		toStart, toAll, fromEnd, fromAll := false, true, false, true
		for _, b := range nodes {
			start, end := g.start[b] > 0, g.end[b] > 0
			switch {
			case start && !end && g.edge(b, a), end && !start && g.edge(a, b):
				return false
			}
			if start {
				toStart, toAll = toStart || g.edge(a, b), toAll && g.edge(a, b)
			}
			if end {
				fromEnd, fromAll = fromEnd || g.edge(b, a), fromAll && g.edge(b, a)
			}
		}
		if toStart && !toAll || fromEnd && !fromAll {
			return false
		}
	}
	return true
}
