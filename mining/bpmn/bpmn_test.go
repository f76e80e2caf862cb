package bpmn

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"millrace/mining/petri"
	"millrace/mining/tree"
)

func trees(depth int) *rapid.Generator[*tree.Tree] {
	return rapid.Custom(func(t *rapid.T) *tree.Tree {
		op := tree.Operator(rapid.IntRange(0, 5).Draw(t, "op"))
		if depth == 0 {
			op %= 2
		}
		switch op {
		case tree.Tau:
			return tree.Skip()
		case tree.Activity:
			return tree.Do(rapid.SampledFrom([]string{"a", " a", "<c>\n & \"d\"\t"}).Draw(t, "label"))
		}
		n := tree.Of(op)
		for range 2 {
			n.Children = append(n.Children, trees(depth-1).Draw(t, "child"))
		}
		return n
	})
}

// language returns what a net does, up to a number of activities, by looking
// at every marking after every trace.
func language(t *rapid.T, n *petri.Net, length int) []string {
	type state struct{ marking, trace string }
	seen, found := map[state]bool{}, map[string]bool{}
	var visit func(m petri.Marking, trace []string)
	visit = func(m petri.Marking, trace []string) {
		s := state{fmt.Sprint(m), strings.Join(trace, ",")}
		if seen[s] {
			return
		}
		if seen[s] = true; len(seen) > 50_000 {
			t.Skip("too many states for a slow judge")
		}
		if m.Equal(n.Final) {
			found[s.trace] = true
		}
		for i := range n.Transitions {
			if !n.Enabled(m, i) {
				continue
			}
			longer := trace
			if !n.Transitions[i].Silent() {
				if len(trace) == length {
					continue
				}
				longer = append(slices.Clone(trace), n.Transitions[i].Label)
			}
			next := m.Clone()
			n.Fire(next, i)
			visit(next, longer)
		}
	}
	visit(n.Initial, nil)
	var out []string
	for trace := range found {
		out = append(out, trace)
	}
	slices.Sort(out)
	return out
}

// A tree or its net, drawn, written, read and made a net, still has its
// language; the net is a sound workflow net.
func TestTreeToBPMNAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := trees(3).Draw(t, "tree")
		drawn := FromTree(want)
		if rapid.Bool().Draw(t, "by its net") {
			var err error
			if drawn, err = FromNet(want.Net()); err != nil {
				t.Fatalf("%v\n%s", err, want.Net())
			}
		}
		traces, err := want.Language(3, 2000)
		if err != nil {
			t.Skip(err)
		}
		var lines []string
		for _, trace := range traces {
			lines = append(lines, strings.Join(trace, ","))
		}
		slices.Sort(lines)
		var out bytes.Buffer
		if err := drawn.Write(&out); err != nil {
			t.Fatal(err)
		}
		d, err := Read(bytes.NewReader(out.Bytes()))
		if err != nil {
			t.Fatalf("%v in\n%s", err, out.String())
		}
		n, err := d.Net()
		if err != nil {
			t.Fatal(err)
		}
		if err := n.Validate(); err != nil {
			t.Fatal(err)
		}
		if reasons := n.WorkflowNet(); reasons != nil {
			t.Fatalf("%s: %s\n%s", want, reasons, n)
		}
		s, err := n.CheckSoundness(t.Context(), 5000)
		if err != nil || s.Sound == petri.Fails {
			t.Fatalf("%s: %v, %v\n%s", want, s.Reasons, err, n)
		}
		if got := language(t, n, 3); !slices.Equal(got, lines) {
			t.Fatalf("%s: got %q, want %q\n%s", want, got, lines, n)
		}
	})
}

// Nothing is drawn over anything else: nodes keep apart, flows run straight, from border to
// border, and through no node.
func TestDrawing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := FromTree(trees(4).Draw(t, "tree"))
		if d.blocks() == nil {
			t.Fatal("the diagram of a tree is not made of blocks")
		}
		if rapid.Bool().Draw(t, "down") {
			d.Lay(Style{Down: true, Task: func(name string) (w, h int) { return 90, 20 + 10*len(name) }, Gateway: 22, Event: 26, Gap: 12, After: 18, Near: 8, Apart: 16, Lane: 10, Margin: 5})
		}
		touch := func(a, b Box) bool {
			return a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H
		}
		for i, a := range d.Nodes {
			if a.Box.X < 0 || a.Box.Y < 0 {
				t.Fatalf("%+v is outside", a)
			}
			for _, b := range d.Nodes[:i] {
				if touch(a.Box, b.Box) {
					t.Fatalf("%+v over %+v", a, b)
				}
			}
		}
		for _, f := range d.Flows {
			ends := [2]Box{d.Nodes[f.From].Box, d.Nodes[f.To].Box}
			for i, p := range []Point{f.Way[0], f.Way[len(f.Way)-1]} {
				b := ends[i]
				c := b.Center()
				onSide := (p.X == b.X || p.X == b.X+b.W) && p.Y == c.Y
				onTop := (p.Y == b.Y || p.Y == b.Y+b.H) && p.X == c.X
				if !onSide && !onTop {
					t.Fatalf("%+v does not end at %+v", f, b)
				}
			}
			for i := 1; i < len(f.Way); i++ {
				a, b := f.Way[i-1], f.Way[i]
				if a.X != b.X && a.Y != b.Y {
					t.Fatalf("%+v is not straight", f)
				}
				line := Box{min(a.X, b.X), min(a.Y, b.Y), max(a.X, b.X) - min(a.X, b.X), max(a.Y, b.Y) - min(a.Y, b.Y)}
				for _, n := range d.Nodes {
					inner := Box{n.Box.X + 1, n.Box.Y + 1, n.Box.W - 2, n.Box.H - 2}
					line := Box{line.X, line.Y, max(line.W, 1), max(line.H, 1)}
					if touch(line, inner) {
						t.Fatalf("%+v goes through %+v", f, n)
					}
				}
			}
		}
	})
}

// The same of drawings by columns, whose flows may slant between columns.
func TestDrawingOfNets(t *testing.T) {
	back := 0
	rapid.Check(t, func(t *rapid.T) {
		d, err := FromNet(trees(3).Draw(t, "tree").Net())
		if err != nil {
			t.Fatal(err)
		}
		(&pen{d: d, Style: Style{}.filled()}).layers(rapid.SampledFrom([]int{0, 3, mostPassing}).Draw(t, "passing"))
		inside := func(p Point, b Box) bool { return p.X > b.X && p.X < b.X+b.W && p.Y > b.Y && p.Y < b.Y+b.H }
		for i, a := range d.Nodes {
			for _, b := range d.Nodes[:i] {
				if a.Box.X < b.Box.X+b.Box.W && b.Box.X < a.Box.X+a.Box.W && a.Box.Y < b.Box.Y+b.Box.H && b.Box.Y < a.Box.Y+a.Box.H {
					t.Fatalf("%+v over %+v", a, b)
				}
			}
		}
		for _, f := range d.Flows {
			a, b, last := d.Nodes[f.From].Box, d.Nodes[f.To].Box, len(f.Way)-1
			if f.Way[0] != (Point{a.X + a.W, a.Center().Y}) || f.Way[last] != (Point{b.X, b.Center().Y}) {
				t.Fatalf("%+v does not go from %+v to %+v", f, a, b)
			}
			if b.X <= a.X {
				back++
			}
			for i := range last {
				for k := range 101 {
					p := Point{f.Way[i].X + (f.Way[i+1].X-f.Way[i].X)*k/100, f.Way[i].Y + (f.Way[i+1].Y-f.Way[i].Y)*k/100}
					for _, n := range d.Nodes {
						if inside(p, n.Box) {
							t.Fatalf("%+v goes through %+v", f, n)
						}
					}
				}
			}
		}
	})
	if back == 0 {
		t.Error("no flow leads back")
	}
}

// A net with a choice that depends on more than one place has no diagram, nor
// has one that takes two tokens at once.
func TestNetsWithoutDiagram(t *testing.T) {
	n := &petri.Net{}
	source, p, q, sink := n.AddPlace("source"), n.AddPlace("p"), n.AddPlace("q"), n.AddPlace("sink")
	n.AddTransition("a", []int{source}, []int{p, q})
	n.AddTransition("b", []int{p, q}, []int{sink})
	n.AddTransition("c", []int{p}, []int{p})
	n.Mark([]int{source}, []int{sink})
	if _, err := FromNet(n); err == nil || !strings.Contains(err.Error(), `not free-choice at place "p"`) {
		t.Error(err)
	}
	n.Transitions[2].In[0].Place = int32(q)
	n.Transitions[2].In[0].Weight = 2
	if _, err := FromNet(n); err == nil {
		t.Error("a net that takes two tokens at once has a diagram")
	}
	if _, err := FromNet(&petri.Net{}); err == nil || !strings.Contains(err.Error(), "no workflow net") {
		t.Error(err)
	}
}

func TestBPMN(t *testing.T) {
	datadriven.RunTest(t, "testdata/bpmn", func(t *testing.T, d *datadriven.TestData) string {
		if d.Cmd == "draw" {
			m, err := tree.Parse(d.Input)
			if err != nil {
				return "error: " + err.Error() + "\n"
			}
			var out strings.Builder
			if err := FromTree(m).Write(&out); err != nil {
				t.Fatal(err)
			}
			return out.String()
		}
		in := d.Input
		if d.Cmd == "process" {
			in = "<definitions><process id='p'>" + in + "</process></definitions>"
		}
		p, err := Read(strings.NewReader(in))
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		n, err := p.Net()
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		return n.String()
	})
}

func FuzzRead(f *testing.F) {
	m, err := tree.Parse(`->( 'a', X( 'b', tau ), *( 'c', tau ), +( 'd', 'e' ) )`)
	if err != nil {
		f.Fatal(err)
	}
	var out bytes.Buffer
	if err := FromTree(m).Write(&out); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes())
	f.Add([]byte(`<definitions><process id="p"><startEvent id="s"/><inclusiveGateway id="g"/><inclusiveGateway id="j"/><subProcess id="u"><startEvent id="t"/><task id="a"/><endEvent id="x"/><sequenceFlow sourceRef="t" targetRef="a"/><sequenceFlow sourceRef="t" targetRef="x"/></subProcess><task id="b"/><endEvent id="e"/><sequenceFlow sourceRef="s" targetRef="g"/><sequenceFlow sourceRef="g" targetRef="u"/><sequenceFlow sourceRef="g" targetRef="b"/><sequenceFlow sourceRef="u" targetRef="j"/><sequenceFlow sourceRef="b" targetRef="j"/><sequenceFlow sourceRef="j" targetRef="e"/></process></definitions>`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := Read(bytes.NewReader(text))
		if err != nil {
			return
		}
		if n, err := d.Net(); err == nil {
			if err := n.Validate(); err != nil {
				t.Fatal(err)
			}
		}
		var out bytes.Buffer
		if err := d.Write(&out); err != nil {
			t.Fatal(err)
		}
		if len(d.Nodes) == 0 {
			return
		}
		back, err := Read(&out)
		if err != nil || len(back.Nodes) != len(d.Nodes) || len(back.Flows) != len(d.Flows) {
			t.Fatalf("%v reads back as %v, %v", d, back, err)
		}
	})
}
