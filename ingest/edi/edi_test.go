package edi

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/goccy/go-yaml"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/ingest/preset"
)

// Every column that documents.yaml fills is one of tables.yaml, and so are the
// tables and the columns that rows keep.
func TestLayouts(t *testing.T) {
	all, err := layouts()
	if err != nil {
		t.Fatal(err)
	}
	columns := map[string][]string{}
	for _, table := range System().Tables {
		for _, c := range table.Columns {
			columns[table.Name] = append(columns[table.Name], c.Name)
		}
	}
	known := func(l *layout, table string, names ...string) {
		for _, name := range names {
			if !slices.Contains(columns[table], name) {
				t.Errorf("%s: table %s has no column %q", l.Type, table, name)
			}
		}
	}
	n := 0
	for _, list := range all {
		for _, l := range list {
			n++
			known(l, "message", slices.Collect(maps.Keys(l.Message))...)
			if l.Key != "" {
				known(l, "message", l.Key)
			}
			for _, s := range l.Rows {
				for name := range s.Columns {
					if !s.Tree || name != "hl" && name != "parent" && name != "level" {
						known(l, s.Table, name)
					}
				}
				for tag, keep := range s.Keep {
					known(l, s.Table, keep...)
					if !slices.Contains(s.Begin, tag) && !slices.Contains(s.Again, tag) {
						t.Errorf("%s: %s keeps, but does not begin a row", l.Type, tag)
					}
				}
				for _, set := range s.Set {
					known(l, s.Table, slices.Collect(maps.Keys(set))...)
				}
			}
		}
	}
	if n != 26 {
		t.Errorf("%d layouts", n)
	}
}

func TestSystem(t *testing.T) {
	if _, err := preset.Tables(tablesYAML); err != nil {
		t.Fatal(err)
	}
	if s := System(); len(s.Tables) != 7 || s.Mapping == "" {
		t.Errorf("%+v", s)
	}
	var project struct {
		Sources map[string]map[string]struct{ Path string }
	}
	if err := yaml.NewDecoder(strings.NewReader(Sample), yaml.Strict()).Decode(&project); err != nil || project.Sources[Kind][Kind].Path != "edi/archive" {
		t.Errorf("sample.yaml: %+v, %v", project, err)
	}
}

// A test is a folder: "-- FILE" begins a file.
//
//	read [TABLE …]   what the tables hold: of each row the columns that are not empty
//	load             what the store holds of it beside an ERP with the documents of erp.csv (type,id,number,reference,customer)
func TestEDI(t *testing.T) {
	for _, file := range []string{"x12", "edifact", "store"} {
		datadriven.RunTest(t, "testdata/"+file, func(t *testing.T, d *datadriven.TestData) string {
			dir := t.TempDir()
			for _, part := range strings.Split("\n"+d.Input, "\n-- ")[1:] {
				name, text, _ := strings.Cut(part, "\n")
				path := filepath.Join(dir, filepath.FromSlash(name))
				must(t, os.MkdirAll(filepath.Dir(path), 0o700))
				must(t, os.WriteFile(path, []byte(text), 0o600))
			}
			var out string
			switch d.Cmd {
			case "read":
				var tables []string
				for _, a := range d.CmdArgs {
					tables = append(tables, a.Key)
				}
				out = read(t, dir, tables)
			case "load":
				out = load(t, dir)
			default:
				t.Fatalf("no command %q", d.Cmd)
			}
			return strings.ReplaceAll(out, dir, "DIR")
		})
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// hidden are columns that every row has and no reader of a test wants.
var hidden = []string{"payload_hash", "interchange_id", "message_id", "standard", "sender", "receiver", "sent_zone", "file", "test", "segments", "interchange_control"}

func read(t *testing.T, dir string, wanted []string) string {
	sys := System()
	sys.Timezone = "Europe/Berlin"
	tables, err := Open(t.Context(), dir, sys, false)
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	var b strings.Builder
	for _, r := range tables.Rows {
		must(t, r.Rows(func(line int64, fields []string) error {
			if len(wanted) > 0 && !slices.Contains(wanted, r.Table) {
				return nil
			}
			fmt.Fprintf(&b, "%s:", r.Table)
			for i, f := range fields {
				if f != "" && (r.Table == "interchange" || !slices.Contains(hidden, r.Columns[i])) {
					fmt.Fprintf(&b, " %s=%s", r.Columns[i], f)
				}
			}
			b.WriteString("\n")
			return nil
		}))
		if r.Rejected != nil && r.Table == "message" {
			first, n := r.Rejected()
			for _, x := range first {
				fmt.Fprintf(&b, "reject %d: %s: %s\n", n, x.Place, x.Reason)
			}
		}
	}
	for _, n := range tables.Notes() {
		if n.Code != "zones" {
			fmt.Fprintf(&b, "note %s: %s\n", n.Code, n.Text)
		}
	}
	if done, total := tables.Progress(); done != total || total == 0 {
		fmt.Fprintf(&b, "progress %d of %d\n", done, total)
	}
	must(t, tables.Close())
	return b.String()
}

// erp stands for a system that knows the documents.
func erp() *eventlog.System {
	column := func(names ...string) (list []eventlog.TableColumn) {
		for _, n := range names {
			list = append(list, eventlog.TableColumn{Name: n, SQL: "VARCHAR"})
		}
		return list
	}
	return &eventlog.System{Name: "erp", Kind: "erp", Model: o2c.Model(),
		Tables: []eventlog.Table{{Name: "doc", Key: []string{"type", "id"}, Columns: column("type", "id", "number", "reference", "customer")}},
		Mapping: `CREATE VIEW object_SalesOrder AS SELECT id, number, reference AS customer_reference FROM doc WHERE type = 'SalesOrder';
			CREATE VIEW object_Delivery AS SELECT id, number FROM doc WHERE type = 'Delivery';
			CREATE VIEW object_Invoice AS SELECT id, number FROM doc WHERE type = 'Invoice';
			CREATE VIEW object_Receipt AS SELECT id, number, reference FROM doc WHERE type = 'Receipt';
			CREATE VIEW object_object AS SELECT 'SalesOrder' AS source_type, id AS source_id, 'Customer' AS target_type, customer AS target_id, 'sold to' AS qualifier FROM doc WHERE customer IS NOT NULL;`,
	}
}

func load(t *testing.T, dir string) string {
	path := filepath.Join(t.TempDir(), "store.duckdb")
	var rows [][]string
	text, err := os.ReadFile(filepath.Join(dir, "erp.csv"))
	must(t, err)
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		rows = append(rows, strings.Split(line, ","))
	}
	must(t, os.Remove(filepath.Join(dir, "erp.csv")))
	merge(t, path, *erp(), []eventlog.TableRows{{Table: "doc", File: "erp.csv", Columns: []string{"type", "id", "number", "reference", "customer"},
		Rows: func(fn func(int64, []string) error) error {
			for i, r := range rows {
				if err := fn(int64(i), r); err != nil {
					return err
				}
			}
			return nil
		}}}, "")
	once := loadEDI(t, path, dir)
	if r := loadEDI(t, path, dir); r.RowsNew != 0 || r.Events.New != 0 || r.Load != 0 {
		t.Errorf("twice is not once: %+v", r)
	}
	var b strings.Builder
	if once.RowsRejected > 0 {
		fmt.Fprintf(&b, "rejected: %d\n", once.RowsRejected)
	}
	db, err := sql.Open("duckdb", path+"?access_mode=READ_ONLY")
	must(t, err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	list := func(query string) {
		r, err := db.QueryContext(t.Context(), query)
		must(t, err)
		defer r.Close()
		for r.Next() {
			var line string
			must(t, r.Scan(&line))
			b.WriteString(line + "\n")
		}
		must(t, r.Err())
	}
	_, err = db.Exec("SET TimeZone = 'UTC'")
	must(t, err)
	// the hash in a message's id is no one's to read
	list(`SELECT 'message ' || regexp_replace(o.id, '/[0-9a-f]{12}$', '') || ': ' || concat_ws(' ', m.direction, m.kind, m.channel, 'of', m.partner, 'key', m.business_key)
		FROM objects."Message" m JOIN main.object o USING (object) ORDER BY 1`)
	list(`SELECT strftime(e.time, '%Y-%m-%d %H:%M') || ' ' || e.activity || ': ' || string_agg(eo.qualifier || ' ' || o.type || ' ' || regexp_replace(o.id, '/[0-9a-f]{12}$', ''), ', ' ORDER BY eo.qualifier DESC)
		FROM main.event e JOIN main.event_object eo USING (event) JOIN main.object o USING (object) WHERE e.source = 'edi' GROUP BY event, e.time, e.activity, e.sequence ORDER BY e.time, e.activity, 1`)
	list(`SELECT regexp_replace(a.id, '/[0-9a-f]{12}$', '') || ' ' || r.qualifier || ' ' || b.type || ' ' || b.id
		FROM main.object_object r JOIN main.object a ON a.object = r.source_object JOIN main.object b ON b.object = r.target_object WHERE a.type = 'Message' ORDER BY 1`)
	list(`SELECT concat_ws(' ', 'link', state || ':', source_type, regexp_replace(source_id, '/[0-9a-f]{12}$', ''), qualifier, target_type, key, 'by', attribute, CASE WHEN matches > 1 THEN 'means ' || matches END, 'is ' || target_id)
		FROM o2c.system_links WHERE system = 'edi' ORDER BY 1`)
	list(`SELECT 'duplicate: ' || regexp_replace(message_id, '/[0-9a-f]{12}$', '') || ' of ' || regexp_replace(duplicate_of, '/[0-9a-f]{12}$', '') FROM o2c.messages WHERE duplicate_of IS NOT NULL ORDER BY 1`)
	list(`SELECT 'failed: ' || regexp_replace(message_id, '/[0-9a-f]{12}$', '') || ' after ' || attempts || ' attempts' FROM o2c.messages WHERE is_failed ORDER BY 1`)
	return b.String()
}

func loadEDI(t *testing.T, path, dir string) eventlog.LoadReceipt {
	sys := System()
	sys.Uses, sys.Timezone, sys.Derived = []string{"erp"}, "Europe/Berlin", o2c.Refresh()
	tables, err := Open(t.Context(), dir, sys, false)
	must(t, err)
	defer func() { must(t, tables.Close()) }()
	return merge(t, path, *sys, tables.Rows, tables.Content)
}

func merge(t *testing.T, path string, sys eventlog.System, rows []eventlog.TableRows, content string) eventlog.LoadReceipt {
	t.Helper()
	staged, err := eventlog.StageTables(t.Context(), path, sys, rows, eventlog.ExtractOptions{Content: content})
	must(t, err)
	defer func() { must(t, staged.Discard()) }()
	s, err := eventlog.Open(context.Background(), path, eventlog.OpenOptions{})
	must(t, err)
	defer func() { must(t, s.Close()) }()
	r, err := s.MergeTables(t.Context(), staged)
	must(t, err)
	return r
}
