package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-cmp/cmp"

	"millrace/mining/tree"
)

// A rawAnswer is what millrace mine prints as JSON, as far as answers are
// compared; rivals and tasks print the same.
type rawAnswer struct {
	Inside   []taken       `json:"inside,omitempty"`
	Cases    int64         `json:"cases"`
	Events   int64         `json:"events"`
	Edges    []rawEdge     `json:"edges,omitempty"`
	Start    []rawTerminal `json:"start,omitempty"`
	End      []rawTerminal `json:"end,omitempty"`
	Variants []rawVariant  `json:"variants,omitempty"`
	// Of a model: its tree, and what it measures; see models.
	Tree     string             `json:"tree,omitempty"`
	Distinct int64              `json:"distinct,omitempty"` // variants
	Measures map[string]float64 `json:"measures,omitempty"`
}

type rawEdge struct {
	From   string   `json:"from"`
	To     string   `json:"to"`
	Count  int64    `json:"count"`
	Median *float64 `json:"median_s"`
	P95    *float64 `json:"p95_s"`
}

type rawTerminal struct {
	Activity string `json:"activity"`
	Cases    int64  `json:"cases"`
}

type rawVariant struct {
	Activities []string `json:"activities"`
	Cases      int64    `json:"cases"`
	Median     *float64 `json:"median_s"`
}

// An answer is what all ways to a question must agree on. A map is nil where
// the way was not asked for it.
type answer struct {
	Cases, Events int64
	Arcs          map[string]figure // "from → to"
	Starts, Ends  map[string]figure
	Variants      map[string]figure // "a → b → c"
	Tree          string
	Measures      map[string]float64
	inside        []taken
}

// A figure is a count, and quantiles in seconds of how long what was counted
// took; NaN where the way does not say.
type figure struct {
	N           int64
	Median, P95 float64
}

// A part is what of an answer a step is asked for.
type part struct {
	graph, variants bool
	median, p95     bool // of how long arcs take, and of variants the median
	model           bool // a tree or measures
}

var (
	size     = part{}
	measures = part{model: true}
	dfg      = part{graph: true, median: true, p95: true}
	variants = part{variants: true, median: true}
	both     = part{graph: true, variants: true, median: true, p95: true}
)

// counts is the part without durations.
func (p part) counts() part { p.median, p.p95 = false, false; return p }

// readAnswer reads what a step printed: one object, or several whose parts
// together are the answer. It must have what the step was asked for.
func readAnswer(path string, p part) (answer, error) {
	var a answer
	f, err := os.Open(path)
	if err != nil {
		return a, err
	}
	defer f.Close()
	for d := json.NewDecoder(f); ; {
		var raw rawAnswer
		if err := d.Decode(&raw); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return a, fmt.Errorf("the answer: %w", err)
		}
		a.add(&raw)
	}
	switch {
	case a.Cases == 0 || a.Events == 0:
		return a, errors.New("the answer has no cases or no events")
	case p.graph && (len(a.Arcs) == 0 || len(a.Starts) == 0 || len(a.Ends) == 0):
		return a, errors.New("the answer has no arcs, starts or ends")
	case p.variants && len(a.Variants) == 0:
		return a, errors.New("the answer has no variants")
	case p.model && a.Tree == "" && len(a.Measures) == 0:
		return a, errors.New("the answer has no tree and no measures")
	}
	for _, list := range []struct {
		of          map[string]figure
		median, p95 bool
	}{{a.Arcs, p.graph && p.median, p.p95}, {a.Variants, p.variants && p.median, false}} {
		for label, f := range list.of {
			if list.median && math.IsNaN(f.Median) || list.p95 && math.IsNaN(f.P95) {
				return a, fmt.Errorf("the answer does not say how long %q takes", label)
			}
		}
	}
	return a, nil
}

func (a *answer) add(raw *rawAnswer) {
	a.Cases, a.Events = raw.Cases, raw.Events
	a.inside = append(a.inside, raw.Inside...)
	a.Tree, a.Measures = raw.Tree, raw.Measures
	number := func(x *float64) float64 {
		if x == nil {
			return math.NaN()
		}
		return *x
	}
	put := func(into *map[string]figure, label string, f figure) {
		if *into == nil {
			*into = map[string]figure{}
		}
		if old, ok := (*into)[label]; ok {
			f.N += old.N // a label twice: the count is then wrong, and seen to be
		}
		(*into)[label] = f
	}
	for _, x := range raw.Edges {
		put(&a.Arcs, x.From+" → "+x.To, figure{x.Count, number(x.Median), number(x.P95)})
	}
	for _, x := range raw.Start {
		put(&a.Starts, x.Activity, figure{x.Cases, math.NaN(), math.NaN()})
	}
	for _, x := range raw.End {
		put(&a.Ends, x.Activity, figure{x.Cases, math.NaN(), math.NaN()})
	}
	for _, x := range raw.Variants {
		put(&a.Variants, strings.Join(x.Activities, " → "), figure{x.Cases, number(x.Median), math.NaN()})
	}
}

// differs says how two answers differ in what both have, "" if they do not:
// counts are equal, and durations within a part of their value, or a
// microsecond.
func differs(got, want answer, within float64) string {
	near := func(x, y float64) bool {
		return math.IsNaN(x) || math.IsNaN(y) || math.Abs(x-y) <= 1e-6+within*max(math.Abs(x), math.Abs(y))
	}
	figures := cmp.Comparer(func(x, y figure) bool {
		return x.N == y.N && near(x.Median, y.Median) && near(x.P95, y.P95)
	})
	var all strings.Builder
	if got.Cases != want.Cases || got.Events != want.Events {
		fmt.Fprintf(&all, "%d cases and %d events, not %d and %d\n", got.Cases, got.Events, want.Cases, want.Events)
	}
	all.WriteString(modelsDiffer(&got, &want))
	for _, m := range []struct {
		name      string
		got, want map[string]figure
	}{{"arcs", got.Arcs, want.Arcs}, {"starts", got.Starts, want.Starts}, {"ends", got.Ends, want.Ends}, {"variants", got.Variants, want.Variants}} {
		if m.got == nil || m.want == nil {
			continue
		}
		if !cmp.Equal(m.got, m.want, figures) {
			fmt.Fprintf(&all, "%s (-expected +got):\n%.1500s\n", m.name, cmp.Diff(m.want, m.got, figures))
		}
	}
	return all.String()
}

// modelsDiffer says how models differ: trees in their language, measures by more
// than a millionth. Those of alignments are compared where all are optimal; what
// replay makes of a log is a heuristic, so it is not compared.
func modelsDiffer(got, want *answer) string {
	var all strings.Builder
	if got.Tree != "" && want.Tree != "" {
		x, err := tree.Parse(got.Tree)
		y, err2 := tree.Parse(want.Tree)
		if err := errors.Join(err, err2); err != nil {
			return fmt.Sprintf("the tree: %v\n", err)
		}
		trace, differ, err := tree.Difference(tree.Reduce(x), tree.Reduce(y), 200_000)
		if differ {
			fmt.Fprintf(&all, "one tree has the trace %q and the other has not\n", trace)
		} else if err != nil {
			fmt.Fprintf(&all, "whether the trees have one language: %v\n", err)
		}
	}
	if got.Measures["unsolved"] > 0 || want.Measures["unsolved"] > 0 {
		return all.String()
	}
	for _, name := range []string{"fitness", "cost"} {
		x, ok := got.Measures[name]
		if y, ok2 := want.Measures[name]; ok && ok2 && math.Abs(x-y) > 1e-6 {
			fmt.Fprintf(&all, "%s %v, not %v\n", name, x, y)
		}
	}
	return all.String()
}

// measured says what an answer measures, "" if nothing.
func (a *answer) measured() string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(a.Measures)) {
		list = append(list, name+" "+strconv.FormatFloat(math.Round(a.Measures[name]*1e6)/1e6, 'f', -1, 64))
	}
	return strings.Join(list, ", ")
}
