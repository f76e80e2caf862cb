package odoo

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
		if len(table.Required) == 0 {
			t.Errorf("%s: nothing is required", table.Name)
		}
	}
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("\n%d tables: ", len(list)); !strings.Contains(string(text), want) {
		t.Errorf("README.md does not say %q", want)
	}
}

// The sample of the configuration is what the program reads.
func TestSample(t *testing.T) {
	var project struct {
		Sources map[string]struct {
			Odoo struct{ Path string }
		}
	}
	if err := yaml.UnmarshalWithOptions([]byte(Sample), &project, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	if project.Sources["erp"].Odoo.Path == "" {
		t.Errorf("no path: %+v", project)
	}
}

// An order of Odoo 17 from quotation to invoice.
func TestOrder(t *testing.T) { run(t, "testdata/order", presettest.Folder) }

// Payments, matchings, reversals and what is given up.
func TestLedger(t *testing.T) { run(t, "testdata/ledger", presettest.Folder) }

// An Odoo 16 that picks, packs and ships in steps of their own.
func TestSteps(t *testing.T) { run(t, "testdata/steps", presettest.Folder) }

// Down payments, collective bills and orders that only take back.
func TestBills(t *testing.T) { run(t, "testdata/bills", presettest.Folder) }

// Nothing but the tables that must be there.
func TestBare(t *testing.T) { run(t, "testdata/bare", presettest.Folder) }

// The same order, out of a real PostgreSQL with the types that Odoo gives its
// columns: names that are translated are jsonb.
func TestPostgreSQL(t *testing.T) {
	d := presettest.PostgreSQL
	d.Columns = map[string]string{
		"uom_uom.name": "jsonb", "uom_uom.factor": "numeric", "product_template.name": "jsonb", "ir_model_fields_selection.name": "jsonb",
		"res_partner.credit_limit": "jsonb", "res_country.code": "varchar(2)",
	}
	run(t, "testdata/order", presettest.Database(servertest.PostgreSQL(t), d))
}

// The order, with pseudonyms in place of logins.
func TestNamesAreNotNeeded(t *testing.T) {
	presettest.RunNamed(t, "testdata/order", System, presettest.People{Users: []string{"anna", "edi_in", "ocr-bot", "shopper@example.com"}, Customer: "C7", Called: []string{"Corner Shop"}})
}
