package mining

import (
	"cmp"
	"container/heap"
	"fmt"
	"slices"

	"millrace/eventlog"
)

// KeepActivities returns the activities to draw, sorted by name: those of the
// most frequent variant, and then the ones that occur in most cases, until
// they have at least the wanted share of all events, or are most. A share of 0
// is the most frequent variant, 1 is everything; most is no limit if it is 0,
// and cuts the most frequent variant too. It takes O(Σ|variant| + n log n) time.
//
// Ties go to the one with more events, then to the first by name.
// Law: a larger share or limit keeps what a smaller one keeps.
//
// To draw them, project the log with [eventlog.Keep] and count again: then
// every count is true. Hiding nodes of a finished graph would show a → c as
// never happening where a → b → c did.
func KeepActivities(s *eventlog.Summary, share float64, most int) []string {
	counts := occurrences(s)
	keep := make([]bool, len(s.Activities))
	var drawn int64
	if most <= 0 {
		most = len(s.Activities)
	}
	left := most
	usual := make([]bool, len(s.Activities))
	for i := range s.Variants {
		if path := s.Variants[i].Path; len(path) > 0 {
			for _, a := range path {
				usual[a] = true
			}
			break
		}
	}
	order := byFrequency(counts)
	for _, a := range order {
		if usual[a] && left > 0 {
			keep[a] = true
			drawn += counts[a].events
			left--
		}
	}
	for _, a := range order {
		if left == 0 || float64(drawn) >= share*float64(s.Events) {
			break
		}
		if !keep[a] {
			keep[a] = true
			drawn += counts[a].events
			left--
		}
	}
	var names []string
	for a, name := range s.Activities {
		if keep[a] {
			names = append(names, name)
		}
	}
	return names
}

// TopActivities returns the n activities that occur in most cases, sorted by
// name; ties as in [KeepActivities].
func TopActivities(s *eventlog.Summary, n int) []string {
	order := byFrequency(occurrences(s))
	order = order[:max(0, min(n, len(order)))]
	slices.Sort(order)
	names := make([]string, len(order))
	for i, a := range order {
		names[i] = s.Activities[a]
	}
	return names
}

func byFrequency(counts []occurrence) []int {
	order := make([]int, len(counts))
	for a := range order {
		order[a] = a
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(counts[b].cases, counts[a].cases), cmp.Compare(counts[b].events, counts[a].events))
	})
	return order
}

// A link is an edge, a start or an end of a Graph, between two nodes: 0 is the
// start of all cases, then come the activities by name, then the end.
type link struct {
	from, to int
	count    int64
	keep     *bool
}

// A drawing is a Graph whose links are being chosen.
type drawing struct {
	nodes                 int
	links                 []link // most frequent first, then by nodes
	edges, starts, ends   []bool // what is kept of Graph.Edges, Start, End
	total, drawn, dropped int64  // steps, steps kept, links left out
}

func newDrawing(g *Graph) *drawing {
	node := make(map[string]int, len(g.Activities))
	for i := range g.Activities {
		node[g.Activities[i].Name] = i + 1
	}
	end := len(g.Activities) + 1
	d := &drawing{nodes: end + 1,
		edges: make([]bool, len(g.Edges)), starts: make([]bool, len(g.Start)), ends: make([]bool, len(g.End))}
	for i, t := range g.Start {
		d.links = append(d.links, link{0, node[t.Activity], t.Cases, &d.starts[i]})
	}
	for i := range g.Edges {
		e := &g.Edges[i]
		d.links = append(d.links, link{node[e.From], node[e.To], e.Count, &d.edges[i]})
	}
	for i, t := range g.End {
		d.links = append(d.links, link{node[t.Activity], end, t.Cases, &d.ends[i]})
	}
	slices.SortFunc(d.links, func(a, b link) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	})
	for i := range d.links {
		d.total += d.links[i].count
	}
	return d
}

// best keeps the most frequent link into and out of every node. A self-loop
// leads nowhere and is neither.
func (d *drawing) best() {
	in, out := make([]bool, d.nodes), make([]bool, d.nodes)
	for i := range d.links {
		l := &d.links[i]
		if l.from == l.to {
			continue
		}
		if !in[l.to] || !out[l.from] {
			*l.keep = true
		}
		in[l.to], out[l.from] = true, true
	}
}

// connect keeps what is needed besides so that every node can be reached from
// root along links, or against them if backward: always the most frequent link
// that reaches a new node, as Prim's algorithm does (Prim 1957,
// doi:10.1002/j.1538-7305.1957.tb01515.x).
func (d *drawing) connect(root int, backward bool) {
	ends := func(l *link) (from, to int) {
		if backward {
			return l.to, l.from
		}
		return l.from, l.to
	}
	out := make([][]int, d.nodes) // links, by index: the most frequent first
	for i := range d.links {
		from, _ := ends(&d.links[i])
		out[from] = append(out[from], i)
	}
	reached := make([]bool, d.nodes)
	var frontier intHeap
	todo := []int{root}
	reached[root] = true
	visit := func(n int) {
		if !reached[n] {
			reached[n] = true
			todo = append(todo, n)
		}
	}
	for len(todo) > 0 || len(frontier) > 0 {
		if len(todo) == 0 { // nothing kept leads on
			i := heap.Pop(&frontier).(int)
			if _, to := ends(&d.links[i]); !reached[to] {
				*d.links[i].keep = true
				visit(to)
			}
			continue
		}
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, i := range out[n] {
			if _, to := ends(&d.links[i]); *d.links[i].keep {
				visit(to)
			} else {
				heap.Push(&frontier, i)
			}
		}
	}
}

// fill keeps the most frequent links until they have the wanted share of all
// steps, or are most.
func (d *drawing) fill(share float64, most int) {
	kept := 0
	for i := range d.links {
		if *d.links[i].keep {
			d.drawn += d.links[i].count
			kept++
		}
	}
	for i := range d.links {
		l := &d.links[i]
		if *l.keep {
			continue
		}
		if most > 0 && kept >= most || float64(d.drawn) >= share*float64(d.total) {
			d.dropped++
			continue
		}
		*l.keep = true
		kept++
		d.drawn += l.count
	}
}

type intHeap []int

func (h intHeap) Len() int           { return len(h) }
func (h intHeap) Less(i, j int) bool { return h[i] < h[j] }
func (h intHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *intHeap) Push(x any)        { *h = append(*h, x.(int)) }
func (h *intHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

// KeepEdges returns g with fewer edges, starts and ends, in O(E log E) time.
// Their counts are untouched, and a note says what is not drawn.
//
// Kept are the most frequent way into and out of every activity; then what is
// needed for every activity to lie on a path from start to end; then the most
// frequent others until the wanted share of all steps is drawn, where a start
// and an end are steps too, or until there are most of them (0: no limit). A
// share of 0 draws as little as that allows, 1 everything.
// Ties go to the first by name. See van der Aalst (doi of [DFG]) on what such a
// cut hides: the counts at an activity no longer add up.
//
// Laws: if every activity of g is on a path from start to end, it still is; a
// larger share or limit keeps what a smaller one keeps.
func (g *Graph) KeepEdges(share float64, most int) *Graph {
	d := newDrawing(g)
	d.best()
	d.connect(0, false)
	d.connect(d.nodes-1, true)
	d.fill(share, most)
	out := *g
	out.Edges, out.Start, out.End = chosen(g.Edges, d.edges), chosen(g.Start, d.starts), chosen(g.End, d.ends)
	out.Notes = slices.Clone(g.Notes)
	if d.dropped > 0 {
		out.Notes = append(out.Notes, eventlog.Note{Code: "edges-left-out",
			Text: fmt.Sprintf("%d of %d paths, with %s of all steps, are not drawn.", d.dropped, len(d.links), percent(ratio(d.total-d.drawn, d.total)))})
	}
	return &out
}

func chosen[T any](all []T, keep []bool) (out []T) {
	for i := range all {
		if keep[i] {
			out = append(out, all[i])
		}
	}
	return out
}
