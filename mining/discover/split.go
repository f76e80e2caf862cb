package discover

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"millrace/eventlog"
	"millrace/mining/bpmn"
)

// SplitOptions are thresholds from 0 to 1. The zero value is the default, that
// of the paper; less than 0 is 0.
type SplitOptions struct {
	// Concurrency is ε: two activities that follow each other in both orders
	// are concurrent if the two frequencies differ by less than this share of
	// their sum; 0 is 0.1.
	Concurrency float64
	// Filter is η: which percentile of the best edges of activities an edge must be as
	// frequent as to be kept for its own sake; 0 is 0.4, and less than 0 keeps all.
	Filter float64
}

// Split discovers a diagram by the Split Miner (Augusto, Conforti, Dumas, La
// Rosa, Polyvyanyy 2019, doi:10.1007/s10115-018-1214-x), from what directly
// follows what, how often. Every activity is in it, on a way from the start to the
// end. A diagram without cycles is sound. Where it is not known what an inclusive join
// of the paper waits for, which takes a loop ([bpmn.Diagram.Undecided]), ours is exclusive, and
// the diagram may not be sound: see [petri.Net.CheckSoundness]. It takes
// O(Σ|variant| + activities³) time, more where most activities are concurrent with most.
func Split(ctx context.Context, s *eventlog.Summary, o SplitOptions) (*bpmn.Diagram, error) {
	for _, x := range []struct {
		value     *float64
		otherwise float64
	}{{&o.Concurrency, .1}, {&o.Filter, .4}} {
		if *x.value == 0 {
			*x.value = x.otherwise
		}
		if *x.value = max(*x.value, 0); !(*x.value <= 1) {
			return nil, fmt.Errorf("a threshold is from 0 to 1, not %v", *x.value)
		}
	}
	n := len(s.Activities)
	if n > MaxActivities {
		return nil, fmt.Errorf("the log has %d activities, more than the %d a model can be mined of; keep the most frequent ones", n, MaxActivities)
	}
	m := newSplitter(s)
	m.concurrency(aba(s), o.Concurrency)
	m.connect()
	m.filter(o.Filter)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f := newFlow(m)
	for v := range m.nodes {
		f.split(v)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f.joins()
	f.loops(m.loop)
	d := f.diagram(s)
	for _, v := range d.Undecided() {
		d.Nodes[v].Kind = bpmn.Exclusive
	}
	return d, nil
}

// A splitter is a directly-follows graph on its way to a diagram. Its nodes are
// the activities, then the start and the end.
type splitter struct {
	n, nodes   int
	start, end int
	count      [][]int64 // of edges; 0 is none
	removed    [][]int64 // edges that concurrency took out
	loop       []bool    // loops of one
	concurrent [][]bool
}

// newSplitter is step 1: the graph, and loops of one, which are taken out of it.
func newSplitter(s *eventlog.Summary) *splitter {
	n := len(s.Activities)
	m := &splitter{n: n, nodes: n + 2, start: n, end: n + 1, loop: make([]bool, n)}
	m.count, m.removed, m.concurrent = make([][]int64, m.nodes), make([][]int64, m.nodes), make([][]bool, m.nodes)
	for v := range m.nodes {
		m.count[v], m.removed[v], m.concurrent[v] = make([]int64, m.nodes), make([]int64, m.nodes), make([]bool, m.nodes)
	}
	p := graphOf(s)
	for a := range n {
		m.count[m.start][a], m.count[a][m.end] = p.graph.start[a], p.graph.end[a]
		for b := range n {
			m.count[a][b] = p.graph.count[a*n+b]
		}
		m.loop[a], m.count[a][a] = m.count[a][a] > 0, 0
	}
	for i := range s.Variants {
		if len(s.Variants[i].Path) == 0 {
			m.count[m.start][m.end] += s.Variants[i].Cases
		}
	}
	if len(s.Variants) == 0 {
		m.count[m.start][m.end] = 1 // a log without cases is a process that does nothing
	}
	return m
}

// concurrency is step 2. Of two activities that follow each other in both orders
// and are no loop of two, both edges go if they are concurrent, else the rarer one. As in
// the program of the paper's authors, the rarest edges go first, and no edge goes that is
// the only one into or out of an activity: then the two are not concurrent, and the other one goes.
func (m *splitter) concurrency(between []map[int]int64, epsilon float64) {
	type edge struct{ a, b int }
	var edges []edge
	for a := range m.n {
		for b := range a {
			ab, ba := m.count[a][b], m.count[b][a]
			short := !m.loop[a] && !m.loop[b] && between[a][b]+between[b][a] > 0
			if ab == 0 || ba == 0 || short {
				continue
			}
			if math.Abs(float64(ab-ba))/float64(ab+ba) < epsilon {
				m.concurrent[a][b], m.concurrent[b][a] = true, true
				edges = append(edges, edge{a, b}, edge{b, a})
			} else if ab < ba {
				edges = append(edges, edge{a, b})
			} else {
				edges = append(edges, edge{b, a})
			}
		}
	}
	slices.SortFunc(edges, func(x, y edge) int {
		return cmp.Or(cmp.Compare(m.count[x.a][x.b], m.count[y.a][y.b]), cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	into, out := make([]int, m.nodes), make([]int, m.nodes)
	for u := range m.nodes {
		for v := range m.nodes {
			if m.count[u][v] > 0 {
				out[u]++
				into[v]++
			}
		}
	}
	remove := func(a, b int) bool {
		if m.count[a][b] == 0 || out[a] < 2 || into[b] < 2 {
			return false
		}
		m.removed[a][b], m.count[a][b] = m.count[a][b], 0
		out[a]--
		into[b]--
		return true
	}
	for _, e := range edges {
		if m.count[e.a][e.b] > 0 && !remove(e.a, e.b) && m.concurrent[e.a][e.b] {
			m.concurrent[e.a][e.b], m.concurrent[e.b][e.a] = false, false
			remove(e.b, e.a)
		}
	}
}

// connect puts edges back, the most frequent ones first, where step 2 has left an
// activity that the start does not lead to, or that does not lead to the end.
// The paper takes for granted that there is none.
func (m *splitter) connect() {
	for _, forth := range []bool{true, false} {
		for {
			seen := m.reached(forth)
			a, b := -1, -1
			for u := range m.n {
				for v := range m.n {
					near, away := u, v
					if !forth {
						near, away = v, u
					}
					if seen[near] && !seen[away] && m.removed[u][v] > 0 && (a < 0 || m.removed[u][v] > m.removed[a][b]) {
						a, b = u, v
					}
				}
			}
			if a < 0 {
				break
			}
			m.count[a][b], m.removed[a][b] = m.removed[a][b], 0
			m.concurrent[a][b], m.concurrent[b][a] = false, false
		}
	}
}

// reached are the nodes that the start leads to, or that lead to the end.
func (m *splitter) reached(forth bool) []bool {
	from := m.start
	if !forth {
		from = m.end
	}
	seen := make([]bool, m.nodes)
	seen[from] = true
	for todo := []int{from}; len(todo) > 0; {
		u := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for v := range m.nodes {
			if m.edge(u, v, forth) > 0 && !seen[v] {
				seen[v] = true
				todo = append(todo, v)
			}
		}
	}
	return seen
}

// edge is how frequent the edge from u to v is, or from v to u.
func (m *splitter) edge(u, v int, forth bool) int64 {
	if forth {
		return m.count[u][v]
	}
	return m.count[v][u]
}

// filter is step 3. Kept are the edges of the ways from the start to each
// activity, and from each to the end, whose rarest edge is the most frequent; and those as
// frequent as a percentile of the best edges into and out of activities, the start and the end.
func (m *splitter) filter(eta float64) {
	keep := make([][]bool, m.nodes)
	for v := range keep {
		keep[v] = make([]bool, m.nodes)
	}
	m.widest(true, func(from, to int) { keep[from][to] = true })
	m.widest(false, func(to, from int) { keep[from][to] = true })
	// As in the program of the paper's authors, an edge that is the best of two nodes is one.
	best := map[[2]int]int64{}
	for v := range m.nodes {
		in, out := -1, -1
		for u := range m.nodes {
			if m.count[u][v] > 0 && (in < 0 || m.count[u][v] >= m.count[in][v]) {
				in = u
			}
			if m.count[v][u] > 0 && (out < 0 || m.count[v][u] >= m.count[v][out]) {
				out = u
			}
		}
		if in >= 0 {
			best[[2]int{in, v}] = m.count[in][v]
		}
		if out >= 0 {
			best[[2]int{v, out}] = m.count[v][out]
		}
	}
	var least int64 // at 0, where that program leaves out what is rarer than the rarest of the best, all is kept
	if eta > 0 {
		least = slices.Sorted(maps.Values(best))[min(int(math.Round(eta*float64(len(best)))), len(best)-1)]
	}
	for u := range m.nodes {
		for v := range m.nodes {
			if !keep[u][v] && m.count[u][v] < least {
				m.count[u][v] = 0
			}
		}
	}
}

// widest calls keep with the last edge of the widest way to each node, from the start or,
// backwards, from the end: Dijkstra's algorithm; of ways as wide, the shorter, then
// the earlier node.
func (m *splitter) widest(forth bool, keep func(u, v int)) {
	width, hops, last, done := make([]int64, m.nodes), make([]int, m.nodes), make([]int, m.nodes), make([]bool, m.nodes)
	from := m.start
	if !forth {
		from = m.end
	}
	for v := range last {
		last[v] = -1
	}
	for width[from] = math.MaxInt64; ; {
		u := -1
		for v := range m.nodes {
			if !done[v] && width[v] > 0 && (u < 0 || width[v] > width[u] || width[v] == width[u] && hops[v] < hops[u]) {
				u = v
			}
		}
		if u < 0 {
			return
		}
		if done[u] = true; last[u] >= 0 {
			keep(last[u], u)
		}
		for v := range m.nodes {
			if w := min(width[u], m.edge(u, v, forth)); !done[v] && (w > width[v] || w == width[v] && w > 0 && hops[u]+1 < hops[v]) {
				width[v], hops[v], last[v] = w, hops[u]+1, u
			}
		}
	}
}
