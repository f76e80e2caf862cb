package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/ingest/distributor"
	"millrace/ingest/folder"
	"millrace/ingest/tryton"
)

// systems lists every system whose tables can be read, in the order in which
// help shows them.
var systems = []func() *eventlog.System{
	tryton.System,
}

// orderToCash is the case notion of a store that holds sales orders, unless
// the project says another.
var orderToCash = eventlog.LogDefinition{
	Name: "order-to-cash", CaseType: "SalesOrder", Follow: []string{"Delivery", "Invoice", "AREntry"},
}

func (e *env) logOptions() eventlog.LogOptions {
	return eventlog.LogOptions{Model: o2c.Model(), Zone: e.Project.zone()}
}

// columnsOptions are those by which the columns of a log are kept.
func (e *env) columnsOptions(log string) eventlog.LogOptions {
	o := e.logOptions()
	if c := e.Project.calendarsOf(log); c != nil {
		o.Calendars = &c.Calendars
	}
	return o
}

// onlyLog is the log that is meant where none is named.
func onlyLog(e *env) (string, error) {
	s, err := eventlog.Open(e, e.Project.storePath(), eventlog.OpenOptions{ReadOnly: true, Wait: e.Wait, Memory: e.Memory})
	if errors.Is(err, eventlog.ErrNoStore) {
		return "", usageError{errors.New("name a log of the project, or a file")}
	}
	if err != nil {
		return "", err
	}
	defer s.Close()
	logs, err := s.Logs(e)
	if err != nil {
		return "", err
	}
	if len(logs) == 1 {
		return logs[0].Name, nil
	}
	names := []string{}
	for _, d := range logs {
		names = append(names, d.Name)
	}
	objects, err := s.ObjectLogs(e)
	if err != nil {
		return "", err
	}
	// One object-centric log and nothing else: that, to be told the case by --case.
	if len(objects) == 1 && !slices.ContainsFunc(names, func(n string) bool { return !strings.HasPrefix(n, eventlog.ObjectLogOf(objects[0], "")) }) {
		return objects[0], nil
	}
	return "", usageError{fmt.Errorf("name a log; the store has %s", strings.Join(names, ", "))}
}

// systemOf is the system a folder was exported from: the one whose tables are
// there, or the one that was named.
func systemOf(dir, kind string) (*eventlog.System, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var kinds []string
	var best *eventlog.System
	most := 0
	for _, s := range systems {
		sys := s()
		kinds = append(kinds, sys.Kind)
		if sys.Kind == kind {
			return sys, nil
		}
		found := 0
		for _, t := range sys.Tables {
			if slices.ContainsFunc(entries, func(e os.DirEntry) bool {
				return folder.Holds(e.Name(), t.Name)
			}) {
				found++
			}
		}
		if found > most {
			best, most = sys, found
		}
	}
	if kind != "" {
		return nil, usageError{fmt.Errorf("--system must be one of %s, not %q", strings.Join(append(kinds, distributor.Kind), ", "), kind)}
	}
	if best == nil || most*2 < len(best.Tables) {
		return nil, fmt.Errorf("%s does not look like an export of %s; say which one by --system", dir, strings.Join(append(kinds, distributor.Kind), " or "))
	}
	return best, nil
}

// loadFolder lands a folder of exported tables, maps it, and makes the logs
// and their columns that follow from it.
func loadFolder(e *env, name, kind, dir string, complete bool) (receipt eventlog.LoadReceipt, err error) {
	sys, err := systemOf(dir, kind)
	if err != nil {
		return receipt, err
	}
	if sys.Name, err = e.sourceName(sys, name); err != nil {
		return receipt, err
	}
	sys.Derived = o2c.Refresh()
	receipts, err := loadSystems(e, []placed{{sys, dir}}, dir, complete)
	if err != nil {
		return receipt, err
	}
	return receipts[0], nil
}

// sourceName is the name under which a system is loaded: the one given, else
// the one it was loaded under before. The same rows under two names would be
// there twice.
func (e *env) sourceName(sys *eventlog.System, given string) (string, error) {
	if given != "" {
		return given, nil
	}
	s, err := eventlog.Open(e, e.Project.storePath(), eventlog.OpenOptions{ReadOnly: true, Wait: e.Wait, Memory: e.Memory})
	if errors.Is(err, eventlog.ErrNoStore) {
		return sys.Name, nil
	}
	if err != nil {
		return "", err
	}
	defer s.Close()
	names, err := s.SourcesOfKind(e, sys.Kind)
	switch {
	case err != nil:
		return "", err
	case len(names) > 1:
		return "", usageError{fmt.Errorf("the store has several %s sources, %s: say which one by --log", sys.Kind, strings.Join(names, ", "))}
	case len(names) == 1:
		return names[0], nil
	}
	return sys.Name, nil
}

// defineLogs keeps the project's case notions in the store, and writes the
// columns of every log that changed.
func (e *env) defineLogs(s *eventlog.Store) error {
	defined := []eventlog.LogDefinition{}
	for name, spec := range e.Project.Logs {
		if spec.Case == "" { // an imported log, of which the project says the calendars
			continue
		}
		defined = append(defined, eventlog.LogDefinition{Name: name, CaseType: spec.Case, Follow: spec.Follow})
	}
	if len(defined) == 0 {
		orders, err := s.CountObjects(e, orderToCash.CaseType)
		if err != nil {
			return err
		}
		if orders > 0 {
			defined = append(defined, orderToCash)
		}
	}
	for _, d := range defined {
		if err := s.DefineLog(e, d); err != nil {
			return err
		}
	}
	logs, err := s.Logs(e)
	if err != nil {
		return err
	}
	objects, err := s.ObjectLogs(e)
	if err != nil {
		return err
	}
	for _, d := range logs {
		// A flattening to each type of an object-centric log costs more than it
		// is worth until somebody asks for it.
		if slices.ContainsFunc(objects, func(n string) bool {
			return d.Name == d.CaseType && strings.HasPrefix(d.Name, eventlog.ObjectLogOf(n, ""))
		}) {
			continue
		}
		if err := s.BuildColumns(e, d.Name, e.columnsOptions(d.Name)); err != nil {
			return err
		}
	}
	return s.BuildSystemColumns(e, e.logOptions())
}

// load loads a source of the project and, unless quiet, says what that did.
func (s source) load(e *env, name string, quiet bool) ([]eventlog.LoadReceipt, error) {
	if s.Distributor != nil {
		return loadDistributor(e, e.Project.path(s.Distributor.Path), true, quiet)
	}
	dir := e.Project.path(s.Tryton.Path)
	r, err := loadFolder(e, name, "tryton", dir, true)
	if err == nil && !quiet {
		printReceipt(e.Stdout, dir, r)
	}
	return []eventlog.LoadReceipt{r}, err
}

// ingestCmd is millrace ingest.
type ingestCmd struct {
	Sources []string `arg:"" optional:"" help:"Names of sources; default: all of the project."`
	jsonFlag
}

func (c *ingestCmd) Help() string { return "Example: millrace ingest erp" }

func (c *ingestCmd) Run(e *env) error {
	var names []string
	for name := range e.Project.Sources {
		names = append(names, name)
	}
	slices.Sort(names)
	if len(names) == 0 {
		return errors.New("the project has no sources; name them in millrace.yaml (millrace init writes one), or load files by millrace import")
	}
	for _, name := range c.Sources {
		if !slices.Contains(names, name) {
			return usageError{fmt.Errorf("the project has no source %q%s; it has %s", name, eventlog.DidYouMean(name, names), strings.Join(names, ", "))}
		}
	}
	if len(c.Sources) > 0 {
		names = c.Sources
	}
	var receipts []eventlog.LoadReceipt
	for _, name := range names {
		r, err := e.Project.Sources[name].load(e, name, c.JSON)
		if err != nil {
			return err
		}
		receipts = append(receipts, r...)
	}
	if c.JSON {
		return printJSON(e.Stdout, receipts)
	}
	return nil
}
