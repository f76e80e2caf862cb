package sap

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	_ "github.com/duckdb/duckdb-go/v2"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/ingest/folder"
)

// load loads a folder of tables into the store at path, as the program does.
func load(t testing.TB, path, dir, zone string) (receipt eventlog.LoadReceipt, coverage *eventlog.Coverage) {
	t.Helper()
	return loadNames(t, path, dir, zone, eventlog.Names{Keep: true})
}

func loadNames(t testing.TB, path, dir, zone string, names eventlog.Names) (receipt eventlog.LoadReceipt, coverage *eventlog.Coverage) {
	t.Helper()
	sys := System()
	sys.Origin, sys.Timezone = dir, zone
	sys.Derived = o2c.Refresh()
	tables, err := folder.Open(t.Context(), dir, sys, true)
	if err != nil {
		t.Fatal(err)
	}
	defer tables.Close()
	staged, err := eventlog.StageTables(t.Context(), path, *sys, tables.Rows, eventlog.ExtractOptions{Content: tables.Content, Names: names})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := staged.Discard(); err != nil {
			t.Error(err)
		}
	}()
	s, err := eventlog.Open(t.Context(), path, eventlog.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	if receipt, err = s.MergeTables(t.Context(), staged); err != nil {
		t.Fatal(err)
	}
	for _, r := range receipt.Rejects {
		t.Errorf("rejected: %s: %s: %s", r.Place, r.Column, r.Reason)
	}
	if coverage, err = s.Coverage(t.Context(), o2c.Model(), sys.Name); err != nil {
		t.Fatal(err)
	}
	return receipt, coverage
}

// ask opens the store at path for reading. Names are the mapping's views and
// the landed tables first: a view finds its tables when it is asked.
func ask(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("duckdb", path+"?access_mode=READ_ONLY")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1) // one connection, one search path
	if _, err := db.Exec("SET TimeZone = 'UTC'; SET search_path = 'map_sap,landing_sap,main'"); err != nil {
		t.Fatal(err)
	}
	return db
}

var decimals = regexp.MustCompile(`^-?[0-9]+\.[0-9]+$`)

// rows returns a query's rows, columns with a space between, an empty one as –,
// numbers without needless zeros.
func rows(t testing.TB, db *sql.DB, query string) []string {
	t.Helper()
	result, err := db.Query("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (" + query + ")")
	if err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	defer result.Close()
	names, err := result.Columns()
	if err != nil {
		t.Fatal(err)
	}
	fields, into := make([]sql.NullString, len(names)), make([]any, len(names))
	for i := range fields {
		into[i] = &fields[i]
	}
	var list []string
	for result.Next() {
		if err := result.Scan(into...); err != nil {
			t.Fatal(err)
		}
		texts := make([]string, len(fields))
		for i, f := range fields {
			texts[i] = f.String
			if decimals.MatchString(f.String) {
				texts[i] = strings.TrimSuffix(strings.TrimRight(f.String, "0"), ".")
			}
			if !f.Valid || f.String == "" {
				texts[i] = "–"
			}
		}
		list = append(list, strings.Join(texts, "  "))
	}
	if err := result.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// testdata/cases has files of rows of SAP's tables, by hand, and what follows:
//
//	zone NAME: of the application server; at first UTC.
//	table NAME: rows as CSV with a header, in place of those the table had.
//	file PATH: a file of the extract as it is, such as JSON lines of an API.
//	ask: one SELECT over the business views (o2c), the store, the mapping's views or the tables.
//	coverage: what of the model has something.
//
// Tables told again are loaded into the same store. As in a report, an empty
// field is an empty field.
func TestCases(t *testing.T) {
	datadriven.Walk(t, "testdata/cases", func(t *testing.T, path string) {
		t.Parallel()
		dir, store := t.TempDir(), filepath.Join(t.TempDir(), "millrace.duckdb")
		zone, loaded := "UTC", false
		var coverage *eventlog.Coverage
		need := func(t *testing.T) {
			if !loaded {
				_, coverage = load(t, store, dir, zone)
				loaded = true
				testContract(t, store)
			}
		}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "zone":
				zone, loaded = d.CmdArgs[0].Key, false
			case "table":
				write(t, filepath.Join(dir, d.CmdArgs[0].Key+".csv"), strings.ReplaceAll(d.Input, ", ", ","))
				loaded = false
			case "file":
				write(t, filepath.Join(dir, d.CmdArgs[0].Key), d.Input)
				loaded = false
			case "ask":
				need(t)
				db := ask(t, store)
				defer db.Close() // the next load needs the store
				return strings.Join(rows(t, db, d.Input), "\n") + "\n"
			case "coverage":
				need(t)
				return coverage.Summary() + "\n"
			default:
				return fmt.Sprintf("unknown command %q\n", d.Cmd)
			}
			return ""
		})
	})
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// testContract is what the store asks of a mapping, whatever the rows.
func testContract(t *testing.T, path string) {
	t.Helper()
	db := ask(t, path)
	defer db.Close()
	for query, doc := range map[string]string{
		"SELECT activity FROM main.event WHERE activity NOT IN (SELECT activity FROM o2c.activities)":                                                                        "activities the model does not have",
		"SELECT activity FROM main.event ANTI JOIN main.event_object USING (event)":                                                                                          "events without object",
		"SELECT event FROM main.event_object GROUP BY event, object, qualifier HAVING count(*) > 1":                                                                          "event_object twice",
		"SELECT source_id || ' ' || qualifier || ' ' || target_id FROM o2c.links GROUP BY source_object, target_object, qualifier, source_id, target_id HAVING count(*) > 1": "relations twice",
		"SELECT activity FROM main.event WHERE actor_kind NOT IN ('human', 'bot', 'interface', 'scheduler', 'customer', 'unknown')":                                          "actor kinds",
		"SELECT activity FROM main.event WHERE source_table IS NULL AND activity NOT LIKE 'Set % Block'":                                                                     "events without a row they come from",
	} {
		if list := rows(t, db, query); len(list) > 0 {
			t.Errorf("%s: %d, e.g. %s", doc, len(list), list[0])
		}
	}
	for _, r := range rows(t, db, "SELECT DISTINCT source_type || ' ' || qualifier || ' ' || target_type FROM o2c.links") {
		known := false
		for _, m := range System().Model.Relations {
			known = known || m.Source+" "+m.Qualifier+" "+m.Target == r
		}
		if !known {
			t.Errorf("the model has no relation %q", r)
		}
	}
}
