package conform

import (
	"slices"

	"millrace/mining/petri"
)

// endings knows from which markings a net can come to its end: what a prefix
// leads to has to be one (van Zelst and others, doi:10.1007/s41060-017-0078-6,
// definition 3). In a sound net all are.
//
// What it knows of a marking does not depend on what it was asked before, so
// results do not depend on which worker aligns which trace.
type endings struct {
	search *search        // for the end; markings have its numbers
	known  map[int32]bool // by marking: whether it can come to an end
	beyond map[int32]bool // markings of which it is not known within the bound
}

// prefixes makes s align traces that may still go on. That the net can come to
// its end at all is known.
func (s *search) prefixes() {
	s.endings = &endings{search: newSearch(s.net, s.labels, s.most)}
	s.endings.forget()
}

func (e *endings) forget() {
	e.search.forget()
	e.known, e.beyond = map[int32]bool{0: true}, map[int32]bool{}
}

// from says whether the net can come to its end from m; the wall, if it is not
// nil, shows of other markings too that it cannot. It is not known if that takes
// more than [mostToEnd] states, or is stopped.
func (e *endings) from(m petri.Marking, stop func() bool) (ends, known bool, wall *bound) {
	s := e.search
	if len(s.markings) > s.most {
		e.forget()
	}
	i := s.intern(m)
	if ends, known := e.known[i]; known || e.beyond[i] {
		return ends, known, nil
	}
	if wall := newWall(s.net, s.effects, m, stop); wall != nil {
		e.known[i] = false
		return false, true, wall
	}
	stopped := false
	f := s.alignWithin(min(mostToEnd, s.most), i, nil, func() bool {
		stopped = stop()
		return stopped
	})
	switch {
	case f.moves != nil:
		e.known[i] = true
		return true, true, nil
	case f.least >= far: // everything was looked at, so the same holds for all of it
		for _, n := range s.nodes {
			e.known[n.marking] = false
		}
		return false, true, nil
	case !stopped:
		e.beyond[i] = true
	}
	return false, false, nil
}

// A standstill is how a part has dealt with all of its events, not being at its end.
type standstill struct {
	cost  int32
	block int   // that is under way; -1: none
	began int   // with which event of it the block began
	state int32 // if no block is under way
}

// unfinished is the standstill that costs least, after a sweep of d from event from on.
//
// A block that is under way began with some event, is the last thing that the
// machine does, and each of its branches is at a standstill itself: their costs
// add up, as those of finished ones do. All states of a machine are on a way to
// its end, so any will do. It takes O(states + blocks × events) time.
func (p *part) unfinished(d []int32, from int) standstill {
	events := len(p.letters)
	best := standstill{cost: far, block: -1}
	for x, cost := range d[events*p.m.states : (events+1)*p.m.states] {
		if cost < best.cost {
			best.cost, best.state = cost, int32(x)
		}
	}
	for k := range p.blocks {
		b := &p.blocks[k]
		for a := len(b.at) - 1; a >= 0 && int(b.at[a]) >= from; a-- {
			// All other events from there on are moves in the log.
			cost := b.entry[a] + int32(events-len(b.at))
			for i := range b.branches {
				cost = min(cost+b.branches[i].open[b.before[i][a]], far)
			}
			if cost < best.cost {
				best = standstill{cost: cost, block: k, began: a}
			}
		}
	}
	return best
}

// backOpen appends the moves by which p got from event from to where it stands
// still, the last one first, after a sweep of d.
func (w *worker) backOpen(p *part, d []int32, from int, moves []Move) []Move {
	at := p.unfinished(d, from)
	if at.block < 0 {
		return w.back(p, d, from, len(p.letters), at.state, moves)
	}
	b := &p.blocks[at.block]
	moves = w.beside(p, b, at.began, len(b.at), len(p.letters), moves, func(branch *part, d []int32, from, _ int) []Move {
		return w.backOpen(branch, d, from, nil)
	})
	return w.back(p, d, from, int(b.at[at.began]), p.m.edges[b.edge].from, moves)
}

// prefixOf leaves the moves that align p with the beginning of a run in
// w.moves, without silent ones behind the last event, and returns their cost.
func (w *worker) prefixOf(p *part, d []int32) int32 {
	cost := p.unfinished(d, 0).cost
	w.moves = w.backOpen(p, d, 0, w.moves[:0])
	slices.Reverse(w.moves)
	// A move that somebody sees is never behind it: it would cost something for nothing.
	for n := len(w.moves); n > 0 && w.moves[n-1].Event < 0; n-- {
		w.moves = w.moves[:n-1]
	}
	return cost
}
