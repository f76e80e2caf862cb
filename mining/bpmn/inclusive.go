package bpmn

import (
	"fmt"
	"slices"
)

// mostWays bounds the ways out of an inclusive gateway: its net has a silent
// transition for each set of them.
const mostWays = 8

// passage is a gateway that is in no file: what comes by one way in goes on by
// the way out of the same place, once it is known that nothing comes by the others.
const passage = Silent + 1

// A plan is a diagram as its net has it. Where an inclusive gateway joins, a token
// says of each way into it that something comes, or that nothing does: dead
// path elimination. A way that is not taken sends such a dead token to
// the next joins behind it, which wait for one token a way.
type plan struct {
	kinds   []Kind // of nodes, those of the diagram first
	flows   []Flow // those of the diagram first
	in, out [][]int

	// What one token enters, at one node, and one token leaves, is a region: seen from
	// outside, it is its entry.
	entry []int  // of the region of a node, or the node itself
	whole []bool // by node: the entry of a region that has others in it
	inner []bool // by flow: within a region

	waits map[int]*wait // by node
	dead  [][]int       // by flow out of an inclusive split: where a dead token goes if it is not taken
	also  [][]int       // by flow: where dead tokens go if it is taken
}

// A wait says how a join waits.
type wait struct {
	sure bool  // something comes whenever its region is entered
	dead []int // where dead tokens go if nothing comes
}

// Undecided returns the inclusive gateways, by index, of which it is not known
// what they wait for, or how long what they started goes on; [Diagram.Net]
// needs that there are none.
//
// BPMN says that a join waits until no more tokens can come (ISO/IEC 19510,
// 13.4.3), which depends on all tokens of the diagram. What is known is this: all ways to
// the join pass some node before it; between the two, parallel ways never come
// together in a choice, nor leave, and what is parallel in a loop is
// joined in it. Whether two tokens come to that node at once is not asked. It takes
// O(inclusive gateways × nodes × flows) time where the nodes are nested deep, seldom
// more than O(inclusive gateways × flows).
func (d *Diagram) Undecided() []int {
	_, undecided := d.plan()
	return undecided
}

func (d *Diagram) plan() (p *plan, undecided []int) {
	p = &plan{flows: slices.Clone(d.Flows), waits: map[int]*wait{}, dead: make([][]int, len(d.Flows)), also: make([][]int, len(d.Flows)), inner: make([]bool, len(d.Flows))}
	p.in, p.out = d.ways()
	inclusive := false
	for i, n := range d.Nodes {
		p.kinds, p.entry, p.whole = append(p.kinds, n.Kind), append(p.entry, i), append(p.whole, false)
		inclusive = inclusive || n.Kind == Inclusive
		if n.Kind == Inclusive && len(p.in[i]) == 1 && len(p.out[i]) == 1 {
			p.kinds[i] = Exclusive
		}
	}
	if !inclusive {
		return p, nil
	}
	for i, n := range d.Nodes {
		if n.Kind == Inclusive && len(p.out[i]) == 0 { // an end
			end, f := len(p.kinds), len(p.flows)
			p.kinds, p.entry, p.whole = append(p.kinds, End), append(p.entry, end), append(p.whole, false)
			p.flows = append(p.flows, Flow{From: i, To: end})
			p.inner, p.dead, p.also = append(p.inner, false), append(p.dead, nil), append(p.also, nil)
			p.out[i], p.in, p.out = []int{f}, append(p.in, []int{f}), append(p.out, nil)
		}
	}
	p.simplify()
	p.fold()
	p.regions()
	for i, kind := range p.kinds {
		joins, splits := len(p.in[i]) > 1, len(p.out[i]) > 1
		if kind == Inclusive && (joins && (splits || p.waits[i] == nil) || splits && p.dead[p.out[i][0]] == nil) {
			undecided = append(undecided, i)
		}
	}
	return p, undecided
}

// refuse says why the first of the undecided gateways has no net.
func (d *Diagram) refuse(p *plan, undecided []int) error {
	for i, n := range d.Nodes {
		if n.Kind == Inclusive && len(p.out[i]) > 1 && len(p.in[i]) > 1 {
			return fmt.Errorf("inclusive gateway %q joins and splits; make two of it", n.ID)
		}
	}
	for i, n := range d.Nodes {
		switch {
		case !slices.Contains(undecided, i):
		case len(p.out[i]) > mostWays:
			return fmt.Errorf("inclusive gateway %q has %d ways out; at most %d are read", n.ID, len(p.out[i]), mostWays)
		case len(p.in[i]) > 1:
			return fmt.Errorf("inclusive gateway %q: parallel ways come together in a choice before it, or lead back past it, so what it waits for is not known", n.ID)
		}
	}
	return fmt.Errorf("inclusive gateway %q: no gateway joins all of its ways, so when they are done is not known", d.Nodes[undecided[0]].ID)
}

// splits says how a node seen from outside goes on: one way, all, or some.
func (p *plan) splits(v int) Kind {
	switch {
	case p.whole[v]:
		return Exclusive
	case p.kinds[v] == Task || p.kinds[v] == Event || p.kinds[v] == Start:
		return Parallel
	}
	return p.kinds[v]
}

// joins says what a node that several ways lead to waits for.
func (p *plan) joins(v int) Kind {
	if k := p.kinds[v]; k == Parallel || k == Inclusive {
		return k
	}
	return Exclusive
}

// outside are the flows into and out of each region and each node of none.
func (p *plan) outside() (in, out [][]int) {
	in, out = make([][]int, len(p.kinds)), make([][]int, len(p.kinds))
	for f, x := range p.flows {
		if !p.inner[f] {
			from, to := p.entry[x.From], p.entry[x.To]
			in[to], out[from] = append(in[to], f), append(out[from], f)
		}
	}
	return in, out
}

// simplify makes a choice of each inclusive join that never gets two tokens of one
// split: if no two ways from a split that goes several ways come together only there
// (Menger's theorem, by dominators from the join back).
func (p *plan) simplify() {
	back := p.neighbours(p.in, func(f int) int { return p.flows[f].From })
	for j, kind := range p.kinds {
		if kind != Inclusive || len(p.in[j]) < 2 || len(p.out[j]) > 1 {
			continue
		}
		behind := dominators([]int{j}, back)
		meet := false
		for h := range p.kinds {
			if behind[h] == j && len(p.out[h]) > 1 && p.splits(h) != Exclusive {
				ways := 0
				for _, f := range p.out[h] {
					if to := p.flows[f].To; behind[to] != unreached {
						ways++
					}
				}
				meet = meet || ways > 1
			}
		}
		if !meet {
			p.kinds[j] = Exclusive
		}
	}
}

// neighbours are the other ends of flows.
func (p *plan) neighbours(of [][]int, end func(f int) int) [][]int {
	next := make([][]int, len(of))
	for v, flows := range of {
		for _, f := range flows {
			next[v] = append(next[v], end(f))
		}
	}
	return next
}

// order returns the nodes by dominance among the parts that are not folded yet: the
// one before each that all ways from a start pass, and the one behind that all ways to an end do.
func (p *plan) order(in, out [][]int) (before, behind []int) {
	var starts, ends []int
	for v := range p.kinds {
		switch {
		case p.entry[v] != v:
		case len(in[v]) == 0:
			starts = append(starts, v)
		case len(out[v]) == 0:
			ends = append(ends, v)
		}
	}
	before = dominators(starts, p.neighbours(out, func(f int) int { return p.entry[p.flows[f].To] }))
	behind = dominators(ends, p.neighbours(in, func(f int) int { return p.entry[p.flows[f].From] }))
	return before, behind
}

// fold makes regions of what is between a split and where all of its ways meet, if no
// inclusive gateway is there, the inner ones first: nobody needs to look into them.
func (p *plan) fold() {
	in, out := p.outside()
	before, behind := p.order(in, out)
	nodes := p.sorted(in, out)
	for again := true; again; {
		again = false
		for _, v := range slices.Backward(nodes) {
			if p.entry[v] != v || len(out[v]) < 2 || behind[v] < 0 {
				continue
			}
			if r := p.region(v, behind[v], before, in, out); r != nil && len(r.leaving) == 1 && len(r.inclusive) == 0 {
				p.close(r)
				again = true
				in, out = p.outside()
				before, behind = p.order(in, out)
			}
		}
	}
}

// regions lets the inclusive joins wait, each after those that lead to it, so
// that the smaller regions are closed first.
func (p *plan) regions() {
	in, out := p.outside()
	before, behind := p.order(in, out)
	var joins []int
	for _, v := range p.sorted(in, out) {
		if p.kinds[v] == Inclusive && len(in[v]) > 1 {
			joins = append(joins, v)
		}
	}
	for again := true; again; {
		again = false
		for _, j := range joins {
			if p.entry[j] != j || p.waits[j] != nil {
				continue
			}
			if r := p.around(j, before, behind, in, out); r != nil {
				p.wait(r)
				p.close(r)
				again = true
				in, out = p.outside()
				before, behind = p.order(in, out)
			}
		}
	}
}

// sorted are the nodes seen from outside, each after those that lead to it but by a way back.
func (p *plan) sorted(in, out [][]int) (nodes []int) {
	seen := make([]bool, len(p.kinds))
	var visit func(v int)
	visit = func(v int) {
		seen[v] = true
		for _, f := range slices.Backward(out[v]) {
			if w := p.entry[p.flows[f].To]; !seen[w] {
				visit(w)
			}
		}
		nodes = append(nodes, v)
	}
	for v := range p.kinds {
		if p.entry[v] == v && len(in[v]) == 0 {
			visit(v)
		}
	}
	slices.Reverse(nodes)
	return nodes
}

// around finds the smallest region that an inclusive join is in; nil if there is none.
func (p *plan) around(j int, before, behind []int, in, out [][]int) *region {
	for g := before[j]; g >= 0; g = before[g] {
		for q := j; q >= 0; q = behind[q] {
			if r := p.region(g, q, before, in, out); r != nil && slices.Contains(r.inclusive, j) {
				return r
			}
		}
	}
	return nil
}
