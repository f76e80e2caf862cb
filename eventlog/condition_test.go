package eventlog

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A condition on an imported log sees that log's attributes only, with the
// types it has them in, whatever other logs the store holds.
func TestConditionsOfStoredLogs(t *testing.T) {
	ctx := context.Background()
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	batch := func(attributes ...Column) *Batch {
		b := &Batch{Case: []string{"1", "2"}, Activity: []string{"pick", "ship"}, Time: []int64{1, 2}, Attributes: attributes}
		for i := range attributes {
			b.CaseIDs = b.Case
			b.CaseAttributes = append(b.CaseAttributes, attributes[i])
			b.CaseAttributes[i].Name = "case " + attributes[i].Name
		}
		return b
	}
	mustImport(t, s, ImportOptions{Log: "whole"}, batches(batch(Column{Name: "amount", Type: Int, Int: []int64{5, 20}})))
	mustImport(t, s, ImportOptions{Log: "plain"}, batches(batch()))
	mustImport(t, s, ImportOptions{Log: "text"}, batches(batch(Column{Name: "amount", Type: Text, Text: []string{"few", "many"}})))
	// Whole numbers beside floats are floats, in one load or two.
	mixed := func(activity string, c Column) *Batch {
		c.Name = "amount"
		return &Batch{Case: []string{activity}, Activity: []string{activity}, Attributes: []Column{c},
			CaseIDs: []string{activity}, CaseAttributes: []Column{{Name: "case amount", Type: c.Type, Int: c.Int, Float: c.Float}}}
	}
	mustImport(t, s, ImportOptions{Log: "mixed"}, batches(mixed("a", Column{Type: Int, Int: []int64{5}})))
	mustImport(t, s, ImportOptions{Log: "mixed"}, batches(mixed("b", Column{Type: Float, Float: []float64{5.5}}), mixed("c", Column{Type: Int, Int: []int64{20}})))
	mustImport(t, s, ImportOptions{Log: "mixed"}, batches(mixed("d", Column{Type: Int, Int: []int64{1}})))

	for _, c := range []struct {
		log, filter, condition string
		cases                  int64
	}{
		{"whole", "event-where", "amount > 10", 1},
		{"whole", "where", `"case amount" > 10`, 1},
		{"plain", "event-where", "activity = 'pick'", 1},
		{"plain", "event-where", "time < '2000-01-01' AND resource IS NULL", 2},
		{"plain", "where", "id = '1'", 1},
		{"text", "event-where", "amount = 'few'", 1},
		{"mixed", "event-where", "amount > 5.2", 2},
		{"mixed", "where", `"case amount" > 5.2`, 2},
		{"mixed", "where", `amount = 1`, 1},
	} {
		l, err := s.Log(ctx, c.log, LogOptions{})
		if err != nil {
			t.Fatal(err)
		}
		f, err := ParseFilter(c.filter, c.condition)
		if err != nil {
			t.Fatal(err)
		}
		kept, err := l.Where(ctx, f)
		if err != nil {
			t.Errorf("%s: %v", c.log, err)
		} else if cases, _ := kept.Size(); cases != c.cases {
			t.Errorf("%s: --%s %s: %d cases, want %d", c.log, c.filter, c.condition, cases, c.cases)
		}
		// What a condition needs is guessed; with everything there it finds the same.
		of := map[string]string{"where": "cases", "event-where": "events"}[c.filter]
		some, err := l.table.numbers(ctx, of, c.condition)
		all, failed := l.table.ask(ctx, of, c.condition, conditionNeed{})
		if d := cmp.Diff(all, some); d != "" || err != nil || failed != nil {
			t.Errorf("%s: --%s %s: -everything +what is needed: %s %v %v", c.log, c.filter, c.condition, d, err, failed)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	l, err := s.Log(ctx, "plain", LogOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if f, err := ParseFilter("event-where", "amount > 10"); err != nil {
		t.Fatal(err)
	} else if _, err := l.Where(ctx, f); err == nil {
		t.Error("another log's attribute was taken")
	}
}
