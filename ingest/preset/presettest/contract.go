package presettest

import (
	"fmt"
	"slices"
	"testing"

	"millrace/eventlog"
)

// Contract checks what the store and the order-to-cash model ask of a mapping,
// and the laws of the ledger, on what is loaded at path.
func Contract(t testing.TB, sys *eventlog.System, path string) {
	t.Helper()
	db := Ask(t, sys.Name, path)
	defer db.Close()
	const mapping = "temp.m_" // the views, read once
	for _, view := range []string{"event", "event_object", "object_object", "object_change"} {
		if _, err := db.Exec(fmt.Sprintf("CREATE TEMP TABLE m_%[1]s AS FROM map_%[2]s.%[1]s", view, sys.Name)); err != nil {
			t.Fatal(err)
		}
		if n := Column(t, db, fmt.Sprintf("SELECT (SELECT count(*) FROM %[2]s%[1]s) - (SELECT count(*) FROM main.%[1]s)", view, mapping)); n[0] != "0" {
			t.Errorf("%s rows of view %s are not in the store", n[0], view)
		}
	}
	for _, law := range []struct{ doc, query string }{
		{"activities the model does not have", "SELECT activity FROM main.event WHERE activity NOT IN (SELECT activity FROM o2c.activities)"},
		{"activities on an object they are not about", `SELECT e.activity || ' on ' || eo.type FROM ` + mapping + `event e JOIN ` + mapping + `event_object eo ON eo.event_key = e.key AND eo.qualifier = 'on'
			JOIN o2c.activities a ON a.activity = e.activity AND a.object_type <> eo.type
			WHERE NOT EXISTS (FROM ` + mapping + `event_object x WHERE x.event_key = e.key AND x.type = a.object_type)`},
		{"events without object", "SELECT key FROM " + mapping + "event ANTI JOIN " + mapping + "event_object ON key = event_key"},
		{"events of objects that are not described", "SELECT type || ' ' || id FROM " + mapping + "event_object ANTI JOIN (FROM main.object WHERE defined) USING (type, id)"},
		{"relations from objects that are not described", "SELECT source_type || ' ' || source_id FROM " + mapping + "object_object m ANTI JOIN (FROM main.object WHERE defined) o ON o.type = m.source_type AND o.id = m.source_id"},
		{"relations to objects that are not described", "SELECT target_type || ' ' || target_id FROM " + mapping + "object_object m ANTI JOIN (FROM main.object WHERE defined) o ON o.type = m.target_type AND o.id = m.target_id"},
		{"changes of objects that are not described", "SELECT type || ' ' || id FROM " + mapping + "object_change ANTI JOIN (FROM main.object WHERE defined) USING (type, id)"},
		{"changes that change nothing", "SELECT type || ' ' || id || ' ' || attribute FROM " + mapping + "object_change WHERE old_value IS NOT DISTINCT FROM new_value"},
		{"event and object related twice", "SELECT event_key FROM " + mapping + "event_object GROUP BY event_key, type, id, qualifier HAVING count(*) > 1"},
		{"objects related twice", "SELECT source_id FROM " + mapping + "object_object GROUP BY source_type, source_id, target_type, target_id, qualifier HAVING count(*) > 1"},
		{"kinds of actors", "SELECT actor_kind FROM main.event WHERE actor_kind NOT IN ('human', 'bot', 'interface', 'scheduler', 'customer', 'unknown')"},
		{"receivables without currency", "SELECT entry_id FROM o2c.receivable_entries WHERE currency IS NULL"},
		{"receipts without currency", "SELECT receipt_id FROM o2c.receipts WHERE currency IS NULL"},
		{"entries settled beyond their amount", "SELECT entry_id FROM o2c.receivable_entries WHERE sign(open_amount) = -sign(amount) AND open_amount <> 0"},
		{"receipts applied beyond their amount", "SELECT receipt_id FROM o2c.receipts WHERE sign(unapplied_amount) = -sign(amount) AND unapplied_amount <> 0"},
		{"applications whose cash is not their receipts'", `SELECT application_id FROM o2c.applications GROUP BY application_id HAVING sum(cash_amount) <>
			coalesce((SELECT sum(l.amount) FROM o2c.links l WHERE l.source_id = application_id AND l.qualifier = 'applies'), 0)`},
		{"invoices paid by their own cancellation", "SELECT invoice_id FROM o2c.invoices WHERE paid_at IS NOT NULL AND cash_amount = 0"},
	} {
		if rows := Column(t, db, law.query); len(rows) > 0 {
			t.Errorf("%s: %d, e.g. %s", law.doc, len(rows), rows[0])
		}
	}
	for _, r := range Column(t, db, "SELECT DISTINCT source_type || ' ' || qualifier || ' ' || target_type FROM o2c.links") {
		if !slices.ContainsFunc(sys.Model.Relations, func(m eventlog.Relation) bool { return m.Source+" "+m.Qualifier+" "+m.Target == r }) {
			t.Errorf("the model has no relation %q", r)
		}
	}
	for _, table := range sys.Tables {
		for _, name := range table.Never {
			if n := Column(t, db, fmt.Sprintf("SELECT count(*) FROM duckdb_columns() WHERE schema_name = 'landing_%s' AND table_name = '%s' AND column_name ILIKE '%s'", sys.Name, table.Name, name)); n[0] != "0" {
				t.Errorf("%s.%s was stored", table.Name, name)
			}
		}
	}
}
