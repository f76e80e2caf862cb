package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"millrace/reports/schedule"
)

// Exit code 3 is for violated limits and nothing else.
func TestLimitsOnly(t *testing.T) {
	violated := &schedule.RunError{Err: fmt.Errorf("step 2, sla: %w", schedule.ErrLimits)}
	broken := &schedule.RunError{Err: errors.New("disk full")}
	for _, test := range []struct {
		err    error
		limits bool
	}{
		{nil, false},
		{errors.Join(violated), true},
		{errors.Join(violated, violated), true},
		{errors.Join(broken), false},
		{errors.Join(violated, broken), false},
	} {
		got := limitsOnly(test.err)
		if errors.As(got, new(limitsError)) != test.limits || (got == nil) != (test.err == nil) {
			t.Errorf("%v is %#v", test.err, got)
		}
	}
}

// The service makes what was missed as it starts, and ends well on SIGTERM; two
// of them, and a third that looks once, make it once between them.
func testSchedule(t *testing.T, p program) {
	dir, small := t.TempDir(), syntheticCSV(t, "small.csv", 3_000)
	p.run(t, dir, "import", small, "--log", "small")
	project := `schedules: [{name: yearly, cron: "@yearly", period: year, steps: [report: {log: small, out: "out/{name}.html"}, export: {log: small, what: variants, to: out/variants.csv}]}]`
	if err := os.WriteFile(filepath.Join(dir, "millrace.yaml"), []byte(project), 0o600); err != nil {
		t.Fatal(err)
	}
	services := []*process{p.start(t, dir, "schedule", "run"), p.start(t, dir, "schedule", "run")}
	for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if strings.Contains(p.run(t, dir, "schedule", "list"), "finished") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("it is not run:\n%s", services[0].errs.String())
		}
	}
	if said := p.run(t, dir, "schedule", "run", "--once"); said != "nothing is due\n" {
		t.Errorf("said %q", said)
	}
	for _, c := range services {
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := c.Wait(); err != nil {
			t.Errorf("a service that is stopped: %v\n%s", err, c.errs.String())
		}
	}
	journal, err := os.ReadFile(filepath.Join(dir, storeFile+".runs"))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(journal), "\n"); n != 4 { // started, two steps, finished
		t.Errorf("the journal has %d lines:\n%s", n, journal)
	}
	for _, name := range []string{"flow.html", "variants.csv"} {
		if info, err := os.Stat(filepath.Join(dir, "out", name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if list := readable(t, dir); len(list) > 0 {
		t.Errorf("others may read %v", list)
	}
}
