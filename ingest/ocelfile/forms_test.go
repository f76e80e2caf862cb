package ocelfile

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"millrace/ingest"
)

// TestForms: one log in all its forms reads equal.
func TestForms(t *testing.T) {
	dir := shared(t)
	for _, x := range []struct {
		like   string
		forms  []string
		zone   string // of the forms
		values bool   // the forms have the attributes, too
	}{
		// The JSON has times in UTC, where the other two show Central European clocks.
		{"ocel20_example.jsonocel", []string{"ocel20_example.xmlocel", "ocel20_example.sqlite"}, "Europe/Berlin", true},
		{"example_log.jsonocel", []string{"example_log.sqlite"}, "", true},
		// Written without the attributes of the JSON.
		{"example_log.jsonocel", []string{"example_log.xmlocel", "example_log.csv"}, "", false},
	} {
		want := bare(t, filepath.Join(dir, "data", "logs", x.like), "", x.values)
		for _, form := range x.forms {
			if diff := cmp.Diff(want, bare(t, filepath.Join(dir, "data", "logs", form), x.zone, x.values)); diff != "" {
				t.Errorf("(-%s +%s):\n%s", x.like, form, diff)
			}
		}
	}
}

// bare reads a log without what only some forms can say: the types of related
// objects, and whether 456 is an integer.
func bare(t *testing.T, path, zone string, values bool) string {
	w, said, err := readLog(t, formatOf(t, path), path, ingest.Options{Timezone: zone})
	if err != nil {
		t.Fatal(err)
	}
	if said.rejected > 0 {
		t.Errorf("%s: rejected: %v", path, said.rejects)
	}
	for i := range w.E2O {
		w.E2O[i][1] = ""
	}
	for i := range w.O2O {
		w.O2O[i][0], w.O2O[i][2] = "", ""
	}
	if !values {
		w.Values = nil
		for i := range w.Events {
			w.Events[i].Attributes = nil
		}
	}
	return strings.ReplaceAll(w.unordered().String(), "=int ", "=float ")
}

// TestFlush: a log of several batches is the same as its parts.
func TestFlush(t *testing.T) {
	const n = 40_000
	path, _ := generated(t, n)
	w, _, err := readLog(t, JSON, path, ingest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(w.Events) != n || len(w.E2O) != 2*n || len(w.Objects) != n/2 || w.batches < 3 {
		t.Fatalf("%d events, %d relations, %d objects in %d batches", len(w.Events), len(w.E2O), len(w.Objects), w.batches)
	}
	for i, e := range w.Events {
		if e.Place != int64(i+1) || len(e.Attributes) != 2 {
			t.Fatalf("event %d: %+v", i, e)
		}
	}
}
