package constraints

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"millrace/eventlog"
	"millrace/eventlog/logtest"
	"millrace/mining/internal/oracletest"
)

// TestCheck reads testdata/check: a set of rules, and what it says of logs.
func TestCheck(t *testing.T) {
	var set *Set
	datadriven.RunTest(t, "testdata/check", func(t *testing.T, d *datadriven.TestData) string {
		var err error
		var out strings.Builder
		var c *Checked
		switch d.Cmd {
		case "set":
			if set, err = ReadSet(strings.NewReader(d.Input)); err != nil {
				return "error: " + err.Error() + "\n"
			}
			return ""
		case "times":
			zeta, rule := float64(DefaultZeta), ""
			d.MaybeScanArgs(t, "zeta", &zeta)
			d.MaybeScanArgs(t, "rule", &rule)
			l, err := logtest.Parse(d.Input)
			if err != nil {
				t.Fatal(err)
			}
			times, err := eventlog.Fold(t.Context(), l, set.Times(l.Label, zeta, strings.ReplaceAll(rule, "_", " ")))
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range times.Off() {
				fmt.Fprintf(&out, "case %d took %.1f h, %.1f h off\n", o.Case, float64(o.Took)/3600e6, o.Off/3600)
			}
			c = times.Checked()
		case "check":
			s, err := eventlog.ParseSummary(d.Input)
			if err != nil {
				t.Fatal(err)
			}
			if c, err = set.Check(t.Context(), s); err != nil {
				return "error: " + err.Error() + "\n"
			}
		}
		for _, v := range c.Rules {
			fmt.Fprintf(&out, "%s: of %d activated, %d satisfied, %d violated; %d vacuous\n", v.Rule, v.Activated, v.Satisfied, v.Violated, v.Vacuous)
		}
		fmt.Fprintf(&out, "fulfilment %.4f, average case %.4f, %d of %d cases fit\n", c.Fitness.Fulfilment, c.Fitness.AverageCase, c.Fitness.FittingCases, c.Cases)
		return out.String()
	})
}

// sets draws rules of DECLARE, or a skeleton, of a few activities, of which logs
// may lack some.
func sets() *rapid.Generator[*Set] {
	names := []string{"a", "b", "c", "d", "e"}
	pair := rapid.Custom(func(t *rapid.T) Pair {
		ab := rapid.Permutation(names).Draw(t, "pair")
		return Pair{ab[0], ab[1]}
	})
	return rapid.Custom(func(t *rapid.T) *Set {
		if rapid.Bool().Draw(t, "declare") {
			rules := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Rule {
				p := pair.Draw(t, "of")
				r := Rule{Template: rapid.SampledFrom(Templates).Draw(t, "template"), A: p.A, B: p.B}
				if r.Template.Unary() {
					r.B = ""
				}
				return r
			}), 0, 6).Draw(t, "rules")
			return &Set{Kind: KindDeclare, Rules: &rules}
		}
		some := func(what string) []Pair { return rapid.SliceOfN(pair, 0, 3).Draw(t, what) }
		k := &Skeleton{Equivalent: some("equivalence"), AlwaysAfter: some("after"), AlwaysBefore: some("before"), NeverTogether: some("never"), DirectlyFollows: some("next")}
		for _, a := range rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 2, rapid.ID).Draw(t, "counted") {
			k.Frequencies = append(k.Frequencies, Frequency{a, rapid.SliceOfN(rapid.Int64Range(0, 3), 1, 3).Draw(t, "times")})
		}
		return &Set{Kind: KindSkeleton, Skeleton: k}
	})
}

// slowVerdicts judges the rules of a set on a path by their definitions.
func slowVerdicts(set *Set, s *eventlog.Summary, p []eventlog.Activity) map[string]int {
	// An activity that the log lacks gets a number that nothing has.
	of := func(name string) eventlog.Activity {
		if i := slices.Index(s.Activities, name); i >= 0 {
			return eventlog.Activity(i)
		}
		if name == "" {
			return -1 // of a template of one activity
		}
		return 100 + eventlog.Activity(name[0])
	}
	out := map[string]int{}
	if set.Kind == KindDeclare {
		for _, r := range *set.Rules {
			out[name(string(r.Template), r.A, r.B)] = judge(r.Template, p, of(r.A), of(r.B))
		}
		return out
	}
	for _, x := range set.Skeleton.relations() {
		for _, pair := range x.pairs {
			v := 0
			for i, a := range p {
				if a == of(pair.A) && v >= 0 {
					v = map[bool]int{true: 1, false: -1}[occurrence[x.name](p, i, int(a), int(of(pair.B)))]
				}
			}
			out[name(x.name, pair.A, pair.B)] = v
		}
	}
	for _, f := range set.Skeleton.Frequencies {
		n := 0
		for _, a := range p {
			if a == of(f.Activity) {
				n++
			}
		}
		out[name("frequency", f.Activity, "")] = map[bool]int{true: 1, false: -1}[slices.Contains(f.Times, int64(n))]
	}
	return out
}

func TestCheckIsTheDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, set := logs().Draw(t, "log"), sets().Draw(t, "set")
		got, err := set.Check(context.Background(), s)
		if err != nil {
			t.Fatal(err)
		}
		want, violating := map[string]Verdict{}, map[string][]int{}
		fitting, average, satisfied, activated := int64(0), 0.0, int64(0), int64(0)
		for v := range s.Variants {
			cases := s.Variants[v].Cases
			verdicts := slowVerdicts(set, s, s.Variants[v].Path)
			var holds, active int64
			for _, r := range set.list() { // a rule that is there twice counts twice
				if x := verdicts[r.Rule]; x != 0 {
					active++
					if x > 0 {
						holds++
					}
				}
			}
			for rule, x := range verdicts {
				w := want[rule]
				switch x {
				case 1:
					w.Satisfied += cases
				case -1:
					w.Violated += cases
					violating[rule] = append(violating[rule], v)
				default:
					w.Vacuous += cases
				}
				want[rule] = w
			}
			satisfied, activated = satisfied+holds*cases, activated+active*cases
			if holds == active {
				fitting += cases
			}
			if active == 0 {
				average += float64(cases)
			} else {
				average += float64(holds) / float64(active) * float64(cases)
			}
		}
		for _, r := range got.Rules {
			w := want[r.Rule]
			if r.Satisfied != w.Satisfied || r.Violated != w.Violated || r.Vacuous != w.Vacuous || r.Activated != w.Satisfied+w.Violated {
				t.Fatalf("%+v, want %+v", r, w)
			}
			if of, err := set.Violating(context.Background(), s, r.Rule); err != nil || !slices.Equal(of, violating[r.Rule]) {
				t.Fatalf("%s is violated by %v (%v), want %v", r.Rule, of, err, violating[r.Rule])
			}
		}
		if len(got.Rules) != len(set.list()) || got.Cases != s.Cases || got.Fitness.FittingCases != fitting {
			t.Fatalf("%+v, want %d fitting", got, fitting)
		}
		if s.Cases > 0 && math.Abs(got.Fitness.AverageCase-average/float64(s.Cases)) > 1e-12 ||
			activated > 0 && got.Fitness.Fulfilment != float64(satisfied)/float64(activated) {
			t.Fatalf("%+v, want %v and %d of %d", got.Fitness, average/float64(s.Cases), satisfied, activated)
		}
	})
}

// A log satisfies every rule that was found in it with confidence 1, and what
// was found is what checking counts.
func keepsToItself(t interface{ Fatalf(string, ...any) }, s *eventlog.Summary) (rules int) {
	found, err := Declare(context.Background(), s, DeclareOptions{MinSupport: -1, MinConfidence: -1})
	if err != nil {
		t.Fatalf("%v", err)
	}
	set := &Set{Kind: KindDeclare, Rules: &found}
	c, err := set.Check(context.Background(), s)
	if err != nil {
		t.Fatalf("%v", err)
	}
	counted := map[string]Verdict{}
	for _, v := range c.Rules {
		counted[v.Rule] = v
	}
	for _, r := range found {
		if v := counted[name(string(r.Template), r.A, r.B)]; v.Activated != r.Support || v.Satisfied != r.Satisfied || r.Confidence() == 1 && v.Violated != 0 {
			t.Fatalf("%+v, found as %+v", v, r)
		}
	}
	k, err := FindSkeleton(s, 0)
	if err != nil {
		t.Fatalf("%v", err)
	}
	set = &Set{Kind: KindSkeleton, Skeleton: k}
	if c, err = set.Check(context.Background(), s); err != nil || c.Fitness != (Fitness{1, 1, s.Cases}) {
		t.Fatalf("of its own skeleton: %+v, %v", c, err)
	}
	return len(found) + len(set.list())
}

func TestLogKeepsToWhatWasFoundInIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { keepsToItself(t, logs().Draw(t, "log")) })
	rules := 0
	for _, o := range oracletest.Logs(t) {
		rules += keepsToItself(t, o.ByTime(t))
	}
	if rules < 10_000 {
		t.Errorf("only %d rules were checked", rules)
	}
}

// timed draws a log with times, in the notation of logtest: some events overlap
// others, and some have no time.
func timed() *rapid.Generator[*eventlog.Log] {
	return rapid.Custom(func(t *rapid.T) *eventlog.Log {
		var text strings.Builder
		for c := range rapid.IntRange(1, 6).Draw(t, "cases") {
			fmt.Fprintf(&text, "%d:", c)
			for range rapid.IntRange(1, 6).Draw(t, "events") {
				hour, lasts := rapid.IntRange(0, 20).Draw(t, "hour"), rapid.IntRange(0, 3).Draw(t, "lasts")
				fmt.Fprintf(&text, " %s@2026-01-01T%02d:00/2026-01-01T%02d:%02d", rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "activity"),
					hour, hour+lasts, rapid.IntRange(0, 59).Draw(t, "minute"))
			}
			text.WriteByte('\n')
		}
		l, err := logtest.Parse(text.String())
		if err != nil {
			t.Fatal(err)
		}
		return l
	})
}

// pairsOf lists the durations in seconds of every pair of events, by case.
func pairsOf(l *eventlog.Log) (cases []map[Pair][]float64) {
	for c := range l.Batches() {
		starts := c.Starts()
		for i := range c.Case {
			of := map[Pair][]float64{}
			for j := c.Offsets[i]; j < c.Offsets[i+1]; j++ {
				for k := j + 1; k < c.Offsets[i+1]; k++ {
					if starts[k] >= c.Time[j] {
						p := Pair{l.Label(c.Activity[j]), l.Label(c.Activity[k])}
						of[p] = append(of[p], float64(starts[k]-c.Time[j])/1e6)
					}
				}
			}
			cases = append(cases, of)
		}
	}
	return cases
}

func TestTimesAreTheDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, other := timed().Draw(t, "log"), timed().Draw(t, "profile of")
		p, err := eventlog.Fold(context.Background(), other, Profile(other.Label))
		if err != nil {
			t.Fatal(err)
		}
		spans, zeta := p.Spans(), rapid.Float64Range(0, 4).Draw(t, "zeta")
		set := &Set{Kind: KindProfile, Profile: &spans}
		checked, err := eventlog.Fold(context.Background(), l, set.Times(l.Label, zeta, ""))
		if err != nil {
			t.Fatal(err)
		}
		want, cases, fitting := map[string]Verdict{}, pairsOf(l), int64(0)
		for _, of := range cases {
			fits := true
			for _, s := range spans {
				v, rule := 0, name("within", s.A, s.B)
				for _, took := range of[s.Pair] {
					switch {
					case s.N == 1:
					case took < s.Mean-zeta*s.SD || took > s.Mean+zeta*s.SD:
						v = -1
					case v == 0:
						v = 1
					}
				}
				w := want[rule]
				switch v {
				case 1:
					w.Satisfied++
				case -1:
					w.Violated++
					fits = false
				default:
					w.Vacuous++
				}
				want[rule] = w
			}
			if fits {
				fitting++
			}
		}
		c := checked.Checked()
		for _, r := range c.Rules {
			if w := want[r.Rule]; r.Satisfied != w.Satisfied || r.Violated != w.Violated || r.Vacuous != w.Vacuous {
				t.Fatalf("%+v, want %+v", r, w)
			}
			again, err := eventlog.Fold(context.Background(), l, set.Times(l.Label, zeta, r.Rule))
			if err != nil || int64(len(again.Off())) != r.Violated {
				t.Fatalf("%s: %d cases are off (%v), want %d", r.Rule, len(again.Off()), err, r.Violated)
			}
		}
		if c.Fitness.FittingCases != fitting || c.Cases != int64(len(cases)) || len(c.Rules) != len(spans) {
			t.Fatalf("%+v, want %d fitting of %d", c.Fitness, fitting, len(cases))
		}
	})
}

// Of n numbers none is further from their mean than (n−1)/√n standard
// deviations (Samuelson 1968), so at √n a log keeps to its own profile.
func TestLogKeepsToItsProfile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := timed().Draw(t, "log")
		p, err := eventlog.Fold(context.Background(), l, Profile(l.Label))
		if err != nil {
			t.Fatal(err)
		}
		spans, most := p.Spans(), int64(1)
		for _, s := range spans {
			most = max(most, s.N)
		}
		set := &Set{Kind: KindProfile, Profile: &spans}
		c, err := eventlog.Fold(context.Background(), l, set.Times(l.Label, math.Sqrt(float64(most)), ""))
		if err != nil {
			t.Fatal(err)
		}
		if f := c.Checked().Fitness; f.Fulfilment != 1 || f.AverageCase != 1 {
			t.Fatalf("%+v of its own profile %+v", f, spans)
		}
	})
}

// What is written is read back.
func TestSetIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := sets().Draw(t, "set")
		set.Cases, set.Notes = 3, []eventlog.Note{{Code: "x", Text: "<y> \"é\u2028\""}}
		text, err := json.MarshalIndent(set, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		back, err := ReadSet(strings.NewReader(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		if again, err := json.MarshalIndent(back, "", "  "); err != nil || string(again) != string(text) || !reflect.DeepEqual(back.Activities(), set.Activities()) {
			t.Fatalf("read %s (%v), wrote %s", again, err, text)
		}
	})
}
