package discover

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"millrace/eventlog"
	"millrace/mining/internal/oracletest"
)

func TestHeuristics(t *testing.T) {
	datadriven.RunTest(t, "testdata/heuristics", func(t *testing.T, d *datadriven.TestData) string {
		s, err := eventlog.ParseSummary(d.Input)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		var o HeuristicsOptions
		d.MaybeScanArgs(t, "dependency", &o.Dependency)
		d.MaybeScanArgs(t, "and", &o.And)
		h, err := Heuristics(s, o)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		var out strings.Builder
		for _, x := range h.Dependencies {
			fmt.Fprintf(&out, "%s → %s  %d  %.3f", x.From, x.To, x.Count, x.Value)
			switch {
			case x.LoopTwo:
				out.WriteString("  kept: loop of two")
			case x.Kept:
				out.WriteString("  kept")
			}
			out.WriteByte('\n')
		}
		n, err := h.Net(t.Context())
		if err != nil {
			return out.String() + "error: " + err.Error() + "\n"
		}
		sound, err := n.CheckSoundness(t.Context(), 1000)
		if err != nil {
			t.Fatal(err)
		}
		return out.String() + n.String() + fmt.Sprintf("sound: %s\n", sound.Sound)
	})
}

type oracleEdge struct {
	From, To string
	Value    float64
	Count    int64
}

func (e *oracleEdge) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&e.From, &e.To, &e.Value, &e.Count})
}

// Dependencies and kept edges are the oracle's on every log.
func TestHeuristicsAgainstTheOracle(t *testing.T) {
	compared := 0
	for _, o := range oracletest.Logs(t) {
		var want struct {
			Matrix     []oracleEdge `json:"dependency_matrix"`
			Kept       []oracleEdge `json:"kept_edges"`
			Start, End []string
		}
		if !o.Read("heuristics", &want) || len(want.Matrix) == 0 {
			continue
		}
		compared++
		h, err := Heuristics(o.ByStart(t), HeuristicsOptions{})
		if err != nil {
			t.Fatal(err)
		}
		values, kept := map[[2]string]Dependency{}, 0
		for _, d := range h.Dependencies {
			values[[2]string{d.From, d.To}] = d
			if d.Kept {
				kept++
			}
		}
		for _, w := range want.Matrix {
			if d, ok := values[[2]string{w.From, w.To}]; !ok || math.Abs(d.Value-w.Value) > 1e-6 {
				t.Errorf("%s: %s → %s: %v, want %v", o.Name, w.From, w.To, d.Value, w.Value)
			}
		}
		for _, w := range want.Kept {
			d := values[[2]string{w.From, w.To}]
			if !d.Kept || d.Count != w.Count || !d.LoopTwo && math.Abs(d.Value-w.Value) > 1e-6 || d.LoopTwo && w.Value != 0 {
				t.Errorf("%s: %s → %s: %+v, want %+v", o.Name, w.From, w.To, d, w)
			}
		}
		if len(h.Dependencies) != len(want.Matrix) || kept != len(want.Kept) {
			t.Errorf("%s: %d dependencies, %d kept, want %d, %d", o.Name, len(h.Dependencies), kept, len(want.Matrix), len(want.Kept))
		}
		slices.Sort(want.Start)
		slices.Sort(want.End)
		if !slices.Equal(h.Start, want.Start) || !slices.Equal(h.End, want.End) {
			t.Errorf("%s: starts %q, ends %q, want %q, %q", o.Name, h.Start, h.End, want.Start, want.End)
		}
	}
	if compared < 14 {
		t.Errorf("only %d nets were compared", compared)
	}
}

// Values are within their bounds and opposite of each other; the net is valid,
// and every activity it has is a transition once.
func TestHeuristicsLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := logs().Draw(t, "log")
		h, err := Heuristics(s, HeuristicsOptions{Noise: -1, Dependency: rapid.Float64Range(-1, 1).Draw(t, "dependency"), And: rapid.Float64Range(.01, 1).Draw(t, "and")})
		if err != nil {
			t.Fatal(err)
		}
		values := map[[2]string]Dependency{}
		var events int64
		for _, d := range h.Dependencies {
			values[[2]string{d.From, d.To}] = d
			events += d.Count
			if !(d.Value > -1 && d.Value < 1) {
				t.Fatalf("%+v", d)
			}
		}
		for pair, d := range values {
			if back, ok := values[[2]string{pair[1], pair[0]}]; ok && d.From != d.To && back.Value != -d.Value {
				t.Fatalf("%+v and %+v", d, back)
			}
		}
		var steps int64
		for i := range s.Variants {
			steps += s.Variants[i].Cases * int64(max(0, len(s.Variants[i].Path)-1))
		}
		if events != steps {
			t.Fatalf("%d steps, want %d", events, steps)
		}
		n, err := h.Net(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		visible := len(n.Transitions) - n.SilentTransitions()
		if err := n.Validate(); err != nil || visible != len(h.Activities) || !slices.Equal(n.Labels(), h.Activities) && visible > 0 {
			t.Fatalf("%v in\n%s", err, n)
		}
	})
}
