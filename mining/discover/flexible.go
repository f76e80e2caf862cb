package discover

import (
	"fmt"
	"math"
	"slices"

	"millrace/eventlog"
)

// FlexibleOptions are thresholds from 0 to 1. The zero value is the default.
type FlexibleOptions struct {
	// Dependency: an edge is kept if its dependency is at least this; 0 is 0.9.
	Dependency float64
	// LoopOne and LoopTwo are the same for loops of one activity and of two; 0
	// is 0.9.
	LoopOne, LoopTwo float64
	// RelativeToBest: an edge is kept too if its dependency is less than this
	// below that of the best edge of an activity; 0 is 0.05, less than 0 none.
	RelativeToBest float64
	// LongDistance: an activity depends on one that it need not follow directly
	// if it does so at least so surely; 0 is never.
	LongDistance float64
	// Loose keeps what is sure alone. Else the best edges into and out of
	// each activity are kept, so that all are connected.
	Loose bool
}

// An EdgeKind says why a [CausalNet] has an edge.
type EdgeKind string

const (
	Direct   EdgeKind = "direct"
	LoopOne  EdgeKind = "loop-one"
	LoopTwo  EdgeKind = "loop-two"
	Distance EdgeKind = "long-distance"
)

// A CausalNet says which activities depend on which, and in which combinations:
// what an activity obliges to happen, and which obligations it meets. Nodes are
// the activities of the log, then a start and an end of every case.
//
// Invariant: an edge is in the outputs of its first node as often as in the
// inputs of its second; the counts of a node's inputs add up to its events,
// and so do those of its outputs.
type CausalNet struct {
	Activities []string // of the log, sorted; node n is the start, n+1 the end
	Edges      []CausalEdge
	Inputs     [][]Binding // by node, most frequent first
	Outputs    [][]Binding
	// Explained is how many cases have no event whose inputs or outputs are
	// empty. They are runs of the net; others may be, in another way.
	Explained int64

	names []string // by node
}

// A CausalEdge is a dependency that was kept.
type CausalEdge struct {
	From, To int // nodes
	Kind     EdgeKind
	Count    int64   // obligations: how often an event of From obliges to one of To
	Value    float64 // the dependency, of its kind
}

// A Binding is a set of nodes that an event obliges to, or that obliged to it.
// An empty one, but before the start or after the end, is an event that the
// edges kept do not explain.
type Binding struct {
	Nodes []int // ascending
	Count int64 // events
}

// Name returns the name of a node: ▶ of the start, ■ of the end.
func (c *CausalNet) Name(node int) string { return c.names[node] }

// Flexible discovers a causal net by the Flexible Heuristics Miner (Weijters
// and Ribeiro 2011, doi:10.1109/CIDM.2011.5949453).
//
// An event obliges to the next event of an activity that an edge leads to, unless
// its own activity comes again before, or events between them explain it: it
// obliges to one, which obliges to the next, and so on to the other. It takes
// O(activities³ + Σ|variant|² × edges of an activity / 64) time.
func Flexible(s *eventlog.Summary, o FlexibleOptions) (*CausalNet, error) {
	for _, x := range []struct {
		value     *float64
		otherwise float64
	}{{&o.Dependency, .9}, {&o.LoopOne, .9}, {&o.LoopTwo, .9}, {&o.RelativeToBest, .05}, {&o.LongDistance, 2}} {
		if *x.value == 0 {
			*x.value = x.otherwise
		} else if !(*x.value <= 1) {
			return nil, fmt.Errorf("a threshold is from 0 to 1, not %v", *x.value)
		}
	}
	if n := len(s.Activities); n > MaxActivities {
		return nil, fmt.Errorf("the log has %d activities, more than the %d a model can be mined of; keep the most frequent ones", n, MaxActivities)
	}
	m := newFlexible(s, o)
	m.direct()
	if o.LongDistance <= 1 {
		m.distant()
	}
	return m.bind(), nil
}

// flexible is the miner at work.
type flexible struct {
	o       FlexibleOptions
	s       *eventlog.Summary
	n       int             // nodes; the last two are the start and the end
	count   [][]int64       // |a > b|
	between []map[int]int64 // |a >> b|: b alone between two a
	kind    [][]EdgeKind    // "" of what is no edge
	value   [][]float64
}

func newFlexible(s *eventlog.Summary, o FlexibleOptions) *flexible {
	m := &flexible{o: o, s: s, n: len(s.Activities) + 2, between: aba(s)}
	m.count, m.kind, m.value = make([][]int64, m.n), make([][]EdgeKind, m.n), make([][]float64, m.n)
	for a := range m.n {
		m.count[a], m.kind[a], m.value[a] = make([]int64, m.n), make([]EdgeKind, m.n), make([]float64, m.n)
	}
	g := graphOf(s).graph
	start, end := m.n-2, m.n-1
	for a := range g.n {
		copy(m.count[a], g.count[a*g.n:(a+1)*g.n])
		m.count[start][a], m.count[a][end] = g.start[a], g.end[a]
	}
	for i := range s.Variants {
		if len(s.Variants[i].Path) == 0 {
			m.count[start][end] += s.Variants[i].Cases
		}
	}
	return m
}

// depends is a ⇒ b.
func (m *flexible) depends(a, b int) float64 {
	ab, ba := float64(m.count[a][b]), float64(m.count[b][a])
	return (ab - ba) / (ab + ba + 1)
}

func (m *flexible) keep(a, b int, kind EdgeKind, value float64) {
	if m.kind[a][b] == "" {
		m.kind[a][b], m.value[a][b] = kind, value
	}
}

// direct keeps the edges of the dependency graph. Steps are numbered as the
// paper does, from memory (see DESIGN.md); an edge must have been walked.
func (m *flexible) direct() {
	// Step 2: loops of one.
	for a := range m.n {
		if x := float64(m.count[a][a]); x > 0 && x/(x+1) >= m.o.LoopOne {
			m.keep(a, a, LoopOne, x/(x+1))
		}
	}
	// Step 3: loops of two, of activities that are no loops themselves.
	two := map[[2]int]float64{}
	for a := range m.between {
		for b, times := range m.between[a] {
			both := float64(times + m.between[b][a])
			if value := both / (both + 1); value >= m.o.LoopTwo && m.kind[a][a] == "" && m.kind[b][b] == "" {
				two[[2]int{a, b}], two[[2]int{b, a}] = value, value
			}
		}
	}
	forth := m.side(two, func(a, b int) (int, int) { return a, b })
	back := m.side(two, func(a, b int) (int, int) { return b, a })
	for a := range m.n {
		for b := range m.n {
			if forth[a][b] || back[b][a] {
				m.keep(a, b, Direct, m.depends(a, b))
			}
		}
	}
	for pair, value := range two {
		m.keep(pair[0], pair[1], LoopTwo, value)
	}
}

// side is steps 4, 6, 7 and 10, of what leads out of each node, or, with edges
// turned around, steps 5, 8, 9 and 11: which edges are kept.
func (m *flexible) side(two map[[2]int]float64, edge func(a, b int) (from, to int)) [][]bool {
	value := func(a, b int) float64 { return m.depends(edge(a, b)) }
	walked := func(a, b int) bool {
		from, to := edge(a, b)
		return from != to && m.count[from][to] > 0
	}
	// Step 4: the best of each node; several if they are as good.
	best := make([][]bool, m.n)
	most := make([]float64, m.n)
	for a := range m.n {
		best[a], most[a] = make([]bool, m.n), math.Inf(-1)
		for b := range m.n {
			if walked(a, b) {
				most[a] = max(most[a], value(a, b))
			}
		}
		for b := range m.n {
			best[a][b] = !m.o.Loose && walked(a, b) && value(a, b) == most[a]
		}
	}
	// Step 6: of a loop of two, the weaker way out need not be.
	weak := make([]bool, m.n)
	for a := range m.n {
		for b := range m.n {
			_, loop := two[[2]int{a, b}]
			weak[a] = weak[a] || loop && most[a] < m.o.Dependency && most[b]-most[a] > m.o.RelativeToBest
		}
	}
	// Steps 7 and 10: what is sure, and what is nearly as good as the best.
	kept := make([][]bool, m.n)
	for a := range m.n {
		kept[a] = make([]bool, m.n)
		for b := range m.n {
			near := !m.o.Loose && !weak[a] && (best[a][b] || most[a]-value(a, b) < m.o.RelativeToBest)
			kept[a][b] = walked(a, b) && (value(a, b) >= m.o.Dependency || near)
		}
	}
	return kept
}

// distant keeps edges from an activity to one that comes after it surely,
// though it need not come directly, and though the edges there are would let a
// case go by: from the one to the end without the other, or from the start to
// the other without the one.
func (m *flexible) distant() {
	var events = make([]float64, m.n)
	for i := range m.s.Variants {
		for _, a := range m.s.Variants[i].Path {
			events[a] += float64(m.s.Variants[i].Cases)
		}
	}
	after := make([][]int64, m.n) // |a ⋙ b|
	for a := range after {
		after[a] = make([]int64, m.n)
	}
	m.obligations(func(int, int) bool { return true }, func(path []int, causes [][]int, cases int64) {
		for j, of := range causes {
			for _, i := range of {
				after[path[i]][path[j]] += cases
			}
		}
	})
	start, end := m.n-2, m.n-1
	type pair struct{ a, b int }
	var sure []pair // all of them before one is kept: none explains another
	for a := range start {
		for b := range start {
			if a == b || m.kind[a][b] != "" {
				continue
			}
			value := 2 * (float64(after[a][b]) - math.Abs(events[a]-events[b])) / (events[a] + events[b] + 1)
			if value >= m.o.LongDistance && (m.leads(a, end, b) || m.leads(start, b, a)) {
				m.value[a][b] = value
				sure = append(sure, pair{a, b})
			}
		}
	}
	for _, p := range sure {
		m.kind[p.a][p.b] = Distance
	}
}

// leads says whether edges lead from one node to another and not by a third.
func (m *flexible) leads(from, to, without int) bool {
	seen := make([]bool, m.n)
	seen[from], seen[without] = true, true
	for todo := []int{from}; len(todo) > 0; {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if at == to {
			return true
		}
		for b := range m.n {
			if m.kind[at][b] != "" && !seen[b] {
				seen[b] = true
				todo = append(todo, b)
			}
		}
	}
	return false
}

// obligations tells of each variant, with a start and an end, which events oblige
// to which: by each event, those before it that an edge leads from and whose
// activity does not come between them, nor does its own.
func (m *flexible) obligations(edge func(a, b int) bool, found func(path []int, causes [][]int, cases int64)) {
	last := make([]int, m.n)
	into := make([][]int, m.n)
	for b := range m.n {
		for a := range m.n {
			if edge(a, b) {
				into[b] = append(into[b], a)
			}
		}
	}
	var path []int
	for v := range m.s.Variants {
		path = append(path[:0], m.n-2)
		for _, a := range m.s.Variants[v].Path {
			path = append(path, int(a))
		}
		path = append(path, m.n-1)
		for a := range last {
			last[a] = -1
		}
		causes := make([][]int, len(path))
		for j, b := range path {
			for _, a := range into[b] {
				if i := last[a]; i >= 0 && i >= last[b] {
					causes[j] = append(causes[j], i)
				}
			}
			last[b] = j
		}
		found(path, causes, m.s.Variants[v].Cases)
	}
}

// unexplained leaves out of causes what others explain: an event obliges to one
// that obliges to another, and so on to the last. So b, which may be left out of
// a b c, makes an edge from a to c, but no obligation where it is there.
func (m *flexible) unexplained(path []int, causes [][]int) {
	before := make([]bitset, len(path)) // what obliges to an event, by others too
	for j := range path {
		before[j] = make(bitset, (len(path)+63)/64)
		through := make(bitset, len(before[j]))
		near := func(i int) bool { return m.kind[path[i]][path[j]] != Distance }
		for _, i := range causes[j] {
			if near(i) {
				before[j].add(i)
				for w, bits := range before[i] {
					through[w] |= bits
				}
			}
		}
		causes[j] = slices.DeleteFunc(causes[j], func(i int) bool { return near(i) && through.has(i) })
		for w, bits := range through {
			before[j][w] |= bits
		}
	}
}

// bind counts which obligations come together.
func (m *flexible) bind() *CausalNet {
	c := &CausalNet{Activities: m.s.Activities, names: append(slices.Clone(m.s.Activities), "▶", "■")}
	in, out, count := make([]map[string]*Binding, m.n), make([]map[string]*Binding, m.n), make([][]int64, m.n)
	for a := range m.n {
		in[a], out[a], count[a] = map[string]*Binding{}, map[string]*Binding{}, make([]int64, m.n)
	}
	add := func(to map[string]*Binding, nodes []int, cases int64) {
		slices.Sort(nodes)
		key := fmt.Sprint(nodes)
		if to[key] == nil {
			to[key] = &Binding{Nodes: nodes}
		}
		to[key].Count += cases
	}
	m.obligations(func(a, b int) bool { return m.kind[a][b] != "" }, func(path []int, causes [][]int, cases int64) {
		m.unexplained(path, causes)
		gives := make([][]int, len(path))
		all := true
		for j, b := range path {
			var takes []int
			for _, i := range causes[j] {
				gives[i], takes = append(gives[i], b), append(takes, path[i])
				count[path[i]][b] += cases
			}
			all = all && (j == 0 || len(takes) > 0)
			add(in[b], takes, cases)
		}
		for i, a := range path {
			all = all && (i == len(path)-1 || len(gives[i]) > 0)
			add(out[a], gives[i], cases)
		}
		if all {
			c.Explained += cases
		}
	})
	for a := range m.n {
		c.Inputs, c.Outputs = append(c.Inputs, ranked(in[a])), append(c.Outputs, ranked(out[a]))
		for b := range m.n {
			if m.kind[a][b] != "" {
				c.Edges = append(c.Edges, CausalEdge{a, b, m.kind[a][b], count[a][b], m.value[a][b]})
			}
		}
	}
	return c
}

// ranked are bindings, the most frequent first.
func ranked(of map[string]*Binding) []Binding {
	out := make([]Binding, 0, len(of))
	for _, b := range of {
		out = append(out, *b)
	}
	slices.SortFunc(out, func(x, y Binding) int {
		if x.Count != y.Count {
			return int(max(-1, min(1, y.Count-x.Count)))
		}
		return slices.Compare(x.Nodes, y.Nodes)
	})
	return out
}
