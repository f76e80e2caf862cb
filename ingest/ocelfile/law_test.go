package ocelfile

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"millrace/eventlog"
	"millrace/ingest"
)

// TestLaw: what is written plainly is read back equal, in every form.
func TestLaw(t *testing.T) {
	for _, form := range []struct {
		name   string
		kinds  []string // of attributes that the form can say
		two    bool     // OCEL 2.0: relations of objects, qualifiers, times of values
		typed  bool     // relations say the type of their object
		format ingest.ObjectFormat
		write  func(t *rapid.T, tb testing.TB, w *whole, m eventlog.ObjectMeta) string
	}{
		{"JSON 2.0", []string{"text", "int", "float", "bool", "time", "nested"}, true, false, JSON, func(t *rapid.T, tb testing.TB, w *whole, m eventlog.ObjectMeta) string {
			return write(tb, "l.json", encodeJSON2(w, m, rapid.Bool().Draw(t, "native")))
		}},
		{"XML 2.0", []string{"text", "int", "float", "bool", "time"}, true, false, XML, func(t *rapid.T, tb testing.TB, w *whole, m eventlog.ObjectMeta) string {
			return write(tb, "l.xml", encodeXML2(w, m))
		}},
		{"SQLite 2.0", []string{"text", "int", "float", "bool", "time"}, true, false, SQLite, func(t *rapid.T, tb testing.TB, w *whole, m eventlog.ObjectMeta) string {
			return encodeSQLite2(tb, w, m)
		}},
		{"JSON 1.0", []string{"text", "int", "float", "bool", "nested"}, false, false, JSON, func(t *rapid.T, tb testing.TB, w *whole, m eventlog.ObjectMeta) string {
			return write(tb, "l.jsonocel", encodeJSON1(w))
		}},
		{"XML 1.0", []string{"text", "int", "float", "bool", "time"}, false, false, XML, func(t *rapid.T, tb testing.TB, w *whole, m eventlog.ObjectMeta) string {
			return write(tb, "l.xmlocel", encodeXML1(w))
		}},
		{"CSV 1.0", []string{"text", "int", "float", "bool"}, false, true, CSV, func(t *rapid.T, tb testing.TB, w *whole, m eventlog.ObjectMeta) string {
			delimiter := rapid.SampledFrom([]rune(",;\t|")).Draw(t, "delimiter")
			return write(tb, "l.csv", encodeCSV(w, typeNames(m.ObjectTypes), delimiter, rapid.Bool().Draw(t, "JSON lists")))
		}},
		{"SQLite 1.0", []string{"text", "int", "float", "bool", "time"}, false, false, SQLite, func(t *rapid.T, tb testing.TB, w *whole, m eventlog.ObjectMeta) string {
			return encodeSQLite1(tb, w)
		}},
	} {
		t.Run(form.name, func(tb *testing.T) {
			rapid.Check(tb, func(t *rapid.T) {
				want, meta := drawLog(t, form.kinds, form.two, form.typed)
				path := form.write(t, tb, want, meta)
				got, said, err := readLog(tb, form.format, path, ingest.Options{})
				if err != nil {
					t.Fatal(err)
				}
				if said.rejected > 0 {
					t.Fatalf("rejected: %v", said.rejects)
				}
				if form.two {
					// Text that is a list or an object counts as declared, too.
					meta.Version = "2.0"
					if diff := cmp.Diff(meta, said.meta); diff != "" {
						t.Fatalf("meta (-written +read):\n%s", diff)
					}
				}
				for i := range want.O2O { // the source's type is where it is declared
					want.O2O[i][0] = ""
				}
				for i := range got.O2O {
					got.O2O[i][0] = ""
				}
				got.batches = 0
				if diff := cmp.Diff(want.unordered().String(), got.unordered().String()); diff != "" {
					t.Fatalf("(-written +read):\n%s", diff)
				}
			})
		})
	}
}

func typeNames(list []eventlog.DeclaredType) (names []string) {
	for _, t := range list {
		names = append(names, t.Name)
	}
	return names
}

var declaredKinds = map[string]string{"text": "string", "int": "integer", "float": "float", "bool": "boolean", "time": "time", "nested": "string"}

// drawLog draws a log, and the declarations of all its types.
func drawLog(t *rapid.T, kinds []string, two, typed bool) (*whole, eventlog.ObjectMeta) {
	word := rapid.Custom(func(t *rapid.T) string {
		s := rapid.StringOfN(rapid.RuneFrom([]rune("ab01 .,;'\"\\/äß<>&\n\t[]{}()|:日😀")), 0, 6, -1).Draw(t, "word")
		if typed {
			return "w" + strings.TrimSpace(s) // cells are trimmed, and numbers are numbers
		}
		return s
	})
	name := rapid.Map(word, func(s string) string { return "n" + strings.TrimSpace(s) })
	drawTypes := func(label string) (list []eventlog.DeclaredType) {
		for _, n := range rapid.SliceOfNDistinct(name, 1, 3, rapid.ID).Draw(t, label) {
			list = append(list, eventlog.DeclaredType{Name: n})
		}
		return list
	}
	m := eventlog.ObjectMeta{EventTypes: drawTypes("event types"), ObjectTypes: drawTypes("object types")}
	// An attribute has one kind wherever it is declared.
	attrs := map[string]string{}
	for i, k := range kinds {
		attrs[fmt.Sprintf("%s \"%d'", k, i)] = k
	}
	declare := func(list []eventlog.DeclaredType) {
		for i := range list {
			for _, a := range rapid.SliceOfDistinct(rapid.SampledFrom(sorted(attrs)), rapid.ID).Draw(t, "attributes") {
				list[i].Attributes = append(list[i].Attributes, eventlog.DeclaredAttribute{Name: a, Type: declaredKinds[attrs[a]]})
			}
		}
	}
	declare(m.EventTypes)
	declare(m.ObjectTypes)
	instant := rapid.Int64Range(-2_000_000_000_000_000, 7_000_000_000_000_000).Filter(func(us int64) bool { return us != 0 })
	draw := func(kind string) string {
		switch kind {
		case "int":
			return fmt.Sprint(rapid.Int64().Draw(t, "int"))
		case "float":
			return string(appendFloat(nil, rapid.Float64().Draw(t, "float")))
		case "bool":
			return fmt.Sprint(rapid.Bool().Draw(t, "bool"))
		case "time":
			return stamp(instant.Draw(t, "time"))
		case "nested":
			return rapid.SampledFrom([]string{`[]`, `{}`, `{"a":[1,"x",null],"b":{"c":1.5}}`, `[[],[true]]`}).Draw(t, "nested")
		}
		return word.Draw(t, "text")
	}
	w := &whole{}
	for _, id := range rapid.SliceOfNDistinct(name, 0, 6, rapid.ID).Draw(t, "objects") {
		typ := rapid.SampledFrom(m.ObjectTypes).Draw(t, "type")
		w.Objects = append(w.Objects, [2]string{typ.Name, id})
		for _, a := range typ.Attributes {
			times := []int64{eventlog.NoTime}
			if two {
				times = rapid.SliceOfDistinct(rapid.OneOf(rapid.Just(int64(eventlog.NoTime)), instant), rapid.ID).Draw(t, "times")
			}
			for _, us := range times {
				kind := slices.Index([]string{"text", "int", "float", "bool", "time", "nested"}, attrs[a.Name])
				w.Values = append(w.Values, value{typ.Name, id, a.Name, us, eventlog.Type(kind), draw(attrs[a.Name])})
			}
		}
	}
	ids := []string{"ghost"}
	for _, o := range w.Objects {
		ids = append(ids, o[1])
	}
	qualifier := rapid.Just("")
	if two {
		qualifier = word
	}
	for i, id := range rapid.SliceOfNDistinct(name, 0, 6, rapid.ID).Draw(t, "events") {
		typ := rapid.SampledFrom(m.EventTypes).Draw(t, "type")
		e := event{ID: id, Activity: typ.Name, Time: rapid.OneOf(rapid.Just(int64(eventlog.NoTime)), instant).Draw(t, "time"), Place: int64(i + 1), Attributes: map[string]string{}}
		for _, a := range typ.Attributes {
			if rapid.Bool().Draw(t, "there") {
				kind := attrs[a.Name]
				key := a.Name
				if kind == "nested" {
					key += "/nested"
				}
				e.Attributes[key] = kind + " " + draw(kind)
			}
		}
		w.Events = append(w.Events, e)
		for range rapid.IntRange(0, 4).Draw(t, "relations") {
			x := [4]string{id, "", rapid.SampledFrom(ids).Draw(t, "object"), qualifier.Draw(t, "qualifier")}
			if typed {
				x[1] = rapid.SampledFrom(m.ObjectTypes).Draw(t, "type").Name
			}
			w.E2O = append(w.E2O, x)
		}
	}
	if two && len(w.Objects) > 0 {
		for range rapid.IntRange(0, 4).Draw(t, "relations of objects") {
			o := rapid.SampledFrom(w.Objects).Draw(t, "source")
			w.O2O = append(w.O2O, [5]string{o[0], o[1], "", rapid.SampledFrom(ids).Draw(t, "target"), qualifier.Draw(t, "qualifier")})
		}
	}
	if typed { // CSV has objects by their relations alone
		w.Objects, w.Values = nil, nil
		for _, x := range w.E2O {
			if o := [2]string{x[1], x[2]}; !slices.Contains(w.Objects, o) {
				w.Objects = append(w.Objects, o)
			}
		}
	}
	return w, m
}
