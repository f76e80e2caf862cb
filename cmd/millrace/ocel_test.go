package main

import (
	"cmp"
	"io"
	"slices"
	"strings"
	"testing"

	"millrace/eventlog"
	"millrace/ingest"
)

// An ocelWorld is what an object-centric file says, in plain lists: just
// enough to count by hand what is computed of it.
type ocelWorld struct {
	events    [][2]string // id, activity
	times     []int64     // of the events
	places    []int64     // of the events, where the file has an order of its own
	relations [][3]string // event, type of the object, object
	log       *storedLog
}

// readOCEL reads a file, once into lists and once into a store.
func readOCEL(t *testing.T, path string) *ocelWorld {
	t.Helper()
	format, err := objectFormatOf(path, "")
	if err != nil || format == nil {
		t.Fatalf("%s: no object-centric log: %v", path, err)
	}
	f, err := format.Open(t.Context(), path, ingest.Options{Timezone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := &ocelWorld{}
	typeOf := map[string]string{}
	err = f.Read(t.Context(), func(b *eventlog.ObjectBatch) error {
		for i, id := range b.Events.ID {
			place := int64(len(w.events))
			if b.Events.Place != nil {
				place = b.Events.Place[i]
			}
			w.events = append(w.events, [2]string{id, b.Events.Activity[i]})
			w.times, w.places = append(w.times, b.Events.Time[i]), append(w.places, place)
		}
		for i, id := range b.Objects.ID {
			typeOf[id] = b.Objects.Type[i]
		}
		for i, e := range b.EventObject.Event {
			typ := ""
			if b.EventObject.Type != nil {
				typ = b.EventObject.Type[i]
			}
			w.relations = append(w.relations, [3]string{e, typ, b.EventObject.Object[i]})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range w.relations {
		if r[1] == "" {
			w.relations[i][1] = typeOf[r[2]]
		}
	}
	e := &env{Context: t.Context(), Stdout: io.Discard, Stderr: io.Discard, Project: &project{Timezone: "UTC"}}
	if w.log, err = openStored(e, path, "", &readFlags{Quiet: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.log.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// steps counts which activity follows which for the objects of a type. Of
// events of equal times the one that the file has first comes first, or, by
// type, the one whose type has the first name.
func (w *ocelWorld) steps(typ string, byType bool) map[string]int64 {
	place := map[string]int{}
	for i, e := range w.events {
		place[e[0]] = i
	}
	met := map[string][]int{}
	for _, r := range w.relations {
		if r[1] == typ {
			met[r[2]] = append(met[r[2]], place[r[0]])
		}
	}
	counts := map[string]int64{}
	for _, events := range met {
		slices.SortFunc(events, func(a, b int) int {
			kind := 0
			if byType {
				kind = cmp.Compare(w.events[a][1], w.events[b][1])
			}
			return cmp.Or(cmp.Compare(w.times[a], w.times[b]), kind, cmp.Compare(w.places[a], w.places[b]))
		})
		events = slices.Compact(events)
		for i := 1; i < len(events); i++ {
			counts[w.events[events[i-1]][1]+" → "+w.events[events[i]][1]]++
		}
	}
	return counts
}

// ofType are the edges of one type.
func (w *ocelWorld) ofType(edges map[string]int64, typ string) map[string]int64 {
	of := map[string]int64{}
	for key, n := range edges {
		if e, ok := strings.CutPrefix(key, typ+": "); ok {
			of[e] = n
		}
	}
	return of
}
