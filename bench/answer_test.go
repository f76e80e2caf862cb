package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"github.com/google/go-cmp/cmp"
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
}

var (
	size     = part{}
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
