package bpmn

import (
	"fmt"
	"slices"
	"strconv"

	"millrace/mining/petri"
)

// FromNet draws a workflow net: a place that several lead to or from is an
// exclusive gateway, a transition a task, with parallel gateways where it has
// several places on a side. A net that is no workflow net, or not
// free-choice, is an error: where two transitions share some places and not
// all, what is chosen depends on what else is going on, which no gateway of
// BPMN says.
func FromNet(n *petri.Net) (*Diagram, error) {
	if reasons := n.WorkflowNet(); len(reasons) > 0 {
		return nil, fmt.Errorf("the net is no workflow net, so it has no diagram: %s", reasons[0])
	}
	var d Diagram
	node := func(k Kind, name string) int {
		d.Nodes = append(d.Nodes, Node{Kind: k, Name: name})
		return len(d.Nodes) - 1
	}
	flow := func(from, to int) { d.Flows = append(d.Flows, Flow{From: from, To: to}) }
	start := node(Start, "")
	places, joins := make([]int, len(n.Places)), make([]int, len(n.Places)) // joins: by place, behind what it is part of
	for p := range n.Places {
		places[p], joins[p] = node(Exclusive, ""), -1
	}
	for i := range n.Transitions {
		t := &n.Transitions[i]
		if slices.ContainsFunc(slices.Concat(t.In, t.Out), func(a petri.Arc) bool { return a.Weight != 1 }) {
			return nil, fmt.Errorf("transition %q takes or puts several tokens at once, which no gateway of BPMN does", t.ID)
		}
		first := t.In[0].Place
		if joins[first] < 0 {
			joins[first] = places[first]
			if len(t.In) > 1 {
				all := node(Parallel, "")
				joins[first] = node(Exclusive, "")
				for _, a := range t.In {
					if a.Place != first && joins[a.Place] >= 0 {
						return nil, notFreeChoice(n, a.Place)
					}
					joins[a.Place] = joins[first]
					flow(places[a.Place], all)
				}
				flow(all, joins[first])
			}
		}
		at := joins[first]
		for p, join := range joins {
			// All that have one place in common have all of them.
			if takes := slices.ContainsFunc(t.In, func(a petri.Arc) bool { return int(a.Place) == p }); takes != (join == at) {
				return nil, notFreeChoice(n, first)
			}
		}
		if !t.Silent() {
			task := node(Task, t.Label)
			flow(at, task)
			at = task
		}
		if len(t.Out) > 1 {
			split := node(Parallel, "")
			flow(at, split)
			at = split
		}
		for _, a := range t.Out {
			flow(at, places[a.Place])
		}
	}
	end := node(End, "")
	for p := range n.Places {
		if n.Initial[p] > 0 {
			flow(start, places[p])
		}
		if n.Final[p] > 0 {
			flow(places[p], end)
		}
	}
	d.contract()
	d.Draw()
	return &d, nil
}

func notFreeChoice(n *petri.Net, p int32) error {
	return fmt.Errorf("the net is not free-choice at place %q, so it has no diagram: what is chosen there depends on other places; write it as pnml", n.Places[p].ID)
}

// contract takes out gateways with one way in and one out, and gives ids.
func (d *Diagram) contract() {
	for again := true; again; {
		again = false
		in, out := d.ways()
		for i := range d.Nodes {
			if k := d.Nodes[i].Kind; (k == Exclusive || k == Parallel) && len(in[i]) == 1 && len(out[i]) == 1 && in[i][0] != out[i][0] {
				d.Flows[in[i][0]].To = d.Flows[out[i][0]].To
				d.Flows = slices.Delete(d.Flows, out[i][0], out[i][0]+1)
				d.Nodes = slices.Delete(d.Nodes, i, i+1)
				for j := range d.Flows {
					f := &d.Flows[j]
					if f.From > i {
						f.From--
					}
					if f.To > i {
						f.To--
					}
				}
				again = true
				break
			}
		}
	}
	counts := map[string]int{}
	id := func(kind string) string {
		counts[kind]++
		return kind + "_" + strconv.Itoa(counts[kind])
	}
	for i := range d.Nodes {
		d.Nodes[i].ID = id(map[Kind]string{Start: "Start", End: "End", Task: "Task", Exclusive: "Gateway", Parallel: "Gateway"}[d.Nodes[i].Kind])
	}
	for i := range d.Flows {
		d.Flows[i].ID = id("Flow")
	}
}
