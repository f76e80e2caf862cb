package mining

import "millrace/eventlog"

// Spine returns the happy path of g, for a layout to draw straight: from the
// most frequent start always on along the most frequent edge to an activity it
// has not been at, until more cases end here than take that edge. Ties go to
// the first by name, and to the end. It takes O(E) time.
func Spine(g *Graph) []string {
	if len(g.Start) == 0 {
		return nil
	}
	next := map[string][]*Edge{} // most frequent first, as g.Edges is
	for i := range g.Edges {
		e := &g.Edges[i]
		next[e.From] = append(next[e.From], e)
	}
	ends := map[string]int64{}
	for _, t := range g.End {
		ends[t.Activity] = t.Cases
	}
	at := g.Start[0].Activity
	path, been := []string{at}, map[string]bool{at: true}
	for {
		var on *Edge
		for _, e := range next[at] {
			if !been[e.To] {
				on = e
				break
			}
		}
		if on == nil || ends[at] >= on.Count {
			return path
		}
		at = on.To
		been[at] = true
		path = append(path, at)
	}
}

// Backward is the set of the edges of DFG(s) that lead back: a → b does if b comes before
// a in most cases that have both, by their first occurrences. A layout that
// turns them around keeps the usual order from top to bottom; ranking by mean
// position was tried and moved whole blocks beside the wrong step.
//
// If both orders are as frequent, the edge with the smaller count leads back,
// or the one whose From is later by name. A self-loop does not lead back.
//
// Law: of a → b and b → a, if both are in the graph, exactly one leads back.
// Three activities may still go round: majorities need not be transitive.
//
// It looks, in every variant, at the edges out of its activities: O(Σ over
// variants of min(E, |variant| × largest out-degree)) time, O(E) memory. A
// table of all pairs would take gigabytes at the largest vocabulary.
func Backward(s *eventlog.Summary) map[[2]string]bool {
	lead := make([]int64, len(s.Arcs)) // cases with From first less cases with To first
	out := arcsFrom(s)
	position := make([]int, len(s.Activities)) // of the first occurrence, from 1; 0: none
	for i := range s.Variants {
		v := &s.Variants[i]
		for j, a := range v.Path {
			if position[a] == 0 {
				position[a] = j + 1
			}
		}
		for j, a := range v.Path {
			if position[a] != j+1 {
				continue
			}
			for k := out[a]; k < out[a+1]; k++ {
				switch p := position[s.Arcs[k].To]; {
				case p > j+1:
					lead[k] += v.Cases
				case p > 0 && p < j+1:
					lead[k] -= v.Cases
				}
			}
		}
		for _, a := range v.Path {
			position[a] = 0
		}
	}
	count := map[[2]eventlog.Activity]int64{}
	for i := range s.Arcs {
		count[[2]eventlog.Activity{s.Arcs[i].From, s.Arcs[i].To}] = s.Arcs[i].Count
	}
	back := map[[2]string]bool{}
	for i := range s.Arcs {
		a := &s.Arcs[i]
		turned := count[[2]eventlog.Activity{a.To, a.From}]
		if lead[i] < 0 || lead[i] == 0 && (a.Count < turned || a.Count == turned && a.From > a.To) {
			back[[2]string{s.Activities[a.From], s.Activities[a.To]}] = true
		}
	}
	return back
}

// arcsFrom returns where the arcs of each activity begin in s.Arcs, which are
// sorted by From: those of a are out[a] up to out[a+1].
func arcsFrom(s *eventlog.Summary) []int {
	out := make([]int, len(s.Activities)+1)
	for i := range s.Arcs {
		out[s.Arcs[i].From+1]++
	}
	for a := range s.Activities {
		out[a+1] += out[a]
	}
	return out
}
