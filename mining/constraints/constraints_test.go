package constraints

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
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

func times(p []eventlog.Activity, a int) (n int) {
	for _, x := range p {
		if int(x) == a {
			n++
		}
	}
	return n
}

// occurrence says of place i of a path, an a, whether a relation holds there.
var occurrence = map[string]func(p []eventlog.Activity, i, a, b int) bool{
	"equivalence":      func(p []eventlog.Activity, i, a, b int) bool { return a != b && times(p, a) == times(p, b) },
	"always_after":     func(p []eventlog.Activity, i, a, b int) bool { return slices.Contains(p[i+1:], eventlog.Activity(b)) },
	"always_before":    func(p []eventlog.Activity, i, a, b int) bool { return slices.Contains(p[:i], eventlog.Activity(b)) },
	"never_together":   func(p []eventlog.Activity, i, a, b int) bool { return a != b && times(p, b) == 0 },
	"directly_follows": func(p []eventlog.Activity, i, a, b int) bool { return i+1 < len(p) && int(p[i+1]) == b },
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
		found := map[string][]Pair{}
		for _, x := range k.relations() {
			found[x.name] = x.pairs
		}
		for what, holds := range occurrence {
			want := pairs(s, func(a, b eventlog.Activity) bool {
				for v := range s.Variants {
					for i, x := range s.Variants[v].Path {
						if x == a && !holds(s.Variants[v].Path, i, int(a), int(b)) {
							return false
						}
					}
				}
				return true
			})
			if !slices.Equal(found[what], want) {
				t.Fatalf("%s: got %v, want %v", what, found[what], want)
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
