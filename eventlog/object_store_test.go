package eventlog

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// checks makes rapid do with fewer checks than it does by default, where each
// costs several loads. -rapid.checks is obeyed.
func checks(t *testing.T, n int) {
	t.Helper()
	f := flag.Lookup("rapid.checks")
	if f.Value.String() != f.DefValue {
		return
	}
	if err := f.Value.Set(strconv.Itoa(n)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Value.Set(f.DefValue) })
}

// said is an object-centric log as lists of lines, for comparison: events in
// order, all else as multisets.
type said struct{ Events, Objects, Relations, Links, Values []string }

func (s *said) sort() *said {
	for _, list := range [][]string{s.Objects, s.Relations, s.Links, s.Values} {
		sort.Strings(list)
	}
	return s
}

// add takes a batch as the store should give it back; of gives the type of an
// object that is referred to without one.
func (s *said) add(b *ObjectBatch, of func(typ, id string) string) {
	at := func(list []string, i int) string {
		if list == nil {
			return ""
		}
		return list[i]
	}
	for i, id := range b.Events.ID {
		var attributes []string
		for j := range b.Events.Attributes {
			if a := &b.Events.Attributes[j]; a.Null == nil || !a.Null[i] {
				attributes = append(attributes, fmt.Sprintf("%q %s %q", a.Name, a.Type, a.text(i)))
			}
		}
		sort.Strings(attributes)
		when := int64(NoTime)
		if b.Events.Time != nil {
			when = b.Events.Time[i]
		}
		s.Events = append(s.Events, fmt.Sprintf("%q %q %d %v", id, b.Events.Activity[i], when, attributes))
	}
	for i, id := range b.Objects.ID {
		s.Objects = append(s.Objects, fmt.Sprintf("%q %q", b.Objects.Type[i], id))
	}
	for i, e := range b.EventObject.Event {
		o := b.EventObject.Object[i]
		s.Relations = append(s.Relations, fmt.Sprintf("%q %q %q %q", e, of(at(b.EventObject.Type, i), o), o, at(b.EventObject.Qualifier, i)))
	}
	for i, o := range b.ObjectObject.Source {
		t := b.ObjectObject.Target[i]
		s.Links = append(s.Links, fmt.Sprintf("%q %q %q %q %q", of(at(b.ObjectObject.SourceType, i), o), o,
			of(at(b.ObjectObject.TargetType, i), t), t, at(b.ObjectObject.Qualifier, i)))
	}
	for i, o := range b.Values.Object {
		v := &b.Values
		s.Values = append(s.Values, fmt.Sprintf("%q %q %q %d %s %q", of(at(v.Type, i), o), o, v.Attribute[i], v.Time[i], v.Kind[i], v.Value[i]))
	}
}

func asSaid(typ, _ string) string { return typ }

// stored reads a source back.
func stored(t interface {
	Helper()
	Fatal(...any)
}, s *Store, source string) (*said, ObjectMeta) {
	t.Helper()
	got := &said{}
	meta, err := s.Objects(context.Background(), source, func(b *ObjectBatch) error {
		if err := b.check(); err != nil {
			return err
		}
		got.add(b, asSaid)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got.sort(), meta
}

func objectBatches(list ...*ObjectBatch) func(context.Context, func(*ObjectBatch) error) error {
	return func(_ context.Context, emit func(*ObjectBatch) error) error {
		for _, b := range list {
			if err := emit(b); err != nil {
				return err
			}
		}
		return nil
	}
}

func mergeObjects(s *Store, log string, meta ObjectMeta, list ...*ObjectBatch) (LoadReceipt, error) {
	ctx := context.Background()
	staged, err := StageObjects(ctx, s.Path(), ImportOptions{Log: log, Kind: "ocel-json", File: log + ".json"}, objectBatches(list...),
		func() (ObjectEnd, error) { return ObjectEnd{Meta: meta}, nil })
	if err != nil {
		return LoadReceipt{}, err
	}
	defer staged.Discard()
	return s.MergeObjects(ctx, staged)
}

func mustMergeObjects(t interface {
	Helper()
	Fatal(...any)
}, s *Store, log string, meta ObjectMeta, list ...*ObjectBatch) LoadReceipt {
	t.Helper()
	r, err := mergeObjects(s, log, meta, list...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Names that differ in case only, have spaces, quotes, or look like ours.
var hostile = []string{"order", "Order", "ORDER", "purchase order", `x"y'z`, "a:b", "event", "object", "ü ß", "resource", "org:resource", "order_2", "%d"}

// A drawnLog is a small object-centric log in which everything collides, cut
// into slices: an event with its relations, an object with its own.
type drawnLog struct {
	slices []*ObjectBatch
	types  map[string]string // id → type
	typed  map[string]bool   // id → somebody says its type
}

func (d *drawnLog) of(typ, id string) string {
	if typ != "" || !d.typed[id] {
		return typ
	}
	return d.types[id]
}

func valueText(t *rapid.T, kind Type) string {
	return map[Type][]string{
		Text: {"", "5", "true", "x'\"y", "ü"}, Int: {"0", "5", "-7", "9007199254740993"}, Float: {"5", "0.1", "-2.5e-07", "1e+20"},
		Bool: {"true", "false"}, Time: {"2024-01-31T09:00:00Z", "1969-12-31T23:59:59.999999Z"}, Nested: {`{"a":[1,"b"]}`, `[]`},
	}[kind][rapid.IntRange(0, 1).Draw(t, "value")]
}

func drawLog(t *rapid.T, n int) *drawnLog {
	d := &drawnLog{types: map[string]string{}, typed: map[string]bool{}}
	for range n {
		d.slices = append(d.slices, &ObjectBatch{})
	}
	slice := func(of int) *ObjectBatch { return d.slices[of%n] }
	name := rapid.SampledFrom(hostile)
	count := rapid.IntRange(0, 6)
	mention := func(what string) (typ, id string, number int) {
		number = rapid.IntRange(0, 7).Draw(t, what)
		id = fmt.Sprintf("o%d", number)
		if rapid.Bool().Draw(t, "typed") {
			typ = d.types[id]
			d.typed[id] = d.typed[id] || typ != ""
		}
		return typ, id, number
	}
	for i := range 8 { // the last ones are described nowhere
		id := fmt.Sprintf("o%d", i)
		d.types[id] = name.Draw(t, "type")
		if i < 5 {
			b := slice(i)
			b.Objects.Type, b.Objects.ID = append(b.Objects.Type, d.types[id]), append(b.Objects.ID, id)
			d.typed[id] = true
		}
	}
	for i := range rapid.IntRange(0, 8).Draw(t, "events") {
		b := slice(rapid.IntRange(0, n-1).Draw(t, "slice"))
		e := &b.Events
		id := fmt.Sprintf("e%d", i)
		at := len(e.ID)
		e.ID = append(e.ID, id)
		e.Activity = append(e.Activity, name.Draw(t, "activity"))
		e.Time = append(e.Time, rapid.SampledFrom([]int64{NoTime, 0, -1, 1700000000000001}).Draw(t, "time"))
		for j := range e.Attributes {
			e.Attributes[j].pad(at + 1)
		}
		said := map[string]bool{}
		for range rapid.IntRange(0, 3).Draw(t, "attributes") {
			attribute := name.Draw(t, "attribute")
			if said[attribute] {
				continue
			}
			said[attribute] = true
			kind := Type(rapid.IntRange(0, int(Nested)).Draw(t, "kind"))
			j := slices.IndexFunc(e.Attributes, func(c Column) bool { return c.Name == attribute && c.Type == kind })
			if j < 0 {
				j = len(e.Attributes)
				e.Attributes = append(e.Attributes, Column{Name: attribute, Type: kind, Null: []bool{}})
				e.Attributes[j].pad(at + 1)
			}
			c := &e.Attributes[j]
			c.Null[at] = false
			switch kind {
			case Text, Nested:
				c.Text[at] = valueText(t, kind)
			case Float:
				c.Float[at] = rapid.SampledFrom([]float64{5, .1, -1e300}).Draw(t, "float")
			case Bool:
				c.Int[at] = rapid.Int64Range(0, 1).Draw(t, "bool")
			default:
				c.Int[at] = rapid.SampledFrom([]int64{5, 0, -1}).Draw(t, "int")
			}
		}
		for range count.Draw(t, "relations") {
			x := &b.EventObject
			typ, o, _ := mention("object")
			x.Event, x.Type, x.Object = append(x.Event, id), append(x.Type, typ), append(x.Object, o)
			x.Qualifier = append(x.Qualifier, rapid.SampledFrom([]string{"", "as", "As"}).Draw(t, "qualifier"))
		}
	}
	for range count.Draw(t, "links") {
		typ, o, number := mention("source")
		to, target, _ := mention("target")
		x := &slice(number).ObjectObject
		x.SourceType, x.Source = append(x.SourceType, typ), append(x.Source, o)
		x.TargetType, x.Target = append(x.TargetType, to), append(x.Target, target)
		x.Qualifier = append(x.Qualifier, rapid.SampledFrom([]string{"", "of"}).Draw(t, "qualifier"))
	}
	for range count.Draw(t, "values") {
		typ, o, number := mention("object")
		kind := Type(rapid.IntRange(0, int(Nested)).Draw(t, "kind"))
		v := &slice(number).Values
		v.Type, v.Object, v.Attribute = append(v.Type, typ), append(v.Object, o), append(v.Attribute, name.Draw(t, "attribute"))
		v.Time = append(v.Time, rapid.SampledFrom([]int64{NoTime, 0, 1, 1}).Draw(t, "time"))
		v.Kind, v.Value = append(v.Kind, kind), append(v.Value, valueText(t, kind))
	}
	return d
}

// load merges the slices: as one load of several batches, or as many loads. It
// says whether that wrote anything.
func (d *drawnLog) load(t interface {
	Helper()
	Fatal(...any)
}, s *Store, log string, apart bool) bool {
	if !apart {
		return mustMergeObjects(t, s, log, ObjectMeta{Version: "2.0"}, d.slices...).Load > 0
	}
	wrote := false
	for _, b := range d.slices {
		wrote = mustMergeObjects(t, s, log, ObjectMeta{Version: "2.0"}, b).Load > 0 || wrote
	}
	return wrote
}

// What is stored comes back, in however many slices it came, and a second time
// nothing is written. All logs are in one store: none sees another's objects.
func TestObjectsComeBack(t *testing.T) {
	checks(t, 40)
	s := openStore(t, filepath.Join(t.TempDir(), "s.duckdb"))
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		log := fmt.Sprint("log ", n)
		d := drawLog(rt, rapid.IntRange(1, 3).Draw(rt, "slices"))
		apart := rapid.Bool().Draw(rt, "apart")
		d.load(rt, s, log, apart)
		want := &said{}
		for _, b := range d.slices {
			want.add(b, d.of)
		}
		got, _ := stored(rt, s, log)
		if diff := cmp.Diff(want.sort(), got); diff != "" {
			rt.Fatalf("-want +got\n%s", diff)
		}
		if d.load(rt, s, log, apart) {
			rt.Fatal("the second time wrote a load")
		}
	})
}

// The same log a second time changes no byte of the file.
func TestObjectsTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.duckdb")
	gen := rapid.Custom(func(t *rapid.T) *drawnLog { return drawLog(t, 2) })
	var files []string
	for range 2 {
		s := openStore(t, path)
		for seed := range 5 {
			gen.Example(seed).load(t, s, fmt.Sprint("log ", seed), seed%2 == 0)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, string(text))
	}
	if files[0] != files[1] {
		t.Error("the second time changed the store")
	}
}

// The places in a source give the order of its events.
func TestObjectsPlace(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "s.duckdb"))
	mustMergeObjects(t, s, "log", ObjectMeta{}, &ObjectBatch{Events: ObjectEvents{
		ID: []string{"c", "a", "b"}, Activity: []string{"x", "x", "x"}, Time: []int64{1, 1, 1}, Place: []int64{3, 1, 2}}})
	got, _ := stored(t, s, "log")
	if text := strings.Join(got.Events, "; "); text != `"a" "x" 1 []; "b" "x" 1 []; "c" "x" 1 []` {
		t.Error(text)
	}
}
