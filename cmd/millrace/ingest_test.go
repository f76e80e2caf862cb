package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"millrace/eventlog"
	"millrace/ingest/preset/presettest"
	"millrace/ingest/sqldb/servertest"
	"millrace/ingest/tryton/trytontest"
)

// try runs the program and returns all that it says.
func try(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

// told asks the project's store, and returns the rows as text.
func told(t *testing.T, query string) string {
	t.Helper()
	s, err := eventlog.Open(t.Context(), "millrace.duckdb", eventlog.OpenOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var all []string
	var row string
	if err := eachRow(&env{Context: t.Context()}, s, query, nil, &row)(func() error { all = append(all, row); return nil }); err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, "\n")
}

// said is the part of an ingest's JSON that tests look at.
type said struct {
	Loads []struct {
		Source         string
		RowsNew        int64 `json:"rows_new"`
		Events         eventlog.Delta
		Reconciliation []struct {
			Table, Since  string
			Counted, Read int64
		}
	}
}

func ingestJSON(t *testing.T, args ...string) (s said) {
	t.Helper()
	if err := json.Unmarshal([]byte(millrace(t, append([]string{"ingest", "--json"}, args...)...)), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// An ERP in a real PostgreSQL, as a user works with it: what doctor says
// before anything may be read, a trial, the first load, the same from files,
// increments with changed, new and deleted rows, and no secret anywhere.
func TestIngestPostgreSQL(t *testing.T) {
	dir := shared(t, "data", "tryton_o2c")
	server := servertest.PostgreSQL(t)
	server.Restore(t, "tryton", filepath.Join(dir, "tryton70_o2c.sql.gz"))
	t.Chdir(t.TempDir())
	t.Setenv("ERP_PASSWORD", servertest.Password)
	project := fmt.Sprintf("names: keep\nsources:\n  erp:\n    tryton: {database: %q, password_from: env:ERP_PASSWORD}\n  files:\n    tryton: {path: %q}\n", server.URL("reader", "tryton"), filepath.Join(dir, "csv"))
	if err := os.WriteFile("millrace.yaml", []byte(project), 0o600); err != nil {
		t.Fatal(err)
	}

	server.Exec(t, "tryton", "REVOKE SELECT ON sale_line FROM reader")
	for _, command := range []string{"doctor", "ingest"} {
		code, out, errs := try(t, command)
		if all := out + errs; code != failed || !strings.Contains(all, "sale_line") || !strings.Contains(all, "GRANT SELECT") {
			t.Errorf("%s, without the right to read a table: exit %d\n%s", command, code, all)
		}
	}
	server.Exec(t, "tryton", "GRANT SELECT ON sale_line TO reader")
	if code, out, errs := try(t, "doctor"); code != done || !strings.Contains(out, "35 of 35 tables") || strings.Contains(out, "its key") {
		t.Errorf("doctor: exit %d\n%s%s", code, out, errs)
	}

	dry := millrace(t, "ingest", "erp", "--dry-run")
	for _, want := range []string{"nothing is stored", "sale_line: 112 rows in the source", "Create Sales Order              55"} {
		if !strings.Contains(dry, want) {
			t.Errorf("--dry-run does not say %q:\n%s", want, dry)
		}
	}

	// The files were loaded above, when the database could not be read; two of a
	// kind are kept apart, and say the same.
	first := ingestJSON(t)
	if len(first.Loads) != 2 || first.Loads[0].Source != "erp" || first.Loads[0].RowsNew < 4000 {
		t.Fatalf("%+v", first)
	}
	for _, r := range first.Loads[0].Reconciliation {
		if r.Counted != r.Read {
			t.Errorf("%s: %d rows counted, %d read", r.Table, r.Counted, r.Read)
		}
	}
	const same = `SELECT count(*)::VARCHAR FROM (
		(SELECT activity, time, resource, actor_kind, source_table, source_key FROM event WHERE source = '%s'
		 EXCEPT ALL SELECT activity, time, resource, actor_kind, source_table, source_key FROM event WHERE source = '%s'))`
	for _, pair := range [][2]string{{"erp", "files"}, {"files", "erp"}} {
		if n := told(t, fmt.Sprintf(same, pair[0], pair[1])); n != "0" {
			t.Errorf("%s events are of %s alone", n, pair[0])
		}
	}
	if got := told(t, "SELECT string_agg(source || ' ' || n, ', ' ORDER BY source) FROM (SELECT source, count(*) AS n FROM object WHERE type = 'SalesOrder' GROUP BY source)"); got != "erp 57, files 57" {
		t.Errorf("orders: %s", got)
	}
	if got := told(t, "SELECT id FROM object WHERE type = 'SalesOrder' AND id LIKE '%:sale:22' ORDER BY id"); got != "erp:sale:22\nfiles:sale:22" {
		t.Errorf("orders are called %s", got)
	}

	// What the database gave is what others extracted from the same ERP, row by
	// row, and what the store has of it is what the mapping says.
	db := presettest.Ask(t, "erp", "millrace.duckdb")
	trytontest.Events(t, db, dir)
	trytontest.Relations(t, db, dir)
	trytontest.Stored(t, db, "erp")
	db.Close()

	// Nothing new; then a new row, a changed one, and one that is gone.
	if again := ingestJSON(t, "erp"); again.Loads[0].RowsNew != 0 {
		t.Errorf("again: %+v", again)
	}
	const log = "INSERT INTO ir_model_log (id, create_uid, create_date, resource, event, target, \"user\") SELECT max(id) + 1, 1, now(), 'sale.sale,22', 'write', 'comment', 1 FROM ir_model_log"
	server.Exec(t, "tryton", log)
	server.Exec(t, "tryton", "UPDATE sale_sale SET comment = 'changed', write_date = now() WHERE id = 22")
	server.Exec(t, "tryton", "DELETE FROM sale_complaint_action")
	got := ingestJSON(t, "erp").Loads[0]
	if got.RowsNew < 3 || got.Events.New != 1 {
		t.Errorf("after changes: %+v", got)
	}
	for _, r := range got.Reconciliation {
		if r.Table == "sale_line" && r.Read > 5 { // those within the overlap
			t.Errorf("an increment read %d of %d rows of %s", r.Read, r.Counted, r.Table)
		}
	}
	if n := told(t, "SELECT count(*)::VARCHAR FROM landing_erp.sale_complaint_action"); n != "0" {
		t.Errorf("%s rows are still there that the source has no more", n)
	}
	if code, out, errs := try(t, "ingest", "erp", "--since", "yesterday"); code == done || !strings.Contains(errs, "2026-01-31") {
		t.Errorf("--since yesterday: exit %d %s%s", code, out, errs)
	}
	millrace(t, "ingest", "erp", "--full")

	// A system that is down does not keep the others from being read.
	server.Kill(t)
	code, out, errs := try(t, "ingest")
	if code != failed || !strings.Contains(out, "files: nothing new") || !strings.Contains(errs, "source erp") {
		t.Errorf("with a server that is down: exit %d\n%s%s", code, out, errs)
	}
	for _, text := range []string{out, errs, dry, told(t, "SELECT coalesce(origin, '') || coalesce(options, '') || coalesce(watermark, '') FROM load")} {
		if strings.Contains(text, servertest.Password) {
			t.Error("the password is in what was said or stored")
		}
	}
}

// A server that does not answer is waited for, and each try says so, on no
// terminal too, without the password.
func TestIngestSaysWhatItWaitsFor(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("ERP_PASSWORD", servertest.Password)
	project := "names: keep\nsources:\n  erp:\n    tryton: {database: \"postgres://reader@127.0.0.1:1/erp\", password_from: env:ERP_PASSWORD, retries: 2}\n"
	if err := os.WriteFile("millrace.yaml", []byte(project), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := try(t, "ingest")
	for _, want := range []string{"127.0.0.1:1", " s (2 of 3)\n", " s (3 of 3)\n", "tried 3 times"} {
		if code != failed || !strings.Contains(errs, want) {
			t.Errorf("exit %d, does not say %q:\n%s%s", code, want, out, errs)
		}
	}
	if n := strings.Count(errs, "erp: "); n < 3 || strings.Count(errs, "trying again in ") != 2 || strings.Contains(errs+out, servertest.Password) || strings.Contains(errs, "\x1b") {
		t.Errorf("said:\n%s", errs)
	}
}

// Two warehouses' words for one order meet by its number, a wrong number is an
// orphan that links lists, and what depends on it says so.
func TestLinks(t *testing.T) {
	t.Chdir(t.TempDir())
	files := map[string]string{
		"millrace.yaml": "names: keep\nsources:\n  erp:\n    csv: {path: orders.csv, mapping: erp.sql}\n  wms:\n    wms: {path: wms}\n",
		"orders.csv":    "no,delivery,created\n4711,801,2026-01-05 08:00:00\n4712,802,2026-01-06 08:00:00\n",
		"erp.sql": `CREATE VIEW event AS SELECT 'c' || no AS key, 'Create Sales Order' AS activity, created::TIMESTAMP AS time, 'interface' AS actor_kind FROM erp;
			CREATE VIEW event_object AS SELECT 'c' || no AS event_key, 'SalesOrder' AS type, no AS id FROM erp;
			CREATE VIEW object_SalesOrder AS SELECT no AS id, no AS number FROM erp;
			CREATE VIEW object_Delivery AS SELECT delivery AS id, delivery AS number FROM erp;`,
		"wms/warehouse_event.csv": "event_id,event,event_time,warehouse,delivery_no\n1,ship,2026-01-05 10:00:00,HH,0801\n2,ship,2026-01-06 10:00:00,HH,802\n3,ship,2026-01-07 10:00:00,HH,999\n",
	}
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := millrace(t, "ingest")
	if !strings.Contains(out, "references between systems") {
		t.Errorf("ingest does not say how references meet:\n%s", out)
	}
	var got struct{ Links []systemLink }
	if err := json.Unmarshal([]byte(millrace(t, "links", "--json", "--orphans", "5")), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Links) != 1 {
		t.Fatalf("%+v", got.Links)
	}
	l := got.Links[0]
	if l.System != "wms" || l.Target != "Delivery" || l.Matched != 2 || l.Unmatched != 1 || l.Ambiguous != 0 || len(l.Orphans) != 1 || l.Orphans[0].Key != "999" {
		t.Errorf("%+v", l)
	}
	if code, _, errs := try(t, "links", "--system", "wmss"); code != usedWrong || !strings.Contains(errs, "did you mean") {
		t.Errorf("a typing mistake: exit %d, %s", code, errs)
	}
}
