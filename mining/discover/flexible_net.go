package discover

import (
	"fmt"

	"millrace/mining/petri"
)

// Net returns the Petri net: a place an edge, which holds its obligations, and a
// silent transition a binding. Its runs to the final marking are the valid
// sequences of the causal net (van der Aalst, Adriansyah and van Dongen 2011,
// doi:10.1007/978-3-642-23217-6_3), so what it adds to the log is what the causal
// net adds: every binding of one event goes with every binding of another.
//
// Bindings that explain nothing are left out, and so are activities that have no
// others. The net need not be sound: a binding may oblige to what another
// binding, chosen later, does not take up.
func (c *CausalNet) Net() *petri.Net {
	n := &petri.Net{}
	source, sink := n.AddPlace("source"), n.AddPlace("sink")
	start, end := len(c.Activities), len(c.Activities)+1
	places := map[[2]int]int{}
	for _, e := range c.Edges {
		p := n.AddPlace(fmt.Sprintf("p%d", len(places)+1))
		n.Places[p].Name = c.names[e.From] + " → " + c.names[e.To]
		places[[2]int{e.From, e.To}] = p
	}
	for a := range c.names {
		var before, after [][]int
		for _, b := range c.Inputs[a] {
			if len(b.Nodes) > 0 {
				before = append(before, mapped(b.Nodes, func(x int) int { return places[[2]int{x, a}] }))
			}
		}
		for _, b := range c.Outputs[a] {
			if len(b.Nodes) > 0 {
				after = append(after, mapped(b.Nodes, func(x int) int { return places[[2]int{a, x}] }))
			}
		}
		label := c.names[a]
		switch a {
		case start:
			label, before = "", [][]int{{source}}
		case end:
			label, after = "", [][]int{{sink}}
		}
		if len(before) == 0 {
			continue
		}
		n.AddTransition(label, gate(n, before, true, a, c.names[a]), gate(n, after, false, a, c.names[a]))
	}
	n.Mark([]int{source}, []int{sink})
	return n
}

// Unexplained counts the events that no edge leads to, and those that none leads from.
func (c *CausalNet) Unexplained() (before, after int64) {
	for a := range c.names {
		for _, b := range c.Inputs[a] {
			if len(b.Nodes) == 0 && a != len(c.Activities) {
				before += b.Count
			}
		}
		for _, b := range c.Outputs[a] {
			if len(b.Nodes) == 0 && a != len(c.Activities)+1 {
				after += b.Count
			}
		}
	}
	return before, after
}
