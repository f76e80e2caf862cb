package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"millrace/ingest/tryton"
)

// sourceSamples has the sample.yaml of each system.
var sourceSamples = map[string]string{"tryton": tryton.Sample}

// Every system's sample is a project file, and says where its folder is.
func TestSourceSamples(t *testing.T) {
	for _, system := range systems {
		kind := system().Kind
		path := filepath.Join(t.TempDir(), "millrace.yaml")
		if err := os.WriteFile(path, []byte(sourceSamples[kind]), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := readProject(path)
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		if s := p.Sources["erp"]; len(p.Sources) != 1 || s.Tryton == nil || s.Tryton.Path != "extracts/tryton" {
			t.Errorf("%s: %+v", kind, p.Sources)
		}
	}
}

// The sample of Tryton as a project loads the sample data, and the report does
// not rank the customers' agreed days as a wait.
func TestReportLeavesOutAgreedWaits(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("millrace.yaml", []byte(tryton.Sample), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := unpack(filepath.Join("extracts", "tryton")); err != nil {
		t.Fatal(err)
	}
	millrace(t, "ingest")
	millrace(t, "report", "order-to-cash", "--out", "report.html")
	page, err := os.ReadFile("report.html")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(page), "\u00a0", " ") // in figures
	if want := "Agreed waits are not ranked: Post Invoice → Apply Cash (35.2 d at the median) and Invoice Paid → Apply Cash (24.8 d"; !strings.Contains(text, want) {
		t.Errorf("the page does not say %q", want)
	}
}
