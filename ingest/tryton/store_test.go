package tryton

import (
	"bytes"
	"database/sql"
	"encoding/csv"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/ingest/folder"
	"millrace/ingest/preset/presettest"
	"millrace/ingest/tryton/trytontest"
	sample "millrace/sample-data/tryton"
)

// storeIn returns the path of a store that is not there yet.
func storeIn(t testing.TB) string { return filepath.Join(t.TempDir(), "millrace.duckdb") }

// load loads a folder of tables into the store at path, as the program does.
func load(t testing.TB, path, dir string) (receipt eventlog.LoadReceipt) {
	t.Helper()
	return loadNames(t, path, dir, eventlog.Names{Keep: true})
}

func loadNames(t testing.TB, path, dir string, names eventlog.Names) (receipt eventlog.LoadReceipt) {
	t.Helper()
	sys := System()
	sys.Origin = dir
	sys.Derived = o2c.Refresh()
	tables, err := folder.Open(t.Context(), dir, sys, true)
	if err != nil {
		t.Fatal(err)
	}
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
	return receipt
}

// ask opens the store at path for reading, see [presettest.Ask].
func ask(t testing.TB, path string) *sql.DB {
	t.Helper()
	db := presettest.Ask(t, "tryton", path)
	t.Cleanup(func() { db.Close() })
	return db
}

func column(t testing.TB, db *sql.DB, query string) []string {
	t.Helper()
	return presettest.Column(t, db, query)
}

// shared returns the folder of the extraction others made of the same ERP, and
// skips the test where it is missing.
func shared(t testing.TB) string {
	t.Helper()
	root := os.Getenv("MILLRACE_SHARED")
	if root == "" {
		root = "../../../shared" // beside the project's root
	}
	dir := filepath.Join(root, "data", "tryton_o2c")
	if _, err := os.Stat(filepath.Join(dir, "expected_event.csv")); err != nil {
		t.Skipf("no %s: set MILLRACE_SHARED to the folder that has data/tryton_o2c", dir)
	}
	return dir
}

// readCSV reads a file as it is, its header first.
func readCSV(t testing.TB, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func writeCSV(t testing.TB, path string, rows [][]string) {
	t.Helper()
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
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

// An extract is a folder the tests read, loaded.
type extract struct {
	db       *sql.DB
	currency string // as the mapping can name it
}

// The sample, with the tables of currencies, units and identifiers, and the extraction
// others made of the same ERP, without them: loading either twice changes
// nothing, and both say the same.
func TestExtracts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, currency string
		dir            func(testing.TB) string
		notes          []eventlog.Note
	}{
		{"sample", "USD", sampleDir, nil},
		{"shared", "currency:1", func(t testing.TB) string { return filepath.Join(shared(t), "csv") }, []eventlog.Note{
			{Code: "missing-table", Text: "the extract lacks the tables currency_currency, party_identifier, product_identifier, product_uom; what the mapping takes from them is missing."},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, path := c.dir(t), storeIn(t)
			once := load(t, path, dir)
			if once.Load != 1 || once.RowsNew != once.RowsIn || once.RowsIn == 0 || once.Events.New == 0 {
				t.Errorf("once: %+v", once)
			}
			if fmt.Sprint(once.Notes) != fmt.Sprint(c.notes) {
				t.Errorf("notes: %q, want %q", once.Notes, c.notes)
			}
			again := load(t, path, dir)
			if again.Load != 0 || again.RowsNew != 0 || again.RowsKnown != once.RowsIn {
				t.Errorf("again: %+v", again)
			}
			x := &extract{db: ask(t, path), currency: c.currency}
			t.Run("contract", x.testContract)
			t.Run("events", func(t *testing.T) { trytontest.Events(t, x.db, shared(t)) })
			t.Run("relations", func(t *testing.T) { trytontest.Relations(t, x.db, shared(t)) })
			t.Run("key figures", x.testKeyFigures)
			t.Run("balances", x.testBalances)
			t.Run("never stored", x.testNeverStored)
		})
	}
}
