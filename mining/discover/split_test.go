package discover

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"millrace/eventlog"
	"millrace/mining/bpmn"
	"millrace/mining/petri"
)

// diagramText has a line for each node that something leads out of.
func diagramText(d *bpmn.Diagram) string {
	names := make([]string, len(d.Nodes))
	signs := map[bpmn.Kind]string{bpmn.Start: "▶", bpmn.End: "■", bpmn.Exclusive: "×", bpmn.Parallel: "+"}
	for i, n := range d.Nodes {
		names[i] = n.Name
		switch n.Kind {
		case bpmn.Start, bpmn.End:
			names[i] = signs[n.Kind]
		case bpmn.Exclusive, bpmn.Parallel:
			names[i] = signs[n.Kind] + strings.TrimPrefix(n.ID, "Gateway_")
		}
	}
	var b strings.Builder
	for i := range d.Nodes {
		var to []string
		for _, f := range d.Flows {
			if f.From == i {
				to = append(to, names[f.To])
			}
		}
		if to != nil {
			fmt.Fprintf(&b, "%s → %s\n", names[i], strings.Join(to, ", "))
		}
	}
	return b.String()
}

func TestSplit(t *testing.T) {
	datadriven.RunTest(t, "testdata/split", func(t *testing.T, d *datadriven.TestData) string {
		s, err := eventlog.ParseSummary(d.Input)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		var o SplitOptions
		for _, a := range d.CmdArgs {
			into := map[string]*float64{"concurrency": &o.Concurrency, "filter": &o.Filter}[a.Key]
			if _, err := fmt.Sscan(a.Vals[0], into); err != nil {
				t.Fatal(err)
			}
		}
		m, err := Split(t.Context(), s, o)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		n, err := m.Net()
		if err != nil {
			t.Fatal(err)
		}
		sound, err := n.CheckSoundness(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		return diagramText(m) + "sound: " + sound.Sound.String() + "\n"
	})
}

// stuck returns a marking that is reached, enables nothing and has no token at
// the end; nil if there is none among the first markings.
func stuck(n *petri.Net, most int) petri.Marking {
	sink := 0
	for p, tokens := range n.Final {
		if tokens > 0 {
			sink = p
		}
	}
	seen := map[string]bool{}
	for todo := []petri.Marking{n.Initial}; len(todo) > 0 && len(seen) < most; {
		m := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if key := fmt.Sprint(m); seen[key] {
			continue
		} else {
			seen[key] = true
		}
		alive := m[sink] > 0
		for i := range n.Transitions {
			if n.Enabled(m, i) {
				alive = true
				next := m.Clone()
				n.Fire(next, i)
				todo = append(todo, next)
			}
		}
		if !alive {
			return m
		}
	}
	return nil
}

// Every activity is on a way from the start to the end; a diagram without
// cycles has no deadlock; the same log makes the same file.
func TestSplitLaws(t *testing.T) {
	acyclic, parallel := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		activities := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f"})
		var text strings.Builder
		for range rapid.IntRange(1, 8).Draw(t, "variants") {
			path := rapid.SliceOfN(activities, 1, 7)
			if rapid.Bool().Draw(t, "once each") {
				path = rapid.SliceOfNDistinct(activities, 1, 6, rapid.ID[string])
			}
			fmt.Fprintf(&text, "%d: %s\n", rapid.IntRange(1, 20).Draw(t, "cases"), strings.Join(path.Draw(t, "path"), " "))
		}
		s, err := eventlog.ParseSummary(text.String())
		if err != nil {
			t.Fatal(err)
		}
		o := SplitOptions{Concurrency: rapid.Float64Range(-1, 1).Draw(t, "ε"), Filter: rapid.Float64Range(-1, 1).Draw(t, "η")}
		d, err := Split(t.Context(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		var first, second strings.Builder
		again, _ := Split(t.Context(), s, o)
		if d.Write(&first) != nil || again.Write(&second) != nil || first.String() != second.String() {
			t.Fatal("two runs make two files")
		}
		forth, back := reach(d, false), reach(d, true)
		names := map[string]bool{}
		for i, n := range d.Nodes {
			if !forth[i] || !back[i] {
				t.Fatalf("%s is on no way from the start to the end\n%s%s", n.ID, text.String(), diagramText(d))
			}
			if n.Kind == bpmn.Task {
				names[n.Name] = true
			}
			if n.Kind == bpmn.Parallel {
				parallel++
			}
		}
		if len(names) != len(s.Activities) {
			t.Fatalf("%d activities, not %d", len(names), len(s.Activities))
		}
		if cyclic(d) {
			return
		}
		acyclic++
		n, err := d.Net()
		if err != nil {
			t.Fatal(err)
		}
		if m := stuck(n, 20_000); m != nil {
			t.Fatalf("stuck at %v\n%s%s%s", m, text.String(), diagramText(d), n)
		}
	})
	if acyclic == 0 || parallel == 0 {
		t.Errorf("%d diagrams without cycles, %d parallel gateways", acyclic, parallel)
	}
}

func reach(d *bpmn.Diagram, backwards bool) []bool {
	seen := make([]bool, len(d.Nodes))
	for i, n := range d.Nodes {
		seen[i] = !backwards && n.Kind == bpmn.Start || backwards && n.Kind == bpmn.End
	}
	for range d.Nodes {
		for _, f := range d.Flows {
			if backwards {
				seen[f.From] = seen[f.From] || seen[f.To]
			} else {
				seen[f.To] = seen[f.To] || seen[f.From]
			}
		}
	}
	return seen
}

// cyclic takes away nodes that nothing leads to, until none is left.
func cyclic(d *bpmn.Diagram) bool {
	gone := make([]bool, len(d.Nodes))
	for range d.Nodes {
		in := make([]bool, len(d.Nodes))
		for _, f := range d.Flows {
			in[f.To] = in[f.To] || !gone[f.From]
		}
		for i := range gone {
			gone[i] = gone[i] || !in[i]
		}
	}
	for _, g := range gone {
		if !g {
			return true
		}
	}
	return false
}
