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
	"inclusiveGateway", "complexGateway", "subProcess", "adHocSubProcess", "transaction", "boundaryEvent",
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

// Read reads the process of a file of BPMN 2.0, without its drawing. A task
// without a name is called by its id. Data, messages, lanes and comments are
// passed over. What says something of the order that is not understood is an error: inclusive
// and complex gateways, sub-processes, boundary events; so is a file of several
// processes. A file is read within the bounds of 16 MB and 200,000 elements; entities
// are not expanded.
func Read(r io.Reader) (*Diagram, error) {
	root, err := markup.Read(r)
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

// lines makes one line of a name: editors break long ones.
var lines = strings.NewReplacer("\r\n", " ", "\n", " ")

func read(process *markup.Element) (*Diagram, error) {
	d := &Diagram{Name: process.Attr("name")}
	ids := map[string]int{}
	for _, e := range process.Children {
		if slices.Contains(refused, e.Name) {
			return nil, e.Errorf("%s %q: what it says of the order is not understood; only tasks, events, exclusive and parallel gateways are", e.Name, e.Attr("id"))
		}
		kind, ok := kindOf(e.Name)
		if !ok {
			continue
		}
		n := Node{ID: e.Attr("id"), Kind: kind, Name: strings.TrimSpace(lines.Replace(e.Attr("name")))}
		if _, twice := ids[n.ID]; twice || n.ID == "" {
			return nil, e.Errorf("a %s without an id, or a second one with the id %q", e.Name, n.ID)
		}
		if n.Kind == Task && n.Name == "" {
			n.Name = n.ID
		}
		ids[n.ID] = len(d.Nodes)
		d.Nodes = append(d.Nodes, n)
	}
	for _, e := range process.Children {
		if e.Name != "sequenceFlow" {
			continue
		}
		from, ok := ids[e.Attr("sourceRef")]
		to, ok2 := ids[e.Attr("targetRef")]
		if !ok || !ok2 {
			return nil, e.Errorf("a flow from %q to %q, which are not both nodes of the process", e.Attr("sourceRef"), e.Attr("targetRef"))
		}
		if d.Nodes[from].Kind == End || d.Nodes[to].Kind == Start {
			return nil, e.Errorf("a flow from %q to %q: nothing leads out of an end, or into a start", e.Attr("sourceRef"), e.Attr("targetRef"))
		}
		id := e.Attr("id")
		if id == "" {
			id = fmt.Sprintf("Flow_%d", len(d.Flows)+1)
		}
		d.Flows = append(d.Flows, Flow{ID: id, From: from, To: to})
	}
	return d, nil
}
