package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/ingest/distributor"
	"millrace/ingest/folder"
)

// A placed system is one with the folder its tables are in.
type placed struct {
	*eventlog.System
	dir string
}

// distributorIn lists the distributor's systems that have a folder in dir with
// tables of theirs, in the order of loading.
func distributorIn(dir string) (there []placed, missing []string) {
	for _, sys := range distributor.Systems() {
		sub := filepath.Join(dir, sys.Name)
		entries, err := os.ReadDir(sub)
		found := 0
		for _, t := range sys.Tables {
			for _, e := range entries {
				if folder.Holds(e.Name(), t.Name) {
					found++
					break
				}
			}
		}
		if err != nil || found*2 < len(sys.Tables) {
			missing = append(missing, sys.Name)
			continue
		}
		there = append(there, placed{sys, sub})
	}
	return there, missing
}

// isDistributor says whether a folder is to be loaded as the distributor's:
// it was named so, or most of the systems are there.
func isDistributor(dir, kind string) bool {
	if kind != "" {
		return kind == distributor.Kind
	}
	there, missing := distributorIn(dir)
	return len(there) > len(missing)
}

// loadDistributor loads the systems that are in a folder and, unless quiet,
// says what that did.
func loadDistributor(e *env, dir string, complete, quiet bool) ([]eventlog.LoadReceipt, error) {
	if _, err := os.ReadDir(dir); err != nil {
		return nil, err
	}
	list, missing := distributorIn(dir)
	if len(list) == 0 {
		return nil, fmt.Errorf("%s: none of the folders %s of a %s is there with its tables", dir, strings.Join(missing, ", "), distributor.Kind)
	}
	receipts, err := loadSystems(e, list, dir, complete)
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		receipts[0].Notes = append(receipts[0].Notes, eventlog.Note{Code: "missing-system", Text: fmt.Sprintf(
			"%s: no folder of %s; what it would say is missing.", dir, strings.Join(missing, ", "))})
	}
	if !quiet {
		return receipts, printReceipts(e.Stdout, dir, receipts)
	}
	return receipts, nil
}

// stagers is how many systems are read at a time: to read is one core's work
// to parse and another's to write.
const stagers = 2

// loadSystems lands the systems' tables and maps them in their order, then
// computes what follows from all: business views, logs, their columns. Nothing
// holds the store while files are read.
func loadSystems(e *env, list []placed, dir string, complete bool) (receipts []eventlog.LoadReceipt, err error) {
	tables := make([]*folder.Tables, len(list))
	defer func() {
		for _, t := range tables {
			if t != nil {
				err = errors.Join(err, t.Close())
			}
		}
	}()
	for i, sys := range list {
		sys.Origin = sys.dir
		if tables[i], err = folder.Open(e, sys.dir, sys.System, complete); err != nil {
			return nil, err
		}
	}
	staged, err := stageSystems(e, list, tables, dir)
	defer func() {
		for _, s := range staged {
			if s != nil {
				err = errors.Join(err, s.Discard())
			}
		}
	}()
	if err != nil {
		return nil, err
	}
	s, err := eventlog.Open(e, e.Project.storePath(), eventlog.OpenOptions{Wait: e.Wait, Memory: e.Memory})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	for i, sys := range list {
		p := startStep(e.Stderr, fmt.Sprintf("%s %d/%d  mapping %s rows", sys.Name, i+1, len(list), count(tables[i].Read())))
		r, err := s.MergeTables(e, staged[i])
		p.done()
		if err != nil {
			return nil, err
		}
		r.Notes = append(r.Notes, tables[i].Notes()...)
		receipts = append(receipts, r)
	}
	p := startStep(e.Stderr, "business views")
	_, err = s.Derive(e, o2c.Refresh())
	p.done()
	if err != nil {
		return nil, err
	}
	for i, sys := range list {
		if receipts[i].Coverage, err = s.Coverage(e, o2c.Model(), sys.Name); err != nil {
			return nil, err
		}
	}
	p = startStep(e.Stderr, "logs")
	defer p.done()
	return receipts, e.defineLogs(s)
}

// stageSystems reads the files of all systems. What it returns is to be
// discarded, error or not; places of systems that were not read are nil.
func stageSystems(e *env, list []placed, tables []*folder.Tables, dir string) ([]*eventlog.StagedTables, error) {
	p := startProgress(e.Stderr, "reading "+dir, func() (done, total int64) {
		for _, t := range tables {
			d, n := t.Progress()
			done, total = done+d, total+n
		}
		return done, total
	}, func() (rows int64) {
		for _, t := range tables {
			rows += t.Read()
		}
		return rows
	})
	defer p.done()
	staged := make([]*eventlog.StagedTables, len(list))
	g, ctx := errgroup.WithContext(e)
	g.SetLimit(stagers)
	for i, sys := range list {
		g.Go(func() (err error) {
			staged[i], err = eventlog.StageTables(ctx, e.Project.storePath(), *sys.System, tables[i].Rows, eventlog.ExtractOptions{Content: tables[i].Content, Memory: e.Memory, Names: eventlog.Names{Keep: true}})
			return err
		})
	}
	return staged, g.Wait()
}

// startStep shows that a step of unknown length is running, and for how long.
func startStep(out io.Writer, what string) *progress {
	return startProgress(out, what, func() (int64, int64) { return 0, 0 }, nil)
}

// printReceipts says what the loads of several systems did.
func printReceipts(w io.Writer, dir string, receipts []eventlog.LoadReceipt) error {
	t := newTable("system", " rows", " new", " rejected", " events", " objects", " relations", " changes")
	var sum eventlog.LoadReceipt
	row := func(name string, r *eventlog.LoadReceipt, d ...eventlog.Delta) {
		cells := []string{name, count(r.RowsIn), count(r.RowsNew), count(r.RowsRejected)}
		for _, x := range d {
			cells = append(cells, count(x.New+x.Changed+x.Gone))
		}
		t.add(cells...)
	}
	add := func(a *eventlog.Delta, b eventlog.Delta) {
		a.New, a.Changed, a.Gone = a.New+b.New, a.Changed+b.Changed, a.Gone+b.Gone
	}
	for i := range receipts {
		r := &receipts[i]
		row(r.Source, r, r.Events, r.Objects, r.Relations, r.Changes)
		sum.RowsIn, sum.RowsNew, sum.RowsRejected = sum.RowsIn+r.RowsIn, sum.RowsNew+r.RowsNew, sum.RowsRejected+r.RowsRejected
		add(&sum.Events, r.Events)
		add(&sum.Objects, r.Objects)
		add(&sum.Relations, r.Relations)
		add(&sum.Changes, r.Changes)
	}
	row("all", &sum, sum.Events, sum.Objects, sum.Relations, sum.Changes)
	if sum.RowsNew == 0 {
		fmt.Fprintf(w, "nothing new in %s; the store already has its %s rows\n", dir, count(sum.RowsIn))
	} else {
		fmt.Fprintf(w, "%s: what its systems brought\n", dir)
		if err := t.write(w); err != nil {
			return err
		}
	}
	for _, r := range receipts {
		for _, x := range r.Rejects[:min(len(r.Rejects), 3)] {
			fmt.Fprintf(w, "  %s: rejected: %s\n", r.Source, printable(rejectText(x)))
		}
		if r.RowsRejected > 3 {
			fmt.Fprintf(w, "  %s: … and %s more; millrace log show lists them\n", r.Source, count(r.RowsRejected-3))
		}
		for _, n := range r.Notes {
			fmt.Fprintf(w, "  %s: note: %s\n", r.Source, printable(strings.TrimSpace(n.Text)))
		}
	}
	return nil
}
