package bpmn

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
