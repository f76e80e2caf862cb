package mining

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"millrace/eventlog"
)

// TestAvoidableIsTheSlowCount: by variant, the avoidable time is what each
// wait of each case has beyond the floor of its hand-over.
func TestAvoidableIsTheSlowCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := build(t, stories().Draw(t, "log"))
		s := summarize(t, l)
		agreed := func(from, to string) bool { return from < to }
		floors := map[[2]string]int64{}
		for _, e := range DFG(s).Edges {
			if e.Wait.N > 0 && !agreed(e.From, e.To) {
				floors[[2]string{e.From, e.To}] = int64(e.Wait.Quantile(.25) + .5)
			}
		}
		type sum struct{ n, us int64 }
		want := map[string]sum{}
		for _, x := range told(t, l) {
			var names []string
			known, us := false, int64(0)
			for i, e := range x.steps {
				names = append(names, e.activity)
				if i == 0 {
					continue
				}
				before := x.steps[i-1]
				begin := e.begin
				if begin == eventlog.NoTime {
					begin = e.end
				}
				floor, ok := floors[[2]string{before.activity, e.activity}]
				if !ok || begin == eventlog.NoTime || before.end == eventlog.NoTime || begin < before.end {
					continue
				}
				known = true
				us += max(0, begin-before.end-floor)
			}
			if known {
				key := strings.Join(names, "\x00")
				want[key] = sum{want[key].n + 1, want[key].us + us}
			}
		}
		got := fold(t, l, ByVariant(l.Label, Avoidable(s, l.Label, agreed)))
		for _, v := range FindVariants(s).Variants {
			n, us := got.Of(v.Activities)
			if w := want[strings.Join(v.Activities, "\x00")]; w != (sum{n, us}) {
				t.Fatalf("%q: %d cases with %d µs, want %d with %d", v.Activities, n, us, w.n, w.us)
			}
		}
		if n, us := got.Of([]string{"no such way", ""}); n != 0 || us != 0 {
			t.Fatalf("a way nobody goes has %d cases and %d µs", n, us)
		}
	})
}

// TestSumsAskedAtTheSameTime: a report lays out its map while it writes of its variants, and both ask.
func TestSumsAskedAtTheSameTime(t *testing.T) {
	var ways []string
	for i := range 200 {
		ways = append(ways, fmt.Sprint(i))
	}
	for range 50 { // the first to ask makes the index
		sums := &VariantSums{label: func(a uint16) string { return ways[a] }, sums: map[uint32]*variantSum{}}
		for i := range ways {
			sums.sums[uint32(i)] = &variantSum{path: []uint16{uint16(i)}, n: 1, sum: int64(i)}
		}
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for i, w := range ways {
					if n, sum := sums.Of([]string{w}); n != 1 || sum != int64(i) {
						t.Errorf("way %s has %d cases and %d, want 1 and %d", w, n, sum, i)
					}
				}
			})
		}
		all.Wait()
	}
}

// TestSampleCases: as many cases as were asked for, or all; of no variant more
// than a case away from its share; each a case of the log; the same ones in
// whatever order the log is.
func TestSampleCases(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tale := stories().Draw(t, "log")
		l := build(t, tale)
		s := summarize(t, l)
		v := FindVariants(s)
		n := rapid.IntRange(0, 10).Draw(t, "n")
		sample := fold(t, l, SampleCases(v, n, l.Label)).Cases()
		if len(sample) != min(n, int(v.Cases)) {
			t.Fatalf("%d of %d cases, want %d", len(sample), v.Cases, n)
		}
		all := map[string]int{}
		for _, x := range told(t, l) {
			var c SampledCase
			for _, e := range x.steps {
				c.Activities, c.Times = append(c.Activities, e.activity), append(c.Times, e.end)
			}
			all[fmt.Sprintf("%q %d", c.Activities, c.Times)]++
		}
		by := map[string]int{}
		for _, c := range sample {
			key := fmt.Sprintf("%q %d", c.Activities, c.Times)
			if all[key]--; all[key] < 0 {
				t.Fatalf("%s is no case of the log, or was taken twice", key)
			}
			by[fmt.Sprintf("%q", c.Activities)]++
		}
		for _, w := range v.Variants {
			share := w.Share * float64(len(sample))
			if got := float64(by[fmt.Sprintf("%q", w.Activities)]); got <= share-1 || got >= share+1 {
				t.Fatalf("%q: %v cases, its share is %.2f", w.Activities, got, share)
			}
		}
		slices.Reverse(tale)
		turned := build(t, tale)
		again := fold(t, turned, SampleCases(FindVariants(summarize(t, turned)), n, turned.Label)).Cases()
		if fmt.Sprint(again) != fmt.Sprint(sample) {
			t.Fatalf("the same log in another order: %v, was %v", again, sample)
		}
	})
}

// TestSampleOfWorkers: the sample does not depend on how the cases are divided.
func TestSampleOfWorkers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := build(t, stories().Draw(t, "log"))
		f := SampleCases(FindVariants(summarize(t, l)), 5, l.Label)
		whole, parts := fold(t, l, f).Cases(), f.New()
		for c := range l.Batches() {
			for i := range c.Case { // each case by a worker of its own, the last one first
				i = len(c.Case) - 1 - i
				one := *c
				one.Case, one.Variant, one.Offsets = c.Case[i:i+1], c.Variant[i:i+1], c.Offsets[i:i+2]
				worker := f.New()
				f.Add(worker, &one)
				f.Merge(parts, worker)
			}
		}
		if got := parts.Cases(); fmt.Sprint(got) != fmt.Sprint(whole) {
			t.Fatalf("by many workers %v, by one %v", got, whole)
		}
	})
}

// TestAutomation: what is neither by people nor by nobody knows whom is
// automatic; where nobody is known there is no share.
func TestAutomation(t *testing.T) {
	summary := func(text string) *eventlog.Summary {
		s, err := eventlog.ParseSummary(text)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	got := FindAutomation(summary("10: order pick pick ship\n5: order mystery"), summary("4: pick pick\n3: ship"), summary("5: mystery\n2: ship\n1: order"))
	want := map[string]Automation{"order": {15, 14, 1}, "pick": {20, 12, 0}, "ship": {10, 5, 2}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
	if share, ok := got["ship"].Share(); !ok || share != 5./8 {
		t.Errorf("ship is automatic in %v, %v; want 0.625: unknown ones do not count", share, ok)
	}
	if share, ok := got["mystery"].Share(); ok {
		t.Errorf("what nobody knows is automatic in %v", share)
	}
}
