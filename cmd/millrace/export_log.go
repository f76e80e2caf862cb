package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"

	"millrace/eventlog"
	"millrace/ingest"
	"millrace/reports/export/ocel"
	"millrace/reports/export/xes"
)

// A caseSource yields a log as cases, whole and in order, with all their
// attributes, and what the log says of itself. It may be run more than once.
type caseSource struct {
	meta  eventlog.Meta
	cases func(emit func(*eventlog.Batch) error) error
	close func() error
}

// exportLog writes a whole log: XES, or the source it comes from as OCEL.
func (c *exportCmd) exportLog(e *env, format string, packed bool) error {
	if c.What != "events" {
		return usageError{fmt.Errorf("--what %s is a table; %s holds whole logs: leave out --what, or take csv, xlsx, parquet, json or arrow", c.What, format)}
	}
	if c.Log == "-" {
		return usageError{errors.New("a log is read more than once, so not from standard input; write it to a file first")}
	}
	write := c.exportXES
	if form, ok := strings.CutPrefix(format, "ocel-"); ok {
		write = func(e *env, w io.Writer) ([]eventlog.Note, error) { return c.exportOCEL(e, w, ocel.Form(form)) }
	}
	var notes []eventlog.Note
	to := func(w io.Writer) (err error) {
		if packed {
			z := gzip.NewWriter(w) // its header has no time: the same bytes each time
			defer func() { err = errors.Join(err, z.Close()) }()
			w = z
		}
		notes, err = write(e, w)
		return err
	}
	var err error
	if c.Out == "" {
		err = to(e.Stdout)
	} else if err = writeFile(c.Out, to); err == nil {
		fmt.Fprintln(e.Stderr, "wrote", c.Out)
	}
	if err == nil {
		printNotes(e.Stderr, notes)
	}
	return err
}

// exportXES writes the log's cases, those that the filters leave.
func (c *exportCmd) exportXES(e *env, w io.Writer) (notes []eventlog.Note, err error) {
	filters, err := c.filters(e)
	if err != nil {
		return nil, err
	}
	for _, f := range filters {
		if slices.Contains([]string{"keep", "drop", "event-where"}, f.Name) {
			return nil, usageError{fmt.Errorf("--%s takes events out of cases, and XES is written with all that was stored; filters of cases are followed, or export events as csv", f.Name)}
		}
	}
	if c.Log == "" {
		if c.Log, err = onlyLog(e); err != nil {
			return nil, err
		}
	}
	var kept map[string]bool
	if len(filters) > 0 {
		if kept, err = c.keptCases(e); err != nil {
			return nil, err
		}
	}
	s, err := c.caseSource(e)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	return xes.Write(e, w, s.meta, func(emit func(*eventlog.Batch) error) error {
		if kept == nil {
			return s.cases(emit)
		}
		return s.cases(func(b *eventlog.Batch) error { return emit(b.Of(kept)) })
	})
}

// keptCases are the ids of the cases that the filters leave.
func (c *exportCmd) keptCases(e *env) (kept map[string]bool, err error) {
	l, err := c.open(e)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	kept = map[string]bool{}
	for _, b := range l.Batches() {
		ids, err := l.CaseIDs(e, b.Case)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			kept[id] = true
		}
	}
	return kept, nil
}

func (c *exportCmd) caseSource(e *env) (*caseSource, error) {
	if !isFile(c.Log) {
		s, err := eventlog.Open(e, e.Project.storePath(), eventlog.OpenOptions{ReadOnly: true, Wait: e.Wait})
		if err != nil {
			return nil, err
		}
		return storedCases(e, s, c.Log, s.Close)
	}
	options := c.readFlags.options(e, c.timeColumn(), true)
	file, kind, err := openFormat(e, c.Log, c.InputFormat, options)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if !c.Quiet {
		printDetected(e.Stderr, c.Log, file.Detected())
	}
	if kind == "xes" {
		return c.casesOfXES(e, file, options)
	}
	return c.casesOfTable(e, file, kind, options)
}

// casesOfXES reads the file twice: what a log says of itself is known at its
// end, and written at the beginning.
func (c *exportCmd) casesOfXES(e *env, file ingest.File, options ingest.Options) (*caseSource, error) {
	if err := file.Read(e, func(*eventlog.Batch) error { return nil }); err != nil {
		return nil, err
	}
	fileNotes(e, c.Log, file) // lists what was rejected
	return &caseSource{meta: file.Meta(), close: func() error { return nil }, cases: func(emit func(*eventlog.Batch) error) error {
		again, _, err := openFormat(e, c.Log, c.InputFormat, options)
		if err != nil {
			return err
		}
		return errors.Join(readAll(e, filepath.Base(c.Log), again, emit), again.Close())
	}}, nil
}

// casesOfTable puts the rows of a file together to cases in a store of its own.
func (c *exportCmd) casesOfTable(e *env, file ingest.File, kind string, options ingest.Options) (_ *caseSource, err error) {
	dir, err := os.MkdirTemp("", "millrace-export-*")
	if err != nil {
		return nil, err
	}
	remove := func() error { return os.RemoveAll(dir) }
	defer func() {
		if err != nil {
			err = errors.Join(err, remove())
		}
	}()
	path, name := filepath.Join(dir, "log.duckdb"), logName(c.Log)
	_, err = eventlog.Import(e, path, eventlog.OpenOptions{}, eventlog.ImportOptions{Log: name, Kind: kind, Options: options},
		func(_ context.Context, emit func(*eventlog.Batch) error) error {
			return readAll(e, filepath.Base(c.Log), file, emit)
		},
		func() (eventlog.ImportEnd, error) { return eventlog.ImportEnd{Meta: file.Meta()}, nil })
	if err != nil {
		return nil, err
	}
	fileNotes(e, c.Log, file)
	s, err := eventlog.Open(e, path, eventlog.OpenOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	return storedCases(e, s, name, func() error { return errors.Join(s.Close(), remove()) })
}

// exportOCEL writes the source that a log comes from, all of it.
func (c *exportCmd) exportOCEL(e *env, w io.Writer, form ocel.Form) (notes []eventlog.Note, err error) {
	filters, err := c.filters(e)
	if err != nil {
		return nil, err
	}
	if len(filters) > 0 {
		return nil, usageError{errors.New("OCEL is written of a whole source, which has no cases to filter; export cases as XES, or leave out the filters")}
	}
	if c.Log != "" && isFile(c.Log) {
		return nil, usageError{fmt.Errorf("%s is a file; OCEL is written from the store: millrace import it, then export the log", c.Log)}
	}
	s, err := eventlog.Open(e, e.Project.storePath(), eventlog.OpenOptions{ReadOnly: true, Wait: e.Wait})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	logs, err := s.Logs(e)
	if err != nil {
		return nil, err
	}
	// An imported log is a source; a case notion over systems means them all.
	source := c.Log
	if slices.ContainsFunc(logs, func(d eventlog.LogDefinition) bool { return d.Name == c.Log && d.CaseType != c.Log }) {
		source = ""
	}
	return ocel.Write(e, w, form, func(emit func(*eventlog.ObjectBatch) error) (eventlog.ObjectMeta, error) {
		return storedObjects(e, s, source, emit)
	}, ocel.Options{TempDir: filepath.Dir(e.Project.storePath())})
}

// The two functions below are where the store's reading of whole logs is
// called: Store.Cases and Store.Objects.

type casesReader interface {
	Cases(ctx context.Context, log string, o eventlog.LogOptions, emit func(*eventlog.Batch) error) (eventlog.Meta, error)
}

type objectsReader interface {
	Objects(ctx context.Context, source string, emit func(*eventlog.ObjectBatch) error) (eventlog.ObjectMeta, error)
}

func storedCases(e *env, s *eventlog.Store, log string, closeAll func() error) (*caseSource, error) {
	r, ok := any(s).(casesReader)
	if !ok {
		return nil, errors.Join(errors.New("this build cannot give back the cases of a stored log"), closeAll())
	}
	meta, err := s.LogMeta(e, log)
	if err != nil {
		return nil, errors.Join(err, closeAll())
	}
	return &caseSource{meta: meta, close: closeAll, cases: func(emit func(*eventlog.Batch) error) error {
		_, err := r.Cases(e, log, e.logOptions(), emit)
		return err
	}}, nil
}

func storedObjects(e *env, s *eventlog.Store, source string, emit func(*eventlog.ObjectBatch) error) (eventlog.ObjectMeta, error) {
	r, ok := any(s).(objectsReader)
	if !ok {
		return eventlog.ObjectMeta{}, errors.New("this build cannot give back the objects of a store")
	}
	return r.Objects(e, source, emit)
}
