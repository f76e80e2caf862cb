package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"millrace/eventlog"
)

// caseObject is the type of object that a log of cases has.
const caseObject = "case"

// openedObjects are the objects of a log, to be followed through its events.
type openedObjects struct {
	// cases narrow the events; nil for an object-centric log as a whole.
	cases *openedLog
	store *eventlog.Store // nil for a file of cases
	log   string          // the object-centric log; "" for others
	whole *storedLog      // it, where no cases narrow it
	types []string        // of objects, as the log calls them
	life  string          // --lifecycle
}

// Close closes what was opened.
func (o *openedObjects) Close() error {
	if o.whole != nil {
		return o.whole.Close()
	}
	return o.cases.Close()
}

// openObjects opens a log whose objects are to be followed. An object-centric
// one needs nobody to say what a case is; who does means the events of these
// cases only.
func (f *logFlags) openObjects(e *env) (*openedObjects, error) {
	s, err := f.stored(e)
	if err != nil {
		return nil, err
	}
	if s != nil && s.objects != "" && f.Lifecycle != "" {
		err := usageError{fmt.Errorf("--lifecycle: %s is an object-centric log, whose events have no transitions", s.objects)}
		return nil, errors.Join(err, s.Close())
	}
	if s == nil || !s.whole() || f.Case != "" || len(f.Follow) > 0 {
		l, err := f.openOf(e, s)
		if err != nil {
			return nil, err
		}
		types, err := l.Types()
		if err != nil {
			return nil, errors.Join(err, l.Close())
		}
		return &openedObjects{cases: l, store: l.Stored, log: l.Objects, types: slices.Sorted(maps.Keys(types)), life: f.Lifecycle}, nil
	}
	facts, err := s.store.ObjectsOfTypes(e, s.name)
	if filters, _ := f.filters(e); err == nil && len(filters) > 0 {
		err = usageError{fmt.Errorf("filters are about cases: say by --case which object type makes one; %s has %s", s.name, typeCounts(facts))}
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return &openedObjects{whole: s, store: s.store, log: s.name, types: facts.Types}, nil
}

// ofCases says whether the cases of a log are its only objects, and share no
// events: it is a file of cases, or was imported from one.
func (o *openedObjects) ofCases() bool {
	if o.store == nil {
		return true
	}
	return o.log == "" && len(o.types) == 1 && o.types[0] == o.cases.Name && o.cases.Case == o.cases.Name
}

// flow says which objects to follow through which events, and what to know of
// that.
func (o *openedObjects) flow(e *env, types []string) (flow eventlog.ObjectFlowOptions, notes []eventlog.Note, err error) {
	all := o.types
	if o.ofCases() {
		all = []string{caseObject}
	}
	for _, t := range types {
		if !slices.Contains(all, t) {
			return flow, nil, usageError{fmt.Errorf("--types: the log has no objects of type %q%s; it has %s", t, eventlog.DidYouMean(t, all), strings.Join(all, ", "))}
		}
	}
	if len(types) == 0 {
		types = all
	}
	flow = eventlog.ObjectFlowOptions{Types: types, Log: o.log, Zone: e.Project.zone()}
	if o.life != "" {
		if flow.Lifecycle, err = eventlog.ParseLifecycle(o.life); err != nil {
			return flow, nil, usageError{err}
		}
	}
	switch {
	case o.whole != nil:
		return flow, slices.Clone(o.whole.notes), nil
	case o.log != "":
		flow.Within = o.cases.Log
		notes = append(notes, eventlog.Note{Code: "of-cases", Text: "Only events that are in a case of log " + o.cases.Name + "."})
	case o.cases.Narrowed:
		flow.Within = o.cases.Log
	}
	for _, n := range o.cases.Notes() {
		if o.cases.Narrowed && n.Code == "filtered" {
			notes = append(notes, n)
		}
	}
	return flow, notes, nil
}
