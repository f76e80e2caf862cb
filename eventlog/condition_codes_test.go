package eventlog

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
)

// A condition that looks at activity and resource only is decided by their
// codes, and keeps the events that the database keeps; any other is not.
func TestConditionsByCodes(t *testing.T) {
	ctx := context.Background()
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	b := &Batch{}
	for i := range 300 {
		b.Case, b.Activity = append(b.Case, fmt.Sprint(i/5)), append(b.Activity, []string{"pick", "ship", "it's", "Ärger", ""}[i*7%5])
		b.Time, b.Resource = append(b.Time, int64(i)), append(b.Resource, []string{"ann", "", "bob", "O'Hara"}[i*3%4])
	}
	b.Attributes = []Column{{Name: "level", Type: Int, Int: make([]int64, 300)}, {Name: "resource_group", Type: Text, Text: b.Resource}}
	mustImport(t, s, ImportOptions{Log: "shop"}, batches(b))
	stored, err := s.Log(ctx, "shop", LogOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer stored.Close()
	builder := NewBuilder(BuilderOptions{Attributes: true})
	defer builder.Close()
	if err := builder.Add(b); err != nil {
		t.Fatal(err)
	}
	built, err := builder.Log()
	if err != nil {
		t.Fatal(err)
	}
	defer built.Close()
	for _, c := range []struct {
		condition string
		byCodes   bool
	}{
		{"resource = 'ann'", true},
		{"resource IS NULL", true},
		{"activity = 'it''s' OR resource <> 'bob'", true},
		{"activity LIKE 'Ä%' AND resource IN ('ann', 'O''Hara')", true},
		{"length(activity) > 3", true},
		{"TRUE", true},
		{"resource = 'nobody'", true},
		{"level = 0 AND resource = 'ann'", false},
		{"resource_group = 'ann'", false},
		{"event % 2 = 0", false},
		{"time > '1970-01-01 00:00:00.0001' AND activity = 'pick'", false},
		{"resource = (SELECT max(resource) FROM events)", false},
		{"rowid < 10", false},
	} {
		for name, l := range map[string]*Log{"stored": stored, "built": built} {
			k, err := l.codes(ctx, c.condition)
			if err != nil || (k != nil) != c.byCodes {
				t.Errorf("%s: %s: by codes %v, %v", name, c.condition, k != nil, err)
				continue
			}
			if k == nil {
				continue
			}
			want, err := l.table.ask(ctx, "events", c.condition, conditionNeed{})
			if err != nil {
				t.Fatal(err)
			}
			var got []int64
			for batch := range l.Batches() {
				for e := range batch.Activity {
					if k.of(batch, e) {
						got = append(got, batch.Event[e])
					}
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s: %s: %d events by codes, %d by the database", name, c.condition, len(got), len(want))
			}
		}
	}
	if _, err := stored.codes(ctx, "resource = "); err != nil {
		t.Errorf("what does not compile is the database's to say: %v", err)
	}
}
