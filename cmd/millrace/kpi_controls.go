package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"millrace/eventlog"
	"millrace/metrics"
	"millrace/reports/figure"
)

// kpiControlsCmd is millrace kpi controls.
type kpiControlsCmd struct {
	Fail bool `help:"Exit with code 3 if a figure does not agree, or nobody can tell."`
	jsonFlag
}

func (c *kpiControlsCmd) Help() string {
	return "Controls are figures of others, named under controls in millrace.yaml: the balance of the general ledger, the number of invoices of the billing system. " +
		"Each is compared with the figure as of its day, and if it names a table of items (key,amount), they are matched by key, to find what makes the difference.\n\nExample: millrace kpi controls --fail"
}

// controlJSON is a control as the command line's stable JSON.
type controlJSON struct {
	Name       string            `json:"name"`
	KPI        string            `json:"kpi"`
	AsOf       metrics.Day       `json:"as_of"`
	From       metrics.Day       `json:"from,omitempty"`
	To         metrics.Day       `json:"to,omitempty"`
	By         map[string]string `json:"by"`
	Ours       *float64          `json:"ours"`
	Theirs     float64           `json:"theirs"`
	Difference *float64          `json:"difference"`
	Tolerance  float64           `json:"tolerance"`
	Reconciled *bool             `json:"reconciled"` // null: nobody can tell, see notes
	N          int64             `json:"n"`
	Items      *unmatchedJSON    `json:"items,omitempty"`
	Notes      []eventlog.Note   `json:"notes"`
}

type unmatchedJSON struct {
	Ours       int                  `json:"ours"`
	Theirs     int                  `json:"theirs"`
	Matched    int                  `json:"matched"`
	OnlyOurs   []metrics.Item       `json:"only_ours"`
	OnlyTheirs []metrics.Item       `json:"only_theirs"`
	Differing  []metrics.Difference `json:"differing"`
}

func (c *kpiControlsCmd) Run(e *env) (err error) {
	if len(e.Project.Controls) == 0 {
		return usageError{errors.New("the project has no controls; name them in millrace.yaml: controls: [{name: gl receivables, kpi: ar.balance, as_of: 2025-11-30, by: {currency: EUR}, value: 1234.56, tolerance: 0.01, items: gl_items.csv}]")}
	}
	kpis, err := e.Project.kpis()
	if err != nil {
		return err
	}
	o, err := (&kpiFlags{}).options(e)
	if err != nil {
		return err
	}
	s, err := e.openClosed()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	list, err := metrics.Reconcile(e, s.Query, kpis, e.Project.Controls, o, func(name string) (io.ReadCloser, error) { return os.Open(e.Project.path(name)) })
	if err != nil {
		return err
	}
	agreed := 0
	for _, r := range list {
		if r.Reconciled != nil && *r.Reconciled {
			agreed++
		}
	}
	if c.JSON {
		out := []controlJSON{}
		for _, r := range list {
			out = append(out, controlOf(r))
		}
		err = printJSON(e.Stdout, struct {
			Controls []controlJSON `json:"controls"`
		}{out})
	} else {
		err = printControls(e.Stdout, list)
	}
	if err == nil && c.Fail && agreed < len(list) {
		return limitsError{fmt.Errorf("%d of %s not reconciled", len(list)-agreed, plural(len(list), "control is", "controls are"))}
	}
	return err
}

func controlOf(r metrics.Reconciliation) controlJSON {
	number := func(x float64) *float64 {
		if math.IsNaN(x) {
			return nil
		}
		return &x
	}
	c := r.Control
	out := controlJSON{Name: c.Name, KPI: c.KPI, AsOf: r.AsOf, From: c.From, To: c.To, By: c.By, Ours: number(r.Ours), Theirs: *c.Value, Difference: number(r.Difference), Tolerance: c.Tolerance,
		Reconciled: r.Reconciled, N: r.N, Notes: r.Notes}
	if out.By == nil {
		out.By = map[string]string{}
	}
	if out.Notes == nil {
		out.Notes = []eventlog.Note{}
	}
	if i := r.Items; i != nil {
		out.Items = &unmatchedJSON{i.Ours, i.Theirs, i.Matched, list(i.OnlyOurs), list(i.OnlyTheirs), list(i.Differing)}
	}
	return out
}

// list is [] in JSON where it is empty.
func list[T any](x []T) []T {
	if x == nil {
		return []T{}
	}
	return x
}

func printControls(w io.Writer, results []metrics.Reconciliation) error {
	t := newTable("control", "figure", "as of", " ours", " theirs", " difference", "reconciled")
	for _, r := range results {
		ours, difference, state := figure.None, "", "nobody can tell"
		if r.Reconciled != nil {
			ours, difference = figure.English.Number(r.Ours, 2), figure.English.Number(r.Difference, 2)
			state = map[bool]string{true: "yes", false: "no"}[*r.Reconciled]
		}
		t.add(printable(r.Control.Name), r.Control.KPI, string(r.AsOf), ours, figure.English.Number(*r.Control.Value, 2), difference, state)
	}
	if err := t.write(w); err != nil {
		return err
	}
	for _, r := range results {
		for _, n := range r.Notes {
			fmt.Fprintf(w, "note: %s: %s\n", printable(r.Control.Name), printable(n.Text))
		}
		if r.Items != nil {
			if err := printItems(w, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// mostItems is how many of a kind people see; JSON has them all.
const mostItems = 10

func printItems(w io.Writer, r metrics.Reconciliation) error {
	i := r.Items
	fmt.Fprintf(w, "\n%s: %s of ours, %s of theirs, %s the same\n", printable(r.Control.Name), count(int64(i.Ours)), count(int64(i.Theirs)), count(int64(i.Matched)))
	t := newTable("item", " ours", " theirs", " difference")
	more := 0
	item := func(n int, key, ours, theirs, difference string) {
		if n < mostItems {
			t.add(printable(key), ours, theirs, difference)
		} else {
			more++
		}
	}
	number := func(x float64) string { return figure.English.Number(x, 2) }
	for n, x := range i.OnlyOurs {
		item(n, x.Key, number(x.Amount), "", number(x.Amount))
	}
	for n, x := range i.OnlyTheirs {
		item(n, x.Key, "", number(x.Amount), number(-x.Amount))
	}
	for n, x := range i.Differing {
		item(n, x.Key, number(x.Ours), number(x.Theirs), number(x.Difference))
	}
	if len(t.rows) == 0 {
		return nil
	}
	if err := t.write(w); err != nil {
		return err
	}
	if more > 0 {
		fmt.Fprintln(w, strings.TrimSpace("… and "+count(int64(more))+" more; --json has them all"))
	}
	return nil
}
