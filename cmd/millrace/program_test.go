package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"millrace/sample-data/synthetic"
)

// program is the path of the real binary, for what a test cannot do to itself:
// be killed, be two processes, have a umask.
type program string

func TestProgram(t *testing.T) {
	p := program(filepath.Join(t.TempDir(), "millrace"))
	// Without what a debugger needs: half of the linker's work.
	if out, err := exec.Command("go", "build", "-tags", "duckdb_arrow", "-ldflags=-s -w", "-o", string(p), ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for _, test := range []struct {
		name string
		run  func(*testing.T, program)
	}{
		{"kill", testKill},
		{"two processes", testTwo},
		{"twice", testTwice},
		{"private", testPrivate},
		{"reader stops", testReaderStops},
		{"temporary", testTemporary},
		{"schedule", testSchedule},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, p) })
	}
}

// full says whether to take the time that a test needs at full size.
func full() bool { return os.Getenv("CI") != "" && !testing.Short() }

// A process is a run of the program and what it says.
type process struct {
	*exec.Cmd
	out, errs bytes.Buffer
}

// command prepares a run of the program in dir.
func (p program) command(dir string, args ...string) *process {
	c := &process{Cmd: exec.Command(string(p), args...)}
	c.Dir, c.Stdout, c.Stderr = dir, &c.out, &c.errs
	return c
}

// start starts the program in dir. It does not outlive the test.
func (p program) start(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	c := p.command(dir, args...)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill(); c.Wait() })
	return c
}

// try runs the program in dir, and returns its exit code and what it complained of.
func (p program) try(t *testing.T, dir string, args ...string) (code int, said string) {
	t.Helper()
	c := p.command(dir, args...)
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), c.errs.String()
}

// run runs the program in dir, and returns what it printed. It must succeed.
func (p program) run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	c := p.command(dir, args...)
	if err := c.Run(); err != nil {
		t.Fatalf("millrace %s: %v\n%s", strings.Join(args, " "), err, c.errs.String())
	}
	return c.out.String()
}

// syntheticCSV writes a log of so many events, always the same one.
func syntheticCSV(t *testing.T, name string, events int64) string {
	t.Helper()
	l, err := synthetic.New(synthetic.Options{Events: events})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(l.WriteCSV(f), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// readable lists what in dir others than its owner may touch.
func readable(t *testing.T, dir string) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && path != dir && info.Mode().Perm()&0o077 != 0 {
			list = append(list, path+" "+info.Mode().String())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}
