package discover

import (
	"context"
	"slices"

	"millrace/eventlog"
	"millrace/mining/tree"
)

// POWLOptions say how to mine. The zero value keeps every case.
type POWLOptions struct {
	// Noise is a share from 0 to 1. Where no cut is found, steps are left out as
	// in IMf, and of two activities that precede each other in different cases
	// the rarer order, if it has no more cases than this share of the other's.
	Noise float64
}

// POWL discovers a partially ordered workflow model (Kourani, van Zelst,
// doi:10.1007/978-3-031-41620-0_6; Kourani, Schuster, van Zelst,
// doi:10.1109/ICPM60904.2023.10271941): IM, with the maximal partial order as
// one more cut where IM finds none. It has every activity once, is in the normal
// form of [tree.Reduce] and may be a process tree, which then is IM's. Without
// noise every case of the log is in its language. An empty log gives tau.
//
// It takes the time of IM, and O(cases' variants × activities²) a level to count
// who precedes whom. It returns ctx's error if it is cancelled.
func POWL(ctx context.Context, s *eventlog.Summary, o POWLOptions) (*tree.Tree, error) {
	if err := minable(s, o.Noise); err != nil {
		return nil, err
	}
	m := &inductive{ctx: ctx, names: s.Activities, noise: o.Noise, filters: o.Noise > 0, partial: true}
	t, err := m.mine(newLog(s))
	if err != nil {
		return nil, err
	}
	return tree.Reduce(t), nil
}

// follows counts the cases in which one activity precedes another, somewhere:
// n·first + then, the eventually-follows graph.
func (l *log) follows(ctx context.Context) ([]int64, error) {
	if l.leads != nil {
		return l.leads, nil
	}
	n := len(l.names)
	leads := make([]int64, n*n)
	first, last := make([]int, n), make([]int, n)
	var own []int // the activities of a trace
	for i, t := range l.traces {
		if i%1000 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		own = own[:0]
		for j, a := range t.path {
			if last[a] == 0 {
				first[a] = j + 1
				own = append(own, int(a))
			}
			last[a] = j + 1
		}
		for _, a := range own {
			for _, b := range own {
				if first[a] < last[b] {
					leads[a*n+b] += t.cases
				}
			}
		}
		for _, a := range own {
			last[a] = 0
		}
	}
	l.leads = leads
	return leads, nil
}

// A precedence is who precedes whom in a log, among the activities of a graph.
type precedence struct {
	*graph
	follows []int64
	noise   float64
}

// leads says whether a precedes b in cases that are no noise.
func (p *precedence) leads(a, b int) bool {
	to, back := p.follows[a*p.n+b], p.follows[b*p.n+a]
	return to > 0 && (to >= back || float64(to) > p.noise*float64(back))
}

// before says whether a precedes b in some case, and b never a.
func (p *precedence) before(a, b int) bool { return p.leads(a, b) && !p.leads(b, a) }

// free says whether activities precede each other both ways, each each.
func (p *precedence) free(x, y []int) bool {
	for _, a := range x {
		for _, b := range y {
			if !p.leads(a, b) || !p.leads(b, a) {
				return false
			}
		}
	}
	return true
}

// partialOrder returns the maximal partial order as a cut of the activities of a
// graph, or nil. As nothing of a group precedes what is before it, and a trace
// goes to the groups by projection, every trace is in the cut's language.
func (l *log) partialOrder(ctx context.Context, g *graph, noise float64) (*cut, error) {
	follows, err := l.follows(ctx)
	if err != nil {
		return nil, err
	}
	p := &precedence{g, follows, noise}
	// Steps 1 and 2: activities with the same ones before and behind them are a group.
	groups := p.groups()
	if len(groups) < 2 {
		return nil, nil
	}
	// Step 3: groups are in the order of their activities.
	c := &cut{op: tree.Partial, groups: groups}
	for i, x := range groups {
		for j, y := range groups {
			if p.before(x[0], y[0]) {
				c.order = append(c.order, tree.Pair{First: i, Then: j})
			}
		}
	}
	if !p.valid(c) {
		return nil, nil
	}
	return c, nil
}

// valid is step 4: an order of groups is one if it is transitive, if groups
// without order follow each other both ways, and if cases start in the groups
// that nothing is before and end in those that nothing is behind.
func (p *precedence) valid(c *cut) bool {
	behind := make([][]uint64, len(c.groups))
	for i := range behind {
		behind[i] = make([]uint64, (len(behind)+63)/64)
	}
	notFirst, notLast := make([]bool, len(behind)), make([]bool, len(behind))
	for _, pair := range c.order {
		behind[pair.First][pair.Then>>6] |= 1 << (pair.Then & 63)
		notLast[pair.First], notFirst[pair.Then] = true, true
	}
	for _, pair := range c.order {
		for w, bits := range behind[pair.Then] {
			if bits&^behind[pair.First][w] != 0 {
				return false
			}
		}
	}
	starts := func(a int) bool { return p.start[a] > 0 }
	ends := func(a int) bool { return p.end[a] > 0 }
	for i, x := range c.groups {
		if !notFirst[i] && !slices.ContainsFunc(x, starts) || !notLast[i] && !slices.ContainsFunc(x, ends) {
			return false
		}
		for _, y := range c.groups[:i] {
			if !p.before(x[0], y[0]) && !p.before(y[0], x[0]) && !p.free(x, y) {
				return false
			}
		}
	}
	return true
}

// groups divides the activities by what is before and behind each.
func (p *precedence) groups() (groups [][]int) {
	nodes := p.nodes()
	index := map[string]int{}
	key := make([]byte, len(nodes))
	for _, a := range nodes {
		for i, b := range nodes {
			switch {
			case p.before(a, b):
				key[i] = '<'
			case p.before(b, a):
				key[i] = '>'
			default:
				key[i] = '?'
			}
		}
		at, ok := index[string(key)]
		if !ok {
			at = len(groups)
			index[string(key)] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], a)
	}
	return groups
}
