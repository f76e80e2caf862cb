package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"millrace/eventlog"
	"millrace/ingest/extract"
)

const (
	dryRunRows = 1000 // of a table are mapped
	dryRunShow = 5    // of them are shown
)

// A dryRun is what ingest would do with a source.
type dryRun struct {
	Source   string            `json:"source"`
	From     string            `json:"from"`
	Findings []extract.Finding `json:"findings,omitempty"`
	Tables   []dryTable        `json:"tables"`
	Events   []dryEvents       `json:"events"` // of the rows that were tried
	Objects  []dryObjects      `json:"objects"`
	Notes    []eventlog.Note   `json:"notes,omitempty"`
}

// A dryTable is a table that would be read.
type dryTable struct {
	Table   string     `json:"table"`
	Rows    int64      `json:"rows"`            // in the source; -1: unknown
	Since   string     `json:"since,omitempty"` // rows changed from then on would be read
	Tried   int64      `json:"tried"`           // rows that were read to be mapped
	Columns []string   `json:"columns"`
	Sample  [][]string `json:"sample"`
}

type dryEvents struct {
	Activity string `json:"activity"`
	Events   int64  `json:"events"`
	First    string `json:"first"`
	Last     string `json:"last"`
}

type dryObjects struct {
	Type    string `json:"type"`
	Objects int64  `json:"objects"`
}

// dryRun tries the first rows of every table in a store of its own, which is
// thrown away.
func (c *ingestCmd) dryRun(e *env, plan []*planned) error {
	var runs []dryRun
	var failures []error
	for _, p := range plan {
		r, err := tryOut(e, p, readOptions{full: c.Full, since: c.Since})
		if err != nil {
			failures = append(failures, err)
			continue
		}
		runs = append(runs, *r)
	}
	if c.JSON {
		return errors.Join(append(failures, printJSON(e.Stdout, runs))...)
	}
	for i := range runs {
		if err := runs[i].print(e.Stdout); err != nil {
			return err
		}
	}
	return errors.Join(failures...)
}

func tryOut(e *env, p *planned, o readOptions) (d *dryRun, err error) {
	dir, err := os.MkdirTemp("", "millrace-dry-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	o.limit, o.store = dryRunRows, filepath.Join(dir, "millrace.duckdb")
	r, err := e.read(p, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	d = &dryRun{Source: p.name, From: r.sys.Origin, Tables: []dryTable{}, Events: []dryEvents{}, Objects: []dryObjects{}}
	names, err := e.names(false)
	if err != nil {
		return nil, err
	}
	hide := personalColumns(r.sys)
	if names.Keep {
		hide = nil
	}
	d.Tables = slices.Grow(d.Tables, len(r.rows)) // what is tried is counted in them: they must not move
	for i := range r.rows {
		t := dryTable{Table: r.rows[i].Table, Rows: -1, Columns: r.rows[i].Columns, Sample: [][]string{}}
		if r.extracted != nil {
			if j := slices.IndexFunc(r.extracted.Reconciliation, func(x extract.Reconciled) bool { return x.Table == t.Table }); j >= 0 {
				t.Rows, t.Since = r.extracted.Reconciliation[j].Counted, r.extracted.Reconciliation[j].Since
			}
		}
		d.Tables = append(d.Tables, t)
		r.rows[i] = sampled(r.rows[i], &d.Tables[len(d.Tables)-1], hide)
	}
	if r.extracted != nil {
		d.Findings = r.extracted.Findings
	}
	if r.staged, err = eventlog.StageTables(e, o.store, *r.sys, r.rows, eventlog.ExtractOptions{Memory: e.Memory, Names: names}); err != nil {
		return nil, err
	}
	s, err := eventlog.Open(e, o.store, eventlog.OpenOptions{Memory: e.Memory})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	receipt, err := s.MergeTables(e, r.staged)
	if err != nil {
		return nil, err
	}
	d.Notes = slices.DeleteFunc(r.notes(receipt.Notes), func(n eventlog.Note) bool {
		return slices.ContainsFunc(d.Findings, func(f extract.Finding) bool { return n == f.Note() })
	})
	var x dryEvents
	err = eachRow(e, s, `SELECT activity, count(*), coalesce(min(time)::VARCHAR, ''), coalesce(max(time)::VARCHAR, '') FROM main.event GROUP BY activity ORDER BY count(*) DESC, activity`,
		nil, &x.Activity, &x.Events, &x.First, &x.Last)(func() error { d.Events = append(d.Events, x); return nil })
	if err != nil {
		return nil, err
	}
	var y dryObjects
	return d, eachRow(e, s, `SELECT type, count(*) FROM main.object GROUP BY type ORDER BY type`, nil, &y.Type, &y.Objects)(func() error {
		d.Objects = append(d.Objects, y)
		return nil
	})
}

// personalColumns are the columns with names of users, by table.
func personalColumns(sys *eventlog.System) map[string][]string {
	list := map[string][]string{}
	for _, t := range sys.Tables {
		list[t.Name] = t.Personal
	}
	return list
}

// errEnough ends a sample.
var errEnough = errors.New("enough")

// sampled lets the first rows of a table through, and keeps some to show.
func sampled(r eventlog.TableRows, t *dryTable, hide map[string][]string) eventlog.TableRows {
	all := r.Rows
	r.Complete = false
	r.Rows = func(fn func(line int64, fields []string) error) error {
		err := all(func(line int64, fields []string) error {
			if t.Tried >= dryRunRows {
				return errEnough
			}
			if t.Tried++; len(t.Sample) < dryRunShow {
				row := slices.Clone(fields)
				for i, c := range r.Columns {
					if i < len(row) && row[i] != "" && slices.ContainsFunc(hide[r.Table], func(name string) bool { return strings.EqualFold(name, c) }) {
						row[i] = "(a name)"
					}
				}
				t.Sample = append(t.Sample, row)
			}
			return fn(line, fields)
		})
		if errors.Is(err, errEnough) {
			return nil
		}
		return err
	}
	return r
}

func (d *dryRun) print(w io.Writer) error {
	fmt.Fprintf(w, "%s: %s; nothing is stored\n", d.Source, printable(d.From))
	for _, f := range d.Findings {
		fmt.Fprintf(w, "  %s\n", printable(f.Text))
	}
	for _, t := range d.Tables {
		line := fmt.Sprintf("\n%s", t.Table)
		if t.Rows >= 0 {
			line += fmt.Sprintf(": %s rows in the source", count(t.Rows))
		}
		if t.Since != "" {
			line += ", read since " + t.Since
		}
		fmt.Fprintf(w, "%s, tried %s\n", line, count(t.Tried))
		for _, row := range t.Sample {
			var cells []string
			for i, v := range row {
				if v != "" && i < len(t.Columns) {
					cells = append(cells, t.Columns[i]+"="+v)
				}
			}
			fmt.Fprintf(w, "  %s\n", printable(cut(strings.Join(cells, "  "), 200)))
		}
	}
	fmt.Fprintf(w, "\nwhat the mapping makes of the rows that were tried (%s of a table at most):\n", count(dryRunRows))
	t := newTable("activity", " events", "first", "last")
	for _, x := range d.Events {
		t.add(x.Activity, count(x.Events), x.First, x.Last)
	}
	if err := t.write(w); err != nil {
		return err
	}
	var types []string
	for _, x := range d.Objects {
		types = append(types, fmt.Sprintf("%s %s", x.Type, count(x.Objects)))
	}
	fmt.Fprintf(w, "objects: %s\n", strings.Join(types, ", "))
	printNotes(w, d.Notes)
	return nil
}

// cut shortens a text.
func cut(text string, most int) string {
	r := []rune(text)
	if len(r) <= most {
		return text
	}
	return string(r[:most-1]) + "…"
}
