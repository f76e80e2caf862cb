package tryton

import (
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	sample "millrace/sample-data/tryton"
)

// The store is being written by others; until it runs mappings itself, this
// does by hand what a mapping run has to give: landing tables by the contract,
// the mapping's views, and the object-centric tables filled from them.

func open(t testing.TB) *sql.DB {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1) // one connection, one search path
	schema, err := os.ReadFile("../../eventlog/sql/migrations/0001_store.sql")
	if err != nil {
		t.Fatal(err)
	}
	exec(t, db, string(schema)+o2c.Tables()+"SET TimeZone = 'UTC'; CREATE SCHEMA landing_tryton; CREATE SCHEMA map_tryton;")
	return db
}

func exec(t testing.TB, db *sql.DB, text string) {
	t.Helper()
	if _, err := db.Exec(text); err != nil {
		t.Fatal(err)
	}
}

// land creates the landing tables and fills them from CSV files in dir, where
// there are. keep says which columns the source has.
func land(t testing.TB, db *sql.DB, dir string, keep func(table, column string) bool) {
	t.Helper()
	for _, tab := range System().Tables {
		var defs, names []string
		for _, c := range tab.Columns {
			if keep(tab.Name, c.Name) {
				defs = append(defs, fmt.Sprintf("%q %s", c.Name, c.SQL))
				names = append(names, fmt.Sprintf("%q", c.Name))
			}
		}
		if len(defs) == 0 {
			continue
		}
		exec(t, db, fmt.Sprintf("CREATE TABLE landing_tryton.%q (%s)", tab.Name, strings.Join(defs, ", ")))
		path := filepath.Join(dir, tab.Name+".csv")
		if _, err := os.Stat(path); err != nil {
			continue
		}
		in := map[string]bool{}
		for _, name := range column(t, db, fmt.Sprintf("SELECT column_name FROM (DESCRIBE FROM read_csv('%s', header = true, all_varchar = true))", path)) {
			in[name] = true
		}
		names = slices.DeleteFunc(names, func(n string) bool { return !in[strings.Trim(n, `"`)] })
		exec(t, db, fmt.Sprintf("INSERT INTO landing_tryton.%q BY NAME SELECT %s FROM read_csv('%s', header = true, all_varchar = true)",
			tab.Name, strings.Join(names, ", "), path))
	}
}

// run runs the mapping and fills the store, and computes the business views.
// Views bind their tables when they are asked: the search path stays.
func run(t testing.TB, db *sql.DB) {
	t.Helper()
	exec(t, db, "SET search_path = 'map_tryton,landing_tryton,main'")
	exec(t, db, System().Mapping)
	rank := "CASE activity"
	for _, a := range System().Model.Activities {
		rank += fmt.Sprintf(" WHEN '%s' THEN %d", a.Name, a.Rank)
	}
	exec(t, db, `INSERT INTO main.event (event, id, activity, time, precision, rank, resource, actor_kind, source, sequence, source_table, source_key, load)
		SELECT row_number() OVER (ORDER BY time, sequence, key), hash(key), activity, time AT TIME ZONE 'UTC', 'exact', `+rank+` END,
		       resource, actor_kind, 'tryton', sequence, source_table, source_key, 1 FROM map_tryton.event;
		CREATE TEMP TABLE event_key AS SELECT e.event, m.key FROM map_tryton.event m JOIN main.event e ON e.id = hash(m.key)`)
	for _, typ := range filled(t, db) {
		exec(t, db, fmt.Sprintf(`INSERT INTO main.object SELECT (SELECT count(*) FROM main.object) + row_number() OVER (ORDER BY id), '%[1]s', id, 'tryton', source_table, source_key, 1
			FROM map_tryton."object_%[1]s"`, typ))
		columns := strings.Join(mappedColumns(t, db, typ), ", ")
		exec(t, db, fmt.Sprintf(`INSERT INTO objects.%[1]q (object, %[2]s) SELECT o.object, %[2]s FROM map_tryton."object_%[1]s" m
			JOIN main.object o ON o.type = '%[1]s' AND o.id = m.id`, typ, columns))
	}
	exec(t, db, `INSERT INTO main.event_object SELECT k.event, o.object, m.qualifier, m.quantity, m.amount, m.currency, 1
		FROM map_tryton.event_object m JOIN event_key k ON k.key = m.event_key JOIN main.object o ON o.type = m.type AND o.id = m.id;
		INSERT INTO main.object_object SELECT s.object, t.object, m.qualifier, m.quantity, m.amount, m.currency, 'tryton', 1
		FROM map_tryton.object_object m JOIN main.object s ON s.type = m.source_type AND s.id = m.source_id
		JOIN main.object t ON t.type = m.target_type AND t.id = m.target_id;
		INSERT INTO main.object_change SELECT o.object, m.attribute, m.time AT TIME ZONE 'UTC', m.old_value, m.new_value, k.event, 'tryton', 1
		FROM map_tryton.object_change m JOIN main.object o ON o.type = m.type AND o.id = m.id LEFT JOIN event_key k ON k.key = m.event_key`)
	exec(t, db, o2c.Refresh())
}

// filled lists the object types the mapping fills.
func filled(t testing.TB, db *sql.DB) []string {
	t.Helper()
	return column(t, db, `SELECT substr(view_name, 8) FROM duckdb_views()
		WHERE schema_name = 'map_tryton' AND view_name LIKE 'object\_%' ESCAPE '\' AND view_name NOT IN ('object_object', 'object_change') ORDER BY ALL`)
}

// mappedColumns lists the attributes a type's view has; each must be the model's.
func mappedColumns(t testing.TB, db *sql.DB, typ string) []string {
	t.Helper()
	i := slices.IndexFunc(System().Model.Types, func(o eventlog.ObjectType) bool { return o.Name == typ })
	if i < 0 {
		t.Fatalf("object_%s: the model has no such type", typ)
	}
	var names []string
	for _, name := range column(t, db, fmt.Sprintf(`SELECT column_name FROM duckdb_columns()
		WHERE schema_name = 'map_tryton' AND table_name = 'object_%s' AND column_name NOT IN ('id', 'source_table', 'source_key') ORDER BY column_index`, typ)) {
		if !slices.ContainsFunc(System().Model.Types[i].Attributes, func(a eventlog.Attribute) bool { return a.Name == name }) {
			t.Fatalf("object_%s.%s: the model has no such attribute", typ, name)
		}
		names = append(names, fmt.Sprintf("%q", name))
	}
	return names
}

// column returns a query's first column.
func column(t testing.TB, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var s sql.NullString
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		list = append(list, s.String)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// sampleDir writes the embedded sample out and returns where.
func sampleDir(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, fs.FS(sample.Files)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func everything(string, string) bool { return true }

// sampleStore returns a store with the sample in it.
func sampleStore(t testing.TB) *sql.DB {
	t.Helper()
	db := open(t)
	land(t, db, sampleDir(t), everything)
	run(t, db)
	return db
}
