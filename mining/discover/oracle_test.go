package discover

import (
	"strings"
	"testing"

	"millrace/mining/internal/oracletest"
	"millrace/mining/tree"
)

// model reads a tree of the oracle.
func model(t testing.TB, log, variant string) *tree.Tree {
	t.Helper()
	f := oracletest.Open(t, "models", log+"."+variant+".ptml.gz")
	if f == nil {
		return nil
	}
	m, err := tree.ReadPTML(f)
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
	for _, o := range oracletest.Logs(t) {
		s := o.ByTime(t)
		for _, c := range []struct {
			name    string
			options InductiveOptions
		}{
			{"IM", InductiveOptions{}},
			{"IMf0.2", InductiveOptions{Variant: IMf, Noise: 0.2}},
			{"IMd", InductiveOptions{Variant: IMd}},
		} {
			want := model(t, o.Name, c.name)
			if want == nil {
				continue
			}
			compared++
			s := s
			if c.name == "IMd" {
				s = o.ByStart(t)
			}
			got, err := Inductive(t.Context(), s, c.options)
			if err != nil {
				t.Fatal(err)
			}
			by := ""
			if !tree.Reduce(want).Equal(got) {
				trace, differ, err := tree.Difference(got, want, 200_000)
				if err != nil {
					t.Errorf("%s %s: %v", o.Name, c.name, err)
				}
				if differ {
					by = strings.Join(trace, ", ")
				}
			}
			explained := ""
			if c.name == "IMd" {
				explained = differing[o.Name]
			}
			if by != explained {
				t.Errorf("%s %s: differs by %q, not %q\ngot  %s\nwant %s", o.Name, c.name, by, explained, got, tree.Reduce(want))
			}
		}
	}
	if compared < 45 {
		t.Errorf("only %d trees were compared", compared)
	}
}

// Every case is in the language of IM's tree, that is, its fitness is 1.
func TestIMFitsTheOraclesLogs(t *testing.T) {
	for _, o := range oracletest.Logs(t) {
		fits(t, o.ByTime(t), InductiveOptions{})
		fits(t, o.ByTime(t), InductiveOptions{Variant: IMf})
	}
}
