package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The temporal profile and, with it, what eventually follows is the oracle's:
// every later start after an end, mean and deviation of a sample. It leaves out
// the deviation of pairs that occur once.
func TestTemporalOracle(t *testing.T) {
	type spanOf struct{ Mean, SD float64 }
	compared := 0
	for _, name := range []string{"running-example", "interval_event_log", "repairExample", "teleclaims", "roadtraffic100traces", "CCC19", "Helpdesk", "BPIC2012_O", "reviewing"} {
		var want struct {
			Profile [][3]json.RawMessage `json:"temporal_profile"`
			Follows [][3]json.RawMessage `json:"eventually_follows"`
		}
		readSections(t, shared(t, "oracle", name+".json.gz"), &want)
		spans, counts := map[[2]string]spanOf{}, map[[2]string]int64{}
		pair := func(x [3]json.RawMessage) (p [2]string) {
			for i := range p {
				if err := json.Unmarshal(x[i], &p[i]); err != nil {
					t.Fatal(err)
				}
			}
			return p
		}
		for _, x := range want.Profile {
			var s spanOf
			if err := json.Unmarshal(x[2], &[]any{&s.Mean, &s.SD}); err != nil {
				t.Fatal(err)
			}
			spans[pair(x)] = s
		}
		for _, x := range want.Follows {
			var n int64
			if err := json.Unmarshal(x[2], &n); err != nil {
				t.Fatal(err)
			}
			counts[pair(x)] = n
		}
		logs, err := filepath.Glob(shared(t, "data", "logs", name+".*"))
		if err != nil || len(logs) != 1 {
			t.Fatalf("%s: %d logs, %v", name, len(logs), err)
		}
		var got struct {
			Profile []struct {
				A, B string
				N    int64
				Mean float64 `json:"mean_s"`
				SD   float64 `json:"sd_s"`
			}
		}
		if err := json.Unmarshal([]byte(millrace(t, "mine", "rules", logs[0], "-q", "--kind", "profile", "--lifecycle", "all", "--json")), &got); err != nil {
			t.Fatal(err)
		}
		var wrong []string
		for _, g := range got.Profile {
			key := [2]string{g.A, g.B}
			w, ok := spans[key]
			if g.N != counts[key] || !agrees(w.Mean, g.Mean, 1e-9) || g.N > 1 && (!ok || !agrees(w.SD, g.SD, 1e-6)) {
				wrong = append(wrong, fmt.Sprintf("%+v, want %d, %+v", g, counts[key], w))
			}
		}
		if len(wrong) > 0 || len(got.Profile) != len(counts) {
			slices.Sort(wrong)
			t.Errorf("%s: %d pairs, want %d\n%s", name, len(got.Profile), len(counts), strings.Join(wrong[:min(5, len(wrong))], "\n"))
		}
		compared += len(got.Profile)
	}
	if compared < 1000 {
		t.Errorf("only %d pairs were compared", compared)
	}
}
