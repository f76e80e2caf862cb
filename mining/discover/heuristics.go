package discover

import (
	"context"
	"fmt"
	"slices"

	"millrace/eventlog"
	"millrace/mining/petri"
)

// HeuristicsOptions are thresholds from 0 to 1. The zero value is the default.
type HeuristicsOptions struct {
	// Dependency: an edge is kept if its dependency is at least this; 0 is 0.5.
	Dependency float64
	// And: two activities after one, or before one, go together if they follow
	// each other in both orders at least so often, compared with how often
	// they follow it; 0 is 0.65.
	And float64
	// LoopTwo: a loop of two activities is kept if its dependency is at least
	// this; 0 is 0.5.
	LoopTwo float64
	// Noise: an edge is not looked at if it is less frequent than this share
	// of the most frequent edge at either end; 0 is 0.05, less than 0 none.
	Noise float64
}

// A HeuristicsNet is what the Heuristics Miner finds: which activity depends on
// which. What of it goes together and what is a choice, its net says.
type HeuristicsNet struct {
	Activities   []string     // sorted; those that an edge was kept of, or all if none was
	Start, End   []string     // sorted
	Dependencies []Dependency // sorted by From, To

	summary *eventlog.Summary
	and     float64
	count   [][]int64 // edges without noise
	out, in [][]int   // kept edges of each activity of the log, ascending
	nodes   []int     // Activities, as they are numbered in the log
}

// A Dependency says how surely To depends on From.
type Dependency struct {
	From, To string
	Count    int64 // how often To directly follows From
	// Value is (|a>b| − |b>a|) / (|a>b| + |b>a| + 1), from −1 to 1; of a loop
	// of one, |a>a| / (|a>a| + 1).
	Value float64
	Kept  bool // it is an edge of the net
	// LoopTwo says that it is kept as one half of a loop of two only. Its
	// Value then is below the threshold.
	LoopTwo bool
}

// Heuristics discovers a net by the Heuristics Miner (Weijters, van der Aalst,
// Alves de Medeiros 2006, BETA working paper 166; Weijters, Ribeiro 2011,
// doi:10.1109/CIDM.2011.5949453), without the all-tasks-connected heuristic and
// long-distance dependencies, which [Flexible] has. It takes O(Σ|variant| + activities²) time.
func Heuristics(s *eventlog.Summary, o HeuristicsOptions) (*HeuristicsNet, error) {
	for _, x := range []struct {
		value     *float64
		otherwise float64
	}{{&o.Dependency, .5}, {&o.And, .65}, {&o.LoopTwo, .5}, {&o.Noise, .05}} {
		if *x.value == 0 {
			*x.value = x.otherwise
		}
		if !(*x.value <= 1) {
			return nil, fmt.Errorf("a threshold is from 0 to 1, not %v", *x.value)
		}
	}
	n := len(s.Activities)
	if n > MaxActivities {
		return nil, fmt.Errorf("the log has %d activities, more than the %d a model can be mined of; keep the most frequent ones", n, MaxActivities)
	}
	h := &HeuristicsNet{summary: s, and: o.And, out: make([][]int, n), in: make([][]int, n)}
	g := graphOf(s).graph
	h.count = h.withoutNoise(g, o.Noise)

	// Step 1: dependencies of what directly follows.
	kept := make([]bool, n)
	value := func(a, b int) float64 {
		ab, ba := float64(h.count[a][b]), float64(h.count[b][a])
		if a == b {
			return ab / (ab + 1)
		}
		return (ab - ba) / (ab + ba + 1)
	}
	strong := func(a, b int) bool { return h.count[a][b] > 0 && value(a, b) >= o.Dependency }
	two := make(map[[2]int]bool)
	// Step 2: loops of two, where neither direction was kept for itself.
	between := aba(s)
	for a := range n {
		known := false // only what an edge was kept of
		for b := range n {
			known = known || strong(a, b) || strong(b, a)
		}
		for b, times := range between[a] {
			both := float64(times + between[b][a])
			if known && h.count[a][b] > 0 && both/(both+1) >= o.LoopTwo && !strong(a, b) && !strong(b, a) {
				two[[2]int{a, b}], two[[2]int{b, a}] = true, true
			}
		}
	}
	for a := range n {
		for b := range n {
			keep := strong(a, b)
			loop := two[[2]int{a, b}]
			if keep || loop {
				kept[a], kept[b] = true, true
				h.out[a], h.in[b] = append(h.out[a], b), append(h.in[b], a)
			}
			if h.count[a][b] > 0 || loop {
				h.Dependencies = append(h.Dependencies, Dependency{
					From: s.Activities[a], To: s.Activities[b], Count: h.count[a][b], Value: value(a, b), Kept: keep || loop, LoopTwo: loop,
				})
			}
		}
	}
	if !slices.Contains(kept, true) {
		for a := range kept {
			kept[a] = true
		}
	}
	for a, name := range s.Activities {
		if g.start[a] > 0 {
			h.Start = append(h.Start, name)
		}
		if g.end[a] > 0 {
			h.End = append(h.End, name)
		}
		if kept[a] {
			h.nodes = append(h.nodes, a)
			h.Activities = append(h.Activities, name)
		}
	}
	return h, nil
}

// withoutNoise leaves out edges that are rare at both of their ends.
func (h *HeuristicsNet) withoutNoise(g *graph, noise float64) [][]int64 {
	most := make([]int64, g.n)
	for a := range g.n {
		for b := range g.n {
			most[a], most[b] = max(most[a], g.count[a*g.n+b]), max(most[b], g.count[a*g.n+b])
		}
	}
	count := make([][]int64, g.n)
	for a := range count {
		count[a] = make([]int64, g.n)
		for b := range g.n {
			if c := g.count[a*g.n+b]; float64(c) >= min(float64(most[a])*noise, float64(most[b])*noise) {
				count[a][b] = c
			}
		}
	}
	return count
}

// aba counts how often b stands alone between two a.
func aba(s *eventlog.Summary) []map[int]int64 {
	out := make([]map[int]int64, len(s.Activities))
	for i := range s.Variants {
		p := s.Variants[i].Path
		for j := 2; j < len(p); j++ {
			if a := p[j]; p[j-2] == a && p[j-1] != a {
				if out[a] == nil {
					out[a] = map[int]int64{}
				}
				out[a][int(p[j-1])] += s.Variants[i].Cases
			}
		}
	}
	return out
}

// Net returns the Petri net (step 3): each kept edge is a place; where several
// edges lead into or out of an activity, those that go together by [HeuristicsOptions.And]
// are taken or given at once, the others one or another, by silent transitions.
// Several starts, and several ends, are a choice. The net need not be sound.
func (h *HeuristicsNet) Net(ctx context.Context) (*petri.Net, error) {
	n := &petri.Net{}
	source, sink := n.AddPlace("source"), n.AddPlace("sink")
	places := map[[2]int]int{}
	for _, a := range h.nodes {
		for _, b := range h.out[a] {
			p := n.AddPlace(fmt.Sprintf("p%d", len(places)+1))
			n.Places[p].Name = h.summary.Activities[a] + " → " + h.summary.Activities[b]
			places[[2]int{a, b}] = p
		}
	}
	for _, a := range h.nodes {
		name := h.summary.Activities[a]
		// Ways in and out; each is a set of places.
		in, err := h.bindings(ctx, h.in[a], func(b int) int64 { return h.count[b][a] })
		if err != nil {
			return nil, err
		}
		out, err := h.bindings(ctx, h.out[a], func(b int) int64 { return h.count[a][b] })
		if err != nil {
			return nil, err
		}
		var before, after [][]int
		for _, x := range in {
			before = append(before, mapped(x, func(b int) int { return places[[2]int{b, a}] }))
		}
		for _, x := range out {
			after = append(after, mapped(x, func(b int) int { return places[[2]int{a, b}] }))
		}
		if slices.Contains(h.Start, name) {
			before = append(before, []int{source})
		}
		if slices.Contains(h.End, name) {
			after = append(after, []int{sink})
		}
		from, to := gate(n, before, true, a, name), gate(n, after, false, a, name)
		n.AddTransition(name, from, to)
	}
	n.Mark([]int{source}, []int{sink})
	return n, nil
}

func mapped(xs []int, to func(int) int) []int {
	out := make([]int, len(xs))
	for i, x := range xs {
		out[i] = to(x)
	}
	return out
}

// gate returns the places to connect an activity with: those of the only way,
// or a place of its own that silent transitions lead into or out of, one a way.
func gate(n *petri.Net, ways [][]int, in bool, a int, name string) []int {
	if len(ways) == 0 {
		return nil
	}
	if len(ways) == 1 {
		return ways[0]
	}
	side := "after"
	if in {
		side = "before"
	}
	own := n.AddPlace(fmt.Sprintf("%s%d", side, a+1))
	n.Places[own].Name = side + " " + name
	for _, way := range ways {
		if in {
			n.AddTransition("", way, []int{own})
		} else {
			n.AddTransition("", []int{own}, way)
		}
	}
	return []int{own}
}

// bindings divides the neighbours of an activity into sets that go together:
// the maximal cliques of those that do so two by two, and each other one alone.
func (h *HeuristicsNet) bindings(ctx context.Context, neighbours []int, count func(int) int64) ([][]int, error) {
	c := newCliques(len(neighbours))
	for i, x := range neighbours {
		c.nodes.add(i)
		for j, y := range neighbours[:i] {
			if float64(h.count[x][y]+h.count[y][x])/float64(count(x)+count(y)+1) >= h.and {
				c.near[i].add(j)
				c.near[j].add(i)
			}
		}
	}
	found, err := c.find(ctx)
	if err != nil {
		return nil, err
	}
	for i := range found {
		found[i] = mapped(found[i], func(j int) int { return neighbours[j] })
	}
	slices.SortFunc(found, slices.Compare)
	return found, nil
}
