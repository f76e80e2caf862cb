package bpmn

import (
	"errors"
	"fmt"
	"slices"

	"millrace/mining/petri"
)

// A Diagram is a process: nodes and the flows between them.
type Diagram struct {
	Name  string
	Nodes []Node
	Flows []Flow
}

// A Node is something on the way of a token.
type Node struct {
	ID   string
	Kind Kind
	Name string
	Box  Box // zero if it is not drawn
}

// A Kind says what a node does with tokens.
type Kind uint8

const (
	Start     Kind = iota // a case begins here
	End                   // and ends here
	Task                  // something is done; Name is the activity
	Event                 // something happens on the way that is no activity
	Exclusive             // one way of several, and ways come together
	Parallel              // all ways at once, and all are waited for
	Inclusive             // one way or several, and those taken are waited for
	// Of pictures of Petri nets that have no diagram; no file has them.
	Place
	Silent // a transition that is no activity
)

// A Box is where a node is drawn, in pixels.
type Box struct{ X, Y, W, H int }

// Center returns the middle of a box.
func (b Box) Center() Point { return Point{b.X + b.W/2, b.Y + b.H/2} }

// A Flow leads from a node to another, by index.
type Flow struct {
	ID       string
	From, To int
	Way      []Point // corners, both ends included; nil if it is not drawn
}

// A Point of the drawing, in pixels.
type Point struct{ X, Y int }

// ways returns the flows into and out of each node, ascending.
func (d *Diagram) ways() (in, out [][]int) {
	in, out = make([][]int, len(d.Nodes)), make([][]int, len(d.Nodes))
	for i, f := range d.Flows {
		out[f.From], in[f.To] = append(out[f.From], i), append(in[f.To], i)
	}
	return in, out
}

// Net returns the Petri net of d. Several starts are a choice; what flows into
// a task from several sides starts it each time, what flows out of it goes all
// ways; nodes that nothing leads out of are ends. An end takes the token and
// waits for no other, so a diagram that forks and does not join has a net that is not
// sound. An inclusive gateway has a net where its ways come together in one
// other; elsewhere it is an error.
func (d *Diagram) Net() (*petri.Net, error) {
	kinds, taken, err := d.resolve()
	if err != nil {
		return nil, err
	}
	b := &netBuilder{d: d, kinds: kinds, net: &petri.Net{Name: d.Name}, entry: make([]int, len(d.Nodes)), flow: make([]int, len(d.Flows))}
	b.in, b.out = d.ways()
	source, sink := b.net.AddPlace("source"), b.net.AddPlace("sink")
	starts := false
	for i, n := range d.Nodes {
		if n.Kind == Start {
			starts = true
		} else if len(b.in[i]) == 0 {
			return nil, fmt.Errorf("nothing leads to %q, which is no start event", n.ID)
		}
	}
	if !starts {
		return nil, errors.New("the process has no start event")
	}
	b.places(source, sink)
	for i, n := range d.Nodes {
		var to []int
		for _, f := range b.out[i] {
			to = append(to, b.flow[f])
		}
		if len(to) == 0 {
			to = []int{sink}
		}
		switch kinds[i] {
		case Task:
			b.net.AddTransition(n.Name, []int{b.entry[i]}, to)
		case Event:
			b.net.AddTransition("", []int{b.entry[i]}, to)
		case Parallel:
			var from []int
			for _, f := range b.in[i] {
				from = append(from, b.flow[f])
			}
			b.net.AddTransition("", from, to)
		case Start:
			if len(to) > 1 || to[0] != source {
				b.net.AddTransition("", []int{source}, to)
			}
		case Exclusive:
			for _, p := range to {
				if p != b.entry[i] {
					b.net.AddTransition("", []int{b.entry[i]}, []int{p})
				}
			}
		case Inclusive:
			// A transition for each set of ways, the empty one left out.
			for set := 1; set < 1<<len(to); set++ {
				places := slices.Clone(to)
				for k, f := range b.out[i] {
					if set>>k&1 == 0 {
						places[k] = b.flow[taken[i][f]]
					}
				}
				b.net.AddTransition("", []int{b.entry[i]}, places)
			}
		}
	}
	b.net.Mark([]int{source}, []int{sink})
	return b.net, nil
}

// A netBuilder knows the place of each flow. A flow into a parallel gateway has a place of
// its own, one into another node that node's entry.
type netBuilder struct {
	d       *Diagram
	kinds   []Kind // of nodes, inclusive joins as what they are
	net     *petri.Net
	in, out [][]int
	entry   []int // place before each node
	flow    []int // place of each flow
}

func (b *netBuilder) places(source, sink int) {
	fresh := func() int { return b.net.AddPlace(fmt.Sprintf("p%d", len(b.net.Places)-1)) }
	for i, kind := range b.kinds {
		switch kind {
		case Start:
			b.entry[i] = source
		case End:
			b.entry[i] = sink
		case Exclusive, Inclusive:
			b.entry[i] = fresh()
		case Task, Event:
			b.entry[i] = -1
		}
	}
	for i, kind := range b.kinds {
		if kind != Task && kind != Event {
			continue
		}
		if len(b.in[i]) == 1 {
			from := b.d.Flows[b.in[i][0]].From
			// A choice goes on to a task by the task itself.
			if k := b.kinds[from]; k == Exclusive || k == Start && len(b.out[from]) == 1 {
				b.entry[i] = b.entry[from]
				continue
			}
		}
		b.entry[i] = fresh()
	}
	for i, f := range b.d.Flows {
		if b.kinds[f.To] == Parallel {
			b.flow[i] = fresh()
		} else {
			b.flow[i] = b.entry[f.To]
		}
	}
}
