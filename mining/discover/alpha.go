package discover

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"millrace/eventlog"
	"millrace/mining/petri"
)

// AlphaOptions say which α-algorithm. The zero value is the first.
type AlphaOptions struct {
	// Plus is α⁺, which finds loops of one activity and of two
	// (Alves de Medeiros, van Dongen, van der Aalst, Weijters 2004,
	// doi:10.1007/978-3-540-30188-2_12).
	Plus bool
}

// Alpha discovers a Petri net by the α-algorithm (van der Aalst, Weijters,
// Maruster 2004, doi:10.1109/TKDE.2004.47), or α⁺. It looks at what directly
// follows what, not how often, so one rare case changes the net, which may
// not be sound: see [petri.Net.CheckSoundness].
//
// The transitions are the activities, in the order of labels; places are
// "source", "sink", then the others by their activities. More than [MaxPlaces]
// are an error.
func Alpha(ctx context.Context, s *eventlog.Summary, o AlphaOptions) (*petri.Net, error) {
	if len(s.Activities) > MaxActivities {
		return nil, fmt.Errorf("the log has %d activities, more than the %d a model can be mined of; keep the most frequent ones", len(s.Activities), MaxActivities)
	}
	r := newOrdering(s, o.Plus)
	pairs, err := r.pairs(ctx)
	if err != nil {
		return nil, err
	}
	return r.net(s, pairs), nil
}

// An ordering is the relations of a log that the α-algorithms build on. Nodes
// are the activities and, where α⁺ needs them, a start and an end that no
// case has.
type ordering struct {
	n           int // activities
	nodes       int
	follows     [][]bool // a >W b
	twice       [][]bool // a ◇W b: a b a and b a b occur
	start, end  []bool
	loop        []bool // loops of one, which α⁺ takes out
	before      [][]bool
	after       [][]bool // of loops of one: what directly precedes and follows
	framed      bool     // there are an artificial start and end
	first, last int      // these
}

func newOrdering(s *eventlog.Summary, plus bool) *ordering {
	n := len(s.Activities)
	r := &ordering{n: n, nodes: n + 2, first: n, last: n + 1}
	r.start, r.end, r.loop = make([]bool, r.nodes), make([]bool, r.nodes), make([]bool, r.nodes)
	matrix := func() [][]bool {
		m := make([][]bool, r.nodes)
		for i := range m {
			m[i] = make([]bool, r.nodes)
		}
		return m
	}
	r.follows, r.twice, r.before, r.after = matrix(), matrix(), matrix(), matrix()
	if plus {
		for i := range s.Variants {
			for j, a := range s.Variants[i].Path {
				r.loop[a] = r.loop[a] || j > 0 && s.Variants[i].Path[j-1] == a
			}
		}
		// Loops of one are not to be at the ends, so others are put there.
		for i := range s.Variants {
			if p := s.Variants[i].Path; len(p) > 0 {
				r.framed = r.framed || r.loop[p[0]] || r.loop[p[len(p)-1]]
			}
		}
	}
	if !r.framed {
		r.nodes = n
	}
	triple := matrix()
	var path, kept []int
	for i := range s.Variants {
		if len(s.Variants[i].Path) == 0 {
			continue
		}
		path = path[:0]
		if r.framed {
			path = append(path, r.first)
		}
		for _, a := range s.Variants[i].Path {
			path = append(path, int(a))
		}
		if r.framed {
			path = append(path, r.last)
		}
		kept = kept[:0]
		for j, a := range path {
			if j > 0 {
				r.before[a][path[j-1]], r.after[path[j-1]][a] = true, true
			}
			if !r.loop[a] {
				kept = append(kept, a)
			}
		}
		for j, a := range kept {
			if j > 0 {
				r.follows[kept[j-1]][a] = true
			}
			if j > 1 && kept[j-2] == a {
				triple[a][kept[j-1]] = true
			}
		}
		r.start[kept[0]], r.end[kept[len(kept)-1]] = true, true
	}
	if plus {
		for a := range r.nodes {
			for b := range r.nodes {
				r.twice[a][b] = triple[a][b] && triple[b][a]
			}
		}
	}
	return r
}

// causal: a →W b.
func (r *ordering) causal(a, b int) bool {
	return r.follows[a][b] && (!r.follows[b][a] || r.twice[a][b])
}

// unrelated: a #W b.
func (r *ordering) unrelated(a, b int) bool { return !r.follows[a][b] && !r.follows[b][a] }

// A placePair is what puts tokens into a place, and what takes them.
type placePair struct{ in, out []int }

// pairs returns Y_W: the largest pairs of sets of activities such that all of
// the first cause all of the second, and none of a set is related to another of
// it or to itself (steps 4 and 5). They are the maximal cliques of a graph
// whose nodes are the activities twice, once for each set; those of one set
// alone are no pairs.
func (r *ordering) pairs(ctx context.Context) ([]placePair, error) {
	c := newCliques(2 * r.nodes)
	// A pair has something in both sets.
	c.hopeful = func(clique []int, candidates bitset) bool {
		in := slices.ContainsFunc(clique, func(x int) bool { return x < r.nodes }) || candidates.any(0, r.nodes)
		out := slices.ContainsFunc(clique, func(x int) bool { return x >= r.nodes }) || candidates.any(r.nodes, 2*r.nodes)
		return in && out
	}
	for a := range r.nodes {
		if r.loop[a] || r.follows[a][a] {
			continue
		}
		c.nodes.add(a)
		c.nodes.add(r.nodes + a)
		for b := range r.nodes {
			if r.loop[b] || r.follows[b][b] {
				continue
			}
			if a != b && r.unrelated(a, b) {
				c.near[a].add(b)
				c.near[r.nodes+a].add(r.nodes + b)
			}
			if r.causal(a, b) {
				c.near[a].add(r.nodes + b)
				c.near[r.nodes+b].add(a)
			}
		}
	}
	found, err := c.find(ctx)
	if err != nil {
		return nil, err
	}
	pairs := make([]placePair, len(found))
	for i, clique := range found {
		for _, x := range clique {
			if x < r.nodes {
				pairs[i].in = append(pairs[i].in, x)
			} else {
				pairs[i].out = append(pairs[i].out, x-r.nodes)
			}
		}
	}
	return pairs, nil
}

// net builds the net (steps 6 and 7, of α⁺ 5 and 8 to 10).
func (r *ordering) net(s *eventlog.Summary, pairs []placePair) *petri.Net {
	n := &petri.Net{}
	from, to := make([][]int, r.nodes), make([][]int, r.nodes)
	source, sink := n.AddPlace("source"), n.AddPlace("sink")
	for a := range r.nodes {
		if r.start[a] {
			from[a] = append(from[a], source)
		}
		if r.end[a] {
			to[a] = append(to[a], sink)
		}
	}
	places := make([]int, len(pairs))
	for i, p := range pairs {
		places[i] = n.AddPlace(fmt.Sprintf("p%d", i+1))
		n.Places[places[i]].Name = r.text(s, p.in) + " → " + r.text(s, p.out)
		for _, a := range p.in {
			to[a] = append(to[a], places[i])
		}
		for _, a := range p.out {
			from[a] = append(from[a], places[i])
		}
	}
	// A loop of one stays where what precedes it, but does not follow it, puts
	// a token that what follows it, but does not precede it, takes.
	for a := range r.n {
		if !r.loop[a] {
			continue
		}
		var pair placePair
		for b := range r.nodes {
			if r.loop[b] {
				continue
			}
			switch {
			case r.before[a][b] && !r.after[a][b]:
				pair.in = append(pair.in, b)
			case r.after[a][b] && !r.before[a][b]:
				pair.out = append(pair.out, b)
			}
		}
		for i, p := range pairs {
			if len(pair.in) > 0 && len(pair.out) > 0 && subset(pair.in, p.in) && subset(pair.out, p.out) {
				from[a], to[a] = append(from[a], places[i]), append(to[a], places[i])
			}
		}
	}
	for a := range r.nodes {
		label := ""
		if a < r.n {
			label = s.Activities[a]
		}
		n.AddTransition(label, from[a], to[a])
	}
	n.Mark([]int{source}, []int{sink})
	return n
}

func subset(a, of []int) bool {
	return !slices.ContainsFunc(a, func(x int) bool { return !slices.Contains(of, x) })
}

// text writes a set of nodes.
func (r *ordering) text(s *eventlog.Summary, nodes []int) string {
	words := make([]string, len(nodes))
	for i, a := range nodes {
		switch a {
		case r.first:
			words[i] = "▶"
		case r.last:
			words[i] = "■"
		default:
			words[i] = s.Activities[a]
		}
	}
	return strings.Join(words, ", ")
}
