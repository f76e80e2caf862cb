package bank

import (
	"context"
	"database/sql"
	"fmt"
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

func TestSystem(t *testing.T) {
	if _, err := preset.Tables(tablesYAML); err != nil {
		t.Fatal(err)
	}
	if s := System(); len(s.Tables) != 4 || s.Mapping == "" {
		t.Errorf("%+v", s)
	}
	var project struct {
		Sources map[string]map[string]struct{ Path string }
	}
	if err := yaml.NewDecoder(strings.NewReader(Sample), yaml.Strict()).Decode(&project); err != nil || project.Sources[Kind][Kind].Path != "bank/statements" {
		t.Errorf("sample.yaml: %+v, %v", project, err)
	}
}

// A test is a folder: "-- FILE" begins a file.
//
//	read [TABLE …]   what the tables hold: of each row the columns that are not empty
//	load             what the store holds of it beside an ERP with the invoices of erp.csv (id,number)
func TestBank(t *testing.T) {
	for _, file := range []string{"tables", "store"} {
		datadriven.RunTest(t, "testdata/"+file, func(t *testing.T, d *datadriven.TestData) string {
			dir := t.TempDir()
			for _, part := range strings.Split("\n"+d.Input, "\n-- ")[1:] {
				name, text, _ := strings.Cut(part, "\n")
				path := filepath.Join(dir, filepath.FromSlash(name))
				must(t, os.MkdirAll(filepath.Dir(path), 0o700))
				must(t, os.WriteFile(path, []byte(text+"\n"), 0o600))
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
				if f != "" {
					fmt.Fprintf(&b, " %s=%s", r.Columns[i], f)
				}
			}
			b.WriteString("\n")
			return nil
		}))
		if r.Rejected != nil {
			first, n := r.Rejected()
			for _, x := range first {
				fmt.Fprintf(&b, "reject %d: %s: %s\n", n, x.Place, x.Reason)
			}
		}
	}
	for _, n := range tables.Notes() {
		fmt.Fprintf(&b, "note %s: %s\n", n.Code, n.Text)
	}
	if done, total := tables.Progress(); done != total || total == 0 {
		fmt.Fprintf(&b, "progress %d of %d\n", done, total)
	}
	must(t, tables.Close())
	return b.String()
}

// erp stands for a system that knows the invoices.
func erp() *eventlog.System {
	return &eventlog.System{Name: "erp", Kind: "erp", Model: o2c.Model(),
		Tables:  []eventlog.Table{{Name: "invoice", Key: []string{"id"}, Columns: []eventlog.TableColumn{{Name: "id", SQL: "VARCHAR"}, {Name: "number", SQL: "VARCHAR"}}}},
		Mapping: `CREATE VIEW object_Invoice AS SELECT id, number FROM invoice;`,
	}
}

func load(t *testing.T, dir string) string {
	path := filepath.Join(t.TempDir(), "store.duckdb")
	text, err := os.ReadFile(filepath.Join(dir, "erp.csv"))
	must(t, err)
	must(t, os.Remove(filepath.Join(dir, "erp.csv")))
	merge(t, path, *erp(), []eventlog.TableRows{{Table: "invoice", File: "erp.csv", Columns: []string{"id", "number"},
		Rows: func(fn func(int64, []string) error) error {
			for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
				if err := fn(int64(i), strings.Split(line, ",")); err != nil {
					return err
				}
			}
			return nil
		}}}, "")
	loadBank(t, path, dir)
	if r := loadBank(t, path, dir); r.RowsNew != 0 || r.Events.New != 0 || r.Load != 0 {
		t.Errorf("twice is not once: %+v", r)
	}
	db, err := sql.Open("duckdb", path+"?access_mode=READ_ONLY")
	must(t, err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	_, err = db.Exec("SET TimeZone = 'Europe/Berlin'")
	must(t, err)
	var b strings.Builder
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
	list(`SELECT strftime(e.time, '%Y-%m-%d %H:%M') || CASE e.precision WHEN 'day' THEN ' (day)' ELSE '' END || ' ' || e.activity || ' ' || o.id || ': ' || concat_ws(' ', r.amount, r.currency, r.kind, 'value', r.value_date, r.reference)
		FROM main.event e JOIN main.event_object USING (event) JOIN main.object o USING (object) JOIN objects."Receipt" r USING (object) ORDER BY e.time, o.id`)
	list(`SELECT a.id || ' ' || x.qualifier || ' ' || b.type || ' ' || b.id || coalesce(': ' || x.amount || ' ' || x.currency, '')
		FROM main.object_object x JOIN main.object a ON a.object = x.source_object JOIN main.object b ON b.object = x.target_object ORDER BY 1`)
	list(`SELECT concat_ws(' ', 'link', state || ':', source_id, qualifier, target_type, key, CASE WHEN matches > 1 THEN 'means ' || matches END, 'is ' || target_id, 'of ' || amount, currency)
		FROM o2c.system_links WHERE system = 'bank' ORDER BY 1`)
	return b.String()
}

func loadBank(t *testing.T, path, dir string) eventlog.LoadReceipt {
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
