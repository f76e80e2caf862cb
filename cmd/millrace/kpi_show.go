package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"millrace/eventlog"
	"millrace/metrics"
)

// kpiShowCmd is millrace kpi show.
type kpiShowCmd struct {
	KPI string `arg:"" help:"Which figure."`
	kpiFlags
	jsonFlag
}

func (c *kpiShowCmd) Help() string { return "Example: millrace kpi show dso.simple" }

// shownJSON is a definition as the command line's stable JSON.
type shownJSON struct {
	Name       string            `json:"name"`
	Title      string            `json:"title"`
	Family     string            `json:"family"`
	Kind       metrics.Kind      `json:"kind"`
	Unit       metrics.Unit      `json:"unit"`
	Better     metrics.Better    `json:"better"`
	Version    int               `json:"version"`
	Hash       string            `json:"hash"`
	Of         string            `json:"of"`
	Doc        string            `json:"doc"`
	Owner      string            `json:"owner"`
	Sources    []string          `json:"sources"`
	View       string            `json:"view"`
	LeaveOut   []string          `json:"leave_out"`
	Dimensions []string          `json:"dimensions"`
	Needs      []needJSON        `json:"needs"`
	SQL        []string          `json:"sql"`
	Examples   int               `json:"examples"`
	Accepted   *acceptedShown    `json:"accepted"`
	Store      bool              `json:"store"` // whether the project has one
	Splits     map[string]string `json:"split,omitempty"`
}

type needJSON struct {
	Name string `json:"name"`
	Has  *bool  `json:"has"` // null: there is no store
}

type acceptedShown struct {
	Version int         `json:"version"`
	By      string      `json:"by"`
	On      metrics.Day `json:"on"`
	Note    string      `json:"note,omitempty"`
	Changed bool        `json:"changed"`
}

func (c *kpiShowCmd) Run(e *env) (err error) {
	k, err := e.oneKPI(c.KPI)
	if err != nil {
		return err
	}
	accepted, err := e.Project.accepted()
	if err != nil {
		return err
	}
	o, err := c.options(e)
	if err != nil {
		return err
	}
	out := shownJSON{Name: k.Name, Title: k.Title, Family: k.Family, Kind: k.Kind, Unit: k.Unit, Better: k.Better, Version: k.Version, Hash: k.Hash(), Of: k.Of, Doc: k.Doc,
		Owner: k.Owner, Sources: k.Sources, View: k.View, LeaveOut: []string{}, Examples: len(k.Examples), Splits: k.Split}
	for _, l := range k.LeaveOut {
		out.LeaveOut = append(out.LeaveOut, l.Reason)
	}
	if a := metrics.Accepted(accepted, k); a != nil {
		out.Accepted = &acceptedShown{a.Version, a.By, a.On, a.Note, a.Changed(k)}
	}
	var d metrics.Description
	s, err := e.openClosed()
	switch {
	case errors.Is(err, eventlog.ErrNoStore): // the SQL is that of a store with everything
		bench, err := metrics.OpenBench(e)
		if err != nil {
			return err
		}
		defer bench.Close()
		if d, err = bench.Describe(e, k); err != nil {
			return err
		}
		if out.SQL, err = bench.SQL(e, k, o); err != nil {
			return err
		}
	case err != nil:
		return err
	default:
		defer func() { err = errors.Join(err, s.Close()) }()
		out.Store = true
		if d, err = metrics.Describe(e, s.Query, k); err != nil {
			return err
		}
		if lacks := lacking(d); len(lacks) == 0 {
			if out.SQL, err = metrics.SQL(e, s.Query, k, o); err != nil {
				return err
			}
		}
	}
	out.Dimensions = d.Dimensions
	for _, n := range d.Needs {
		need := needJSON{Name: n.Name}
		if out.Store {
			need.Has = &n.Has
		}
		out.Needs = append(out.Needs, need)
	}
	if c.JSON {
		return printJSON(e.Stdout, out)
	}
	return out.print(e.Stdout)
}

// lacking are the needs that the store does not have.
func lacking(d metrics.Description) []string {
	var list []string
	for _, n := range d.Needs {
		if !n.Has {
			list = append(list, n.Name)
		}
	}
	return list
}

func (s *shownJSON) print(w io.Writer) error {
	t := newTable("", "")
	line := func(name, text string) {
		if text != "" {
			t.add(name, printable(text))
		}
	}
	line("figure", s.Name+", version "+fmt.Sprint(s.Version))
	line("title", s.Title)
	line("definition", s.Doc)
	line("family", s.Family)
	line("kind", string(s.Kind)+" of "+s.Of+", in "+string(s.Unit))
	line("better", string(s.Better))
	line("owner", s.Owner)
	line("sources", strings.Join(s.Sources, "; "))
	line("left out", strings.Join(s.LeaveOut, ", "))
	var has, lacks []string
	for _, n := range s.Needs {
		if n.Has != nil && !*n.Has {
			lacks = append(lacks, n.Name)
		} else {
			has = append(has, n.Name)
		}
	}
	line("needs", strings.Join(has, ", "))
	line("lacks", strings.Join(lacks, ", "))
	if !s.Store {
		line("store", "none yet; the SQL is that of a store with all views")
	}
	line("dimensions", strings.Join(s.Dimensions, ", "))
	line("examples", fmt.Sprint(s.Examples))
	accepted := "by nobody"
	if a := s.Accepted; a != nil {
		accepted = fmt.Sprintf("version %d by %s on %s", a.Version, a.By, a.On)
		if a.Note != "" {
			accepted += ": " + a.Note
		}
		if a.Changed {
			accepted += "; changed since"
		}
	}
	line("accepted", accepted)
	line("hash", s.Hash)
	var b strings.Builder
	if err := t.write(&b); err != nil {
		return err
	}
	text := strings.TrimLeft(b.String(), "\n")
	for _, sql := range s.SQL {
		text += "\n" + printableLines(sql) + "\n"
	}
	_, err := io.WriteString(w, text)
	return err
}
