package eventlog

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// randomLog builds a log of up to 30 cases over 5 activities, with or without
// starts, resources and times.
func randomLog(t *rapid.T) *Log {
	b := NewBuilder(BuilderOptions{})
	batch := &Batch{}
	lasts := rapid.Bool().Draw(t, "lasts")
	for range rapid.IntRange(0, 60).Draw(t, "events") {
		end := rapid.Int64Range(-1e15, 1e15).Draw(t, "time")
		if rapid.IntRange(0, 9).Draw(t, "missing") == 0 {
			end = NoTime
		}
		batch.Case = append(batch.Case, rapid.StringMatching(`[a-h]`).Draw(t, "case"))
		batch.Activity = append(batch.Activity, rapid.SampledFrom([]string{"order", "pick", "ship", "bill", "</script>"}).Draw(t, "activity"))
		batch.Time = append(batch.Time, end)
		if lasts {
			start := int64(NoTime)
			if end != NoTime && rapid.Bool().Draw(t, "begins") {
				start = end - rapid.Int64Range(0, 1e9).Draw(t, "length")
			}
			batch.Start = append(batch.Start, start)
		}
		batch.Resource = append(batch.Resource, rapid.SampledFrom([]string{"", "ann", "bob"}).Draw(t, "resource"))
	}
	if err := b.Add(batch); err != nil {
		t.Fatal(err)
	}
	l, err := b.Log()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestColumnsWrittenAndReadAreTheSame(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		l := randomLog(t)
		file, err := writeColumns(filepath.Join(dir, "a.duckdb"), l)
		if err != nil {
			t.Fatal(err)
		}
		got, err := openColumns(dir, file)
		if err != nil {
			t.Fatal(err)
		}
		defer got.Close()
		if d := cmp.Diff(l.batches, got.batches); d != "" {
			t.Fatal(d)
		}
		if d := cmp.Diff(l.labels, got.labels); d != "" && len(l.labels)+len(got.labels) > 0 {
			t.Fatal(d)
		}
	})
}

// One flipped byte anywhere in the values, and any truncation, is noticed.
func TestDamagedColumnsAreNoticed(t *testing.T) {
	dir := t.TempDir()
	b := NewBuilder(BuilderOptions{})
	if err := b.Add(&Batch{Case: []string{"1", "1", "2"}, Activity: []string{"a", "b", "a"}, Time: []int64{1, 2, 3}}); err != nil {
		t.Fatal(err)
	}
	l, err := b.Log()
	if err != nil {
		t.Fatal(err)
	}
	file, err := writeColumns(filepath.Join(dir, "a.duckdb"), l)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{file.Cases.Name, file.Paths.Name} {
		path := filepath.Join(dir, name)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		try := func(what string, i int, bytes []byte) {
			t.Helper()
			if err := os.WriteFile(path, bytes, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := openColumns(dir, file); !errors.Is(err, errColumns) {
				t.Fatalf("%s: %s %d: %v", name, what, i, err)
			}
		}
		for i := range whole {
			try("cut to", i, whole[:i])
			bad := append([]byte(nil), whole...)
			bad[i] ^= 0x10
			try("flipped byte", i, bad)
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFoldDoesNotDependOnBatches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := randomLog(t)
		whole, err := Summarize(context.Background(), l, SummaryOptions{})
		if err != nil {
			t.Fatal(err)
		}
		split := *l
		split.batches = nil
		for _, c := range l.batches { // one case a batch
			for i := range c.Case {
				one := Log{batches: []*Cases{c}, paths: l.paths, picked: [][]int32{{int32(i)}}}
				split.batches = append(split.batches, one.seen(0))
			}
		}
		parts, err := Summarize(context.Background(), &split, SummaryOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if whole.String() != parts.String() {
			t.Fatalf("%s\n%s", whole, parts)
		}
		for i := range whole.Arcs {
			x, y := &whole.Arcs[i], &parts.Arcs[i]
			if x.Count != y.Count || x.Cases != y.Cases || x.Wait.String() != y.Wait.String() || x.Wait.Total() != y.Wait.Total() {
				t.Fatalf("arc %d: %v, %v", i, x, y)
			}
		}
	})
}
