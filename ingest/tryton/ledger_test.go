package tryton

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// testdata/ledger writes rows of Tryton's tables by hand, for what the sample
// does not have: one payment over several invoices, credit notes, cancellations,
// write-offs, payments on account.
//
//	table NAME: rows as CSV with a header, added to the tables.
//	ask: one SELECT over the business views.
func TestLedger(t *testing.T) {
	dir := t.TempDir()
	datadriven.RunTest(t, "testdata/ledger", func(t *testing.T, d *datadriven.TestData) string {
		switch d.Cmd {
		case "table":
			path := filepath.Join(dir, d.CmdArgs[0].Key+".csv")
			if err := os.WriteFile(path, []byte(strings.ReplaceAll(d.Input, ", ", ",")+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			return ""
		case "ask":
			db := open(t)
			land(t, db, dir, everything)
			run(t, db)
			return strings.Join(column(t, db, d.Input), "\n") + "\n"
		}
		return fmt.Sprintf("unknown command %q\n", d.Cmd)
	})
}
