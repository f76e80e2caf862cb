// Package petri holds place/transition nets: their type, their token game,
// PNML, workflow nets and soundness. It knows no log and no miner.
//
// A [Net] is plain slices; places and transitions are their indices. A
// [Transition] with Label "" is silent: it moves tokens and nobody sees it.
//
//	m := n.Initial.Clone()
//	for t := range n.Transitions {
//		if n.Enabled(m, t) {
//			n.Fire(m, t) // in place
//		}
//	}
//	if m.Equal(n.Final) { … }
//
// To replay fast:
//
//   - [Net.Enabled] costs O(|In|), [Net.Fire] O(|In|+|Out|), neither allocates;
//   - [Net.Index] is made once: the transitions of a label, the silent ones,
//     which transitions take from or put into a place, and the effect of each
//     transition as a sparse column of the incidence matrix;
//   - [Marking.AppendKey] writes a marking as few bytes, to be the key of a map.
//
// A Net is not changed once it is built, so many goroutines may read it;
// a Marking belongs to one. Initial and Final have one number a place.
// Final is nil where a net declares no end.
package petri
