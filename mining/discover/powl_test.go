package discover

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"millrace/eventlog"
	"millrace/mining/conform"
	"millrace/mining/internal/oracletest"
	"millrace/mining/petri"
	"millrace/mining/tree"
)

func TestPOWL(t *testing.T) {
	datadriven.RunTest(t, "testdata/powl", func(t *testing.T, d *datadriven.TestData) string {
		s, err := eventlog.ParseSummary(d.Input)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		var o POWLOptions
		d.MaybeScanArgs(t, "noise", &o.Noise)
		got, err := POWL(t.Context(), s, o)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		im, err := Inductive(t.Context(), s, InductiveOptions{Variant: IMf, Noise: o.Noise})
		if err != nil {
			t.Fatal(err)
		}
		if im.Equal(got) {
			return got.String() + "\n"
		}
		return fmt.Sprintf("%s\nIM: %s\n", got, im)
	})
}

// powl mines a log as it is, before the normal form.
func powl(t failer, s *eventlog.Summary) *tree.Tree {
	m := &inductive{ctx: context.Background(), names: s.Activities, partial: true}
	raw, err := m.mine(newLog(s))
	if err != nil {
		t.Fatalf("%v", err)
	}
	return raw
}

// powlFits fails unless every variant of a log is in the language of its model,
// and the model is mined again as it is.
func powlFits(t failer, s *eventlog.Summary) *tree.Tree {
	t.Helper()
	m, err := POWL(context.Background(), s, POWLOptions{})
	if err != nil {
		t.Fatalf("%v", err)
	}
	a := tree.NewAcceptor(m)
	for i := range s.Variants {
		path := labels(s, s.Variants[i].Path)
		if ok, err := a.Accepts(path); !ok || err != nil {
			t.Fatalf("%q is not in the language of %s, %v", path, m, err)
		}
	}
	if again, err := POWL(context.Background(), s, POWLOptions{}); err != nil || again.String() != m.String() {
		t.Fatalf("%s, then %s, %v", m, again, err)
	}
	return m
}

// almost draws logs that come from a few orders of activities that each occur
// mostly once, so that partial orders are found.
func almost() *rapid.Generator[*eventlog.Summary] {
	return rapid.Custom(func(t *rapid.T) *eventlog.Summary {
		var text strings.Builder
		var order []tree.Pair
		parts := []*tree.Tree{}
		for _, name := range []string{"a", "b", "c", "d", "e"} {
			parts = append(parts, rapid.SampledFrom([]*tree.Tree{tree.Do(name), tree.Do(name), tree.Do(name),
				tree.Of(tree.Choice, tree.Skip(), tree.Do(name)), tree.Of(tree.Choice, tree.Do(name), tree.Do(name+"'"))}).Draw(t, "part"))
		}
		for b := range parts {
			for a := range b {
				if rapid.IntRange(0, 2).Draw(t, "pair") == 1 {
					order = append(order, tree.Pair{First: a, Then: b})
				}
			}
		}
		language, err := tree.PartialOrder(order, parts...).Language(5, 200)
		if err != nil {
			t.Skip(err)
		}
		whole := rapid.Bool().Draw(t, "whole")
		for _, trace := range language {
			if whole || rapid.IntRange(0, 4).Draw(t, "keep") > 0 {
				fmt.Fprintf(&text, "%d: %s\n", rapid.IntRange(1, 20).Draw(t, "cases"), strings.Join(trace, " "))
			}
		}
		s, err := eventlog.ParseSummary(text.String())
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

// Every case is in the language of the model, which is in normal form and has
// each activity once; its net is sound and aligns with every case for nothing.
// Where no partial order was a cut, the model is IM's.
func TestPOWLFits(t *testing.T) {
	partial, trees := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(logs(), almost()).Draw(t, "log")
		m := powlFits(t, s)
		checkTree(t, s, m)
		if m.HasPartial() {
			partial++
		}
		if !powl(t, s).HasPartial() {
			trees++
			if im := fits(t, s, InductiveOptions{}); !im.Equal(m) {
				t.Fatalf("POWL is %s, IM %s", m, im)
			}
		}
		n := m.Net()
		if reasons := n.WorkflowNet(); len(reasons) > 0 {
			t.Fatalf("%s: %q", m, reasons)
		}
		sound, err := n.CheckSoundness(t.Context(), 20_000)
		if err != nil {
			t.Fatal(err)
		}
		if sound.Sound == petri.Fails {
			t.Fatalf("%s: %q", m, sound.Reasons)
		}
		if s.Cases == 0 {
			return
		}
		a, err := conform.Align(t.Context(), s, n, conform.Options{States: 20_000})
		if err != nil {
			t.Fatal(err)
		}
		if cost := a.Cost(); cost > 0 {
			t.Fatalf("%s costs %d", m, cost)
		}
	})
	if partial == 0 || trees == 0 {
		t.Errorf("%d models with a partial order, %d that are IM's", partial, trees)
	}
}

// With noise it is still a model in normal form, mined again as it is.
func TestPOWLWithNoise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(logs(), almost()).Draw(t, "log")
		o := POWLOptions{Noise: rapid.Float64Range(0, 1).Draw(t, "noise")}
		m, err := POWL(context.Background(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Validate(); err != nil || !tree.Reduce(m).Equal(m) {
			t.Fatalf("%s: %v, or not reduced", m, err)
		}
		if again, err := POWL(context.Background(), s, o); err != nil || again.String() != m.String() {
			t.Fatalf("%s, then %s, %v", m, again, err)
		}
	})
}

// A partial order as a cut is what its definition says, looked at event by event.
func TestPartialOrderCut(t *testing.T) {
	found, not := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(logs(), almost()).Draw(t, "log")
		l := newLog(s)
		if len(l.traces) == 0 {
			return
		}
		got, err := l.partialOrder(t.Context(), l.graph(noActivity), 0)
		if err != nil {
			t.Fatal(err)
		}
		want := slowOrder(l)
		text := ""
		if got != nil {
			found++
			text = fmt.Sprint(got.groups, got.order)
		} else {
			not++
		}
		if text != want {
			t.Fatalf("got %s, want %s", text, want)
		}
	})
	if found == 0 || not == 0 {
		t.Errorf("%d orders were found, %d not", found, not)
	}
}

// An order of two activities is noise if it has no more cases than a share of
// the other's; the more frequent one never is.
func TestPrecedenceNoise(t *testing.T) {
	for _, c := range []struct {
		to, back int64
		noise    float64
		want     bool
	}{
		{0, 0, 0, false}, {0, 5, 0, false}, {1, 1000, 0, true}, {1, 10, .1, false}, {2, 10, .1, true}, {10, 1, .1, true}, {5, 5, 1, true}, {4, 5, 1, false},
	} {
		p := &precedence{newGraph(2), []int64{0, c.to, c.back, 0}, c.noise}
		if got := p.leads(0, 1); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// slowOrder is the maximal partial order as its definition says, "" if it is not
// valid: of all ways to group activities, the one by equals.
func slowOrder(l *log) string {
	follows := func(a, b int) bool { // b somewhere after a
		for _, t := range l.traces {
			for i := range t.path {
				for j := range t.path[:i] {
					if int(t.path[j]) == a && int(t.path[i]) == b {
						return true
					}
				}
			}
		}
		return false
	}
	n := len(l.names)
	before := make([][]bool, n)
	for a := range before {
		before[a] = make([]bool, n)
		for b := range n {
			before[a][b] = follows(a, b) && !follows(b, a)
		}
	}
	alike := func(a, b int) bool {
		for c := range n {
			if before[a][c] != before[b][c] || before[c][a] != before[c][b] {
				return false
			}
		}
		return true
	}
	var groups [][]int
	for a := range n {
		at := slices.IndexFunc(groups, func(g []int) bool { return alike(g[0], a) })
		if at < 0 {
			groups = append(groups, []int{a})
		} else {
			groups[at] = append(groups[at], a)
		}
	}
	order := []tree.Pair{}
	for i, x := range groups {
		for j, y := range groups {
			all, both, none := true, true, true
			for _, a := range x {
				for _, b := range y {
					all, both, none = all && before[a][b], both && follows(a, b) && follows(b, a), none && !before[a][b] && !before[b][a]
				}
			}
			if all {
				order = append(order, tree.Pair{First: i, Then: j})
			}
			if i != j && none && !both {
				return ""
			}
		}
	}
	is := func(i, j int) bool { return slices.Contains(order, tree.Pair{First: i, Then: j}) }
	for i, x := range groups {
		first, last, start, end := true, true, false, false
		for j := range groups {
			first, last = first && !is(j, i), last && !is(i, j)
			for k := range groups {
				if is(i, j) && is(j, k) && !is(i, k) {
					return ""
				}
			}
		}
		for _, t := range l.traces {
			start = start || slices.Contains(x, int(t.path[0]))
			end = end || slices.Contains(x, int(t.path[len(t.path)-1]))
		}
		if first && !start || last && !end {
			return ""
		}
	}
	if len(groups) < 2 {
		return ""
	}
	return fmt.Sprint(groups, order)
}

// The models have the languages of those of PM4Py 2.7.23.11 (discover_powl, the
// variant MAXIMAL, which is its default, without filters), on the oracle's logs
// and on 160 random ones. They were written in our notation, with numbers.
func TestPOWLAgainstPM4Py(t *testing.T) {
	logs := map[string]*eventlog.Summary{}
	for _, o := range oracletest.Logs(t) {
		logs[o.Name] = o.ByTime(t)
	}
	text, err := os.ReadFile("testdata/powl-pm4py.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	compared, partial := 0, 0
	for line := range bytes.Lines(text) {
		var theirs struct {
			Log      string
			Variants []oracletest.Variant
			POWL     string
		}
		if err := json.Unmarshal(line, &theirs); err != nil {
			t.Fatal(err)
		}
		s := logs[theirs.Log]
		if s == nil {
			s = oracletest.Summary(t, theirs.Variants)
		}
		want, err := tree.Parse(theirs.POWL)
		if err != nil {
			t.Fatal(err)
		}
		got, err := POWL(t.Context(), s, POWLOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if trace, differ, err := tree.Difference(got, want, 200_000); differ || err != nil {
			t.Errorf("%s%v: differ by %q, %v\ngot  %s\nwant %s", theirs.Log, theirs.Variants, trace, err, got, want)
		}
		compared++
		if got.HasPartial() {
			partial++
		}
	}
	if compared < 160 || partial < 40 {
		t.Errorf("only %d models were compared, %d with a partial order", compared, partial)
	}
}

// On a log of BPI Challenge 2012's size, too, every case fits.
func TestPOWLFitsALargeLog(t *testing.T) {
	powlFits(t, large(t))
}

func BenchmarkPOWL(b *testing.B) {
	s := large(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := POWL(context.Background(), s, POWLOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

func TestPOWLIsCancelled(t *testing.T) {
	s, err := eventlog.ParseSummary("1: a b\n1: b a a\n")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := POWL(ctx, s, POWLOptions{}); err != context.Canceled {
		t.Errorf("got %v", err)
	}
	l := newLog(s)
	if c, err := l.partialOrder(ctx, l.graph(noActivity), 0); c != nil || err != context.Canceled {
		t.Errorf("counting who precedes whom: %v, %v", c, err)
	}
}

// Every case of the oracle's logs is in the language of its model, whose net
// is sound as far as is looked at.
func TestPOWLFitsTheOraclesLogs(t *testing.T) {
	for _, o := range oracletest.Logs(t) {
		s := o.ByTime(t)
		m := powlFits(t, s)
		sound, err := m.Net().CheckSoundness(t.Context(), 2000)
		if err != nil {
			t.Fatal(err)
		}
		if sound.Sound == petri.Fails {
			t.Errorf("%s: %q", o.Name, sound.Reasons)
		}
	}
}
