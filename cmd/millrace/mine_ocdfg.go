package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"millrace/eventlog"
	"millrace/mining"
)

// caseObject is the type of object that a log of cases has.
const caseObject = "case"

// typesFlag chooses types of objects.
type typesFlag struct {
	Types []string `placeholder:"A,B" help:"Types of objects to follow; default: all."`
}

// mineOCDFGCmd is millrace mine ocdfg.
type mineOCDFGCmd struct {
	logFlags
	summaryFlags
	jsonFlag
	typesFlag
	MinCount int64 `placeholder:"N" help:"Only edges that objects take at least N times in total."`
	Top      int   `default:"20" help:"How many edges of each type to print; 0 prints all. JSON has all of them."`
}

func (c *mineOCDFGCmd) Help() string {
	return "Example: millrace mine ocdfg order-to-cash --types SalesOrder,Delivery"
}

func (c *mineOCDFGCmd) Run(e *env) (err error) {
	l, err := c.open(e)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	g, err := c.graph(e, l)
	if err != nil {
		return err
	}
	if c.MinCount > 0 {
		g = g.MinCount(c.MinCount)
	}
	if c.JSON {
		return printJSON(e.Stdout, g)
	}
	for i := range g.Types {
		if i > 0 {
			fmt.Fprintln(e.Stdout)
		}
		if err := c.print(e, &g.Types[i]); err != nil {
			return err
		}
	}
	printNotes(e.Stdout, g.Notes)
	return nil
}

// graph follows the objects of a store, or the cases of a log that has no
// other objects.
func (c *mineOCDFGCmd) graph(e *env, l *openedLog) (*mining.OCDFG, error) {
	if l.ofCases() {
		if err := knownTypes(c.Types, []string{caseObject}); err != nil {
			return nil, err
		}
		s, err := eventlog.Summarize(e, l.Log, eventlog.SummaryOptions{Exact: c.Exact})
		if err != nil {
			return nil, err
		}
		return mining.CaseOCDFG(s, caseObject), nil
	}
	o, err := objectOptions(e, l, c.Types)
	if err != nil {
		return nil, err
	}
	o.Exact = c.Exact
	f, err := l.Stored.ObjectFlow(e, o)
	if err != nil {
		return nil, err
	}
	g := mining.FindOCDFG(f)
	g.Notes = append(filterNotes(l), g.Notes...)
	return g, nil
}

// ofCases says whether the cases of a log are its only objects, and share no
// events: it is a file of cases, or was imported from one.
func (l *openedLog) ofCases() bool {
	_, named := l.Types[l.Name]
	return l.Stored == nil || len(l.Types) == 1 && named && l.Case == l.Name
}

// filterNotes are what the filters said of the log that is left.
func filterNotes(l *openedLog) []eventlog.Note {
	if !l.Narrowed {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(l.Notes()), func(n eventlog.Note) bool { return n.Code != "filtered" })
}

// objectOptions follow the objects that a stored log can be made of: all of
// them, or, where filters left a part of it, those of the events that are left.
func objectOptions(e *env, l *openedLog, types []string) (eventlog.ObjectFlowOptions, error) {
	all := slices.Sorted(maps.Keys(l.Types))
	if err := knownTypes(types, all); err != nil {
		return eventlog.ObjectFlowOptions{}, err
	}
	if len(types) == 0 {
		types = all
	}
	o := eventlog.ObjectFlowOptions{Types: types, Zone: e.Project.zone()}
	if l.Narrowed {
		o.Within = l.Log
	}
	return o, nil
}

func knownTypes(types, all []string) error {
	for _, t := range types {
		if !slices.Contains(all, t) {
			return usageError{fmt.Errorf("--types: the log has no objects of type %q%s; it has %s", t, eventlog.DidYouMean(t, all), strings.Join(all, ", "))}
		}
	}
	return nil
}

// print writes the graph of one type.
func (c *mineOCDFGCmd) print(e *env, g *mining.ObjectTypeGraph) error {
	fmt.Fprintf(e.Stdout, "objects of type %s: %s", printable(g.Type), count(g.Objects))
	if g.Idle > 0 {
		fmt.Fprintf(e.Stdout, ", %s without events", count(g.Idle))
	}
	if g.Life != nil && g.Life.N > 0 {
		fmt.Fprintf(e.Stdout, "; from first to last event: median %s, p95 %s", quantile(g.Life, .5), quantile(g.Life, .95))
	}
	fmt.Fprintln(e.Stdout)
	if len(g.Activities) == 0 {
		return nil
	}
	t := newTable("from", "to", " events", " objects", " total", " median", " p95")
	add := func(from, to string, n eventlog.FlowCount, wait *eventlog.Durations) {
		median, p95 := "", ""
		if wait != nil {
			median, p95 = quantile(wait, .5), quantile(wait, .95)
		}
		t.add(printable(from), printable(to), count(n.Events), count(n.Objects), count(n.Total), median, p95)
	}
	for _, a := range g.Start {
		add("▶", a.Activity, a.FlowCount, nil)
	}
	for i, x := range g.Edges {
		if c.Top > 0 && i == c.Top {
			break
		}
		add(x.From, x.To, x.FlowCount, x.Wait)
	}
	for _, a := range g.End {
		add(a.Activity, "■", a.FlowCount, nil)
	}
	if err := t.write(e.Stdout); err != nil {
		return err
	}
	if c.Top > 0 && len(g.Edges) > c.Top {
		fmt.Fprintf(e.Stdout, "… %s more edges; --top 0 prints all\n", count(int64(len(g.Edges)-c.Top)))
	}
	return nil
}
