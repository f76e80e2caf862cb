package tryton

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"millrace/eventlog"
)

func TestTables(t *testing.T) {
	list, err := tables()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 35 { // the 31 of the extract, currencies, units of measure and identifiers
		t.Errorf("%d tables", len(list))
	}
	for _, tab := range list {
		for _, name := range tab.Required {
			if !slices.ContainsFunc(System().Tables, func(x eventlog.Table) bool {
				return x.Name == tab.Name && slices.ContainsFunc(x.Columns, func(c eventlog.TableColumn) bool { return c.Name == name })
			}) {
				t.Errorf("%s: no column %q", tab.Name, name)
			}
		}
		for _, c := range tab.Columns {
			if slices.Contains(tab.Never, c.Name) {
				t.Errorf("%s.%s is stored, and never", tab.Name, c.Name)
			}
		}
	}
}

// The mapping binds and runs on a source that has nothing but what is required.
func TestRequiredColumnsSuffice(t *testing.T) {
	t.Parallel()
	from, to := sampleDir(t), t.TempDir()
	for _, tab := range mustTables() {
		if len(tab.Required) == len(tab.Key) {
			continue // read, and not by the mapping
		}
		required := tab.Required
		rows := [][]string{tab.Required} // of what the sample lacks
		if _, err := os.Stat(filepath.Join(from, tab.Name+".csv")); err == nil || !tab.Optional {
			rows = readCSV(t, filepath.Join(from, tab.Name+".csv"))
		}
		header := slices.Clone(rows[0])
		for i, r := range rows {
			rows[i] = nil
			for j, name := range header {
				if slices.Contains(required, name) {
					rows[i] = append(rows[i], r[j])
				}
			}
		}
		writeCSV(t, filepath.Join(to, tab.Name+".csv"), rows)
	}
	path := storeIn(t)
	load(t, path, to)
	db := ask(t, path)
	if n := column(t, db, "SELECT count(*)::VARCHAR FROM o2c.orders"); n[0] != "57" {
		t.Errorf("%s orders", n[0])
	}
}

// Passwords, mail addresses and rendered documents stay where they are, though
// the sample's files have columns for them.
func (x *extract) testNeverStored(t *testing.T) {
	for _, tab := range mustTables() {
		for _, name := range tab.Never {
			if n := column(t, x.db, fmt.Sprintf("SELECT count(*) FROM duckdb_columns() WHERE table_name = '%s' AND column_name ILIKE '%s'", tab.Name, name)); n[0] != "0" {
				t.Errorf("%s.%s was stored", tab.Name, name)
			}
		}
	}
}

// What the store's contract asks of a mapping.
func (x *extract) testContract(t *testing.T) {
	for _, view := range []string{"event", "event_object", "object_object", "object_change"} {
		if n := column(t, x.db, fmt.Sprintf("SELECT (SELECT count(*) FROM map_tryton.%[1]s) - (SELECT count(*) FROM main.%[1]s)", view)); n[0] != "0" {
			t.Errorf("%s rows of view %s are not in the store", n[0], view)
		}
	}
	for query, doc := range map[string]string{
		"SELECT key FROM map_tryton.event GROUP BY key HAVING count(*) > 1":                                                                              "event keys that repeat",
		"SELECT key FROM map_tryton.event WHERE activity NOT IN (SELECT activity FROM o2c.activities)":                                                   "activities the model does not have",
		"SELECT type || id FROM main.object GROUP BY ALL HAVING count(*) > 1":                                                                            "object ids that repeat",
		"SELECT event_key FROM map_tryton.event_object ANTI JOIN map_tryton.event ON key = event_key":                                                    "event_object without event",
		"SELECT key FROM map_tryton.event ANTI JOIN map_tryton.event_object ON key = event_key":                                                          "events without object",
		"SELECT m.type || ' ' || m.id FROM map_tryton.event_object m ANTI JOIN (FROM main.object WHERE defined) USING (type, id)":                        "event_object without object",
		"SELECT source_id FROM map_tryton.object_object m ANTI JOIN (FROM main.object WHERE defined) o ON o.type = m.source_type AND o.id = m.source_id": "relations without source",
		"SELECT target_id FROM map_tryton.object_object m ANTI JOIN (FROM main.object WHERE defined) o ON o.type = m.target_type AND o.id = m.target_id": "relations without target",
		"SELECT event_key FROM map_tryton.event_object GROUP BY event_key, type, id, qualifier HAVING count(*) > 1":                                      "event_object twice",
		"SELECT source_id FROM map_tryton.object_object GROUP BY source_type, source_id, target_type, target_id, qualifier HAVING count(*) > 1":          "relations twice",
		"SELECT key FROM map_tryton.event WHERE actor_kind NOT IN ('human', 'bot', 'interface', 'scheduler', 'customer', 'unknown')":                     "actor kinds",
		"SELECT entry_id FROM o2c.receivable_entries WHERE currency IS NULL OR currency <> '" + x.currency + "'":                                         "money without currency",
	} {
		if rows := column(t, x.db, query); len(rows) > 0 {
			t.Errorf("%s: %d, e.g. %s", doc, len(rows), rows[0])
		}
	}
	for _, r := range column(t, x.db, "SELECT DISTINCT source_type || ' ' || qualifier || ' ' || target_type FROM o2c.links") {
		known := false
		for _, m := range System().Model.Relations {
			known = known || m.Source+" "+m.Qualifier+" "+m.Target == r
		}
		if !known {
			t.Errorf("the model has no relation %q", r)
		}
	}
}
