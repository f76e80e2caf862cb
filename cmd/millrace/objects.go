package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"millrace/eventlog"
	"millrace/ingest"
)

// stageObjects reads a file into a stage beside a store.
func stageObjects(e *env, format *ingest.ObjectFormat, path, store string, o eventlog.ImportOptions, flags *readFlags) (staged *eventlog.StagedObjects, err error) {
	options := flags.options(e, "", true)
	options.Case = "" // here, --case is an object type
	file, err := format.Open(e, path, options)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if !flags.Quiet {
		printDetected(e.Stderr, path, file.Detected())
	}
	o.Kind, o.Origin, o.File, o.Options = format.Name, path, filepath.Base(path), options
	var events, rows atomic.Int64
	p := startProgress(e.Stderr, "reading "+o.File, file.Progress, events.Load)
	defer p.done()
	return eventlog.StageObjects(e, store, o,
		func(ctx context.Context, emit func(*eventlog.ObjectBatch) error) error {
			return file.Read(ctx, func(b *eventlog.ObjectBatch) error {
				events.Add(int64(len(b.Events.ID)))
				rows.Add(int64(len(b.Events.ID) + len(b.Objects.ID)))
				return emit(b)
			})
		},
		func() (eventlog.ObjectEnd, error) {
			first, total := file.Rejects()
			if total > 0 && rows.Load() == 0 {
				return eventlog.ObjectEnd{}, fmt.Errorf("%s: nothing is left: all %s rows were rejected, the first: %s", path, count(total), rejectText(first[0]))
			}
			return eventlog.ObjectEnd{Rejects: first, Rejected: total, Notes: file.Notes(), Meta: file.Meta()}, nil
		})
}

// flattening is the case notion of one object type, and of those it is
// followed to. Which type, is not guessed where there are several.
func flattening(facts *eventlog.ObjectFacts, caseType string, follow []string) (eventlog.LogDefinition, error) {
	if caseType == "" && len(facts.Types) == 1 {
		caseType = facts.Types[0]
	}
	if caseType == "" {
		return eventlog.LogDefinition{}, fmt.Errorf("%s is an object-centric log: say by --case which object type makes a case; it has %s", facts.Log, typeCounts(facts))
	}
	def := eventlog.LogDefinition{
		Name: eventlog.ObjectLogOf(facts.Log, caseType), CaseType: eventlog.ObjectLogOf(facts.Log, caseType), Lifecycle: eventlog.All,
	}
	for i, t := range append([]string{caseType}, follow...) {
		if !slices.Contains(facts.Types, t) {
			flag := "--case"
			if i > 0 {
				flag = "--follow"
			}
			return def, fmt.Errorf("%s: %s has no object type %q%s; it has %s", flag, facts.Log, t, eventlog.DidYouMean(t, facts.Types), typeCounts(facts))
		}
		if i > 0 {
			def.Follow = append(def.Follow, eventlog.ObjectLogOf(facts.Log, t))
		}
	}
	return def, nil
}

// typeCounts lists object types with how many objects each has.
func typeCounts(facts *eventlog.ObjectFacts) string {
	if len(facts.Types) == 0 {
		return "no objects at all"
	}
	var words []string
	for _, t := range facts.Types {
		words = append(words, fmt.Sprintf("%s (%s)", printable(t), count(facts.Objects[t])))
	}
	return strings.Join(words, ", ")
}

// objectFormatOf finds the format of an object-centric log that a file says it
// is in, or looks like; nil if it is none.
func objectFormatOf(path, format string) (*ingest.ObjectFormat, error) {
	for i, f := range objectFormats {
		if f.Name == format {
			return &objectFormats[i], checkFile(path)
		}
	}
	if format != "" {
		return nil, nil
	}
	if err := checkFile(path); err != nil {
		return nil, err
	}
	head, err := readHead(path)
	if err != nil {
		return nil, err
	}
	for i, f := range objectFormats {
		if f.Sniff(head) {
			return &objectFormats[i], nil
		}
	}
	return nil, nil
}

// objectFactsOut is the stable JSON of log show of an object-centric log; names
// are added, never changed.
type objectFactsOut struct {
	Log             string           `json:"log"`
	Events          int64            `json:"events"`
	Activities      int64            `json:"activities"`
	Objects         int64            `json:"objects"`
	ObjectTypes     map[string]int64 `json:"object_types"`
	Dangling        int64            `json:"dangling_objects"` // only referred to
	EventRelations  int64            `json:"event_object_relations"`
	ObjectRelations int64            `json:"object_object_relations"`
	Values          int64            `json:"object_values"`
	Changes         int64            `json:"object_changes"`
	First           *string          `json:"first"`
	Last            *string          `json:"last"`
	Notes           []eventlog.Note  `json:"notes"`
	Loads           []eventlog.Load  `json:"loads,omitempty"` // of a log in a store
}

// show prints what an object-centric log holds.
func (l *storedLog) show(e *env, asJSON bool) error {
	facts, err := l.store.ObjectFacts(e, l.name)
	if err != nil {
		return err
	}
	out := objectFactsOut{
		Log: facts.Log, Events: facts.Events, Activities: facts.Activities, ObjectTypes: facts.Objects, Dangling: facts.Dangling,
		EventRelations: facts.EventRelations, ObjectRelations: facts.ObjectRelations, Values: facts.Values, Changes: facts.Changes,
		Notes: append([]eventlog.Note{}, l.notes...),
	}
	for _, n := range facts.Objects {
		out.Objects += n
	}
	if facts.First != eventlog.NoTime {
		first, last := eventlog.FormatTime(facts.First), eventlog.FormatTime(facts.Last)
		out.First, out.Last = &first, &last
	}
	if !l.file {
		if out.Loads, err = l.store.Loads(e, l.name); err != nil {
			return err
		}
	}
	if asJSON {
		return printJSON(e.Stdout, out)
	}
	t := newTable("", " ")
	t.add("events", count(out.Events))
	t.add("activities", count(out.Activities))
	if out.First != nil {
		t.add("first", *out.First)
		t.add("last", *out.Last)
	}
	t.add("objects", count(out.Objects))
	for _, name := range facts.Types {
		t.add("  of type "+printable(name), count(facts.Objects[name]))
	}
	if out.Dangling > 0 {
		t.add("objects only referred to", count(out.Dangling))
	}
	t.add("relations of events to objects", count(out.EventRelations))
	t.add("relations among objects", count(out.ObjectRelations))
	t.add("values of attributes", count(out.Values))
	t.add("changes of attributes", count(out.Changes))
	fmt.Fprintf(e.Stdout, "%s, object-centric, from %s\n", printable(out.Log), l.origin)
	if err := t.write(e.Stdout); err != nil {
		return err
	}
	printLoads(e.Stdout, out.Loads)
	printNotes(e.Stdout, out.Notes)
	return nil
}
