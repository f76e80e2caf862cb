package mining

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"millrace/eventlog"
	"millrace/eventlog/logtest"
)

// input reads what a directive of a testdata file is about: variants with the
// number of their cases or, with the argument times, cases with times.
func input(t *testing.T, d *datadriven.TestData) (*eventlog.Log, *eventlog.Summary, error) {
	t.Helper()
	if !d.HasArg("times") {
		s, err := eventlog.ParseSummary(d.Input)
		return nil, s, err
	}
	l, err := logtest.Parse(d.Input)
	if err != nil {
		return nil, nil, err
	}
	return l, summarize(t, l), nil
}

type failer interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

func summarize(t failer, l *eventlog.Log) *eventlog.Summary {
	t.Helper()
	s, err := eventlog.Summarize(context.Background(), l, eventlog.SummaryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// output writes a result as the directive asks: as text, or as JSON with its
// innermost objects on one line each.
func output(t *testing.T, d *datadriven.TestData, result fmt.Stringer, notes []eventlog.Note) string {
	t.Helper()
	if d.HasArg("json") {
		return pretty(t, result)
	}
	var out strings.Builder
	out.WriteString(result.String())
	if !d.HasArg("times") {
		return out.String()
	}
	for _, n := range notes {
		fmt.Fprintf(&out, "note: %s\n", n.Text)
	}
	return out.String()
}

func pretty(t *testing.T, v any) string {
	t.Helper()
	text := marshal(t, v)
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, name := range keys(t, text) {
		var elements []json.RawMessage
		if json.Unmarshal(fields[name], &elements) != nil || len(elements) == 0 {
			fmt.Fprintf(&out, "%s: %s\n", name, fields[name])
			continue
		}
		fmt.Fprintf(&out, "%s:\n", name)
		for _, e := range elements {
			fmt.Fprintf(&out, "  %s\n", e)
		}
	}
	return out.String()
}

// keys returns the names of a JSON object in the order in which they stand.
func keys(t failer, object []byte) []string {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	var names []string
	for d.More() {
		name, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name.(string))
		var skip json.RawMessage
		if err := d.Decode(&skip); err != nil {
			t.Fatal(err)
		}
	}
	return names
}

func marshal(t failer, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// A story is one case as the tests make it up and count it.
type story struct {
	id    string
	steps []event
}

// ends are the earliest and the latest time, if the first and the last event have one.
func (s story) ends() (first, last int64) {
	if s.steps[0].end == eventlog.NoTime || s.steps[len(s.steps)-1].end == eventlog.NoTime {
		return eventlog.NoTime, eventlog.NoTime
	}
	for i, e := range s.steps {
		if i == 0 || e.end != eventlog.NoTime && e.end < first {
			first = e.end
		}
		if i == 0 || e.end > last {
			last = e.end
		}
	}
	return first, last
}

type event struct {
	activity   string
	begin, end int64 // NoTime where missing
}

// build puts stories together to a log.
func build(t failer, stories []story) *eventlog.Log {
	t.Helper()
	b := eventlog.NewBuilder(eventlog.BuilderOptions{Name: "test"})
	for _, s := range stories {
		batch := &eventlog.Batch{CaseIDs: []string{s.id}}
		for _, e := range s.steps {
			batch.Case = append(batch.Case, s.id)
			batch.Activity = append(batch.Activity, e.activity)
			batch.Start = append(batch.Start, e.begin)
			batch.Time = append(batch.Time, e.end)
		}
		if err := b.Add(batch); err != nil {
			t.Fatal(err)
		}
	}
	l, err := b.Log()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// told reads the stories back from a log: their events are in order now.
func told(t failer, l *eventlog.Log) (stories []story) {
	t.Helper()
	for c := range l.Batches() {
		ids, err := l.CaseIDs(context.Background(), c.Case)
		if err != nil {
			t.Fatal(err)
		}
		starts := c.Starts()
		for i := range c.Case {
			s := story{id: ids[i]}
			for e := c.Offsets[i]; e < c.Offsets[i+1]; e++ {
				s.steps = append(s.steps, event{l.Label(c.Activity[e]), starts[e], c.Time[e]})
			}
			stories = append(stories, s)
		}
	}
	return stories
}

// vocabulary has names that a page, a database or a terminal might trip over.
var vocabulary = []string{"order", "pick", "ship", "pay", "</script><script>", "'; DROP TABLE events; --", "a\nb", ""}

// stories draws made-up cases. Few distinct times make ties and overlaps.
func stories() *rapid.Generator[[]story] {
	return rapid.Custom(func(t *rapid.T) []story {
		names := vocabulary[:rapid.IntRange(1, len(vocabulary)).Draw(t, "vocabulary")]
		out := make([]story, rapid.IntRange(0, 8).Draw(t, "cases"))
		for i := range out {
			out[i].id = "case " + strconv.Itoa(i)
			out[i].steps = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) event {
				e := event{rapid.SampledFrom(names).Draw(t, "activity"), eventlog.NoTime, eventlog.NoTime}
				if kind := rapid.IntRange(0, 5).Draw(t, "kind"); kind > 0 {
					e.end = rapid.Int64Range(0, 40).Draw(t, "time") * 3600e6
					if kind > 3 {
						e.begin = e.end - rapid.Int64Range(0, 5).Draw(t, "lasts")*3600e6
					}
				}
				return e
			}), 0, 8).Draw(t, "steps")
		}
		return out
	})
}

// hours is a distribution, counted the slow way: every wait is kept.
type hours struct {
	waits             []int64
	overlaps, missing int64
}

func (h *hours) add(from, to int64) {
	switch {
	case from == eventlog.NoTime || to == eventlog.NoTime:
		h.missing++
	case to < from:
		h.overlaps++
	default:
		h.waits = append(h.waits, to-from)
	}
}

func (h *hours) total() (sum int64) {
	for _, w := range h.waits {
		sum += w
	}
	return sum
}

// check compares with the fast count.
func (h *hours) check(t failer, of string, d *eventlog.Durations) {
	t.Helper()
	if d.N != int64(len(h.waits)) || d.Overlaps != h.overlaps || d.Missing != h.missing || d.Total() != float64(h.total()) {
		t.Fatalf("%s: got %d waits of %v µs, %d overlaps, %d missing; want %d of %d, %d, %d",
			of, d.N, d.Total(), d.Overlaps, d.Missing, len(h.waits), h.total(), h.overlaps, h.missing)
	}
	if len(h.waits) > 0 && (d.Min != slices.Min(h.waits) || d.Max != slices.Max(h.waits)) {
		t.Fatalf("%s: got %d to %d µs, want %d to %d", of, d.Min, d.Max, slices.Min(h.waits), slices.Max(h.waits))
	}
}

// results renders all that is found in a log, for comparison.
func results(t failer, l *eventlog.Log) string {
	t.Helper()
	s := summarize(t, l)
	values := fold(t, l, WaitingValue(l.Label, worth(t, l)))
	g := DFG(s)
	return fmt.Sprintf("%s\n%s\n%s\n%s\n%s\n%q\n%q",
		marshal(t, g), marshal(t, FindVariants(s)), marshal(t, FindRework(s)), marshal(t, FindBottlenecks(s, values)),
		marshal(t, g.KeepEdges(.5, 0)), KeepActivities(s, .5, 0), Spine(g))
}

func fold[A any](t failer, l *eventlog.Log, f eventlog.Folder[A]) A {
	t.Helper()
	acc, err := eventlog.Fold(context.Background(), l, f)
	if err != nil {
		t.Fatal(err)
	}
	return acc
}

// worth gives every case a value that depends on its id alone.
func worth(t failer, l *eventlog.Log) func(int64) (Money, bool) {
	t.Helper()
	values := map[int64]Money{}
	for c := range l.Batches() {
		ids, err := l.CaseIDs(context.Background(), c.Case)
		if err != nil {
			t.Fatal(err)
		}
		for i, id := range ids {
			n := len(id) + int(id[len(id)-1]) // as good as any
			values[c.Case[i]] = Money{[]string{"EUR", "USD", ""}[n%3], int64(n*n*n - 40000)}
		}
	}
	return func(number int64) (Money, bool) {
		m, ok := values[number]
		return m, ok
	}
}

func TestOrderOfCasesDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := stories().Draw(t, "log")
		want := results(t, build(t, in))
		if got := results(t, build(t, rapid.Permutation(in).Draw(t, "order"))); got != want {
			t.Fatalf("got\n%s\nwant\n%s", got, want)
		}
	})
}

// A log of several batches is folded by several workers and merged.
func TestWorkersDoNotShow(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a log of 200,000 cases")
	}
	var in []story
	for i := range 200_000 {
		s := story{id: strconv.Itoa(i)}
		at := int64(i) * 1e6
		for j := range i%5 + 1 {
			at += int64(i*7919%1_000_003) * int64(j+1)
			s.steps = append(s.steps, event{vocabulary[(i/7+j*(i%3))%4], eventlog.NoTime, at})
		}
		in = append(in, s)
	}
	l := build(t, in)
	if n := len(slices.Collect(l.Batches())); n < 3 {
		t.Fatalf("%d batches, want several", n)
	}
	want := results(t, l)
	for range 3 {
		if results(t, l) != want {
			t.Fatal("two runs over the same log differ")
		}
	}
	slices.Reverse(in)
	if got := results(t, build(t, in)); got != want {
		t.Fatal("the same cases in other batches give another result")
	}
	count(told(t, l)).check(t, DFG(summarize(t, l)))
}

// What JSON promises: the names of the design first and in its order, lists
// that are never null, and the same bytes twice.
func TestJSON(t *testing.T) {
	timed, err := logtest.Parse("1: a@2024-01-01 b@2024-01-02 b@2024-01-03\n2: a")
	if err != nil {
		t.Fatal(err)
	}
	empty := build(t, nil)
	for _, l := range []*eventlog.Log{timed, empty} {
		s := summarize(t, l)
		b := FindBottlenecks(s, fold(t, l, WaitingValue(l.Label, worth(t, l))))
		for _, c := range []struct {
			name   string
			result any
			want   string
		}{
			{"variants", FindVariants(s), "cases events variants notes variant_count case_duration"},
			{"dfg", *DFG(s), "cases events activities start end edges notes"},
			{"bottlenecks", b, "waits notes total_s period_s"},
			{"rework", FindRework(s), "cases events rework_cases extra_events share activities notes"},
		} {
			text := marshal(t, c.result)
			if got := strings.Join(keys(t, text), " "); got != c.want {
				t.Errorf("%s: names are %q, want %q", c.name, got, c.want)
			}
			if again := marshal(t, c.result); !bytes.Equal(text, again) {
				t.Errorf("%s: second rendering differs", c.name)
			}
			if l == empty && bytes.Contains(bytes.ReplaceAll(text, []byte(`_s":null`), nil), []byte("null")) {
				t.Errorf("%s of an empty log: %s", c.name, text)
			}
		}
	}
	s := summarize(t, timed)
	for _, c := range []struct {
		name   string
		result any
		want   string
	}{
		{"variant", FindVariants(s).Variants[0], "activities cases share median_s p95_s cumulative mean_s min_s max_s total_s overlaps missing"},
		{"activity", DFG(s).Activities[0], "name events cases rework"},
		{"start", DFG(s).Start[0], "activity cases"},
		{"edge", DFG(s).Edges[0], "from to count cases total_s mean_s median_s p95_s min_s max_s overlaps overlap_s missing"},
		{"wait", FindBottlenecks(s, nil).Waits[0], "from to cases total_s median_s p95_s share value_waiting count mean_s min_s max_s overlaps overlap_s missing"},
		{"money", Money{"EUR", 1}, "currency amount"},
	} {
		if got := strings.Join(keys(t, marshal(t, c.result)), " "); got != c.want {
			t.Errorf("%s: names are %q, want %q", c.name, got, c.want)
		}
	}
}

// Names reach JSON as they are, and cannot end a script element.
func TestHostileNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.SampledFrom(vocabulary), rapid.String()).Draw(t, "name")
		s := summarize(t, build(t, []story{{"1", []event{{name, 0, 0}, {name, 1, 1}}}}))
		text := marshal(t, DFG(s))
		var back struct{ Edges []struct{ From, To string } }
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if want := strings.ToValidUTF8(name, "\uFFFD"); len(back.Edges) != 1 || back.Edges[0].From != want {
			t.Fatalf("got %+v, want an edge from %q", back, want)
		}
		if bytes.ContainsAny(text, "<>") {
			t.Fatalf("%s has < or > in it", text)
		}
		if out := DFG(s).String(); strings.Count(out, "\n") != 3 {
			t.Fatalf("3 edges are not 3 lines: %s", out)
		}
	})
}
