package constraints

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"millrace/eventlog"
)

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
	dir := shared(t)
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

// shared is the folder beside the project that has the oracle.
func shared(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("MILLRACE_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	if _, err := os.Stat(filepath.Join(dir, "oracle")); err != nil {
		t.Skipf("no oracle in %s; set MILLRACE_SHARED to the folder that has it", dir)
	}
	return dir
}
