package main

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
)

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

// loadFolder lands a folder of exported tables, maps it, and makes the logs
// and their columns that follow from it.
func loadFolder(e *env, name, kind, dir string, complete bool) (receipt eventlog.LoadReceipt, err error) {
	k, err := kindOf(dir, kind)
	if err != nil {
		return receipt, err
	}
	path, err := filepath.Abs(dir) // a project's paths are relative to its file, this one is not of a project
	if err != nil {
		return receipt, err
	}
	p := &planned{kind: k, own: &systemSource{Path: path, Partial: !complete}, sys: k.system()}
	if k.local {
		p.sys.Timezone = e.Project.Timezone
	}
	if k.refers {
		p.sys.Uses = append(distributorNames(), slices.Sorted(maps.Keys(e.Project.Sources))...)
	}
	if p.sys.Name, err = e.sourceName(p.sys, name); err != nil {
		return receipt, err
	}
	p.name = p.sys.Name
	r, err := e.read(p, readOptions{})
	if err != nil {
		return receipt, err
	}
	r.sys.Origin = dir
	receipts, err := loadReadings(e, []*reading{r}, dir)
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
