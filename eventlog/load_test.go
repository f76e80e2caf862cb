package eventlog

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"
)

// generated yields n events of cases of ten, in batches of size.
func generated(n, size int) func(context.Context, func(*Batch) error) error {
	return func(_ context.Context, emit func(*Batch) error) error {
		for from := 0; from < n; from += size {
			b := &Batch{}
			price := Column{Name: "price", Type: Float}
			note := Column{Name: "note", Type: Text}
			for i := from; i < min(from+size, n); i++ {
				b.Case = append(b.Case, fmt.Sprintf("case %d", i/10))
				b.Activity = append(b.Activity, fmt.Sprintf("activity %d", i%10))
				b.Time = append(b.Time, int64(i)*1e6)
				b.Resource = append(b.Resource, fmt.Sprintf("user %d", i%50))
				b.Place = append(b.Place, int64(i+2))
				price.Float = append(price.Float, float64(i)/4)
				note.Text = append(note.Text, fmt.Sprintf("note %d", i%1000))
			}
			b.Attributes = []Column{price, note}
			if err := emit(b); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestZZ(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "a.duckdb")
	for _, n := range []int{1000, 1000, 3_000_000, 3_000_000} {
		t0 := time.Now()
		st, err := Stage(ctx, path, ImportOptions{Log: "x"}, generated(n, 10000), nil)
		if err != nil {
			t.Fatal(err)
		}
		t1 := time.Now()
		s, err := Open(ctx, path, OpenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		t2 := time.Now()
		r, err := s.Merge(ctx, st)
		if err != nil {
			t.Fatal(err)
		}
		t3 := time.Now()
		s.Close()
		st.Discard()
		t.Logf("stage %v open %v merge %v close %v %+v", t1.Sub(t0), t2.Sub(t1), t3.Sub(t2), time.Since(t3), r)
	}
}
