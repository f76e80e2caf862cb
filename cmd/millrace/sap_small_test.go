package main

import (
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"millrace/eventlog"
	"millrace/ingest/sap"
	"millrace/ingest/sap/gatewaytest"
)

// A smallSAP has the rows of an SAP's tables, by the names of columns in the
// database, and gives them to whoever reads: as a folder, as a database, as
// released services.
type smallSAP map[string][]map[string]string

// sapCase reads a case of the preset's tests: its tables, and its files by path.
func sapCase(t *testing.T, name string) (tables smallSAP, files map[string]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "ingest", "sap", "testdata", "cases", name))
	if err != nil {
		t.Fatal(err)
	}
	tables, files = smallSAP{}, map[string]string{}
	for _, block := range strings.Split(string(text), "\n\n") {
		for strings.HasPrefix(block, "#") {
			_, block, _ = strings.Cut(block, "\n")
		}
		head, body, _ := strings.Cut(block, "\n")
		body, _, _ = strings.Cut(body+"\n", "----\n")
		kind, name, _ := strings.Cut(head, " ")
		switch kind {
		case "file":
			files[name] = body
		case "table":
			tables[name] = csvRows(t, strings.ReplaceAll(body, ", ", ","))
		}
	}
	return tables, files
}

func csvRows(t *testing.T, text string) (list []map[string]string) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, name := range rows[0] {
			m[name] = row[i]
		}
		list = append(list, m)
	}
	return list
}

// add adds a row: "VBELN=1 POSNR=10". A value has no blanks.
func (s smallSAP) add(table, row string) { s[table] = append(s[table], assignments(row)) }

func assignments(text string) map[string]string {
	m := map[string]string{}
	for _, word := range strings.Fields(text) {
		name, value, _ := strings.Cut(word, "=")
		m[name] = value
	}
	return m
}

func (s smallSAP) matches(row map[string]string, where string) bool {
	for name, value := range assignments(where) {
		if row[name] != value {
			return false
		}
	}
	return true
}

// set changes the rows with some values, which there have to be.
func (s smallSAP) set(t *testing.T, table, where, to string) {
	t.Helper()
	n := 0
	for _, row := range s[table] {
		if s.matches(row, where) {
			maps.Copy(row, assignments(to))
			n++
		}
	}
	if n == 0 {
		t.Fatalf("%s has no row with %s", table, where)
	}
}

// drop deletes the rows with some values, which there have to be.
func (s smallSAP) drop(t *testing.T, table, where string) {
	t.Helper()
	before := len(s[table])
	s[table] = slices.DeleteFunc(s[table], func(row map[string]string) bool { return s.matches(row, where) })
	if len(s[table]) == before {
		t.Fatalf("%s has no row with %s", table, where)
	}
}

// columns are those that some row of a table has, and all of its key.
func (s smallSAP) columns(table *eventlog.Table) []string {
	seen := map[string]bool{}
	for _, k := range table.Key {
		seen[strings.ToUpper(k)] = true
	}
	for _, row := range s[table.Name] {
		for name := range row {
			seen[name] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// each calls fn for every table that the preset knows and that has rows.
func (s smallSAP) each(fn func(table *eventlog.Table, columns []string)) {
	for _, table := range sap.System().Tables {
		if len(s[table.Name]) > 0 {
			fn(&table, s.columns(&table))
		}
	}
}

// folder writes the tables as files, each anew.
func (s smallSAP) folder(t *testing.T, dir string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	s.each(func(table *eventlog.Table, columns []string) {
		var b strings.Builder
		w := csv.NewWriter(&b)
		err := w.Write(columns)
		for _, row := range s[table.Name] {
			var values []string
			for _, c := range columns {
				values = append(values, row[c])
			}
			if err == nil {
				err = w.Write(values)
			}
		}
		w.Flush()
		if err != nil {
			t.Fatal(err)
		}
		putFile(t, filepath.Join(dir, table.Name+".csv"), b.String())
	})
}

func putFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// database is SQL that makes the tables anew as they are below an SAP: names
// in upper case, the client in front of the key, fixed width, nothing NULL and
// dates initial. other is the client of rows that are not this system's.
func (s smallSAP) database(schema, other string) string {
	const mine = "100"
	var b strings.Builder
	s.each(func(table *eventlog.Table, columns []string) {
		client := "MANDT"
		switch table.Name {
		case "CDHDR", "CDPOS":
			client = "MANDANT"
		case "TCURX":
			client = ""
		}
		name := schema + `."` + table.Name + `"`
		var defined, key []string
		if client != "" {
			defined, key = append(defined, `"`+client+`" CHAR(3) NOT NULL`), append(key, `"`+client+`"`)
		}
		for _, c := range columns {
			defined = append(defined, fmt.Sprintf(`"%s" CHAR(%d) NOT NULL`, c, 40))
		}
		for _, k := range table.Key {
			key = append(key, `"`+strings.ToUpper(k)+`"`)
		}
		if len(table.Key) > 0 {
			defined = append(defined, "PRIMARY KEY ("+strings.Join(key, ", ")+")")
		}
		fmt.Fprintf(&b, "DROP TABLE IF EXISTS %s;\nCREATE TABLE %[1]s (%s);\n", name, strings.Join(defined, ", "))
		for _, c := range []string{mine, other} {
			if c == "" || c == other && client == "" {
				continue
			}
			for _, row := range s[table.Name] {
				var values []string
				if client != "" {
					values = append(values, "'"+c+"'")
				}
				for _, column := range columns {
					v := row[column]
					if v == "" {
						v = initial[column]
					}
					values = append(values, "'"+strings.ReplaceAll(fmt.Sprintf("%-40s", v), "'", "''")+"'")
				}
				fmt.Fprintf(&b, "INSERT INTO %s VALUES (%s);\n", name, strings.Join(values, ", "))
			}
		}
	})
	return b.String()
}

// initial is what a column has without a value, where that is no text.
var initial = map[string]string{
	"AEDAT": "00000000", "WADAT_IST": "00000000", "AUGDT": "00000000", "PODAT": "00000000", "DATEN": "00000000", "UATEN": "000000", "POTIM": "000000",
	"DATVR": "00000000", "UHRVR": "000000", "VDATU": "00000000", "ZFBDT": "00000000", "QDATU": "00000000",
}

// sqlite runs statements on a file.
func sqlite(t *testing.T, path, statements string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec("BEGIN;" + statements + "COMMIT;")
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// sapSets are the entity sets of tables.
var sapSets = map[string]string{
	"VBAK": "A_SalesOrder", "VBAP": "A_SalesOrderItem", "VBEP": "A_SalesOrderScheduleLine", "LIKP": "A_OutbDeliveryHeader", "LIPS": "A_OutbDeliveryItem",
	"VBRK": "A_BillingDocument", "VBRP": "A_BillingDocumentItem", "BSEG": "A_OperationalAcctgDocItemCube", "MKPF": "A_MaterialDocumentHeader", "MSEG": "A_MaterialDocumentItem",
	"KNA1": "A_Customer", "MAKT": "A_ProductDescription",
}

// serve puts the tables into a Gateway, in place of what it had.
func (s smallSAP) serve(g *gatewaytest.Gateway) {
	s.each(func(table *eventlog.Table, columns []string) {
		set := sapSets[table.Name]
		if set == "" {
			return
		}
		g.Delete(set)
		for _, row := range s[table.Name] {
			given := map[string]any{}
			for alias, column := range table.ColumnAliases {
				if v, ok := row[strings.ToUpper(column)]; ok {
					given[alias] = strings.TrimSpace(v)
				}
			}
			g.Put(set, given)
		}
	})
}

// sapProject makes a folder with a project of one source, and goes there.
func sapProject(t *testing.T, source string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	putFile(t, filepath.Join(dir, "millrace.yaml"), "names: keep\nsources:\n  s4:\n    sap:\n      "+strings.ReplaceAll(strings.TrimSpace(source), "\n", "\n      ")+"\n")
	t.Chdir(dir)
	return dir
}

// gatewaySource is a source that reads the services of a Gateway.
func gatewaySource(t *testing.T, g *gatewaytest.Gateway, zone string) string {
	t.Setenv("S4_PASSWORD", gatewaytest.Password)
	var list []string
	for _, s := range g.Services() {
		list = append(list, fmt.Sprintf("%q", s))
	}
	return fmt.Sprintf("timezone: %s\nodata: {url: %q, sap_client: %q, services: [%s], page_rows: 4, auth: {basic: {user: %s, password_from: env:S4_PASSWORD}}}",
		zone, g.URL(), gatewaytest.Client, strings.Join(list, ", "), gatewaytest.User)
}

// sapStore tells all that the project's store says, as lines in an order of
// their own: events, objects and their attributes, relations, changes. Keys
// of rows are told without leading zeros, which services do not have.
func sapStore(t *testing.T) []string {
	t.Helper()
	const key = `array_to_string(list_transform(string_split(coalesce(%s, ''), '/'), x -> coalesce(nullif(ltrim(trim(x), '0'), ''), '0')), '/')`
	queries := []string{
		`SELECT e.* EXCLUDE (event, id, sequence, source_key, load), ` + fmt.Sprintf(key, "e.source_key") + ` AS source_key, a.* EXCLUDE (event) FROM event e LEFT JOIN events."s4" a USING (event)`,
		`SELECT * EXCLUDE (object, load, source_key), ` + fmt.Sprintf(key, "source_key") + ` AS source_key FROM object`,
		`SELECT e.activity, e.time, o.type, o.id, x.* EXCLUDE (event, object, load) FROM event_object x JOIN event e USING (event) JOIN object o USING (object)`,
		`SELECT a.type AS source_type, a.id AS source_id, b.type AS target_type, b.id AS target_id, x.* EXCLUDE (source_object, target_object, load) FROM object_object x JOIN object a ON a.object = x.source_object JOIN object b ON b.object = x.target_object`,
		`SELECT o.type, o.id, e.activity, x.* EXCLUDE (object, event, load) FROM object_change x JOIN object o USING (object) LEFT JOIN event e USING (event)`,
	}
	for _, typ := range strings.Fields(strings.ReplaceAll(told(t, "SELECT DISTINCT type FROM object ORDER BY type"), " ", "\u00a0")) {
		typ = strings.ReplaceAll(typ, "\u00a0", " ")
		queries = append(queries, `SELECT o.type, o.id, a.* EXCLUDE (object) FROM objects.`+eventlog.Quote(typ)+` a JOIN object o USING (object)`)
	}
	var all []string
	for _, q := range queries {
		if text := told(t, "SELECT CAST(t AS VARCHAR) FROM ("+q+") AS t ORDER BY 1"); text != "" {
			all = append(all, strings.Split(text, "\n")...)
		}
	}
	return all
}

// sameStore compares two stores, as multisets of lines.
func sameStore(t *testing.T, what string, got, want []string) {
	t.Helper()
	if len(want) < 20 {
		t.Fatalf("%s: only %d lines to compare", what, len(want))
	}
	count := map[string]int{}
	for _, line := range want {
		count[line]++
	}
	for _, line := range got {
		count[line]--
	}
	shown := 0
	for _, line := range slices.Sorted(maps.Keys(count)) {
		if n := count[line]; n != 0 && shown < 12 {
			shown++
			t.Errorf("%s: %+d × %s", what, -n, line)
		}
	}
}
