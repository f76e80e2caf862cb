package eventlog

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"
)

// flowText writes a flow as a person reads it: activity, events/objects/total.
func flowText(f *ObjectFlow) string {
	var b strings.Builder
	count := func(c FlowCount) string { return fmt.Sprintf("%d/%d/%d", c.Events, c.Objects, c.Total) }
	for _, a := range f.Activities {
		fmt.Fprintf(&b, "%s  %s\n", a.Activity, count(a.FlowCount))
	}
	for _, t := range f.Types {
		fmt.Fprintf(&b, "%s: %d objects, %d idle; life %v\n", t.Type, t.Objects, t.Idle, t.Life)
		for _, a := range t.Start {
			fmt.Fprintf(&b, "  ▶ → %s  %s\n", a.Activity, count(a.FlowCount))
		}
		for _, e := range t.Edges {
			fmt.Fprintf(&b, "  %s → %s  %s  %v; by events %v", e.From, e.To, count(e.FlowCount), e.Wait, e.EventWait)
			if e.Wait.Overlaps+e.Wait.Missing > 0 {
				fmt.Fprintf(&b, "; %d overlap, %d missing", e.Wait.Overlaps, e.Wait.Missing)
			}
			b.WriteString("\n")
		}
		for _, a := range t.End {
			fmt.Fprintf(&b, "  %s → ■  %s\n", a.Activity, count(a.FlowCount))
		}
	}
	for _, n := range f.Notes {
		fmt.Fprintf(&b, "note %s: %s\n", n.Code, n.Text)
	}
	return b.String()
}

func graphText(g *ObjectGraphs) string {
	var b strings.Builder
	for _, x := range g.Graphs {
		fmt.Fprintf(&b, "%s  %d", x.Name, x.Edges)
		if !x.Counted {
			b.WriteString(" (not counted)")
		}
		arrow := " – "
		if x.Directed {
			arrow = " → "
		}
		for _, p := range x.Pairs {
			fmt.Fprintf(&b, "; %s%s%s %d", p.From, arrow, p.To, p.Edges)
		}
		b.WriteString("\n")
		for _, e := range x.List {
			fmt.Fprintf(&b, "  %s %s%s%s %s\n", e.From.Type, e.From.ID, arrow, e.To.Type, e.To.ID)
		}
	}
	for _, k := range g.Kinds {
		fmt.Fprintf(&b, "%d events touch", k.Events)
		for _, t := range slices.Sorted(maps.Keys(k.Objects)) {
			fmt.Fprintf(&b, " %d %s", k.Objects[t], t)
		}
		b.WriteString("\n")
	}
	for _, n := range g.Notes {
		fmt.Fprintf(&b, "note %s: %s\n", n.Code, n.Text)
	}
	return b.String()
}

func TestObjectFlow(t *testing.T) {
	datadriven.RunTest(t, "testdata/store/flow", func(t *testing.T, d *datadriven.TestData) string {
		s := walkStore(t, d.Input)
		o := ObjectGraphOptions{}
		for _, a := range d.CmdArgs {
			switch a.Key {
			case "types":
				o.Types = a.Vals
			case "limit":
				fmt.Sscan(a.Vals[0], &o.Limit)
			case "most":
				fmt.Sscan(a.Vals[0], &o.Most)
			}
		}
		if d.Cmd == "graphs" {
			g, err := s.ObjectGraphs(context.Background(), o)
			if err != nil {
				return "error: " + err.Error() + "\n"
			}
			return graphText(g)
		}
		f, err := s.ObjectFlow(context.Background(), o.ObjectFlowOptions)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		return flowText(f)
	})
}

// A flowWorld is a small object-centric log: objects with types, and events
// that touch some of them, with a time and an activity each.
type flowWorld struct {
	types  []string // of object i+1
	events []flowEvent
}

type flowEvent struct {
	activity string
	at       int64 // minutes; -1 where missing
	start    int64 // minutes before the end; -1 where it has none
	source   string
	objects  []int // with repetitions, which are other qualifiers
	left     bool  // out: in the order of events, but not looked at
}

func drawFlowWorld(rt *rapid.T) *flowWorld {
	w := &flowWorld{types: rapid.SliceOfN(rapid.SampledFrom([]string{"Order", "Item", "Parcel", "it's \"odd\""}), 1, 8).Draw(rt, "types")}
	for range rapid.IntRange(0, 14).Draw(rt, "events") {
		w.events = append(w.events, flowEvent{
			activity: rapid.SampledFrom([]string{"a", "b", "c", "ä"}).Draw(rt, "activity"),
			at:       rapid.Int64Range(-1, 12).Draw(rt, "at"),
			start:    rapid.SampledFrom([]int64{-1, -1, -1, 0, 2}).Draw(rt, "start"),
			source:   rapid.SampledFrom([]string{"s", "s", "t"}).Draw(rt, "source"),
			objects:  rapid.SliceOfN(rapid.IntRange(1, len(w.types)), 0, 5).Draw(rt, "objects"),
		})
	}
	return w
}

// fill puts the world into an empty store; event i has number i+1.
func (w *flowWorld) fill(ctx context.Context, c *storeConn) error {
	for _, text := range []string{"DELETE FROM object", "DELETE FROM event", "DELETE FROM event_object"} {
		if err := c.exec(ctx, text); err != nil {
			return err
		}
	}
	var objects, events, relations []string
	for i, typ := range w.types {
		objects = append(objects, fmt.Sprintf("(%d, %s, 'o%d', true, 's', 1)", i+1, storeLiteral(typ), i+1))
	}
	stamp := func(minutes int64) string { return storeLiteral(storeTimeOf(minutes * 60e6).Format(storeTimeLayout)) }
	for i, e := range w.events {
		at, start := "NULL", "NULL"
		if e.at >= 0 {
			at = stamp(e.at)
			if e.start >= 0 {
				start = stamp(e.at - e.start)
			}
		}
		events = append(events, fmt.Sprintf("(%d, %d, '%s', %s, %s, 'exact', 0, '%s', %d, 1)", i+1, i+1, e.activity, at, start, e.source, i))
		for j, o := range e.objects {
			relations = append(relations, fmt.Sprintf("(%d, %d, '%d', 1)", i+1, o, j))
		}
	}
	for table, rows := range map[string][]string{
		"object (object, type, id, defined, source, load)":                                  objects,
		"event (event, id, activity, time, start, precision, rank, source, sequence, load)": events,
		"event_object (event, object, qualifier, load)":                                     relations,
	} {
		if len(rows) > 0 {
			if err := c.exec(ctx, "INSERT INTO "+table+" VALUES "+strings.Join(rows, ", ")); err != nil {
				return err
			}
		}
	}
	return nil
}

// path is the slow and obvious order: the events of an object, by number, put
// one after the other to where they belong; those that do not count go then.
func (w *flowWorld) path(object int) []int {
	var events []int
	for i, e := range w.events {
		if slices.Contains(e.objects, object) {
			events = append(events, i)
		}
	}
	// In the order of sources, then of the source; who has no time takes the
	// one before it there.
	slices.SortStableFunc(events, func(a, b int) int { return cmp.Compare(w.events[a].source, w.events[b].source) })
	begin, end := map[int]int64{}, map[int]int64{}
	before, beforeEnd := int64(-1000), int64(-1000)
	for _, i := range events {
		e := w.events[i]
		begin[i], end[i] = e.at, e.at
		if e.at < 0 {
			begin[i], end[i] = before, beforeEnd
		} else if e.start >= 0 {
			begin[i] = e.at - e.start
		}
		before, beforeEnd = begin[i], end[i]
	}
	slices.SortStableFunc(events, func(a, b int) int {
		return cmp.Or(cmp.Compare(begin[a], begin[b]), cmp.Compare(end[a], end[b]))
	})
	return slices.DeleteFunc(events, func(i int) bool { return w.events[i].left })
}

// wait is the time between two events in µs, "?" if not known, "-" if they overlap.
func (w *flowWorld) wait(a, b int) string {
	x, y := w.events[a], w.events[b]
	if x.at < 0 || y.at < 0 {
		return "?"
	}
	begin := y.at
	if y.start >= 0 {
		begin -= y.start
	}
	if begin < x.at {
		return "-"
	}
	return fmt.Sprint((begin - x.at) * 60e6)
}

// tally counts in the three ways of a FlowCount, by sets.
type tally struct {
	events, objects, total map[string]bool
	waits, eventWaits      []string
}

type tallies map[string]*tally

func (ts tallies) add(key, event, object string) *tally {
	t := ts[key]
	if t == nil {
		t = &tally{map[string]bool{}, map[string]bool{}, map[string]bool{}, nil, nil}
		ts[key] = t
	}
	t.objects[object], t.total[event+" "+object] = true, true
	return t
}

func (ts tallies) String() string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(ts)) {
		t := ts[k]
		slices.Sort(t.waits)
		slices.Sort(t.eventWaits)
		fmt.Fprintf(&b, "%s %d/%d/%d %v %v\n", k, len(t.events), len(t.objects), len(t.total), t.waits, t.eventWaits)
	}
	return b.String()
}

// obvious is what the flow must say.
func (w *flowWorld) obvious() string {
	ts := tallies{}
	for o := range len(w.types) {
		object, typ := fmt.Sprint(o+1), w.types[o]
		path := w.path(o + 1)
		for i, e := range path {
			event, activity := fmt.Sprint(e), w.events[e].activity
			keys := []string{"all " + activity, typ + " " + activity}
			if i == 0 {
				keys = append(keys, typ+" start "+activity)
			}
			if i == len(path)-1 {
				keys = append(keys, typ+" end "+activity)
			}
			for _, k := range keys {
				ts.add(k, event, object).events[event] = true
			}
			if i > 0 {
				p := path[i-1]
				couple := fmt.Sprint(p, ">", e)
				t := ts.add(typ+" "+w.events[p].activity+" → "+activity, couple, object)
				t.waits = append(t.waits, w.wait(p, e))
				if !t.events[couple] {
					t.events[couple] = true
					t.eventWaits = append(t.eventWaits, w.wait(p, e))
				}
			}
		}
	}
	return ts.String()
}

// flowTold is the same of a flow with exact waits.
func flowTold(f *ObjectFlow) string {
	var out []string
	line := func(key string, c FlowCount, waits, eventWaits []string) {
		slices.Sort(waits)
		slices.Sort(eventWaits)
		out = append(out, fmt.Sprintf("%s %d/%d/%d %v %v\n", key, c.Events, c.Objects, c.Total, waits, eventWaits))
	}
	list := func(key string, as []FlowActivity) {
		for _, a := range as {
			line(key+a.Activity, a.FlowCount, nil, nil)
		}
	}
	list("all ", f.Activities)
	for _, t := range f.Types {
		list(t.Type+" ", t.Activities)
		list(t.Type+" start ", t.Start)
		list(t.Type+" end ", t.End)
		for _, e := range t.Edges {
			line(t.Type+" "+e.From+" → "+e.To, e.FlowCount, exactWaits(e.Wait), exactWaits(e.EventWait))
		}
	}
	slices.Sort(out)
	return strings.Join(out, "")
}

func exactWaits(d *Durations) (out []string) {
	for _, us := range d.exact {
		out = append(out, fmt.Sprint(us))
	}
	for range d.Missing {
		out = append(out, "?")
	}
	for range d.Overlaps {
		out = append(out, "-")
	}
	return out
}

// The flow of any log is what an obvious program makes of it.
func TestObjectFlowAgainstObvious(t *testing.T) {
	ctx := context.Background()
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	rapid.Check(t, func(rt *rapid.T) {
		w := drawFlowWorld(rt)
		if err := s.write(ctx, func(c *storeConn) error { return w.fill(ctx, c) }); err != nil {
			rt.Fatal(err)
		}
		o := ObjectFlowOptions{Exact: true}
		keep := func(int) bool { return true }
		switch rapid.IntRange(0, 2).Draw(rt, "part") {
		case 1: // of one source
			o.Sources = []string{"t"}
			keep = func(event int) bool { return w.events[event-1].source == "t" }
		case 2: // within the cases of a log that have an activity
			if err := s.DefineLog(ctx, LogDefinition{Name: "orders", CaseType: "Order"}); err != nil {
				rt.Fatal(err)
			}
			l, err := s.Log(ctx, "orders", LogOptions{})
			if err != nil {
				rt.Fatal(err)
			}
			left := map[int64]bool{}
			if slices.Contains(l.labels, "a") {
				filter, err := ParseFilter("contains", "a")
				if err != nil {
					rt.Fatal(err)
				}
				if l, err = l.Where(ctx, filter); err != nil {
					rt.Fatal(err)
				}
			}
			for b := range l.Batches() {
				for _, e := range b.Event {
					left[e] = true
				}
			}
			o.Within = l
			keep = func(event int) bool { return left[int64(event)] }
		}
		f, err := s.ObjectFlow(ctx, o)
		if err != nil {
			rt.Fatal(err)
		}
		for i := range w.events {
			w.events[i].left = !keep(i + 1)
		}
		if got, want := flowTold(f), w.obvious(); got != want {
			rt.Fatalf("got\n%swant\n%s", got, want)
		}
		for _, typ := range f.Types {
			for _, e := range typ.Edges {
				if n := e.Wait.N + e.Wait.Overlaps + e.Wait.Missing; n != e.Total {
					rt.Fatalf("%s → %s: %d waits of %d", e.From, e.To, n, e.Total)
				}
			}
		}
		// Buckets make no difference to what is counted, nor to sums.
		o.Exact = false
		g, err := s.ObjectFlow(ctx, o)
		if err != nil {
			rt.Fatal(err)
		}
		for i := range f.Types {
			for j := range f.Types[i].Edges {
				x, y := f.Types[i].Edges[j], g.Types[i].Edges[j]
				if x.FlowCount != y.FlowCount || x.Wait.Total() != y.Wait.Total() || x.EventWait.N != y.EventWait.N {
					rt.Fatalf("exact %+v, in buckets %+v", x, y)
				}
			}
		}
	})
}

// obviousGraphs makes the graphs as PM4Py does: event after event, in the
// order of the log, remembering what was seen.
func (w *flowWorld) obviousGraphs() map[string]map[[2]int]bool {
	order := make([]int, len(w.events))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(w.events[a].at, w.events[b].at) })
	g := map[string]map[[2]int]bool{}
	add := func(name string, directed bool, a, b int) {
		if a == b {
			return
		}
		if !directed && a > b {
			a, b = b, a
		}
		if g[name] == nil {
			g[name] = map[[2]int]bool{}
		}
		g[name][[2]int{a, b}] = true
	}
	last := map[int]int{}
	for _, e := range order {
		for _, o := range w.events[e].objects {
			last[o] = e
		}
	}
	walk := func(order []int, both string, visit func(e int, seen, fresh []int)) {
		known := map[int]bool{}
		for _, e := range order {
			var seen, fresh []int
			for _, o := range w.events[e].objects {
				if known[o] {
					seen = append(seen, o)
				} else {
					fresh = append(fresh, o)
				}
			}
			for _, a := range fresh {
				for _, b := range fresh {
					add(both, false, a, b)
				}
			}
			visit(e, seen, fresh)
			for _, o := range fresh {
				known[o] = true
			}
		}
	}
	walk(order, "cobirth", func(e int, seen, fresh []int) {
		for _, a := range w.events[e].objects {
			for _, b := range w.events[e].objects {
				add("interaction", false, a, b)
			}
		}
		for _, b := range fresh {
			for _, a := range seen {
				add("descendants", true, a, b)
			}
			for _, a := range w.events[e].objects {
				if last[a] == e {
					add("inheritance", true, a, b)
				}
			}
		}
	})
	slices.Reverse(order)
	walk(order, "codeath", func(int, []int, []int) {})
	for p := range maps.Clone(g["inheritance"]) {
		if back := [2]int{p[1], p[0]}; g["inheritance"][back] {
			delete(g["inheritance"], back)
			delete(g["inheritance"], p)
		}
	}
	return g
}

// The graphs of any log are what an obvious program makes of it: in sum, by
// types, and edge by edge.
func TestObjectGraphsAgainstObvious(t *testing.T) {
	ctx := context.Background()
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	rapid.Check(t, func(rt *rapid.T) {
		w := drawFlowWorld(rt)
		for i := range w.events { // one order for all objects, as the obvious program has it
			w.events[i].at, w.events[i].start, w.events[i].source = max(w.events[i].at, 0), -1, "s"
		}
		if err := s.write(ctx, func(c *storeConn) error { return w.fill(ctx, c) }); err != nil {
			rt.Fatal(err)
		}
		g, err := s.ObjectGraphs(ctx, ObjectGraphOptions{Limit: 1000})
		if err != nil {
			rt.Fatal(err)
		}
		want := w.obviousGraphs()
		for _, graph := range g.Graphs {
			edges, pairs := []string{}, map[ObjectTypePair]int64{}
			for e := range want[graph.Name] {
				a, b := e[0], e[1]
				x, y := ObjectRef{w.types[a-1], fmt.Sprint("o", a)}, ObjectRef{w.types[b-1], fmt.Sprint("o", b)}
				if !graph.Directed && cmp.Or(cmp.Compare(x.Type, y.Type), cmp.Compare(x.ID, y.ID)) > 0 {
					x, y = y, x
				}
				edges = append(edges, fmt.Sprint(x, y))
				pairs[ObjectTypePair{From: x.Type, To: y.Type}]++
			}
			slices.Sort(edges)
			got, gotPairs := []string{}, map[ObjectTypePair]int64{}
			for _, e := range graph.List {
				got = append(got, fmt.Sprint(e.From, e.To))
			}
			slices.Sort(got)
			for _, p := range graph.Pairs {
				gotPairs[ObjectTypePair{From: p.From, To: p.To}] = p.Edges
			}
			if !slices.Equal(got, edges) || !maps.Equal(gotPairs, pairs) || graph.Edges != int64(len(edges)) {
				rt.Fatalf("%s: got %d %v %v\nwant %v %v", graph.Name, graph.Edges, got, gotPairs, edges, pairs)
			}
		}
	})
}
