package eventlog

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// An handCase is a case as anybody would write it down.
type handCase struct {
	number int64
	events []handEvent
}

type handEvent struct {
	activity   string
	begin, end int64
	event      int64
}

// obviousCases writes down a log that was not filtered.
func obviousCases(l *Log) []handCase {
	var out []handCase
	for _, c := range l.batches {
		starts := c.Starts()
		for i, number := range c.Case {
			x := handCase{number: number}
			for e := c.Offsets[i]; e < c.Offsets[i+1]; e++ {
				x.events = append(x.events, handEvent{l.labels[c.Activity[e]], starts[e], c.Time[e], c.Event[e]})
			}
			out = append(out, x)
		}
	}
	return out
}

// An obviousFilter does to the cases what a filter does to a log.
type obviousFilter struct {
	name, value string
	do          func([]handCase) []handCase
}

func anyFilter(t *rapid.T, labels []string) obviousFilter {
	a := rapid.SampledFrom(labels).Draw(t, "activity")
	b := rapid.SampledFrom(labels).Draw(t, "other activity")
	cases := func(want func(handCase) bool) func([]handCase) []handCase {
		return func(in []handCase) (out []handCase) {
			for _, c := range in {
				if want(c) {
					out = append(out, c)
				}
			}
			return out
		}
	}
	events := func(want func(handEvent) bool) func([]handCase) []handCase {
		return func(in []handCase) (out []handCase) {
			for _, c := range in {
				kept := handCase{number: c.number}
				for _, e := range c.events {
					if want(e) {
						kept.events = append(kept.events, e)
					}
				}
				if len(kept.events) > 0 {
					out = append(out, kept)
				}
			}
			return out
		}
	}
	has := func(c handCase) bool {
		return slices.ContainsFunc(c.events, func(e handEvent) bool { return e.activity == a })
	}
	limit := rapid.Int64Range(0, 2e15).Draw(t, "limit")
	return rapid.SampledFrom([]obviousFilter{
		{"contains", a, cases(has)},
		{"without", a, cases(func(c handCase) bool { return !has(c) })},
		{"starts", a, cases(func(c handCase) bool { return len(c.events) > 0 && c.events[0].activity == a })},
		{"ends", a, cases(func(c handCase) bool { return len(c.events) > 0 && c.events[len(c.events)-1].activity == a })},
		{"drop", a, events(func(e handEvent) bool { return e.activity != a })},
		{"keep", a, events(func(e handEvent) bool { return e.activity == a })},
		{"follows", fmt.Sprintf("%q -> %q", a, b), cases(func(c handCase) bool {
			for i := 1; i < len(c.events); i++ {
				if c.events[i-1].activity == a && c.events[i].activity == b {
					return true
				}
			}
			return false
		})},
		{"follows", fmt.Sprintf("%q ~> %q", a, b), cases(func(c handCase) bool {
			for i := range c.events {
				for j := i + 1; j < len(c.events); j++ {
					if c.events[i].activity == a && c.events[j].activity == b {
						return true
					}
				}
			}
			return false
		})},
		{"duration", fmt.Sprintf("<=%dus", limit), cases(func(c handCase) bool {
			d, known := c.duration()
			return known && d <= limit
		})},
		{"variants", "cover:50%", func(in []handCase) (out []handCase) {
			count := map[string]int{}
			for _, c := range in {
				count[c.path()]++
			}
			keep, seen := map[string]bool{}, 0
			for _, p := range byCount(count) {
				if 2*seen >= len(in) {
					break
				}
				keep[p], seen = true, seen+count[p]
			}
			return cases(func(c handCase) bool { return keep[c.path()] })(in)
		}},
	}).Draw(t, "filter")
}

func byCount(count map[string]int) []string {
	var paths []string
	for p := range count {
		paths = append(paths, p)
	}
	slices.SortFunc(paths, func(a, b string) int {
		if count[a] != count[b] {
			return count[b] - count[a]
		}
		return slices.Compare(strings.Split(a, "\x00"), strings.Split(b, "\x00"))
	})
	return paths
}

func (c handCase) path() string {
	var names []string
	for _, e := range c.events {
		names = append(names, e.activity)
	}
	return strings.Join(names, "\x00")
}

func (c handCase) duration() (d int64, known bool) {
	n := len(c.events)
	if n == 0 || c.events[0].end == NoTime || c.events[n-1].end == NoTime {
		return 0, false
	}
	first, last := int64(math.MaxInt64), int64(math.MinInt64)
	for _, e := range c.events {
		if e.end != NoTime {
			first, last = min(first, e.end), max(last, e.end)
		}
	}
	return last - first, true
}

// obviousSummary writes down a summary with every duration. Distributions are
// sorted lists; "?" stands for a missing one.
func obviousSummary(in []handCase) []string {
	paths, waits, waitCases := map[string][]string{}, map[string][]string{}, map[string]map[int]bool{}
	var all []string
	events := 0
	write := func(d int64, known bool) string {
		if !known {
			return "?"
		}
		return fmt.Sprint(d)
	}
	for i, c := range in {
		events += len(c.events)
		d := write(c.duration())
		if len(c.events) == 0 {
			d = ""
		}
		paths[c.path()] = append(paths[c.path()], d)
		all = append(all, d)
		for j := 1; j < len(c.events); j++ {
			x, y := c.events[j-1], c.events[j]
			k := x.activity + "\x00" + y.activity
			waits[k] = append(waits[k], write(y.begin-x.end, x.end != NoTime && y.begin != NoTime))
			if waitCases[k] == nil {
				waitCases[k] = map[int]bool{}
			}
			waitCases[k][i] = true
		}
	}
	line := func(what string, n int, list []string) string {
		list = slices.DeleteFunc(list, func(s string) bool { return s == "" })
		slices.Sort(list)
		return fmt.Sprintf("%q %d %v", what, n, list)
	}
	out := []string{line("all", len(in), all), fmt.Sprint("events ", events)}
	for p, list := range paths {
		out = append(out, line(p, len(list), list))
	}
	for k, list := range waits {
		out = append(out, line("arc "+k, len(waitCases[k]), list)+fmt.Sprint(" ", len(list)))
	}
	slices.Sort(out)
	return out
}

// written writes down a summary with exact durations as obviousSummary does.
func written(s *Summary) []string {
	list := func(d *Durations, n int64) []string {
		var out []string
		for _, v := range d.exact {
			out = append(out, fmt.Sprint(v))
		}
		for range d.Missing {
			out = append(out, "?")
		}
		for range d.Overlaps {
			out = append(out, "overlap")
		}
		slices.Sort(out)
		return out
	}
	line := func(what string, n int64, d *Durations) string { return fmt.Sprintf("%q %d %v", what, n, list(d, n)) }
	out := []string{line("all", s.Cases, &s.CaseDuration), fmt.Sprint("events ", s.Events)}
	name := func(path []Activity) string {
		var names []string
		for _, a := range path {
			names = append(names, s.Activities[a])
		}
		return strings.Join(names, "\x00")
	}
	for i := range s.Variants {
		v := &s.Variants[i]
		out = append(out, line(name(v.Path), v.Cases, &v.Duration))
	}
	for i := range s.Arcs {
		a := &s.Arcs[i]
		out = append(out, line("arc "+name([]Activity{a.From, a.To}), a.Cases, &a.Wait)+fmt.Sprint(" ", a.Count))
	}
	slices.Sort(out)
	return out
}

// A summary of a log through any filters is what anybody would count by hand
// of the cases that the same filters leave; and the buckets are as near to the
// exact durations as they say.
func TestSummaryIsWhatAnybodyWouldCount(t *testing.T) {
	ctx := context.Background()
	rapid.Check(t, func(t *rapid.T) {
		l := randomLog(t)
		cases := obviousCases(l)
		if len(l.labels) == 0 {
			return
		}
		for range rapid.IntRange(0, 4).Draw(t, "filters") {
			f := anyFilter(t, l.labels)
			filter, err := ParseFilter(f.name, f.value)
			if err != nil {
				t.Fatal(err)
			}
			if l, err = l.Where(ctx, filter); err != nil {
				t.Fatal(err)
			}
			cases = f.do(cases)
		}
		exact, err := Summarize(ctx, l, SummaryOptions{Exact: true})
		if err != nil {
			t.Fatal(err)
		}
		want := obviousSummary(cases)
		for i, line := range want { // overlaps have no length in a list of durations
			words := strings.Fields(line)
			for j, w := range words {
				if at := strings.TrimLeft(w, "["); strings.HasPrefix(at, "-") {
					words[j] = strings.Replace(w, strings.TrimRight(at, "]"), "overlap", 1)
				}
			}
			want[i] = sortedList(strings.Join(words, " "))
		}
		got := written(exact)
		for i := range got {
			got[i] = sortedList(got[i])
		}
		slices.Sort(want)
		slices.Sort(got)
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("-by hand +summary:\n%s", d)
		}
		var kept []string
		for c := range l.Batches() {
			for i, n := range c.Case {
				kept = append(kept, fmt.Sprint(n, c.Event[c.Offsets[i]:c.Offsets[i+1]], c.First[i], c.Last[i]))
			}
		}
		var hand []string
		for _, c := range cases {
			ids, times := []int64{}, []int64{}
			for _, e := range c.events {
				ids, times = append(ids, e.event), append(times, e.end)
			}
			first, last := ends(times)
			hand = append(hand, fmt.Sprint(c.number, ids, first, last))
		}
		if d := cmp.Diff(hand, kept); d != "" {
			t.Fatalf("-by hand +batches:\n%s", d)
		}
		approximates(t, l, exact)
	})
}

// sortedList sorts what stands between brackets.
func sortedList(line string) string {
	from, to := strings.LastIndex(line, "["), strings.LastIndex(line, "]")
	if from < 0 {
		return line
	}
	words := strings.Fields(line[from+1 : to])
	slices.Sort(words)
	return line[:from+1] + strings.Join(words, " ") + line[to:]
}

// approximates holds the summaries that do not keep every duration against one that
// does: same counts, sums and ends, quantiles within 0.8 %.
func approximates(t *rapid.T, l *Log, exact *Summary) {
	for _, o := range []SummaryOptions{{}, {WithoutWaits: true}, {WithoutVariants: true}} {
		for _, workers := range []int{1, 7} {
			was := runtime.GOMAXPROCS(workers)
			s, err := Summarize(context.Background(), l, o)
			runtime.GOMAXPROCS(was)
			if err != nil {
				t.Fatal(err)
			}
			if s.String() != exact.String() || s.Events != exact.Events || s.First != exact.First || s.Last != exact.Last {
				t.Fatalf("%s\n%s", s, exact)
			}
			same(t, "cases", &s.CaseDuration, &exact.CaseDuration)
			for i := range s.Arcs {
				x, y := &s.Arcs[i], &exact.Arcs[i]
				if x.From != y.From || x.To != y.To || x.Count != y.Count || x.Cases != y.Cases {
					t.Fatalf("arc %+v, exactly %+v", x, y)
				}
				if !o.WithoutWaits {
					same(t, "arc", &x.Wait, &y.Wait)
				}
			}
			for i := range s.Variants {
				if !o.WithoutVariants {
					same(t, "variant", &s.Variants[i].Duration, &exact.Variants[i].Duration)
				}
			}
		}
	}
}

func same(t *rapid.T, what string, x, y *Durations) {
	if x.N != y.N || x.Min != y.Min || x.Max != y.Max || x.Overlaps != y.Overlaps || x.Missing != y.Missing ||
		x.Total() != y.Total() || x.OverlapTotal() != y.OverlapTotal() {
		t.Fatalf("%s: %+v, exactly %+v", what, x, y)
	}
	for q := range 101 {
		a, b := x.Quantile(float64(q)/100), y.Quantile(float64(q)/100)
		if math.Abs(a-b) > 0.008*b+1e-9 {
			t.Fatalf("%s: quantile %d %% is %v, exactly %v", what, q, a, b)
		}
	}
}
