package conform

import (
	"encoding/binary"
	"math"
	"slices"

	"millrace/mining/petri"
)

// A search aligns traces with nets that are no machines: the shortest path in
// the synchronous product of net and trace (Adriansyah, van Dongen and van der
// Aalst, doi:10.1109/EDOC.2011.12), whose states are a marking and how many
// events are dealt with, by A* (see [bound]). What can be fired in a marking is
// worked out once for all traces of a worker.
type search struct {
	net     *petri.Net
	labels  []int32
	count   int // labels
	effects [][]petri.Arc
	most    int

	number   map[string]int32 // of a marking, by its key
	markings []string         // their keys, which the map has too
	next     [][]firing
	final    int32
	at       petri.Marking // for the moment
	key      []byte        // the same
	endings  *endings      // of prefixes only

	// What the last trace needed, of which the next one uses the memory.
	seen   nodeTable
	nodes  []node
	queue  [][]entry // by cost so far and bound; the last one found goes first
	met    []int32   // by marking: its number among those the trace has met, or that of another one
	own    []int32   // by that number: the marking whose it is
	tokens []int64   // by that number, mostBounds each: what a bound says of the marking, or unpriced
}

// unpriced stands where a bound has not been asked about a marking.
const unpriced = math.MinInt64

var allUnpriced = slices.Repeat([]int64{unpriced}, mostBounds)

type firing struct{ transition, to int32 }

func newSearch(n *petri.Net, labels []int32, most int) *search {
	s := &search{net: n, labels: labels, most: most}
	for t, x := range labels {
		s.count = max(s.count, int(x)+1)
		s.effects = append(s.effects, n.Effect(t))
	}
	s.forget()
	return s
}

// forget drops all markings but the initial and the final one.
func (s *search) forget() {
	s.number, s.markings, s.next = map[string]int32{}, nil, nil
	s.intern(s.net.Initial)
	s.final = s.intern(s.net.Final)
}

func (s *search) intern(m petri.Marking) int32 {
	s.key = m.AppendKey(s.key[:0])
	if i, ok := s.number[string(s.key)]; ok {
		return i
	}
	i, key := int32(len(s.markings)), string(s.key)
	s.number[key] = i
	s.markings, s.next = append(s.markings, key), append(s.next, nil)
	return i
}

// marking returns marking i, until it is called again.
func (s *search) marking(i int32) petri.Marking {
	key := s.markings[i]
	s.at = s.at[:0]
	for len(key) > 0 {
		tokens, n := binary.Varint([]byte(key[:min(len(key), binary.MaxVarintLen64)]))
		s.at, key = append(s.at, int32(tokens)), key[n:]
	}
	return s.at
}

// firings are what can be fired in marking i.
func (s *search) firings(i int32) []firing {
	if s.next[i] != nil {
		return s.next[i]
	}
	m := s.marking(i)
	out := make([]firing, 0, 4)
	for t := range s.net.Transitions {
		if s.net.Enabled(m, t) {
			s.net.Fire(m, t)
			out = append(out, firing{int32(t), s.intern(m)})
			s.net.Unfire(m, t)
		}
	}
	s.next[i] = out
	return out
}

// A node of the product that was found, and how.
type node struct {
	marking, done int32
	cost          int32
	parent        int32
	move          Move
}

// A found is what a search came to: an alignment that costs cost, where no
// alignment costs less than least. moves is nil if none was found.
type found struct {
	least, cost int32
	moves       []Move
}

// An entry of the queue is a node at the cost it had when it was put there, and
// how many bounds were asked.
type entry struct{ node, cost, bounds int32 }

// A hunt is the search for the alignment of one trace.
type hunt struct {
	*search
	letters []int32
	left    [][]int32 // by events done: how many are left of each label
	unknown []int32   // by events done: how many are left that the net does not know
	bounds  []*bound
	events  []int64 // by events done, mostBounds each: the prices that a bound has for those left
	stop    func() bool
	walls   []*bound // what shows that a prefix is on no run; the first ones are among bounds
	unsure  int32    // a prefix at this cost may be on a run or not; far: none
}

// mostBounds is how many solutions are kept for one trace. Of a prefix,
// mostWalls of them may be walls.
const (
	mostBounds = 12
	mostWalls  = 6
)

// align looks for an optimal alignment from a marking on until it has seen the
// most states allowed, or is stopped. Beyond that it says what it knows: nothing
// costs less than what is next in the queue, and the state that came furthest
// can be finished by leaving the remaining events to the log and running to
// the end.
func (s *search) align(from int32, letters []int32, stop func() bool) found {
	if from == 0 && len(s.markings) > s.most {
		s.forget()
	}
	return s.alignWithin(s.most, from, letters, stop)
}

// mostToEnd bounds the search for an end, after the time for the rest is over.
const mostToEnd = 10_000

func (s *search) alignWithin(most int, from int32, letters []int32, stop func() bool) found {
	h := &hunt{search: s, letters: letters, stop: stop, unsure: far}
	s.seen.forget()
	s.nodes, s.own, s.tokens = s.nodes[:0], s.own[:0], s.tokens[:0]
	for i := range s.queue {
		s.queue[i] = s.queue[i][:0]
	}
	h.count()
	h.learn(from, 0)
	h.push(-1, from, 0, 0, Move{})
	end, furthest, looked, again := int32(len(letters)), int32(0), 0, 500
	for least := int32(0); int(least) < len(h.queue) && least < far; least++ {
		for len(h.queue[least]) > 0 {
			last := len(h.queue[least]) - 1
			e := h.queue[least][last]
			h.queue[least] = h.queue[least][:last]
			at := h.nodes[e.node]
			if at.cost != e.cost {
				continue // found again, for less
			}
			if at.done == end {
				if h.arrived(at.marking, at.cost) {
					return found{min(at.cost, h.unsure), at.cost, h.way(e.node)}
				}
				if s.endings != nil {
					continue // what is behind it is on no run either, or unsure too
				}
			}
			if looked++; looked == again && len(h.bounds) < mostBounds {
				again *= 2
				h.learn(at.marking, at.done)
			}
			// There may be better bounds since it was put here.
			if total := at.cost + h.bound(at.marking, at.done, int(e.bounds)); total > least {
				e.bounds = int32(len(h.bounds))
				h.put(e, total)
				continue
			}
			if at.done > h.nodes[furthest].done {
				furthest = e.node
			}
			if len(h.nodes) > most || looked%1024 == 0 && stop() {
				return h.finish(furthest, least)
			}
			h.expand(e.node)
		}
	}
	return found{least: min(far, h.unsure), cost: far}
}

// arrived says whether a marking, at which the trace is dealt with, is a goal.
func (h *hunt) arrived(marking, cost int32) bool {
	if h.endings == nil {
		return marking == h.final
	}
	m := h.marking(marking)
	for _, wall := range h.walls {
		if wall.tokens(m) > 0 {
			return false
		}
	}
	ends, known, wall := h.endings.from(m, h.stop)
	if wall != nil {
		if h.walls = append(h.walls, wall); len(h.walls) <= mostWalls && len(h.bounds) < mostBounds {
			h.keep(wall)
		}
	}
	if !known {
		h.unsure = min(h.unsure, cost)
	}
	return ends
}

// count fills left and unknown, and makes room for events.
func (h *hunt) count() {
	h.left, h.unknown = make([][]int32, len(h.letters)+1), make([]int32, len(h.letters)+1)
	h.events = make([]int64, len(h.left)*mostBounds)
	h.left[len(h.letters)] = make([]int32, h.search.count)
	for i := len(h.letters) - 1; i >= 0; i-- {
		h.left[i], h.unknown[i] = slices.Clone(h.left[i+1]), h.unknown[i+1]
		if x := h.letters[i]; x >= 0 {
			h.left[i][x]++
		} else {
			h.unknown[i]++
		}
	}
}

// learn adds a bound that is good from a state on.
func (h *hunt) learn(marking, done int32) {
	goal := h.net.Final
	if h.endings != nil {
		goal = nil
	}
	b := newBound(h.net, h.effects, h.labels, h.marking(marking), goal, h.left[done], h.stop)
	if b == nil {
		return
	}
	h.keep(b)
}

// keep asks b too from now on.
func (h *hunt) keep(b *bound) {
	for i, left := range h.left {
		if b.wall {
			break // events have no prices
		}
		sum := &h.events[i*mostBounds+len(h.bounds)]
		for x, n := range left {
			*sum += b.event[x] * int64(n)
		}
	}
	h.bounds = append(h.bounds, b)
}

// bound is what is left to pay at least, as far as the bounds from one on know.
func (h *hunt) bound(marking, done int32, from int) int32 {
	// Most of a search is this. So what a bound says is worked out once for each marking of
	// the trace, and what bounds say of one marking lies together.
	for int(marking) >= len(h.met) {
		h.met = append(h.met, 0)
	}
	i := int(h.met[marking])
	if i >= len(h.own) || h.own[i] != marking {
		i = len(h.own)
		h.met[marking], h.own, h.tokens = int32(i), append(h.own, marking), append(h.tokens, allUnpriced...)
	}
	tokens, events := h.tokens[i*mostBounds:][:len(h.bounds)], h.events[int(done)*mostBounds:]
	var m petri.Marking
	least := int64(0)
	for k := from; k < len(tokens); k++ {
		if tokens[k] == unpriced {
			if m == nil {
				m = h.marking(marking)
			}
			tokens[k] = h.bounds[k].tokens(m)
		}
		least = max(least, tokens[k]+events[k])
	}
	return whole(least) + h.unknown[done]
}

func (h *hunt) put(e entry, total int32) {
	if total >= far {
		return // no run gets to the end from there
	}
	for int(total) >= len(h.queue) {
		h.queue = append(h.queue, nil)
	}
	h.queue[total] = append(h.queue[total], e)
}

func (h *hunt) push(from int32, marking, done, cost int32, move Move) {
	i := h.seen.number(uint64(marking)<<32|uint64(uint32(done)), int32(len(h.nodes)))
	switch known := int(i) < len(h.nodes); {
	case known && h.nodes[i].cost <= cost:
		return
	case known:
		h.nodes[i].cost, h.nodes[i].parent, h.nodes[i].move = cost, from, move
	default:
		h.nodes = append(h.nodes, node{marking, done, cost, from, move})
	}
	h.put(entry{i, cost, int32(len(h.bounds))}, cost+h.bound(marking, done, 0))
}

func (h *hunt) expand(i int32) {
	at := h.nodes[i]
	inside := int(at.done) < len(h.letters)
	if inside {
		h.push(i, at.marking, at.done+1, at.cost+1, Move{at.done, -1})
	}
	firings := h.firings(at.marking)
	// After a move in the log come none in the model: they can come before it, at the
	// same cost. Where the node before was reached by such a move too, it is the one before that.
	late := at.move.Transition < 0
	for k := len(firings) - 1; k >= 0; k-- { // so that the first is looked at first
		t, to := firings[k].transition, firings[k].to
		label := h.labels[t]
		price := at.cost
		if label >= 0 {
			price++
		}
		if !late {
			h.push(i, to, at.done, price, Move{-1, t})
		}
		if label >= 0 && inside && h.letters[at.done] == label {
			h.push(i, to, at.done+1, at.cost, Move{at.done, t})
		}
	}
}

// way are the moves to node i.
func (h *hunt) way(i int32) (moves []Move) {
	moves = []Move{}
	for ; h.nodes[i].parent >= 0; i = h.nodes[i].parent {
		moves = append(moves, h.nodes[i].move)
	}
	slices.Reverse(moves)
	return moves
}

// never is a stop that does not come.
func never() bool { return false }

// finish ends an alignment from node i without looking at the other events.
func (h *hunt) finish(i int32, least int32) found {
	at := h.nodes[i]
	least = min(least, h.unsure)
	moves, run := h.way(i), found{} // the way first: the run takes the memory of its nodes
	if h.endings != nil {
		if ends, _, _ := h.endings.from(h.marking(at.marking), never); ends {
			run.moves = []Move{}
		}
	} else if len(h.letters) > 0 {
		run = h.search.alignWithin(min(mostToEnd, h.most), at.marking, nil, never)
	}
	if run.moves == nil {
		return found{least: least, cost: far}
	}
	cost := at.cost + run.cost
	for e := at.done; int(e) < len(h.letters); e++ {
		moves = append(moves, Move{e, -1})
		cost++
	}
	return found{least, cost, append(moves, run.moves...)}
}
