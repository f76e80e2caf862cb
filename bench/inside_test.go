package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"millrace/eventlog"
	"millrace/eventlog/calendar"
	"millrace/ingest"
	"millrace/ingest/parquetfile"
	"millrace/mining"
)

// errNotThere says that Millrace does not have what a step measures.
var errNotThere = errors.New("not there")

// A task is what this program does instead of tests, in a process of its own.
type task struct {
	name string
	do   func(ctx context.Context, out io.Writer, args []string) error
}

// tasks lists what a step may call by "inside NAME …".
var tasks = []task{
	{"open", open},
	{"fold", fold},
	{"filter", filter},
	{"increment", increment},
	{"grown", grown},
	{"calendar", working},
	{"sql", askFile},
	{"sql-load", loadTable},
	{"sql-table", askTable},
	{"encoding-xml", encodingXML},
	{"database", database},
	{"threads", threads},
	{"model", model},
	{"spend", spend},
}

// inside runs a task and returns the exit code: 2 where Millrace lacks what
// is asked for, as its command line returns for an unknown flag.
func inside(args []string) int {
	i := slices.IndexFunc(tasks, func(t task) bool { return t.name == args[0] })
	if i < 0 {
		fmt.Fprintf(os.Stderr, "bench: no task %q\n", args[0])
		return 1
	}
	switch err := tasks[i].do(context.Background(), os.Stdout, args[1:]); {
	case errors.Is(err, errNotThere):
		fmt.Fprintln(os.Stderr, err)
		return 2
	case err != nil:
		fmt.Fprintf(os.Stderr, "bench: %s: %v\n", strings.Join(args, " "), err)
		return 1
	}
	return 0
}

// spend takes time and memory, for the test of what is said of a process:
// spend SECONDS MEGABYTES.
func spend(_ context.Context, _ io.Writer, args []string) error {
	var seconds float64
	var megabytes int
	if _, err := fmt.Sscan(strings.Join(args, " "), &seconds, &megabytes); err != nil {
		return err
	}
	memory := make([]byte, megabytes*1e6)
	for ownCPU().Seconds() < seconds {
		for i := range memory {
			memory[i]++
		}
	}
	return nil
}

// A taken is one run of the inner part of a task, without what a process
// needs to begin.
type taken struct {
	Wall float64 `json:"wall_s"`
	CPU  float64 `json:"cpu_s"` // user and system, of all threads
}

// repeat runs f three times; once if that takes longer than ten seconds.
func repeat(f func() error) ([]taken, error) {
	var runs []taken
	for range 3 {
		cpu, start := ownCPU(), time.Now()
		if err := f(); err != nil {
			return nil, err
		}
		runs = append(runs, taken{time.Since(start).Seconds(), (ownCPU() - cpu).Seconds()})
		if runs[0].Wall > 10 {
			break
		}
	}
	return runs, nil
}

// say prints what a task found and how long its inner part took, in one
// object with what millrace mine prints of each of the parts.
func say(out io.Writer, runs []taken, parts ...any) error {
	all := map[string]any{"inside": runs}
	for _, part := range parts {
		text, err := json.Marshal(part)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(text, &all); err != nil {
			return err
		}
	}
	return json.NewEncoder(out).Encode(all)
}

// withLog opens the only log of the store in the folder.
func withLog(ctx context.Context, do func(*eventlog.Log) error) error {
	s, err := eventlog.Open(ctx, storeName, eventlog.OpenOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	l, err := s.Log(ctx, logName, eventlog.LogOptions{})
	if err != nil {
		return errors.Join(err, s.Close())
	}
	return errors.Join(do(l), l.Close(), s.Close())
}

// open opens a store and maps its log, checking what is mapped.
func open(ctx context.Context, out io.Writer, _ []string) error {
	var cases, events int64
	runs, err := repeat(func() error {
		return withLog(ctx, func(l *eventlog.Log) error {
			cases, events = l.Size()
			return nil
		})
	})
	if err != nil {
		return err
	}
	return say(out, runs, map[string]int64{"cases": cases, "events": events})
}

// A foldWay is one way to ask a log for its summary.
type foldWay struct {
	name string
	do   func(context.Context, *eventlog.Log) (*eventlog.Summary, error)
}

func summarize(o eventlog.SummaryOptions) func(context.Context, *eventlog.Log) (*eventlog.Summary, error) {
	return func(ctx context.Context, l *eventlog.Log) (*eventlog.Summary, error) {
		return eventlog.Summarize(ctx, l, o)
	}
}

// foldWays lists what "inside fold NAME" may be.
var foldWays = []foldWay{
	{"kept", summarize(eventlog.SummaryOptions{WithoutVariants: true})},
	{"plain", summarize(eventlog.SummaryOptions{WithoutVariants: true, Recount: true})},
	{"variants", summarize(eventlog.SummaryOptions{Recount: true})},
	{"exact", summarize(eventlog.SummaryOptions{Exact: true})},
	{"frequencies", summarize(eventlog.SummaryOptions{WithoutWaits: true, WithoutVariants: true})},
}

// fold summarizes a log that is open: fold WAY.
func fold(ctx context.Context, out io.Writer, args []string) error {
	for _, w := range foldWays {
		if w.name == args[0] {
			return withLog(ctx, func(l *eventlog.Log) error {
				var s *eventlog.Summary
				runs, err := repeat(func() (err error) {
					s, err = w.do(ctx, l)
					return err
				})
				if err != nil {
					return err
				}
				return say(out, runs, mining.DFG(s), mining.FindVariants(s))
			})
		}
	}
	return fmt.Errorf("%w: fold %s", errNotThere, args[0])
}

// filter narrows a log that is open, and summarizes what is left: filter KIND VALUE.
func filter(ctx context.Context, out io.Writer, args []string) error {
	f := eventlog.Period(time.Date(2023, 7, 1, 0, 0, 0, 0, time.UTC), time.Date(2024, 7, 1, 0, 0, 0, 0, time.UTC), eventlog.PeriodMode(args[1]))
	if args[0] != "period" {
		var err error
		if f, err = eventlog.ParseFilter(args[0], args[1]); err != nil {
			return err
		}
	}
	return withLog(ctx, func(l *eventlog.Log) error {
		var s *eventlog.Summary
		runs, err := repeat(func() error {
			narrowed, err := l.Where(ctx, f)
			if err == nil {
				s, err = eventlog.Summarize(ctx, narrowed, eventlog.SummaryOptions{})
			}
			return err
		})
		if err != nil {
			return err
		}
		return say(out, runs, mining.DFG(s), mining.FindVariants(s))
	})
}

// increment loads a file into the log of the store in the folder, and measures
// what comes after that: the columns of the whole log. It answers by these.
func increment(ctx context.Context, out io.Writer, args []string) error {
	f, err := parquetfile.Format.Open(ctx, args[0], ingest.Options{})
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := eventlog.Import(ctx, storeName, eventlog.OpenOptions{}, eventlog.ImportOptions{Log: logName, Kind: "parquet"}, f.Read, nil); err != nil {
		return err
	}
	s, err := eventlog.Open(ctx, storeName, eventlog.OpenOptions{})
	if err != nil {
		return err
	}
	defer s.Close()
	var sum *eventlog.Summary
	cpu, start := ownCPU(), time.Now()
	if err := s.BuildColumns(ctx, logName, eventlog.LogOptions{}); err != nil {
		return err
	}
	runs := []taken{{time.Since(start).Seconds(), (ownCPU() - cpu).Seconds()}}
	l, err := s.Log(ctx, logName, eventlog.LogOptions{})
	if err != nil {
		return err
	}
	defer l.Close()
	if sum, err = eventlog.Summarize(ctx, l, eventlog.SummaryOptions{WithoutVariants: true}); err != nil {
		return err
	}
	return say(out, runs, mining.DFG(sum))
}

// grown opens a log as an increment left it, and summarizes it.
func grown(ctx context.Context, out io.Writer, _ []string) error {
	var s *eventlog.Summary
	runs, err := repeat(func() error {
		return withLog(ctx, func(l *eventlog.Log) (err error) {
			s, err = eventlog.Summarize(ctx, l, eventlog.SummaryOptions{WithoutVariants: true})
			return err
		})
	})
	if err != nil {
		return err
	}
	return say(out, runs, mining.DFG(s))
}

// working counts the working time of a log that is open, by one calendar, or
// summarizes the log in it: working count, working fold.
func working(ctx context.Context, out io.Writer, args []string) error {
	office, err := calendar.Parse([]byte("{weekdays: \"08:00-18:00\", holidays: DE-HH}"), "Europe/Berlin")
	if err != nil {
		return err
	}
	by := &eventlog.Calendars{Default: office}
	return withLog(ctx, func(l *eventlog.Log) error {
		if args[0] == "count" {
			runs, err := repeat(func() error {
				_, err := l.WithCalendars(ctx, by)
				return err
			})
			if err != nil {
				return err
			}
			return say(out, runs)
		}
		l, err := l.WithCalendars(ctx, by)
		if err != nil {
			return err
		}
		var s *eventlog.Summary
		runs, err := repeat(func() (err error) {
			s, err = eventlog.Summarize(ctx, l, eventlog.SummaryOptions{WithoutVariants: true, Working: true, Recount: true})
			return err
		})
		if err != nil {
			return err
		}
		return say(out, runs, mining.DFG(s))
	})
}
