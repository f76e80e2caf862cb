package eventlog

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// An ObjectFlow is what the objects of each type go through: which activities
// touch them, and which follows which, counted in three ways.
//
// Its order is a function of the content alone: types and activities by name,
// starts and ends by Objects, edges by Total, both descending, then by name.
type ObjectFlow struct {
	Types []TypeFlow
	// Activities are those that touch an object of any of the types.
	Activities []FlowActivity
	Notes      []Note
}

// A TypeFlow is the flow of the objects of one type.
type TypeFlow struct {
	Type    string
	Objects int64 // of this type, with or without events
	Idle    int64 // of those, without events; they are in no other figure

	Activities []FlowActivity
	Start, End []FlowActivity
	Edges      []FlowEdge
	// Life is how long objects live, from the first of their events to the last.
	Life *Durations
}

// A FlowCount counts one thing in three ways. Events ≤ Total and Objects ≤ Total.
type FlowCount struct {
	Events  int64 // distinct events; of an edge: distinct pairs of events
	Objects int64 // distinct objects
	Total   int64 // pairs of event and object; of an edge: triples of two events and an object
}

// A FlowActivity is an activity, and how often objects meet it.
type FlowActivity struct {
	Activity string
	FlowCount
}

// A FlowEdge says that To is what objects of a type meet next after From.
type FlowEdge struct {
	From, To string
	FlowCount
	Wait      *Durations // end of From to start of To, once for each object: N + Overlaps + Missing = Total
	EventWait *Durations // once for each pair of events, however many objects go along: … = Events
}

// ObjectFlowOptions say which part of a store to look at. The zero value is
// all of it.
type ObjectFlowOptions struct {
	// Types are the types of objects to follow; default all. Asking for one
	// that the store does not have is an error.
	Types []string
	// Sources are the sources whose events count; default all.
	Sources []string
	// Log is an object-centric log to look at alone: its objects, of types
	// called as the log calls them, and its events. Sources is then its own.
	Log string
	// Within leaves only events of this log, which must be of this store.
	Within *Log
	// Lifecycle says what becomes of the transitions of an event's life.
	Lifecycle Lifecycle
	// Zone is where the days of events of day precision begin; default UTC.
	Zone *time.Location
	// Exact keeps every wait for exact quantiles: 8 bytes a step and pair of
	// events instead of a bounded histogram.
	Exact bool
}

// ObjectFlow follows the objects of a store, each through its own events in
// their declared order. The same event may be met by many objects; an object
// meets it once, whatever its qualifiers.
//
// It takes O(n log n) time for n pairs of events and objects. Memory is
// bounded by a batch of objects and the number of edges; DuckDB sorts and
// counts beside the store.
func (s *Store) ObjectFlow(ctx context.Context, o ObjectFlowOptions) (*ObjectFlow, error) {
	f := &ObjectFlow{}
	err := s.objectSteps(ctx, o, func(steps *objectSteps) error {
		f.Notes = steps.notes()
		for i, t := range steps.types {
			f.Types = append(f.Types, TypeFlow{Type: t.name, Objects: t.objects, Idle: t.objects - steps.alive[i], Life: steps.life[i]})
		}
		return f.read(ctx, steps.c, o.Exact)
	})
	if err != nil {
		return nil, fmt.Errorf("object flow: %w", err)
	}
	return f, nil
}

// read counts the steps.
func (f *ObjectFlow) read(ctx context.Context, c *storeConn, exact bool) error {
	for _, q := range []struct {
		statement string
		into      func(typ int) *[]FlowActivity
	}{
		{"object_flow_all", func(int) *[]FlowActivity { return &f.Activities }},
		{"object_flow_activities", func(typ int) *[]FlowActivity { return &f.Types[typ].Activities }},
		{"object_flow_starts", func(typ int) *[]FlowActivity { return &f.Types[typ].Start }},
		{"object_flow_ends", func(typ int) *[]FlowActivity { return &f.Types[typ].End }},
	} {
		err := c.each(ctx, storeText(q.statement), nil, func(scan func(...any) error) error {
			var typ int
			var a FlowActivity
			err := scan(&typ, &a.Activity, &a.Events, &a.Objects, &a.Total)
			list := q.into(typ)
			*list = append(*list, a)
			return err
		})
		if err != nil {
			return err
		}
	}
	return f.edges(ctx, c, exact)
}

// edgeKey is an edge by its codes.
type edgeKey struct{ typ, from, to uint32 }

func (f *ObjectFlow) edges(ctx context.Context, c *storeConn, exact bool) error {
	at := map[edgeKey]int{} // place in its type's list
	err := c.each(ctx, storeText("object_flow_edges"), nil, func(scan func(...any) error) error {
		var k edgeKey
		e := FlowEdge{Wait: &Durations{keep: exact}, EventWait: &Durations{keep: exact}}
		err := scan(&k.typ, &e.From, &e.To, &k.from, &k.to, &e.Objects, &e.Total)
		list := &f.Types[k.typ].Edges
		at[k] = len(*list)
		*list = append(*list, e)
		return err
	})
	if err != nil {
		return err
	}
	edge := func(k edgeKey) *FlowEdge { return &f.Types[k.typ].Edges[at[k]] }
	err = readWaits(ctx, c, "step", "AND before > 0", func(k edgeKey, us int64) { edge(k).Wait.step(us) })
	if err != nil {
		return err
	}
	if err := c.exec(ctx, storeText("object_flow_couple")); err != nil {
		return err
	}
	err = readWaits(ctx, c, "couple", "", func(k edgeKey, us int64) {
		e := edge(k)
		e.Events++
		e.EventWait.step(us)
	})
	for i := range f.Types {
		for j := range f.Types[i].Edges {
			f.Types[i].Edges[j].Wait.seal()
			f.Types[i].Edges[j].EventWait.seal()
		}
	}
	return err
}

// step counts the time between two events, NoTime if it is not known.
func (h *Durations) step(us int64) {
	if us == NoTime {
		h.Missing++
		return
	}
	h.Add(us)
}

// readWaits reads the waits of a table in ranges: the driver holds a whole
// result in memory.
func readWaits(ctx context.Context, c *storeConn, table, first string, take func(edgeKey, int64)) error {
	n, err := c.int(ctx, "SELECT coalesce(max(rowid) + 1, 0) FROM "+table)
	if err != nil {
		return err
	}
	text := storeText("object_flow_waits", "table", table, "first", first)
	for at := int64(0); at < n; at += rowsEvents {
		err := c.arrow(ctx, text, []any{at, at + rowsEvents}, func(b arrow.RecordBatch) error {
			codes := func(i int) []uint32 { return b.Column(i).(*array.Uint32).Uint32Values() }
			typ, from, to, us := codes(0), codes(1), codes(2), b.Column(3).(*array.Int64).Int64Values()
			for i := range us {
				take(edgeKey{typ[i], from[i], to[i]}, us[i])
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// A flowType is a type of objects to follow.
type flowType struct {
	name    string // as results call it
	stored  string // as the store does
	objects int64  // how many there are
}

// flowTypes finds the types to follow, sorted, and how many objects of an
// object-centric log have none that is known.
func (c *storeConn) flowTypes(ctx context.Context, o ObjectFlowOptions) (types []flowType, untyped int64, err error) {
	prefix := ""
	if o.Log != "" {
		prefix = ObjectLogOf(o.Log, "")
	}
	var all []flowType
	var names []string
	err = c.each(ctx, storeText("object_flow_types"), []any{append([]string{}, o.Sources...)}, func(scan func(...any) error) error {
		var t flowType
		if err := scan(&t.stored, &t.objects); err != nil {
			return err
		}
		if t.name = strings.TrimPrefix(t.stored, prefix); t.name == "" {
			untyped = t.objects
			return nil
		}
		all, names = append(all, t), append(names, t.name)
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(o.Types))) {
		i := slices.Index(names, name)
		if i < 0 {
			return nil, 0, fmt.Errorf("there are no objects of type %q%s", name, DidYouMean(name, names))
		}
		types = append(types, all[i])
	}
	if len(types) == 0 {
		types = all
	}
	return types, untyped, nil
}
