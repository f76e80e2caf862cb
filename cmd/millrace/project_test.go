package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"millrace/ingest/distributor"
	"millrace/ingest/odata"
	"millrace/ingest/rest"
	"millrace/ingest/sheet"
	"millrace/ingest/tryton"
)

// Every kind's sample is a project file with a source of that kind.
func TestSourceSamples(t *testing.T) {
	samples := map[string]string{"odata": odata.Sample, "rest": rest.Sample, "distributor": distributor.Sample}
	for _, k := range sourceKinds {
		samples[k.name] = k.sample
	}
	for _, k := range sheet.Kinds() {
		samples[k.Name] = k.Sample()
	}
	for kind, text := range samples {
		path := filepath.Join(t.TempDir(), "millrace.yaml")
		// How services are read is the same for every kind of system.
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\n    odata:\n", "\n    sap:\n     odata:\n"), "\n    rest:\n", "\n    shop:\n     rest:\n")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := readProject(path)
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		for name, s := range p.Sources {
			if lists := s.lists(); len(lists) == 1 && lists[0].kind.Name == kind && lists[0].Path != "" {
				continue
			}
			k, own, err := s.kind()
			if err != nil {
				t.Errorf("%s: %s: %v", kind, name, err)
			} else if kind != "odata" && kind != "rest" && kind != "distributor" && (k.name != kind || own.Path == "") {
				t.Errorf("%s: %s is a %s in %q", kind, name, k.name, own.Path)
			}
		}
		if len(p.Sources) == 0 {
			t.Errorf("%s: the sample has no source", kind)
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
