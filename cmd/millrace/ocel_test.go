package main

import (
	"bytes"
	"compress/gzip"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"millrace/eventlog"
)

// An ocelWorld is an object-centric log as three plain tables: just enough to
// hold what is computed of one against what others computed. It reads what
// the public logs have, and not one case more.
type ocelWorld struct {
	events    [][]string // id, activity, time, place
	objects   [][]string // type, id
	relations [][]string // event, type of the object, object, qualifier
}

// readOCEL reads a file of ../shared/data/logs.
func readOCEL(t *testing.T, path string) *ocelWorld {
	t.Helper()
	w := &ocelWorld{}
	name := strings.TrimSuffix(path, ".gz")
	switch filepath.Ext(name) {
	case ".jsonocel":
		w.json(t, slurp(t, path))
	case ".sqlite":
		w.sqlite(t, path)
	case ".csv":
		w.csv(t, slurp(t, path))
	default:
		t.Fatalf("%s: no reader", path)
	}
	for i := range w.events {
		w.events[i] = append(w.events[i], strconv.Itoa(i))
	}
	return w
}

func slurp(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil && strings.HasSuffix(path, ".gz") {
		var z *gzip.Reader
		if z, err = gzip.NewReader(bytes.NewReader(b)); err == nil {
			b, err = io.ReadAll(z)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (w *ocelWorld) json(t *testing.T, text []byte) {
	var two struct {
		Objects []struct{ ID, Type string }
		Events  []struct {
			ID, Type, Time string
			Relationships  []struct{ ObjectID, Qualifier string }
		}
	}
	if err := json.Unmarshal(text, &two); err != nil {
		t.Fatal(err)
	}
	typeOf := map[string]string{}
	for _, o := range two.Objects {
		w.objects, typeOf[o.ID] = append(w.objects, []string{o.Type, o.ID}), o.Type
	}
	for _, e := range two.Events {
		w.events = append(w.events, []string{e.ID, e.Type, e.Time})
		for _, r := range e.Relationships {
			w.relations = append(w.relations, []string{e.ID, typeOf[r.ObjectID], r.ObjectID, r.Qualifier})
		}
	}
	if len(two.Events) > 0 {
		return
	}
	var one struct {
		Objects map[string]struct {
			Type string `json:"ocel:type"`
		} `json:"ocel:objects"`
		Events map[string]struct {
			Activity string   `json:"ocel:activity"`
			Time     string   `json:"ocel:timestamp"`
			Objects  []string `json:"ocel:omap"`
		} `json:"ocel:events"`
	}
	if err := json.Unmarshal(text, &one); err != nil {
		t.Fatal(err)
	}
	for _, id := range slices.Sorted(maps.Keys(one.Objects)) {
		w.objects = append(w.objects, []string{one.Objects[id].Type, id})
	}
	ids := jsonKeys(t, text, "ocel:events")
	if len(ids) != len(one.Events) {
		t.Fatalf("%d keys of %d events", len(ids), len(one.Events))
	}
	for _, id := range ids {
		e := one.Events[id]
		w.events = append(w.events, []string{id, e.Activity, e.Time})
		for _, o := range e.Objects {
			w.relations = append(w.relations, []string{id, one.Objects[o].Type, o, ""})
		}
	}
}

// jsonKeys lists the keys of a member of an object in the order of the file,
// which a map has lost.
func jsonKeys(t *testing.T, text []byte, member string) (keys []string) {
	dec := json.NewDecoder(bytes.NewReader(text))
	next := func() json.Token {
		tok, err := dec.Token()
		if err != nil {
			t.Fatal(err)
		}
		return tok
	}
	skip := func() {
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			t.Fatal(err)
		}
	}
	for next(); dec.More(); {
		if next() != member {
			skip()
			continue
		}
		for next(); dec.More(); skip() {
			keys = append(keys, next().(string))
		}
		next()
	}
	return keys
}

func (w *ocelWorld) sqlite(t *testing.T, path string) {
	db, err := sql.Open("sqlite", "file:"+path+"?immutable=1")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ask := func(query string, args ...any) (out [][]string) {
		rows, err := db.Query(query, args...)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			row := make([]string, len(columns))
			into := make([]any, len(columns))
			for i := range row {
				into[i] = &row[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			out = append(out, row)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return out
	}
	if len(ask("SELECT name FROM sqlite_master WHERE name = 'EVENTS'")) > 0 { // OCEL 1.0
		w.events = ask(`SELECT "ocel:eid", "ocel:activity", "ocel:timestamp" || '' FROM EVENTS ORDER BY rowid`)
		w.objects = ask(`SELECT "ocel:type", "ocel:oid" FROM OBJECTS ORDER BY rowid`)
		w.relations = ask(`SELECT "ocel:eid", "ocel:type", "ocel:oid", '' FROM RELATIONS ORDER BY rowid`)
		return
	}
	for _, m := range ask("SELECT ocel_type, ocel_type_map FROM event_map_type ORDER BY 1") {
		w.events = append(w.events, ask(`SELECT e.ocel_id, e.ocel_type, x.ocel_time || '' FROM "event_`+m[1]+`" AS x JOIN event AS e USING (ocel_id) WHERE e.ocel_type = ? ORDER BY x.rowid`, m[0])...)
	}
	w.objects = ask("SELECT ocel_type, ocel_id FROM object ORDER BY rowid")
	w.relations = ask(`SELECT r.ocel_event_id, o.ocel_type, o.ocel_id, coalesce(r.ocel_qualifier, '')
		FROM event_object AS r JOIN object AS o ON o.ocel_id = r.ocel_object_id ORDER BY r.rowid`)
}

func (w *ocelWorld) csv(t *testing.T, text []byte) {
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := func(name string) int { return slices.Index(rows[0], name) }
	known := map[string]bool{}
	for _, row := range rows[1:] {
		id := row[column("ocel:eid")]
		w.events = append(w.events, []string{id, row[column("ocel:activity")], row[column("ocel:timestamp")]})
		for i, head := range rows[0] {
			typ, ok := strings.CutPrefix(head, "ocel:type:")
			if !ok {
				continue
			}
			for _, o := range strings.Split(strings.Trim(strings.TrimSpace(row[i]), "[]"), ",") {
				if o = strings.Trim(strings.TrimSpace(o), "'\""); o == "" {
					continue
				}
				w.relations = append(w.relations, []string{id, typ, o, ""})
				if !known[typ+" "+o] {
					known[typ+" "+o] = true
					w.objects = append(w.objects, []string{typ, o})
				}
			}
		}
	}
}

// store loads the log into a new store, in the way a system's tables go.
func (w *ocelWorld) store(t *testing.T) *eventlog.Store {
	t.Helper()
	table := func(name, columns string, rows [][]string) (eventlog.Table, eventlog.TableRows) {
		def := eventlog.Table{Name: name}
		for _, c := range strings.Fields(columns) {
			def.Columns = append(def.Columns, eventlog.TableColumn{Name: c, SQL: "VARCHAR"})
		}
		return def, eventlog.TableRows{Table: name, File: name, Complete: true, Columns: strings.Fields(columns),
			Rows: func(fn func(int64, []string) error) error {
				for i, row := range rows {
					if err := fn(int64(i+1), row); err != nil {
						return err
					}
				}
				return nil
			}}
	}
	ev, evRows := table("ev", "key activity time place", w.events)
	ob, obRows := table("ob", "type id", w.objects)
	eo, eoRows := table("eo", "key type id qualifier", w.relations)
	mapping := `CREATE VIEW event AS SELECT key, activity, time::TIMESTAMPTZ AS time, place::BIGINT AS sequence FROM ev;
		CREATE VIEW event_object AS SELECT key AS event_key, type, id, qualifier FROM eo;`
	types := map[string]bool{}
	for _, o := range w.objects {
		types[o[0]] = true
	}
	for _, typ := range slices.Sorted(maps.Keys(types)) {
		mapping += fmt.Sprintf("CREATE VIEW %s AS SELECT id FROM ob WHERE type = '%s';", eventlog.Quote("object_"+typ), strings.ReplaceAll(typ, "'", "''"))
	}
	path := filepath.Join(t.TempDir(), "ocel.duckdb")
	s, err := eventlog.Open(t.Context(), path, eventlog.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	staged, err := eventlog.StageTables(t.Context(), path, eventlog.System{
		Name: "ocel", Kind: "test", Timezone: "UTC", Mapping: mapping, Tables: []eventlog.Table{ev, ob, eo},
	}, []eventlog.TableRows{evRows, obRows, eoRows}, eventlog.ExtractOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer staged.Discard()
	if _, err := s.MergeTables(t.Context(), staged); err != nil {
		t.Fatal(err)
	}
	return s
}
