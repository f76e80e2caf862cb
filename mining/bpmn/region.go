package bpmn

import "slices"

// A region is what is between a node and others that come after it: one token
// enters it, at the entry, and one leaves it. Its parts are nodes, or several nodes that
// lead to one another and pass a single token round.
type region struct {
	entry     int
	nodes     []int   // seen from outside; every part's together
	part      []int   // by node: its part; -1 if it is not in the region
	parts     [][]int // each behind those that lead to it
	in, out   [][]int // by part: flows from and to other parts, out of the region too
	leaving   []int   // flows out of the region, back to its entry too
	round     []bool  // by part: it leads to itself
	inclusive []int   // gateways in it
	last      int     // as a part, what leaves: behind all others
}

// region returns what is on the ways from g to q, if it is a region.
func (p *plan) region(g, q int, before []int, in, out [][]int) *region {
	up := before[q]
	for up >= 0 && up != g {
		up = before[up]
	}
	if up != g {
		return nil
	}
	r := &region{entry: g, part: make([]int, len(p.kinds))}
	for v := range r.part {
		r.part[v] = -1
	}
	// All ways from a start to q pass g, so those to what leads to q do, too.
	r.part[q], r.nodes = 0, []int{q}
	for i := 0; i < len(r.nodes); i++ {
		v := r.nodes[i]
		if len(out[v]) == 0 {
			return nil
		}
		if v == g {
			continue
		}
		for _, f := range in[v] {
			if u := p.entry[p.flows[f].From]; r.part[u] < 0 {
				r.part[u] = 0
				r.nodes = append(r.nodes, u)
			}
		}
	}
	slices.Sort(r.nodes)
	p.divide(r, out)
	r.in, r.out = make([][]int, len(r.parts)+1), make([][]int, len(r.parts)+1)
	r.last, r.round = len(r.parts), make([]bool, len(r.parts))
	for _, v := range r.nodes {
		for _, f := range out[v] {
			to := p.entry[p.flows[f].To]
			switch {
			case to == g || r.part[to] < 0:
				r.leaving = append(r.leaving, f)
				r.out[r.part[v]] = append(r.out[r.part[v]], f)
				r.in[r.last] = append(r.in[r.last], f)
			case r.part[to] != r.part[v]:
				r.out[r.part[v]] = append(r.out[r.part[v]], f)
				r.in[r.part[to]] = append(r.in[r.part[to]], f)
			default:
				r.round[r.part[v]] = true
			}
		}
	}
	slices.Sort(r.leaving)
	for i, nodes := range r.parts {
		for _, v := range nodes {
			joins, splits := v != g && len(in[v]) > 1 && p.joins(v) != Exclusive, len(out[v]) > 1 && p.splits(v) != Exclusive
			if r.round[i] && (joins || splits) {
				return nil
			}
			if p.kinds[v] == Inclusive && (joins || splits) {
				if joins && splits || len(out[v]) > mostWays {
					return nil
				}
				r.inclusive = append(r.inclusive, v)
			}
		}
	}
	if len(r.leaving) == 0 || p.doubles(r) {
		return nil
	}
	return r
}

// divide finds the parts of a region: strongly connected components, without
// the flows back to its entry (Tarjan 1972, doi:10.1137/0201010).
func (p *plan) divide(r *region, out [][]int) {
	number, low := make([]int, len(p.kinds)), make([]int, len(p.kinds))
	var stack []int
	open, count := make([]bool, len(p.kinds)), 0
	var visit func(v int)
	visit = func(v int) {
		count++
		number[v], low[v] = count, count
		stack, open[v] = append(stack, v), true
		for _, f := range out[v] {
			w := p.entry[p.flows[f].To]
			switch {
			case w == r.entry || r.part[w] < 0:
			case number[w] == 0:
				visit(w)
				low[v] = min(low[v], low[w])
			case open[w]:
				low[v] = min(low[v], number[w])
			}
		}
		if low[v] == number[v] {
			i := slices.Index(stack, v)
			nodes := slices.Clone(stack[i:])
			stack = stack[:i]
			slices.Sort(nodes)
			for _, w := range nodes {
				open[w] = false
			}
			r.parts = append(r.parts, nodes)
		}
	}
	visit(r.entry)
	slices.Reverse(r.parts)
	for i, nodes := range r.parts {
		for _, v := range nodes {
			r.part[v] = i
		}
	}
}

// doubles says whether two tokens may come together in a choice, or leave the
// region: whether two ways from a split that goes several ways, with no node in common,
// lead there (Menger's theorem, by dominators).
func (p *plan) doubles(r *region) bool {
	up := make([]int, len(r.in))
	for h, nodes := range r.parts {
		if r.round[h] || len(r.out[h]) < 2 || p.splits(nodes[0]) == Exclusive {
			continue
		}
		for i := range up {
			up[i] = unreached
		}
		up[h] = h
		for i := h + 1; i < len(up); i++ {
			ways := 0
			for _, f := range r.in[i] {
				u := r.part[p.entry[p.flows[f].From]]
				if up[u] == unreached {
					continue
				}
				if ways++; up[i] == unreached {
					up[i] = u
				}
				for a := u; a != up[i]; {
					if a > up[i] {
						a = up[a]
					} else {
						up[i] = up[up[i]]
					}
				}
			}
			choice := i == r.last || r.round[i] || p.joins(r.parts[i][0]) == Exclusive
			if ways > 1 && up[i] == h && choice {
				return true
			}
		}
	}
	return false
}

// wait lets the joins of a region wait for a token a way.
func (p *plan) wait(r *region) {
	type waiting struct {
		node, part int
	}
	var all []waiting
	sure := p.sure(r)
	for i, nodes := range r.parts {
		switch {
		case i == 0 || len(r.in[i]) < 2:
		case r.round[i]:
			v := p.pass(r.in[i])
			p.entry[v] = r.entry
			all = append(all, waiting{v, i})
		default:
			all = append(all, waiting{nodes[0], i})
		}
	}
	if len(r.leaving) > 1 {
		v := p.pass(r.leaving)
		p.entry[v], p.waits[v], r.leaving = r.entry, &wait{sure: true}, p.out[v]
	}
	memo := map[int][]int{}
	// ends are the flows at which joins wait for what comes along one of flows.
	var ends func(flows ...int) []int
	ends = func(flows ...int) (dead []int) {
		for _, f := range flows {
			v := p.flows[f].To
			if p.kinds[v] == passage {
				dead = append(dead, f)
				continue
			}
			if v = p.entry[v]; v == r.entry || r.part[v] < 0 {
				continue
			}
			i := r.part[v]
			if !r.round[i] && len(r.in[i]) > 1 {
				dead = append(dead, f)
				continue
			}
			if _, ok := memo[i]; !ok {
				memo[i] = ends(r.out[i]...)
			}
			dead = append(dead, memo[i]...)
		}
		slices.Sort(dead)
		return slices.Compact(dead)
	}
	for _, w := range all {
		p.waits[w.node] = &wait{sure: sure[w.part], dead: ends(r.out[w.part]...)}
	}
	for i, nodes := range r.parts {
		for k, f := range r.out[i] {
			switch {
			case r.round[i] || p.splits(nodes[0]) == Exclusive:
				p.also[f] = append(p.also[f], ends(slices.Delete(slices.Clone(r.out[i]), k, k+1)...)...)
			case p.splits(nodes[0]) == Inclusive && len(r.out[i]) > 1:
				p.dead[f] = append([]int{}, ends(f)...)
			}
		}
	}
}

// sure says of each part whether something comes to it whenever the region is entered.
func (p *plan) sure(r *region) []bool {
	next := make([][]int, len(r.in))
	for i := range r.in {
		for _, f := range r.in[i] {
			next[i] = append(next[i], r.part[p.entry[p.flows[f].From]])
		}
	}
	sure := make([]bool, len(r.in))
	always := dominators([]int{r.last}, next) // what all ways to the end pass
	for i := 0; i >= 0; i = always[i] {
		sure[i] = true
	}
	for i, nodes := range r.parts {
		if i == 0 || r.round[i] {
			continue
		}
		comes := func(f int) bool {
			u := r.part[p.entry[p.flows[f].From]]
			return sure[u] && (len(r.out[u]) == 1 || !r.round[u] && p.splits(r.parts[u][0]) == Parallel)
		}
		all := !slices.ContainsFunc(r.in[i], func(f int) bool { return !comes(f) })
		switch kind := p.joins(nodes[0]); {
		case len(r.in[i]) == 1 || kind == Parallel:
			sure[i] = all
		case kind == Inclusive:
			sure[i] = sure[i] || slices.ContainsFunc(r.in[i], comes)
		}
	}
	return sure
}

// close folds a region into its entry.
func (p *plan) close(r *region) {
	for v := range p.entry {
		if r.part[p.entry[v]] >= 0 {
			p.entry[v] = r.entry
		}
	}
	for f, x := range p.flows {
		p.inner[f] = p.inner[f] || p.entry[x.From] == r.entry && p.entry[x.To] == r.entry && !slices.Contains(r.leaving, f)
	}
	p.whole[r.entry] = true
}

// pass puts a passage in the way of flows.
func (p *plan) pass(flows []int) (v int) {
	v = len(p.kinds)
	p.kinds, p.entry, p.whole = append(p.kinds, passage), append(p.entry, v), append(p.whole, false)
	p.in, p.out = append(p.in, nil), append(p.out, nil)
	for _, f := range flows {
		on, to := len(p.flows), p.flows[f].To
		p.flows = append(p.flows, Flow{From: v, To: to})
		p.inner, p.dead, p.also = append(p.inner, false), append(p.dead, nil), append(p.also, nil)
		p.in[to][slices.Index(p.in[to], f)] = on
		p.flows[f].To = v
		p.in[v], p.out[v] = append(p.in[v], f), append(p.out[v], on)
	}
	return v
}
