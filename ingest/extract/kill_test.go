//go:build unix

package extract_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"millrace/eventlog"
	"millrace/ingest"
	"millrace/ingest/extract"
	"millrace/ingest/sourcetest"
)

// killRows are the rows of the table whose extraction is killed.
const killRows = 6000

// killLab has more rows than any of the processes lives to read. The random
// texts do not compress.
func killLab(path string) *lab {
	l := &lab{sourcetest.NewMemory(nil), path, sourcetest.System()}
	random := rand.New(rand.NewPCG(4711, 7))
	for i := range killRows {
		l.thing(i+1, fmt.Sprintf("%x%x", random.Uint64(), random.Uint64()), i)
	}
	l.Put(nil, "plain", []string{"1", "x"})
	return l
}

// TestChild is not a test: it is the process that is killed, or finds the disk
// full.
func TestChild(t *testing.T) {
	path := os.Getenv("MILLRACE_EXTRACT")
	if path == "" {
		return // it is the child of others only
	}
	l := killLab(path)
	o := extract.Options{PageRows: 100}
	if limit := os.Getenv("MILLRACE_LIMIT"); limit != "" {
		signal.Ignore(syscall.SIGXFSZ)
		var l syscall.Rlimit
		fmt.Sscan(limit, &l.Cur)
		l.Max = l.Cur
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
			t.Fatal(err)
		}
	} else {
		l.BeforePage = func(context.Context, *ingest.Query) error {
			time.Sleep(4 * time.Millisecond)
			return nil
		}
	}
	e, err := l.extract(context.Background(), t, o)
	fmt.Printf("full=%v error=%v\n", errors.Is(err, eventlog.ErrFull), err)
	if err == nil {
		e.Close()
	}
	os.Exit(0)
}

func child(path string, env ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$")
	cmd.Env = append(append(os.Environ(), "MILLRACE_EXTRACT="+path), env...)
	return cmd
}

// resumed extracts what is left, and checks that all rows are there, once, and
// which of them were asked for.
func resumed(t *testing.T, l *lab) (asked int64) {
	t.Helper()
	e, err := l.extract(t.Context(), t, extract.Options{PageRows: 100})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Done()
	if got := ids(t, e, "thing"); !slices.Equal(got, numbers(1, killRows)) {
		t.Errorf("%d rows, want %d, each once and in order", len(got), killRows)
	}
	if got := ids(t, e, "plain"); !slices.Equal(got, []string{"1"}) {
		t.Errorf("plain: %v", got)
	}
	kept := int64(0)
	if text := noteOf(e.Notes, "continued"); text != "" {
		fmt.Sscanf(text[strings.LastIndex(text, ": ")+2:], "%d", &kept)
	}
	return killRows + 1 - kept
}

// An extraction that is killed at any moment continues where it was: nothing is
// lost, nothing there twice, and what was read is not asked for again.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.duckdb")
	random := rand.New(rand.NewPCG(4711, 8))
	spool := filepath.Join(filepath.Dir(path), ".millrace-spool-lab", "0-rows")
	last, grew := int64(0), 0
	for range 5 {
		cmd := child(path)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for began := time.Now(); time.Since(began) < 20*time.Second; time.Sleep(time.Millisecond) { // it has begun to read
			if info, err := os.Stat(spool); err == nil && info.Size() > last {
				break
			}
		}
		time.Sleep(time.Duration(random.IntN(40)) * time.Millisecond)
		cmd.Process.Kill()
		cmd.Wait()
		info, err := os.Stat(spool)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > last {
			grew++
		}
		last = info.Size()
	}
	l := killLab(path)
	asked := resumed(t, l)
	t.Logf("%d of 5 killed processes got further; %d of %d rows were left", grew, asked, killRows)
	if grew < 3 || asked >= killRows || asked < 100 {
		t.Errorf("%d of 5 killed processes got further, and %d of %d rows were left to read", grew, asked, killRows)
	}
	noSpool(t, path)
}

// A full disk is named as the reason, and with room again the extraction
// continues.
func TestFull(t *testing.T) {
	for _, limit := range []string{"30", "50000", "120000"} {
		path := filepath.Join(t.TempDir(), "a.duckdb")
		out, err := child(path, "MILLRACE_LIMIT="+limit).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if said := string(out); !strings.Contains(said, "full=true error=source lab: ") || !strings.Contains(said, "no room is left on the disk of "+filepath.Dir(path)) {
			t.Errorf("%s bytes: %s", limit, said)
		}
		l := killLab(path)
		asked := resumed(t, l)
		if read := asked < killRows; read != (limit != "30") {
			t.Errorf("%s bytes: %d rows of %d were left to read", limit, asked, killRows)
		}
		noSpool(t, path)
	}
}
