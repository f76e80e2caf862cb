package tryton

import (
	"slices"
	"testing"

	"github.com/goccy/go-yaml"

	"millrace/eventlog"
)

func TestTables(t *testing.T) {
	list, err := tables()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 33 { // the 31 of the extract, currencies and units of measure
		t.Errorf("%d tables", len(list))
	}
	for _, tab := range list {
		for _, name := range slices.Concat(tab.Key, tab.Required) {
			if !slices.ContainsFunc(System().Tables, func(x eventlog.Table) bool {
				return x.Name == tab.Name && slices.ContainsFunc(x.Columns, func(c eventlog.TableColumn) bool { return c.Name == name })
			}) {
				t.Errorf("%s: no column %q", tab.Name, name)
			}
		}
	}
}

func TestSample(t *testing.T) {
	var any map[string]any
	if err := yaml.Unmarshal([]byte(Sample), &any); err != nil {
		t.Fatal(err)
	}
}

// The mapping binds and runs on a source that has nothing but what is required.
func TestRequiredColumnsSuffice(t *testing.T) {
	db := open(t)
	required := map[string][]string{}
	for _, tab := range mustTables() {
		required[tab.Name] = tab.Required
	}
	land(t, db, sampleDir(t), func(table, column string) bool { return slices.Contains(required[table], column) })
	run(t, db)
	if n := column(t, db, "SELECT count(*)::VARCHAR FROM o2c.orders"); n[0] != "57" {
		t.Errorf("%s orders", n[0])
	}
}

// What the store's contract asks of a mapping.
func TestMappingContract(t *testing.T) {
	db := sampleStore(t)
	for query, doc := range map[string]string{
		"SELECT key FROM map_tryton.event GROUP BY key HAVING count(*) > 1":                                                                     "event keys that repeat",
		"SELECT key FROM map_tryton.event WHERE activity NOT IN (SELECT activity FROM o2c.activities)":                                          "activities the model does not have",
		"SELECT type || id FROM main.object GROUP BY ALL HAVING count(*) > 1":                                                                   "object ids that repeat",
		"SELECT event_key FROM map_tryton.event_object ANTI JOIN map_tryton.event ON key = event_key":                                           "event_object without event",
		"SELECT key FROM map_tryton.event ANTI JOIN map_tryton.event_object ON key = event_key":                                                 "events without object",
		"SELECT m.type || ' ' || m.id FROM map_tryton.event_object m ANTI JOIN main.object USING (type, id)":                                    "event_object without object",
		"SELECT source_id FROM map_tryton.object_object m ANTI JOIN main.object o ON o.type = m.source_type AND o.id = m.source_id":             "relations without source",
		"SELECT target_id FROM map_tryton.object_object m ANTI JOIN main.object o ON o.type = m.target_type AND o.id = m.target_id":             "relations without target",
		"SELECT event_key FROM map_tryton.event_object GROUP BY event_key, type, id, qualifier HAVING count(*) > 1":                             "event_object twice",
		"SELECT source_id FROM map_tryton.object_object GROUP BY source_type, source_id, target_type, target_id, qualifier HAVING count(*) > 1": "relations twice",
		"SELECT key FROM map_tryton.event WHERE actor_kind NOT IN ('human', 'bot', 'interface', 'scheduler', 'customer', 'unknown')":            "actor kinds",
		"SELECT entry_id FROM o2c.receivable_entries WHERE currency IS NULL OR currency <> 'USD'":                                               "money without currency",
	} {
		if rows := column(t, db, query); len(rows) > 0 {
			t.Errorf("%s: %d, e.g. %s", doc, len(rows), rows[0])
		}
	}
	for _, r := range column(t, db, "SELECT DISTINCT source_type || ' ' || qualifier || ' ' || target_type FROM o2c.links") {
		known := false
		for _, m := range System().Model.Relations {
			known = known || m.Source+" "+m.Qualifier+" "+m.Target == r
		}
		if !known {
			t.Errorf("the model has no relation %q", r)
		}
	}
}
