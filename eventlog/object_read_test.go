package eventlog

import (
	"context"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// printed writes a source as OCEL would, a line a fact.
func printed(t *testing.T, s *Store, source string) string {
	t.Helper()
	got, meta := stored(t, s, source)
	var out []string
	for _, list := range [][]string{got.Events, got.Objects, got.Relations, got.Links, got.Values} {
		out = append(out, list...)
		out = append(out, "")
	}
	for _, types := range [][]DeclaredType{meta.EventTypes, meta.ObjectTypes} {
		for _, typ := range types {
			line := "declare " + typ.Name
			for _, a := range typ.Attributes {
				line += " " + a.Name + ":" + a.Type
			}
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

// A case of an imported log is an object; what its events say besides is attributes.
func TestObjectsOfCases(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "s.duckdb"))
	mustImport(t, s, ImportOptions{Log: "orders"}, batches(&Batch{
		Case: []string{"1", "1"}, Activity: []string{"place", "pay"}, Time: []int64{1e6, 2e6}, Resource: []string{"ann", ""},
		Attributes: []Column{{Name: "amount", Type: Int, Int: []int64{5, 0}, Null: []bool{false, true}}},
		CaseIDs:    []string{"1"}, CaseAttributes: []Column{{Name: "price", Type: Float, Float: []float64{2.5}}},
	}))
	text := printed(t, s, "orders")
	for _, id := range eventIDs(t, s) {
		text = strings.ReplaceAll(text, id, "…")
	}
	want := `"…" "place" 1000000 ["amount" int "5" "org:resource" text "ann"]
"…" "pay" 2000000 []

"case" "1"

"…" "case" "1" ""
"…" "case" "1" ""


"case" "1" "price" -9223372036854775808 float "2.5"

declare pay
declare place amount:integer org:resource:string
declare case price:float`
	if d := cmp.Diff(want, text); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

func eventIDs(t *testing.T, s *Store) (ids []string) {
	t.Helper()
	err := s.session(context.Background(), func(c *storeConn) (err error) {
		ids, err = c.strings(context.Background(), "SELECT lpad(lower(hex(id)), 32, '0') FROM main.event ORDER BY event")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// A mapped system comes out with its types, its relations and its changes; all
// sources together keep their objects apart.
func TestObjectsOfSystem(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "s.duckdb"))
	mustMerge(t, s, shop(), shopRows()...)
	first, again := printed(t, s, "shop"), printed(t, s, "shop")
	if first != again {
		t.Error("two readings differ")
	}
	counts := map[string]string{
		"event":         "SELECT count(*) FROM main.event",
		"event_object":  "SELECT count(*) FROM main.event_object",
		"object_object": "SELECT count(*) FROM main.object_object",
		"object":        "SELECT count(*) FROM main.object WHERE defined",
	}
	got, _ := stored(t, s, "shop")
	for what, n := range map[string]int{"event": len(got.Events), "event_object": len(got.Relations), "object_object": len(got.Links), "object": len(got.Objects)} {
		err := s.session(context.Background(), func(c *storeConn) error {
			want, err := c.int(context.Background(), counts[what])
			if err == nil && want != int64(n) {
				t.Errorf("%s: %d, want %d", what, n, want)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	mustMergeObjects(t, s, "log", ObjectMeta{Version: "1.0", ObjectTypes: []DeclaredType{{Name: "Order"}}}, &ObjectBatch{
		Events:      ObjectEvents{ID: []string{"e1"}, Activity: []string{"place"}, Time: []int64{1}},
		Objects:     ObjectRows{Type: []string{"Order"}, ID: []string{"1"}},
		EventObject: EventObjects{Event: []string{"e1"}, Object: []string{"1"}},
	})
	if after := printed(t, s, "shop"); after != first {
		t.Errorf("another log changed what the system says: -before +after\n%s", cmp.Diff(first, after))
	}
	all, meta := stored(t, s, "")
	if len(all.Events) != len(got.Events)+1 || len(all.Objects) != len(got.Objects)+1 {
		t.Errorf("together %d events of %d objects", len(all.Events), len(all.Objects))
	}
	if text := strings.Join(all.Relations, "\n"); !strings.Contains(text, `"log:e1" "log:Order" "1" ""`) || meta.Version != "2.0" {
		t.Errorf("together: version %s\n%s", meta.Version, text)
	}
	if _, err := s.Objects(context.Background(), "shopp", nil); err == nil || !strings.Contains(err.Error(), `did you mean "shop"?`) {
		t.Errorf("no such source: %v", err)
	}
}

// What an object's attributes are now, and what changed when, follows from the
// values; an initial state is no change, and neither is a value said again.
func TestObjectsHistory(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "s.duckdb"))
	value := func(o, a string, at int64, kind Type, v string) *ObjectBatch {
		return &ObjectBatch{Values: ObjectValues{Object: []string{o}, Attribute: []string{a}, Time: []int64{at}, Kind: []Type{kind}, Value: []string{v}}}
	}
	// Before anything says what o is, with the later value first.
	mustMergeObjects(t, s, "log", ObjectMeta{}, value("o", "price", 2e6, Float, "2.5"))
	mustMergeObjects(t, s, "log", ObjectMeta{}, &ObjectBatch{Objects: ObjectRows{Type: []string{"order"}, ID: []string{"o"}}},
		value("o", "price", NoTime, Int, "1"), value("o", "price", 1e6, Int, "2"), value("o", "price", 3e6, Float, "2.5"), value("o", "state", 1e6, Text, "new"))
	var now, changes, unknown []string
	err := s.session(context.Background(), func(c *storeConn) (err error) {
		ctx := context.Background()
		if now, err = c.strings(ctx, `SELECT concat_ws(' ', price, typeof(price), state) FROM objects."log:order"`); err != nil {
			return err
		}
		if changes, err = c.strings(ctx, `SELECT concat_ws(' ', attribute, epoch(time), coalesce(old_value, '-'), new_value) FROM object_change ORDER BY ALL`); err != nil {
			return err
		}
		unknown, err = c.strings(ctx, `SELECT CAST(object AS VARCHAR) FROM objects."log:"`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"2.5 DOUBLE new"}, now); d != "" {
		t.Errorf("now: -want +got\n%s", d)
	}
	if d := cmp.Diff([]string{"price 1.0 1 2", "price 2.0 2 2.5", "state 1.0 - new"}, changes); d != "" {
		t.Errorf("changes: -want +got\n%s", d)
	}
	if len(unknown) > 0 {
		t.Errorf("objects of unknown type: %v", unknown)
	}
}

// Of several values at one time the last one said holds, however often each is
// said, and in that order they come back.
func TestObjectsValuesAtOneTime(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "s.duckdb"))
	b := &ObjectBatch{Objects: ObjectRows{Type: []string{"order"}, ID: []string{"o"}}}
	for _, v := range []string{"a", "b", "a", "c", "a"} {
		x := &b.Values
		x.Object, x.Attribute, x.Time = append(x.Object, "o"), append(x.Attribute, "state"), append(x.Time, 1e6)
		x.Kind, x.Value = append(x.Kind, Text), append(x.Value, v)
	}
	mustMergeObjects(t, s, "log", ObjectMeta{}, b)
	var now, order []string
	_, err := s.Objects(t.Context(), "log", func(b *ObjectBatch) error { order = append(order, b.Values.Value...); return nil })
	if err == nil {
		err = s.session(t.Context(), func(c *storeConn) (err error) {
			now, err = c.strings(t.Context(), `SELECT state FROM objects."log:order"`)
			return err
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"a", "b", "a", "c", "a"}, order); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if d := cmp.Diff([]string{"a"}, now); d != "" {
		t.Errorf("now: -want +got\n%s", d)
	}
}

// An event that is known by its id becomes what its last row says.
func TestObjectsEventChanges(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "s.duckdb"))
	event := func(activity string, attributes ...Column) *ObjectBatch {
		return &ObjectBatch{Events: ObjectEvents{ID: []string{"e"}, Activity: []string{activity}, Attributes: attributes}}
	}
	text := func(name, v string) Column { return Column{Name: name, Type: Text, Text: []string{v}} }
	number := func(name string, v int64) Column { return Column{Name: name, Type: Int, Int: []int64{v}} }
	for _, step := range []struct {
		batch *ObjectBatch
		brief string
		want  string
	}{
		{event("place", number("price", 5), text("org:resource", "ann")), "1 new 0 changed", `"e" "place" -9223372036854775808 ["org:resource" text "ann" "price" int "5"]`},
		{event("place", number("price", 5)), "0 new 0 changed", `"e" "place" -9223372036854775808 ["org:resource" text "ann" "price" int "5"]`},
		{event("place", text("price", "five")), "0 new 1 changed", `"e" "place" -9223372036854775808 ["org:resource" text "ann" "price" text "five"]`},
		{event("order"), "0 new 1 changed", `"e" "order" -9223372036854775808 ["org:resource" text "ann" "price" text "five"]`},
	} {
		r := mustMergeObjects(t, s, "log", ObjectMeta{}, step.batch)
		if brief := strings.Join([]string{strconv.FormatInt(r.Events.New, 10), "new", strconv.FormatInt(r.Events.Changed, 10), "changed"}, " "); brief != step.brief {
			t.Errorf("got %s, want %s", brief, step.brief)
		}
		got, _ := stored(t, s, "log")
		if d := cmp.Diff([]string{step.want}, got.Events); d != "" {
			t.Errorf("-want +got\n%s", d)
		}
	}
	who, err := s.Query(context.Background(), "SELECT resource FROM main.event")
	if err != nil {
		t.Fatal(err)
	}
	defer who.Close()
	var resource string
	if !who.Next() || who.Scan(&resource) != nil || resource != "ann" {
		t.Errorf("resource %q", resource)
	}
}

// Relations of events that are not there yet are left out, and the same file
// brings them when they are.
func TestObjectsRelationsFirst(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "s.duckdb"))
	ctx := context.Background()
	relations := &ObjectBatch{EventObject: EventObjects{Event: []string{"e", "e", "e"}, Object: []string{"o", "o", "o"}, Qualifier: []string{"", "", "as"}}}
	load := func(content string, b *ObjectBatch) LoadReceipt {
		staged, err := StageObjects(ctx, s.Path(), ImportOptions{Log: "log", Content: content}, objectBatches(b), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer staged.Discard()
		r, err := s.MergeObjects(ctx, staged)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := load("relations", relations)
	if len(r.Notes) == 0 || r.Notes[1].Code != "relations-without-event" && r.Notes[0].Code != "relations-without-event" {
		t.Errorf("notes %v", r.Notes)
	}
	load("events", &ObjectBatch{Events: ObjectEvents{ID: []string{"e"}, Activity: []string{"a"}}})
	if r := load("relations", relations); r.Relations.New != 3 {
		t.Errorf("%d relations are new, want 3", r.Relations.New)
	}
	if r := load("relations", relations); r.Load != 0 {
		t.Error("the same relations again made a load")
	}
}
