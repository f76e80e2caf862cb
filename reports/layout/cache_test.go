package layout

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestBeforeGraphviz starts this program anew: what is compiled must not be
// kept where others can put theirs, and what TMPDIR was it is again.
func TestBeforeGraphviz(t *testing.T) {
	if where := os.Getenv("MILLRACE_TEST_TMPDIR"); where != "" {
		if got := os.Getenv("TMPDIR"); got != where {
			t.Errorf("TMPDIR is %q, was %q", got, where)
		}
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	start := func(home, tmp string) {
		t.Helper()
		cmd := exec.Command(self, "-test.run=^TestBeforeGraphviz$")
		cmd.Env = []string{"HOME=" + home, "TMPDIR=" + tmp, "MILLRACE_TEST_TMPDIR=" + tmp}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("HOME=%s: %v\n%s", home, err, out)
		}
		if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
			t.Errorf("HOME=%s: TMPDIR holds %v, %v", home, left, err)
		}
	}
	home := t.TempDir()
	start(home, t.TempDir())
	kept := 0
	err = filepath.WalkDir(home, func(path string, d fs.DirEntry, err error) error {
		if strings.Contains(path, "go-graphviz") && err == nil && d.Type().IsRegular() {
			kept++
		}
		return err
	})
	if err != nil || kept == 0 {
		t.Errorf("nothing is kept in HOME: %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	start(file, t.TempDir())
	start("", t.TempDir())
}
