package layout

import (
	"cmp"
	"slices"

	"millrace/eventlog"
	"millrace/mining"
	"millrace/reports/words"
)

// rareTerminal is the share of cases below which a start or an end is drawn
// only if its activity would have no other path in or out.
const rareTerminal = 0.01

// choose takes from g what will be drawn, up to the caps of o.
func (d *Drawing) choose(g *mining.Graph, o Options) {
	d.nodes = []node{
		start: {name: d.Word("map.start"), w: terminalBox, h: terminalBox, terminal: true},
		end:   {name: d.Word("map.finish"), w: terminalBox, h: terminalBox, terminal: true},
	}
	kept := slices.Clone(g.Activities)
	slices.SortStableFunc(kept, func(a, b mining.Activity) int {
		return cmp.Or(cmp.Compare(b.Events, a.Events), cmp.Compare(a.Name, b.Name))
	})
	if n := len(kept) - o.MaxActivities; n > 0 {
		kept = kept[:o.MaxActivities]
		d.note("map-activities", n)
	}
	slices.SortFunc(kept, func(a, b mining.Activity) int { return cmp.Compare(a.Name, b.Name) })
	at := map[string]int{}
	for _, a := range kept {
		at[a.Name] = len(d.nodes)
		n := newBox(a)
		n.by = o.Automatic[a.Name]
		d.nodes = append(d.nodes, n)
	}
	d.Activities = len(kept)

	var all []edge
	var shown, handovers int64
	for _, a := range g.Activities {
		handovers += a.Events
	}
	for _, t := range g.Start {
		handovers -= t.Cases
	}
	working := o.waits()
	for _, e := range g.Edges {
		from, drawnFrom := at[e.From]
		to, drawnTo := at[e.To]
		if drawnFrom && drawnTo {
			k := [2]string{e.From, e.To}
			all = append(all, edge{from: from, to: to, count: e.Count, cases: e.Cases, wait: e.Wait, working: g.Clock != "",
				work: working[k], value: o.Value[k], agreed: o.agreed(e.From, e.To)})
		}
	}
	slices.SortStableFunc(all, func(a, b edge) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	})
	if n := len(all) - o.MaxPaths; n > 0 {
		all = strongest(all, o.MaxPaths)
		d.note("map-paths", n)
	}
	in, out := map[int]bool{}, map[int]bool{}
	for _, e := range all {
		shown += e.count
		if e.from != e.to {
			in[e.to], out[e.from] = true, true
		}
	}
	d.Paths = len(all)
	d.Coverage = 1
	if handovers > 0 {
		d.Coverage = min(1, float64(shown)/float64(handovers))
	}
	rare := 0
	terminals := func(list []mining.Terminal, has map[int]bool, isStart bool) {
		for i, t := range list {
			n, drawn := at[t.Activity]
			if !drawn {
				continue
			}
			if i > 0 && float64(t.Cases) < rareTerminal*float64(g.Cases) && has[n] {
				rare++
				continue
			}
			e := edge{from: n, to: end, count: t.Cases, cases: t.Cases}
			if isStart {
				e.from, e.to = start, n
			}
			all = append(all, e)
		}
	}
	terminals(g.Start, in, true)
	terminals(g.End, out, false)
	if rare > 0 {
		d.note("map-terminals", rare)
	}
	d.edges = all
}

// strongest keeps n of the edges, which are sorted by count: each activity's
// most frequent path in and out first, then the most frequent ones.
func strongest(all []edge, n int) []edge {
	keep := make([]bool, len(all))
	in, out := map[int]bool{}, map[int]bool{}
	kept := 0
	take := func(i int) {
		if !keep[i] && kept < n {
			keep[i] = true
			kept++
		}
	}
	for i, e := range all {
		if e.from == e.to {
			continue
		}
		if !in[e.to] || !out[e.from] {
			take(i)
		}
		in[e.to], out[e.from] = true, true
	}
	for i := range all {
		take(i)
	}
	var some []edge
	for i, e := range all {
		if keep[i] {
			some = append(some, e)
		}
	}
	return some
}

// findSpine numbers the nodes on the usual way: the one given, or else the one
// that follows the most frequent path from the start.
func (d *Drawing) findSpine(given []string) {
	place := 0
	put := func(n int) {
		if d.nodes[n].spine == 0 {
			place++
			d.nodes[n].spine = place
		}
	}
	put(start)
	if len(given) > 0 {
		at := make(map[string]int, len(d.nodes))
		for i := firstActivity; i < len(d.nodes); i++ {
			at[d.nodes[i].name] = i
		}
		for _, name := range given {
			if n, ok := at[name]; ok {
				put(n)
			}
		}
		put(end)
		return
	}
	for at := start; at != end; {
		next, most := -1, int64(0)
		for _, e := range d.edges {
			if e.from == at && e.count > most && (e.to == end || d.nodes[e.to].spine == 0) {
				next, most = e.to, e.count
			}
		}
		if next < 0 {
			put(end)
			return
		}
		put(next)
		at = next
	}
}

// breakCircles marks the edges that are drawn upwards, so that what is left
// has no circle. dot would break circles itself, but by the shape of the graph
// alone, and puts rework at the bottom of the map.
func (d *Drawing) breakCircles(backward map[[2]string]bool) {
	order := make([]int, len(d.edges))
	strength := make([]float64, len(d.edges))
	depth := d.depths()
	for i, e := range d.edges {
		order[i] = i
		strength[i] = float64(e.count)
		if depth[e.to] <= depth[e.from] {
			strength[i] *= leadsBack
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(strength[b], strength[a]) })
	forward := make([][]int, len(d.nodes))
	_, _, spine := d.order()
	for k := 1; k < len(spine); k++ { // the usual way runs down, whatever else does
		forward[spine[k-1]] = append(forward[spine[k-1]], spine[k])
	}
	for _, i := range order {
		e := &d.edges[i]
		if e.from == e.to {
			continue
		}
		if backward != nil && e.from != start && e.to != end {
			e.back = backward[[2]string{d.nodes[e.from].name, d.nodes[e.to].name}]
		}
		upper, lower := e.ends()
		if reaches(forward, lower, upper) { // the more frequent ones say otherwise
			e.back = !e.back
			upper, lower = lower, upper
		}
		forward[upper] = append(forward[upper], lower)
	}
}

// leadsBack is how much less an edge counts, when circles are broken, if it
// leads to an activity nearer to the start. Without it a circle of equally
// frequent edges, such as a dispute that ends in a new price, is broken where
// it leaves the spine, and hangs beside the wrong step.
const leadsBack = 0.25

// depths returns how many paths each node is away from the start.
func (d *Drawing) depths() []int {
	depth := make([]int, len(d.nodes))
	for i := range depth {
		depth[i] = len(d.nodes)
	}
	depth[start] = 0
	for queue := []int{start}; len(queue) > 0; queue = queue[1:] {
		for _, e := range d.edges {
			if e.from == queue[0] && depth[e.to] > depth[e.from]+1 {
				depth[e.to] = depth[e.from] + 1
				queue = append(queue, e.to)
			}
		}
	}
	return depth
}

// ends returns the edge's nodes in the order in which dot is to place them.
func (e *edge) ends() (upper, lower int) {
	if e.back {
		return e.to, e.from
	}
	return e.from, e.to
}

func reaches(next [][]int, from, to int) bool {
	seen := make([]bool, len(next))
	stack := []int{from}
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if n == to {
			return true
		}
		if seen[n] {
			continue
		}
		seen[n] = true
		stack = append(stack, next[n]...)
	}
	return false
}

// note says that n of something are not drawn.
func (d *Drawing) note(code string, n int) {
	key := "note." + code
	if n == 1 {
		key += ".one"
	}
	d.Notes = append(d.Notes, eventlog.Note{Code: code, Text: d.Say(key, words.Args{"n": d.Count(int64(n)), "cases": d.cases})})
}
