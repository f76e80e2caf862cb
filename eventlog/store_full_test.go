//go:build unix

package eventlog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// fullRows are the events of the load that finds the disk full.
const fullRows = 200_000

// limitFiles makes every write beyond so many bytes of a file fail, as it would
// on a full disk; 0 takes the limit away.
func limitFiles(size int64) error {
	signal.Ignore(syscall.SIGXFSZ)
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
		return err
	}
	if l.Cur = l.Max; size > 0 {
		l.Cur = uint64(size)
	}
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l)
}

// fillDisk imports a log and builds its columns, with a limit from one step on:
// so much above what the store has then. It says how that ended.
func fillDisk(path, step string, above int64) (err error) {
	ctx := context.Background()
	begin := func(name string) error {
		if name != step {
			return nil
		}
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if name == "merge" {
			above += info.Size()
		}
		return limitFiles(above)
	}
	if err := begin("stage"); err != nil {
		return err
	}
	staged, err := Stage(ctx, path, ImportOptions{Log: "big"}, generated(fullRows, 20_000), nil)
	if err != nil {
		return fmt.Errorf("stage: %w", err)
	}
	defer func() { err = errors.Join(err, staged.Discard()) }()
	s, err := Open(ctx, path, OpenOptions{})
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	defer s.Close()
	if err := begin("merge"); err != nil {
		return err
	}
	if _, err := s.Merge(ctx, staged); err != nil {
		return fmt.Errorf("merge: %w", err)
	}
	if err := begin("columns"); err != nil {
		return err
	}
	if err := s.BuildColumns(ctx, "big", LogOptions{}); err != nil {
		return fmt.Errorf("columns: %w", err)
	}
	return nil
}

// TestFullChild is not a test: it is the process that finds the disk full.
func TestFullChild(t *testing.T) {
	step, path := os.Getenv("MILLRACE_FULL"), os.Getenv("MILLRACE_STORE")
	if step == "" {
		return // it is the child of TestFull only
	}
	var above int64
	fmt.Sscan(os.Getenv("MILLRACE_ABOVE"), &above)
	err := fillDisk(path, step, above)
	fmt.Printf("full=%v error=%v\n", errors.Is(err, ErrFull), err)
	os.Exit(0)
}

// A disk that is full in any step of an import is named as the reason; the
// store then has what was committed, and of the import all or nothing; nothing
// is left over, and the same import succeeds once there is room.
func TestFull(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	path := filepath.Join(dir, "a.duckdb")
	if _, err := Import(ctx, path, OpenOptions{}, ImportOptions{Log: "small"}, generated(1000, 100), nil); err != nil {
		t.Fatal(err)
	}
	s := openStore(t, path)
	if err := s.BuildColumns(ctx, "small", LogOptions{}); err != nil {
		t.Fatal(err)
	}
	want := s.dump(t)
	s.Close()
	hit := map[string]int{}
	for _, c := range []struct {
		step  string
		above int64
	}{{"stage", 0}, {"stage", 1 << 20}, {"merge", 1}, {"merge", 1 << 19}, {"merge", 3 << 19}, {"columns", 1 << 18}} {
		if c.above == 0 {
			c.above = 4096
		}
		cmd := exec.Command(os.Args[0], "-test.run=^TestFullChild$")
		cmd.Env = append(os.Environ(), "MILLRACE_FULL="+c.step, "MILLRACE_STORE="+path, fmt.Sprint("MILLRACE_ABOVE=", c.above))
		out, err := cmd.CombinedOutput()
		said := string(out)
		name := fmt.Sprintf("%s, %d bytes", c.step, c.above)
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, said)
		}
		failed := !strings.Contains(said, "error=<nil>")
		if failed && (!strings.Contains(said, "full=true") || !strings.Contains(said, "error="+c.step) || !strings.Contains(said, dir)) {
			t.Errorf("%s: it said %s", name, said)
		}
		if failed {
			hit[c.step]++
		}
		s := openStore(t, path)
		events := int64(0)
		err = s.session(ctx, func(c *storeConn) error {
			events, err = c.int(ctx, "SELECT count(*) FROM main.event WHERE source = 'big'")
			return err
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if committed := !failed || c.step == "columns"; committed != (events == fullRows) || !committed && events > 0 {
			t.Errorf("%s: %d events are there; %s", name, events, said)
		} else if !committed {
			if got := s.dump(t); got != want {
				t.Errorf("%s: the store is not what it was:\n%s", name, firstDifference(got, want))
			}
		} else if got, err := s.Log(ctx, "big", LogOptions{}); err != nil {
			t.Errorf("%s: %v", name, err)
		} else {
			got.Close()
		}
		if l, err := s.Log(ctx, "small", LogOptions{}); err != nil {
			t.Errorf("%s: the other log: %v", name, err)
		} else {
			l.Close()
		}
		s.Close()
		for _, pattern := range []string{stagePrefix + "*", "*.tmp"} {
			if left, err := filepath.Glob(filepath.Join(dir, pattern)); err != nil || len(left) > 0 {
				t.Errorf("%s: left behind: %v, %v", name, left, err)
			}
		}
		if events > 0 {
			break // it is there: the last of the list
		}
	}
	t.Logf("steps that found the disk full: %v", hit)
	if hit["stage"] == 0 || hit["merge"] == 0 || hit["columns"] == 0 {
		t.Errorf("not every step found the disk full: %v", hit)
	}
	if err := fillDisk(path, "", 0); err != nil {
		t.Errorf("with room again: %v", err)
	}
	openStore(t, path)
	if old, err := filepath.Glob(filepath.Join(dir, columnsPrefix(path)+"*")); err != nil || len(old) != 2*3 {
		t.Errorf("files of columns, of two logs with three each: %v, %v", old, err)
	}
}
