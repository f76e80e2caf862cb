package eventlog

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
)

// Batches are whole cases, in order, and hold what was imported.
func TestLogRowsInBatches(t *testing.T) {
	n := 2_000_000
	if testing.Short() {
		n = 1_100_000 // more than a batch of events, and of cases
	}
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	mustImport(t, s, ImportOptions{Log: "l"}, generated(n, 50_000))
	batches, cases, events, last := 0, 0, 0, int64(0)
	_, err := s.LogRows(context.Background(), LogDefinition{Name: "l", CaseType: "l"}, nil, func(r *CaseRows) error {
		batches++
		if len(r.Case) > rowsCases || len(r.Event) > rowsEvents || len(r.ID) != len(r.Case) || len(r.Offsets) != len(r.Case)+1 {
			t.Errorf("batch of %d cases, %d events", len(r.Case), len(r.Event))
		}
		for i, c := range r.Case {
			if c <= last {
				t.Fatalf("case %d after %d", c, last)
			}
			last = c
			if want := fmt.Sprintf("case %d", cases+i); r.ID[i] != want {
				t.Fatalf("case %q, want %q", r.ID[i], want)
			}
			for j, e := 0, r.Offsets[i]; e < r.Offsets[i+1]; j, e = j+1, e+1 {
				at := 10*(cases+i) + j
				if r.Time[e] != int64(at)*1e6 || r.Start[e] != NoTime || r.Labels.Activity[r.Activity[e]] != fmt.Sprintf("activity %d", j) ||
					r.Labels.Resource[r.Resource[e]] != fmt.Sprintf("user %d", at%50) || r.Lifecycle[e] != NoCode || r.Sequence[e] != int64(at+1) {
					t.Fatalf("event %d of case %s is wrong", j, r.ID[i])
				}
			}
		}
		cases += len(r.Case)
		events += len(r.Event)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if events != n || cases != n/10 || batches < 2 {
		t.Errorf("%d batches, %d cases, %d events", batches, cases, events)
	}
}

func BenchmarkLogRows(b *testing.B) {
	const n = 1_000_000
	s := openStore(b, filepath.Join(b.TempDir(), "a.duckdb"))
	mustImport(b, s, ImportOptions{Log: "l"}, generated(n, 50_000))
	for b.Loop() {
		_, err := s.LogRows(context.Background(), LogDefinition{Name: "l", CaseType: "l"}, nil, func(*CaseRows) error { return nil })
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "events/s")
}
