package main

import (
	"errors"
	"fmt"
	"strings"

	"millrace/eventlog"
	"millrace/mining"
)

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
	Paths    int   `name:"list-variants" placeholder:"N" help:"Tell the N most frequent variants of the objects of each type, too."`
}

func (c *mineOCDFGCmd) Help() string {
	return "Examples:\n  millrace mine ocdfg order-to-cash --types SalesOrder,Delivery\n  millrace mine ocdfg orders.jsonocel"
}

func (c *mineOCDFGCmd) Run(e *env) (err error) {
	o, err := c.openObjects(e)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	g, err := c.graph(e, o)
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
func (c *mineOCDFGCmd) graph(e *env, o *openedObjects) (*mining.OCDFG, error) {
	flow, notes, err := o.flow(e, c.Types)
	if err != nil {
		return nil, err
	}
	if o.ofCases() {
		s, err := eventlog.Summarize(e, o.cases.Log, eventlog.SummaryOptions{Exact: c.Exact})
		if err != nil {
			return nil, err
		}
		return mining.CaseOCDFG(s, caseObject, max(0, c.Paths)), nil
	}
	flow.Exact, flow.Variants = c.Exact, max(0, c.Paths)
	f, err := o.store.ObjectFlow(e, flow)
	if err != nil {
		return nil, err
	}
	g := mining.FindOCDFG(f)
	g.Notes = append(notes, g.Notes...)
	return g, nil
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
	if len(g.Variants) == 0 {
		return nil
	}
	fmt.Fprintf(e.Stdout, "\nvariants of %s: %s\n", printable(g.Type), count(g.Distinct))
	t = newTable(" ", " objects", " share", "activities")
	for i, v := range g.Variants {
		t.add(fmt.Sprint(i+1), count(v.Objects), percent(float64(v.Objects)/float64(g.Objects-g.Idle)), printable(strings.Join(v.Path, " → ")))
	}
	return t.write(e.Stdout)
}
