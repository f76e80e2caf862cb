package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/metrics"
	"millrace/mining"
	"millrace/reports"
	"millrace/reports/html"
	"millrace/reports/layout"
)

// reportCmd is millrace report.
type reportCmd struct {
	logFlags
	Out   string `short:"o" default:"report.html" placeholder:"FILE.html" help:"Where to write the page."`
	Title string `help:"Title of the page."`
}

func (c *reportCmd) Help() string {
	return "Example: millrace report order-to-cash --out o2c.html"
}

func (c *reportCmd) Run(e *env) (err error) {
	if err := outIs(c.Out, "the report is a page of HTML (a browser prints it as PDF)", ".html", ".htm"); err != nil {
		return err
	}
	l, err := c.open(e)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	if err := writeReport(e, l, c.Title, c.Out); err != nil {
		return err
	}
	fmt.Fprintln(e.Stdout, "wrote", c.Out)
	return nil
}

// writeReport builds the page of a log and writes it.
func writeReport(e *env, l *openedLog, title, path string) error {
	page, err := buildReport(e, l, title)
	if err != nil {
		return err
	}
	return writeFile(path, func(w io.Writer) error { return html.Render(w, page) })
}

func buildReport(e *env, l *openedLog, title string) (*reports.Page, error) {
	s, err := eventlog.Summarize(e, l.Log, eventlog.SummaryOptions{})
	if err != nil {
		return nil, err
	}
	waits, err := bottlenecks(e, l, s)
	if err != nil {
		return nil, err
	}
	in := reports.FlowInput{
		Title: title, Source: filepath.Base(l.Origin) + ", log " + l.Name, Maker: "millrace " + version(),
		Variants: mining.FindVariants(s), Waits: waits, Notes: s.Notes,
	}
	zone := e.Project.zone()
	if s.First != eventlog.NoTime {
		in.First, in.Last = eventlog.TimeOf(s.First).In(zone), eventlog.TimeOf(s.Last).In(zone)
	}
	if l.ofOrders() {
		in.Cases = "orders"
		in.Agreed = o2c.AgreedWait
		if in.Title == "" {
			in.Title = "How orders become cash"
		}
	}
	if l.Stored != nil {
		if err := storedFacts(e, l, &in); err != nil {
			return nil, err
		}
	}
	for _, d := range reports.Details {
		keep := mining.KeepActivities(s, d.Events)
		level, err := mapLevel(e, l.Log, s, keep, d.Steps)
		if err != nil {
			return nil, err
		}
		level.Name = d.Name
		in.Levels = append(in.Levels, level)
	}
	return reports.Flow(in), nil
}

// storedFacts adds what only a store knows: when it was loaded, what was left
// out, and key figures where it holds orders.
func storedFacts(e *env, l *openedLog, in *reports.FlowInput) error {
	loaded, err := l.Stored.Loaded(e)
	if err != nil {
		return err
	}
	in.Loaded = loaded.In(e.Project.zone())
	rejected, err := l.Stored.RejectedRows(e)
	if err != nil {
		return err
	}
	if rejected > 0 {
		in.LeftOut = append(in.LeftOut, reports.LeftOut{N: rejected, What: "rows rejected on load"})
	}
	if l.ofOrders() && !l.Narrowed { // the figures are of all orders
		in.Tiles, err = metrics.Evaluate(e, l.Stored.Query, headlines(), metrics.Options{LinkRate: e.Project.LinkRate})
	}
	return err
}

// headlines are the key figures that a report begins with; millrace kpi has all.
func headlines() []*metrics.KPI {
	var list []*metrics.KPI
	for _, k := range metrics.Catalogue() {
		switch k.Name {
		case "orders", "order_cycle_time_p50", "order_cycle_time_p90", "touchless_share", "shipment_to_invoice", "dso.simple":
			list = append(list, k)
		}
	}
	return list
}

// mapLevel projects a log onto some activities and draws the most frequent
// paths between them.
func mapLevel(ctx context.Context, l *eventlog.Log, s *eventlog.Summary, keep []string, paths float64) (reports.Level, error) {
	if len(keep) < len(s.Activities) {
		projected, err := l.Where(ctx, eventlog.Keep(keep...))
		if err != nil {
			return reports.Level{}, err
		}
		if s, err = eventlog.Summarize(ctx, projected, eventlog.SummaryOptions{WithoutVariants: true, Working: s.Working}); err != nil {
			return reports.Level{}, err
		}
	}
	g := mining.DFG(s)
	return reports.Level{Graph: g.KeepEdges(paths), Spine: mining.Spine(g), Backward: mining.Backward(s)}, nil
}

// writeMap draws a level as a picture of its own.
func writeMap(w io.Writer, level reports.Level, mode string) error {
	m := layout.Waiting
	if strings.HasPrefix(mode, "freq") {
		m = layout.Frequency
	}
	return layout.SVG(w, level.Graph, m, layout.Options{Spine: level.Spine, Backward: level.Backward})
}

// bottlenecks ranks the waits of a log that s summarizes, with the value of its cases where a
// store knows it.
func bottlenecks(e *env, l *openedLog, s *eventlog.Summary) (*mining.Bottlenecks, error) {
	if l.Stored == nil {
		return mining.FindBottlenecks(s, nil), nil
	}
	if l.ofOrders() {
		noted := *s // a summary is immutable
		noted.Notes = slices.Concat(s.Notes, agreedNotes(s))
		s = &noted
	}
	values, err := l.Stored.CaseValues(e, l.Name)
	if err != nil || len(values) == 0 {
		return mining.FindBottlenecks(s, nil), err
	}
	waiting, err := eventlog.Fold(e, l.Log, mining.WaitingValue(l.Label, func(n int64) (mining.Money, bool) {
		v, ok := values[n]
		return mining.Money{Currency: v.Currency, Amount: v.Amount}, ok
	}))
	if err != nil {
		return nil, err
	}
	return mining.FindBottlenecks(s, waiting), nil
}

// agreedNotes names the waits that are agreed payment terms: they are time, but
// no bottleneck.
func agreedNotes(s *eventlog.Summary) []eventlog.Note {
	var pairs []string
	for _, a := range s.Arcs {
		if from, to := s.Activities[a.From], s.Activities[a.To]; o2c.AgreedWait(from, to) {
			pairs = append(pairs, from+" → "+to)
		}
	}
	if len(pairs) == 0 {
		return nil
	}
	return []eventlog.Note{{Code: "agreed-terms", Text: "Agreed payment terms, so no bottleneck: " + strings.Join(pairs, ", ") + "."}}
}
