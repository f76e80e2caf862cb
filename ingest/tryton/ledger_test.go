package tryton

import (
	"encoding/csv"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// testdata/ledger writes rows of Tryton's tables by hand, for what the sample
// does not have: one payment over several invoices, credit notes, cancellations,
// write-offs, payments on account.
//
//	table NAME: rows as CSV with a header, in place of those the table had.
//	ask: one SELECT over the business views.
//
// Columns and tables that are not told are empty. Tables told again are loaded
// into the same store.
func TestLedger(t *testing.T) {
	t.Parallel()
	dir, path := t.TempDir(), storeIn(t)
	told := map[string][][]string{}
	loaded := false
	datadriven.RunTest(t, "testdata/ledger", func(t *testing.T, d *datadriven.TestData) string {
		switch d.Cmd {
		case "table":
			rows, err := csv.NewReader(strings.NewReader(strings.ReplaceAll(d.Input, ", ", ","))).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			told[d.CmdArgs[0].Key], loaded = rows, false
			return ""
		case "ask":
			if !loaded {
				writeLedger(t, dir, told)
				load(t, path, dir)
				loaded = true
			}
			db := ask(t, path)
			defer db.Close() // the next load needs the store
			return strings.Join(column(t, db, d.Input), "\n") + "\n"
		}
		return fmt.Sprintf("unknown command %q\n", d.Cmd)
	})
}

// writeLedger writes every table of the system, with the rows that were told.
func writeLedger(t *testing.T, dir string, told map[string][][]string) {
	t.Helper()
	for _, tab := range System().Tables {
		rows := slices.Clone(told[tab.Name])
		if rows == nil {
			rows = [][]string{nil}
		}
		for _, c := range tab.Columns {
			if slices.Contains(rows[0], c.Name) {
				continue
			}
			for i := range rows {
				value := ""
				if i == 0 {
					value = c.Name
				}
				rows[i] = append(slices.Clip(rows[i]), value)
			}
		}
		writeCSV(t, filepath.Join(dir, tab.Name+".csv"), rows)
	}
}
