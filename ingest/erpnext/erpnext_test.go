package erpnext

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"millrace/ingest/preset/presettest"
	"millrace/ingest/sqldb/servertest"
)

func run(t *testing.T, path string, extract presettest.Extract) {
	presettest.Run(t, path, System, extract)
}

func TestTables(t *testing.T) {
	list, err := tables()
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range list {
		if len(table.Required) == 0 || len(table.Watermark) == 0 {
			t.Errorf("%s: requires %q, watermark %q", table.Name, table.Required, table.Watermark)
		}
	}
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("\n%d tables, ", len(list)); !strings.Contains(string(text), want) {
		t.Errorf("README.md does not say %q", want)
	}
}

// The sample of the configuration is what the program reads.
func TestSample(t *testing.T) {
	var project struct {
		Sources map[string]struct {
			ERPNext struct{ Path string } `yaml:"erpnext"`
		}
	}
	if err := yaml.UnmarshalWithOptions([]byte(Sample), &project, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	if project.Sources["erp"].ERPNext.Path == "" {
		t.Errorf("no path: %+v", project)
	}
}

// Orders from entry to invoice: changed, put on hold, amended, shipped, sent back.
func TestOrder(t *testing.T) { run(t, "testdata/order", presettest.Folder) }

// Payments, allocations, credit notes, and what is given up or undone.
func TestLedger(t *testing.T) { run(t, "testdata/ledger", presettest.Folder) }

// Nothing but the tables that must be there.
func TestBare(t *testing.T) { run(t, "testdata/bare", presettest.Folder) }

// The same orders, out of a real MariaDB with the types that Frappe gives its
// columns, and blanks in the names of its tables.
func TestMariaDB(t *testing.T) {
	d := presettest.MariaDB
	d.Columns = map[string]string{
		"tabVersion.data": "longtext", "tabComment.content": "longtext", "tabSales Order.docstatus": "tinyint(4)", "tabDelivery Note.is_return": "tinyint(4)",
	}
	run(t, "testdata/order", presettest.Database(servertest.MariaDB(t), d))
}

// The orders, with pseudonyms in place of logins.
func TestNamesAreNotNeeded(t *testing.T) {
	presettest.RunNamed(t, "testdata/order", System, presettest.People{Users: []string{"anna@example.com", "edi@example.com", "shopper@example.com"}, Customer: "Corner Shop", Called: []string{"Corner Shop"}})
}
