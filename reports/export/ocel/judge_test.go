package ocel

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"millrace/eventlog"
)

// The judge reads the three forms back in the most obvious way there is.

// A judged log is what a file says, in its order.
type judged struct {
	EventTypes, ObjectTypes []eventlog.DeclaredType
	Events, Objects         []judgedRow
	More                    string // other members of JSON
}

type judgedRow struct {
	ID, Type  string
	Time      int64
	Values    []judgedValue
	Relations [][2]string // object, qualifier
}

type judgedValue struct {
	Name, Text string
	Time       int64
}

func parseTime(t testing.TB, s string) int64 {
	x, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return x.UnixMicro()
}

func judgeJSON(t testing.TB, text []byte) judged {
	type attribute struct{ Name, Type, Value, Time string }
	type row struct {
		ID, Type, Time string
		Attributes     []attribute
		Relationships  []struct{ ObjectID, Qualifier string }
	}
	var in struct {
		EventTypes, ObjectTypes []struct {
			Name       string
			Attributes []attribute
		}
		Events, Objects []row
	}
	if err := json.Unmarshal(text, &in); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var out judged
	for _, x := range in.EventTypes {
		d := eventlog.DeclaredType{Name: x.Name}
		for _, a := range x.Attributes {
			d.Attributes = append(d.Attributes, eventlog.DeclaredAttribute{Name: a.Name, Type: a.Type})
		}
		out.EventTypes = append(out.EventTypes, d)
	}
	for _, x := range in.ObjectTypes {
		d := eventlog.DeclaredType{Name: x.Name}
		for _, a := range x.Attributes {
			d.Attributes = append(d.Attributes, eventlog.DeclaredAttribute{Name: a.Name, Type: a.Type})
		}
		out.ObjectTypes = append(out.ObjectTypes, d)
	}
	rows := func(in []row) (out []judgedRow) {
		for _, x := range in {
			r := judgedRow{ID: x.ID, Type: x.Type}
			if x.Time != "" {
				r.Time = parseTime(t, x.Time)
			}
			for _, a := range x.Attributes {
				v := judgedValue{Name: a.Name, Text: a.Value}
				if a.Time != "" {
					v.Time = parseTime(t, a.Time)
				}
				r.Values = append(r.Values, v)
			}
			for _, y := range x.Relationships {
				r.Relations = append(r.Relations, [2]string{y.ObjectID, y.Qualifier})
			}
			out = append(out, r)
		}
		return out
	}
	out.Events, out.Objects = rows(in.Events), rows(in.Objects)
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"eventTypes", "objectTypes", "events", "objects"} {
		delete(members, name)
	}
	if len(members) > 0 {
		more, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		out.More = string(more)
	}
	return out
}

func judgeXML(t testing.TB, text []byte) judged {
	type attribute struct {
		Name string `xml:"name,attr"`
		Type string `xml:"type,attr"`
		Time string `xml:"time,attr"`
		Text string `xml:",chardata"`
	}
	type typ struct {
		Name       string      `xml:"name,attr"`
		Attributes []attribute `xml:"attributes>attribute"`
	}
	type row struct {
		ID         string      `xml:"id,attr"`
		Type       string      `xml:"type,attr"`
		Time       string      `xml:"time,attr"`
		Attributes []attribute `xml:"attributes>attribute"`
		Objects    []struct {
			ID        string `xml:"object-id,attr"`
			Qualifier string `xml:"qualifier,attr"`
		} `xml:"objects>object"`
	}
	var in struct {
		ObjectTypes []typ `xml:"object-types>object-type"`
		EventTypes  []typ `xml:"event-types>event-type"`
		Objects     []row `xml:"objects>object"`
		Events      []row `xml:"events>event"`
	}
	if err := xml.Unmarshal(text, &in); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	types := func(in []typ) (out []eventlog.DeclaredType) {
		for _, x := range in {
			d := eventlog.DeclaredType{Name: x.Name}
			for _, a := range x.Attributes {
				d.Attributes = append(d.Attributes, eventlog.DeclaredAttribute{Name: a.Name, Type: a.Type})
			}
			out = append(out, d)
		}
		return out
	}
	rows := func(in []row) (out []judgedRow) {
		for _, x := range in {
			r := judgedRow{ID: x.ID, Type: x.Type}
			if x.Time != "" {
				r.Time = parseTime(t, x.Time)
			}
			for _, a := range x.Attributes {
				v := judgedValue{Name: a.Name, Text: a.Text}
				if a.Time != "" {
					v.Time = parseTime(t, a.Time)
				}
				r.Values = append(r.Values, v)
			}
			for _, y := range x.Objects {
				r.Relations = append(r.Relations, [2]string{y.ID, y.Qualifier})
			}
			out = append(out, r)
		}
		return out
	}
	return judged{EventTypes: types(in.EventTypes), ObjectTypes: types(in.ObjectTypes), Events: rows(in.Events), Objects: rows(in.Objects)}
}

var judgedTypes = map[string]string{"TEXT": "string", "INTEGER": "integer", "REAL": "float", "BOOLEAN": "boolean", "TIMESTAMP": "time"}

func judgeSQLite(t testing.TB, text []byte) judged {
	path := filepath.Join(t.TempDir(), "log.sqlite")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var broken string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&broken); err != nil || broken != "ok" {
		t.Fatalf("%v %s", err, broken)
	}
	// query gives the rows of a table, and its columns' names and types.
	query := func(text string) (names, types []string, all [][]any) {
		rows, err := db.Query(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		defer rows.Close()
		columns, err := rows.ColumnTypes()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range columns {
			names, types = append(names, c.Name()), append(types, c.DatabaseTypeName())
		}
		for rows.Next() {
			row, to := make([]any, len(names)), make([]any, len(names))
			for i := range row {
				to[i] = &row[i]
			}
			if err := rows.Scan(to...); err != nil {
				t.Fatal(err)
			}
			all = append(all, row)
		}
		return names, types, all
	}
	cell := func(typ string, v any) string {
		switch v := v.(type) {
		case int64:
			if typ == "BOOLEAN" {
				return strconv.FormatBool(v != 0)
			}
			return strconv.FormatInt(v, 10)
		case float64:
			return strconv.FormatFloat(v, 'g', -1, 64)
		case bool:
			return strconv.FormatBool(v)
		case time.Time:
			return v.UTC().Format(time.RFC3339Nano)
		}
		return v.(string)
	}
	instant := func(v any) int64 {
		if x, ok := v.(time.Time); ok {
			return x.UnixMicro()
		}
		return parseTime(t, v.(string))
	}
	read := func(owner string, own int, other, source, target string) (types []eventlog.DeclaredType, out []judgedRow) {
		relations := map[string][][2]string{}
		_, _, all := query(fmt.Sprintf("SELECT %s, %s, ocel_qualifier FROM %s ORDER BY _rowid_", source, target, other))
		for _, r := range all {
			id := r[0].(string)
			relations[id] = append(relations[id], [2]string{r[1].(string), r[2].(string)})
		}
		at := map[string]int{}
		_, _, all = query("SELECT ocel_id, ocel_type FROM " + owner + " ORDER BY _rowid_")
		for _, r := range all {
			id := r[0].(string)
			at[id] = len(out)
			out = append(out, judgedRow{ID: id, Type: r[1].(string), Relations: relations[id]})
		}
		_, _, maps := query("SELECT ocel_type, ocel_type_map FROM " + owner + "_map_type ORDER BY _rowid_")
		for _, m := range maps {
			d := eventlog.DeclaredType{Name: m[0].(string)}
			names, kinds, all := query(`SELECT * FROM "` + owner + "_" + m[1].(string) + `" ORDER BY _rowid_`)
			for i := own; i < len(names); i++ {
				d.Attributes = append(d.Attributes, eventlog.DeclaredAttribute{Name: names[i], Type: judgedTypes[kinds[i]]})
			}
			types = append(types, d)
			for _, row := range all {
				r := &out[at[row[0].(string)]]
				if r.Type != d.Name {
					t.Fatalf("%q is of type %q, but in the table of %q", r.ID, r.Type, d.Name)
				}
				moment := instant(row[1])
				if owner == "event" {
					r.Time = moment
				}
				for i := own; i < len(names); i++ {
					if row[i] == nil {
						continue
					}
					v := judgedValue{Name: names[i], Text: cell(kinds[i], row[i])}
					if owner == "object" {
						v.Time = moment
						if changed, _ := row[2].(string); row[2] != nil && changed != v.Name {
							t.Fatalf("%q: a row changes %q and holds %q", r.ID, changed, v.Name)
						}
					}
					r.Values = append(r.Values, v)
				}
			}
		}
		return types, out
	}
	var out judged
	out.EventTypes, out.Events = read("event", 2, "event_object", "ocel_event_id", "ocel_object_id")
	out.ObjectTypes, out.Objects = read("object", 3, "object_object", "ocel_source_id", "ocel_target_id")
	return out
}

func judge(t testing.TB, form Form, text []byte) judged {
	switch form {
	case JSON:
		return judgeJSON(t, text)
	case XML:
		return judgeXML(t, text)
	}
	return judgeSQLite(t, text)
}

// A model is a log to write: what the judge should find, and how it is given.
type model struct {
	judged
	meta    eventlog.ObjectMeta
	batches []*eventlog.ObjectBatch
}

func (m *model) source(emit func(*eventlog.ObjectBatch) error) (eventlog.ObjectMeta, error) {
	for _, b := range m.batches {
		if err := emit(b); err != nil {
			return eventlog.ObjectMeta{}, err
		}
	}
	return m.meta, nil
}

// write writes a log and returns the file and the codes of its notes.
func write(t testing.TB, form Form, source Source) ([]byte, []eventlog.Note) {
	t.Helper()
	var out strings.Builder
	notes, err := Write(context.Background(), &out, form, source, Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return []byte(out.String()), notes
}

// normal brings what a form may change to one form: the spelling of numbers by
// their declared type, the order of an object's values over time.
func (j judged) normal(form Form) judged {
	if form == JSON {
		return j
	}
	declared := func(types []eventlog.DeclaredType) map[[2]string]string {
		m := map[[2]string]string{}
		for _, d := range types {
			for _, a := range d.Attributes {
				m[[2]string{d.Name, a.Name}] = a.Type
			}
		}
		return m
	}
	rows := func(rows []judgedRow, types map[[2]string]string, sort bool) []judgedRow {
		rows = slices.Clone(rows)
		for i := range rows {
			r := &rows[i]
			r.Values = slices.Clone(r.Values)
			for k := range r.Values {
				v := &r.Values[k]
				if f, err := strconv.ParseFloat(v.Text, 64); form == SQLite && err == nil && types[[2]string{r.Type, v.Name}] == "float" && !math.IsNaN(f) {
					v.Text = strconv.FormatFloat(f, 'g', -1, 64)
				}
			}
			if form == SQLite {
				slices.SortStableFunc(r.Values, func(a, b judgedValue) int {
					return cmp.Or(cmp.Compare(a.Time, b.Time), strings.Compare(a.Name, b.Name))
				})
			}
		}
		return rows
	}
	j.Events, j.Objects = rows(j.Events, declared(j.EventTypes), false), rows(j.Objects, declared(j.ObjectTypes), true)
	j.More = ""
	return j
}

// xmlText is what XML keeps of a text.
func xmlText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && !strings.ContainsRune("\t\r\n", r) || r == 0xFFFE || r == 0xFFFF {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
