package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"millrace/eventlog"
	"millrace/ingest/distributor"
	"millrace/ingest/folder"
)

// A placed system is one with the folder its tables are in.
type placed struct {
	*eventlog.System
	dir string
}

// distributorNames are the names of the distributor's systems.
func distributorNames() []string {
	var names []string
	for _, sys := range distributor.Systems() {
		names = append(names, sys.Name)
	}
	return names
}

// distributorIn lists the distributor's systems that have a folder in dir with
// tables of theirs, in the order of loading.
func distributorIn(dir string) (there []placed, missing []string) {
	for _, sys := range distributor.Systems() {
		sub := filepath.Join(dir, sys.Name)
		entries, err := os.ReadDir(sub)
		found := folder.Found(entries, sys.Tables)
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
// says what that did. One that cannot be loaded keeps none of the others from
// it: there are receipts beside the error.
func loadDistributor(e *env, dir string, complete, quiet bool) ([]eventlog.LoadReceipt, error) {
	if _, err := os.ReadDir(dir); err != nil {
		return nil, err
	}
	list, missing := distributorIn(dir)
	if len(list) == 0 {
		return nil, fmt.Errorf("%s: none of the folders %s of a %s is there with its tables", dir, strings.Join(missing, ", "), distributor.Kind)
	}
	var readings []*reading
	var failed error
	for _, sys := range list {
		r, err := readFolder(e, sys.System, sys.dir, complete)
		if e.Err() != nil {
			return nil, errors.Join(err, closeReadings(readings))
		}
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		readings = append(readings, r)
	}
	if len(readings) == 0 {
		return nil, failed
	}
	receipts, err := loadReadings(e, readings, dir)
	if err = errors.Join(failed, err); len(receipts) == 0 {
		return nil, err
	}
	if len(missing) > 0 {
		receipts[0].Notes = append(receipts[0].Notes, eventlog.Note{Code: "missing-system", Text: fmt.Sprintf(
			"%s: no folder of %s; what it would say is missing.", dir, strings.Join(missing, ", "))})
	}
	if !quiet {
		err = errors.Join(err, printReceipts(e.Stdout, dir, receipts))
	}
	return receipts, err
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
