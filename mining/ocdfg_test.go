package mining

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"millrace/eventlog"
	"millrace/eventlog/logtest"
)

// parseFlow reads an object flow: the name of each type, and below it a log in
// the notation of logtest, one object a line.
func parseFlow(text string) (*OCDFG, error) {
	flow := &eventlog.ObjectFlow{}
	var name string
	var lines []string
	flush := func() error {
		if name == "" {
			return nil
		}
		l, err := logtest.Parse(strings.Join(lines, "\n"))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		s, err := eventlog.Summarize(context.Background(), l, eventlog.SummaryOptions{})
		if err != nil {
			return err
		}
		g := CaseOCDFG(s, name, 0)
		flow.Types = append(flow.Types, eventlog.TypeFlow(g.Types[0]))
		return nil
	}
	for _, line := range strings.Split(text, "\n") {
		if strings.Contains(line, ":") {
			lines = append(lines, line)
			continue
		}
		if err := flush(); err != nil {
			return nil, err
		}
		name, lines = line, nil
	}
	err := flush()
	return FindOCDFG(flow), err
}

func TestOCDFG(t *testing.T) {
	datadriven.RunTest(t, "testdata/ocdfg", func(t *testing.T, d *datadriven.TestData) string {
		g, err := parseFlow(d.Input)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		for _, a := range d.CmdArgs {
			switch a.Key {
			case "types":
				g = g.OfTypes(a.Vals...)
			case "min":
				n, err := strconv.ParseInt(a.Vals[0], 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				g = g.MinCount(n)
			case "keep":
				share, err := strconv.ParseFloat(a.Vals[0], 64)
				if err != nil {
					t.Fatal(err)
				}
				g = g.KeepEdges(share)
			}
		}
		if d.Cmd == "json" {
			out, err := json.MarshalIndent(g, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			return string(out) + "\n"
		}
		out := g.String()
		for _, n := range g.Notes {
			out += "note " + n.Code + ": " + n.Text + "\n"
		}
		return out
	})
}

// What goes into an activity comes out of it, for every type; leaving edges
// out says how many steps are gone, and a larger share keeps what a smaller keeps.
func TestOCDFGConservesFlow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := summarize(t, build(t, stories().Draw(t, "log")))
		g := CaseOCDFG(s, "case", 0)
		typ := g.Types[0]
		in, out := map[string]int64{}, map[string]int64{}
		var starts, ends, steps int64
		for _, a := range typ.Start {
			starts += a.Total
			in[a.Activity] += a.Total
		}
		for _, a := range typ.End {
			ends += a.Total
			out[a.Activity] += a.Total
		}
		for _, e := range typ.Edges {
			steps += e.Total
			in[e.To] += e.Total
			out[e.From] += e.Total
			if e.Objects > e.Total || e.Events > e.Total {
				t.Fatalf("%s → %s: %+v", e.From, e.To, e.FlowCount)
			}
		}
		for _, a := range typ.Activities {
			if in[a.Activity] != a.Total || out[a.Activity] != a.Total {
				t.Fatalf("%s: %d in, %d out of %d", a.Activity, in[a.Activity], out[a.Activity], a.Total)
			}
		}
		if alive := typ.Objects - typ.Idle; starts != alive || ends != alive {
			t.Fatalf("%d objects with events: %d start, %d end", alive, starts, ends)
		}
		a, b := rapid.Float64Range(0, 1).Draw(t, "a"), rapid.Float64Range(0, 1).Draw(t, "b")
		small, large := g.KeepEdges(min(a, b)).Types[0].Edges, g.KeepEdges(max(a, b)).Types[0].Edges
		var kept int64
		for _, e := range small {
			if !slices.ContainsFunc(large, func(x eventlog.FlowEdge) bool { return x.From == e.From && x.To == e.To }) {
				t.Fatalf("%s → %s is kept at %v and not at %v", e.From, e.To, min(a, b), max(a, b))
			}
			kept += e.Total
		}
		if float64(kept) < min(a, b)*float64(steps) {
			t.Fatalf("%d of %d steps are kept at %v", kept, steps, min(a, b))
		}
		if got := len(g.KeepEdges(1).Types[0].Edges); got != len(typ.Edges) {
			t.Fatalf("%d of %d edges are kept at 1", got, len(typ.Edges))
		}
	})
}
