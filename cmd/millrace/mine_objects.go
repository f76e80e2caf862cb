package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"millrace/eventlog"
)

// mineObjectsCmd is millrace mine objects.
type mineObjectsCmd struct {
	logFlags
	jsonFlag
	typesFlag
	Limit int `placeholder:"N" help:"List the first N edges of each graph, by type and id; default: counts only."`
}

func (c *mineObjectsCmd) Help() string {
	return "Example: millrace mine objects order-to-cash --types SalesOrder,Invoice --json --limit 100"
}

// objectGraphsJSON is the stable JSON of mine objects; names are added, never changed.
type objectGraphsJSON struct {
	ObjectTypes map[string]objectTypeJSON  `json:"object_types"`
	Graphs      map[string]objectGraphJSON `json:"graphs"`
	Events      []eventlog.EventKind       `json:"events"`
	Notes       []eventlog.Note            `json:"notes"`
}

type objectTypeJSON struct {
	Objects       int64    `json:"objects"`
	WithoutEvents int64    `json:"without_events"`
	Events        int64    `json:"events"`
	Relations     int64    `json:"relations"` // pairs of event and object
	LifeMedian    *float64 `json:"life_median_s"`
	LifeP95       *float64 `json:"life_p95_s"`
	LifeTotal     *float64 `json:"life_total_s"`
}

type objectGraphJSON struct {
	Directed bool                      `json:"directed"`
	Edges    *int64                    `json:"edges"` // null: too many pairs to count
	Pairs    []eventlog.ObjectTypePair `json:"pairs"`
	List     []eventlog.ObjectEdge     `json:"list,omitempty"`
}

func (c *mineObjectsCmd) Run(e *env) (err error) {
	o, err := c.openObjects(e)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	if o.ofCases() {
		return fmt.Errorf("%s has cases and no other objects, which share no events: no two of them relate", o.cases.Name)
	}
	flow, notes, err := o.flow(e, c.Types)
	if err != nil {
		return err
	}
	g, err := o.store.ObjectGraphs(e, eventlog.ObjectGraphOptions{ObjectFlowOptions: flow, Limit: c.Limit})
	if err != nil {
		return err
	}
	g.Notes = append(notes, g.Notes...)
	if c.JSON {
		return printJSON(e.Stdout, objectGraphsOf(g))
	}
	return c.print(e, g)
}

func objectGraphsOf(g *eventlog.ObjectGraphs) objectGraphsJSON {
	out := objectGraphsJSON{ObjectTypes: map[string]objectTypeJSON{}, Graphs: map[string]objectGraphJSON{},
		Events: append([]eventlog.EventKind{}, g.Kinds...), Notes: append([]eventlog.Note{}, g.Notes...)}
	for _, t := range g.Types {
		x := objectTypeJSON{Objects: t.Objects, WithoutEvents: t.Idle, Events: t.Events, Relations: t.Relations}
		if t.Life.N > 0 {
			seconds := func(us float64) *float64 { us /= 1e6; return &us }
			x.LifeMedian, x.LifeP95, x.LifeTotal = seconds(t.Life.Quantile(.5)), seconds(t.Life.Quantile(.95)), seconds(t.Life.Total())
		}
		out.ObjectTypes[t.Type] = x
	}
	for _, x := range g.Graphs {
		j := objectGraphJSON{Directed: x.Directed, Pairs: append([]eventlog.ObjectTypePair{}, x.Pairs...), List: x.List}
		if x.Counted {
			j.Edges = &x.Edges
		}
		out.Graphs[x.Name] = j
	}
	return out
}

// print writes the types, then each graph with the types it connects.
func (c *mineObjectsCmd) print(e *env, g *eventlog.ObjectGraphs) error {
	t := newTable("objects of type", " objects", " without events", " events", " relations", " life, median", " p95")
	for _, x := range g.Types {
		t.add(printable(x.Type), count(x.Objects), count(x.Idle), count(x.Events), count(x.Relations), quantile(x.Life, .5), quantile(x.Life, .95))
	}
	if err := t.write(e.Stdout); err != nil {
		return err
	}
	for _, x := range g.Graphs {
		edges, arrow := count(x.Edges)+" pairs", "–"
		if !x.Counted {
			edges = "not counted"
		}
		if x.Directed {
			arrow = "→"
		}
		fmt.Fprintf(e.Stdout, "\n%s (%s): %s\n", x.Name, graphMeaning[x.Name], edges)
		t := newTable("", "", "", " pairs")
		for _, p := range x.Pairs {
			t.add(printable(p.From), arrow, printable(p.To), count(p.Edges))
		}
		if len(x.Pairs) > 0 {
			if err := t.write(e.Stdout); err != nil {
				return err
			}
		}
		for _, p := range x.List {
			fmt.Fprintf(e.Stdout, "  %s %s %s %s %s\n", printable(p.From.Type), printable(p.From.ID), arrow, printable(p.To.Type), printable(p.To.ID))
		}
	}
	fmt.Fprintln(e.Stdout)
	kinds := newTable(" events", "touch")
	for i, k := range g.Kinds {
		if i == 10 {
			break
		}
		var words []string
		for _, name := range slices.Sorted(maps.Keys(k.Objects)) {
			words = append(words, count(k.Objects[name])+" "+printable(name))
		}
		kinds.add(count(k.Events), strings.Join(words, ", "))
	}
	if err := kinds.write(e.Stdout); err != nil {
		return err
	}
	if len(g.Kinds) > 10 {
		fmt.Fprintf(e.Stdout, "… %d more combinations; --json has them\n", len(g.Kinds)-10)
	}
	printNotes(e.Stdout, g.Notes)
	return nil
}

// graphMeaning says in words what connects two objects.
var graphMeaning = map[string]string{
	"interaction": "they meet in an event",
	"cobirth":     "they begin in the same event",
	"codeath":     "they end in the same event",
	"descendants": "the second begins in an event of the first, which was there before",
	"inheritance": "the second begins in the last event of the first",
}
