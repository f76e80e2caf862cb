package discover

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"millrace/eventlog"
	"millrace/mining/conform"
	"millrace/mining/internal/oracletest"
)

// The text has edges, each with its kind, obligations and value, then bindings:
// what comes before an activity, and what after, with how often; then the net.
func TestFlexible(t *testing.T) {
	datadriven.RunTest(t, "testdata/flexible", func(t *testing.T, d *datadriven.TestData) string {
		s, err := eventlog.ParseSummary(d.Input)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		var o FlexibleOptions
		d.MaybeScanArgs(t, "dependency", &o.Dependency)
		d.MaybeScanArgs(t, "distance", &o.LongDistance)
		d.MaybeScanArgs(t, "relative", &o.RelativeToBest)
		o.Loose = d.HasArg("loose")
		c, err := Flexible(s, o)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		var out strings.Builder
		for _, e := range c.Edges {
			fmt.Fprintf(&out, "%s → %s  %s  %d  %.3f\n", c.Name(e.From), c.Name(e.To), e.Kind, e.Count, e.Value)
		}
		text := func(of []Binding) string {
			var words []string
			for _, b := range of {
				words = append(words, fmt.Sprintf("{%s} %d", strings.Join(names(c, b.Nodes), " "), b.Count))
			}
			return strings.Join(words, ", ")
		}
		for a := range c.Inputs {
			fmt.Fprintf(&out, "%s: %s ⇒ %s\n", c.Name(a), text(c.Inputs[a]), text(c.Outputs[a]))
		}
		n := c.Net()
		sound, err := n.CheckSoundness(t.Context(), 1000)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "sound: %s\n", sound.Sound)
		if d.HasArg("net") {
			out.WriteString(n.String())
		}
		return out.String()
	})
}

func names(c *CausalNet, nodes []int) (out []string) {
	for _, x := range nodes {
		out = append(out, c.Name(x))
	}
	return out
}

func flexibleOptions() *rapid.Generator[FlexibleOptions] {
	return rapid.Custom(func(t *rapid.T) FlexibleOptions {
		return FlexibleOptions{
			Dependency: rapid.SampledFrom([]float64{0, -1, .3, .6}).Draw(t, "dependency"), LoopOne: rapid.SampledFrom([]float64{0, .3}).Draw(t, "loop one"),
			LoopTwo: rapid.SampledFrom([]float64{0, .3}).Draw(t, "loop two"), LongDistance: rapid.SampledFrom([]float64{0, .2, .8}).Draw(t, "distance"),
			RelativeToBest: rapid.SampledFrom([]float64{0, -1, .4}).Draw(t, "relative"), Loose: rapid.Bool().Draw(t, "loose"),
		}
	})
}

// Obligations are those of the definition, looked for among all pairs of events;
// bindings of a node add up to its events; and all activities are connected.
func TestFlexibleLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, o := logs().Draw(t, "log"), flexibleOptions().Draw(t, "options")
		c, err := Flexible(s, o)
		if err != nil {
			t.Fatal(err)
		}
		checkBindings(t, s, c)
		if o.Loose || s.Cases == 0 {
			return
		}
		in, out := map[int]bool{}, map[int]bool{}
		for _, e := range c.Edges {
			if e.From != e.To {
				in[e.To], out[e.From] = true, true
			}
		}
		for a := range c.Activities {
			if !in[a] || !out[a] {
				// Only a loop of two may do without: its partner has a better way.
				if !slices.ContainsFunc(c.Edges, func(e CausalEdge) bool { return e.Kind == LoopTwo && (e.From == a || e.To == a) }) {
					t.Fatalf("%s is not connected: %+v", c.Name(a), c.Edges)
				}
			}
		}
	})
}

// checkBindings holds what is counted against the definition.
func checkBindings(t interface {
	Helper()
	Fatalf(string, ...any)
}, s *eventlog.Summary, c *CausalNet) {
	t.Helper()
	n := len(c.Activities)
	edges, kinds := map[[2]int]int64{}, map[[2]int]EdgeKind{}
	for _, e := range c.Edges {
		edges[[2]int{e.From, e.To}], kinds[[2]int{e.From, e.To}] = e.Count, e.Kind
	}
	want := map[string]int64{}
	counted := map[[2]int]int64{}
	for i := range s.Variants {
		path := []int{n}
		for _, a := range s.Variants[i].Path {
			path = append(path, int(a))
		}
		path = append(path, n+1)
		near := func(i, j int) bool {
			_, edge := edges[[2]int{path[i], path[j]}]
			return edge && i < j && !slices.Contains(path[i+1:j], path[i]) && !slices.Contains(path[i+1:j], path[j])
		}
		obliged := func(i, j int) bool {
			if !near(i, j) {
				return false
			}
			distance := func(x, y int) bool { return kinds[[2]int{path[x], path[y]}] == Distance }
			var leads func(x int) bool // from an event to j, by one step or more
			leads = func(x int) bool {
				if near(x, j) && !distance(x, j) {
					return true
				}
				for k := x + 1; k < j; k++ {
					if near(x, k) && !distance(x, k) && leads(k) {
						return true
					}
				}
				return false
			}
			for k := i + 1; k < j && !distance(i, j); k++ {
				if near(i, k) && !distance(i, k) && leads(k) {
					return false
				}
			}
			return true
		}
		for k, a := range path {
			var in, out []int
			for x, b := range path {
				if obliged(x, k) {
					in = append(in, b)
				}
				if obliged(k, x) {
					out = append(out, b)
					counted[[2]int{a, b}] += s.Variants[i].Cases
				}
			}
			slices.Sort(in)
			slices.Sort(out)
			want[fmt.Sprint(a, " in ", in)] += s.Variants[i].Cases
			want[fmt.Sprint(a, " out ", out)] += s.Variants[i].Cases
		}
	}
	for edge, count := range edges {
		if counted[edge] != count || count == 0 {
			t.Fatalf("%v: %d obligations, not %d", edge, count, counted[edge])
		}
	}
	found := 0
	for a := range c.Inputs {
		for side, of := range map[string][]Binding{" in ": c.Inputs[a], " out ": c.Outputs[a]} {
			for _, b := range of {
				nodes := append([]int{}, b.Nodes...)
				if got := want[fmt.Sprint(a, side, nodes)]; got != b.Count {
					t.Fatalf("%s%s%v: %d times, not %d", c.Name(a), side, names(c, nodes), b.Count, got)
				}
				found++
			}
		}
	}
	if found != len(want) {
		t.Fatalf("%d bindings, not %d", found, len(want))
	}
}

// A case all of whose events are explained is a run of the net, to its end: the
// net has every valid sequence of the causal net.
func TestFlexibleFits(t *testing.T) {
	explained, not := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		s, o := logs().Draw(t, "log"), flexibleOptions().Draw(t, "options")
		c, err := Flexible(s, o)
		if err != nil {
			t.Fatal(err)
		}
		n := c.Net()
		if err := n.Validate(); err != nil {
			t.Fatalf("%v\n%s", err, n)
		}
		if before, after := c.Unexplained(); (before+after > 0) != (c.Explained < s.Cases) {
			t.Fatalf("%d and %d events are not explained, but %d of %d cases are", before, after, c.Explained, s.Cases)
		}
		if c.Explained < s.Cases {
			not++
			return
		}
		if s.Cases == 0 {
			return
		}
		explained++
		a, err := conform.Align(t.Context(), s, n, conform.Options{States: 20_000})
		if err != nil {
			t.Fatal(err)
		}
		for i := range a.Variants {
			if a.Variants[i].Least > 0 {
				t.Fatalf("%v costs %d\n%s", s.Variants[i], a.Variants[i].Cost, n)
			}
		}
	})
	if explained == 0 || not == 0 {
		t.Errorf("%d logs were explained, %d not", explained, not)
	}
}

// Edges that need no threshold of their own are the Heuristics Miner's, on every
// log: the same dependencies, kept for the same reason; and bindings are right.
func TestFlexibleOnTheOraclesLogs(t *testing.T) {
	compared := 0
	for _, o := range oracletest.Logs(t) {
		s := o.ByStart(t)
		c, err := Flexible(s, FlexibleOptions{Dependency: .5, LoopOne: .5, LoopTwo: .5, Loose: true})
		if err != nil {
			t.Fatal(err)
		}
		h, err := Heuristics(s, HeuristicsOptions{Noise: -1})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]bool{}
		for _, d := range h.Dependencies {
			if d.Kept && !d.LoopTwo {
				want[d.From+" → "+d.To] = true
			}
		}
		n := len(c.Activities)
		for _, e := range c.Edges {
			if e.Kind == LoopTwo || e.From >= n || e.To >= n {
				continue
			}
			compared++
			if key := c.Name(e.From) + " → " + c.Name(e.To); !want[key] {
				t.Errorf("%s: %s is no edge of the Heuristics Miner", o.Name, key)
			} else {
				delete(want, key)
			}
		}
		if len(want) > 0 {
			t.Errorf("%s: without %v", o.Name, want)
		}
		if len(s.Variants) > 100 {
			continue
		}
		if c, err = Flexible(s, FlexibleOptions{LongDistance: .9}); err != nil {
			t.Fatal(err)
		}
		checkBindings(t, s, c)
	}
	if compared < 100 {
		t.Errorf("%d edges were compared", compared)
	}
}
