package house

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestNoticeNamesEveryModule holds that NOTICE lists each module the programs
// are built from, at its version: not what packages that only tests import are.
// DuckDB's library for each system comes as a module of its own; NOTICE names
// them once.
func TestNoticeNamesEveryModule(t *testing.T) {
	notice, err := os.ReadFile(root + "/NOTICE")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "list", "-deps", "-tags", "duckdb_arrow",
		"-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}", "millrace/cmd/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, line := range strings.Split(string(notice), "\n") {
		if words := strings.Fields(line); len(words) > 2 {
			named[words[0]+" "+words[1]] = true
		}
	}
	modules := strings.Fields(strings.ReplaceAll(string(out), " ", "@"))
	slices.Sort(modules)
	for _, m := range slices.Compact(modules) {
		m = strings.Replace(m, "@", " ", 1)
		if !named[m] && !strings.HasPrefix(m, "github.com/duckdb/duckdb-go-bindings/lib/") {
			t.Errorf("NOTICE does not name %s: add it with its licence, and a decision to DESIGN.md if it is a new dependency", m)
		}
	}
}
