package presettest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"millrace/eventlog"
	"millrace/ingest"
	"millrace/ingest/sqldb"
	"millrace/ingest/sqldb/servertest"
)

// A Dialect is how tables are made on a real server.
type Dialect struct {
	Quote   func(name string) string
	Types   map[string]string // DuckDB's type → the server's
	Columns map[string]string // "table.column" → its type there, where it is another one
	Grant   string            // lets reader read every table of database %s
}

// PostgreSQL makes tables as Odoo does.
var PostgreSQL = Dialect{
	Quote: func(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` },
	Types: map[string]string{"BIGINT": "integer", "VARCHAR": "varchar", "BOOLEAN": "boolean", "TIMESTAMP": "timestamp", "DATE": "date", "DECIMAL(18,6)": "numeric", "DOUBLE": "double precision"},
	Grant: "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
}

// MariaDB makes tables as Frappe does.
var MariaDB = Dialect{
	Quote: func(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" },
	Types: map[string]string{"BIGINT": "int(8)", "VARCHAR": "varchar(140)", "TIMESTAMP": "datetime(6)", "DATE": "date", "DECIMAL(18,6)": "decimal(21,9)"},
	Grant: "GRANT SELECT ON `%s`.* TO reader@'%%'",
}

// Database is the Extract by the tables of a real server, made and filled anew
// for each load, and read as reader by package sqldb.
func Database(server *servertest.Server, d Dialect) Extract {
	n := 0
	return func(t testing.TB, sys *eventlog.System, told Told) []eventlog.TableRows {
		t.Helper()
		n++
		name := fmt.Sprintf("told%d", n)
		var script strings.Builder
		for _, table := range sys.Tables {
			if rows := Rows(&table, told); rows != nil {
				d.table(&script, &table, rows)
			}
		}
		grant := d.Grant
		if strings.Contains(grant, "%s") {
			grant = fmt.Sprintf(grant, name)
		}
		server.Exec(t, name, script.String()+grant)
		source, err := sqldb.Open(t.Context(), sqldb.Config{Database: server.URL("reader", name), PasswordFrom: "env:READER",
			LookupEnv: func(string) (string, bool) { return servertest.Password, true }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := source.Close(); err != nil {
				t.Error(err)
			}
		})
		if _, err := source.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		return tableRows(t, source, sys)
	}
}

// table writes the statements that make a table and fill it.
func (d *Dialect) table(b *strings.Builder, table *eventlog.Table, rows [][]string) {
	var columns []string
	for _, name := range rows[0] {
		i := slices.IndexFunc(table.Columns, func(c eventlog.TableColumn) bool { return c.Name == name })
		typ := d.Types[table.Columns[i].SQL]
		if other := d.Columns[table.Name+"."+name]; other != "" {
			typ = other
		}
		columns = append(columns, d.Quote(name)+" "+typ)
	}
	var key []string
	for _, name := range table.Key {
		key = append(key, d.Quote(name))
	}
	fmt.Fprintf(b, "CREATE TABLE %s (%s, PRIMARY KEY (%s));\n", d.Quote(table.Name), strings.Join(columns, ", "), strings.Join(key, ", "))
	for _, row := range rows[1:] {
		var values []string
		for _, v := range row {
			if v == "" {
				values = append(values, "NULL")
				continue
			}
			values = append(values, "'"+strings.NewReplacer("'", "''", `\`, `\\`).Replace(v)+"'")
		}
		fmt.Fprintf(b, "INSERT INTO %s VALUES (%s);\n", d.Quote(table.Name), strings.Join(values, ", "))
	}
}

// tableRows reads every table that is there, with the columns that are known.
func tableRows(t testing.TB, source ingest.Source, sys *eventlog.System) []eventlog.TableRows {
	t.Helper()
	shapes, err := source.Describe(t.Context(), sys.Tables)
	if err != nil {
		t.Fatal(err)
	}
	var list []eventlog.TableRows
	for i, shape := range shapes {
		table := &sys.Tables[i]
		if shape.Problem != "" {
			if !table.Optional {
				t.Fatalf("%s: %s", table.Name, shape.Problem)
			}
			continue
		}
		known := map[string]bool{}
		for _, c := range table.Columns {
			known[c.Name] = true
		}
		var columns []string
		for _, c := range shape.Columns {
			if known[c.Name] {
				columns = append(columns, c.Name)
			}
		}
		if missing := slices.DeleteFunc(slices.Collect(maps.Keys(known)), func(name string) bool {
			return slices.Contains(columns, name) || !slices.Contains(table.Required, name)
		}); len(missing) > 0 {
			t.Fatalf("%s: the server does not tell of %q", table.Name, missing)
		}
		list = append(list, eventlog.TableRows{Table: table.Name, File: shape.There, Columns: columns, Complete: true,
			Rows: func(fn func(int64, []string) error) error {
				line := int64(0)
				return source.Read(t.Context(), ingest.Query{Table: table, Columns: columns}, func(p ingest.Page) error {
					for _, row := range p.Rows {
						line++
						if err := fn(line, row); err != nil {
							return err
						}
					}
					return nil
				})
			}})
	}
	return list
}
