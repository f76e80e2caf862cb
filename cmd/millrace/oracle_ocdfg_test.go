package main

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"millrace/eventlog"
	"millrace/mining"
)

// An ocelOracle is what PM4Py 2.7.23.11 computed on one object-centric log.
type ocelOracle struct {
	Log struct {
		Events, Objects int64
		Types           map[string]int64 `json:"object_types"`
	}
	OCDFG struct {
		Activities threeCounts `json:"activities_indep"`
		Start, End threeByType
		Events     map[string][]oracleEdge `json:"event_couples"`
		Objects    map[string][]oracleEdge `json:"unique_objects"`
		Total      map[string][]oracleEdge `json:"total_objects"`
		EventWait  map[string][]oracleWait `json:"performance_event_couples"`
		Wait       map[string][]oracleWait `json:"performance_total_objects"`
	}
	Interaction int64            `json:"graph_object_interaction"`
	Cobirth     int64            `json:"graph_object_cobirth"`
	Codeath     int64            `json:"graph_object_codeath"`
	Descendants int64            `json:"graph_object_descendants"`
	Inheritance int64            `json:"graph_object_inheritance"`
	OTG         map[string]int64 `json:"otg"`
	ETOT        struct {
		Counts map[string]int64 `json:"3"`
	}
	Kinds      []oracleKind        `json:"events_by_ot_count_signature"`
	Activities map[string][]string `json:"object_type_activities"`
	Flattening map[string]struct {
		Cases, Events int64
		DFG           []oracleEdge
		Start, End    map[string]int64
	}
	Summary struct {
		Rows int64
		Sum  float64 `json:"lifecycle_duration_sum"`
	} `json:"objects_summary"`
}

type threeCounts struct {
	Events  map[string]int64
	Objects map[string]int64 `json:"unique_objects"`
	Total   map[string]int64 `json:"total_objects"`
}

type threeByType struct {
	Events  map[string]map[string]int64
	Objects map[string]map[string]int64 `json:"unique_objects"`
	Total   map[string]map[string]int64 `json:"total_objects"`
}

type oracleWait struct {
	From, To     string
	Mean, Median float64
	N            int64
}

func (w *oracleWait) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&w.From, &w.To, &w.Mean, &w.Median, &w.N})
}

type oracleKind struct {
	Objects map[string]int64
	Events  int64
}

func (k *oracleKind) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&k.Objects, &k.Events})
}

// Object-centric logs give the figures another tool computed; what it lost on
// the way in is said where it is compared.
func TestOracleOCDFG(t *testing.T) {
	oracles, err := filepath.Glob(shared(t, "oracle", "ocel_*.json.gz"))
	if err != nil || len(oracles) == 0 {
		t.Fatalf("no oracle files: %v", err)
	}
	compared := 0
	for _, path := range oracles {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		var o ocelOracle
		err = json.NewDecoder(z).Decode(&o)
		f.Close()
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "ocel_"), ".json.gz")
		at := strings.LastIndexByte(name, '_')
		file := strings.ReplaceAll(name[:at], "v0_9", "v0.9") + "." + name[at+1:]
		logs, err := filepath.Glob(shared(t, "data", "logs", file+"*"))
		if err != nil || len(logs) != 1 {
			t.Fatalf("%s: %d logs, %v", file, len(logs), err)
		}
		t.Run(file, func(t *testing.T) {
			w := readOCEL(t, logs[0])
			compared++
			o.compareFlow(t, w, func(typ string) bool { return slices.Contains(otherTies, name+" "+typ) })
			o.compareGraphs(t, w)
		})
	}
	if compared < 11 {
		t.Errorf("only %d logs were compared", compared)
	}
}

// compareFlow holds the graph against the oracle's. Where ties are in another
// order there, each is held against a count in its own order.
func (o *ocelOracle) compareFlow(t *testing.T, w *ocelWorld, otherTies func(typ string) bool) {
	flow, err := w.log.store.ObjectFlow(t.Context(), eventlog.ObjectFlowOptions{Log: w.log.name, Exact: true})
	if err != nil {
		t.Fatal(err)
	}
	g := mining.FindOCDFG(flow)
	objects, activities := map[string]int64{}, map[string][]string{}
	start, end, by := newThree(), newThree(), newThree()
	edges := [3]map[string]int64{{}, {}, {}}
	want := [3]map[string]int64{{}, {}, {}}
	wait, eventWait := map[string]*eventlog.Durations{}, map[string]*eventlog.Durations{}
	var life float64
	var alive int64
	for _, typ := range g.Types {
		if typ.Idle == typ.Objects {
			continue // PM4Py has dropped objects without events, and with all of them the type
		}
		objects[typ.Type] = typ.Objects - typ.Idle
		alive += typ.Objects - typ.Idle
		life += typ.Life.Total() / 1e6
		by.fill(typ.Type, typ.Activities)
		start.fill(typ.Type, typ.Start)
		end.fill(typ.Type, typ.End)
		for _, a := range typ.Activities {
			activities[typ.Type] = append(activities[typ.Type], a.Activity)
		}
		for _, e := range typ.Edges {
			key := typ.Type + ": " + e.From + " → " + e.To
			edges[0][key], edges[1][key], edges[2][key] = e.Events, e.Objects, e.Total
			wait[key], eventWait[key] = e.Wait, e.EventWait
		}
	}
	all := threeCounts{map[string]int64{}, map[string]int64{}, map[string]int64{}}
	for _, a := range g.Activities {
		all.Events[a.Activity], all.Objects[a.Activity], all.Total[a.Activity] = a.Events, a.Objects, a.Total
	}
	for i, list := range []map[string][]oracleEdge{o.OCDFG.Events, o.OCDFG.Objects, o.OCDFG.Total} {
		for typ, es := range list {
			for _, e := range es {
				want[i][typ+": "+e.From+" → "+e.To] = e.Count
			}
		}
	}
	for typ := range objects {
		ours, theirs := w.ofType(edges[2], typ), w.ofType(want[2], typ)
		if d := cmp.Diff(w.steps(typ, false), ours); d != "" {
			t.Errorf("%s: edges (-counted +ours):\n%s", typ, d)
		}
		if !otherTies(typ) {
			continue
		}
		if d := cmp.Diff(w.steps(typ, true), theirs); d != "" {
			t.Errorf("%s: edges, ties by type (-counted +oracle):\n%s", typ, d)
		}
		for i := range edges {
			maps.DeleteFunc(edges[i], func(k string, _ int64) bool { return strings.HasPrefix(k, typ+": ") })
			maps.DeleteFunc(want[i], func(k string, _ int64) bool { return strings.HasPrefix(k, typ+": ") })
		}
	}
	for _, x := range []struct {
		what      string
		want, got any
	}{
		{"objects with events", o.Log.Types, objects},
		{"activities by type", o.Activities, activities},
		{"activities", o.OCDFG.Activities, all},
		{"start", o.OCDFG.Start, start}, {"end", o.OCDFG.End, end},
		{"edges by events", want[0], edges[0]}, {"edges by objects", want[1], edges[1]}, {"edges in total", want[2], edges[2]},
		{"objects' summary", o.Summary.Rows, alive},
	} {
		if d := cmp.Diff(x.want, x.got); d != "" {
			t.Errorf("%s (-oracle +ours):\n%s", x.what, d)
		}
	}
	// PM4Py counts an object that an event touches as two things twice here.
	relations, distinct := w.relationsByType()
	for k, n := range o.relations(t) {
		if n != relations[k] {
			t.Errorf("%s: %d relations in the file, oracle %d", k, relations[k], n)
		}
	}
	for typ, counts := range by.Total {
		for activity, n := range counts {
			if k := activity + ", " + typ; n != distinct[k] {
				t.Errorf("%s: %d in total, %d pairs in the file", k, n, distinct[k])
			}
		}
	}
	if len(relations) != len(o.relations(t)) || len(distinct) != len(relations) {
		t.Errorf("%d pairs of activity and type, oracle %d", len(relations), len(o.relations(t)))
	}
	// A type's graph is that of the log flattened to it.
	for typ, flat := range o.Flattening {
		dfg := map[string]int64{}
		for _, e := range flat.DFG {
			dfg[e.From+" → "+e.To] = e.Count
		}
		ours := w.ofType(edges[2], typ)
		if otherTies(typ) {
			ours = w.steps(typ, true)
		}
		var events int64
		for _, n := range by.Total[typ] {
			events += n
		}
		if d := cmp.Diff(dfg, ours); d != "" || flat.Cases != objects[typ] || flat.Events != events ||
			!maps.Equal(flat.Start, start.Total[typ]) || !maps.Equal(flat.End, end.Total[typ]) {
			t.Errorf("flattened to %s: oracle %d cases, %d events, start %v, end %v; ours %d, %d, %v, %v; edges (-oracle +ours):\n%s", typ,
				flat.Cases, flat.Events, flat.Start, flat.End, objects[typ], events, start.Total[typ], end.Total[typ], d)
		}
	}
	if len(o.Flattening) != len(objects) {
		t.Errorf("%d types are flattened, %d have events", len(o.Flattening), len(objects))
	}
	if math.Abs(life-o.Summary.Sum) > 1e-3 {
		t.Errorf("lives add up to %v s, oracle %v s", life, o.Summary.Sum)
	}
	for i, list := range []map[string][]oracleWait{o.OCDFG.Wait, o.OCDFG.EventWait} {
		for typ, ws := range list {
			if otherTies(typ) {
				continue
			}
			for _, w := range ws {
				key := typ + ": " + w.From + " → " + w.To
				d := []map[string]*eventlog.Durations{wait, eventWait}[i][key]
				if d == nil {
					t.Errorf("%s: no such edge", key)
				} else if d.N != w.N || !near(d.Mean()/1e6, w.Mean) || !near(d.Quantile(.5)/1e6, w.Median) {
					t.Errorf("%s: n %d mean %v median %v s, oracle %d, %v, %v", key, d.N, d.Mean()/1e6, d.Quantile(.5)/1e6, w.N, w.Mean, w.Median)
				}
			}
		}
	}
}

// near says whether two numbers of seconds agree to the microsecond, or to 12 digits.
func near(a, b float64) bool { return math.Abs(a-b) <= math.Max(2e-6, 1e-12*math.Abs(b)) }

func newThree() threeByType {
	return threeByType{map[string]map[string]int64{}, map[string]map[string]int64{}, map[string]map[string]int64{}}
}

func (x *threeByType) fill(typ string, as []eventlog.FlowActivity) {
	x.Events[typ], x.Objects[typ], x.Total[typ] = map[string]int64{}, map[string]int64{}, map[string]int64{}
	for _, a := range as {
		x.Events[typ][a.Activity], x.Objects[typ][a.Activity], x.Total[typ][a.Activity] = a.Events, a.Objects, a.Total
	}
}

var otgKey = regexp.MustCompile(`^\('(.*)', 'object_(\w+)', '(.*)'\)$`)

// compareGraphs holds the object graphs against the oracle's.
func (o *ocelOracle) compareGraphs(t *testing.T, w *ocelWorld) {
	g, err := w.log.store.ObjectGraphs(t.Context(), eventlog.ObjectGraphOptions{ObjectFlowOptions: eventlog.ObjectFlowOptions{Log: w.log.name}, Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	edges, pairs := map[string]int64{}, map[string]int64{}
	directed := map[string]bool{}
	for _, x := range g.Graphs {
		edges[x.Name], directed[x.Name] = x.Edges, x.Directed
		for _, p := range x.Pairs {
			pairs[fmt.Sprint(x.Name, ": ", p.From, ", ", p.To)] = p.Edges
		}
		if len(x.List) != int(min(x.Edges, 10)) {
			t.Errorf("%s: %d edges are listed of %d", x.Name, len(x.List), x.Edges)
		}
	}
	want := map[string]int64{"interaction": o.Interaction, "cobirth": o.Cobirth, "codeath": o.Codeath, "descendants": o.Descendants, "inheritance": o.Inheritance}
	if d := cmp.Diff(want, edges); d != "" {
		t.Errorf("graphs (-oracle +ours):\n%s", d)
	}
	otg := map[string]int64{}
	for k, n := range o.OTG {
		m := otgKey.FindStringSubmatch(k)
		if m == nil {
			t.Fatalf("otg: %q", k)
		}
		from, to := m[1], m[3]
		if !directed[m[2]] && from > to { // PM4Py puts the ends in order of their ids, not of their types
			from, to = to, from
		}
		otg[fmt.Sprint(m[2], ": ", from, ", ", to)] += n
	}
	if d := cmp.Diff(otg, pairs); d != "" {
		t.Errorf("otg (-oracle +ours):\n%s", d)
	}
	theirs, ours := map[string]int64{}, map[string]int64{}
	for _, k := range o.Kinds {
		theirs[kindText(k.Objects)] += k.Events
	}
	for _, k := range g.Kinds {
		ours[kindText(k.Objects)] += k.Events
	}
	// PM4Py counts an object that an event touches as two things twice here, too.
	relations, distinct := w.kinds()
	if d := cmp.Diff(theirs, relations); d != "" {
		t.Errorf("events by relations (-oracle +the file):\n%s", d)
	}
	if d := cmp.Diff(distinct, ours); d != "" {
		t.Errorf("events by what they touch (-the file +ours):\n%s", d)
	}
}

func kindText(objects map[string]int64) string {
	var words []string
	for _, typ := range slices.Sorted(maps.Keys(objects)) {
		words = append(words, fmt.Sprint(typ, " ", objects[typ]))
	}
	return strings.Join(words, ", ")
}

// kinds counts the events of the file by the objects of each type they touch,
// once for each relation and once for each object.
func (w *ocelWorld) kinds() (relations, distinct map[string]int64) {
	byEvent := [2]map[string]map[string]int64{{}, {}}
	seen := map[[3]string]bool{}
	for _, r := range w.relations {
		for i := range byEvent {
			pair := r
			if i == 1 && seen[pair] {
				continue
			}
			if byEvent[i][r[0]] == nil {
				byEvent[i][r[0]] = map[string]int64{}
			}
			byEvent[i][r[0]][r[1]]++
			if i == 1 {
				seen[pair] = true
			}
		}
	}
	relations, distinct = map[string]int64{}, map[string]int64{}
	for i, out := range []map[string]int64{relations, distinct} {
		for _, objects := range byEvent[i] {
			out[kindText(objects)]++
		}
	}
	return relations, distinct
}

// relationsByType counts the relations of the file, and its pairs of event and
// object, by activity and type.
func (w *ocelWorld) relationsByType() (relations, distinct map[string]int64) {
	relations, distinct = map[string]int64{}, map[string]int64{}
	activity, seen := map[string]string{}, map[[3]string]bool{}
	for _, e := range w.events {
		activity[e[0]] = e[1]
	}
	for _, r := range w.relations {
		k := activity[r[0]] + ", " + r[1]
		relations[k]++
		if pair := r; !seen[pair] {
			seen[pair] = true
			distinct[k]++
		}
	}
	return relations, distinct
}

var etotKey = regexp.MustCompile(`^\('(.*)', '(.*)'\)$`)

// relations are the oracle's by activity and type.
func (o *ocelOracle) relations(t *testing.T) map[string]int64 {
	out := map[string]int64{}
	for k, n := range o.ETOT.Counts {
		m := etotKey.FindStringSubmatch(k)
		if m == nil {
			t.Fatalf("etot: %q", k)
		}
		out[m[1]+", "+m[2]] = n
	}
	return out
}
