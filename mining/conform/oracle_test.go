package conform

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"millrace/eventlog"
	"millrace/mining/petri"
	"millrace/mining/tree"
)

// An oracle is what PM4Py 2.7.23.11 found out about a log;
// ../shared/oracle/README.md has the definitions.
type oracle struct {
	name     string
	sections map[string]json.RawMessage
	log      *eventlog.Summary
	byEnd    *eventlog.Summary // the same in the order of times, where that is another
}

type oracleVariant struct {
	Path  []string
	Cases int64
}

func (v *oracleVariant) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&v.Path, &v.Cases})
}

func unzip(t testing.TB, name string) *gzip.Reader {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func sharedOracle(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("MILLRACE_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	if _, err := os.Stat(filepath.Join(dir, "oracle")); err != nil {
		t.Skipf("no oracle in %s; set MILLRACE_SHARED to the folder that has it", dir)
	}
	return filepath.Join(dir, "oracle")
}

// oracles reads all that are of logs of cases and have variants.
func oracles(t testing.TB) (all []*oracle) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(sharedOracle(t), "*.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		o := &oracle{name: strings.TrimSuffix(filepath.Base(file), ".json.gz")}
		if err := json.NewDecoder(unzip(t, file)).Decode(&o.sections); err != nil {
			t.Fatal(err)
		}
		var v struct {
			List   []oracleVariant
			Sorted []oracleVariant `json:"list_time_sorted"`
		}
		if !o.read("variants", &v) || len(v.List) == 0 {
			continue
		}
		// The oracle aligns in the order of starts, which is the file's.
		var log struct {
			Start bool `json:"has_start_timestamp"`
		}
		if o.read("log", &log) && !log.Start && v.Sorted != nil {
			v.List = v.Sorted
		}
		o.log = summaryOf(t, v.List)
		if o.byEnd = o.log; v.Sorted != nil {
			o.byEnd = summaryOf(t, v.Sorted)
		}
		all = append(all, o)
	}
	if len(all) < 15 {
		t.Fatalf("only %d logs have variants", len(all))
	}
	return all
}

// read reads a section; it says whether there is one, without an error.
func (o *oracle) read(section string, to any) bool {
	raw, ok := o.sections[section]
	return ok && !strings.Contains(string(raw), `"_error"`) && json.Unmarshal(raw, to) == nil
}

// summaryOf makes a log of variants.
func summaryOf(t testing.TB, variants []oracleVariant) *eventlog.Summary {
	t.Helper()
	var names []string
	for _, v := range variants {
		names = append(names, v.Path...)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	var text strings.Builder
	for _, v := range variants {
		fmt.Fprintf(&text, "%d:", v.Cases)
		for _, a := range v.Path {
			i, _ := slices.BinarySearch(names, a)
			fmt.Fprintf(&text, " %05d", i)
		}
		text.WriteByte('\n')
	}
	s, err := eventlog.ParseSummary(text.String())
	if err != nil {
		t.Fatal(err)
	}
	s.Activities = names // in the same order
	return s
}

// net reads a net of the oracle; nil if there is none.
func net(t testing.TB, log, variant string) *petri.Net {
	t.Helper()
	name := filepath.Join(sharedOracle(t), "models", log+"."+variant+".pnml.gz")
	if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	n, err := petri.ReadPNML(unzip(t, name))
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
	m, err := tree.ReadPTML(unzip(t, filepath.Join(sharedOracle(t), "models", log+"."+variant+".ptml.gz")))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var inductive = []string{"IM", "IMf0.2", "IMd"}

// Costs and fitness of optimal alignments are the oracle's, on its own nets.
func TestAlignmentsAgainstTheOracle(t *testing.T) {
	compared, known := 0, 0
	for _, o := range oracles(t) {
		for _, variant := range inductive {
			n := net(t, o.name, variant)
			if n == nil {
				continue
			}
			a, err := Align(t.Context(), o.log, n, Options{})
			if err != nil {
				t.Fatal(err)
			}
			for i := range a.Variants {
				checkAlignment(t, a, i)
			}
			compared++
			fit := a.Fitness()
			// IM's net was made of the cases in the order of ends.
			if variant == "IM" && o.name != "interval_event_log" && fit.FittingCases != o.log.Cases {
				t.Errorf("%s: %d of %d cases fit the net of IM", o.name, fit.FittingCases, o.log.Cases)
			}
			b, err := Align(t.Context(), o.log, ptml(t, o.name, variant).Net(), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if b.Cost() != a.Cost() || b.Shortest != a.Shortest {
				t.Errorf("%s %s: cost %d (shortest %d) on the net, %d (%d) on the tree", o.name, variant, a.Cost(), a.Shortest, b.Cost(), b.Shortest)
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
			if !o.read("alignments_"+variant, &want) {
				continue
			}
			known++
			if a.Cost() != want.Cost || fit.FittingCases != want.Fit {
				t.Errorf("%s %s: cost %d, %d cases fit, not %d and %d", o.name, variant, a.Cost(), fit.FittingCases, want.Cost, want.Fit)
			}
			if math.Abs(fit.AverageTrace-want.Fitness.Average) > 1e-6 {
				t.Errorf("%s %s: average fitness %v, not %v", o.name, variant, fit.AverageTrace, want.Fitness.Average)
			}
			// Silent moves cost a ten-thousandth there, in the shortest run too.
			worst := float64(a.Cost()) / (1 - fit.Log)
			if a.Cost() == 0 {
				worst = float64(o.log.Events + a.Shortest*o.log.Cases)
			}
			if silent := fit.Log - (want.SumCost/10000-float64(a.Cost()))/worst; math.Abs(silent-want.Fitness.Log) > 5e-6 {
				t.Errorf("%s %s: log fitness %v (%v with silent moves), not %v", o.name, variant, fit.Log, silent, want.Fitness.Log)
			}
		}
	}
	if compared < 45 || known < 18 {
		t.Errorf("only %d nets were aligned, %d of them the oracle aligned", compared, known)
	}
}
