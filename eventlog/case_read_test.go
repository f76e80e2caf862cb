package eventlog

import (
	"context"
	"fmt"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// told is a case-centric log as lines: events of each case in order, and the
// attributes of the cases. What a builder orders is left to its own tests:
// events of a case that have different times stand by them.
func told(list ...*Batch) map[string]string {
	out := map[string]string{}
	attributes := func(columns []Column, i int) string {
		var words []string
		for j := range columns {
			if a := &columns[j]; a.Null == nil || !a.Null[i] {
				words = append(words, fmt.Sprintf("%q %s %q", a.Name, a.Type, a.text(i)))
			}
		}
		sort.Strings(words)
		return strings.Join(words, ", ")
	}
	at := func(list []string, i int) string {
		if list == nil {
			return ""
		}
		return list[i]
	}
	for _, b := range list {
		for i, id := range b.CaseIDs {
			out["case "+id] = attributes(b.CaseAttributes, i)
		}
		for i, id := range b.Case {
			start, day := int64(NoTime), false
			if b.Start != nil {
				start = b.Start[i]
			}
			if b.Day != nil {
				day = b.Day[i]
			}
			out["events "+id] += fmt.Sprintf("%q %d %d %v %q %q %q %s\n", b.Activity[i], b.Time[i], start, day,
				at(b.Resource, i), at(b.Lifecycle, i), at(b.Instance, i), attributes(b.Attributes, i))
		}
	}
	return out
}

// A batch that is stored comes back as cases.
func TestCasesComeBack(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "s.duckdb"))
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		log := fmt.Sprint("log ", n)
		b := &Batch{}
		kinds := map[string]Type{}
		name := rapid.SampledFrom(hostile)
		column := func(columns *[]Column, rows int) {
			a := Column{Name: name.Draw(rt, "attribute"), Type: Type(rapid.IntRange(0, int(Nested)).Draw(rt, "kind"))}
			if _, twice := kinds[a.Name]; twice {
				return
			}
			kinds[a.Name] = a.Type
			for range rows {
				a.Null = append(a.Null, rapid.Bool().Draw(rt, "null"))
				a.Int = append(a.Int, rapid.Int64Range(0, 1).Draw(rt, "int"))
				a.Float = append(a.Float, rapid.SampledFrom([]float64{.1, 2}).Draw(rt, "float"))
				a.Text = append(a.Text, `["x"]`)
			}
			*columns = append(*columns, a)
		}
		for i := range rapid.IntRange(0, 9).Draw(rt, "events") {
			b.Case = append(b.Case, rapid.SampledFrom([]string{"1", "2", "3"}).Draw(rt, "case"))
			b.Activity = append(b.Activity, name.Draw(rt, "activity"))
			b.Time = append(b.Time, int64(i)*1e6)
			b.Start = append(b.Start, rapid.SampledFrom([]int64{NoTime, int64(i)*1e6 - 10}).Draw(rt, "start"))
			b.Resource = append(b.Resource, rapid.SampledFrom([]string{"", "u"}).Draw(rt, "resource"))
			b.Lifecycle = append(b.Lifecycle, rapid.SampledFrom([]string{"", "start", "complete"}).Draw(rt, "lifecycle"))
			b.Instance = append(b.Instance, rapid.SampledFrom([]string{"", "7"}).Draw(rt, "instance"))
		}
		for range rapid.IntRange(0, 4).Draw(rt, "attributes") {
			column(&b.Attributes, b.Len())
		}
		clear(kinds)
		b.CaseIDs = []string{"1", "2", "3", "without events"}
		for range rapid.IntRange(0, 2).Draw(rt, "case attributes") {
			column(&b.CaseAttributes, len(b.CaseIDs))
		}
		mustImport(t, s, ImportOptions{Log: log}, batches(b))
		var got []*Batch
		_, err := s.Cases(context.Background(), log, LogOptions{}, func(b *Batch) error {
			got = append(got, b)
			return stageCheck(b)
		})
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(told(b), told(got...)); diff != "" {
			rt.Fatalf("-want +got\n%s", diff)
		}
	})
}

// Many events are given back in batches of whole cases.
func TestCasesInBatches(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "s.duckdb"))
	const events = 3*caseBatch + 10
	mustImport(t, s, ImportOptions{Log: "big"}, generated(events, 10_000))
	seen, total := map[string]bool{}, 0
	_, err := s.Cases(context.Background(), "big", LogOptions{}, func(b *Batch) error {
		for i, id := range b.CaseIDs {
			if seen[id] {
				t.Errorf("case %d, %s, comes twice", i, id)
			}
			seen[id] = true
		}
		for i := range b.Case {
			if want := fmt.Sprintf("note %d", b.Time[i]/1e6%1000); b.Attributes[1].Text[i] != want {
				t.Fatalf("event %d: %q, want %q", i, b.Attributes[1].Text[i], want)
			}
		}
		total += b.Len()
		return nil
	})
	if err != nil || total != events || len(seen) != events/10+1 {
		t.Errorf("%d events of %d cases, %v", total, len(seen), err)
	}
}

// A store that is open for reading only gives its cases back all the same.
func TestCasesOfAReadOnlyStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.duckdb")
	s := openStore(t, path)
	want := &Batch{Case: []string{"1"}, CaseIDs: []string{"1"}, Activity: []string{"a"}, Time: []int64{1e6},
		Attributes: []Column{{Name: "n", Type: Int, Int: []int64{5}}}}
	mustImport(t, s, ImportOptions{Log: "log"}, batches(want))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), path, OpenOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var got []*Batch
	if _, err := s.Cases(t.Context(), "log", LogOptions{}, func(b *Batch) error { got = append(got, b); return nil }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(told(want), told(got...)); diff != "" {
		t.Error(diff)
	}
}
