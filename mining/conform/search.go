package conform

import (
	"slices"

	"millrace/mining/petri"
)

// A search aligns traces with nets that are no machines: the shortest path in
// the synchronous product of net and trace (Adriansyah, van Dongen and van der
// Aalst, doi:10.1109/EDOC.2011.12), whose states are a marking and how many
// events are dealt with. What can be fired in a marking is worked out once for
// all traces of a worker.
type search struct {
	net    *petri.Net
	labels []int32
	most   int

	number   map[string]int32 // of a marking, by its key
	markings []petri.Marking
	next     [][]firing
	final    int32
}

type firing struct{ transition, to int32 }

func newSearch(n *petri.Net, labels []int32, most int) *search {
	s := &search{net: n, labels: labels, most: most}
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
	key := m.AppendKey(make([]byte, 0, len(m)))
	if i, ok := s.number[string(key)]; ok {
		return i
	}
	i := int32(len(s.markings))
	s.number[string(key)] = i
	s.markings, s.next = append(s.markings, m.Clone()), append(s.next, nil)
	return i
}

// firings are what can be fired in marking i.
func (s *search) firings(i int32) []firing {
	if s.next[i] != nil {
		return s.next[i]
	}
	m := s.markings[i].Clone()
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

// align looks for an optimal alignment until it has looked at the most states
// allowed, or is stopped. Beyond that it says what it knows: nothing costs less
// than what is next in the queue, and the best state found can be finished by
// leaving the remaining events to the log and running to the end.
func (s *search) align(letters []int32, stop func() bool) found {
	if len(s.markings) > s.most {
		s.forget()
	}
	nodes := []node{{parent: -1}}
	seen := map[uint64]int32{0: 0} // node by marking and events done
	queue := [][]int32{{0}}        // by cost; the last one found goes first
	end := int32(len(letters))
	furthest := int32(0)
	push := func(from int32, marking, done, cost int32, move Move) {
		key := uint64(marking)<<32 | uint64(uint32(done))
		i, ok := seen[key]
		if ok && nodes[i].cost <= cost {
			return
		}
		if ok {
			nodes[i].cost, nodes[i].parent, nodes[i].move = cost, from, move
		} else {
			i = int32(len(nodes))
			seen[key] = i
			nodes = append(nodes, node{marking, done, cost, from, move})
		}
		for int(cost) >= len(queue) {
			queue = append(queue, nil)
		}
		queue[cost] = append(queue[cost], i)
	}
	looked := 0
	for cost := int32(0); int(cost) < len(queue); cost++ {
		for len(queue[cost]) > 0 {
			last := len(queue[cost]) - 1
			i := queue[cost][last]
			queue[cost] = queue[cost][:last]
			at := nodes[i]
			if at.cost < cost {
				continue // found again, for less
			}
			if at.done == end && at.marking == s.final {
				return found{cost, cost, way(nodes, i)}
			}
			if f := nodes[furthest]; at.done > f.done {
				furthest = i
			}
			if looked++; len(nodes) > s.most || looked%1024 == 0 && stop() {
				return s.finish(nodes, furthest, letters, cost)
			}
			if at.done < end {
				push(i, at.marking, at.done+1, cost+1, Move{at.done, -1})
			}
			firings := s.firings(at.marking)
			for k := len(firings) - 1; k >= 0; k-- { // so that the first is looked at first
				t, to := firings[k].transition, firings[k].to
				label := s.labels[t]
				price := cost
				if label >= 0 {
					price++
				}
				push(i, to, at.done, price, Move{-1, t})
				if label >= 0 && at.done < end && letters[at.done] == label {
					push(i, to, at.done+1, cost, Move{at.done, t})
				}
			}
		}
	}
	return found{least: far, cost: far}
}

// way are the moves to node i.
func way(nodes []node, i int32) (moves []Move) {
	moves = []Move{}
	for ; nodes[i].parent >= 0; i = nodes[i].parent {
		moves = append(moves, nodes[i].move)
	}
	slices.Reverse(moves)
	return moves
}

// finish ends an alignment from node i without looking at the other events.
func (s *search) finish(nodes []node, i int32, letters []int32, least int32) found {
	for {
		run, cost, ok := s.run(nodes[i].marking)
		if ok {
			moves := way(nodes, i)
			for e := nodes[i].done; int(e) < len(letters); e++ {
				moves = append(moves, Move{e, -1})
				cost++
			}
			return found{least, nodes[i].cost + cost, append(moves, run...)}
		}
		if i == 0 {
			return found{least: least, cost: far}
		}
		i = 0
	}
}

// run is the cheapest way from a marking to the final one, if it is found
// within the states allowed.
func (s *search) run(from int32) (moves []Move, cost int32, ok bool) {
	nodes := []node{{marking: from, parent: -1}}
	seen := map[int32]int32{from: 0}
	queue := [][]int32{{0}}
	for cost := int32(0); int(cost) < len(queue); cost++ {
		for len(queue[cost]) > 0 {
			i := queue[cost][0]
			queue[cost] = queue[cost][1:]
			at := nodes[i]
			switch {
			case at.cost < cost:
				continue
			case at.marking == s.final:
				return way(nodes, i), cost, true
			case len(nodes) > s.most:
				return nil, 0, false
			}
			for _, f := range s.firings(at.marking) {
				price := cost
				if s.labels[f.transition] >= 0 {
					price++
				}
				k, ok := seen[f.to]
				if ok && nodes[k].cost <= price {
					continue
				}
				if !ok {
					k = int32(len(nodes))
					seen[f.to] = k
					nodes = append(nodes, node{marking: f.to})
				}
				nodes[k].cost, nodes[k].parent, nodes[k].move = price, i, Move{-1, f.transition}
				for int(price) >= len(queue) {
					queue = append(queue, nil)
				}
				queue[price] = append(queue[price], k)
			}
		}
	}
	return nil, 0, false
}
