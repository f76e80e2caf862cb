package eventlog

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
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

	// Distinct is how many variants the objects with events follow; Variants
	// are the most frequent of them, if they were asked for: by Objects,
	// descending, then by Path.
	Distinct int64
	Variants []FlowVariant
}

// A FlowVariant is a sequence of activities, and how many objects of a type
// go through it.
type FlowVariant struct {
	Path    []string
	Objects int64
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
	// Within leaves only events of this log, which must be of this store. They
	// stay in the order that all events of an object are in.
	Within *Log
	// Lifecycle says what becomes of the transitions of an event's life.
	Lifecycle Lifecycle
	// Zone is where the days of events of day precision begin; default UTC.
	Zone *time.Location
	// Exact keeps every wait for exact quantiles: 8 bytes a step and pair of
	// events instead of a bounded histogram.
	Exact bool
	// Variants is how many variants of each type to tell; negative: all.
	Variants int
}

// ObjectFlow follows the objects of a store, each through its own events in
// their declared order. The same event may be met by many objects; an object
// meets it once, whatever its qualifiers.
//
// Each type is the log of its objects. Where [Store.BuildObjectColumns] wrote
// it, this takes O(n) time for n pairs of events and objects, 18 bytes of
// memory traffic each, and memory for the edges and a bit an event; elsewhere
// the columns of one type at a time are made in memory first, in O(n log n).
func (s *Store) ObjectFlow(ctx context.Context, o ObjectFlowOptions) (*ObjectFlow, error) {
	f := &ObjectFlow{}
	all := &flowTotal{count: map[string]*FlowCount{}}
	followed, err := s.follow(ctx, o, func(t *typeLog) error {
		flow, err := t.flow(ctx, o)
		if err != nil {
			return err
		}
		f.Types = append(f.Types, flow)
		return all.add(ctx, t, flow.Activities)
	})
	if err != nil {
		return nil, fmt.Errorf("object flow: %w", err)
	}
	f.Activities, f.Notes = all.activities(), followed.notes()
	return f, nil
}

// A flowTotal counts activities over several types.
type flowTotal struct {
	count map[string]*FlowCount
	seen  eventSet // events of the types before
}

// add counts the activities of a type; an event that another type has, too,
// counts once.
func (f *flowTotal) add(ctx context.Context, t *typeLog, activities []FlowActivity) error {
	fresh, err := t.freshEvents(ctx, &f.seen)
	if err != nil {
		return err
	}
	for _, a := range activities {
		n := f.count[a.Activity]
		if n == nil {
			n = &FlowCount{}
			f.count[a.Activity] = n
		}
		n.Objects += a.Objects
		n.Total += a.Total
	}
	for code, n := range fresh {
		if n > 0 {
			f.count[t.labels[code]].Events += n
		}
	}
	return nil
}

func (f *flowTotal) activities() (out []FlowActivity) {
	for _, name := range slices.Sorted(maps.Keys(f.count)) {
		out = append(out, FlowActivity{name, *f.count[name]})
	}
	return out
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
	text, arg := storeText("object_flow_types"), any(append([]string{}, o.Sources...))
	if o.Log != "" { // whose objects no other source has
		text, arg = storeText("object_flow_types_of"), o.Log
	}
	var all []flowType
	var names []string
	err = c.each(ctx, text, []any{arg}, func(scan func(...any) error) error {
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
