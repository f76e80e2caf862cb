package petri

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// WorkflowNet says why n is no workflow net (van der Aalst,
// doi:10.1142/S0218126698000043), nothing if it is one: one place that nothing
// leads into, one that nothing leads out of, every node on a path from the one
// to the other; the initial marking is a token on the first, the final marking
// one on the second.
func (n *Net) WorkflowNet() (reasons []string) {
	into, out := make([]bool, len(n.Places)), make([]bool, len(n.Places))
	for i := range n.Transitions {
		t := &n.Transitions[i]
		for _, a := range t.In {
			out[a.Place] = true
		}
		for _, a := range t.Out {
			into[a.Place] = true
		}
	}
	source, reason := n.only(into, "nothing leads into")
	if reason != "" {
		reasons = append(reasons, reason)
	}
	sink, reason := n.only(out, "nothing leads out of")
	if reason != "" {
		reasons = append(reasons, reason)
	}
	if len(reasons) > 0 {
		return reasons
	}
	if !n.Initial.Equal(n.one(source)) {
		reasons = append(reasons, fmt.Sprintf("the initial marking is not one token on %q", n.Places[source].ID))
	}
	if n.Final == nil || !n.Final.Equal(n.one(sink)) {
		reasons = append(reasons, fmt.Sprintf("the final marking is not one token on %q", n.Places[sink].ID))
	}
	forth, back := n.reach(source, false), n.reach(sink, true)
	var off []string
	for i := range forth {
		if !forth[i] || !back[i] {
			off = append(off, n.nodeID(i))
		}
	}
	if len(off) > 0 {
		reasons = append(reasons, fmt.Sprintf("not on a path from %q to %q: %s", n.Places[source].ID, n.Places[sink].ID, some(off)))
	}
	return reasons
}

func (n *Net) only(connected []bool, how string) (place int, reason string) {
	var found []string
	for p, c := range connected {
		if !c {
			place = p
			found = append(found, n.Places[p].ID)
		}
	}
	switch len(found) {
	case 0:
		return 0, "there is no place that " + how
	case 1:
		return place, ""
	}
	return 0, fmt.Sprintf("there are %d places that %s: %s", len(found), how, some(found))
}

func some(ids []string) string {
	const few = 5
	if len(ids) > few {
		return strings.Join(ids[:few], ", ") + fmt.Sprintf(" and %d more", len(ids)-few)
	}
	return strings.Join(ids, ", ")
}

func (n *Net) one(place int) Marking {
	m := make(Marking, len(n.Places))
	m[place] = 1
	return m
}

func (n *Net) nodeID(node int) string {
	if node < len(n.Places) {
		return n.Places[node].ID
	}
	return n.Transitions[node-len(n.Places)].ID
}

// reach returns the nodes, places first, that can be reached from one along
// arcs, or against them.
func (n *Net) reach(from int, against bool) []bool {
	next := make([][]int32, len(n.Places)+len(n.Transitions))
	edge := func(a, b int) {
		if against {
			a, b = b, a
		}
		next[a] = append(next[a], int32(b))
	}
	for i := range n.Transitions {
		for _, a := range n.Transitions[i].In {
			edge(int(a.Place), len(n.Places)+i)
		}
		for _, a := range n.Transitions[i].Out {
			edge(len(n.Places)+i, int(a.Place))
		}
	}
	seen := make([]bool, len(next))
	seen[from] = true
	for todo := []int32{int32(from)}; len(todo) > 0; {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, b := range next[at] {
			if !seen[b] {
				seen[b] = true
				todo = append(todo, b)
			}
		}
	}
	return seen
}

// A Verdict is what is known of a property.
type Verdict uint8

const (
	Unknown Verdict = iota // the state space is larger than was looked at
	Holds
	Fails
)

// String says the verdict in a word.
func (v Verdict) String() string { return [...]string{"unknown", "yes", "no"}[v] }

// Soundness is what [Net.CheckSoundness] found out.
type Soundness struct {
	Sound  Verdict
	Safe   Verdict // never two tokens on one place
	States int     // markings looked at
	Bound  int     // at most as many; reached if a verdict is unknown
	// Reasons say why the net is not sound, or what is unknown, in sentences.
	Reasons []string
}

// DefaultStates bounds the state space where nothing else is asked for. Nets of more
// than 640 places have fewer: as many as take some 400 MB.
const DefaultStates = 100_000

// states is the bound in force.
func (n *Net) states(bound int) int {
	if bound > 0 {
		return bound
	}
	return min(DefaultStates, max(1000, 640*DefaultStates/max(len(n.Places), 1)))
}

// CheckSoundness explores the markings that can be reached, up to bound
// (0: [DefaultStates]) and says whether n is sound (van der Aalst and others,
// doi:10.1007/s00165-010-0161-4): from every marking the final one can be
// reached, no marking has more than the final one, and every transition can
// fire. A net without a final marking is not sound. Boundedness is
// not asked for by itself: an unbounded net fails as soon as a marking is
// found that has more than one on the way to it.
//
// It takes O(states × (transitions + depth) × places) time and is cancelled
// by ctx, whose error it then returns.
func (n *Net) CheckSoundness(ctx context.Context, bound int) (*Soundness, error) {
	bound = n.states(bound)
	s := &Soundness{Bound: bound}
	if n.Final == nil {
		s.Sound = Fails
		s.Reasons = append(s.Reasons, "The net has no final marking.")
	}
	g, err := n.explore(ctx, bound)
	if err != nil {
		return nil, err
	}
	s.States = len(g.markings)
	switch {
	case !g.safe:
		s.Safe = Fails
	case g.complete:
		s.Safe = Holds
	}
	if s.Sound == Fails {
		return s, nil
	}
	fail := func(format string, args ...any) {
		s.Sound = Fails
		s.Reasons = append(s.Reasons, fmt.Sprintf(format, args...))
	}
	if g.grows != nil {
		fail("The net is unbounded: tokens pile up at %s.", n.text(g.grows))
	}
	for _, m := range g.markings {
		if m.Covers(n.Final) && !m.Equal(n.Final) {
			fail("A case can end with tokens left over: %s.", n.text(m))
			break
		}
	}
	for i, m := range g.markings {
		if g.explored(i) && len(g.next[i]) == 0 && !m.Equal(n.Final) {
			fail("A case can get stuck in %s.", n.text(m))
			break
		}
	}
	if !g.complete {
		if s.Sound != Fails {
			s.Reasons = append(s.Reasons, fmt.Sprintf("There are more than %d markings; whether the net is sound is not known.", bound))
		}
		return s, nil
	}
	if stuck := g.cannotEnd(n.Final); stuck >= 0 && s.Sound != Fails {
		fail("From %s a case cannot end.", n.text(g.markings[stuck]))
	}
	var dead []string
	for t, fires := range g.fires {
		if !fires {
			dead = append(dead, n.Transitions[t].ID)
		}
	}
	if len(dead) > 0 {
		fail("Some transitions can never fire: %s.", some(dead))
	}
	if s.Sound != Fails {
		s.Sound = Holds
	}
	return s, nil
}

// Dead says of each transition whether it can never fire; nil if the net has more
// markings than bound (0: [DefaultStates]). It takes as long as [Net.CheckSoundness].
func (n *Net) Dead(bound int) []bool {
	g, err := n.explore(context.Background(), n.states(bound))
	if err != nil || !g.complete {
		return nil
	}
	for t, fires := range g.fires {
		g.fires[t] = !fires
	}
	return g.fires
}

// A graph is the reachable markings of a net, or the first of them.
type graph struct {
	markings []Marking
	next     [][]int32 // of those that were explored
	from     []int32   // where each was found first
	fires    []bool    // by transition
	complete bool
	safe     bool
	grows    Marking // what one marking has more than one on the way to it
}

func (g *graph) explored(i int) bool { return i < len(g.next) }

func (n *Net) explore(ctx context.Context, bound int) (*graph, error) {
	g := &graph{fires: make([]bool, len(n.Transitions)), safe: true}
	seen := map[string]int32{}
	var key []byte
	visit := func(m Marking, from int32) (int32, bool) {
		key = m.AppendKey(key[:0])
		if i, ok := seen[string(key)]; ok {
			return i, false
		}
		i := int32(len(g.markings))
		seen[string(key)] = i
		g.markings, g.from = append(g.markings, m.Clone()), append(g.from, from)
		g.safe = g.safe && !slices.ContainsFunc(m, func(tokens int32) bool { return tokens > 1 })
		return i, true
	}
	visit(n.Initial, -1)
	m := make(Marking, len(n.Places))
	for i := 0; i < len(g.markings); i++ {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		var next []int32
		for t := range n.Transitions {
			if !n.Enabled(g.markings[i], t) {
				continue
			}
			g.fires[t] = true
			copy(m, g.markings[i])
			n.Fire(m, t)
			to, fresh := visit(m, int32(i))
			next = append(next, to)
			if !fresh {
				continue
			}
			if g.grows = g.more(to); g.grows != nil {
				return g, nil
			}
			if len(g.markings) > bound {
				g.markings = g.markings[:bound]
				return g, nil
			}
		}
		g.next = append(g.next, next)
	}
	g.complete = true
	return g, nil
}

// more returns what marking i has more than one that led to it and that it
// covers, nil if there is none. Then the same steps can be done for ever, and
// the net is unbounded (Karp and Miller, doi:10.1016/S0022-0000(69)80011-5).
func (g *graph) more(i int32) Marking {
	m := g.markings[i]
	for j := g.from[i]; j >= 0; j = g.from[j] {
		if m.Covers(g.markings[j]) {
			grown := m.Clone()
			for p, tokens := range g.markings[j] {
				grown[p] -= tokens
			}
			return grown
		}
	}
	return nil
}

// cannotEnd returns the first marking from which final cannot be reached, -1
// if there is none.
func (g *graph) cannotEnd(final Marking) int {
	before := make([][]int32, len(g.markings))
	var todo []int32
	ends := make([]bool, len(g.markings))
	for i := range g.markings {
		for _, to := range g.next[i] {
			before[to] = append(before[to], int32(i))
		}
		if g.markings[i].Equal(final) {
			ends[i] = true
			todo = append(todo, int32(i))
		}
	}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, b := range before[at] {
			if !ends[b] {
				ends[b] = true
				todo = append(todo, b)
			}
		}
	}
	return slices.Index(ends, false)
}
