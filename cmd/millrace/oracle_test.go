package main

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// nothingToCompare lists logs for which the oracle itself has gaps (its README
// says so); what must hold of them is in testdata/script/odd_logs.txtar.
var nothingToCompare = []string{"tickets", "orders", "xes_20", "a12f0n00", "L1_missing_timestamp"}

// An oracle holds what PM4Py 2.7.23.11 computed on one log; ../shared/oracle/README.md
// has the definitions.
type oracle struct {
	Log struct {
		Events, Cases int64
		Counts        map[string]int64 `json:"activity_counts"`
		OutOfOrder    int64            `json:"out_of_order_within_case"`
		Start         bool             `json:"has_start_timestamp"`
	}
	Variants struct {
		List   []oracleVariant
		Sorted []oracleVariant `json:"list_time_sorted"`
	}
	DFG struct {
		Start, End map[string]int64
		DFG        []oracleEdge
	}
	Performance []oracleDurations `json:"performance_dfg"`
	Durations   struct {
		N                                int64
		Max, Mean, Median, Min, Sum, P95 float64
		P95Linear                        float64 `json:"p95_linear"`
		Span                             float64 `json:"sum_max_minus_min_ts"`
	} `json:"case_durations"`
	Rework    map[string]int64 `json:"rework_cases_per_activity"`
	Lifecycle json.RawMessage
}

type oracleVariant struct {
	Path  []string
	Cases int64
}

func (v *oracleVariant) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&v.Path, &v.Cases})
}

type oracleEdge struct {
	From, To string
	Count    int64
}

func (e *oracleEdge) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&e.From, &e.To, &e.Count})
}

type oracleDurations struct {
	From, To string
	D        struct{ Max, Mean, Median, Min, Sum float64 }
}

func (d *oracleDurations) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&d.From, &d.To, &d.D})
}

func readOracle(t *testing.T, path string) *oracle {
	o := &oracle{}
	readSections(t, path, o)
	return o
}

// readSections reads what an oracle file has of the fields of a struct; where a
// section says why it is missing, it is left empty.
func readSections(t *testing.T, path string, o any) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var typeErr *json.UnmarshalTypeError
	if err := json.NewDecoder(z).Decode(o); err != nil && !errors.As(err, &typeErr) {
		t.Fatal(err)
	}
}

// Every case-centric log gives the figures another tool computed.
func TestOracle(t *testing.T) {
	oracles, err := filepath.Glob(shared(t, "oracle", "*.json.gz"))
	if err != nil || len(oracles) == 0 {
		t.Fatalf("no oracle files: %v", err)
	}
	compared := 0
	for _, path := range oracles {
		name := strings.TrimSuffix(filepath.Base(path), ".json.gz")
		if strings.HasPrefix(name, "ocel_") || slices.Contains(nothingToCompare, name) {
			continue
		}
		logs, err := filepath.Glob(shared(t, "data", "logs", name+".*"))
		if err != nil || len(logs) != 1 {
			t.Fatalf("%s: %d logs, %v", name, len(logs), err)
		}
		compared++
		t.Run(name, func(t *testing.T) { readOracle(t, path).compare(t, logs[0]) })
	}
	if compared < 15 {
		t.Errorf("only %d logs were compared", compared)
	}
}

// ours is the JSON of the commands, as far as it is compared.
type ours struct {
	Cases, Events int64
	Variants      []struct {
		Activities []string
		Cases      int64
	}
	CaseDuration struct {
		N      int64
		Mean   float64 `json:"mean_s"`
		Median float64 `json:"median_s"`
		P95    float64 `json:"p95_s"`
		Min    float64 `json:"min_s"`
		Max    float64 `json:"max_s"`
		Total  float64 `json:"total_s"`
	} `json:"case_duration"`
	Activities []struct {
		Name                  string
		Events, Cases, Rework int64
	}
	Start, End []struct {
		Activity string
		Cases    int64
	}
	Edges []struct {
		From, To     string
		Count, Cases int64
		Total        float64  `json:"total_s"`
		Mean         float64  `json:"mean_s"`
		Median       *float64 `json:"median_s"`
		Min          float64  `json:"min_s"`
		Max          float64  `json:"max_s"`
		Overlaps     int64
		OverlapTotal float64 `json:"overlap_s"`
	}
}

func (o *oracle) compare(t *testing.T, log string) {
	var v, g, buckets ours
	for _, x := range []struct {
		into *ours
		args []string
	}{
		{&v, []string{"mine", "variants", log, "--lifecycle", "all", "--json", "--exact"}},
		{&g, []string{"mine", "dfg", log, "--lifecycle", "all", "--json", "--exact"}},
		{&buckets, []string{"mine", "dfg", log, "--lifecycle", "all", "--json"}},
	} {
		if err := json.Unmarshal([]byte(millrace(t, x.args...)), x.into); err != nil {
			t.Fatal(err)
		}
	}
	if v.Events != o.Log.Events || v.Cases != o.Log.Cases || g.Events != o.Log.Events || g.Cases != o.Log.Cases {
		t.Errorf("%d events in %d cases, want %d in %d", v.Events, v.Cases, o.Log.Events, o.Log.Cases)
	}

	// Case durations: the oracle takes the last row's time minus the first
	// row's, which depends on the order of rows and can be negative where work
	// overlaps; ours is the latest time minus the earliest, whose sum it has too.
	d := v.CaseDuration
	figures := []struct {
		what      string
		want, got float64
	}{{"n", float64(o.Durations.N), float64(d.N)}, {"total", o.Durations.Span, d.Total}, {"max", o.Durations.Max, d.Max}, {"median", o.Durations.Median, d.Median}}
	if o.Log.OutOfOrder == 0 {
		figures = append(figures, []struct {
			what      string
			want, got float64
		}{{"mean", o.Durations.Mean, d.Mean}, {"min", o.Durations.Min, d.Min}, {"p95", o.Durations.P95Linear, d.P95}}...)
	}
	for _, x := range figures {
		if !agrees(x.want, x.got, 1e-6) {
			t.Errorf("case duration: %s: want %v, got %v", x.what, x.want, x.got)
		}
	}

	// Variants: our order is by start or time, then by file. The oracle's list
	// is in file order, and where that is not the order of times, in that of
	// the ends of events: we give that one without the starts. (Its graph is in
	// the order of starts, and so is ours.)
	want, got := map[string]int64{}, map[string]int64{}
	list := o.Variants.List
	if o.Variants.Sorted != nil {
		list = o.Variants.Sorted
		if o.Log.Start {
			v.Variants = nil
			out := millrace(t, "mine", "variants", log, "--lifecycle", "all", "--start", "-", "--json")
			if err := json.Unmarshal([]byte(out), &v); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, x := range list {
		want[strings.Join(x.Path, "\x00")] = x.Cases
	}
	for _, x := range v.Variants {
		got[strings.Join(x.Activities, "\x00")] = x.Cases
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("variants: -want +got\n%s", d)
	}

	want, got = map[string]int64{}, map[string]int64{}
	for _, x := range o.DFG.DFG {
		want[x.From+" → "+x.To] = x.Count
	}
	for _, x := range g.Edges {
		got[x.From+" → "+x.To] = x.Count
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("edges: -want +got\n%s", d)
	}

	start, end, counts, rework := map[string]int64{}, map[string]int64{}, map[string]int64{}, map[string]int64{}
	for _, x := range g.Start {
		start[x.Activity] = x.Cases
	}
	for _, x := range g.End {
		end[x.Activity] = x.Cases
	}
	for _, x := range g.Activities {
		counts[x.Name] = x.Events
		if x.Rework > 0 {
			rework[x.Name] = x.Rework
		}
	}
	for _, x := range []struct {
		what      string
		want, got map[string]int64
	}{{"start", o.DFG.Start, start}, {"end", o.DFG.End, end}, {"activities", o.Log.Counts, counts}, {"rework", o.Rework, rework}} {
		if !maps.Equal(x.want, x.got) {
			t.Errorf("%s: -want +got\n%s", x.what, cmp.Diff(x.want, x.got))
		}
	}

	o.comparePerformance(t, &g, 1e-6)
	o.comparePerformance(t, &buckets, 0.008)
}

// comparePerformance holds the waits of the edges against the oracle's.
// It reports negative ones apart, where the oracle adds them up.
func (o *oracle) comparePerformance(t *testing.T, g *ours, tolerance float64) {
	edges := map[string]int{}
	for i, x := range g.Edges {
		edges[x.From+" → "+x.To] = i
	}
	for _, x := range o.Performance {
		i, ok := edges[x.From+" → "+x.To]
		if !ok {
			t.Errorf("no edge %s → %s", x.From, x.To)
			continue
		}
		e := g.Edges[i]
		if !agrees(x.D.Sum, e.Total-e.OverlapTotal, 1e-6) || e.Overlaps == 0 && !agrees(x.D.Mean, e.Mean, 1e-6) {
			t.Errorf("%s → %s: total %v, mean %v, want %v, %v", x.From, x.To, e.Total, e.Mean, x.D.Sum, x.D.Mean)
		}
		if e.Overlaps > 0 {
			continue // quantiles of other sets
		}
		if !agrees(x.D.Median, *e.Median, tolerance) || !agrees(x.D.Min, e.Min, 1e-6) || !agrees(x.D.Max, e.Max, 1e-6) {
			t.Errorf("%s → %s: median %v, min %v, max %v, want %+v", x.From, x.To, *e.Median, e.Min, e.Max, x.D)
		}
	}
	if len(o.Performance) == 0 {
		t.Error("the oracle has no durations of edges")
	}
}

// agrees says whether two figures are the same but for a relative error; the
// oracle's seconds are floats, so an error of a microsecond is none.
func agrees(want, got, tolerance float64) bool {
	return math.Abs(want-got) <= max(tolerance*math.Abs(want), 2e-6)
}
