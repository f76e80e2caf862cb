package eventlog

import (
	"context"
	"path/filepath"
	"testing"
)

// Importing one log leaves the columns of another as they are: they are mapped
// still, and not built again.
func TestColumnsDependOnTheirOwnLoads(t *testing.T) {
	ctx := context.Background()
	s, err := Open(ctx, filepath.Join(t.TempDir(), "s.duckdb"), OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	load := func(log, id string) {
		t.Helper()
		staged, err := Stage(ctx, s.Path(), ImportOptions{Log: log}, func(_ context.Context, emit func(*Batch) error) error {
			return emit(&Batch{Case: []string{id, id}, Activity: []string{"order", "ship"}, Time: []int64{1, 2}, Place: []int64{1, 2}})
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Merge(ctx, staged); err != nil {
			t.Fatal(err)
		}
		if err := staged.Discard(); err != nil {
			t.Fatal(err)
		}
	}
	mapped := func(log string) bool {
		t.Helper()
		key, err := s.columnsKey(ctx, log, LogOptions{})
		if err != nil {
			t.Fatal(err)
		}
		l, err := s.mapColumns(ctx, key)
		if err != nil {
			t.Fatal(err)
		}
		if l == nil {
			return false
		}
		return l.Close() == nil
	}
	load("a", "1")
	if err := s.BuildColumns(ctx, "a", LogOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := s.DefineLog(ctx, LogDefinition{Name: "notion", CaseType: "SalesOrder"}); err != nil {
		t.Fatal(err)
	}
	if err := s.BuildColumns(ctx, "notion", LogOptions{}); err != nil {
		t.Fatal(err)
	}
	load("b", "1")
	if !mapped("a") || !mapped("notion") {
		t.Error("importing b made the columns of others stale")
	}
	if mapped("b") {
		t.Error("b has columns that nobody built")
	}
	load("a", "2")
	if mapped("a") {
		t.Error("the columns of a are those from before its second load")
	}
	l, err := s.Log(ctx, "a", LogOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if cases, _ := l.Size(); cases != 2 {
		t.Errorf("%d cases", cases)
	}
}
