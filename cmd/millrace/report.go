package main

import (
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
	if err := flowFacts(e, l, s, &in); err != nil {
		return nil, err
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
		in.Tiles, err = metrics.Evaluate(e, l.Stored.Query, metrics.Named(reports.Figures...), metrics.Options{LinkRate: e.Project.LinkRate})
	}
	return err
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
	waiting, err := waitingValue(e, l, l.Log)
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
