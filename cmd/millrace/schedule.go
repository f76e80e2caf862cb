package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"millrace/eventlog"
	"millrace/reports/schedule"
)

// schedules are those of the project, checked.
func (e *env) schedules() ([]*schedule.Schedule, error) {
	return schedule.New(e.Project.Schedules, e.Project.Timezone, stepKinds(e))
}

// runner is what runs schedules of the project, all or those named.
func (e *env) runner(names []string) (*schedule.Runner, error) {
	all, err := e.schedules()
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errors.New("the project has no schedules; name them in millrace.yaml (millrace init writes one that shows how)")
	}
	var known []string
	for _, s := range all {
		known = append(known, s.Name)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, usageError{fmt.Errorf("the project has no schedule %q%s; it has %s", name, eventlog.DidYouMean(name, known), strings.Join(known, ", "))}
		}
	}
	if len(names) > 0 {
		all = slices.DeleteFunc(all, func(s *schedule.Schedule) bool { return !slices.Contains(names, s.Name) })
	}
	return &schedule.Runner{
		Schedules: all, Kinds: stepKinds(e), Path: e.Project.storePath() + ".runs", Now: e.now,
		Sources: e.sourcesLoaded, Alert: e.alertSchedule(), Log: slog.New(slog.NewTextHandler(e.Stderr, nil)),
	}, nil
}

// sourcesLoaded says when the sources that a schedule loads, else all of the
// project's, brought something new last.
func (e *env) sourcesLoaded(ctx context.Context, s *schedule.Schedule) (list []schedule.Source, err error) {
	var names []string
	for _, step := range s.Steps {
		if step.Kind != "ingest" {
			continue
		}
		own, err := stepSources(e.Project, step)
		if err != nil {
			return nil, err
		}
		if names = append(names, own...); len(own) == 0 {
			names = nil
			break
		}
	}
	store, err := eventlog.Open(ctx, e.Project.storePath(), eventlog.OpenOptions{ReadOnly: true, Wait: e.Wait, Memory: e.Memory})
	if err != nil && !errors.Is(err, eventlog.ErrNoStore) {
		return nil, err
	}
	loaded := map[string]time.Time{}
	if err == nil {
		loaded, err = store.SourcesLoaded(ctx)
		if err := errors.Join(err, store.Close()); err != nil {
			return nil, err
		}
	}
	for name, source := range e.Project.Sources {
		if len(names) > 0 && !slices.Contains(names, name) {
			continue
		}
		systems := []string{name}
		if source.Distributor != nil {
			systems = distributorNames()
		}
		for _, system := range systems {
			list = append(list, schedule.Source{Name: system, Loaded: loaded[system]})
		}
	}
	slices.SortFunc(list, func(a, b schedule.Source) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// scheduleRunCmd is millrace schedule run.
type scheduleRunCmd struct {
	Names []string `arg:"" optional:"" help:"Names of schedules; default: all of the project."`
	Once  bool     `help:"Run what is due now, missed or to be tried again, and end: for cron, systemd and Kubernetes."`
	Again bool     `help:"Run the last period of the schedules named again, whatever became of it, and end."`
	jsonFlag
}

func (c *scheduleRunCmd) Help() string {
	return "Examples:\n  millrace schedule run\n  millrace schedule run --once\n  millrace schedule run daily --again\n\nA run is made once for its period, by however many processes. One that failed is tried again after 5, 15 and 45 minutes, from the step that failed on. Stopped by SIGTERM, a step has 30 s to end, then it is undone and repeated at the next start."
}

func (c *scheduleRunCmd) Run(e *env) error {
	switch {
	case c.Once && c.Again:
		return usageError{errors.New("--once and --again exclude each other: what is due, or what was run already")}
	case c.Again && len(c.Names) == 0:
		return usageError{errors.New("--again: name the schedules")}
	case c.JSON && !c.Once && !c.Again:
		return usageError{errors.New("--json is for --once and --again: a service has no end to print at")}
	}
	r, err := e.runner(c.Names)
	if err != nil {
		return err
	}
	if !c.Once && !c.Again {
		return r.Run(e)
	}
	runs := []schedule.Run{}
	if c.Again {
		var failures []error
		for _, s := range r.Schedules {
			run, err := r.Again(e, s)
			if run.Schedule != "" {
				runs = append(runs, run)
			}
			if failures = append(failures, err); e.Err() != nil {
				break
			}
		}
		err = errors.Join(failures...)
	} else if made, e := r.Once(e); len(made) > 0 {
		runs, err = made, e
	} else {
		err = e
	}
	return errors.Join(c.print(e, r, runs), limitsOnly(err))
}

func (c *scheduleRunCmd) print(e *env, r *schedule.Runner, runs []schedule.Run) error {
	if c.JSON {
		return printJSON(e.Stdout, struct {
			Runs []schedule.Run `json:"runs"`
		}{runs})
	}
	for _, run := range runs {
		fmt.Fprintf(e.Stdout, "%s of %s: %s\n", run.Schedule, run.Period, runText(run, r.Schedules))
	}
	if len(runs) == 0 {
		fmt.Fprintln(e.Stdout, "nothing is due")
	}
	return nil
}

// limitsOnly marks an error that says of violated limits, and of nothing else.
func limitsOnly(err error) error {
	list := []error{err}
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		list = j.Unwrap()
	}
	if err == nil || slices.ContainsFunc(list, func(e error) bool { return !errors.Is(e, schedule.ErrLimits) }) {
		return err
	}
	return limitsError{err}
}

// runText says in words how far a run is.
func runText(run schedule.Run, all []*schedule.Schedule) string {
	of := ""
	if i := slices.IndexFunc(all, func(s *schedule.Schedule) bool { return s.Name == run.Schedule }); i >= 0 {
		of = fmt.Sprintf(" of %d", len(all[i].Steps))
	}
	switch run.State {
	case schedule.Finished:
		return "finished"
	case schedule.Failed:
		if run.Final {
			return "failed, and is given up: " + printable(run.Error)
		}
		return "failed: " + printable(run.Error)
	case schedule.Undone:
		return fmt.Sprintf("stopped after step %d%s", run.Steps, of)
	}
	return fmt.Sprintf("at step %d%s", run.Steps+1, of)
}

// scheduleNextCmd is millrace schedule next.
type scheduleNextCmd struct {
	Names []string `arg:"" optional:"" help:"Names of schedules; default: all of the project."`
	N     int      `short:"n" default:"5" help:"How many due times of each."`
	After string   `placeholder:"DATE" help:"Those after this date or time; default: now."`
	jsonFlag
}

func (c *scheduleNextCmd) Help() string {
	return "Example: millrace schedule next daily --after 2026-03-28\n\nA time that the clocks skip is due as they have gone forward; one that they show twice is due the first time. What is due in every hour goes on in even steps."
}

func (c *scheduleNextCmd) Run(e *env) error {
	if c.N < 1 || c.N > 10_000 {
		return usageError{errors.New("-n is from 1 to 10000")}
	}
	r, err := e.runner(c.Names)
	if err != nil {
		return err
	}
	type coming struct {
		Name     string      `json:"name"`
		Cron     string      `json:"cron"`
		Timezone string      `json:"timezone"`
		Due      []time.Time `json:"due"`
		Periods  []string    `json:"periods"`
	}
	list := []coming{}
	t := newTable("schedule", "due", "of")
	for _, s := range r.Schedules {
		after := r.Now()
		if c.After != "" {
			if after, _, err = parseWhen(c.After, s.Zone()); err != nil {
				return usageError{fmt.Errorf("--after: %w", err)}
			}
			after = after.Add(-time.Nanosecond) // that time is one of those
		}
		x := coming{Name: s.Name, Cron: s.Cron.String(), Timezone: s.Zone().String()}
		for _, due := range s.Next(after, c.N) {
			period := s.Period.Before(due, s.Zone()).Name
			x.Due, x.Periods = append(x.Due, due.UTC()), append(x.Periods, period)
			t.add(s.Name, due.Format("Mon 2006-01-02 15:04 MST"), period)
		}
		list = append(list, x)
	}
	if c.JSON {
		return printJSON(e.Stdout, struct {
			Schedules []coming `json:"schedules"`
		}{list})
	}
	return t.write(e.Stdout)
}

// scheduleListCmd is millrace schedule list.
type scheduleListCmd struct{ jsonFlag }

func (c *scheduleListCmd) Help() string { return "Example: millrace schedule list" }

func (c *scheduleListCmd) Run(e *env) error {
	r, err := e.runner(nil)
	if err != nil {
		return err
	}
	list, err := r.List()
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e.Stdout, struct {
			Schedules []schedule.Listed `json:"schedules"`
		}{list})
	}
	t := newTable("schedule", "cron", "zone", "steps", "next", "last", "result")
	for i, l := range list {
		const layout = "Mon 2006-01-02 15:04 MST"
		zone := r.Schedules[i].Zone()
		last, result := "–", "not run yet"
		if l.Last != nil {
			last, result = l.Last.Period, runText(*l.Last, r.Schedules)
			switch {
			case l.Running:
				result += ", running"
			case l.Retry != nil:
				result += "; goes on at the next start, from " + l.Retry.In(zone).Format(layout)
			}
		}
		t.add(l.Name, l.Cron, l.Timezone, strings.Join(l.Steps, ", "), l.Next.In(zone).Format(layout), last, result)
	}
	return t.write(e.Stdout)
}
