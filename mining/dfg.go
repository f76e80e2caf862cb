package mining

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"millrace/eventlog"
)

// DFG returns the directly-follows graph of s in O(Σ|variant| + |arcs| log |arcs|) time.
//
// A pair counts once for every time it occurs, so "pick pick pick" has the
// edge pick → pick twice, in one case. A wait is the time from the end of
// one event to the start of the next, elapsed or, if s is so, working time; where the next starts earlier it is an
// overlap and counts in no quantile, mean or total.
//
// Read it with its limits in mind: what happens in any order looks like a
// loop, and where activities were left out of the log, a pair did not follow
// "directly" (van der Aalst, A practitioner's guide to process mining:
// limitations of the directly-follows graph, CENTERIS 2019,
// doi:10.1016/j.procs.2019.12.189). To show less, project the log and count
// anew: see [KeepActivities].
func DFG(s *eventlog.Summary) *Graph {
	g := &Graph{Cases: s.Cases, Events: s.Events, Clock: clockOf(s), Notes: slices.Clone(s.Notes)}
	counts := occurrences(s)
	starts, ends := make([]int64, len(s.Activities)), make([]int64, len(s.Activities))
	var empty int64
	for i := range s.Variants {
		v := &s.Variants[i]
		if len(v.Path) == 0 {
			empty += v.Cases
			continue
		}
		starts[v.Path[0]] += v.Cases
		ends[v.Path[len(v.Path)-1]] += v.Cases
	}
	for a, name := range s.Activities {
		c := &counts[a]
		g.Activities = append(g.Activities, Activity{Name: name, Events: c.events, Cases: c.cases, Rework: c.rework})
	}
	g.Start, g.End = terminals(s.Activities, starts), terminals(s.Activities, ends)
	for i := range s.Arcs {
		arc := &s.Arcs[i]
		g.Edges = append(g.Edges, Edge{
			From: s.Activities[arc.From], To: s.Activities[arc.To],
			Count: arc.Count, Cases: arc.Cases, Wait: &arc.Wait,
		})
	}
	slices.SortFunc(g.Edges, func(a, b Edge) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	if empty > 0 {
		g.Notes = append(g.Notes, eventlog.Note{Code: "empty-cases",
			Text: fmt.Sprintf("%d of %d cases have no events; they neither start nor end.", empty, s.Cases)})
	}
	g.Notes = append(g.Notes, waitNotes(s)...)
	return g
}

// waitNotes says which steps are in no wait.
func waitNotes(s *eventlog.Summary) (notes []eventlog.Note) {
	var steps, overlaps, missing int64
	for i := range s.Arcs {
		steps += s.Arcs[i].Count
		overlaps += s.Arcs[i].Wait.Overlaps
		missing += s.Arcs[i].Wait.Missing
	}
	if overlaps > 0 {
		notes = append(notes, eventlog.Note{Code: "overlaps",
			Text: fmt.Sprintf("%d of %d steps begin before the one before has ended; they are counted as overlaps, not as waits.", overlaps, steps)})
	}
	if missing > 0 {
		lack := "a time at one end"
		if s.Working {
			lack += ", or a calendar"
		}
		notes = append(notes, eventlog.Note{Code: "unknown-waits",
			Text: fmt.Sprintf("%d of %d steps lack %s; they are in no wait.", missing, steps, lack)})
	}
	return notes
}

func terminals(names []string, cases []int64) (out []Terminal) {
	for a, n := range cases {
		if n > 0 {
			out = append(out, Terminal{Activity: names[a], Cases: n})
		}
	}
	slices.SortStableFunc(out, func(a, b Terminal) int { return cmp.Compare(b.Cases, a.Cases) })
	return out
}

// An occurrence says how often one activity occurs.
type occurrence struct {
	events, cases int64
	rework, extra int64 // cases with more than one; events beyond the first of their case
	direct        int64 // of extra: those right after another
	most          int64 // in one case
}

// occurrences counts by activity, in O(Σ|variant|) time.
func occurrences(s *eventlog.Summary) []occurrence {
	out := make([]occurrence, len(s.Activities))
	inCase := make([]int64, len(s.Activities))
	for i := range s.Variants {
		v := &s.Variants[i]
		for j, a := range v.Path {
			inCase[a]++
			if j > 0 && v.Path[j-1] == a {
				out[a].direct += v.Cases
			}
		}
		for _, a := range v.Path {
			n := inCase[a]
			if n == 0 {
				continue // counted already
			}
			inCase[a] = 0
			o := &out[a]
			o.events += n * v.Cases
			o.cases += v.Cases
			o.extra += (n - 1) * v.Cases
			o.most = max(o.most, n)
			if n > 1 {
				o.rework += v.Cases
			}
		}
	}
	return out
}

// MarshalJSON writes g as `millrace mine dfg --json` does; durations are in
// seconds, null on an edge no wait of which is known.
func (g Graph) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Cases      int64           `json:"cases"`
		Events     int64           `json:"events"`
		Activities []Activity      `json:"activities"`
		Start      []Terminal      `json:"start"`
		End        []Terminal      `json:"end"`
		Edges      []Edge          `json:"edges"`
		Notes      []eventlog.Note `json:"notes"`
		Clock      string          `json:"clock,omitempty"`
	}{g.Cases, g.Events, list(g.Activities), list(g.Start), list(g.End), list(g.Edges), list(g.Notes), g.Clock})
}

// MarshalJSON writes one element of "edges".
func (e Edge) MarshalJSON() ([]byte, error) {
	s := secondsOf(e.Wait)
	overlaps, overlap, missing := unmeasured(e.Wait)
	return json.Marshal(struct {
		From     string   `json:"from"`
		To       string   `json:"to"`
		Count    int64    `json:"count"`
		Cases    int64    `json:"cases"`
		Total    *float64 `json:"total_s"`
		Mean     *float64 `json:"mean_s"`
		Median   *float64 `json:"median_s"`
		P95      *float64 `json:"p95_s"`
		Min      *float64 `json:"min_s"`
		Max      *float64 `json:"max_s"`
		Overlaps int64    `json:"overlaps"`
		Overlap  float64  `json:"overlap_s"`
		Missing  int64    `json:"missing"`
	}{e.From, e.To, e.Count, e.Cases, s.total, s.mean, s.median, s.p95, s.min, s.max, overlaps, overlap, missing})
}

// String writes one edge a line, starts first and ends last.
func (g *Graph) String() string {
	var out strings.Builder
	for _, t := range g.Start {
		fmt.Fprintf(&out, "%s → %s  %d\n", startSign, label(t.Activity), t.Cases)
	}
	for i := range g.Edges {
		e := &g.Edges[i]
		fmt.Fprintf(&out, "%s → %s  %d", label(e.From), label(e.To), e.Count)
		if e.Cases != e.Count {
			fmt.Fprintf(&out, " in %d", e.Cases)
		}
		if m := measured(e.Wait); m != "" {
			out.WriteString("  " + m)
		}
		out.WriteByte('\n')
	}
	for _, t := range g.End {
		fmt.Fprintf(&out, "%s → %s  %d\n", label(t.Activity), endSign, t.Cases)
	}
	return out.String()
}
