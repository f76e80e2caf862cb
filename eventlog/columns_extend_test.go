package eventlog

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// sliceOfLog is some new events, as a source that is read once a day has them:
// mostly of known cases, mostly later than what was there.
func sliceOfLog(t *rapid.T, from int64, place *int64) *Batch {
	b := &Batch{}
	missing := rapid.IntRange(0, 9).Draw(t, "some missing") == 0
	for range rapid.IntRange(1, 30).Draw(t, "events") {
		at := from + rapid.Int64Range(0, 40).Draw(t, "at")
		if rapid.IntRange(0, 19).Draw(t, "late") == 0 {
			at -= rapid.Int64Range(0, 100).Draw(t, "by")
		}
		if missing && rapid.Bool().Draw(t, "missing") {
			at = NoTime
		}
		*place++
		b.Case = append(b.Case, fmt.Sprint(rapid.IntRange(0, 40).Draw(t, "case")))
		b.Activity = append(b.Activity, rapid.SampledFrom([]string{"bill", "order", "pick", "ship", "a"}).Draw(t, "activity"))
		b.Time = append(b.Time, at)
		b.Resource = append(b.Resource, rapid.SampledFrom([]string{"", "ann", "bob"}).Draw(t, "resource"))
		b.Place = append(b.Place, *place)
	}
	b.CaseIDs = []string{fmt.Sprint(rapid.IntRange(0, 60).Draw(t, "listed"))} // perhaps without events
	return b
}

// Columns that new events were added to say what columns built from all rows
// say: the same summary with every duration, the same cases and events in the
// same order, the same notes.
func TestColumnsExtendedAreColumnsBuiltAgain(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "s.duckdb")
	s, err := Open(ctx, path, OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	checks(t, 12) // each look at a store takes DuckDB a third of a second, and each has several
	n := 0
	why := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		n++
		log := fmt.Sprint("l", n)
		load := func(b *Batch) {
			staged, err := Stage(ctx, path, ImportOptions{Log: log}, func(_ context.Context, emit func(*Batch) error) error { return emit(b) }, nil)
			if err != nil {
				rt.Fatal(err)
			}
			defer staged.Discard()
			if _, err := s.Merge(ctx, staged); err != nil {
				rt.Fatal(err)
			}
		}
		place := int64(0)
		first := &Batch{} // so many cases that what comes after is a small part
		for i := range 400 {
			for j, a := range []string{"order", "pick", "ship"} {
				first.Case, first.Activity = append(first.Case, fmt.Sprint(i)), append(first.Activity, a)
				first.Time = append(first.Time, int64(i+10*j)%200)
				first.Resource = append(first.Resource, "")
				first.Place = append(first.Place, place)
				place++
			}
		}
		first.Resource[0] = "ann"
		load(first)
		if err := s.BuildColumns(ctx, log, LogOptions{}); err != nil {
			rt.Fatal(err)
		}
		key, err := s.columnsKey(ctx, log, LogOptions{})
		if err != nil {
			rt.Fatal(err)
		}
		from := int64(300)
		for range rapid.IntRange(1, 6).Draw(rt, "loads") {
			load(sliceOfLog(rt, from, &place))
			from += rapid.Int64Range(0, 60).Draw(rt, "later")
			err := s.extendColumns(ctx, key)
			why[fmt.Sprint(err)]++
			if errors.Is(err, errExtend) {
				if err = s.BuildColumns(ctx, log, LogOptions{}); err == nil {
					continue
				}
			}
			if err != nil {
				rt.Fatal(err)
			}
			extended, err := s.mapColumns(ctx, key)
			if err != nil || extended == nil {
				rt.Fatal(extended, err)
			}
			again, err := s.buildLog(ctx, key, LogOptions{})
			if err != nil {
				rt.Fatal(err)
			}
			for _, o := range []SummaryOptions{{}, {Recount: true}, {Exact: true}} {
				got, want := inFull(rt, extended, o), inFull(rt, again, o)
				if d := cmp.Diff(want, got); d != "" {
					rt.Fatalf("%+v (-built again, +extended):\n%s", o, d)
				}
			}
			if d := cmp.Diff(storyOf(again), storyOf(extended)); d != "" {
				rt.Fatalf("-built again, +extended:\n%s", d)
			}
			if d := cmp.Diff(append([]Note{}, again.notes...), extended.notes); d != "" {
				rt.Fatalf("-built again, +extended:\n%s", d)
			}
			if err := extended.Close(); err != nil {
				rt.Fatal(err)
			}
		}
	})
	if why["<nil>"] < n*4/5 { // -short checks a fifth
		t.Errorf("hardly anything was added in %d checks: %v", n, why)
	}
	t.Log(why)
}

// inFull is a summary with all that is in it.
func inFull(t *rapid.T, l *Log, o SummaryOptions) []string {
	s, err := Summarize(context.Background(), l, o)
	if err != nil {
		t.Fatal(err)
	}
	all := func(d *Durations) string {
		out := fmt.Sprint(d.N, d.Min, d.Max, d.Overlaps, d.Missing, d.Total(), d.OverlapTotal())
		for q := range 21 {
			out += fmt.Sprint(" ", d.Quantile(float64(q)/20))
		}
		return out
	}
	out := []string{fmt.Sprint(s.Cases, s.Events, s.First, s.Last, s.Activities), all(&s.CaseDuration)}
	for i := range s.Variants {
		out = append(out, fmt.Sprint(s.Variants[i].Path, s.Variants[i].Cases, all(&s.Variants[i].Duration)))
	}
	for i := range s.Arcs {
		a := &s.Arcs[i]
		out = append(out, fmt.Sprint(a.From, a.To, a.Count, a.Cases, all(&a.Wait)))
	}
	return out
}

// storyOf is every case of a log, in order.
func storyOf(l *Log) []string {
	var out []string
	for c := range l.Batches() {
		for i, number := range c.Case {
			line := fmt.Sprint(number, c.First[i], c.Last[i])
			for e := c.Offsets[i]; e < c.Offsets[i+1]; e++ {
				line += fmt.Sprint(" ", l.Label(c.Activity[e]), c.Time[e], c.Event[e])
				if c.Resource != nil {
					line += l.Resource(c.Resource[e])
				}
			}
			var path []string
			for _, a := range l.seenPaths().at(c.Variant[i]) {
				path = append(path, l.Label(a))
			}
			out = append(out, line+fmt.Sprint(path))
		}
	}
	if !slices.IsSortedFunc(out, func(a, b string) int {
		var x, y int64
		fmt.Sscan(a, &x)
		fmt.Sscan(b, &y)
		return int(x - y)
	}) {
		out = append(out, "not ascending")
	}
	return out
}
