package discover

import (
	"fmt"
	"slices"
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
	signs := map[bpmn.Kind]string{bpmn.Start: "▶", bpmn.End: "■", bpmn.Exclusive: "×", bpmn.Parallel: "+", bpmn.Inclusive: "○"}
	for i, n := range d.Nodes {
		names[i] = n.Name
		switch n.Kind {
		case bpmn.Start, bpmn.End:
			names[i] = signs[n.Kind]
		case bpmn.Exclusive, bpmn.Parallel, bpmn.Inclusive:
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

// graphText is what steps 1 to 3 leave, by default.
func graphText(s *eventlog.Summary) string {
	m := newSplitter(s)
	m.concurrency(aba(s), .1)
	m.connect()
	m.filter(.4)
	name := func(v int) string { return append(slices.Clone(s.Activities), "▶", "■")[v] }
	var pairs, edges []string
	for u := range m.nodes {
		for v := range m.nodes {
			if m.count[u][v] > 0 {
				edges = append(edges, name(u)+"→"+name(v))
			}
			if u < v && m.concurrent[u][v] {
				pairs = append(pairs, name(u)+"‖"+name(v))
			}
		}
	}
	slices.Sort(edges)
	return "concurrent: " + strings.Join(pairs, ", ") + "\n" + strings.Join(edges, ", ") + "\n"
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
		if d.Cmd == "graph" {
			return graphText(s)
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

// Every activity is on a way from the start to the end; a diagram without
// cycles is sound; the same log makes the same file.
func TestSplitLaws(t *testing.T) {
	acyclic, parallel, inclusive := 0, 0, 0
	one := func(t *rapid.T) {
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
			switch n.Kind {
			case bpmn.Parallel:
				parallel++
			case bpmn.Inclusive:
				inclusive++
			}
		}
		if len(names) != len(s.Activities) {
			t.Fatalf("%d activities, not %d", len(names), len(s.Activities))
		}
		n, err := d.Net()
		if err != nil {
			t.Fatal(err)
		}
		if cyclic(d) {
			return
		}
		acyclic++
		sound, err := n.CheckSoundness(t.Context(), 20_000)
		if err != nil {
			t.Fatal(err)
		}
		if sound.Sound == petri.Fails {
			t.Fatalf("%v\n%s%s%s", sound.Reasons, text.String(), diagramText(d), n)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		for range 10 { // one log in thirty has an inclusive join
			one(t)
		}
	})
	if acyclic == 0 || parallel == 0 || inclusive == 0 {
		t.Errorf("%d diagrams without cycles, %d parallel gateways, %d inclusive", acyclic, parallel, inclusive)
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
