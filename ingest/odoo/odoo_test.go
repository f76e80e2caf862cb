package odoo

import (
	"testing"

	"github.com/goccy/go-yaml"

	"millrace/ingest/preset/presettest"
)

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
func TestOrder(t *testing.T) { presettest.Run(t, System, "testdata/order", presettest.Folder) }

// Payments, matchings, reversals and what is given up.
func TestLedger(t *testing.T) { presettest.Run(t, System, "testdata/ledger", presettest.Folder) }

// An Odoo 16 that picks, packs and ships in steps of their own.
func TestSteps(t *testing.T) { presettest.Run(t, System, "testdata/steps", presettest.Folder) }

// Nothing but the tables that must be there.
func TestBare(t *testing.T) { presettest.Run(t, System, "testdata/bare", presettest.Folder) }
