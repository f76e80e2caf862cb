package conform

import "slices"

// A Move is one step of an alignment.
type Move struct {
	Event      int32 // index into the trace; -1 of a move in the model only
	Transition int32 // of the net; -1 of a move in the log only
}

// A part is a stretch of work for a machine: the events of a trace that have
// its letters, in order, and what its blocks cost between any two of them.
//
// With a label in one branch of a block only, it is known which branch an
// event belongs to, so branches are aligned one by one, and the costs add up:
// alignments take polynomial time (Schwanen, Pakusa and van der Aalst,
// doi:10.1007/978-3-031-82225-4_7, for process trees; here for any state
// machines within one another).
//
// The recurrence goes event by event. d[j*states+x] is the least cost of having
// dealt with the first j events and being in state x, model moves behind the
// last event included. From one column to the next every state pays for a move
// in the log; an edge with the letter of the event is a synchronous move; and a
// block that ends with this event began at an earlier one.
type part struct {
	m       *machine
	letters []int32 // -1: the machine does not know it
	at      []int32 // events, as indices into the trace
	blocks  []blockPart
	open    []int32 // of prefixes, by event: what it costs from there on to deal with all events and end anywhere
}

type blockPart struct {
	*block
	edge     int32
	order    []int32   // by event of the part: its number among those of the block, or -1
	at       []int32   // events of the block, as indices into the part
	branches []part    // each with its events
	before   [][]int32 // by branch, by event of the block: how many of the branch come before it
	cost     []int32   // [b*(len(at)+1)+a]: of events a to b-1 of the block
	entry    []int32   // while sweeping: cost of being before the block at event a, less the events between
}

// A worker aligns traces, one after another, and owns the memory for it.
type worker struct {
	chunk []int32
	moves []Move
	stop  <-chan struct{} // what takes long gives up when it is closed
	// Traces may still go on, so machines need not come to their ends.
	prefix bool
}

func (w *worker) stopped() bool {
	select {
	case <-w.stop:
		return true
	default:
		return false
	}
}

// ints returns zeroes that are valid until the next trace.
func (w *worker) ints(n int) []int32 {
	if n > cap(w.chunk)-len(w.chunk) {
		w.chunk = make([]int32, 0, max(n, min(2*cap(w.chunk), 1<<22), 1<<14))
	}
	k := len(w.chunk)
	w.chunk = w.chunk[:k+n]
	out := w.chunk[k : k+n : k+n]
	clear(out)
	return out
}

// mostEvents bounds the events of a block in a trace: its costs take a number
// for each pair.
const mostEvents = 4000

// part prepares events for m; ok is false if there are too many, or no time left.
func (w *worker) part(m *machine, letters, at []int32) (p part, ok bool) {
	p = part{m: m, letters: letters, at: at}
	for _, e := range m.blocks {
		b := blockPart{block: m.edges[e].block, edge: e, order: w.ints(len(letters))}
		members := w.ints(len(letters))[:0]
		for i, x := range letters {
			b.order[i] = -1
			if x >= 0 && b.branchOf[x] >= 0 {
				b.order[i] = int32(len(members))
				members = append(members, int32(i))
			}
		}
		if len(members) > mostEvents {
			return p, false
		}
		b.at = members
		b.entry = w.ints(len(members))
		side := len(members) + 1
		b.cost = w.ints(side * side)
		for k, machine := range b.block.branches {
			its, where, before := w.ints(len(members))[:0], w.ints(len(members))[:0], w.ints(side)
			for a, i := range members {
				before[a] = int32(len(its))
				if x := letters[i]; b.branchOf[x] == int32(k) {
					its, where = append(its, x), append(where, at[i])
				}
			}
			before[len(members)] = int32(len(its))
			branch, ok := w.part(machine, its, where)
			if !ok {
				return p, false
			}
			costs, ok := w.costs(&branch)
			if !ok {
				return p, false
			}
			b.branches, b.before = append(b.branches, branch), append(b.before, before)
			n := len(its) + 1
			for y := 1; y < side; y++ {
				row, of := b.cost[y*side:y*side+y], costs[int(before[y])*n:]
				for x := range row {
					row[x] = min(row[x]+of[before[x]], far)
				}
			}
		}
		p.blocks = append(p.blocks, b)
	}
	return p, true
}

// costs are what p costs from event i to before event j, at [j*(events+1)+i].
func (w *worker) costs(p *part) (costs []int32, ok bool) {
	side := len(p.letters) + 1
	out := w.ints(side * side)
	n := p.m.states
	d := w.ints(side * n)
	if w.prefix {
		p.open = w.ints(side)
	}
	for i := range side {
		if w.stopped() {
			return nil, false
		}
		w.sweep(p, d, i, side-1)
		for j := i; j < side; j++ {
			out[j*side+i] = d[j*n+int(p.m.end)]
		}
		if w.prefix {
			p.open[i] = p.unfinished(d, i).cost
		}
	}
	return out, true
}

// sweep fills the columns from to until of d, beginning in the start state.
func (w *worker) sweep(p *part, d []int32, from, until int) {
	m, n := p.m, p.m.states
	copy(d[from*n:(from+1)*n], m.dist[int(m.start)*n:])
	p.enter(d, from, from)
	for j := from + 1; j <= until; j++ {
		before, now := d[(j-1)*n:j*n], d[j*n:(j+1)*n]
		for x, cost := range before {
			now[x] = cost + 1
		}
		if letter := p.letters[j-1]; letter >= 0 {
			for _, i := range m.steps[letter] {
				e := &m.edges[i]
				relax(now, m.dist[int(e.to)*n:], before[e.from], e.to)
			}
			for k := range p.blocks {
				b := &p.blocks[k]
				if b.order[j-1] >= 0 {
					cost, _ := b.leave(from, j)
					to := m.edges[b.edge].to
					relax(now, m.dist[int(to)*n:], cost, to)
				}
			}
		}
		p.enter(d, from, j)
	}
}

// relax takes note that a state can be reached for cost, and what is behind it.
func relax(now, dist []int32, cost, state int32) {
	if cost >= now[state] {
		return
	}
	dist = dist[:len(now)]
	for x, old := range now {
		now[x] = min(old, cost+dist[x])
	}
}

// enter keeps the costs of beginning a block with event j.
func (p *part) enter(d []int32, from, j int) {
	for k := range p.blocks {
		b := &p.blocks[k]
		if j < len(b.order) && b.order[j] >= 0 {
			a := b.order[j]
			b.entry[a] = d[j*p.m.states+int(p.m.edges[b.edge].from)] - int32(j) + a
		}
	}
}

// leave is the least cost of having left the block with event j-1 as its last,
// and the event of the block that it began with, the latest of several.
func (b *blockPart) leave(from, j int) (cost int32, began int) {
	until := int(b.order[j-1]) + 1
	side := len(b.at) + 1
	cost, began = far, -1
	row, entry := b.cost[until*side:until*side+until], b.entry[:until]
	for a := until - 1; a >= 0 && int(b.at[a]) >= from; a-- {
		if c := entry[a] + row[a]; c < cost {
			cost, began = c, a
		}
	}
	return cost + int32(j-until), began
}

// back appends the moves by which p got from event from to having dealt with j
// events in state x, the last one first.
func (w *worker) back(p *part, d []int32, from, j int, x int32, moves []Move) []Move {
	m, n := p.m, p.m.states
walk:
	for j > from {
		cost, before := d[j*n+int(x)], d[(j-1)*n:j*n]
		if letter := p.letters[j-1]; letter >= 0 {
			for _, i := range m.steps[letter] {
				if e := &m.edges[i]; before[e.from]+m.dist[int(e.to)*n+int(x)] == cost {
					moves = m.path(e.to, x, moves)
					moves = append(moves, Move{p.at[j-1], e.transition})
					j, x = j-1, e.from
					continue walk
				}
			}
			for k := range p.blocks {
				b := &p.blocks[k]
				if b.order[j-1] < 0 {
					continue
				}
				e := &m.edges[b.edge]
				// What the sweep kept at entry is of this sweep still.
				if c, began := b.leave(from, j); began >= 0 && c+m.dist[int(e.to)*n+int(x)] == cost {
					moves = m.path(e.to, x, moves)
					moves = w.through(p, b, began, j, moves)
					j, x = int(b.at[began]), e.from
					continue walk
				}
			}
		}
		moves = append(moves, Move{p.at[j-1], -1})
		j--
	}
	return m.path(m.start, x, moves)
}

// through appends the moves of the branches of b from its event began to
// before event j of p, the last one first.
func (w *worker) through(p *part, b *blockPart, began, j int, moves []Move) []Move {
	until := int(b.order[j-1]) + 1
	return w.beside(p, b, began, until, j, moves, func(branch *part, d []int32, from, to int) []Move {
		return w.back(branch, d, from, to, branch.m.end, nil)
	})
}

// beside appends the moves of the branches of b, and of the events of p that
// are not of b, from event began of b to before event until of b and j of p, the
// last one first. What a branch does comes from back, the same way round.
func (w *worker) beside(p *part, b *blockPart, began, until, j int, moves []Move, back func(branch *part, d []int32, from, to int) []Move) []Move {
	var lists [][]Move // each the first move first
	var others []Move
	for i := int(b.at[began]); i < j; i++ {
		if b.order[i] < 0 {
			others = append(others, Move{p.at[i], -1})
		}
	}
	lists = append(lists, others)
	for k := range b.branches {
		branch := &b.branches[k]
		from, to := int(b.before[k][began]), int(b.before[k][until])
		d := w.ints((to + 1) * branch.m.states)
		w.sweep(branch, d, from, to)
		list := back(branch, d, from, to)
		slices.Reverse(list)
		lists = append(lists, list)
	}
	merged := merge(lists)
	slices.Reverse(merged)
	return append(moves, merged...)
}

// merge puts lists of moves together, by events; a move in the model alone is
// made as late as its list allows.
func merge(lists [][]Move) (all []Move) {
	keys := make([][]int32, len(lists))
	for k, list := range lists {
		keys[k] = make([]int32, len(list))
		key := int32(far)
		for i := len(list) - 1; i >= 0; i-- {
			if list[i].Event >= 0 {
				key = list[i].Event
			}
			keys[k][i] = key
		}
	}
	for {
		first := -1
		for k := range lists {
			if len(keys[k]) > 0 && (first < 0 || keys[k][0] < keys[first][0]) {
				first = k
			}
		}
		if first < 0 {
			return all
		}
		all = append(all, lists[first][0])
		lists[first], keys[first] = lists[first][1:], keys[first][1:]
	}
}

// path appends the model moves of the cheapest way from state u to x, the last
// one first.
func (m *machine) path(u, x int32, moves []Move) []Move {
	for x != u {
		e := &m.edges[m.last[int(u)*m.states+int(x)]]
		switch {
		case e.block != nil:
			for k := len(e.block.branches) - 1; k >= 0; k-- {
				branch := e.block.branches[k]
				moves = branch.path(branch.start, branch.end, moves)
			}
		case e.transition >= 0:
			moves = append(moves, Move{-1, e.transition})
		}
		x = e.from
	}
	return moves
}

// align returns an optimal alignment of a trace with the root machine; ok is
// false if the trace is too long for it, or no time is left. The moves are the worker's until the
// next call.
func (w *worker) align(root *machine, letters, at []int32) (cost int32, moves []Move, ok bool) {
	w.chunk = w.chunk[:0]
	p, ok := w.part(root, letters, at)
	if !ok {
		return 0, nil, false
	}
	m := len(letters)
	d := w.ints((m + 1) * root.states)
	w.sweep(&p, d, 0, m)
	if w.prefix {
		cost = w.prefixOf(&p, d)
		return cost, w.moves, true
	}
	w.moves = w.back(&p, d, 0, m, root.end, w.moves[:0])
	slices.Reverse(w.moves)
	return d[m*root.states+int(root.end)], w.moves, true
}
