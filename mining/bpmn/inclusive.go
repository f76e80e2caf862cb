package bpmn

import (
	"fmt"
	"slices"
)

// mostWays bounds the ways out of an inclusive gateway: its net has a silent
// transition for each set of them.
const mostWays = 8

// choices say of each inclusive split which flow into its join each flow out of
// it leads to.
type choices map[int]map[int]int

// resolve says which kind each node has in the net, inclusive gateways in their place:
// a join is of the kind of the split whose ways it brings together, of an
// inclusive one it waits for all ways, as the split puts a token behind those
// that are not taken.
//
// That is what BPMN means (ISO/IEC 19510, 13.4.3), where a join waits until no
// more tokens can come: if what is between split and join has no other way in or out, the ways taken
// are those. Elsewhere it cannot be said in a net of this size, and is an error.
func (d *Diagram) resolve() (kinds []Kind, taken choices, err error) {
	in, out := d.ways()
	taken = choices{}
	for _, n := range d.Nodes {
		kinds = append(kinds, n.Kind)
	}
	for j, n := range d.Nodes {
		if n.Kind != Inclusive {
			continue
		}
		switch {
		case len(in[j]) > 1 && len(out[j]) > 1:
			return nil, nil, fmt.Errorf("inclusive gateway %q joins and splits; make two of it", n.ID)
		case len(in[j]) < 2:
			continue // a split
		}
		kinds[j] = End // until a split is found
		for s := range d.Nodes {
			ways := d.between(s, j, in, out)
			if ways == nil {
				continue
			}
			switch kinds[j] = d.Nodes[s].Kind; kinds[j] {
			case Inclusive:
				if len(ways) > mostWays {
					return nil, nil, fmt.Errorf("inclusive gateway %q has %d ways out; at most %d are read", d.Nodes[s].ID, len(ways), mostWays)
				}
				taken[s], kinds[j] = ways, Parallel
			case Task, Event, Start: // go all ways
				kinds[j] = Parallel
			}
			break
		}
		if kinds[j] == End {
			return nil, nil, fmt.Errorf("inclusive gateway %q: the ways that it joins are not those of one gateway, with nothing that leads in or out between, so what it waits for is not known", n.ID)
		}
	}
	for s, n := range d.Nodes {
		switch {
		case n.Kind != Inclusive || len(in[s]) > 1 || taken[s] != nil:
		case len(out[s]) > 1:
			return nil, nil, fmt.Errorf("inclusive gateway %q: no gateway joins all of its ways, so when they are done is not known", n.ID)
		default:
			kinds[s] = Exclusive // one way in, one out
		}
	}
	return kinds, taken, nil
}

// between says which flow into j each flow out of s leads to; nil if anything
// else leads into what is between, or out of it.
func (d *Diagram) between(s, j int, in, out [][]int) map[int]int {
	if s == j || len(out[s]) < 2 || len(out[s]) != len(in[j]) {
		return nil
	}
	ways := map[int]int{}
	owner := make([]int, len(d.Nodes)) // 1 + flow out of s
	for _, first := range out[s] {
		last := -1
		for todo := []int{first}; len(todo) > 0; {
			f := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			v := d.Flows[f].To
			switch {
			case v == j && last < 0:
				last = f
				continue
			case v == j || v == s || len(out[v]) == 0:
				return nil
			case owner[v] == first+1:
				continue
			case owner[v] != 0:
				return nil
			}
			owner[v] = first + 1
			todo = append(todo, out[v]...)
		}
		if last < 0 {
			return nil
		}
		ways[first] = last
	}
	for v := range d.Nodes {
		if owner[v] == 0 {
			continue
		}
		if slices.ContainsFunc(in[v], func(f int) bool { return f+1 != owner[v] && owner[d.Flows[f].From] != owner[v] }) {
			return nil
		}
	}
	return ways
}
