package ocelfile

import (
	"bytes"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"millrace/eventlog"
)

// The simplest writers there can be, one a form. They take a log whose types
// are declared in meta and know nothing of the readers.

func js(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func xs(s string) string {
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		panic(err)
	}
	return b.String()
}

// jsonValue is a value of a kind, natively or as the string the schema wants.
func jsonValue(kind, text string, native bool) string {
	switch {
	case kind == "nested":
		return text
	case native && kind == "float" && !strings.ContainsAny(text, ".e"):
		return text + ".0"
	case native && kind != "text" && kind != "time":
		return text
	}
	return js(text)
}

// kindOf splits an attribute of an event.
func kindOf(a string) (kind, text string) {
	kind, text, _ = strings.Cut(a, " ")
	return kind, text
}

func joined[T any](list []T, sep string, f func(T) string) string {
	var parts []string
	for _, x := range list {
		parts = append(parts, f(x))
	}
	return strings.Join(parts, sep)
}

func encodeJSON2(w *whole, m eventlog.ObjectMeta, native bool) string {
	types := func(list []eventlog.DeclaredType) string {
		return "[" + joined(list, ",", func(t eventlog.DeclaredType) string {
			return `{"name":` + js(t.Name) + `,"attributes":[` + joined(t.Attributes, ",", func(a eventlog.DeclaredAttribute) string { return js(a) }) + `]}`
		}) + "]"
	}
	events := joined(w.Events, ",\n", func(e event) string {
		s := `{"id":` + js(e.ID) + `,"type":` + js(e.Activity)
		if e.Time != eventlog.NoTime {
			s += `,"time":` + js(stamp(e.Time))
		}
		s += `,"attributes":[` + joined(sorted(e.Attributes), ",", func(name string) string {
			kind, text := kindOf(e.Attributes[name])
			return `{"name":` + js(strings.TrimSuffix(name, "/nested")) + `,"value":` + jsonValue(kind, text, native) + `}`
		}) + `],"relationships":[`
		var rs []string
		for _, x := range w.E2O {
			if x[0] == e.ID {
				rs = append(rs, `{"objectId":`+js(x[2])+`,"qualifier":`+js(x[3])+`}`)
			}
		}
		return s + strings.Join(rs, ",") + "]}"
	})
	objects := joined(w.Objects, ",\n", func(o [2]string) string {
		s := `{"id":` + js(o[1]) + `,"type":` + js(o[0]) + `,"attributes":[`
		var vs, rs []string
		for _, v := range w.Values {
			if v.Object == o[1] && v.Type == o[0] {
				since := "1970-01-01T00:00:00Z"
				if v.Time != eventlog.NoTime {
					since = stamp(v.Time)
				}
				vs = append(vs, `{"name":`+js(v.Attribute)+`,"time":`+js(since)+`,"value":`+jsonValue(v.Kind.String(), v.Value, native)+`}`)
			}
		}
		for _, x := range w.O2O {
			if x[0] == o[0] && x[1] == o[1] {
				rs = append(rs, `{"objectId":`+js(x[3])+`,"qualifier":`+js(x[4])+`}`)
			}
		}
		return s + strings.Join(vs, ",") + `],"relationships":[` + strings.Join(rs, ",") + "]}"
	})
	parts := []string{`"eventTypes":` + types(m.EventTypes), `"objectTypes":` + types(m.ObjectTypes), `"events":[` + events + `]`, `"objects":[` + objects + `]`}
	if native { // any order will do
		slices.Reverse(parts)
	}
	return "{" + strings.Join(parts, ",\n") + "}"
}

func encodeXML2(w *whole, m eventlog.ObjectMeta) string {
	types := func(name string, list []eventlog.DeclaredType) string {
		return "<" + name + "s>" + joined(list, "", func(t eventlog.DeclaredType) string {
			return "<" + name + ` name="` + xs(t.Name) + `"><attributes>` + joined(t.Attributes, "", func(a eventlog.DeclaredAttribute) string {
				return `<attribute name="` + xs(a.Name) + `" type="` + xs(a.Type) + `"/>`
			}) + "</attributes></" + name + ">"
		}) + "</" + name + "s>\n"
	}
	var b strings.Builder
	b.WriteString("<?xml version='1.0' encoding='UTF-8'?>\n<log>" + types("object-type", m.ObjectTypes) + types("event-type", m.EventTypes) + "<objects>")
	for _, o := range w.Objects {
		fmt.Fprintf(&b, `<object id="%s" type="%s"><attributes>`, xs(o[1]), xs(o[0]))
		for _, v := range w.Values {
			if v.Object == o[1] && v.Type == o[0] {
				since := "1970-01-01T00:00:00Z"
				if v.Time != eventlog.NoTime {
					since = stamp(v.Time)
				}
				fmt.Fprintf(&b, `<attribute name="%s" time="%s">%s</attribute>`, xs(v.Attribute), since, xs(v.Value))
			}
		}
		b.WriteString("</attributes><objects>")
		for _, x := range w.O2O {
			if x[0] == o[0] && x[1] == o[1] {
				fmt.Fprintf(&b, `<relationship object-id="%s" qualifier="%s"/>`, xs(x[3]), xs(x[4]))
			}
		}
		b.WriteString("</objects></object>\n")
	}
	b.WriteString("</objects><events>")
	for _, e := range w.Events {
		fmt.Fprintf(&b, `<event id="%s" type="%s"`, xs(e.ID), xs(e.Activity))
		if e.Time != eventlog.NoTime {
			fmt.Fprintf(&b, ` time="%s"`, stamp(e.Time))
		}
		b.WriteString("><attributes>")
		for _, name := range sorted(e.Attributes) {
			_, text := kindOf(e.Attributes[name])
			fmt.Fprintf(&b, `<attribute name="%s">%s</attribute>`, xs(name), xs(text))
		}
		b.WriteString("</attributes><objects>")
		for _, x := range w.E2O {
			if x[0] == e.ID {
				fmt.Fprintf(&b, `<relationship object-id="%s" qualifier="%s"/>`, xs(x[2]), xs(x[3]))
			}
		}
		b.WriteString("</objects></event>\n")
	}
	b.WriteString("</events></log>")
	return b.String()
}

func encodeJSON1(w *whole) string {
	var b strings.Builder
	b.WriteString(`{"ocel:global-log":{"ocel:version":"1.0"},"ocel:objects":{`)
	b.WriteString(joined(w.Objects, ",\n", func(o [2]string) string {
		var vs []string
		for _, v := range w.Values {
			if v.Object == o[1] && v.Type == o[0] {
				vs = append(vs, js(v.Attribute)+":"+jsonValue(v.Kind.String(), v.Value, true))
			}
		}
		return js(o[1]) + `:{"ocel:type":` + js(o[0]) + `,"ocel:ovmap":{` + strings.Join(vs, ",") + "}}"
	}))
	b.WriteString(`},"ocel:events":{`)
	b.WriteString(joined(w.Events, ",\n", func(e event) string {
		since := "null"
		if e.Time != eventlog.NoTime {
			since = js(stamp(e.Time))
		}
		var rs []string
		for _, x := range w.E2O {
			if x[0] == e.ID {
				rs = append(rs, js(x[2]))
			}
		}
		return js(e.ID) + `:{"ocel:activity":` + js(e.Activity) + `,"ocel:timestamp":` + since + `,"ocel:omap":[` + strings.Join(rs, ",") + `],"ocel:vmap":{` +
			joined(sorted(e.Attributes), ",", func(name string) string {
				kind, text := kindOf(e.Attributes[name])
				return js(strings.TrimSuffix(name, "/nested")) + ":" + jsonValue(kind, text, true)
			}) + "}}"
	}))
	return b.String() + "}}"
}

var xmlKinds = map[string]string{"text": "string", "int": "int", "float": "float", "bool": "boolean", "time": "date"}

func encodeXML1(w *whole) string {
	keyed := func(kind, key, value string) string {
		return fmt.Sprintf(`<%s key="%s" value="%s"/>`, xmlKinds[kind], xs(key), xs(value))
	}
	var b strings.Builder
	b.WriteString(`<log><global scope="log"><string key="version" value="1.0"/></global><events>`)
	for _, e := range w.Events {
		b.WriteString("<event>" + keyed("text", "id", e.ID) + keyed("text", "activity", e.Activity))
		if e.Time != eventlog.NoTime {
			b.WriteString(keyed("time", "timestamp", stamp(e.Time)))
		}
		b.WriteString(`<list key="omap">`)
		for _, x := range w.E2O {
			if x[0] == e.ID {
				b.WriteString(keyed("text", "object-id", x[2]))
			}
		}
		b.WriteString(`</list><list key="vmap">`)
		for _, name := range sorted(e.Attributes) {
			kind, text := kindOf(e.Attributes[name])
			b.WriteString(keyed(kind, name, text))
		}
		b.WriteString("</list></event>\n")
	}
	b.WriteString("</events><objects>")
	for _, o := range w.Objects {
		b.WriteString("<object>" + keyed("text", "id", o[1]) + keyed("text", "type", o[0]) + `<list key="ovmap">`)
		for _, v := range w.Values {
			if v.Object == o[1] && v.Type == o[0] {
				b.WriteString(keyed(v.Kind.String(), v.Attribute, v.Value))
			}
		}
		b.WriteString("</list></object>\n")
	}
	return b.String() + "</objects></log>"
}

// python is a list as Python prints it.
func python(list []string) string {
	return "[" + joined(list, ", ", func(s string) string {
		if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
			return `"` + strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\t", `\t`).Replace(s) + `"`
		}
		return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`, "\n", `\n`, "\t", `\t`).Replace(s) + "'"
	}) + "]"
}

func encodeCSV(w *whole, types []string, delimiter rune, asJSON bool) string {
	var attrs []string
	for _, e := range w.Events {
		for name := range e.Attributes {
			if !slices.Contains(attrs, name) {
				attrs = append(attrs, name)
			}
		}
	}
	slices.Sort(attrs)
	var b strings.Builder
	out := csv.NewWriter(&b)
	out.Comma = delimiter
	row := []string{"ocel:eid", "ocel:activity", "ocel:timestamp"}
	for _, t := range types {
		row = append(row, "ocel:type:"+t)
	}
	check := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	check(out.Write(append(row, attrs...)))
	for _, e := range w.Events {
		row := []string{e.ID, e.Activity, ""}
		if e.Time != eventlog.NoTime {
			row[2] = stamp(e.Time)
		}
		for _, typ := range types {
			var list []string
			for _, x := range w.E2O {
				if x[0] == e.ID && x[1] == typ {
					list = append(list, x[2])
				}
			}
			cell := ""
			switch {
			case len(list) > 0 && asJSON:
				cell = js(list)
			case len(list) > 0:
				cell = python(list)
			}
			row = append(row, cell)
		}
		for _, name := range attrs {
			kind, text := kindOf(e.Attributes[name])
			if kind == "float" && !strings.ContainsAny(text, ".e") {
				text += ".0"
			}
			row = append(row, text)
		}
		check(out.Write(row))
	}
	out.Flush()
	return b.String()
}

var sqlTypes = map[string]string{"string": "TEXT", "integer": "INTEGER", "float": "REAL", "boolean": "BOOLEAN", "time": "TIMESTAMP"}

// A sqlWriter executes statements, and gives up at the first error.
type sqlWriter struct {
	t  testing.TB
	db *sql.DB
}

func newSQLite(t testing.TB) (sqlWriter, string) {
	path := filepath.Join(t.TempDir(), "log ?#%20.sqlite")
	db, err := sql.Open("sqlite", "file:"+strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)+"?_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	w := sqlWriter{t, db}
	w.do("BEGIN")
	return w, path
}

func (w sqlWriter) do(q string, args ...any) {
	w.t.Helper()
	if _, err := w.db.Exec(q, args...); err != nil {
		w.t.Fatalf("%s: %v", q, err)
	}
}

func (w sqlWriter) close() {
	w.t.Helper()
	w.do("COMMIT")
	if err := w.db.Close(); err != nil {
		w.t.Fatal(err)
	}
}

// sqlValue is a value in the type SQLite has for it.
func sqlValue(kind, text string) any {
	r := (&clock{}).interpret(asText, []byte(text), want{true, map[string]eventlog.Type{"int": eventlog.Int, "float": eventlog.Float, "bool": eventlog.Bool}[kind]})
	switch r.kind {
	case eventlog.Int, eventlog.Bool:
		return int64(r.bits)
	case eventlog.Float:
		v, _ := parseFloat([]byte(text))
		return v
	}
	return text
}

func sqlTime(us int64) any {
	if us == eventlog.NoTime {
		return nil
	}
	return stamp(us)
}

func encodeSQLite2(t testing.TB, w *whole, m eventlog.ObjectMeta) string {
	db, path := newSQLite(t)
	columns := map[string][]string{}
	table := func(what string, i int) string { return fmt.Sprintf("%s_T%d", what, i) }
	for _, x := range []struct {
		what  string
		types []eventlog.DeclaredType
	}{{"event", m.EventTypes}, {"object", m.ObjectTypes}} {
		db.do("CREATE TABLE " + x.what + " (ocel_id TEXT, ocel_type TEXT)")
		db.do("CREATE TABLE " + x.what + "_map_type (ocel_type TEXT, ocel_type_map TEXT)")
		for i, typ := range x.types {
			db.do("INSERT INTO "+x.what+"_map_type VALUES (?, ?)", typ.Name, fmt.Sprintf("T%d", i))
			q := "CREATE TABLE " + table(x.what, i) + " (ocel_id TEXT, ocel_time TIMESTAMP"
			if x.what == "object" {
				q += ", ocel_changed_field TEXT"
			}
			for _, a := range typ.Attributes {
				q += ", " + ident(a.Name) + " " + sqlTypes[a.Type]
				columns[x.what+typ.Name] = append(columns[x.what+typ.Name], a.Name)
			}
			db.do(q + ")")
		}
	}
	db.do("CREATE TABLE event_object (ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT)")
	db.do("CREATE TABLE object_object (ocel_source_id TEXT, ocel_target_id TEXT, ocel_qualifier TEXT)")
	number := func(types []eventlog.DeclaredType, name string) int {
		return slices.IndexFunc(types, func(t eventlog.DeclaredType) bool { return t.Name == name })
	}
	for _, e := range w.Events {
		db.do("INSERT INTO event VALUES (?, ?)", e.ID, e.Activity)
		name := table("event", number(m.EventTypes, e.Activity))
		db.do("INSERT INTO "+name+" (ocel_id, ocel_time) VALUES (?, ?)", e.ID, sqlTime(e.Time))
		for a, v := range e.Attributes {
			kind, text := kindOf(v)
			db.do("UPDATE "+name+" SET "+ident(a)+" = ? WHERE ocel_id = ?", sqlValue(kind, text), e.ID)
		}
	}
	for _, o := range w.Objects {
		db.do("INSERT INTO object VALUES (?, ?)", o[1], o[0])
		name := table("object", number(m.ObjectTypes, o[0]))
		db.do("INSERT INTO "+name+" (ocel_id, ocel_time) VALUES (?, '1970-01-01T00:00:00Z')", o[1])
		for _, v := range w.Values {
			if v.Object != o[1] || v.Type != o[0] {
				continue
			}
			if v.Time == eventlog.NoTime {
				db.do("UPDATE "+name+" SET "+ident(v.Attribute)+" = ? WHERE ocel_id = ? AND ocel_changed_field IS NULL", sqlValue(v.Kind.String(), v.Value), o[1])
			} else {
				db.do("INSERT INTO "+name+" (ocel_id, ocel_time, ocel_changed_field, "+ident(v.Attribute)+") VALUES (?, ?, ?, ?)",
					o[1], stamp(v.Time), v.Attribute, sqlValue(v.Kind.String(), v.Value))
			}
		}
	}
	for _, x := range w.E2O {
		db.do("INSERT INTO event_object VALUES (?, ?, ?)", x[0], x[2], x[3])
	}
	for _, x := range w.O2O {
		db.do("INSERT INTO object_object VALUES (?, ?, ?)", x[1], x[3], x[4])
	}
	db.close()
	return path
}
