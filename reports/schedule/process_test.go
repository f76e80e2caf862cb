package schedule

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestMain is also the program that TestProcesses starts several of.
func TestMain(m *testing.M) {
	if dir := os.Getenv("MILLRACE_SCHEDULE_PROCESS"); dir != "" {
		if err := process(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// process makes what is due, once. Each step writes a line into a file.
func process(dir string) error {
	note := func(line string) error {
		f, err := os.OpenFile(filepath.Join(dir, "done"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = f.WriteString(line + "\n")
		return err
	}
	kinds := []Kind{{Name: "report", Run: func(ctx context.Context, job Job) error {
		if err := note("begin " + job.Key); err != nil {
			return err
		}
		time.Sleep(100 * time.Millisecond)
		return note("end " + job.Key)
	}}}
	cron, err := ParseCron("@daily")
	if err != nil {
		return err
	}
	var configs []Config
	for _, name := range []string{"a", "b", "c"} {
		configs = append(configs, Config{Name: name, Cron: cron, Period: "day", Steps: []Step{{Kind: "report"}, {Kind: "report"}}})
	}
	schedules, err := New(configs, "UTC", kinds)
	if err != nil {
		return err
	}
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	r := Runner{Schedules: schedules, Kinds: kinds, Path: filepath.Join(dir, "runs"), Now: func() time.Time { return now }}
	_, err = r.Once(context.Background())
	return err
}

// Several processes at once make each run once between them; and where one is
// killed in a step, the others go on with its run and repeat that step only.
func TestProcesses(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, kill := range []bool{false, true} {
		t.Run(fmt.Sprintf("kill=%v", kill), func(t *testing.T) {
			dir := t.TempDir()
			done := func() []string {
				text, err := os.ReadFile(filepath.Join(dir, "done"))
				if err != nil && !os.IsNotExist(err) {
					t.Fatal(err)
				}
				return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
			}
			start := func() *exec.Cmd {
				c := exec.Command(exe)
				c.Env = append(os.Environ(), "MILLRACE_SCHEDULE_PROCESS="+dir)
				c.Stderr = os.Stderr
				if err := c.Start(); err != nil {
					t.Fatal(err)
				}
				return c
			}
			first := start()
			killed := ""
			if kill {
				for len(done()) < 3 { // in the second step of the first run
					time.Sleep(5 * time.Millisecond)
				}
			}
			others := []*exec.Cmd{start(), start(), start()}
			if kill {
				if err := first.Process.Kill(); err != nil {
					t.Fatal(err)
				}
				first.Wait()
				lines := done()
				if last := lines[len(lines)-1]; strings.HasPrefix(last, "begin ") {
					killed = strings.TrimPrefix(last, "begin ")
				}
			} else {
				others = append(others, first)
			}
			for _, c := range others {
				if err := c.Wait(); err != nil {
					t.Error(err)
				}
			}
			var want []string
			for _, name := range []string{"a", "b", "c"} {
				for n := 1; n <= 2; n++ {
					key := fmt.Sprintf("%s/2026-11-28/%d", name, n)
					if key == killed {
						want = append(want, "begin "+key)
					}
					want = append(want, "begin "+key, "end "+key)
				}
			}
			if got := done(); !slices.Equal(got, want) {
				t.Errorf("done (killed in %q):\n%s\nwant\n%s", killed, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			if kill && killed == "" {
				t.Log("the kill came between two steps")
			}
			if _, err := os.Stat(filepath.Join(dir, "runs.scratch")); !os.IsNotExist(err) {
				t.Errorf("the scratch folder is left: %v", err)
			}
		})
	}
}
