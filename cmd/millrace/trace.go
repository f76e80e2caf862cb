package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"millrace/eventlog"
)

// traceCmd is millrace trace.
type traceCmd struct {
	ID   string `arg:"" help:"Id of an object or a case, or its number."`
	Rows bool   `default:"true" negatable:"" help:"Print the source rows behind each event."`
	jsonFlag
}

func (c *traceCmd) Help() string { return "Example: millrace trace sale:22" }

func (c *traceCmd) Run(e *env) error {
	s, err := eventlog.Open(e, e.Project.storePath(), eventlog.OpenOptions{ReadOnly: true, Wait: e.Wait, Memory: e.Memory})
	if err != nil {
		return err
	}
	defer s.Close()
	t, err := s.Trace(e, c.ID, e.logOptions())
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e.Stdout, t)
	}
	for i := range t.Objects {
		if i > 0 {
			fmt.Fprintln(e.Stdout)
		}
		c.print(e.Stdout, &t.Objects[i])
	}
	return nil
}

func (c *traceCmd) print(w io.Writer, o *eventlog.TracedObject) {
	fmt.Fprintf(w, "%s %s\n", printable(o.Type), printable(o.ID))
	if !o.Defined {
		fmt.Fprintln(w, "  only referred to: no source describes it")
	}
	for _, a := range o.Attributes {
		fmt.Fprintf(w, "  %s: %s\n", printable(a.Name), printable(a.Value))
	}
	printRow(w, "  ", "from", o.Row, c.Rows)
	if len(o.Related) > 0 {
		fmt.Fprintln(w, "\nobjects")
		for _, r := range o.Related {
			fmt.Fprintf(w, "  %s\n", relationText(r))
		}
	}
	if len(o.Touched) > 0 {
		fmt.Fprintln(w, "\nwhat they are")
		for _, x := range o.Touched {
			var words []string
			for _, a := range x.Attributes {
				words = append(words, printable(a.Name)+" "+printable(a.Value))
			}
			fmt.Fprintf(w, "  %s %s: %s\n", printable(x.Type), printable(x.ID), strings.Join(words, ", "))
		}
	}
	if len(o.Changes) > 0 {
		fmt.Fprintln(w, "\nchanges")
		for _, ch := range o.Changes {
			fmt.Fprintf(w, "  %s  %s: %s → %s\n", moment(ch.Time), printable(ch.Attribute), printable(ch.Old), printable(ch.New))
		}
	}
	if len(o.Events) == 0 {
		return
	}
	fmt.Fprint(w, "\nevents")
	if o.Log != "" {
		fmt.Fprintf(w, " of the case in log %s", printable(o.Log))
	}
	fmt.Fprintln(w)
	for _, ev := range o.Events {
		who := ""
		if ev.Resource != "" {
			who = "  by " + printable(ev.Resource)
		}
		if ev.ActorKind != "" {
			who += "  (" + ev.ActorKind + ")"
		}
		begun := ""
		if ev.Start != nil {
			begun = moment(ev.Start) + " to "
		}
		fmt.Fprintf(w, "  %s%s  %s%s\n", begun, moment(ev.Time), printable(ev.Activity), who)
		for _, r := range ev.Objects {
			fmt.Fprintf(w, "      %s\n", relationText(r))
		}
		for _, a := range ev.Attributes {
			fmt.Fprintf(w, "      %s: %s\n", printable(a.Name), printable(a.Value))
		}
		printRow(w, "      ", "row", ev.Row, c.Rows)
	}
}

func moment(t *time.Time) string {
	if t == nil {
		return "(no time)           "
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

func relationText(r eventlog.TracedRelation) string {
	arrow := "→"
	if r.Inverse {
		arrow = "←"
	}
	words := []string{arrow, printable(r.Qualifier), printable(r.Type), printable(r.ID)}
	if r.Quantity != "" {
		words = append(words, "quantity "+r.Quantity)
	}
	if r.Amount != "" {
		words = append(words, strings.TrimSpace(r.Amount+" "+r.Currency))
	}
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}

// printRow says where something was read, and what stood there.
func printRow(w io.Writer, indent, what string, r eventlog.SourceRow, columns bool) {
	place := r.Place
	if place == "" {
		place = strings.TrimSpace(r.Table + " " + r.Key)
	}
	if place != "" {
		place = ", " + printable(place)
	}
	fmt.Fprintf(w, "%s%s: %s%s\n", indent, what, printable(r.Source), place)
	if !columns || len(r.Columns) == 0 {
		return
	}
	var cells []string
	for _, c := range r.Columns {
		if c.Value != "" {
			cells = append(cells, printable(c.Name)+"="+printable(c.Value))
		}
	}
	fmt.Fprintf(w, "%s     %s\n", indent, strings.Join(cells, " "))
}
