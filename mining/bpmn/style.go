package bpmn

// A Style says in which direction a diagram is drawn, and how large what is in
// it. The zero value is what other tools expect: from left to right, in the sizes of
// bpmn.io. Lengths are in pixels; those that are 0 are the default.
type Style struct {
	Down           bool                         // from top to bottom
	Task           func(name string) (w, h int) // size of a task; default 100 by 80
	Gateway, Event int                          // 50 and 36
	Gap            int                          // between nodes along the way; 50
	After          int                          // the same behind tasks and starts, for what is written there; default Gap
	Near           int                          // the same between two gateways; default Gap
	Apart          int                          // between ways beside each other; 30
	Lane           int                          // height of a way on which nothing is; 30
	Margin         int                          // 60
}

func (s Style) filled() Style {
	fill := func(x *int, by int) {
		if *x == 0 {
			*x = by
		}
	}
	fill(&s.Gateway, 50)
	fill(&s.Event, 36)
	fill(&s.Gap, 50)
	fill(&s.After, s.Gap)
	fill(&s.Near, s.Gap)
	fill(&s.Apart, 30)
	fill(&s.Lane, 30)
	fill(&s.Margin, 60)
	if s.Task == nil {
		s.Task = func(string) (w, h int) { return 100, 80 }
	}
	return s
}

// size is that of a node.
func (s *Style) size(n *Node) (w, h int) {
	switch n.Kind {
	case Task:
		return s.Task(n.Name)
	case Exclusive, Parallel, Inclusive:
		return s.Gateway, s.Gateway
	case Silent:
		if s.Down {
			return s.Gateway, s.Gateway / 2
		}
		return s.Gateway / 2, s.Gateway
	}
	return s.Event, s.Event
}

// Lay draws d: by its blocks where it is made of blocks, as the diagrams of
// process trees are, else in columns. It takes O(nodes × flows) time.
func (d *Diagram) Lay(s Style) {
	p := &pen{d: d, Style: s.filled()}
	if root := d.blocks(); root != nil {
		p.measure(root)
		p.place(root, p.Margin, p.Margin+root.size.up, 1)
	} else {
		p.layers(mostPassing)
	}
	if s.Down { // all is drawn from left to right, and turned
		for i := range d.Nodes {
			b := &d.Nodes[i].Box
			*b = Box{b.Y, b.X, b.H, b.W}
		}
		for _, f := range d.Flows {
			for i, q := range f.Way {
				f.Way[i] = Point{q.Y, q.X}
			}
		}
	}
}

// Draw is Lay in the default style.
func (d *Diagram) Draw() { d.Lay(Style{}) }

// A pen draws a diagram, along from left to right, whatever the direction.
type pen struct {
	Style
	d *Diagram
}

// extent is how much room a node takes along the way, and across.
func (p *pen) extent(node int) (along, across int) {
	w, h := p.size(&p.d.Nodes[node])
	if p.Down {
		return h, w
	}
	return w, h
}

func (p *pen) along(node int) int { a, _ := p.extent(node); return a }

// gap is the room between two nodes, the one behind the other.
func (p *pen) gap(from, to int) int {
	gateway := func(n int) bool {
		switch p.d.Nodes[n].Kind {
		case Exclusive, Parallel, Inclusive:
			return true
		}
		return false
	}
	switch k := p.d.Nodes[from].Kind; {
	case gateway(from) && gateway(to):
		return p.Near
	case k == Task || k == Start:
		return max(p.After, p.Gap)
	}
	return p.Gap
}
