package bpmn

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"millrace/mining/internal/markup"
)

// elements are the names of nodes; several kinds of tasks and events are read
// as one. The first of a kind is how it is written.
var elements = []struct {
	name string
	kind Kind
}{
	{"startEvent", Start}, {"endEvent", End},
	{"task", Task}, {"userTask", Task}, {"manualTask", Task}, {"serviceTask", Task}, {"scriptTask", Task},
	{"sendTask", Task}, {"receiveTask", Task}, {"businessRuleTask", Task}, {"callActivity", Task},
	{"intermediateThrowEvent", Event}, {"intermediateCatchEvent", Event},
	{"exclusiveGateway", Exclusive}, {"eventBasedGateway", Exclusive},
	{"parallelGateway", Parallel},
	{"inclusiveGateway", Inclusive},
}

func kindOf(name string) (k Kind, ok bool) {
	for _, e := range elements {
		if e.name == name {
			return e.kind, true
		}
	}
	return 0, false
}

func nameOf(k Kind) string {
	for _, e := range elements {
		if e.kind == k {
			return e.name
		}
	}
	return ""
}

// refused are elements that say something of the order which is not understood.
var refused = []string{
	"complexGateway", "adHocSubProcess", "transaction", "boundaryEvent",
}

// Write writes d as BPMN 2.0 (ISO/IEC 19510) with its drawing, if it has one.
func (d *Diagram) Write(w io.Writer) error {
	x := markup.NewWriter(w)
	x.Open("definitions", "xmlns", "http://www.omg.org/spec/BPMN/20100524/MODEL",
		"xmlns:bpmndi", "http://www.omg.org/spec/BPMN/20100524/DI", "xmlns:dc", "http://www.omg.org/spec/DD/20100524/DC",
		"xmlns:di", "http://www.omg.org/spec/DD/20100524/DI", "id", "Definitions_1", "targetNamespace", "http://bpmn.io/schema/bpmn")
	process := []string{"id", "Process_1", "isExecutable", "false"}
	if d.Name != "" {
		process = append(process, "name", d.Name)
	}
	x.Open("process", process...)
	in, out := d.ways()
	for i := range d.Nodes {
		n := &d.Nodes[i]
		attrs := []string{"id", n.ID}
		if n.Name != "" {
			attrs = append(attrs, "name", n.Name)
		}
		x.Open(nameOf(n.Kind), attrs...)
		for _, f := range in[i] {
			x.Text("incoming", d.Flows[f].ID)
		}
		for _, f := range out[i] {
			x.Text("outgoing", d.Flows[f].ID)
		}
		x.End()
	}
	for _, f := range d.Flows {
		x.Empty("sequenceFlow", "id", f.ID, "sourceRef", d.Nodes[f.From].ID, "targetRef", d.Nodes[f.To].ID)
	}
	x.End()
	x.Open("bpmndi:BPMNDiagram", "id", "BPMNDiagram_1")
	x.Open("bpmndi:BPMNPlane", "id", "BPMNPlane_1", "bpmnElement", "Process_1")
	for _, n := range d.Nodes {
		if n.Box == (Box{}) {
			continue
		}
		attrs := []string{"id", n.ID + "_di", "bpmnElement", n.ID}
		if n.Kind == Exclusive {
			attrs = append(attrs, "isMarkerVisible", "true")
		}
		x.Open("bpmndi:BPMNShape", attrs...)
		x.Empty("dc:Bounds", "x", strconv.Itoa(n.Box.X), "y", strconv.Itoa(n.Box.Y), "width", strconv.Itoa(n.Box.W), "height", strconv.Itoa(n.Box.H))
		x.End()
	}
	for _, f := range d.Flows {
		if len(f.Way) == 0 {
			continue
		}
		x.Open("bpmndi:BPMNEdge", "id", f.ID+"_di", "bpmnElement", f.ID)
		for _, p := range f.Way {
			x.Empty("di:waypoint", "x", strconv.Itoa(p.X), "y", strconv.Itoa(p.Y))
		}
		x.End()
	}
	return x.Close()
}

// Read reads the process of a file of BPMN 2.0, without its drawing. Names are
// as in the file, with the space and the line breaks that editors put into long
// ones. A task without a name is called by its id. Data, messages, lanes and comments are
// passed over. A sub-process is read as if what is in it stood in its place; one
// with nothing in it is a task. What says something of the order that is not
// understood is an error: complex gateways, sub-processes that an event begins, that
// repeat themselves or have no order, boundary events; so is a file of several processes. A file is read within the
// bounds of 16 MB and 200,000 elements beside its drawing, and of 80 MB with it; entities are not expanded.
func Read(r io.Reader) (*Diagram, error) {
	root, err := markup.Read(r, "BPMNDiagram", "incoming", "outgoing")
	if err != nil {
		return nil, err
	}
	if root.Name != "definitions" {
		return nil, root.Errorf("a BPMN file begins with <definitions>, not <%s>", root.Name)
	}
	var process *markup.Element
	for _, c := range root.Children {
		if c.Name != "process" || len(c.Children) == 0 {
			continue
		}
		if process != nil {
			return nil, c.Errorf("a second process; keep the one to be read in a file of its own")
		}
		process = c
	}
	if process == nil {
		return nil, errors.New("the file has no process with anything in it")
	}
	return read(process)
}

// A reading is a diagram that is being read.
type reading struct {
	*Diagram
	ids map[string]ends
}

// ends are the nodes where flows into and out of an element go to: of a
// sub-process, two.
type ends struct{ entry, exit int }

func read(process *markup.Element) (*Diagram, error) {
	r := &reading{&Diagram{Name: process.Attr("name")}, map[string]ends{}}
	if err := r.nodes(process); err != nil {
		return nil, err
	}
	if err := r.flows(process); err != nil {
		return nil, err
	}
	return r.Diagram, nil
}

// add adds a node; the ids of a file differ.
func (r *reading) add(e *markup.Element, kind Kind, name string) (int, error) {
	id := e.Attr("id")
	if _, twice := r.ids[id]; twice || id == "" {
		return 0, e.Errorf("a %s without an id, or a second one with the id %q", e.Name, id)
	}
	r.Nodes = append(r.Nodes, Node{ID: id, Kind: kind, Name: name})
	i := len(r.Nodes) - 1
	r.ids[id] = ends{i, i}
	return i, nil
}

func (r *reading) nodes(in *markup.Element) error {
	for _, e := range in.Children {
		if slices.Contains(refused, e.Name) {
			return e.Errorf("%s %q: what it says of the order is not understood; only tasks, events, exclusive, parallel and inclusive gateways and sub-processes are", e.Name, e.Attr("id"))
		}
		name := e.Attr("name")
		kind, ok := kindOf(e.Name)
		if e.Name == "subProcess" {
			if slices.ContainsFunc(e.Children, func(c *markup.Element) bool { _, ok := kindOf(c.Name); return ok || c.Name == "subProcess" }) {
				if err := r.subProcess(e); err != nil {
					return err
				}
				continue
			}
			kind, ok = Task, true
		}
		if !ok {
			continue
		}
		if kind == Task && name == "" {
			name = e.Attr("id")
		}
		if _, err := r.add(e, kind, name); err != nil {
			return err
		}
	}
	return nil
}

// subProcess reads what is in a sub-process. Its start becomes an event on the way, and so
// do its ends, behind which an inclusive gateway waits for what is still going on. The node that
// it is left by has its id.
func (r *reading) subProcess(e *markup.Element) error {
	id := e.Attr("id")
	if e.Attr("triggeredByEvent") == "true" {
		return e.Errorf("sub-process %q is begun by an event, at any time, which no net of the rest says; take it out of the file to be read", id)
	}
	for _, c := range e.Children {
		if strings.HasSuffix(c.Name, "LoopCharacteristics") {
			return c.Errorf("sub-process %q repeats itself, how often the diagram does not say in its flows; draw the loop with gateways", id)
		}
	}
	first := len(r.Nodes)
	if err := r.nodes(e); err != nil {
		return err
	}
	start := -1
	var last []int
	for i := first; i < len(r.Nodes); i++ {
		n := &r.Nodes[i]
		switch n.Kind {
		case Start:
			if start >= 0 {
				return e.Errorf("sub-process %q has several start events; which of them begins it is not understood", id)
			}
			start, n.Kind = i, Event
		case End:
			last, n.Kind = append(last, i), Event
		}
	}
	if start < 0 {
		return e.Errorf("sub-process %q has no start event", id)
	}
	if err := r.flows(e); err != nil {
		return err
	}
	for i := first; i < len(r.Nodes); i++ { // what nothing leads out of ends it too
		if !slices.Contains(last, i) && !slices.ContainsFunc(r.Flows, func(f Flow) bool { return f.From == i }) {
			last = append(last, i)
		}
	}
	for _, f := range r.Flows {
		if slices.Contains(last, f.From) {
			return e.Errorf("sub-process %q: a flow out of its end %q", id, r.Nodes[f.From].ID)
		}
		if f.To == start {
			return e.Errorf("sub-process %q: a flow into its start %q", id, r.Nodes[start].ID)
		}
	}
	exit, err := r.add(e, Event, "")
	if err != nil {
		return err
	}
	link := func(from, to int) {
		r.Flows = append(r.Flows, Flow{ID: fmt.Sprintf("Flow_%d", len(r.Flows)+1), From: from, To: to})
	}
	if len(last) == 1 {
		link(last[0], exit)
	} else {
		join := id + "_join"
		for _, taken := r.ids[join]; taken; _, taken = r.ids[join] {
			join += "_"
		}
		r.Nodes = append(r.Nodes, Node{ID: join, Kind: Inclusive})
		i := len(r.Nodes) - 1
		r.ids[join] = ends{i, i}
		for _, l := range last {
			link(l, i)
		}
		link(i, exit)
	}
	r.ids[id] = ends{start, exit}
	return nil
}

func (r *reading) flows(in *markup.Element) error {
	for _, e := range in.Children {
		if e.Name != "sequenceFlow" {
			continue
		}
		source, ok := r.ids[e.Attr("sourceRef")]
		target, ok2 := r.ids[e.Attr("targetRef")]
		if !ok || !ok2 {
			return e.Errorf("a flow from %q to %q, which are not both nodes of the process", e.Attr("sourceRef"), e.Attr("targetRef"))
		}
		from, to := source.exit, target.entry
		if r.Nodes[from].Kind == End || r.Nodes[to].Kind == Start {
			return e.Errorf("a flow from %q to %q: nothing leads out of an end, or into a start", e.Attr("sourceRef"), e.Attr("targetRef"))
		}
		id := e.Attr("id")
		if id == "" {
			id = fmt.Sprintf("Flow_%d", len(r.Flows)+1)
		}
		r.Flows = append(r.Flows, Flow{ID: id, From: from, To: to})
	}
	return nil
}
