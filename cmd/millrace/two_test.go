package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"millrace/eventlog"
)

// One process loads while another mines the same store: both succeed, or, told
// not to wait, the one that comes second says who holds the store.
func testTwo(t *testing.T, p program) {
	events := int64(100_000)
	if full() {
		events = 1_000_000 // mining takes its time, too: some of it has to fit into the reading
	}
	big, small := syntheticCSV(t, "big.csv", events), syntheticCSV(t, "small.csv", 3_000)
	dir := t.TempDir()
	p.run(t, dir, "import", small, "--log", "small")
	want := p.run(t, dir, "mine", "variants", "small", "--json")

	t.Run("waiting", func(t *testing.T) {
		mined := 0
		whileImporting(t, p, dir, big, "waiting", func(int) {
			if got := p.run(t, dir, "mine", "variants", "small", "--json"); got != want {
				t.Fatalf("while another process imports, the log is\n%s\nwant\n%s", got, want)
			}
			mined++
		})
		t.Logf("mined %d times during the import", mined)
	})

	t.Run("not waiting", func(t *testing.T) {
		mined, refused := 0, 0
		whileImporting(t, p, dir, big, "not-waiting", func(importer int) {
			code, said := p.try(t, dir, "--wait", "0s", "mine", "variants", "small", "--json")
			switch {
			case code == done:
				mined++
			case code == failed && strings.HasSuffix(said, heldBy(importer)):
				refused++
			default:
				t.Fatalf("exit %d, importing is pid %d: %s", code, importer, said)
			}
		})
		if refused == 0 || full() && mined == 0 {
			t.Errorf("mined %d times, refused %d times: the merge holds a lock, and reading the file, which takes long enough in a large one, does not", mined, refused)
		}
		t.Logf("mined %d times and was refused %d times during the import", mined, refused)
	})

	// This process is the one that comes first.
	store := filepath.Join(dir, storeFile)
	for _, test := range []struct {
		name  string
		first eventlog.OpenOptions
		args  []string
		fails bool
	}{
		{"reader meets writer", eventlog.OpenOptions{}, []string{"mine", "variants", "small"}, true},
		{"writer meets writer", eventlog.OpenOptions{}, []string{"import", small, "--log", "other"}, true},
		{"writer meets reader", eventlog.OpenOptions{ReadOnly: true}, []string{"import", small, "--log", "other"}, true},
		{"reader meets reader", eventlog.OpenOptions{ReadOnly: true}, []string{"mine", "variants", "small"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := eventlog.Open(t.Context(), store, test.first)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			for _, wait := range []string{"0s", "50ms"} {
				began := time.Now()
				code, said := p.try(t, dir, append(test.args, "-q", "--wait", wait)...)
				if test.fails != (code == failed) || test.fails && !strings.HasSuffix(said, heldBy(os.Getpid())) {
					t.Errorf("--wait %s: exit %d, this process is pid %d: %s", wait, code, os.Getpid(), said)
				}
				if d := time.Since(began); d > 30*time.Second { // the default is 60 s
					t.Errorf("--wait %s waited for %v", wait, d)
				}
			}
		})
	}
}

func heldBy(pid int) string {
	return fmt.Sprintf("%s is open in another process (pid %d); wait, stop it, or use --wait\n", storeFile, pid)
}

// whileImporting calls fn again and again for as long as another process
// imports, and checks that this succeeds.
func whileImporting(t *testing.T, p program, dir, file, log string, fn func(pid int)) {
	t.Helper()
	c := p.start(t, dir, "import", file, "--log", log)
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	for {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("import: %v\n%s", err, c.errs.String())
			}
			return
		default:
			fn(c.Process.Pid)
		}
	}
}

// The same file again changes nothing: not a byte of the store.
func testTwice(t *testing.T, p program) {
	dir, small := t.TempDir(), syntheticCSV(t, "small.csv", 3_000)
	p.run(t, dir, "import", small)
	before := contents(t, dir)
	if said := p.run(t, dir, "import", small); !strings.HasPrefix(said, "small: nothing new in") {
		t.Errorf("said %q", said)
	}
	after := contents(t, dir)
	for name := range before {
		if after[name] != before[name] {
			t.Errorf("%s changed", name)
		}
	}
	if len(after) != len(before) {
		t.Errorf("%d files, there were %d", len(after), len(before))
	}
}

func contents(t *testing.T, dir string) map[string][sha256.Size]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string][sha256.Size]byte{}
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		sums[e.Name()] = sha256.Sum256(content)
	}
	return sums
}

// Whatever the program writes is readable by its owner only. That DuckDB's
// own log is, testKill sees, which interrupts it while there is one.
func testPrivate(t *testing.T, p program) {
	dir, small := t.TempDir(), syntheticCSV(t, "small.csv", 3_000)
	for _, args := range [][]string{
		{"init"},
		{"import", small, "--log", "small"},
		{"report", "small", "--out", "report.html"},
		{"export", "small", "--out", "small.csv"},
		{"mine", "map", "small", "--out", "map.svg"},
	} {
		p.run(t, dir, args...)
	}
	if list := readable(t, dir); len(list) > 0 {
		t.Errorf("others may read %v", list)
	}
}
