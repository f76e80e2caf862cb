package distributor

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"millrace/eventlog"
)

func TestTables(t *testing.T) {
	var names []string
	tables := 0
	for _, sys := range Systems() {
		names = append(names, sys.Name)
		tables += len(sys.Tables)
		for _, tab := range sys.Tables {
			for _, key := range tab.Key {
				if !slices.ContainsFunc(tab.Columns, func(c eventlog.TableColumn) bool { return c.Name == key }) {
					t.Errorf("%s.%s: no column %q for its key", sys.Name, tab.Name, key)
				}
			}
		}
	}
	if want := []string{"erp", "wms", "carrier", "finance", "messages", "intake"}; !slices.Equal(names, want) || tables != 35 {
		t.Errorf("%q with %d tables", names, tables)
	}
}

// What the store's contract asks of a mapping, of each of the six; and loading
// everything twice changes nothing.
func TestContract(t *testing.T) {
	t.Parallel()
	dir, path := generate(t, 300), filepath.Join(t.TempDir(), "millrace.duckdb")
	for name, r := range load(t, path, dir) {
		if r.Load == 0 || r.RowsNew == 0 || r.RowsRejected != 0 {
			t.Errorf("%s once: %+v", name, r)
		}
	}
	for name, r := range load(t, path, dir) {
		if r.Load != 0 || r.RowsNew != 0 {
			t.Errorf("%s twice: %+v", name, r)
		}
	}
	db, err := sql.Open("duckdb", path+"?access_mode=READ_ONLY")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	none := func(doc, query string) {
		t.Helper()
		var n int
		var sample sql.NullString
		if err := db.QueryRow("SELECT count(*), min(x::VARCHAR) FROM ("+query+") AS t(x)").Scan(&n, &sample); err != nil {
			t.Errorf("%s: %v", doc, err)
		} else if n > 0 {
			t.Errorf("%s: %d, e.g. %s", doc, n, sample.String)
		}
	}
	for _, sys := range Systems() {
		if _, err := db.Exec(fmt.Sprintf("SET TimeZone = 'UTC'; SET search_path = 'map_%[1]s,landing_%[1]s,main'", sys.Name)); err != nil {
			t.Fatal(err)
		}
		of := func(what string) string { return sys.Name + ": " + what }
		none(of("event keys that repeat"), "SELECT key FROM event GROUP BY key HAVING count(*) > 1")
		none(of("activities the model does not have"), "SELECT activity FROM event WHERE activity NOT IN (SELECT activity FROM o2c.activities)")
		none(of("actor kinds"), "SELECT actor_kind FROM event WHERE actor_kind NOT IN ('human', 'bot', 'interface', 'scheduler', 'customer', 'unknown')")
		none(of("event_object without event"), "SELECT event_key FROM event_object WHERE event_key NOT IN (SELECT key FROM event)")
		none(of("events without object"), "SELECT key FROM event WHERE key NOT IN (SELECT event_key FROM event_object)")
		none(of("event_object twice"), "SELECT event_key FROM event_object GROUP BY event_key, type, id, qualifier HAVING count(*) > 1")
		none(of("rows that are not in the store"), fmt.Sprintf("SELECT key FROM event e ANTI JOIN (SELECT id FROM main.event WHERE source = '%[1]s') s ON s.id = md5_number('%[1]s' || chr(31) || e.key)", sys.Name))
	}
	if _, err := db.Exec("SET search_path = 'main'"); err != nil {
		t.Fatal(err)
	}
	none("object ids that repeat", "SELECT type || id FROM object GROUP BY ALL HAVING count(*) > 1")
	none("relations twice", "SELECT source_object FROM object_object GROUP BY source_object, target_object, qualifier HAVING count(*) > 1")
	none("money without currency", "SELECT entry_id FROM o2c.receivable_entries WHERE currency IS NULL OR currency NOT IN ('EUR', 'GBP')")
	none("relations in two currencies", "SELECT source_id FROM o2c.links WHERE qualifier = 'clears' AND currency IS NULL")
	// a delivery that only a mistyped number mentions is no delivery; all else is described
	none("objects that nobody describes", "SELECT type || ' ' || id FROM object WHERE NOT defined AND type <> 'Delivery'")
	rows, err := db.Query("SELECT DISTINCT source_type || ' ' || qualifier || ' ' || target_type FROM o2c.links")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var r string
		if err := rows.Scan(&r); err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(Systems()[0].Model.Relations, func(m eventlog.Relation) bool { return m.Source+" "+m.Qualifier+" "+m.Target == r }) {
			t.Errorf("the model has no relation %q", r)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}
