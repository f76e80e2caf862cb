package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// shopOCEL is a small object-centric log: one order of two items.
const shopOCEL = `{"objectTypes": [{"name": "order", "attributes": []}, {"name": "item", "attributes": []}],
"eventTypes": [{"name": "place", "attributes": []}, {"name": "pick", "attributes": []}],
"objects": [{"id": "o1", "type": "order"}, {"id": "i1", "type": "item"}, {"id": "i2", "type": "item"}],
"events": [
{"id": "e1", "type": "place", "time": "2024-01-01T10:00:00Z", "relationships": [{"objectId": "o1", "qualifier": ""}, {"objectId": "i1", "qualifier": ""}]},
{"id": "e2", "type": "pick", "time": "2024-01-02T10:00:00Z", "relationships": [{"objectId": "i1", "qualifier": ""}]}]}
`

// testReaderStops: who reads the output may stop, as head does; what was
// temporary goes all the same, and nobody complains.
func testReaderStops(t *testing.T, p program) {
	dir, tmp := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "shop.jsonocel"), []byte(shopOCEL), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"mine", "ocdfg", "shop.jsonocel", "-q"}, {"mine", "dfg", "shop.jsonocel", "-q", "--case", "order"},
		{"log", "profile", "shop.jsonocel", "-q", "--json"}, {"export", "shop.jsonocel", "-q", "--format", "ocel-json"},
	} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		c := p.command(dir, args...)
		c.Stdout, c.Env = w, append(os.Environ(), "TMPDIR="+tmp)
		err = c.Run()
		w.Close()
		if c.errs.Len() > 0 || !c.ProcessState.Exited() {
			t.Errorf("%v: %v\n%s", args, err, c.errs.String())
		}
		if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
			t.Errorf("%v left %v, %v", args, left, err)
		}
	}
}

// testTemporary: a temporary store is its user's only, and goes when the
// program is told to stop while it reads.
func testTemporary(t *testing.T, p program) {
	dir, tmp := t.TempDir(), t.TempDir()
	file := syntheticCSV(t, "orders.csv", 1_000_000)
	c := p.command(dir, "log", "profile", file, "-q")
	c.Env = append(os.Environ(), "TMPDIR="+tmp)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill(); c.Wait() })
	for range 500 {
		if left, err := os.ReadDir(tmp); err != nil {
			t.Fatal(err)
		} else if len(left) > 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if list := readable(t, tmp); len(list) > 0 {
		t.Errorf("others may read %v", list)
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) != 1 {
		t.Fatalf("%v, %v; want one temporary store", left, err)
	}
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err == nil {
		t.Fatalf("it was done before it was told to stop")
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}
