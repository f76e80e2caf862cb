package bpmn

import "millrace/mining/petri"

// OfNet is a picture of a Petri net as it is, for nets that have no diagram: places
// are starts where tokens are at first, ends where they are to be, else Place;
// transitions are tasks, or Silent. It is not laid out, and no file of BPMN. Weights of
// arcs are not in it.
func OfNet(n *petri.Net) *Diagram {
	d := &Diagram{Name: n.Name}
	for p := range n.Places {
		k := Place
		switch {
		case n.Initial[p] > 0:
			k = Start
		case n.Final != nil && n.Final[p] > 0:
			k = End
		}
		d.Nodes = append(d.Nodes, Node{ID: n.Places[p].ID, Kind: k})
	}
	for i := range n.Transitions {
		t := &n.Transitions[i]
		node := Node{ID: t.ID, Kind: Task, Name: t.Label}
		if t.Silent() {
			node.Kind = Silent
		}
		at := len(d.Nodes)
		d.Nodes = append(d.Nodes, node)
		for _, a := range t.In {
			d.Flows = append(d.Flows, Flow{From: int(a.Place), To: at})
		}
		for _, a := range t.Out {
			d.Flows = append(d.Flows, Flow{From: at, To: int(a.Place)})
		}
	}
	return d
}

// TasksOf returns the node of d that each transition of n is, -1 of those that
// are none: a task of the same name, the next one where there are several. d is the
// diagram that n is of, or the one of n.
func TasksOf(d *Diagram, n *petri.Net) []int {
	of := map[string][]int{}
	for i := range d.Nodes {
		if d.Nodes[i].Kind == Task {
			of[d.Nodes[i].Name] = append(of[d.Nodes[i].Name], i)
		}
	}
	tasks := make([]int, len(n.Transitions))
	for i := range n.Transitions {
		tasks[i] = -1
		if list := of[n.Transitions[i].Label]; !n.Transitions[i].Silent() && len(list) > 0 {
			tasks[i] = list[0]
			if len(list) > 1 {
				of[n.Transitions[i].Label] = list[1:]
			}
		}
	}
	return tasks
}
