package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/ingest"
	"millrace/ingest/extract"
	"millrace/ingest/folder"
)

// A reading is the rows of a system on their way to the store.
type reading struct {
	sys       *eventlog.System
	rows      []eventlog.TableRows
	content   string
	watermark string
	files     fileTables // nil for a live system

	extracted *extract.Extracted // of a live system
	source    ingest.Source
	staged    *eventlog.StagedTables
	failed    error // why it was not loaded
}

// readOptions say how a live system is read.
type readOptions struct {
	full  bool
	since string
	limit int64  // rows of a table; a sample
	store string // beside which rows are kept; default: the project's
}

// read opens a system's files, or reads what a live system has that is new.
func (e *env) read(p *planned, o readOptions) (*reading, error) {
	p.sys.Origin = p.where()
	r := &reading{sys: p.sys}
	if p.own == nil || !p.own.live() {
		var err error
		if r.rows, r.content, r.files, err = p.files(e, e.Project); err != nil {
			return nil, fmt.Errorf("source %s: %w", p.name, err)
		}
		sayUnderstood(e.Stderr, r.files)
		return r, nil
	}
	x, err := e.extractOptions(p, o)
	if err != nil {
		return nil, fmt.Errorf("source %s: %w", p.name, err)
	}
	if r.source, err = p.open(e, e.Project); err != nil { // nothing was asked yet: it is what the project says
		return nil, usageError{fmt.Errorf("source %s: %w", p.name, err)}
	}
	p.sys.Origin = r.source.Origin()
	var of, table, rows atomic.Int64
	x.Progress = func(at extract.Progress) {
		if at.Because != "" {
			sayWaiting(e.Stderr, p.name, at)
			return
		}
		of.Store(at.TableOf)
		table.Store(at.TableRows)
		rows.Store(at.Rows)
	}
	bar := startProgress(e.Stderr, "reading "+p.name, func() (done, total int64) { return table.Load(), of.Load() }, rows.Load)
	r.extracted, err = extract.Extract(e, r.source, p.sys, x)
	bar.done()
	if err != nil {
		return nil, errors.Join(err, r.source.Close())
	}
	r.rows, r.content, r.watermark = r.extracted.Rows, r.extracted.Content, r.extracted.Watermark
	return r, nil
}

// extractOptions are how a live system is read.
func (e *env) extractOptions(p *planned, o readOptions) (x extract.Options, err error) {
	x = extract.Options{
		Store: o.store, Open: eventlog.OpenOptions{Wait: e.Wait, Memory: e.Memory},
		Full: o.full, Since: o.since, Limit: o.limit,
		Overlap: p.own.Overlap, Sweep: p.own.Sweep, Retries: p.own.Retries, RowsPerSecond: p.own.RowsPerSecond,
		PageRows: p.own.PageRows, Timeout: p.own.Timeout, Declared: p.own.Declared,
	}
	if x.Store == "" {
		x.Store = e.Project.storePath()
	}
	if x.Overlap == 0 {
		x.Overlap = p.kind.overlap
	}
	if x.Window, err = extract.ParseWindow(p.own.Window, p.sys.Timezone); err != nil {
		return x, err
	}
	x.Last, err = e.watermark(p.name)
	return x, err
}

// watermark is where the last load of a source ended.
func (e *env) watermark(name string) (string, error) {
	s, err := eventlog.Open(e, e.Project.storePath(), eventlog.OpenOptions{ReadOnly: true, Wait: e.Wait, Memory: e.Memory})
	if errors.Is(err, eventlog.ErrNoStore) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	last, err := s.Watermark(e, name)
	return last, errors.Join(err, s.Close())
}

// readFolder opens a folder of tables.
func readFolder(e *env, sys *eventlog.System, dir string, complete bool) (*reading, error) {
	t, err := folder.Open(e, dir, sys, complete)
	if err != nil {
		return nil, err
	}
	sys.Origin = dir
	return &reading{sys: sys, rows: t.Rows, content: t.Content, files: t}, nil
}

// notes is what the reader of a receipt should know: its own notes, and those of
// reading. That a live system lacks a table, reading has said, and why.
func (r *reading) notes(receipt []eventlog.Note) []eventlog.Note {
	if r.files != nil {
		return append(receipt, r.files.Notes()...)
	}
	receipt = slices.DeleteFunc(receipt, func(n eventlog.Note) bool { return n.Code == "missing-table" })
	return append(receipt, r.extracted.Notes...)
}

// Close gives back what is open. Rows of a live system that were not merged
// are kept, and read on from there.
func (r *reading) Close() error {
	var errs []error
	if r.staged != nil {
		errs = append(errs, r.staged.Discard())
	}
	if r.files != nil {
		errs = append(errs, r.files.Close())
	}
	if r.extracted != nil {
		errs = append(errs, r.extracted.Close())
	}
	if r.source != nil {
		errs = append(errs, r.source.Close())
	}
	return errors.Join(errs...)
}

func closeReadings(list []*reading) error {
	var errs []error
	for _, r := range list {
		errs = append(errs, r.Close())
	}
	return errors.Join(errs...)
}

// stagers is how many systems are read at a time: to read is one core's work
// to parse and another's to write.
const stagers = 2

// loadReadings lands what systems bring and maps it in their order, then
// computes what follows from all: business views, logs, their columns. Nothing
// holds the store while files are read. A system that cannot be loaded does not
// keep the others from it: there are receipts beside the error. It closes the readings.
func loadReadings(e *env, list []*reading, where string) (receipts []eventlog.LoadReceipt, err error) {
	defer func() { err = errors.Join(err, closeReadings(list)) }()
	names, err := e.names(true)
	if err != nil {
		return nil, err
	}
	derived, err := e.derived()
	if err != nil {
		return nil, err
	}
	if stageReadings(e, list, where, names); e.Err() != nil {
		return nil, failuresOf(list)
	}
	defer func() { err = errors.Join(failuresOf(list), err) }()
	s, err := eventlog.Open(e, e.Project.storePath(), eventlog.OpenOptions{Wait: e.Wait, Memory: e.Memory})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	for i, r := range list {
		if r.failed != nil {
			continue
		}
		p := startStep(e.Stderr, fmt.Sprintf("%s %d/%d  mapping", r.sys.Name, i+1, len(list)))
		receipt, err := s.MergeTables(e, r.staged)
		p.done()
		if err == nil && r.extracted != nil {
			err = r.extracted.Done()
		}
		if r.failed = err; err != nil {
			if e.Err() != nil {
				return nil, nil // interrupted
			}
			continue
		}
		receipt.Notes = r.notes(receipt.Notes)
		receipts = append(receipts, receipt)
	}
	if len(receipts) == 0 {
		return nil, nil
	}
	p := startStep(e.Stderr, "business views")
	_, err = s.Derive(e, derived)
	p.done()
	if err != nil {
		return nil, err
	}
	unknown, err := e.unknownMasters(s)
	if err != nil {
		return nil, err
	}
	receipts[len(receipts)-1].Notes = append(receipts[len(receipts)-1].Notes, unknown...)
	for i := range receipts {
		if receipts[i].Coverage, err = s.Coverage(e, o2c.Model(), receipts[i].Source); err != nil {
			return nil, err
		}
	}
	p = startStep(e.Stderr, "logs")
	defer p.done()
	removed, err := e.retain(s, derived)
	if err != nil {
		return nil, err
	}
	if last := len(receipts) - 1; removed != "" && last >= 0 {
		receipts[last].Notes = append(receipts[last].Notes, eventlog.Note{Code: "retention", Text: removed})
	}
	return receipts, e.defineLogs(s)
}

// retain removes what is older than the project keeps it, and says what that was.
func (e *env) retain(s *eventlog.Store, derived string) (removed string, err error) {
	o := e.Project.Retention
	if o == (retentionSpec{}) {
		return "", nil
	}
	r, err := s.Retain(e, time.Now(), eventlog.Retention{Landing: o.Landing, Events: o.Events, Model: o2c.Model(), Derived: derived})
	if err != nil {
		return "", err
	}
	var parts []string
	rows := int64(0)
	for _, t := range r.Landing {
		rows += t.Removed
	}
	if rows > 0 {
		parts = append(parts, fmt.Sprintf("%s rows as extracted, of what ended before %s", count(rows), r.LandingBefore.Format(time.DateOnly)))
	}
	if n := r.Events + r.Objects; n > 0 {
		parts = append(parts, fmt.Sprintf("%s events before %s and %s objects without any left", count(r.Events), r.EventsBefore.Format(time.DateOnly), count(r.Objects)))
	}
	if len(parts) == 0 {
		return "", nil
	}
	return "retention: removed " + strings.Join(parts, "; ") + ".", nil
}

// failuresOf joins why some were not loaded.
func failuresOf(list []*reading) error {
	var errs []error
	for _, r := range list {
		errs = append(errs, r.failed)
	}
	return errors.Join(errs...)
}

// stageReadings writes the rows of all systems beside the store, typed, and
// keeps in each reading why it could not.
func stageReadings(e *env, list []*reading, where string, names eventlog.Names) {
	var live atomic.Int64
	p := startProgress(e.Stderr, "reading "+filepath.Base(where), func() (done, total int64) {
		for _, r := range list {
			if r.files != nil {
				d, n := r.files.Progress()
				done, total = done+d, total+n
			}
		}
		return done, total
	}, func() (rows int64) {
		for _, r := range list {
			if r.files != nil {
				rows += r.files.Read()
			}
		}
		return rows + live.Load()
	})
	defer p.done()
	var g errgroup.Group
	g.SetLimit(stagers)
	for _, r := range list {
		g.Go(func() error {
			before := int64(0)
			r.staged, r.failed = eventlog.StageTables(e, e.Project.storePath(), *r.sys, r.rows, eventlog.ExtractOptions{
				Content: r.content, Watermark: r.watermark, Memory: e.Memory, Names: names,
				Progress: func(rows int64) {
					if r.files == nil {
						live.Add(rows - before)
						before = rows
					}
				},
			})
			return nil
		})
	}
	_ = g.Wait() // each keeps its own
}
