package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What README.md says the demo prints is what it prints.
func TestReadmeShowsTheDemo(t *testing.T) {
	path := readmePath(t)
	t.Chdir(t.TempDir())
	readmeShows(t, path, "demo", "demo", "--orders", "2000")
}

// So it is with the figures from a file.
func TestReadmeShowsAList(t *testing.T) {
	path := readmePath(t)
	t.Chdir(filepath.Join(filepath.Dir(path), "sample-data", "lists"))
	readmeShows(t, path, "list", "kpi", "dso", "add", "cei", "ar.aging", "--file", "ar.csv", "--map", "ar.yaml", "--as-of", "2026-03-31")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := os.ReadFile("ar.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "```yaml\n# ar.yaml\n"+string(lines)+"```\n") {
		t.Errorf("README.md shows another ar.yaml than\n%s", lines)
	}
}

func readmePath(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// readmeShows compares what a command prints with the place of it in README.md.
func readmeShows(t *testing.T, path, place string, args ...string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+place+" output -->\n", "<!-- end of "+place+" output -->\n"
	want := begin + "```\n$ millrace " + strings.Join(args, " ") + "\n" + millrace(t, args...) + "```\n" + end
	before, rest, ok := strings.Cut(string(text), begin)
	if !ok {
		t.Fatalf("README.md has no place for the output of %q", args)
	}
	_, after, _ := strings.Cut(rest, end)
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(path, []byte(before+want+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if before+want+after != string(text) {
		t.Errorf("README.md shows another output of %q (UPDATE=1 rewrites it); now it is\n%s", args, want)
	}
}

// The extract of a live ERP is still a demo: twice the same, the second time
// with nothing new.
func TestTrytonDemo(t *testing.T) {
	t.Chdir(t.TempDir())
	first := millrace(t, "demo", "--source", "tryton")
	for _, want := range []string{
		"erp: load 1 read 4,282 rows of demo/extract: 4,282 new, 0 known, 0 rejected\n",
		"Wait for Stock     Allocate Stock           45  28.2 h  80.4 d      USD 4,773\n",
		"  millrace trace sale:22\n",
	} {
		if !strings.Contains(first, want) {
			t.Errorf("no %q in\n%s", want, first)
		}
	}
	if again := millrace(t, "demo", "--source", "tryton"); !strings.Contains(again, "nothing new in demo/extract") {
		t.Errorf("again:\n%s", again)
	}
}

// The distributor's demo twice: nothing new; another size takes its place; a
// folder that is somebody's own is left alone.
func TestDistributorDemoAgain(t *testing.T) {
	t.Chdir(t.TempDir())
	millrace(t, "demo", "--orders", "50")
	if again := millrace(t, "demo", "--orders", "50"); !strings.Contains(again, "nothing new in demo/extract") {
		t.Errorf("again:\n%s", again)
	}
	if other := millrace(t, "demo", "--orders", "60", "--seed", "2"); strings.Contains(other, "nothing new") {
		t.Errorf("another company:\n%s", other)
	}
	// what the demo made, a user loads: by its folder, and as a source of a project
	if err := os.WriteFile("millrace.yaml", []byte("sources:\n  sample:\n    distributor: {path: demo/extract}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := millrace(t, "ingest"); !strings.Contains(out, "messages") || !strings.Contains(out, "all ") {
		t.Errorf("ingest:\n%s", out)
	}
	for _, args := range [][]string{{"import", "demo/extract"}, {"import", "demo/extract", "--system", "distributor"}} {
		if out := millrace(t, args...); !strings.Contains(out, "nothing new in demo/extract") {
			t.Errorf("%q:\n%s", args, out)
		}
	}
	// One system that cannot be loaded loses what the others did for nobody.
	tables, err := filepath.Glob("demo/extract/carrier/*.csv*")
	if err != nil || len(tables) == 0 {
		t.Fatal(tables, err)
	}
	for _, path := range tables {
		if err := os.WriteFile(path, []byte("nonsense\n1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"ingest"}, {"import", "demo/extract"}} {
		code, out, errs := try(t, args...)
		if code != failed || !strings.Contains(out, "nothing new in") || !strings.Contains(errs, "carrier") {
			t.Errorf("%q, a system damaged: exit %d\n%s%s", args, code, out, errs)
		}
		code, out, errs = try(t, append(args, "--json")...)
		if code != failed || strings.Count(out, `"source":`) < 5 || strings.Contains(out, `"source": "carrier"`) || !strings.Contains(errs, "carrier") {
			t.Errorf("%q --json, a system damaged: exit %d\n%s%s", args, code, out, errs)
		}
	}
}
