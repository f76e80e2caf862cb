package tree

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"millrace/mining/internal/markup"
)

// elements are the names of nodes in PTML.
var elements = [...]string{Tau: "automaticTask", Activity: "manualTask", Sequence: "sequence", Choice: "xor", Parallel: "and", Loop: "xorLoop"}

// WritePTML writes t as ProM and PM4Py do. Ids are numbers in the shape of
// UUIDs, which ProM insists on; a loop has a third child that does nothing. A
// partial order is an error: PTML has none.
func (t *Tree) WritePTML(w io.Writer) error {
	if t.HasPartial() {
		return errors.New("PTML holds process trees, and this model has a partial order; write its net as pnml, or bpmn")
	}
	x := markup.NewWriter(w)
	x.Open("ptml")
	ids := 0
	fresh := func() string {
		ids++
		return fmt.Sprintf("00000000-0000-4000-8000-%012x", ids)
	}
	type edge struct{ from, to string }
	var edges []edge
	own, root := fresh(), fresh()
	x.Open("processTree", "name", "", "root", root, "id", own)
	var write func(t *Tree, id string)
	write = func(t *Tree, id string) {
		x.Empty(elements[t.Op], "name", t.Label, "id", id)
		children := t.Children
		if t.Op == Loop {
			children = append(children[:2:2], Skip())
		}
		for _, c := range children {
			child := fresh()
			edges = append(edges, edge{id, child})
			write(c, child)
		}
	}
	write(t, root)
	for _, e := range edges {
		x.Empty("parentsNode", "id", fresh(), "sourceId", e.from, "targetId", e.to)
	}
	return x.Close()
}

// ReadPTML reads a process tree as ProM and PM4Py write it. The third child of
// a loop, what is done when it is left, becomes the end of a sequence. Operators
// that are not in this package (or, interleaved) are errors. A file is read
// within the bounds of 16 MB and 200,000 elements; entities are not expanded.
func ReadPTML(r io.Reader) (*Tree, error) {
	root, err := markup.Read(r)
	if err != nil {
		return nil, err
	}
	if root.Name != "ptml" {
		return nil, root.Errorf("a PTML file begins with <ptml>, not <%s>", root.Name)
	}
	var in *markup.Element
	for _, c := range root.Children {
		if c.Name != "processTree" {
			continue
		}
		if in != nil {
			return nil, c.Errorf("a second process tree; keep the one to be read in a file of its own")
		}
		in = c
	}
	if in == nil {
		return nil, errors.New("the file has no process tree")
	}
	p := &ptml{nodes: map[string]*node{}}
	if err := p.read(in); err != nil {
		return nil, err
	}
	top := p.nodes[in.Attr("root")]
	switch {
	case top == nil:
		return nil, in.Errorf("the root %q is no node of the tree", in.Attr("root"))
	case top.hasParent:
		return nil, in.Errorf("the root %q is the child of another node", in.Attr("root"))
	}
	t, err := p.tree(top, 1)
	if err != nil {
		return nil, err
	}
	if p.used != len(p.nodes) {
		return nil, in.Errorf("%d nodes do not belong to the tree of the root", len(p.nodes)-p.used)
	}
	return t, t.Validate()
}

type node struct {
	element   *markup.Element
	op        Operator
	children  []*node
	hasParent bool
}

type ptml struct {
	nodes map[string]*node
	used  int
}

func (p *ptml) read(in *markup.Element) error {
	for _, e := range in.Children {
		if e.Name == "parentsNode" {
			continue
		}
		op := slices.Index(elements[:], e.Name)
		id := e.Attr("id")
		switch {
		case op < 0 && id == "":
			continue // nothing of the tree
		case op < 0:
			return e.Errorf("a node of kind %q; known are sequence, xor, and, xorLoop, manualTask and automaticTask", e.Name)
		case id == "":
			return e.Errorf("a %s without an id", e.Name)
		case p.nodes[id] != nil:
			return e.Errorf("a second node with the id %q", id)
		}
		p.nodes[id] = &node{element: e, op: Operator(op)}
	}
	for _, e := range in.Children {
		if e.Name != "parentsNode" {
			continue
		}
		parent, child := p.nodes[e.Attr("sourceId")], p.nodes[e.Attr("targetId")]
		switch {
		case parent == nil:
			return e.Errorf("the parent %q is no node of the tree", e.Attr("sourceId"))
		case child == nil:
			return e.Errorf("the child %q is no node of the tree", e.Attr("targetId"))
		case child.hasParent:
			return e.Errorf("the node %q has two parents", e.Attr("targetId"))
		}
		child.hasParent = true
		parent.children = append(parent.children, child)
	}
	return nil
}

func (p *ptml) tree(n *node, depth int) (*Tree, error) {
	if depth > MaxDepth {
		return nil, n.element.Errorf("the tree is nested more than %d deep", MaxDepth)
	}
	p.used++
	t := &Tree{Op: n.op}
	if n.op == Activity {
		t.Label = n.element.Attr("name")
	}
	for _, c := range n.children {
		child, err := p.tree(c, depth+1)
		if err != nil {
			return nil, err
		}
		t.Children = append(t.Children, child)
	}
	if t.Op == Loop && len(t.Children) == 3 {
		exit := t.Children[2]
		t.Children = t.Children[:2]
		if exit.Op != Tau {
			t = Of(Sequence, t, exit)
		}
	}
	// One node at a time, so that the error has a line.
	if err := (&Tree{Op: t.Op, Label: t.Label, Children: leaves(len(t.Children))}).Validate(); err != nil {
		return nil, n.element.Errorf("%w", err)
	}
	return t, nil
}

func leaves(n int) []*Tree {
	out := make([]*Tree, n)
	for i := range out {
		out[i] = Skip()
	}
	return out
}
