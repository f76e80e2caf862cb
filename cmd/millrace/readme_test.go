package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What README.md says the demo prints is what it prints.
func TestReadmeShowsTheDemo(t *testing.T) {
	path, err := filepath.Abs(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	want := "<!-- demo output -->\n```\n$ millrace demo\n" + millrace(t, "demo") + "```\n<!-- end of demo output -->\n"
	before, rest, ok := strings.Cut(string(text), "<!-- demo output -->\n")
	if !ok {
		t.Fatal("README.md has no place for the demo's output")
	}
	_, after, _ := strings.Cut(rest, "<!-- end of demo output -->\n")
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(path, []byte(before+want+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if before+want+after != string(text) {
		t.Errorf("README.md shows another output of the demo (UPDATE=1 rewrites it); now it is\n%s", want)
	}
}
