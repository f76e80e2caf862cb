package erpnext

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
		if len(table.Required) == 0 || len(table.Watermark) == 0 {
			t.Errorf("%s: requires %q, watermark %q", table.Name, table.Required, table.Watermark)
		}
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
func TestOrder(t *testing.T) { presettest.Run(t, System, "testdata/order", presettest.Folder) }

// Payments, allocations, credit notes, and what is given up or undone.
func TestLedger(t *testing.T) { presettest.Run(t, System, "testdata/ledger", presettest.Folder) }

// Nothing but the tables that must be there.
func TestBare(t *testing.T) { presettest.Run(t, System, "testdata/bare", presettest.Folder) }
