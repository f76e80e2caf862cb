package eventlog

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"
)

// ObjectGraphs say how the objects of a store relate, as their events tell it.
// What the sources themselves say of it are the relations between objects.
type ObjectGraphs struct {
	Types  []ObjectTypeCount // by name
	Graphs []ObjectGraph     // in the order of the list below
	// Kinds says how many events touch how many objects of which types, the
	// most frequent first.
	Kinds []EventKind
	Notes []Note
}

// An ObjectTypeCount says how many objects of a type there are, and how many
// events touch them.
type ObjectTypeCount struct {
	Type      string
	Objects   int64
	Idle      int64 // objects without events
	Events    int64 // distinct
	Relations int64 // pairs of event and object
	Life      *Durations
}

// An ObjectGraph connects objects. Two objects are connected once at most,
// and none with itself.
type ObjectGraph struct {
	Name     string // interaction, cobirth, codeath, descendants, inheritance
	Directed bool
	Edges    int64
	// Counted is false where the graph would be too large to count; Edges is
	// then 0, and a note says so.
	Counted bool
	// Pairs has the edges by the types of their ends, sorted; where the graph
	// is not directed, From ≤ To.
	Pairs []ObjectTypePair
	List  []ObjectEdge // the first ones, if asked for, by type and id
}

// An ObjectTypePair counts the edges from objects of a type to those of another.
type ObjectTypePair struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Edges int64  `json:"edges"`
}

// An ObjectRef names an object.
type ObjectRef struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// An ObjectEdge is one edge of an ObjectGraph.
type ObjectEdge struct {
	From ObjectRef `json:"from"`
	To   ObjectRef `json:"to"`
}

// An EventKind says how many events touch just so many objects.
type EventKind struct {
	Objects map[string]int64 `json:"objects"` // by type
	Events  int64            `json:"events"`
}

// ObjectGraphOptions say which part of a store to look at, and how much to
// list. The zero value is all of it, and counts only.
type ObjectGraphOptions struct {
	ObjectFlowOptions
	// Limit is how many edges of each graph to list; default none.
	Limit int
	// Most is the number of pairs of objects above which a graph is not
	// enumerated: interaction then goes uncounted, and none is listed.
	// Default 100 million; DuckDB spills 16 bytes a pair.
	Most int64
}

const (
	objectGraphMost  = 100_000_000
	objectGraphKinds = 1000
)

// An objectGraphKind is how one graph is counted, and listed.
type objectGraphKind struct {
	name     string
	directed bool
	count    string // statement
	column   string // its hole
	edge     string // when object a leads to object b; both are of the same event
}

// objectGraphKindList lists the graphs, in the order of their results. The
// definitions are those of PM4Py's pm4py.discover_objects_graph, after Berti,
// Herforth, Qafari and van der Aalst, Graph-based feature extraction on
// object-centric event logs, International Journal of Data Science and
// Analytics 2023, doi:10.1007/s41060-023-00428-2.
var objectGraphKindList = [...]objectGraphKind{
	{"interaction", false, "object_graph_interaction", "", "true"},
	{"cobirth", false, "object_graph_born", "born", "a.before = 0 AND b.before = 0"},
	{"codeath", false, "object_graph_born", "died", "a.last AND b.last"},
	{"descendants", true, "object_graph_descendants", "", "a.before > 0 AND b.before = 0"},
	{"inheritance", true, "object_graph_inheritance", "", "a.last AND b.before = 0 AND NOT (a.before = 0 AND b.last)"},
}

// ObjectGraphs counts, for all pairs of objects that some event touches both of:
//
//   - interaction: all of them;
//   - cobirth, codeath: those whose first, or last, event it is;
//   - descendants: from an object that has an event before to one that has none;
//   - inheritance: from an object whose last event it is to one whose first
//     it is, unless both have no other.
//
// First, last and before are those of each object's own declared order.
//
// All but interaction are counted by event and type, in O(n) for n pairs of
// events and objects; interaction is enumerated, in O(p) for p pairs of
// objects of an event, by DuckDB, which spills.
func (s *Store) ObjectGraphs(ctx context.Context, o ObjectGraphOptions) (*ObjectGraphs, error) {
	g := &ObjectGraphs{}
	if o.Most == 0 {
		o.Most = objectGraphMost
	}
	err := s.session(ctx, func(c *storeConn) error {
		if err := c.exec(ctx, storeText("object_graph_step")); err != nil {
			return err
		}
		followed, err := s.follow(ctx, o.ObjectFlowOptions, func(t *typeLog) error {
			life, err := t.life(ctx, o.Exact)
			if err != nil {
				return err
			}
			g.Types = append(g.Types, ObjectTypeCount{Type: t.name, Objects: t.objects, Idle: t.objects - t.alive, Life: life})
			return t.appendSteps(ctx, c, uint32(len(g.Types)-1))
		})
		if err != nil {
			return err
		}
		g.Notes = followed.notes()
		return g.read(ctx, c, o)
	})
	if err != nil {
		return nil, fmt.Errorf("object graphs: %w", err)
	}
	return g, nil
}

// appendSteps adds the steps of the objects of a type to the table step.
func (t *typeLog) appendSteps(ctx context.Context, c *storeConn, typ uint32) error {
	return c.append(ctx, "step", func(row func(...driver.Value) error) error {
		for b := range t.Batches() {
			for i, object := range b.Case {
				before := int64(0)
				for e := b.Offsets[i]; e < b.Offsets[i+1]; e++ {
					if err := row(typ, object, b.Event[e], before, e == b.Offsets[i+1]-1); err != nil {
						return err
					}
					before = b.Event[e]
				}
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		return nil
	})
}

func (g *ObjectGraphs) read(ctx context.Context, c *storeConn, o ObjectGraphOptions) error {
	if err := c.exec(ctx, storeText("object_graph_touch")); err != nil {
		return err
	}
	err := c.each(ctx, storeText("object_graph_types"), nil, func(scan func(...any) error) error {
		var i int
		var events, relations int64
		err := scan(&i, &events, &relations)
		g.Types[i].Events, g.Types[i].Relations = events, relations
		return err
	})
	if err != nil {
		return err
	}
	if err := g.kinds(ctx, c); err != nil {
		return err
	}
	var bound float64
	if err := c.QueryRowContext(ctx, storeText("object_graph_bound")).Scan(&bound); err != nil {
		return err
	}
	large := bound > float64(o.Most)
	for _, k := range objectGraphKindList {
		graph := ObjectGraph{Name: k.name, Directed: k.directed, Counted: !large || k.edge != "true"}
		if graph.Counted {
			if err := g.count(ctx, c, k, &graph); err != nil {
				return fmt.Errorf("%s: %w", k.name, err)
			}
		}
		if o.Limit > 0 && !large {
			if err := graph.list(ctx, c, k, o); err != nil {
				return fmt.Errorf("%s: %w", k.name, err)
			}
		}
		g.Graphs = append(g.Graphs, graph)
	}
	if large {
		g.Notes = append(g.Notes, Note{"graph-too-large", fmt.Sprintf(
			"Up to %.0f pairs of objects meet in an event, more than %d: the interaction graph is not counted, and no edges are listed; ask for fewer types.", bound, o.Most)})
	}
	return nil
}

// kinds reads which events touch what.
func (g *ObjectGraphs) kinds(ctx context.Context, c *storeConn) error {
	return c.each(ctx, storeText("object_graph_kinds"), []any{objectGraphKinds + 1}, func(scan func(...any) error) error {
		var types, objects []any
		k := EventKind{Objects: map[string]int64{}}
		if err := scan(&types, &objects, &k.Events); err != nil {
			return err
		}
		if len(g.Kinds) == objectGraphKinds {
			g.Notes = append(g.Notes, Note{"kinds-cut", fmt.Sprintf("Events touch objects in more than %d combinations of types and numbers; the most frequent are listed.", objectGraphKinds)})
			return nil
		}
		for i := range types {
			k.Objects[g.Types[types[i].(uint32)].Type] = objects[i].(int64)
		}
		g.Kinds = append(g.Kinds, k)
		return nil
	})
}

// count reads the edges by the types of their ends.
func (g *ObjectGraphs) count(ctx context.Context, c *storeConn, k objectGraphKind, graph *ObjectGraph) error {
	return c.each(ctx, storeText(k.count, "column", k.column), nil, func(scan func(...any) error) error {
		var from, to int
		var p ObjectTypePair
		err := scan(&from, &to, &p.Edges)
		p.From, p.To = g.Types[from].Type, g.Types[to].Type
		graph.Edges += p.Edges
		graph.Pairs = append(graph.Pairs, p)
		return err
	})
}

// list reads the first edges.
func (graph *ObjectGraph) list(ctx context.Context, c *storeConn, k objectGraphKind, o ObjectGraphOptions) error {
	prefix := ""
	if o.Log != "" {
		prefix = ObjectLogOf(o.Log, "")
	}
	order := "(x.type, x.id) < (y.type, y.id)"
	if k.directed {
		order = "true"
	}
	return c.each(ctx, storeText("object_graph_list", "edge", k.edge, "order", order), []any{o.Limit}, func(scan func(...any) error) error {
		var e ObjectEdge
		err := scan(&e.From.Type, &e.From.ID, &e.To.Type, &e.To.ID)
		e.From.Type, e.To.Type = strings.TrimPrefix(e.From.Type, prefix), strings.TrimPrefix(e.To.Type, prefix)
		graph.List = append(graph.List, e)
		return err
	})
}
