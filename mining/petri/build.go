package petri

import "strconv"

// AddPlace adds a place without tokens, called by letter and number, and
// returns its index. Use it, AddTransition and the arcs while a net is built;
// what is built is not changed.
func (n *Net) AddPlace(id string) int {
	n.Places = append(n.Places, Place{ID: id})
	n.Initial = append(n.Initial, 0)
	if n.Final != nil {
		n.Final = append(n.Final, 0)
	}
	return len(n.Places) - 1
}

// AddTransition adds a transition with the id t1, t2, … and arcs of weight 1
// from and to places, one for every time a place is named.
func (n *Net) AddTransition(label string, from, to []int) int {
	t := Transition{ID: "t" + strconv.Itoa(len(n.Transitions)+1), Label: label}
	for _, p := range from {
		t.In = append(t.In, Arc{int32(p), 1})
	}
	for _, p := range to {
		t.Out = append(t.Out, Arc{int32(p), 1})
	}
	t.In, t.Out = sortArcs(t.In), sortArcs(t.Out)
	n.Transitions = append(n.Transitions, t)
	return len(n.Transitions) - 1
}

// Mark puts one token on each of the places from at the start, and expects one
// on each of the places to, and nothing else, at the end.
func (n *Net) Mark(from, to []int) {
	n.Initial, n.Final = make(Marking, len(n.Places)), make(Marking, len(n.Places))
	for _, p := range from {
		n.Initial[p]++
	}
	for _, p := range to {
		n.Final[p]++
	}
}
