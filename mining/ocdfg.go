package mining

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"millrace/eventlog"
)

// An OCDFG is an object-centric directly-follows graph: one directly-follows
// graph for each type of objects, over the same activities.
//
// Each figure counts in three ways: Events (for an edge: distinct pairs of
// events), Objects (distinct ones), and Total (every object at every event).
// Ten items packed at once are 1 event, 10 objects, and 10 in total; one item
// packed ten times is 10, 1, and 10.
//
// Invariant, as long as no edges are left out: for every type, the totals of
// Start, and of End, each add up to the objects that have events; for every
// activity, the totals of the edges in and the start add up to its Total, and
// so do the edges out and the end.
//
// Definitions: Berti and van der Aalst, Extracting multiple viewpoint models
// from relational databases, SIMPDA 2018–2019, LNBIP 379,
// doi:10.1007/978-3-030-46633-6_2, which calls them multiple viewpoint models;
// the three ways of counting: Berti and van der Aalst, OC-PM: analyzing
// object-centric event logs and process models, STTT 25, 2023,
// doi:10.1007/s10009-022-00668-w.
type OCDFG struct {
	Types      []ObjectTypeGraph // by name
	Activities []eventlog.FlowActivity
	Notes      []eventlog.Note
}

// An ObjectTypeGraph is the directly-follows graph of the objects of one type:
// that of the log flattened to it.
type ObjectTypeGraph eventlog.TypeFlow

// FindOCDFG returns the graph of f, edges and notes included as they are, in
// O(size of f) time. It shares the distributions of f.
func FindOCDFG(f *eventlog.ObjectFlow) *OCDFG {
	g := &OCDFG{Activities: slices.Clone(f.Activities), Notes: slices.Clone(f.Notes)}
	for _, t := range f.Types {
		g.Types = append(g.Types, ObjectTypeGraph(t))
	}
	g.Notes = append(g.Notes, g.ownNotes()...)
	return g
}

// CaseOCDFG returns the graph of a log whose cases are its only objects, of
// type objectType, with so many of their variants (negative: all). No event
// may belong to two cases: then the three ways of counting differ only where a
// case repeats an activity or a step.
func CaseOCDFG(s *eventlog.Summary, objectType string, variants int) *OCDFG {
	g := DFG(s)
	t := ObjectTypeGraph{Type: objectType, Objects: s.Cases, Idle: s.Cases, Life: &s.CaseDuration}
	f := &OCDFG{Notes: slices.Clone(g.Notes)}
	flow := func(name string, total, cases int64) eventlog.FlowActivity {
		return eventlog.FlowActivity{Activity: name, FlowCount: eventlog.FlowCount{Events: total, Objects: cases, Total: total}}
	}
	for _, a := range g.Activities {
		t.Activities = append(t.Activities, flow(a.Name, a.Events, a.Cases))
	}
	for _, x := range g.Start {
		t.Start = append(t.Start, flow(x.Activity, x.Cases, x.Cases))
		t.Idle -= x.Cases
	}
	for _, x := range g.End {
		t.End = append(t.End, flow(x.Activity, x.Cases, x.Cases))
	}
	for _, e := range g.Edges {
		t.Edges = append(t.Edges, eventlog.FlowEdge{From: e.From, To: e.To,
			FlowCount: eventlog.FlowCount{Events: e.Count, Objects: e.Cases, Total: e.Count}, Wait: e.Wait, EventWait: e.Wait})
	}
	for _, v := range s.Variants {
		if len(v.Path) == 0 {
			continue
		}
		if t.Distinct++; variants >= 0 && len(t.Variants) >= variants {
			continue
		}
		x := eventlog.FlowVariant{Objects: v.Cases}
		for _, a := range v.Path {
			x.Path = append(x.Path, s.Activities[a])
		}
		t.Variants = append(t.Variants, x)
	}
	f.Activities = slices.Clone(t.Activities)
	f.Types = []ObjectTypeGraph{t}
	f.Notes = append(f.Notes, f.variantNotes()...)
	return f
}

// The codes of the notes that are about the types of a graph.
const (
	noteOverlaps = "overlaps"
	noteUnknown  = "unknown-waits"
	noteVariants = "variants-left-out"
)

// ownNotes are the notes about the types of g.
func (g *OCDFG) ownNotes() []eventlog.Note { return append(g.waitNotes(), g.variantNotes()...) }

// variantNotes says how many variants are not told, where some are.
func (g *OCDFG) variantNotes() []eventlog.Note {
	var words []string
	for _, t := range g.Types {
		if n := t.Distinct - int64(len(t.Variants)); n > 0 && len(t.Variants) > 0 {
			words = append(words, fmt.Sprintf("%s %d of %d", t.Type, n, t.Distinct))
		}
	}
	if len(words) == 0 {
		return nil
	}
	return []eventlog.Note{{Code: noteVariants, Text: fmt.Sprintf("Variants of objects left out, less frequent than those that are told: %s.", strings.Join(words, ", "))}}
}

// waitNotes says which steps are in no wait.
func (g *OCDFG) waitNotes() (notes []eventlog.Note) {
	var steps, overlaps, missing int64
	for i := range g.Types {
		for _, e := range g.Types[i].Edges {
			steps, overlaps, missing = steps+e.Total, overlaps+e.Wait.Overlaps, missing+e.Wait.Missing
		}
	}
	if overlaps > 0 {
		notes = append(notes, eventlog.Note{Code: noteOverlaps,
			Text: fmt.Sprintf("Steps of objects that begin before the one before has ended: %d of %d; they are counted as overlaps, not as waits.", overlaps, steps)})
	}
	if missing > 0 {
		notes = append(notes, eventlog.Note{Code: noteUnknown,
			Text: fmt.Sprintf("Steps of objects that lack a time at one end: %d of %d; they are in no wait.", missing, steps)})
	}
	return notes
}

// OfTypes returns the graphs of some types. Activities stay: they are counted
// over all types that were followed.
func (g *OCDFG) OfTypes(types ...string) *OCDFG {
	out := &OCDFG{Activities: g.Activities}
	for _, n := range g.Notes {
		if n.Code != noteOverlaps && n.Code != noteUnknown && n.Code != noteVariants {
			out.Notes = append(out.Notes, n)
		}
	}
	for _, t := range g.Types {
		if slices.Contains(types, t.Type) {
			out.Types = append(out.Types, t)
		}
	}
	out.Notes = append(out.Notes, out.ownNotes()...)
	return out
}

// KeepEdges returns g with the most frequent edges of each type only, by
// Total: as many as together make at least share (0 to 1) of its steps. Edges
// as frequent as the last one stay too, so that names decide nothing.
func (g *OCDFG) KeepEdges(share float64) *OCDFG {
	return g.keep(func(edges []eventlog.FlowEdge) int64 {
		var all, sum int64
		for _, e := range edges {
			all += e.Total
		}
		want := int64(math.Ceil(share * float64(all)))
		for _, e := range edges { // they are sorted
			if sum += e.Total; sum >= want {
				return e.Total
			}
		}
		return 0
	})
}

// MinCount returns g with the edges of each type that occur at least n times
// in total.
func (g *OCDFG) MinCount(n int64) *OCDFG {
	return g.keep(func([]eventlog.FlowEdge) int64 { return n })
}

// keep leaves out edges below a total, and says so.
func (g *OCDFG) keep(least func([]eventlog.FlowEdge) int64) *OCDFG {
	out := &OCDFG{Activities: g.Activities, Notes: slices.Clone(g.Notes)}
	var edges, steps int64
	for _, t := range g.Types {
		n := least(t.Edges)
		var kept []eventlog.FlowEdge
		for _, e := range t.Edges {
			if e.Total >= n {
				kept = append(kept, e)
			} else {
				edges, steps = edges+1, steps+e.Total
			}
		}
		t.Edges = kept
		out.Types = append(out.Types, t)
	}
	if edges > 0 {
		out.Notes = append(out.Notes, eventlog.Note{Code: "edges-left-out",
			Text: fmt.Sprintf("Rare edges left out: %d, with steps of objects: %d; starts, ends and activities count them still.", edges, steps)})
	}
	return out
}

// objectCount is a FlowActivity in JSON.
type objectCount struct {
	Activity string `json:"activity"`
	Events   int64  `json:"events"`
	Objects  int64  `json:"objects"`
	Total    int64  `json:"total"`
}

func objectCounts(as []eventlog.FlowActivity) []objectCount {
	out := make([]objectCount, len(as))
	for i, a := range as {
		out[i] = objectCount{a.Activity, a.Events, a.Objects, a.Total}
	}
	return out
}

// objectEdge is a FlowEdge in JSON.
type objectEdge struct {
	From         string   `json:"from"`
	To           string   `json:"to"`
	Objects      int64    `json:"objects"`
	Total        int64    `json:"total"`
	Events       int64    `json:"events"`
	Sum          *float64 `json:"total_s"`
	Mean         *float64 `json:"mean_s"`
	Median       *float64 `json:"median_s"`
	P95          *float64 `json:"p95_s"`
	EventsMean   *float64 `json:"events_mean_s"`
	EventsMedian *float64 `json:"events_median_s"`
	EventsP95    *float64 `json:"events_p95_s"`
	Overlaps     int64    `json:"overlaps"`
	Missing      int64    `json:"missing"`
}

// objectVariant is a FlowVariant in JSON.
type objectVariant struct {
	Path    []string `json:"path"`
	Objects int64    `json:"objects"`
}

// objectVariants are the variants of a type in JSON.
type objectVariants struct {
	Distinct int64           `json:"distinct"`
	Most     []objectVariant `json:"most_frequent"`
}

// variantsOf is nil where no variants were asked for.
func variantsOf(t ObjectTypeGraph) *objectVariants {
	if len(t.Variants) == 0 {
		return nil
	}
	out := &objectVariants{Distinct: t.Distinct}
	for _, v := range t.Variants {
		out.Most = append(out.Most, objectVariant(v))
	}
	return out
}

// MarshalJSON writes g as `millrace mine ocdfg --json` does. Durations are in
// seconds, null where none is known: median_s counts a step once for each
// object, events_median_s once for each pair of events.
func (g OCDFG) MarshalJSON() ([]byte, error) {
	type typeJSON struct {
		Objects    int64           `json:"objects"`
		Idle       int64           `json:"without_events"`
		Activities []objectCount   `json:"activities"`
		Start      []objectCount   `json:"start"`
		End        []objectCount   `json:"end"`
		Edges      []objectEdge    `json:"edges"`
		Life       durationsJSON   `json:"life"`
		Variants   *objectVariants `json:"variants,omitempty"`
	}
	types := make(map[string]typeJSON, len(g.Types)) // json sorts the keys
	for _, t := range g.Types {
		edges := make([]objectEdge, len(t.Edges))
		for i, e := range t.Edges {
			w, v := secondsOf(e.Wait), secondsOf(e.EventWait)
			overlaps, _, missing := unmeasured(e.Wait)
			edges[i] = objectEdge{e.From, e.To, e.Objects, e.Total, e.Events, w.total, w.mean, w.median, w.p95, v.mean, v.median, v.p95, overlaps, missing}
		}
		types[t.Type] = typeJSON{t.Objects, t.Idle, objectCounts(t.Activities), objectCounts(t.Start), objectCounts(t.End), edges, toJSON(t.Life), variantsOf(t)}
	}
	return json.Marshal(struct {
		Types      map[string]typeJSON `json:"object_types"`
		Activities []objectCount       `json:"activities"`
		Notes      []eventlog.Note     `json:"notes"`
	}{types, objectCounts(g.Activities), list(g.Notes)})
}

// String writes each type with its edges, starts first and ends last, each
// with its events, objects and total.
func (g *OCDFG) String() string {
	var out strings.Builder
	line := func(from, to string, c eventlog.FlowCount, wait *eventlog.Durations) {
		fmt.Fprintf(&out, "  %s → %s  %d/%d/%d", from, to, c.Events, c.Objects, c.Total)
		if m := measured(wait); m != "" {
			out.WriteString("  " + m)
		}
		out.WriteByte('\n')
	}
	for _, t := range g.Types {
		fmt.Fprintf(&out, "%s  %d", label(t.Type), t.Objects)
		if t.Idle > 0 {
			fmt.Fprintf(&out, ", %d without events", t.Idle)
		}
		out.WriteByte('\n')
		for _, a := range t.Start {
			line(startSign, label(a.Activity), a.FlowCount, nil)
		}
		for _, e := range t.Edges {
			line(label(e.From), label(e.To), e.FlowCount, e.Wait)
		}
		for _, a := range t.End {
			line(label(a.Activity), endSign, a.FlowCount, nil)
		}
	}
	return out.String()
}
