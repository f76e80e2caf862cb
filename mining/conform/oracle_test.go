package conform

import (
	"math"
	"testing"

	"millrace/mining/internal/oracletest"
	"millrace/mining/petri"
	"millrace/mining/tree"
)

// net reads a net of the oracle; nil if there is none.
func net(t testing.TB, log, variant string) *petri.Net {
	t.Helper()
	f := oracletest.Open(t, "models", log+"."+variant+".pnml.gz")
	if f == nil {
		return nil
	}
	n, err := petri.ReadPNML(f)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.AssumeMarkings(); err != nil {
		t.Fatal(err)
	}
	return n
}

func ptml(t testing.TB, log, variant string) *tree.Tree {
	t.Helper()
	m, err := tree.ReadPTML(oracletest.Open(t, "models", log+"."+variant+".ptml.gz"))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var inductive = []string{"IM", "IMf0.2", "IMd"}

// Costs and fitness of optimal alignments are the oracle's, on its own nets.
func TestAlignmentsAgainstTheOracle(t *testing.T) {
	compared, known := 0, 0
	for _, o := range oracletest.Logs(t) {
		log := o.ByStart(t) // the order in which the oracle aligns
		for _, variant := range inductive {
			n := net(t, o.Name, variant)
			if n == nil {
				continue
			}
			a, err := Align(t.Context(), log, n, Options{})
			if err != nil {
				t.Fatal(err)
			}
			for i := range a.Variants {
				checkAlignment(t, a, i)
			}
			compared++
			fit := a.Fitness()
			// IM's net was made of the cases in the order of ends.
			if variant == "IM" && o.Name != "interval_event_log" && fit.FittingCases != log.Cases {
				t.Errorf("%s: %d of %d cases fit the net of IM", o.Name, fit.FittingCases, log.Cases)
			}
			b, err := Align(t.Context(), log, ptml(t, o.Name, variant).Net(), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if b.Cost() != a.Cost() || b.Shortest != a.Shortest {
				t.Errorf("%s %s: cost %d (shortest %d) on the net, %d (%d) on the tree", o.Name, variant, a.Cost(), a.Shortest, b.Cost(), b.Shortest)
			}
			var want struct {
				Cost    int64   `json:"sum_cost_div_10000_floor"`
				Fit     int64   `json:"fit_traces"`
				SumCost float64 `json:"sum_cost"`
				Fitness struct {
					Average float64 `json:"average_trace_fitness"`
					Log     float64 `json:"log_fitness"`
				}
			}
			if !o.Read("alignments_"+variant, &want) {
				continue
			}
			known++
			if a.Cost() != want.Cost || fit.FittingCases != want.Fit {
				t.Errorf("%s %s: cost %d, %d cases fit, not %d and %d", o.Name, variant, a.Cost(), fit.FittingCases, want.Cost, want.Fit)
			}
			if math.Abs(fit.AverageTrace-want.Fitness.Average) > 1e-6 {
				t.Errorf("%s %s: average fitness %v, not %v", o.Name, variant, fit.AverageTrace, want.Fitness.Average)
			}
			// Silent moves cost a ten-thousandth there, in the shortest run too.
			worst := float64(a.Cost()) / (1 - fit.Log)
			if a.Cost() == 0 {
				worst = float64(log.Events + a.Shortest*log.Cases)
			}
			if silent := fit.Log - (want.SumCost/10000-float64(a.Cost()))/worst; math.Abs(silent-want.Fitness.Log) > 5e-6 {
				t.Errorf("%s %s: log fitness %v (%v with silent moves), not %v", o.Name, variant, fit.Log, silent, want.Fitness.Log)
			}
		}
	}
	if compared < 45 || known < 18 {
		t.Errorf("only %d nets were aligned, %d of them the oracle aligned", compared, known)
	}
}
