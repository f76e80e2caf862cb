package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"

	"millrace/eventlog"
	"millrace/ingest/xesfile"
	"millrace/reports/export/ocel"
	"millrace/reports/export/xes"
)

// A caseSource yields a log as cases, whole and in order, with all their
// attributes, and what the log says of itself. It may be run more than once.
type caseSource struct {
	meta  eventlog.Meta
	kept  map[string]bool // ids of the cases that filters leave; nil: all
	cases func(emit func(*eventlog.Batch) error) error
	close func() error
}

// exportLog writes a whole log: XES, or the source it comes from as OCEL.
func (c *exportCmd) exportLog(e *env, format string, packed bool) error {
	if c.What != "events" {
		return usageError{fmt.Errorf("--what %s is a table; %s holds whole logs: leave out --what, or take csv, xlsx, parquet, json or arrow", c.What, format)}
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
	s, err := c.caseSource(e, len(filters) > 0)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	return xes.Write(e, w, s.meta, func(emit func(*eventlog.Batch) error) error {
		if s.kept == nil {
			return s.cases(emit)
		}
		return s.cases(func(b *eventlog.Batch) error { return emit(b.Of(s.kept)) })
	})
}

// caseIDs are the ids of all cases of a log.
func caseIDs(e *env, l *openedLog) (map[string]bool, error) {
	all := map[string]bool{}
	for b := range l.Batches() {
		ids, err := l.CaseIDs(e, b.Case)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			all[id] = true
		}
	}
	return all, nil
}

// caseSource yields the cases of a log: of a file of XES as they stand there,
// else those that a store puts together.
func (c *exportCmd) caseSource(e *env, filtered bool) (*caseSource, error) {
	s, err := c.stored(e)
	if err != nil {
		return nil, err
	}
	if s == nil { // a case-centric file
		f, err := caseFormat(c.Log, c.InputFormat)
		if err != nil {
			return nil, err
		}
		if f.Name == xesfile.Format.Name {
			return c.casesOfXES(e, filtered)
		}
		if s, err = openTemporary(e, c.Log, c.timeColumn(), &c.readFlags); err != nil {
			return nil, err
		}
	}
	source, err := c.casesOfStore(e, s, filtered)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return source, nil
}

// casesOfStore yields the cases of a log in a store, which goes with them.
func (c *exportCmd) casesOfStore(e *env, s *storedLog, filtered bool) (_ *caseSource, err error) {
	o, err := s.options(e, &c.readFlags)
	if err != nil {
		return nil, err
	}
	source := &caseSource{close: s.Close}
	if filtered {
		l, err := c.narrowed(e, s)
		if err != nil {
			return nil, err
		}
		source.kept, err = caseIDs(e, l)
		if err := errors.Join(err, l.Close()); err != nil {
			return nil, err
		}
	}
	if s.whole() {
		def, _, err := s.definition(e, c.Case, c.Follow)
		if err != nil {
			return nil, err
		}
		source.cases = func(emit func(*eventlog.Batch) error) error {
			_, err := s.store.CasesOf(e, def, o, emit)
			return err
		}
		return source, nil
	}
	if err := s.hasCases(c.Case, c.Follow); err != nil {
		return nil, err
	}
	if s.objects == "" {
		if source.meta, err = s.store.LogMeta(e, s.name); err != nil {
			return nil, err
		}
	}
	source.cases = func(emit func(*eventlog.Batch) error) error {
		_, err := s.store.Cases(e, s.name, o, emit)
		return err
	}
	return source, nil
}

// casesOfXES reads the file twice: what a log says of itself is known at its
// end, and written at the beginning. A store would put the events of a trace
// in the order of their times, and traces of one name together.
func (c *exportCmd) casesOfXES(e *env, filtered bool) (*caseSource, error) {
	source := &caseSource{close: func() error { return nil }}
	if len(c.Follow) > 0 {
		return nil, usageError{fmt.Errorf("--follow: %s is no object-centric log, so there is nothing to follow", c.Log)}
	}
	if filtered {
		l, err := c.openOf(e, nil)
		if err != nil {
			return nil, err
		}
		source.kept, err = caseIDs(e, l)
		if err := errors.Join(err, l.Close()); err != nil {
			return nil, err
		}
	}
	options := c.readFlags.options(e, c.timeColumn(), true)
	file, _, err := openFormat(e, c.Log, c.InputFormat, options)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if !c.Quiet && !filtered {
		printDetected(e.Stderr, c.Log, file.Detected())
	}
	if err := file.Read(e, func(*eventlog.Batch) error { return nil }); err != nil {
		return nil, err
	}
	if !filtered {
		fileNotes(e, c.Log, file) // lists what was rejected
	}
	source.meta = file.Meta()
	source.cases = func(emit func(*eventlog.Batch) error) error {
		again, _, err := openFormat(e, c.Log, c.InputFormat, options)
		if err != nil {
			return err
		}
		return errors.Join(readAll(e, filepath.Base(c.Log), again, emit), again.Close())
	}
	return source, nil
}

// exportOCEL writes the source that a log comes from, all of it: a file, an
// imported log, an object-centric one, or all systems together.
func (c *exportCmd) exportOCEL(e *env, w io.Writer, form ocel.Form) (notes []eventlog.Note, err error) {
	filters, err := c.filters(e)
	if err != nil {
		return nil, err
	}
	if len(filters) > 0 {
		return nil, usageError{errors.New("OCEL is written of a whole source, which has no cases to filter; export cases as XES, or leave out the filters")}
	}
	s, source, err := c.objectSource(e)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	notes, err = ocel.Write(e, w, form, func(emit func(*eventlog.ObjectBatch) error) (eventlog.ObjectMeta, error) {
		return s.store.Objects(e, source, emit)
	}, ocel.Options{TempDir: filepath.Dir(s.store.Path())})
	return append(s.notes, notes...), err
}

// objectSource opens the store of a log, and says which of its sources that
// log comes from; "" are all of them.
func (c *exportCmd) objectSource(e *env) (*storedLog, string, error) {
	s, err := openStored(e, c.Log, c.timeColumn(), &c.readFlags)
	if err != nil {
		return nil, "", err
	}
	source, err := s.source(e)
	switch {
	case err != nil:
	case s.objects != "" && (c.Case != "" || len(c.Follow) > 0):
		err = usageError{errors.New("OCEL is written with all objects, of which none makes a case: leave out --case and --follow, or export cases as XES")}
	default:
		if s.objects == "" {
			err = s.hasCases(c.Case, c.Follow)
		}
	}
	if err != nil {
		return nil, "", errors.Join(err, s.Close())
	}
	return s, source, nil
}
