package xesfile

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"millrace/ingest"
)

// shared returns the folder of public logs and of what other tools computed on
// them, which is too large for the repository.
func shared(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("MILLRACE_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	if _, err := os.Stat(filepath.Join(dir, "data", "logs")); err != nil {
		t.Skipf("no public logs in %s; set MILLRACE_SHARED to the folder that has data/logs and oracle", dir)
	}
	return dir
}

func unpack(t testing.TB, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func readFile(t testing.TB, path string, o ingest.Options) (*transcript, ingest.File) {
	t.Helper()
	f, err := Format.Open(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tr := &transcript{}
	if err := f.Read(t.Context(), tr.emit); err != nil {
		t.Fatal(err)
	}
	_, tr.rejects = f.Rejects()
	tr.notes = f.Notes()
	return tr, f
}

// Every public log gives what the judge reads in it, and as many events and
// cases as PM4Py counts (shared/oracle, `log`).
func TestPublicLogs(t *testing.T) {
	dir := shared(t)
	paths, _ := filepath.Glob(filepath.Join(dir, "data", "logs", "*.xes*"))
	if len(paths) == 0 {
		t.Fatal("no logs")
	}
	for _, path := range paths {
		name, _, _ := strings.Cut(filepath.Base(path), ".")
		t.Run(name, func(t *testing.T) {
			text := unpack(t, path)
			if !Format.Sniff(text[:min(len(text), 4096)]) {
				t.Error("not sniffed as XES")
			}
			tr, f := readFile(t, path, ingest.Options{Attributes: true})
			if done, total := f.Progress(); done != total || total == 0 {
				t.Errorf("progress ends at %d of %d bytes", done, total)
			}
			for _, r := range tr.events {
				if r.batchSize > batchEvents {
					t.Fatalf("batch of %d events", r.batchSize)
				}
			}
			j, err := judge(text)
			if err != nil {
				t.Fatal(err)
			}
			if err := disagree(tr, j); err != nil {
				t.Error(err)
			}
			compareOracle(t, filepath.Join(dir, "oracle", name+".json.gz"), tr)
		})
	}
}

func compareOracle(t *testing.T, path string, tr *transcript) {
	t.Helper()
	var oracle struct {
		Log struct {
			Events     *int64           `json:"events"`
			Cases      *int             `json:"cases"`
			Activities map[string]int64 `json:"activity_counts"`
		} `json:"log"`
	}
	if err := json.Unmarshal(unpack(t, path), &oracle); err != nil {
		t.Fatal(err)
	}
	cases := map[string]bool{}
	for _, c := range tr.cases {
		cases[c.ids[0]] = true
	}
	activities := map[string]int64{}
	for _, e := range tr.events {
		activities[e.ids[1]]++
	}
	want := oracle.Log
	// Where PM4Py failed, there is nothing to compare. It counts cases with
	// events only, but none of these logs has others.
	if want.Events != nil && *want.Events != int64(len(tr.events))+tr.rejects {
		t.Errorf("%d events and %d rejects; PM4Py has %d events", len(tr.events), tr.rejects, *want.Events)
	}
	if want.Cases != nil && *want.Cases != len(cases) {
		t.Errorf("%d cases; PM4Py has %d", len(cases), *want.Cases)
	}
	for a, n := range want.Activities {
		if activities[a] != n {
			t.Errorf("%q: %d events; PM4Py has %d", a, activities[a], n)
		}
	}
	t.Logf("%d events, %d cases, %d activities, %d rejects; %v", len(tr.events), len(cases), len(activities), tr.rejects, tr.notes)
}
