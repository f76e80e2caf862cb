package bpmn

import "slices"

// A part is a piece of a diagram that is entered by one flow and left by one.
type part struct {
	kind         partKind
	node         int     // of a single one
	enter, leave int     // of a fork: its split and its join; of a loop: its join and its split
	parts        []*part // of a sequence; else ways: nil is nothing on the way
	in, out      []int   // flows into and out of parts; of a way without anything, in; of a sequence, in between, from 1
	size         size
}

type partKind uint8

const (
	single partKind = iota
	sequence
	fork // a choice, or what goes in parallel
	loop // the first way goes on, the others lead back
)

func (t *part) first() int {
	switch t.kind {
	case single:
		return t.node
	case sequence:
		return t.parts[0].first()
	}
	return t.enter
}

func (t *part) last() int {
	switch t.kind {
	case single:
		return t.node
	case sequence:
		return t.parts[len(t.parts)-1].last()
	}
	return t.leave
}

// blocks takes d apart into blocks, by putting together, as long as there is
// something to put together: what follows each other, ways between a split and a join, loops. That
// is reduction of structured graphs (as of van Dongen et al., doi:10.1007/11431855_26, §4);
// nil if something is left over, as a flow into the middle of a block.
//
// Each step takes O(flows), and there are fewer steps than nodes.
func (d *Diagram) blocks() *part {
	r := &reduction{d: d}
	for i := range d.Nodes {
		r.units = append(r.units, &part{kind: single, node: i})
	}
	for i, f := range d.Flows {
		r.links = append(r.links, reductionLink{f.From, f.To, i})
	}
	for left := len(r.units); ; {
		r.look()
		if left == 1 {
			break
		}
		before := left
		left -= r.follow()
		if left == before {
			left -= r.close()
		}
		if left == before {
			return nil
		}
	}
	for _, u := range r.units {
		if u != nil {
			if len(r.links) > 0 {
				return nil
			}
			if u.kind != sequence {
				u = &part{kind: sequence, parts: []*part{u}, in: []int{-1}}
			}
			return u
		}
	}
	return nil
}

// A reduction is a diagram that is being put together.
type reduction struct {
	d       *Diagram
	units   []*part // nil: part of another
	links   []reductionLink
	in, out [][]int // links of each unit, in the order of their flows
}

type reductionLink struct{ from, to, flow int }

// look finds the links of units again.
func (r *reduction) look() {
	r.in, r.out = make([][]int, len(r.units)), make([][]int, len(r.units))
	for i, l := range r.links {
		r.out[l.from], r.in[l.to] = append(r.out[l.from], i), append(r.in[l.to], i)
	}
}

// plain says that a unit has one way in and one out at most.
func (r *reduction) plain(u int) bool { return len(r.in[u]) <= 1 && len(r.out[u]) <= 1 }

// follow puts together what follows each other, and returns how many units
// fewer there are.
func (r *reduction) follow() (fewer int) {
	gone := map[int]bool{} // links
	for head := range r.units {
		if r.units[head] == nil || !r.plain(head) {
			continue
		}
		if len(r.in[head]) == 1 && r.plain(r.links[r.in[head][0]].from) {
			continue // not the first
		}
		s := r.units[head]
		last := head
		for len(r.out[last]) == 1 {
			i := r.out[last][0]
			next := r.links[i].to
			if next == head || !r.plain(next) {
				break
			}
			if s.kind != sequence {
				s = &part{kind: sequence, parts: []*part{s}, in: []int{-1}}
			}
			flow := r.links[i].flow
			if n := r.units[next]; n.kind == sequence {
				s.parts, s.in = append(s.parts, n.parts...), append(append(s.in, flow), n.in[1:]...)
			} else {
				s.parts, s.in = append(s.parts, n), append(s.in, flow)
			}
			gone[i] = true
			last = next
			r.units[next] = nil
			fewer++
		}
		r.units[head] = s
		if last != head {
			for _, i := range r.out[last] {
				r.links[i].from = head
			}
		}
	}
	r.drop(gone)
	return fewer
}

func (r *reduction) drop(gone map[int]bool) {
	var kept []reductionLink
	for i, l := range r.links {
		if !gone[i] {
			kept = append(kept, l)
		}
	}
	r.links = kept
}

// A detour is a way between two gateways.
type detour struct {
	to      int // a gateway
	through int // a unit; -1: nothing
	in, out int // links; the same if there is nothing
}

// detourOf follows a link over at most one unit to a gateway; ok is false if
// it ends.
func (r *reduction) detourOf(link int) (w detour, ok bool) {
	to := r.links[link].to
	if !r.plain(to) {
		return detour{to, -1, link, link}, true
	}
	if len(r.out[to]) == 0 {
		return w, false
	}
	out := r.out[to][0]
	return detour{r.links[out].to, to, link, out}, !r.plain(r.links[out].to)
}

func gatewayKind(k Kind) bool { return k == Exclusive || k == Parallel || k == Inclusive }

// gateway says that a unit is a gateway that still is one.
func (r *reduction) gateway(u int) bool {
	return r.units[u] != nil && r.units[u].kind == single && gatewayKind(r.d.Nodes[r.units[u].node].Kind) && !r.plain(u)
}

// close puts together the first fork or loop that is whole, and returns how many
// units fewer there are.
func (r *reduction) close() (fewer int) {
	for u := range r.units {
		if r.units[u] == nil || !r.gateway(u) {
			continue
		}
		switch {
		case len(r.in[u]) <= 1 && len(r.out[u]) > 1:
			if n := r.closeFork(u); n > 0 {
				return n
			}
		case len(r.out[u]) == 1 && len(r.in[u]) > 1:
			if n := r.closeLoop(u); n > 0 {
				return n
			}
		}
	}
	return 0
}

func (r *reduction) closeFork(split int) int {
	var ways []detour
	for _, l := range r.out[split] {
		w, ok := r.detourOf(l)
		if !ok || w.to == split || len(ways) > 0 && w.to != ways[0].to {
			return 0
		}
		ways = append(ways, w)
	}
	join := ways[0].to
	if !r.gateway(join) || len(r.in[join]) != len(ways) || len(r.out[join]) > 1 {
		return 0
	}
	return r.join(fork, split, join, ways)
}

func (r *reduction) closeLoop(join int) int {
	do, ok := r.detourOf(r.out[join][0])
	split := do.to
	if !ok || split == join || !r.gateway(split) || len(r.in[split]) != 1 {
		return 0
	}
	ways := []detour{do}
	for _, l := range r.out[split] {
		if w, ok := r.detourOf(l); ok && w.to == join {
			ways = append(ways, w)
		}
	}
	back := len(ways) - 1
	if back == 0 || back != len(r.out[split])-1 || back != len(r.in[join])-1 {
		return 0
	}
	return r.join(loop, join, split, ways)
}

// join makes one unit, in the place of the gateway that it is entered by. Ways
// without anything come last, but for what a loop does.
func (r *reduction) join(kind partKind, enter, leave int, ways []detour) (fewer int) {
	t := &part{kind: kind, enter: r.units[enter].node, leave: r.units[leave].node}
	first := 0
	if kind == loop {
		first = 1
	}
	slices.SortStableFunc(ways[first:], func(a, b detour) int {
		switch {
		case a.through < 0 && b.through >= 0:
			return 1
		case b.through < 0 && a.through >= 0:
			return -1
		}
		return 0
	})
	gone := map[int]bool{}
	for _, w := range ways {
		var inner *part
		if w.through >= 0 {
			inner = r.units[w.through]
			r.units[w.through] = nil
			fewer++
		}
		t.parts = append(t.parts, inner)
		t.in, t.out = append(t.in, r.links[w.in].flow), append(t.out, r.links[w.out].flow)
		gone[w.in], gone[w.out] = true, true
	}
	for i := range r.links {
		if !gone[i] && r.links[i].from == leave {
			r.links[i].from = enter
		}
	}
	r.units[enter], r.units[leave] = t, nil
	r.drop(gone)
	return fewer + 1
}
