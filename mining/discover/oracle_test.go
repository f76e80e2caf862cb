package discover

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"millrace/eventlog"
	"millrace/mining/tree"
)

// An oracle is what PM4Py 2.7.23.11 found out about a log;
// ../shared/oracle/README.md has the definitions.
type oracle struct {
	name string
	Log  struct {
		Start bool `json:"has_start_timestamp"`
	}
	Variants struct {
		List   []oracleVariant
		Sorted []oracleVariant `json:"list_time_sorted"`
	}
	Alpha, Heuristics json.RawMessage
	AlphaPlus         json.RawMessage `json:"alpha_plus"`
}

type oracleVariant struct {
	Path  []string
	Cases int64
}

func (v *oracleVariant) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&v.Path, &v.Cases})
}

// oracles reads all that are of logs of cases and have variants.
func oracles(t testing.TB) (all []*oracle) {
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
		var wrongType *json.UnmarshalTypeError // where a section says why it is missing
		if err := json.NewDecoder(z).Decode(o); err != nil && !errors.As(err, &wrongType) {
			t.Fatal(err)
		}
		f.Close()
		if len(o.Variants.List) > 0 {
			all = append(all, o)
		}
	}
	if len(all) < 15 {
		t.Fatalf("only %d logs have variants", len(all))
	}
	return all
}

// summary makes a log of variants; activities are called by numbers, in their
// order, because tests write them without spaces. names has them back.
func summary(t testing.TB, variants []oracleVariant) (s *eventlog.Summary, names []string) {
	t.Helper()
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
	return s, names
}

// log returns the cases of a log in the order of times, which is that of the
// oracle's models.
func (o *oracle) log(t testing.TB) *eventlog.Summary {
	s, _ := summary(t, o.Variants.List)
	if o.Variants.Sorted != nil {
		s, _ = summary(t, o.Variants.Sorted)
	}
	return s
}

// graphLog returns the cases in the order of the oracle's graph and what it
// made of it: that of starts, where there are some, which is the file's.
func (o *oracle) graphLog(t testing.TB) *eventlog.Summary {
	if !o.Log.Start {
		return o.log(t)
	}
	s, _ := summary(t, o.Variants.List)
	return s
}

// model reads a tree of the oracle.
func model(t testing.TB, log, variant string) *tree.Tree {
	t.Helper()
	f, err := os.Open(filepath.Join(shared(t), "oracle", "models", log+"."+variant+".ptml.gz"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	m, err := tree.ReadPTML(z)
	if err != nil {
		t.Fatalf("%s %s: %v", log, variant, err)
	}
	return m
}

// differing lists where IMd and the oracle differ, and by which trace. The
// paper takes what steps into a group of a sequence or a loop for its starts,
// from whichever group, and what steps out for its ends, beside those of the
// log (in the authors' plug-in: SimpleDfgSplitter). The oracle looks at the
// groups just before and after alone in a sequence, and takes every activity
// of a loop's redo for a start and an end.
var differing = map[string]string{
	"repairExample": "Register, Inform User, Repair (Complex), Repair (Simple)",
	"reviewing":     "get review 1, get review 2, get review 3, invite additional reviewer",
}

// The trees of IM, IMf and IMd have the languages of the oracle's.
func TestInductiveAgainstTheOracle(t *testing.T) {
	compared := 0
	for _, o := range oracles(t) {
		s := o.log(t)
		for _, c := range []struct {
			name    string
			options InductiveOptions
		}{
			{"IM", InductiveOptions{}},
			{"IMf0.2", InductiveOptions{Variant: IMf, Noise: 0.2}},
			{"IMd", InductiveOptions{Variant: IMd}},
		} {
			want := model(t, o.name, c.name)
			if want == nil {
				continue
			}
			compared++
			s := s
			if c.name == "IMd" {
				s = o.graphLog(t)
			}
			got, err := Inductive(t.Context(), s, c.options)
			if err != nil {
				t.Fatal(err)
			}
			by := ""
			if !tree.Reduce(want).Equal(got) {
				trace, differ, err := tree.Difference(got, want, 200_000)
				if err != nil {
					t.Errorf("%s %s: %v", o.name, c.name, err)
				}
				if differ {
					by = strings.Join(trace, ", ")
				}
			}
			explained := ""
			if c.name == "IMd" {
				explained = differing[o.name]
			}
			if by != explained {
				t.Errorf("%s %s: differs by %q, not %q\ngot  %s\nwant %s", o.name, c.name, by, explained, got, tree.Reduce(want))
			}
		}
	}
	if compared < 45 {
		t.Errorf("only %d trees were compared", compared)
	}
}

// Every case is in the language of IM's tree, that is, its fitness is 1.
func TestIMFitsTheOraclesLogs(t *testing.T) {
	for _, o := range oracles(t) {
		fits(t, o.log(t), InductiveOptions{})
		fits(t, o.log(t), InductiveOptions{Variant: IMf})
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
