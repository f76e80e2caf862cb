package ocel

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"millrace/eventlog"
	"millrace/ingest"
	"millrace/ingest/ocelfile"
)

// checks makes rapid do with fewer checks than it does by default: each costs a
// load.
func checks(t *testing.T, n int) {
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		if err := f.Value.Set(strconv.Itoa(n)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Value.Set(f.DefValue) })
	}
}

// facts are what the reader says of a file, row by row in the order of the file.
type facts struct {
	Meta                                      eventlog.ObjectMeta
	Events, Objects, Relations, Links, Values []string
	rejected                                  int64
	tables                                    bool // it is SQLite
	places                                    []int64
	untimed                                   []string // events without a time
	values                                    []fact
}

type fact struct {
	object, attribute string
	time              int64
	text              string
}

// factsOf reads a file as far as a form can say it, its events in order of
// their places. loose leaves out what an untyped value is: forms of
// OCEL 1.0 say it value by value, those of 2.0 by type and attribute.
func factsOf(t testing.TB, path string, to Form, loose bool) *facts {
	t.Helper()
	f := openOCEL(t, path)
	defer f.Close()
	x := &facts{}
	err := f.Read(t.Context(), func(b *eventlog.ObjectBatch) error {
		x.add(b, to, loose)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	_, x.rejected = f.Rejects()
	x.Meta = f.Meta()
	slices.SortStableFunc(x.values, func(a, b fact) int { // SQLite has them by time
		return cmp.Or(strings.Compare(a.object, b.object), strings.Compare(a.attribute, b.attribute), cmp.Compare(a.time, b.time))
	})
	x.tables = filepath.Ext(path) == ".sqlite"
	at := make([]int, len(x.Events))
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(a, b int) int { return cmp.Compare(x.places[a], x.places[b]) })
	events := x.Events
	x.Events = nil
	for _, i := range at {
		x.Events = append(x.Events, events[i])
	}
	for _, v := range x.values {
		x.Values = append(x.Values, fmt.Sprintf("%q %q %d %s", v.object, v.attribute, v.time, v.text))
	}
	return x
}

func (x *facts) add(b *eventlog.ObjectBatch, to Form, loose bool) {
	text := func(kind eventlog.Type, s string) string {
		if to == XML {
			s = xmlText(s)
		}
		if loose {
			return fmt.Sprintf("%q", s)
		}
		if kind == eventlog.Nested {
			kind = eventlog.Text // OCEL 2.0 has no other place for it
		}
		return fmt.Sprintf("%s %q", kind, s)
	}
	for row, id := range b.Events.ID {
		var values []string
		for i := range b.Events.Attributes {
			if c := &b.Events.Attributes[i]; c.Null == nil || !c.Null[row] {
				values = append(values, fmt.Sprintf("%q %s", c.Name, text(c.Type, c.ValueText(row))))
			}
		}
		slices.Sort(values)
		x.Events = append(x.Events, fmt.Sprintf("%q %q %d %v", id, b.Events.Activity[row], b.Events.Time[row], values))
		x.places = append(x.places, b.Events.Place[row])
		if b.Events.Time[row] == eventlog.NoTime {
			x.untimed = append(x.untimed, fmt.Sprintf("%q ", id))
		}
	}
	for row, id := range b.Objects.ID {
		x.Objects = append(x.Objects, fmt.Sprintf("%q %q", id, b.Objects.Type[row]))
	}
	for i, id := range b.EventObject.Event {
		x.Relations = append(x.Relations, fmt.Sprintf("%q %q %q", id, b.EventObject.Object[i], at(b.EventObject.Qualifier, i)))
	}
	for i, id := range b.ObjectObject.Source {
		x.Links = append(x.Links, fmt.Sprintf("%q %q %q", id, b.ObjectObject.Target[i], at(b.ObjectObject.Qualifier, i)))
	}
	for i, id := range b.Values.Object {
		x.values = append(x.values, fact{id, b.Values.Attribute[i], b.Values.Time[i], text(b.Values.Kind[i], b.Values.Value[i])})
	}
}

// timed is without the events that have no time, and what relates to them: a
// file of OCEL 2.0 has no place for them.
func (x *facts) timed() *facts {
	for _, id := range x.untimed {
		of := func(line string) bool { return strings.HasPrefix(line, id) }
		x.Events, x.Relations = slices.DeleteFunc(x.Events, of), slices.DeleteFunc(x.Relations, of)
	}
	return x
}

func openOCEL(t testing.TB, path string) ingest.ObjectFile {
	t.Helper()
	format := map[string]ingest.ObjectFormat{"json": ocelfile.JSON, "jsonocel": ocelfile.JSON, "xml": ocelfile.XML, "xmlocel": ocelfile.XML,
		"sqlite": ocelfile.SQLite, "csv": ocelfile.CSV}[strings.TrimPrefix(filepath.Ext(strings.TrimSuffix(path, ".gz")), ".")]
	f, err := format.Open(t.Context(), path, ingest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A shelf is a store that logs are put through, and a folder for their files.
type shelf struct {
	t    testing.TB
	s    *eventlog.Store
	dir  string
	logs int
}

func newShelf(t testing.TB) *shelf {
	t.Helper()
	h := &shelf{t: t, dir: t.TempDir()}
	var err error
	if h.s, err = eventlog.Open(t.Context(), filepath.Join(h.dir, "log.duckdb"), eventlog.OpenOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.s.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// load reads a file into a log that is not there yet, and returns its name.
func (h *shelf) load(path string) string {
	h.t.Helper()
	h.logs++
	log := fmt.Sprint("log ", h.logs)
	f := openOCEL(h.t, path)
	defer f.Close()
	ctx := h.t.Context()
	staged, err := eventlog.StageObjects(ctx, h.s.Path(), eventlog.ImportOptions{Log: log}, f.Read, func() (eventlog.ObjectEnd, error) {
		return eventlog.ObjectEnd{Meta: f.Meta()}, nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	defer staged.Discard()
	if _, err := h.s.MergeObjects(ctx, staged); err != nil {
		h.t.Fatal(err)
	}
	return log
}

// write writes a log of the store, "" for all of it, to a file.
func (h *shelf) write(log string, form Form) (path string, text []byte) {
	h.t.Helper()
	return h.file("out", form, func(emit func(*eventlog.ObjectBatch) error) (eventlog.ObjectMeta, error) {
		return h.s.Objects(context.Background(), log, emit)
	})
}

func (h *shelf) file(name string, form Form, source Source) (path string, text []byte) {
	h.t.Helper()
	text, _ = write(h.t, form, source)
	path = filepath.Join(h.dir, name+"."+string(form))
	if err := os.WriteFile(path, text, 0o600); err != nil {
		h.t.Fatal(err)
	}
	return path, text
}

// gathered puts equal lines where the first of them is: a store counts what is
// said several times.
func gathered(list []string) (out []string) {
	counts := map[string]int{}
	for _, line := range list {
		counts[line]++
	}
	for _, line := range list {
		for range counts[line] {
			out = append(out, line)
		}
		counts[line] = 0
	}
	return out
}

var numberText = regexp.MustCompile(`(text|int|float|bool) "([-+0-9.eE]+|true|false)"`)

// spelled gives numbers one spelling: SQLite makes a number of a text that is
// one, 100000 of 1e5, where its column is declared a number; true is 1 there.
func spelled(list []string) []string {
	for i := range list {
		list[i] = numberText.ReplaceAllStringFunc(list[i], func(s string) string {
			_, number, _ := strings.Cut(strings.Trim(s, `"`), `"`)
			switch number {
			case "true":
				number = "1"
			case "false":
				number = "0"
			}
			if f, err := strconv.ParseFloat(number, 64); err == nil && f != float64(int64(f)) || err == nil && strings.ContainsAny(number, ".eE+") {
				return fmt.Sprintf("number %v", f)
			} else if n, err := strconv.ParseInt(number, 10, 64); err == nil && n > -1<<53 && n < 1<<53 {
				return fmt.Sprintf("number %v", float64(n))
			}
			return s
		})
	}
	return list
}

// sameFacts compares what two files say, as the form of the second can.
func sameFacts(want, got *facts, form Form) string {
	for _, x := range []*facts{want, got} {
		x.Relations, x.Links = gathered(x.Relations), gathered(x.Links)
	}
	if form == SQLite || want.tables || got.tables { // what stands in a table for each type, or for all relations
		for _, x := range []*facts{want, got} {
			slices.Sort(x.Objects)
			slices.Sort(x.Relations)
			slices.Sort(x.Links)
			x.Events, x.Values = spelled(x.Events), spelled(x.Values)
		}
	}
	if form != JSON {
		want.Meta.Attributes, got.Meta.Attributes = "", ""
	}
	return gocmp.Diff(want, got, cmpopts.IgnoreUnexported(facts{}), cmpopts.EquateEmpty())
}

// Each form of OCEL 2.0, read into a store and written from it in each form,
// says the same: events with their attributes, objects, relations with their
// qualifiers however often they are said, values with their times, types and
// what they declare; all in the order of the file. A value that does not fit
// what is declared stays what it was. Rows without an id or a type are not
// among them: the reader rejects them.
func TestAStoreKeepsAll(t *testing.T) {
	checks(t, 40)
	h := newShelf(t)
	rapid.Check(t, func(rt *rapid.T) {
		m := drawModelOf(rt, true)
		for _, types := range [][]eventlog.DeclaredType{m.meta.EventTypes, m.meta.ObjectTypes} {
			for i := range types {
				for k := range types[i].Attributes {
					if rapid.IntRange(0, 5).Draw(rt, "misfit") == 0 {
						types[i].Attributes[k].Type = rapid.SampledFrom([]string{"string", "integer", "float", "boolean", "time"}).Draw(rt, "declared")
					}
				}
			}
		}
		from := rapid.SampledFrom([]Form{JSON, XML, SQLite}).Draw(rt, "from")
		path, _ := h.file("in", from, m.source)
		log := h.load(path)
		for _, to := range []Form{JSON, XML, SQLite} {
			copied, out := h.write(log, to)
			if diff := sameFacts(factsOf(t, path, to, false), factsOf(t, copied, to, false), to); diff != "" {
				if to == SQLite {
					out = nil
				}
				rt.Fatalf("%s → store → %s (-want +got):\n%s\n%s", from, to, diff, out[:min(len(out), 3000)])
			}
		}
	})
}

// A float that is not finite keeps its spelling: alone in its attribute, and
// beside a text, which makes texts of all.
func TestAStoreKeepsInfinity(t *testing.T) {
	h := newShelf(t)
	path := filepath.Join(h.dir, "in.json")
	const text = `{"eventTypes":[{"name":"weigh","attributes":[{"name":"kg","type":"float"},{"name":"mixed","type":"string"}]}],
		"objectTypes":[{"name":"item","attributes":[{"name":"kg","type":"float"},{"name":"mixed","type":"string"}]}],
		"events":[
		{"id":"1","type":"weigh","time":"2024-01-01T00:00:00Z","attributes":[{"name":"kg","value":Infinity},{"name":"mixed","value":-Infinity}],"relationships":[{"objectId":"a","qualifier":""}]},
		{"id":"2","type":"weigh","time":"2024-01-02T00:00:00Z","attributes":[{"name":"kg","value":-Infinity},{"name":"mixed","value":"heavy"}],"relationships":[{"objectId":"a","qualifier":""}]}],
		"objects":[{"id":"a","type":"item","attributes":[{"name":"kg","time":"2024-01-01T00:00:00Z","value":Infinity},
		{"name":"mixed","time":"2024-01-01T00:00:00Z","value":-Infinity},{"name":"mixed","time":"2024-01-02T00:00:00Z","value":"heavy"}],"relationships":[]}]}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	log := h.load(path)
	for _, to := range []Form{JSON, XML, SQLite} {
		copied, out := h.write(log, to)
		if diff := sameFacts(factsOf(t, path, to, false), factsOf(t, copied, to, false), to); diff != "" {
			t.Errorf("store → %s (-want +got):\n%s", to, diff)
		}
		if to != SQLite && (!bytes.Contains(out, []byte("-Infinity")) || bytes.Contains(out, []byte("Inf\""))) {
			t.Errorf("%s spells it otherwise:\n%s", to, out)
		}
	}
}

// publicLogs are the object-centric logs beside the schemas.
func publicLogs(t *testing.T, patterns ...string) []string {
	t.Helper()
	dir := os.Getenv("MILLRACE_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared")
	}
	var paths []string
	for _, p := range patterns {
		found, err := filepath.Glob(filepath.Join(dir, "data", "logs", p))
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, found...)
	}
	if len(paths) == 0 {
		t.Skipf("no public logs in %s; set MILLRACE_SHARED to the folder that has data/logs", dir)
	}
	return paths
}

// Every public log comes out of a store as it went in, in each form of OCEL
// 2.0. A log of OCEL 1.0 has become one of 2.0: its events without a time are
// left out, lists and parts are texts of JSON, and every type declares the
// attributes it has, where the log declared some for all.
func TestAStoreKeepsPublicLogs(t *testing.T) {
	xsd := parseXMLSchema(t, schemaFile(t, "ocel2-validation.xsd"))
	js := parseJSONSchema(t, schemaFile(t, "schema_ocel2.json"))
	h := newShelf(t)
	for _, path := range publicLogs(t, "*.jsonocel", "*.xmlocel", "*.sqlite", "example_log.csv", "ocel_order_simulated.csv.gz") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			log := h.load(path)
			for _, form := range []Form{JSON, XML, SQLite} {
				if testing.Short() && form == SQLite {
					continue
				}
				copied, text := h.write(log, form)
				want := factsOf(t, path, form, false)
				old := want.Meta.Version != "2.0"
				if old {
					want = factsOf(t, path, form, true).timed()
					want.Meta = eventlog.ObjectMeta{}
				}
				got := factsOf(t, copied, form, old)
				for _, of := range []struct {
					types []eventlog.DeclaredType
					rows  []string
				}{{got.Meta.EventTypes, got.Events}, {got.Meta.ObjectTypes, got.Objects}} {
					for _, d := range of.types {
						if old && d.Name == "" && len(of.rows) > 0 {
							t.Error("a type without a name is declared")
						}
					}
				}
				if old {
					got.Meta = eventlog.ObjectMeta{}
				}
				if diff := sameFacts(want, got, form); diff != "" {
					t.Errorf("%s (-want +got):\n%s", form, diff[:min(len(diff), 3000)])
				}
				var err error
				switch form {
				case JSON:
					err = validJSON(t, js, text)
				case XML:
					err = validXML(xsd, text)
				}
				if err != nil {
					t.Errorf("%s is not valid: %v", form, err)
				}
			}
		})
	}
}
