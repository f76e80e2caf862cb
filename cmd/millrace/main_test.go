package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	objectFormats = append(objectFormats[:len(objectFormats):len(objectFormats)], linesFormat)
	testscript.Main(lastly{m, trytonDemo.remove}, map[string]func(){
		"millrace": func() { os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// A lastly runs tests, and then something that is theirs.
type lastly struct {
	*testing.M
	do func() error
}

func (l lastly) Run() int {
	code := l.M.Run()
	if err := l.do(); err != nil {
		panic(err)
	}
	return code
}

func TestScripts(t *testing.T) {
	lists, err := filepath.Abs("../../sample-data/lists")
	if err != nil {
		t.Fatal(err)
	}
	setup := func(e *testscript.Env) error {
		e.Setenv("LISTS", lists)
		return nil
	}
	commands := map[string]func(*testscript.TestScript, bool, []string){"sample": copySample}
	testscript.Run(t, testscript.Params{Dir: "testdata/script", Setup: setup, Cmds: commands, UpdateScripts: os.Getenv("UPDATE") != "", RequireExplicitExec: true})
}

// millrace runs the program in this process and returns what it printed; it
// fails the test if the program does.
func millrace(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(t.Context(), args, strings.NewReader(""), &out, &errs); code != done {
		t.Fatalf("millrace %s: exit %d\n%s", strings.Join(args, " "), code, errs.String())
	}
	return out.String()
}

// shared returns a path in the folder of public logs and expected results,
// or skips the test and says that it is missing.
func shared(t *testing.T, elem ...string) string {
	t.Helper()
	dir := os.Getenv("MILLRACE_SHARED")
	if dir == "" {
		root, err := exec.Command("go", "env", "GOMOD").Output()
		if err != nil {
			t.Fatal(err)
		}
		dir = filepath.Join(filepath.Dir(strings.TrimSpace(string(root))), "..", "shared")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no public logs in ../shared; set MILLRACE_SHARED to the folder that has data and oracle")
	}
	return filepath.Join(append([]string{dir}, elem...)...)
}
