package house

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// A part of the house, by the path of its packages below the module; the
// longest that fits a package is its part.
type part struct {
	path  string
	knows []string // parts its packages may import, besides their own
	why   string
}

// parts is the architecture: cmd → reports → {mining, metrics} → eventlog ← ingest.
var parts = []part{
	{"eventlog", nil, "it is the ground floor, and knows none of the others"},
	{"eventlog/o2c", []string{"eventlog"}, "it is a vocabulary and views, and knows the store alone"},
	{"eventlog/logtest", []string{"eventlog"}, "it builds logs for tests of any package"},
	{"ingest", []string{"eventlog", "eventlog/o2c", "internal/secrets"}, "it yields what a source says, and knows no process, key figure or page"},
	{"mining", []string{"eventlog", "mining/petri", "mining/tree"}, "its algorithms are pure functions of a Summary, or folders"},
	{"mining/petri", []string{"mining/internal"}, "it holds nets, and knows neither logs nor miners"},
	{"mining/tree", []string{"mining/internal", "mining/petri"}, "it holds process trees, and knows neither logs nor miners"},
	{"mining/internal/oracletest", []string{"eventlog"}, "it reads for tests what others found out"},
	{"mining/internal", nil, "it reads and writes XML, and knows no model"},
	{"mining/bpmn", []string{"mining/internal", "mining/petri", "mining/tree"}, "it draws models, and knows neither logs nor miners"},
	{"mining/constraints", []string{"eventlog"}, "it finds what holds between activities, and knows no model"},
	{"mining/discover", []string{"eventlog", "mining/bpmn", "mining/petri", "mining/tree"}, "it finds models in Summaries, and knows not what becomes of them"},
	{"mining/conform", []string{"eventlog", "mining/petri"}, "it compares Summaries with nets, and knows not where either came from"},
	{"metrics", []string{"eventlog", "eventlog/o2c"}, "it reads the business views, whatever filled them"},
	{"reports", []string{"eventlog", "eventlog/o2c", "mining", "mining/bpmn", "mining/conform", "mining/tree", "metrics", "internal/secrets", "internal/retry"}, "it shows results, and does not know where they came from"},
	{"sample-data", []string{"eventlog", "eventlog/o2c"}, "it is data, and what is needed to make it"},
	{"cmd", []string{"eventlog", "eventlog/o2c", "ingest", "mining", "mining/petri", "mining/tree", "mining/bpmn", "mining/discover", "mining/constraints", "mining/conform", "metrics", "reports", "sample-data", "internal/secrets"}, "it knows all but what only tests need"},
	{"internal/retry", nil, "it waits and tries again, and knows not what"},
	{"internal/secrets", nil, "it reads where a secret is, for whoever reaches another system"},
	{"internal", nil, "it is for developing Millrace, and no part of it"},
	{"bench", nil, "it is tests alone"},
}

// engines lists who may touch the database, by import path or its beginning.
var engines = []struct {
	path  string
	users []string // parts and packages
}{
	{"github.com/duckdb/", []string{"eventlog", "ingest", "sample-data/synthetic"}},
	{"database/sql", []string{"eventlog", "eventlog/o2c", "ingest", "metrics", "reports/export/ocel", "sample-data/synthetic"}},
}

// A goPackage is what go list says of one.
type goPackage struct {
	ImportPath, Dir, Name, Doc string
	GoFiles, Imports           []string
}

// packages returns every package of the module.
func packages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Dir,Name,Doc,GoFiles,Imports", "-tags", "duckdb_arrow", "millrace/...").Output()
	if err != nil {
		if e, ok := errors.AsType[*exec.ExitError](err); ok {
			t.Fatalf("go list: %v\n%s", err, e.Stderr)
		}
		t.Fatal(err)
	}
	var all []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// under reports whether path is parent or below it.
func under(path, parent string) bool {
	return path == parent || strings.HasPrefix(path, strings.TrimSuffix(parent, "/")+"/")
}

// partOf returns the part that path, below the module, belongs to.
func partOf(path string) *part {
	var found *part
	for i := range parts {
		if under(path, parts[i].path) && (found == nil || len(parts[i].path) > len(found.path)) {
			found = &parts[i]
		}
	}
	return found
}

// TestImportDirection holds the architecture. What only tests import is free.
func TestImportDirection(t *testing.T) {
	for _, p := range packages(t) {
		path := strings.TrimPrefix(p.ImportPath, "millrace/")
		from := partOf(path)
		if from == nil {
			t.Errorf("%s is in no part of the house: put it below one, or add a part to the list in internal/house", path)
			continue
		}
		for _, imported := range p.Imports {
			for _, e := range engines {
				if under(imported, e.path) && !slices.ContainsFunc(e.users, func(u string) bool { return under(path, u) }) {
					t.Errorf("%s imports %s: only %s may", path, imported, strings.Join(e.users, ", "))
				}
			}
			imported, ours := strings.CutPrefix(imported, "millrace/")
			if !ours {
				continue
			}
			to := partOf(imported)
			if to != nil && to != from && !slices.Contains(from.knows, to.path) {
				t.Errorf("%s imports %s: %s may not know %s, because %s", path, imported, from.path, to.path, from.why)
			}
		}
	}
}

// TestPackages holds what every package says of itself.
func TestPackages(t *testing.T) {
	for _, p := range packages(t) {
		if len(p.GoFiles) > 0 && p.Doc == "" {
			t.Errorf("%s has no package comment: say in doc.go what it is, and what it does not know", p.ImportPath)
		}
		switch p.Name {
		case "util", "utils", "common", "helper", "helpers", "manager", "misc", "shared", "base":
			t.Errorf("%s: %q says nothing: name the package after a noun of the field", p.ImportPath, p.Name)
		}
	}
}
