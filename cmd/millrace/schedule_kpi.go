package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"millrace/eventlog"
	"millrace/metrics"
	"millrace/reports/deliver"
	"millrace/reports/schedule"
)

// A kpiArgs is what a step of kind kpi takes: key figures of the run's period,
// as of its end, to a file or a destination of the project.
type kpiArgs struct {
	Name     string   `yaml:"name"` // of the export; default: the schedule's
	KPIs     []string `yaml:"kpis"` // by name or the beginning of it; default: all
	Family   string   `yaml:"family"`
	Grain    string   `yaml:"grain"` // one value a day, week, … of the period; default: one
	By       []string `yaml:"by"`
	Only     []string `yaml:"only"`
	Currency string   `yaml:"currency"`
	To       stepTo   `yaml:"to"`
}

// A stepTo is where a step's export goes: the name of a destination of the
// project, a file, or a destination as it stands under destinations.
type stepTo struct {
	name string
	to   deliver.To
}

// UnmarshalYAML reads a text or a destination.
func (t *stepTo) UnmarshalYAML(decode func(any) error) error {
	if err := decode(&t.name); err == nil {
		return nil
	}
	t.name = ""
	return decode(&t.to)
}

// find looks a destination up; a path is relative to the project file.
func (t stepTo) find(p *project) (deliver.To, error) {
	if t.name == "" && t.to == (deliver.To{}) {
		return t.to, errors.New(`to is missing: where the export goes, such as "out/{name}-{period}.xlsx"`)
	}
	if t.name == "" {
		return t.to, t.to.Check()
	}
	if to, ok := p.Destinations[t.name]; ok {
		return to, nil
	}
	if filepath.Ext(t.name) == "" {
		return deliver.To{}, fmt.Errorf("to: %q is no destination of the project, and has no end that says a format, such as .xlsx%s", t.name, eventlog.DidYouMean(t.name, sortedNames(p.Destinations)))
	}
	to := deliver.To{Path: p.path(t.name)}
	return to, to.Check()
}

func kpiStep(e *env) schedule.Kind {
	read := func(s schedule.Step) (a kpiArgs, to deliver.To, err error) {
		if err := s.Decode(&a); err != nil {
			return a, to, err
		}
		all, err := e.Project.kpis()
		if err != nil {
			return a, to, err
		}
		if _, err := chooseKPIs(all, a.KPIs, a.Family); err != nil {
			return a, to, err
		}
		if a.Grain != "" && !slices.Contains(metrics.Grains, metrics.Grain(a.Grain)) {
			return a, to, fmt.Errorf("grain: %q is none of %s", a.Grain, quotedList(metrics.Grains))
		}
		to, err = a.To.find(e.Project)
		return a, to, err
	}
	return schedule.Kind{
		Name:  "kpi",
		Check: func(s schedule.Step) error { _, _, err := read(s); return err },
		Run: func(ctx context.Context, job schedule.Job) error {
			a, to, err := read(job.Step)
			if err != nil {
				return err
			}
			in := e.in(ctx)
			c := exportKPICmd{chosenFlags: chosenFlags{KPI: a.KPIs, Family: a.Family}, kpiFlags: kpiFlags{Period: a.Grain, By: a.By, Only: a.Only, Currency: a.Currency}}
			if job.Period.From.Before(job.Period.To) {
				zone := e.Project.zone()
				c.From = string(metrics.DayOf(job.Period.From.In(zone)))
				c.To = string(metrics.DayOf(job.Period.To.In(zone).Add(-1)))
				c.AsOf = c.To
			}
			return c.deliver(in, to, first(a.Name, job.Schedule), job.Period.Name)
		},
	}
}

// A starArgs is what a step of kind star takes.
type starArgs struct {
	Name   string   `yaml:"name"`
	Tables []string `yaml:"tables"` // default: all
	To     stepTo   `yaml:"to"`
}

func starStep(e *env) schedule.Kind {
	read := func(s schedule.Step) (a starArgs, to deliver.To, err error) {
		if err := s.Decode(&a); err != nil {
			return a, to, err
		}
		if err := knownStarTables(a.Tables); err != nil {
			return a, to, err
		}
		to, err = a.To.find(e.Project)
		return a, to, err
	}
	return schedule.Kind{
		Name:  "star",
		Check: func(s schedule.Step) error { _, _, err := read(s); return err },
		Run: func(ctx context.Context, job schedule.Job) error {
			a, to, err := read(job.Step)
			if err != nil {
				return err
			}
			return (&exportStarCmd{Table: a.Tables}).deliver(e.in(ctx), to, first(a.Name, job.Schedule), job.Period.Name)
		},
	}
}

// knownStarTables says which names are of no table of the star schema.
func knownStarTables(names []string) error {
	var known []string
	for _, t := range metrics.Star() {
		known = append(known, t.Name)
	}
	for _, n := range names {
		if !slices.Contains(known, n) {
			return fmt.Errorf("no table %q%s; there are %s", n, eventlog.DidYouMean(n, known), strings.Join(known, ", "))
		}
	}
	return nil
}
