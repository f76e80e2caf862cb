package constraints

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"millrace/eventlog"
	"millrace/eventlog/logtest"
)

func TestConstraints(t *testing.T) {
	datadriven.RunTest(t, "testdata/constraints", func(t *testing.T, d *datadriven.TestData) string {
		var out strings.Builder
		if d.Cmd == "profile" {
			l, err := logtest.Parse(d.Input)
			if err != nil {
				return "error: " + err.Error() + "\n"
			}
			p, err := eventlog.Fold(t.Context(), l, Profile(l.Label))
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range p.Spans() {
				fmt.Fprintf(&out, "%s ~> %s  %d  mean %.1f h, sd %.2f h\n", s.A, s.B, s.N, s.Mean/3600, s.SD/3600)
			}
			return out.String()
		}
		s, err := eventlog.ParseSummary(d.Input)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		var result any
		switch d.Cmd {
		case "footprints":
			result, err = FindFootprints(s)
		case "follows":
			result, err = EventuallyFollows(s)
		case "skeleton":
			noise := 0.0
			d.MaybeScanArgs(t, "noise", &noise)
			result, err = FindSkeleton(s, noise)
		case "declare":
			var o DeclareOptions
			d.MaybeScanArgs(t, "support", &o.MinSupport)
			d.MaybeScanArgs(t, "confidence", &o.MinConfidence)
			var rules []Rule
			if rules, err = Declare(t.Context(), s, o); err == nil {
				for _, r := range rules {
					fmt.Fprintf(&out, "%s(%s)  %d of %d\n", r.Template, strings.Trim(r.A+", "+r.B, ", "), r.Satisfied, r.Support)
				}
				return out.String()
			}
		}
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		text, err := json.Marshal(result)
		if err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(string(text), `,"`, ",\n\"") + "\n"
	})
}

// logs draws logs of a few activities.
func logs() *rapid.Generator[*eventlog.Summary] {
	return rapid.Custom(func(t *rapid.T) *eventlog.Summary {
		var text strings.Builder
		for range rapid.IntRange(0, 6).Draw(t, "variants") {
			path := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 0, 7).Draw(t, "path")
			fmt.Fprintf(&text, "%d: %s\n", rapid.IntRange(1, 5).Draw(t, "cases"), strings.Join(path, " "))
		}
		s, err := eventlog.ParseSummary(text.String())
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

// formulas are the templates as the papers write them, looked at for each place.
var formulas = map[Template]func(p []eventlog.Activity, a, b eventlog.Activity) (activated, holds bool){
	RespondedExistence: func(p []eventlog.Activity, a, b eventlog.Activity) (bool, bool) {
		return slices.Contains(p, a), !slices.Contains(p, a) || slices.Contains(p, b)
	},
	Response: each(func(p []eventlog.Activity, i int, a, b eventlog.Activity) bool { return slices.Contains(p[i+1:], b) }),
	AltResponse: each(func(p []eventlog.Activity, i int, a, b eventlog.Activity) bool {
		next := slices.Index(p[i+1:], a)
		then := slices.Index(p[i+1:], b)
		return then >= 0 && (next < 0 || then < next)
	}),
	ChainResponse: each(func(p []eventlog.Activity, i int, a, b eventlog.Activity) bool { return i+1 < len(p) && p[i+1] == b }),
}

// each is a formula for every occurrence of a.
func each(holds func(p []eventlog.Activity, i int, a, b eventlog.Activity) bool) func(p []eventlog.Activity, a, b eventlog.Activity) (bool, bool) {
	return func(p []eventlog.Activity, a, b eventlog.Activity) (activated, all bool) {
		all = true
		for i, x := range p {
			if x == a {
				activated, all = true, all && holds(p, i, a, b)
			}
		}
		return activated, all
	}
}

// judge says 1, -1 or 0 of a rule on a path, slowly.
func judge(t Template, p []eventlog.Activity, a, b eventlog.Activity) int {
	formula := func(t Template, p []eventlog.Activity, a, b eventlog.Activity) int {
		switch activated, holds := formulas[t](p, a, b); {
		case !activated:
			return 0
		case holds:
			return 1
		}
		return -1
	}
	// Precedence is response, read backwards.
	back := slices.Clone(p)
	slices.Reverse(back)
	both := func(x, y int) int { return min(x, y) }
	times := 0
	for _, x := range p {
		if x == a {
			times++
		}
	}
	sign := map[bool]int{true: 1, false: -1}
	switch t {
	case Existence:
		return sign[times > 0]
	case Absence:
		return sign[times == 0]
	case ExactlyOne:
		return sign[times == 1]
	case Init:
		return sign[len(p) > 0 && p[0] == a]
	case Precedence:
		return formula(Response, back, b, a)
	case AltPrecedence:
		return formula(AltResponse, back, b, a)
	case ChainPrecedence:
		return formula(ChainResponse, back, b, a)
	case Succession:
		return both(formula(Response, p, a, b), formula(Response, back, b, a))
	case AltSuccession:
		return both(formula(AltResponse, p, a, b), formula(AltResponse, back, b, a))
	case ChainSuccession:
		return both(formula(ChainResponse, p, a, b), formula(ChainResponse, back, b, a))
	case Coexistence:
		return both(formula(RespondedExistence, p, a, b), formula(RespondedExistence, p, b, a))
	case NonCoexistence:
		return -judge(Coexistence, p, a, b)
	case NonSuccession:
		return -judge(Succession, p, a, b)
	case NonChainSuccession:
		return -judge(ChainSuccession, p, a, b)
	}
	return formula(t, p, a, b)
}

func TestDeclareIsTheDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := logs().Draw(t, "log")
		rules, err := Declare(context.Background(), s, DeclareOptions{MinSupport: -1, MinConfidence: -1})
		if err != nil {
			t.Fatal(err)
		}
		var got, want []string
		for _, r := range rules {
			got = append(got, fmt.Sprint(r))
		}
		for _, template := range Templates {
			for i, a := range s.Activities {
				for j, b := range s.Activities {
					if (i == j) != template.Unary() {
						continue
					}
					r := Rule{Template: template, A: a, B: b}
					if template.Unary() {
						r.B = ""
					}
					for k := range s.Variants {
						switch judge(template, s.Variants[k].Path, eventlog.Activity(i), eventlog.Activity(j)) {
						case 1:
							r.Satisfied += s.Variants[k].Cases
							r.Support += s.Variants[k].Cases
						case -1:
							r.Support += s.Variants[k].Cases
						}
					}
					if r.Support > 0 {
						want = append(want, fmt.Sprint(r))
					}
				}
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

// Each relation of a skeleton holds of every occurrence, looked at one by one,
// and each pair that is not in it has one that does not.
func TestSkeletonIsTheDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := logs().Draw(t, "log")
		k, err := FindSkeleton(s, 0)
		if err != nil {
			t.Fatal(err)
		}
		times := func(p []eventlog.Activity, a int) (n int) {
			for _, x := range p {
				if int(x) == a {
					n++
				}
			}
			return n
		}
		for _, c := range []struct {
			what  string
			got   []Pair
			holds func(p []eventlog.Activity, i, a, b int) bool // of place i, an a
		}{
			{"equivalence", k.Equivalent, func(p []eventlog.Activity, i, a, b int) bool { return a != b && times(p, a) == times(p, b) }},
			{"after", k.AlwaysAfter, func(p []eventlog.Activity, i, a, b int) bool { return slices.Contains(p[i+1:], eventlog.Activity(b)) }},
			{"before", k.AlwaysBefore, func(p []eventlog.Activity, i, a, b int) bool { return slices.Contains(p[:i], eventlog.Activity(b)) }},
			{"never", k.NeverTogether, func(p []eventlog.Activity, i, a, b int) bool { return a != b && times(p, b) == 0 }},
			{"next", k.DirectlyFollows, func(p []eventlog.Activity, i, a, b int) bool { return i+1 < len(p) && int(p[i+1]) == b }},
		} {
			want := pairs(s, func(a, b eventlog.Activity) bool {
				for v := range s.Variants {
					for i, x := range s.Variants[v].Path {
						if x == a && !c.holds(s.Variants[v].Path, i, int(a), int(b)) {
							return false
						}
					}
				}
				return true
			})
			if !slices.Equal(c.got, want) {
				t.Fatalf("%s: got %v, want %v", c.what, c.got, want)
			}
		}
		for a, f := range k.Frequencies {
			var want []int64
			for v := range s.Variants {
				want = append(want, int64(times(s.Variants[v].Path, a)))
			}
			slices.Sort(want)
			if !slices.Equal(f.Times, slices.Compact(want)) {
				t.Fatalf("%v, want %v", f, want)
			}
		}
	})
}

func TestEventuallyFollowsIsTheSlowCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := logs().Draw(t, "log")
		want := map[Pair]int64{}
		for v := range s.Variants {
			p := s.Variants[v].Path
			for j := range p {
				for i := range j {
					want[Pair{s.Activities[p[i]], s.Activities[p[j]]}] += s.Variants[v].Cases
				}
			}
		}
		got, err := EventuallyFollows(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range got {
			if want[f.Pair] != f.Count {
				t.Fatalf("%+v, want %d", f, want[f.Pair])
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%d pairs, want %d", len(got), len(want))
		}
	})
}

// Sums do not depend on how the durations are divided, and mean and deviation
// are those of the definition.
func TestSpans(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		xs := rapid.SliceOfN(rapid.Uint64Range(0, 1<<52), 1, 20).Draw(t, "durations")
		cut := rapid.IntRange(0, len(xs)).Draw(t, "cut")
		var all, one, two spans
		for i, x := range xs {
			all.add(x)
			if i < cut {
				one.add(x)
			} else {
				two.add(x)
			}
		}
		two.merge(&one)
		if two != all {
			t.Fatalf("%v, want %v", two, all)
		}
		mean, sd := all.seconds()
		var sum, squares float64
		for _, x := range xs {
			sum += float64(x) / 1e6
		}
		want := sum / float64(len(xs))
		for _, x := range xs {
			squares += (float64(x)/1e6 - want) * (float64(x)/1e6 - want)
		}
		deviation := math.Sqrt(squares / float64(max(1, len(xs)-1)))
		if math.Abs(mean-want) > 1e-9*want || math.Abs(sd-deviation) > 1e-6*want {
			t.Fatalf("mean %v, sd %v, want %v, %v", mean, sd, want, deviation)
		}
	})
}

func TestRefuses(t *testing.T) {
	many := &eventlog.Summary{Activities: make([]string, MaxActivities+1)}
	const want = "the log has 1001 activities, more than the 1000 of which pairs are counted; keep the most frequent ones"
	for what, run := range map[string]func() error{
		"footprints": func() error { _, err := FindFootprints(many); return err },
		"follows":    func() error { _, err := EventuallyFollows(many); return err },
		"skeleton":   func() error { _, err := FindSkeleton(many, 0); return err },
		"declare":    func() error { _, err := Declare(t.Context(), many, DeclareOptions{}); return err },
	} {
		if err := run(); err == nil || err.Error() != want {
			t.Errorf("%s: got %v", what, err)
		}
	}
	s, err := eventlog.ParseSummary("1: a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := FindSkeleton(s, 2); err == nil || err.Error() != "noise is a share from 0 to 1, not 2" {
		t.Errorf("got %v", err)
	}
	if _, err := Declare(t.Context(), s, DeclareOptions{MinSupport: 2}); err == nil || err.Error() != "support and confidence are shares from 0 to 1, not 2" {
		t.Errorf("got %v", err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Declare(cancelled, s, DeclareOptions{}); err != context.Canceled {
		t.Errorf("got %v", err)
	}
}

// An oracle is what PM4Py 2.7.23.11 found out about a log;
// ../shared/oracle/README.md has the definitions.
type oracle struct {
	name string
	Log  struct {
		Start bool `json:"has_start_timestamp"`
	}
	Variants   struct{ List, Sorted []oracleVariant }
	Footprints struct {
		Activities, Start, End []string
		Shortest               int `json:"min_trace_length"`
		Sequence, Parallel     [][2]string
	}
	Follows  json.RawMessage `json:"eventually_follows"`
	Skeleton json.RawMessage `json:"log_skeleton"`
	Noisy    json.RawMessage `json:"log_skeleton_noise_0.1"`
	Declare  json.RawMessage
}

type oracleVariant struct {
	Path  []string
	Cases int64
}

func (v *oracleVariant) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&v.Path, &v.Cases})
}

func oracles(t *testing.T) (all []*oracle) {
	t.Helper()
	dir := os.Getenv("MILLRACE_SHARED")
	if dir == "" {
		t.Skip("MILLRACE_SHARED is not set")
	}
	files, err := filepath.Glob(filepath.Join(dir, "oracle", "*.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		o := &oracle{name: strings.TrimSuffix(filepath.Base(file), ".json.gz")}
		var sections map[string]json.RawMessage
		if err := json.NewDecoder(z).Decode(&sections); err != nil {
			t.Fatal(err)
		}
		f.Close()
		var variants struct {
			List   []oracleVariant
			Sorted []oracleVariant `json:"list_time_sorted"`
		}
		// A section that failed there is an object that says so, and has none of the fields.
		for name, into := range map[string]any{"log": &o.Log, "variants": &variants, "footprints": &o.Footprints} {
			var wrongType *json.UnmarshalTypeError
			if err := json.Unmarshal(sections[name], into); err != nil && len(sections[name]) > 0 && !errors.As(err, &wrongType) {
				t.Fatal(err)
			}
		}
		o.Variants.List, o.Variants.Sorted = variants.List, variants.Sorted
		o.Follows, o.Skeleton, o.Noisy, o.Declare = sections["eventually_follows"], sections["log_skeleton"], sections["log_skeleton_noise_0.1"], sections["declare"]
		if len(o.Variants.List) > 0 {
			all = append(all, o)
		}
	}
	if len(all) < 15 {
		t.Fatalf("only %d logs have variants", len(all))
	}
	return all
}

// summary makes a log of variants, in the order of the file or, where there is
// one, of times.
func (o *oracle) summary(t *testing.T, sorted bool) *eventlog.Summary {
	t.Helper()
	variants := o.Variants.List
	if sorted && o.Variants.Sorted != nil {
		variants = o.Variants.Sorted
	}
	var names []string
	for _, v := range variants {
		names = append(names, v.Path...)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	var text strings.Builder
	for _, v := range variants {
		fmt.Fprintf(&text, "%d:", v.Cases)
		for _, a := range v.Path {
			i, _ := slices.BinarySearch(names, a)
			fmt.Fprintf(&text, " %05d", i)
		}
		text.WriteByte('\n')
	}
	s, err := eventlog.ParseSummary(text.String())
	if err != nil {
		t.Fatal(err)
	}
	s.Activities = names // in the same order
	return s
}

func TestFootprintsAgainstTheOracle(t *testing.T) {
	compared := 0
	for _, o := range oracles(t) {
		w := o.Footprints
		if len(w.Activities) == 0 {
			continue
		}
		compared++
		f, err := FindFootprints(o.summary(t, true))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(f.Activities, w.Activities) || !slices.Equal(f.Start, w.Start) || !slices.Equal(f.End, w.End) || f.Shortest != w.Shortest ||
			!slices.Equal(f.Sequence, list(w.Sequence)) || !slices.Equal(f.Parallel, list(w.Parallel)) {
			t.Errorf("%s: got %+v, want %+v", o.name, f, w)
		}
	}
	if compared < 14 {
		t.Errorf("only %d logs were compared", compared)
	}
}

func list(from [][2]string) []Pair {
	out := []Pair{}
	for _, p := range from {
		out = append(out, Pair{p[0], p[1]})
	}
	slices.SortFunc(out, func(x, y Pair) int { return strings.Compare(x.A+"\x00"+x.B, y.A+"\x00"+y.B) })
	return out
}

func TestEventuallyFollowsAgainstTheOracle(t *testing.T) {
	compared := 0
	for _, o := range oracles(t) {
		var want [][]any
		if json.Unmarshal(o.Follows, &want) != nil || len(want) == 0 || o.Log.Start {
			continue // with starts it counts what does not overlap: see TestTemporalOracle of the command
		}
		compared++
		got, err := EventuallyFollows(o.summary(t, true))
		if err != nil {
			t.Fatal(err)
		}
		var lines, wanted []string
		for _, f := range got {
			lines = append(lines, fmt.Sprintf("%s ~> %s %d", f.A, f.B, f.Count))
		}
		for _, w := range want {
			wanted = append(wanted, fmt.Sprintf("%s ~> %s %.0f", w[0], w[1], w[2]))
		}
		slices.Sort(lines)
		slices.Sort(wanted)
		if !slices.Equal(lines, wanted) {
			t.Errorf("%s: got\n%s\nwant\n%s", o.name, strings.Join(lines, "\n"), strings.Join(wanted, "\n"))
		}
	}
	if compared < 12 {
		t.Errorf("only %d logs were compared", compared)
	}
}

// The skeletons are the oracle's, but for activities A that a case repeats:
// there the oracle holds the number of cases in which A ever has a B after it,
// or before, against the number of occurrences of A; and with noise it does so
// for never_together. Ours count occurrences. With noise the oracle's
// frequencies compare cases with events, which leaves out none.
//
// Of interval_event_log the skeleton is of the order of the file. Of
// patients_eventdataR, whose rows are out of order in every case, the oracle's
// directly_follows is of neither order it has variants of.
func TestSkeletonAgainstTheOracle(t *testing.T) {
	compared := 0
	for _, o := range oracles(t) {
		s := o.summary(t, !o.Log.Start)
		repeated := map[string]bool{}
		for v := range s.Variants {
			seen := map[eventlog.Activity]bool{}
			for _, a := range s.Variants[v].Path {
				if seen[a] {
					repeated[s.Activities[a]] = true
				}
				seen[a] = true
			}
		}
		for noise, section := range map[float64]json.RawMessage{0: o.Skeleton, .1: o.Noisy} {
			var w struct {
				Equivalence     [][2]string
				AlwaysAfter     [][2]string        `json:"always_after"`
				AlwaysBefore    [][2]string        `json:"always_before"`
				NeverTogether   [][2]string        `json:"never_together"`
				DirectlyFollows [][2]string        `json:"directly_follows"`
				Frequencies     map[string][]int64 `json:"activ_freq"`
			}
			if json.Unmarshal(section, &w) != nil || len(w.Frequencies) == 0 {
				continue
			}
			compared++
			k, err := FindSkeleton(s, noise)
			if err != nil {
				t.Fatal(err)
			}
			once := func(ps []Pair) []Pair {
				return slices.DeleteFunc(ps, func(p Pair) bool { return repeated[p.A] })
			}
			some := once
			if noise == 0 {
				some = slices.Clone[[]Pair]
			}
			for what, x := range map[string]struct{ got, want []Pair }{
				"equivalence":      {k.Equivalent, list(w.Equivalence)},
				"always_after":     {once(k.AlwaysAfter), once(list(w.AlwaysAfter))},
				"always_before":    {once(k.AlwaysBefore), once(list(w.AlwaysBefore))},
				"never_together":   {some(k.NeverTogether), some(list(w.NeverTogether))},
				"directly_follows": {k.DirectlyFollows, list(w.DirectlyFollows)},
			} {
				if o.name == "patients_eventdataR" && what == "directly_follows" {
					continue
				}
				if !slices.Equal(x.got, x.want) {
					t.Errorf("%s, noise %v: %s: got %v, want %v", o.name, noise, what, x.got, x.want)
				}
			}
			for _, f := range k.Frequencies {
				want := w.Frequencies[f.Activity]
				slices.Sort(want) // as texts there
				if noise == 0 && !slices.Equal(f.Times, want) {
					t.Errorf("%s: %v, want %v", o.name, f, want)
				}
			}
		}
	}
	if compared < 26 {
		t.Errorf("only %d skeletons were compared", compared)
	}
}

// Rules, their support and confidence, and which are chosen, are the oracle's.
func TestDeclareAgainstTheOracle(t *testing.T) {
	compared := 0
	for _, o := range oracles(t) {
		var w map[string][][2]json.RawMessage
		if json.Unmarshal(o.Declare, &w) != nil || len(w) == 0 {
			continue
		}
		compared++
		var want []string
		for template, rules := range w {
			for _, r := range rules {
				var names []string
				if json.Unmarshal(r[0], &names) != nil {
					names = make([]string, 1)
					if err := json.Unmarshal(r[0], &names[0]); err != nil {
						t.Fatal(err)
					}
				}
				var n struct{ Confidence, Support int64 }
				if err := json.Unmarshal(r[1], &n); err != nil {
					t.Fatal(err)
				}
				want = append(want, fmt.Sprintf("%s(%s)  %d of %d", template, strings.Join(names, ", "), n.Confidence, n.Support))
			}
		}
		rules, err := Declare(t.Context(), o.summary(t, false), DeclareOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range rules {
			names := r.A
			if r.B != "" {
				names += ", " + r.B
			}
			got = append(got, fmt.Sprintf("%s(%s)  %d of %d", r.Template, names, r.Satisfied, r.Support))
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d rules, want %d", o.name, len(got), len(want))
			for _, line := range got {
				if !slices.Contains(want, line) {
					t.Errorf("  only ours: %s", line)
				}
			}
			for _, line := range want {
				if !slices.Contains(got, line) {
					t.Errorf("  only the oracle's: %s", line)
				}
			}
		}
	}
	if compared < 14 {
		t.Errorf("only %d logs were compared", compared)
	}
}
