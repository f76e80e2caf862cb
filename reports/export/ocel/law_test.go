package ocel

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"millrace/eventlog"
)

var (
	hostileNames = []string{"order", "Order", "ORDER", "place order", "place-order", "object", "map_type", "map type", "", "a\"b", "'; DROP TABLE event; --",
		"<x/>", "ocel:type", "été", "\U0001F4A9", " a ", "a]b[c", "sqlite_x", "123", "%s", "event_map_type"}
	hostileAttributes = []string{"a", "b c", "price €", "select", "x\"y", "]]>", "-", "c'd", "𝕏", "rowid", "value", "&amp;"}
	hostileTexts      = []string{"", " ", "a\nb\r\n\tc", "<a b=\"c\">&amp;'", "\x00", "x\x01y", "007", "1e5", "true", "NULL", "null", "\uFFFE", "]]>", "{\"a\":1}", "=1+1", "1970-01-01", "日本"}
)

// drawText draws the text of a value of a type.
func drawText(t *rapid.T, typ string) (eventlog.Type, string) {
	c := eventlog.Column{Int: []int64{0}, Float: []float64{0}, Text: []string{""}}
	switch typ {
	case "integer":
		c.Type, c.Int[0] = eventlog.Int, rapid.Int64().Draw(t, "int")
	case "float":
		c.Type, c.Float[0] = eventlog.Float, rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, 1, 1e21, .1, math.Inf(-1), 5e-324})).Draw(t, "float")
		if c.Float[0] == 0 {
			c.Float[0] = 0 // SQLite has no -0
		}
	case "boolean":
		c.Type, c.Int[0] = eventlog.Bool, rapid.Int64Range(0, 1).Draw(t, "bool")
	case "time":
		c.Type, c.Int[0] = eventlog.Time, drawTime(t)
	default:
		c.Type, c.Text[0] = eventlog.Text, rapid.OneOf(rapid.SampledFrom(hostileTexts), rapid.String()).Draw(t, "text")
	}
	return c.Type, c.ValueText(0)
}

func drawTime(t *rapid.T) int64 {
	return rapid.OneOf(
		rapid.Int64Range(time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro(), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC).UnixMicro()),
		rapid.SampledFrom([]int64{1, 1700000000000000, 1700000000500000, -1}),
	).Draw(t, "time")
}

// drawTypes draws declarations with the attributes they have; a type of
// attribute that starts with "?" is not declared.
func drawTypes(t *rapid.T, label string, named bool) []eventlog.DeclaredType {
	names := rapid.SliceOfNDistinct(rapid.SampledFrom(hostileNames).Filter(func(s string) bool { return s != "" || !named }), 1, 4, rapid.ID[string]).Draw(t, label)
	var types []eventlog.DeclaredType
	for _, name := range names {
		d := eventlog.DeclaredType{Name: name}
		for _, a := range rapid.SliceOfNDistinct(rapid.SampledFrom(hostileAttributes), 0, 4, rapid.ID[string]).Draw(t, "attributes") {
			typ := rapid.SampledFrom([]string{"string", "time", "integer", "float", "boolean", "?string", "?time", "?integer", "?float", "?boolean"}).Draw(t, "type")
			d.Attributes = append(d.Attributes, eventlog.DeclaredAttribute{Name: a, Type: typ})
		}
		types = append(types, d)
	}
	return types
}

// declaredOnly are the declarations without what is not declared, and expected
// is what the file will declare: in the order in which values came.
func declaredOnly(types []eventlog.DeclaredType, rows []judgedRow) (meta, expected []eventlog.DeclaredType) {
	for _, d := range types {
		m, e := eventlog.DeclaredType{Name: d.Name}, eventlog.DeclaredType{Name: d.Name}
		for _, a := range d.Attributes {
			if a.Type[0] != '?' {
				m.Attributes, e.Attributes = append(m.Attributes, a), append(e.Attributes, a)
			}
		}
		for _, r := range rows {
			if r.Type != d.Name {
				continue
			}
			for _, v := range r.Values {
				i := slices.IndexFunc(d.Attributes, func(a eventlog.DeclaredAttribute) bool { return a.Name == v.Name })
				a := d.Attributes[i]
				if a.Type = strings.TrimPrefix(a.Type, "?"); !slices.Contains(e.Attributes, a) {
					e.Attributes = append(e.Attributes, a)
				}
			}
		}
		meta, expected = append(meta, m), append(expected, e)
	}
	return meta, expected
}

func drawModel(t *rapid.T) *model { return drawModelOf(t, false) }

// drawModelOf draws a log; where all is named, no id or type is empty.
func drawModelOf(t *rapid.T, named bool) *model {
	m := &model{}
	eventTypes, objectTypes := drawTypes(t, "event types", named), drawTypes(t, "object types", named)
	ids := rapid.SliceOfNDistinct(rapid.OneOf(rapid.SampledFrom([]string{"", "1", "01", "a'b", "<&>", "o\"1", "Ö", " x"}), rapid.StringMatching(`[a-z0-9]{1,6}`)).Filter(func(s string) bool { return s != "" || !named }), 0, 8, rapid.ID[string])
	text := func(label string) string {
		return rapid.SampledFrom([]string{"", "order", "placed by", "<q>&\"'", "ü\n"}).Draw(t, label)
	}
	objects := ids.Draw(t, "objects")
	related := append(objects[:len(objects):len(objects)], "dangling")
	draw := func(ids []string, types []eventlog.DeclaredType, isEvent bool) (rows []judgedRow) {
		for _, id := range ids {
			d := rapid.SampledFrom(types).Draw(t, "type")
			r := judgedRow{ID: id, Type: d.Name}
			if isEvent {
				r.Time = drawTime(t)
			}
			for _, a := range d.Attributes {
				for range rapid.IntRange(0, map[bool]int{true: 1, false: 3}[isEvent]).Draw(t, "values") {
					_, text := drawText(t, strings.TrimPrefix(a.Type, "?"))
					v := judgedValue{Name: a.Name, Text: text}
					if !isEvent && rapid.Bool().Draw(t, "later") {
						v.Time = drawTime(t)
					}
					r.Values = append(r.Values, v)
				}
			}
			for range rapid.IntRange(0, 3).Draw(t, "relations") {
				r.Relations = append(r.Relations, [2]string{rapid.SampledFrom(related).Draw(t, "object"), text("qualifier")})
			}
			rows = append(rows, r)
		}
		return rows
	}
	m.Events = draw(ids.Draw(t, "events"), eventTypes, true)
	m.Objects = draw(objects, objectTypes, false)
	m.meta.EventTypes, m.EventTypes = declaredOnly(eventTypes, m.Events)
	m.meta.ObjectTypes, m.ObjectTypes = declaredOnly(objectTypes, m.Objects)
	m.meta.Version = "2.0"
	if rapid.Bool().Draw(t, "more") {
		m.meta.Attributes, m.More = `{"x":[1,{"y":null}]}`, `{"x":[1,{"y":null}]}`
	}
	m.give(t, eventTypes, objectTypes)
	return m
}

// give makes batches of the rows.
func (m *model) give(t *rapid.T, eventTypes, objectTypes []eventlog.DeclaredType) {
	kind := func(types []eventlog.DeclaredType, typ, name string) eventlog.Type {
		for _, d := range types {
			for _, a := range d.Attributes {
				if d.Name == typ && a.Name == name {
					return map[string]eventlog.Type{"string": eventlog.Text, "integer": eventlog.Int, "float": eventlog.Float, "boolean": eventlog.Bool, "time": eventlog.Time}[strings.TrimPrefix(a.Type, "?")]
				}
			}
		}
		panic(name)
	}
	m.batches = []*eventlog.ObjectBatch{{}}
	next := func() *eventlog.ObjectBatch {
		if rapid.IntRange(0, 3).Draw(t, "batch") == 0 {
			m.batches = append(m.batches, &eventlog.ObjectBatch{})
		}
		return m.batches[len(m.batches)-1]
	}
	for _, r := range m.Events {
		b := next()
		e := &b.Events
		for _, v := range r.Values { // one type of a name in a batch
			k := kind(eventTypes, r.Type, v.Name)
			if slices.ContainsFunc(e.Attributes, func(c eventlog.Column) bool { return c.Name == v.Name && c.Type != k }) {
				b = &eventlog.ObjectBatch{}
				m.batches = append(m.batches, b)
				e = &b.Events
			}
		}
		row := len(e.ID)
		e.ID, e.Activity, e.Time = append(e.ID, r.ID), append(e.Activity, r.Type), append(e.Time, r.Time)
		for _, v := range r.Values {
			k := kind(eventTypes, r.Type, v.Name)
			i := slices.IndexFunc(e.Attributes, func(c eventlog.Column) bool { return c.Name == v.Name })
			if i < 0 {
				i = len(e.Attributes)
				e.Attributes = append(e.Attributes, eventlog.Column{Name: v.Name, Type: k})
			}
			c := &e.Attributes[i]
			grow(c, row)
			set(c, v.Text)
		}
		for i := range e.Attributes {
			grow(&e.Attributes[i], row+1)
		}
		for _, x := range r.Relations {
			o := &b.EventObject
			o.Event, o.Object, o.Qualifier = append(o.Event, r.ID), append(o.Object, x[0]), append(o.Qualifier, x[1])
		}
	}
	for _, r := range m.Objects {
		b := next()
		b.Objects.ID, b.Objects.Type = append(b.Objects.ID, r.ID), append(b.Objects.Type, r.Type)
		for _, v := range r.Values {
			x := &b.Values
			at := v.Time
			if at == 0 {
				at = eventlog.NoTime
			}
			x.Object, x.Attribute, x.Time = append(x.Object, r.ID), append(x.Attribute, v.Name), append(x.Time, at)
			x.Kind, x.Value = append(x.Kind, kind(objectTypes, r.Type, v.Name)), append(x.Value, v.Text)
		}
		for _, x := range r.Relations {
			o := &b.ObjectObject
			o.Source, o.Target, o.Qualifier = append(o.Source, r.ID), append(o.Target, x[0]), append(o.Qualifier, x[1])
		}
	}
}

// grow makes a column n rows long, without values.
func grow(c *eventlog.Column, n int) {
	for len(c.Null) < n {
		c.Null = append(c.Null, true)
		c.Text, c.Int, c.Float = append(c.Text, ""), append(c.Int, 0), append(c.Float, 0)
	}
}

// set appends a value of the column's type.
func set(c *eventlog.Column, text string) {
	grow(c, len(c.Null)+1)
	row := len(c.Null) - 1
	c.Null[row] = false
	switch c.Type {
	case eventlog.Text:
		c.Text[row] = text
	case eventlog.Float:
		fmt.Sscan(text, &c.Float[row])
	case eventlog.Bool:
		c.Int[row] = map[string]int64{"true": 1}[text]
	case eventlog.Time:
		x, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			panic(err)
		}
		c.Int[row] = x.UnixMicro()
	default:
		fmt.Sscan(text, &c.Int[row])
	}
}

// in is the model as a form can hold it.
func (j judged) in(form Form) judged {
	if form != XML {
		return j
	}
	for _, rows := range []*[]judgedRow{&j.Events, &j.Objects} {
		*rows = slices.Clone(*rows)
		for i := range *rows {
			r := &(*rows)[i]
			r.Values = slices.Clone(r.Values)
			for k := range r.Values {
				r.Values[k].Text = xmlText(r.Values[k].Text)
			}
		}
	}
	return j
}

// sortUndeclared sorts the attributes that follow the declared ones.
func sortUndeclared(types, declared []eventlog.DeclaredType) {
	for i := range min(len(types), len(declared)) {
		if all, n := types[i].Attributes, len(declared[i].Attributes); n < len(all) {
			slices.SortFunc(all[n:], func(a, b eventlog.DeclaredAttribute) int { return strings.Compare(a.Name, b.Name) })
		}
	}
}

// Every form gives back what came: types and their attributes in order, every
// event, object, value with its time, relation and qualifier.
func TestEveryFormGivesBackWhatCame(t *testing.T) {
	for _, form := range []Form{JSON, XML, SQLite} {
		t.Run(string(form), func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				m := drawModel(rt)
				text, _ := write(t, form, m.source)
				byName := cmpopts.SortSlices(func(a, b judgedValue) bool {
					return a.Name < b.Name
				})
				sameEvents := cmp.FilterPath(func(p cmp.Path) bool {
					return strings.HasPrefix(p.GoString(), "{ocel.judged}.Events") && strings.HasSuffix(p.GoString(), ".Values")
				}, byName)
				want := m.judged.in(form).normal(form)
				if form == JSON {
					want.More = m.More
				}
				got := judge(t, form, text).normal(form)
				// The order of columns in a batch decides that of attributes
				// nobody declared.
				for _, j := range []*judged{&want, &got} {
					sortUndeclared(j.EventTypes, m.meta.EventTypes)
				}
				if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), sameEvents); diff != "" {
					rt.Fatalf("the file says otherwise (-want +got):\n%s\n%s", diff, text[:min(len(text), 4000)])
				}
			})
		})
	}
}

// What is written is valid, by the schemas of OCEL 2.0, and the same each time.
func TestWhatIsWrittenIsValid(t *testing.T) {
	xsd := parseXMLSchema(t, schemaFile(t, "ocel2-validation.xsd"))
	js := parseJSONSchema(t, schemaFile(t, "schema_ocel2.json"))
	for _, form := range []Form{JSON, XML} {
		t.Run(string(form), func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				m := drawModel(rt)
				text, _ := write(t, form, m.source)
				if again, _ := write(t, form, m.source); !bytes.Equal(text, again) {
					rt.Fatal("two runs give other bytes")
				}
				var err error
				switch form {
				case JSON:
					err = validJSON(t, js, text)
				case XML:
					if err = validXML(xsd, text); err != nil && strings.Contains(err.Error(), `"dangling" is not declared`) {
						err = nil // a reference to nothing is what came
					}
				}
				if err != nil {
					rt.Fatalf("not valid: %v\n%s", err, text)
				}
			})
		})
	}
}

func TestSQLiteIsTheSameEachTime(t *testing.T) {
	m := rapid.Custom(drawModel).Example(7)
	text, _ := write(t, SQLite, m.source)
	if again, _ := write(t, SQLite, m.source); !bytes.Equal(text, again) {
		t.Fatal("two runs give other bytes")
	}
}
