package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"millrace/eventlog"
)

func dirOf(path string) string { return filepath.Dir(path) }

// logListCmd is millrace log list.
type logListCmd struct{ jsonFlag }

// logShowCmd is millrace log show.
type logShowCmd struct {
	logFlags
	jsonFlag
}

func (c *logShowCmd) Help() string { return "Example: millrace log show orders.csv --json" }

// logFacts is the stable JSON of log show; names are added, never changed.
type logFacts struct {
	Log            string           `json:"log"`
	Events         int64            `json:"events"`
	DistinctEvents int64            `json:"distinct_events"`
	Cases          int64            `json:"cases"`
	Variants       int              `json:"variants"`
	Activities     int              `json:"activities"`
	First          *string          `json:"first"`
	Last           *string          `json:"last"`
	ObjectTypes    map[string]int64 `json:"object_types"`
	Notes          []eventlog.Note  `json:"notes"`
	Loads          []eventlog.Load  `json:"loads,omitempty"` // of a log in a store
	CalendarBy     string           `json:"calendar_by,omitempty"`
	Calendars      []string         `json:"calendars,omitempty"` // by name in the project
}

func (c *logShowCmd) Run(e *env) (err error) {
	l, shown, err := c.open(e)
	if err != nil || shown {
		return err
	}
	s, err := eventlog.Summarize(e, l.Log, eventlog.SummaryOptions{WithoutWaits: true, WithoutVariants: true})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	types, err := l.Types()
	if err != nil {
		return err
	}
	f := logFacts{
		Log: l.Name, Events: s.Events, DistinctEvents: s.DistinctEvents, Cases: s.Cases,
		Variants: len(s.Variants), Activities: len(s.Activities), ObjectTypes: types,
		Notes: append([]eventlog.Note{}, s.Notes...),
	}
	if s.First != eventlog.NoTime {
		first, last := eventlog.FormatTime(s.First), eventlog.FormatTime(s.Last)
		f.First, f.Last = &first, &last
	}
	if l.Origin == e.Project.storePath() {
		if f.Loads, err = l.Stored.Loads(e, l.Name); err != nil {
			return err
		}
	}
	if of := e.Project.calendarsOf(l.Name); of != nil {
		f.CalendarBy, f.Calendars = of.By, of.names(e.Project)
	}
	if c.JSON {
		return printJSON(e.Stdout, f)
	}
	t := newTable("", " ")
	t.add("events", count(f.Events))
	if f.DistinctEvents != f.Events {
		t.add("distinct events", count(f.DistinctEvents))
	}
	t.add("cases", count(f.Cases))
	t.add("variants", count(int64(f.Variants)))
	t.add("activities", count(int64(f.Activities)))
	if f.First != nil {
		t.add("first", *f.First)
		t.add("last", *f.Last)
		t.add("case duration, median", quantile(&s.CaseDuration, .5))
		t.add("case duration, p95", quantile(&s.CaseDuration, .95))
	}
	for _, name := range slices.Sorted(maps.Keys(f.ObjectTypes)) {
		t.add("objects of type "+printable(name), count(f.ObjectTypes[name]))
	}
	if len(f.Calendars) > 0 {
		by := strings.Join(f.Calendars, ", ")
		if f.CalendarBy != "" {
			by = f.CalendarBy + ": " + by
		}
		t.add("working time", printable("by "+by))
	}
	fmt.Fprintf(e.Stdout, "%s, from %s\n", printable(f.Log), l.Origin)
	if err := t.write(e.Stdout); err != nil {
		return err
	}
	printLoads(e.Stdout, f.Loads)
	printNotes(e.Stdout, f.Notes)
	return nil
}

// open opens the log; one that is object-centric, and of which nobody said what
// a case is, is shown as it is.
func (c *logShowCmd) open(e *env) (l *openedLog, shown bool, err error) {
	if c.Case != "" || len(c.Follow) > 0 || len(e.Filters) > 0 {
		l, err = c.logFlags.open(e)
		return l, false, err
	}
	s, err := c.stored(e)
	if err == nil && s != nil && s.whole() {
		return nil, true, errors.Join(s.show(e, c.JSON), s.Close())
	}
	if err == nil {
		l, err = c.openOf(e, s)
	}
	return l, false, err
}

// printLoads lists the loads that made a log, and the rows they did not take.
func printLoads(w io.Writer, loads []eventlog.Load) {
	for _, x := range loads {
		fmt.Fprintf(w, "load %d of %s, %s: %s rows read, %s new, %s rejected\n", x.Load, x.Ended.Format("2006-01-02 15:04Z"),
			printable(x.Origin), count(x.RowsIn), count(x.RowsNew), count(x.RowsRejected))
		for _, r := range x.Rejects {
			fmt.Fprintf(w, "  rejected: %s\n", printable(rejectText(r)))
		}
	}
}

func (c *logListCmd) Help() string { return "Example: millrace log list" }

// listedLog is one log of log list.
type listedLog struct {
	Log       string   `json:"log"`
	Case      string   `json:"case"`
	Follow    []string `json:"follow"`
	Lifecycle string   `json:"lifecycle"`
}

func (c *logListCmd) Run(e *env) error {
	s, err := eventlog.Open(e, e.Project.storePath(), eventlog.OpenOptions{ReadOnly: true, Wait: e.Wait, Memory: e.Memory})
	if err != nil {
		return err
	}
	defer s.Close()
	logs, err := s.Logs(e)
	if err != nil {
		return err
	}
	list := []listedLog{}
	for _, d := range logs {
		list = append(list, listedLog{d.Name, d.CaseType, append([]string{}, d.Follow...), d.Lifecycle.String()})
	}
	if c.JSON {
		return printJSON(e.Stdout, list)
	}
	t := newTable("log", "a case is a", "followed to")
	for _, l := range list {
		t.add(printable(l.Log), printable(l.Case), strings.Join(l.Follow, ", "))
	}
	return t.write(e.Stdout)
}
