package main

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An objectOracle holds what PM4Py 2.7.23.11 computed on one object-centric
// log; ../shared/oracle/README.md has the definitions.
type objectOracle struct {
	Meta struct{ File string }
	Log  struct {
		Events    int64
		Relations int64 `json:"e2o"`
	}
	Flattening map[string]struct {
		Cases, Events int64
		Start, End    map[string]int64
		DFG           []oracleEdge
		Variants      int
		Top           []oracleVariant `json:"top_variants"`
	}
}

func readObjectOracle(t *testing.T, path string) *objectOracle {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	o := &objectOracle{}
	if err := json.NewDecoder(z).Decode(o); err != nil {
		t.Fatal(err)
	}
	return o
}

// otherTies lists flattenings in which events of equal times follow each other
// in another order there, which is no more the log's than ours: a file of
// SQLite has a table of all events, whose order we keep, and one a type, which
// PM4Py puts one after the other. By either order, plain SQL over the file
// gives the one figures and the other.
var otherTies = []string{"order-running-example_sqlite employees"}

// Every object-centric log, flattened to each of its types, gives the figures
// another tool computed.
func TestObjectOracle(t *testing.T) {
	oracles, err := filepath.Glob(shared(t, "oracle", "ocel_*.json.gz"))
	if err != nil || len(oracles) < 10 {
		t.Fatalf("%d oracle files: %v", len(oracles), err)
	}
	for _, path := range oracles {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "ocel_"), ".json.gz")
		t.Run(name, func(t *testing.T) {
			o := readObjectOracle(t, path)
			log := shared(t, "data", "logs", filepath.Base(o.Meta.File))
			if _, err := os.Stat(log); err != nil {
				log += ".gz"
			}
			o.compare(t, name, log)
		})
	}
}

func (o *objectOracle) compare(t *testing.T, name, log string) {
	project := filepath.Join(t.TempDir(), "millrace.yaml")
	millrace(t, "-p", project, "import", log, "--log", "x", "-q")
	var facts objectFactsOut
	if err := json.Unmarshal([]byte(millrace(t, "-p", project, "log", "show", "x", "--json")), &facts); err != nil {
		t.Fatal(err)
	}
	if facts.Events != o.Log.Events || facts.EventRelations != o.Log.Relations {
		t.Errorf("%d events, %d relations; want %d, %d", facts.Events, facts.EventRelations, o.Log.Events, o.Log.Relations)
	}
	if len(o.Flattening) == 0 {
		t.Error("the oracle has no flattening")
	}
	for typ, want := range o.Flattening {
		var g ours
		if err := json.Unmarshal([]byte(millrace(t, "-p", project, "mine", "dfg", "x", "--case", typ, "--json")), &g); err != nil {
			t.Fatal(err)
		}
		if g.Cases != want.Cases || g.Events != want.Events {
			t.Errorf("%s: %d events in %d cases, want %d in %d", typ, g.Events, g.Cases, want.Events, want.Cases)
		}
		var v ours
		if err := json.Unmarshal([]byte(millrace(t, "-p", project, "mine", "variants", "x", "--case", typ, "--json")), &v); err != nil {
			t.Fatal(err)
		}
		edges, got := map[string]int64{}, map[string]int64{}
		for _, x := range want.DFG {
			edges[x.From+" → "+x.To] = x.Count
		}
		for _, x := range g.Edges {
			got[x.From+" → "+x.To] = x.Count
		}
		// Most variants of the oracle contradict its own graph: it numbered the
		// rows of a flattening wrongly. Where they do not, they are ours.
		if pairs := oraclePairs(want.Top); within(pairs, edges) {
			paths := map[string]int64{}
			for _, x := range v.Variants {
				paths[strings.Join(x.Activities, " → ")] = x.Cases
			}
			if len(v.Variants) != want.Variants {
				t.Errorf("%s: %d variants, want %d", typ, len(v.Variants), want.Variants)
			}
			for _, x := range want.Top {
				if path := strings.Join(x.Path, " → "); paths[path] != x.Cases {
					t.Errorf("%s: %d cases, want %d: %s", typ, paths[path], x.Cases, path)
				}
			}
		} else {
			t.Logf("%s: variants not compared: the oracle's contradict its own graph", typ)
		}
		var all []oracleVariant
		for _, x := range v.Variants {
			all = append(all, oracleVariant{Path: x.Activities, Cases: x.Cases})
		}
		if slices.Contains(otherTies, name+" "+typ) {
			if total(edges) != total(got) {
				t.Errorf("%s: %d steps, want %d", typ, total(got), total(edges))
			}
			edges = got
		}
		if d := cmp.Diff(edges, oraclePairs(all)); d != "" {
			t.Errorf("%s: edges by our variants: -want +got\n%s", typ, d)
		}
		start, end := map[string]int64{}, map[string]int64{}
		for _, x := range g.Start {
			start[x.Activity] = x.Cases
		}
		for _, x := range g.End {
			end[x.Activity] = x.Cases
		}
		for _, x := range []struct {
			what      string
			want, got map[string]int64
		}{{"edges", edges, got}, {"start", want.Start, start}, {"end", want.End, end}} {
			if d := cmp.Diff(x.want, x.got); d != "" {
				t.Errorf("%s: %s: -want +got\n%s", typ, x.what, d)
			}
		}
	}
}

// oraclePairs counts who follows whom in some variants.
func oraclePairs(list []oracleVariant) map[string]int64 {
	pairs := map[string]int64{}
	for _, v := range list {
		for i := range len(v.Path) - 1 {
			pairs[v.Path[i]+" → "+v.Path[i+1]] += v.Cases
		}
	}
	return pairs
}

func total(counts map[string]int64) (n int64) {
	for _, c := range counts {
		n += c
	}
	return n
}

// within says whether some counts are no more than all.
func within(some, all map[string]int64) bool {
	for k, n := range some {
		if n > all[k] {
			return false
		}
	}
	return true
}

// What plain SQL counts in a file holds, also where other tools lose some of it.
func TestObjectTruth(t *testing.T) {
	text, err := os.ReadFile(shared(t, "oracle", "TRUTH_sqlite_counts.json"))
	if err != nil {
		t.Fatal(err)
	}
	var truth map[string]json.RawMessage
	if err := json.Unmarshal(text, &truth); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for name, figures := range truth {
		path := shared(t, "data", "logs", name)
		if _, err := os.Stat(path); err != nil {
			continue // not among the public logs
		}
		compared++
		var want struct {
			SQL struct {
				Event        int64
				Object       int64
				EventObject  int64 `json:"event_object"`
				ObjectObject int64 `json:"object_object"`
			}
		}
		if err := json.Unmarshal(figures, &want); err != nil {
			t.Fatal(err)
		}
		var got objectFactsOut
		if err := json.Unmarshal([]byte(millrace(t, "log", "show", path, "-q", "--json")), &got); err != nil {
			t.Fatal(err)
		}
		if got.Events != want.SQL.Event || got.Objects != want.SQL.Object || got.EventRelations != want.SQL.EventObject || got.ObjectRelations != want.SQL.ObjectObject {
			t.Errorf("%s: %+v, want %+v", name, got, want.SQL)
		}
	}
	if compared == 0 {
		t.Error("no file was compared")
	}
}
