package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"millrace/eventlog"
)

// TestProfileOfTheSample: what the profile says of the extract of a live ERP,
// testdata/tryton_profile. Ties and waits agree with a count in pandas over the
// exported events, divergence with the log's own note.
func TestProfileOfTheSample(t *testing.T) {
	dir := t.TempDir()
	if err := trytonDemo.copy(dir); err != nil {
		t.Fatal(err)
	}
	project := filepath.Join(dir, "millrace.yaml")
	if err := os.WriteFile(project, []byte("store: millrace.duckdb\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := millrace(t, "--project", project, "log", "profile")
	golden := filepath.Join("testdata", "tryton_profile")
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("-want +got (UPDATE=1 rewrites it)\n%s", diff)
	}

	// Every example can be traced, and the JSON says the same as the text.
	var p eventlog.Profile
	if err := json.Unmarshal([]byte(millrace(t, "--project", project, "log", "profile", "--json")), &p); err != nil {
		t.Fatal(err)
	}
	traced := 0
	for _, c := range p.Checks {
		for _, e := range c.Examples {
			if e.ID != "" {
				traced++
				millrace(t, "--project", project, "trace", e.ID)
			}
		}
	}
	if traced == 0 {
		t.Error("no example could be traced")
	}
	if diff := cmp.Diff(p.String(), got[:min(len(got), len(p.String()))]); diff != "" {
		t.Errorf("JSON and text differ:\n%s", diff)
	}
}
