package mining

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"
)

func TestVariants(t *testing.T) {
	datadriven.RunTest(t, "testdata/variants", func(t *testing.T, d *datadriven.TestData) string {
		_, s, err := input(t, d)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		v := FindVariants(s)
		if d.HasArg("top") {
			var n int
			d.ScanArgs(t, "top", &n)
			v = v.Top(n)
		}
		return output(t, d, v, v.Notes)
	})
}

func TestVariantsAreTheSlowCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := build(t, stories().Draw(t, "log"))
		want := map[string]int64{}
		durations := map[string]*hours{}
		all := &hours{}
		for _, s := range told(t, l) {
			var path []string
			for _, e := range s.steps {
				path = append(path, e.activity)
			}
			key := fmt.Sprintf("%q", path)
			want[key]++
			if durations[key] == nil {
				durations[key] = &hours{}
			}
			if len(s.steps) > 0 {
				durations[key].add(s.ends())
				all.add(s.ends())
			}
		}
		v := FindVariants(summarize(t, l))
		if len(v.Variants) != len(want) || v.Count != len(want) {
			t.Fatalf("%d variants, want %d", len(v.Variants), len(want))
		}
		var cases int64
		for i, x := range v.Variants {
			key := fmt.Sprintf("%q", x.Activities)
			cases += x.Cases
			if x.Cases != want[key] || i > 0 && x.Cases > v.Variants[i-1].Cases {
				t.Fatalf("%s: %d cases, want %d, and falling: %s", key, x.Cases, want[key], v)
			}
			if x.Cumulative != float64(cases)/float64(v.Cases) {
				t.Fatalf("%s: together %v of the cases, want %d of %d", key, x.Cumulative, cases, v.Cases)
			}
			durations[key].check(t, key, x.Duration)
		}
		if cases != v.Cases {
			t.Fatalf("variants have %d cases, want %d", cases, v.Cases)
		}
		all.check(t, "all cases", v.CaseDuration)
	})
}

func TestRework(t *testing.T) {
	datadriven.RunTest(t, "testdata/rework", func(t *testing.T, d *datadriven.TestData) string {
		_, s, err := input(t, d)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		r := FindRework(s)
		return output(t, d, r, r.Notes)
	})
}

func TestReworkIsTheSlowCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := build(t, stories().Draw(t, "log"))
		want := count(told(t, l))
		r := FindRework(summarize(t, l))
		var repeating int
		for _, a := range want.activities {
			if a.Rework > 0 {
				repeating++
			}
		}
		if len(r.Activities) != repeating {
			t.Fatalf("%d activities repeat, want %d", len(r.Activities), repeating)
		}
		for _, a := range r.Activities {
			w := want.activities[a.Name]
			if a.ReworkCases != w.Rework || a.Cases != w.Cases || a.Extra != want.extra[a.Name] || a.Direct != want.direct[a.Name] {
				t.Fatalf("got %+v, want %+v, %d extra, %d directly", a, w, want.extra[a.Name], want.direct[a.Name])
			}
		}
		var cases int64
		for _, s := range told(t, l) {
			seen := map[string]bool{}
			for _, e := range s.steps {
				if seen[e.activity] {
					cases++
					break
				}
				seen[e.activity] = true
			}
		}
		if r.ReworkCases != cases {
			t.Fatalf("%d cases with rework, want %d", r.ReworkCases, cases)
		}
	})
}

func TestSpan(t *testing.T) {
	for us, want := range map[float64]string{
		0: "0s", 1: "1µs", 1500: "2ms", 59e6: "59s", 61e6: "1m 1s", 3600e6: "1h", 90000e6: "1d 1h", 86399e6: "1d", 86401e6: "1d", 259040.2e6: "3d", 400 * 86400e6: "400d",
	} {
		if got := span(us); got != want {
			t.Errorf("span(%v) = %q, want %q", us, got, want)
		}
	}
	if got := label("a\tb"); strings.ContainsRune(got, '\t') {
		t.Errorf("label %q has a tab", got)
	}
}
