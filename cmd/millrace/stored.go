package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"millrace/eventlog"
	"millrace/ingest"
)

// A storedLog is a log in an open store: the project's, or a temporary one that
// a file was read into and that goes when the log is closed.
type storedLog struct {
	store  *eventlog.Store
	name   string
	origin string // file or store
	file   bool
	// objects is the object-centric log this is, or is a type of; "" for others.
	objects string
	notes   []eventlog.Note // of reading the file
	closers []io.Closer
}

func (l *storedLog) Close() error { return closeAll(l.closers) }

func closeAll(list []io.Closer) error {
	var errs []error
	for _, c := range slices.Backward(list) {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// whole says whether this is an object-centric log as a whole, not a type of it.
func (l *storedLog) whole() bool { return l.objects != "" && l.objects == l.name }

// openStored opens the store that holds a log; "" is the project's only one.
func openStored(e *env, log, timeColumn string, flags *readFlags) (_ *storedLog, err error) {
	if log == "-" {
		return nil, usageError{errors.New("a log is read more than once, so not from standard input; write it to a file first")}
	}
	if log == "" {
		if log, err = onlyLog(e); err != nil {
			return nil, err
		}
	}
	if isFile(log) {
		return openTemporary(e, log, timeColumn, flags)
	}
	s, err := eventlog.Open(e, e.Project.storePath(), eventlog.OpenOptions{ReadOnly: true, Wait: e.Wait, Memory: e.Memory})
	if err != nil {
		if errors.Is(err, eventlog.ErrNoStore) {
			return nil, fmt.Errorf("there is no file and no log %q: %w", log, err)
		}
		return nil, err
	}
	l := &storedLog{store: s, name: log, origin: e.Project.storePath(), closers: []io.Closer{s}}
	if l.objects, err = objectLogOf(e, s, log); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// objectLogOf is the object-centric log that a log of a store is, or whose
// objects make its cases; "" if there is none.
func objectLogOf(e *env, s *eventlog.Store, log string) (string, error) {
	names, err := s.ObjectLogs(e)
	if err != nil || slices.Contains(names, log) {
		return log, err
	}
	logs, err := s.Logs(e)
	if err != nil {
		return "", err
	}
	for _, d := range logs {
		for _, name := range names {
			if d.Name == log && strings.HasPrefix(d.CaseType, eventlog.ObjectLogOf(name, "")) {
				return name, nil
			}
		}
	}
	return "", nil
}

// tempDir is a directory that goes when it is closed.
type tempDir string

func (d tempDir) Close() error { return os.RemoveAll(string(d)) }

// openTemporary reads a file into a store of its own, in a directory that only
// the user may enter. The log has the name of the file.
func openTemporary(e *env, path, timeColumn string, flags *readFlags) (_ *storedLog, err error) {
	format, err := objectFormatOf(path, flags.InputFormat)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "millrace-") // 0700
	if err != nil {
		return nil, err
	}
	l := &storedLog{name: strings.ReplaceAll(logName(path), ":", "_"), origin: path, file: true, closers: []io.Closer{tempDir(dir)}}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.Close())
		}
	}()
	store := filepath.Join(dir, "temporary.duckdb") // not objects: a catalog must not be called like a schema
	staged, err := stageAny(e, format, path, timeColumn, store, eventlog.ImportOptions{Log: l.name, Memory: e.Memory}, flags)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, staged.Discard()) }()
	if l.store, err = eventlog.Open(e, store, eventlog.OpenOptions{Memory: e.Memory}); err != nil {
		return nil, err
	}
	l.closers = append(l.closers, l.store)
	receipt, err := staged.merge(e, l.store)
	if err != nil {
		return nil, err
	}
	if format != nil {
		l.objects = l.name
	}
	l.notes = receipt.Notes
	if receipt.RowsRejected > 0 {
		printRejects(e, receipt.Rejects, receipt.RowsRejected)
		l.notes = append(l.notes, rejectedNote(path, receipt.Rejects, receipt.RowsRejected))
	}
	return l, nil
}

// log opens a case notion of the log: of an object-centric one, the objects of
// a type, and those of the types they are followed to.
func (l *storedLog) log(e *env, flags *logFlags, calendars *logCalendars) (*openedLog, error) {
	o, err := l.options(e, &flags.readFlags)
	if err != nil {
		return nil, err
	}
	if calendars != nil {
		o.Calendars = &calendars.Calendars
	}
	if flags.Lifecycle != "" {
		life, err := eventlog.ParseLifecycle(flags.Lifecycle)
		if err != nil {
			return nil, usageError{err}
		}
		o.Lifecycle = &life
	}
	def, types, err := l.definition(e, flags.Case, flags.Follow)
	if err != nil {
		return nil, err
	}
	log, err := l.open(e, def, o)
	if err != nil {
		return nil, err
	}
	said := log.Notes()
	for _, n := range l.notes {
		if !slices.ContainsFunc(said, func(x eventlog.Note) bool { return x.Code == n.Code }) {
			log.AddNotes(n) // the log's own word on it says what follows from it
		}
	}
	return &openedLog{Log: log, Origin: l.origin, Types: types, Case: def.CaseType, Stored: l.store, Objects: l.objects, closers: []io.Closer{log}}, nil
}

// options say how the log is opened.
func (l *storedLog) options(e *env, flags *readFlags) (o eventlog.LogOptions, err error) {
	o = e.logOptions()
	if l.file {
		o.Zone, err = e.logZone(flags)
	}
	return o, err
}

func (l *storedLog) open(e *env, def eventlog.LogDefinition, o eventlog.LogOptions) (*eventlog.Log, error) {
	if l.whole() {
		return l.store.LogOf(e, def, o)
	}
	return l.store.Log(e, l.name, o)
}

// definition is the case notion that a command was given, and the types of
// objects it is among.
func (l *storedLog) definition(e *env, caseType string, follow []string) (def eventlog.LogDefinition, types func() (map[string]int64, error), err error) {
	if l.whole() {
		facts, err := l.store.ObjectsOfTypes(e, l.name)
		if err != nil {
			return def, nil, err
		}
		if def, err = flattening(facts, caseType, follow); err != nil {
			return def, nil, usageError{err}
		}
		return def, counted(facts.Objects), nil
	}
	if err := l.hasCases(caseType, follow); err != nil {
		return def, nil, err
	}
	logs, err := l.store.Logs(e)
	if err != nil {
		return def, nil, err
	}
	for _, d := range logs {
		if d.Name == l.name {
			if l.objects == "" {
				return d, func() (map[string]int64, error) { return l.store.ObjectTypes(e, l.name) }, nil
			}
			facts, err := l.store.ObjectsOfTypes(e, l.objects)
			if err != nil {
				return d, nil, err
			}
			return d, counted(facts.Objects), nil
		}
	}
	_, err = l.store.Log(e, l.name, eventlog.LogOptions{}) // says which logs there are
	return def, nil, err
}

// hasCases refuses to be told what a case is where there are cases already.
func (l *storedLog) hasCases(caseType string, follow []string) error {
	switch {
	case len(follow) > 0:
		return usageError{fmt.Errorf("--follow: %s is no object-centric log, so there is nothing to follow", l.name)}
	case caseType != "" && !l.file:
		return usageError{fmt.Errorf("--case: log %s has its cases already; only an object-centric log, or a file, is told what a case is", l.name)}
	}
	return nil
}

// source is the source of the store that the log comes from; "" are all of
// them, which a case notion over systems means.
func (l *storedLog) source(e *env) (string, error) {
	if l.objects != "" {
		return l.objects, nil
	}
	logs, err := l.store.Logs(e)
	if err != nil {
		return "", err
	}
	if slices.ContainsFunc(logs, func(d eventlog.LogDefinition) bool { return d.Name == l.name && d.CaseType != l.name }) {
		return "", nil
	}
	return l.name, nil
}

// A stagedFile is a file read into a stage, of either kind.
type stagedFile struct {
	cases   *eventlog.Staged
	objects *eventlog.StagedObjects
}

// stageAny reads a file into a stage beside a store.
func stageAny(e *env, format *ingest.ObjectFormat, path, timeColumn, store string, o eventlog.ImportOptions, flags *readFlags) (s stagedFile, err error) {
	if format != nil {
		s.objects, err = stageObjects(e, format, path, store, o, flags)
	} else {
		s.cases, err = stageCases(e, path, timeColumn, store, o, flags)
	}
	return s, err
}

func (s stagedFile) merge(e *env, into *eventlog.Store) (eventlog.LoadReceipt, error) {
	if s.objects != nil {
		return into.MergeObjects(e, s.objects)
	}
	return into.Merge(e, s.cases)
}

func (s stagedFile) Discard() error {
	if s.objects != nil {
		return s.objects.Discard()
	}
	return s.cases.Discard()
}

// logZone is where days begin: the zone a file is read in, else the project's.
func (e *env) logZone(flags *readFlags) (*time.Location, error) {
	if flags.Timezone == "" {
		return e.Project.zone(), nil
	}
	zone, err := time.LoadLocation(flags.Timezone)
	if err != nil {
		return nil, usageError{err}
	}
	return zone, nil
}
