package distributor

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/ingest/folder"
)

// load loads the six systems of a folder into the store at path, as the
// program does, and returns what each load did.
func load(t testing.TB, path, dir string) map[string]eventlog.LoadReceipt {
	t.Helper()
	receipts := map[string]eventlog.LoadReceipt{}
	for _, sys := range Systems() {
		receipts[sys.Name] = loadOne(t, path, filepath.Join(dir, sys.Name), sys)
	}
	s, err := eventlog.Open(t.Context(), path, eventlog.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	began := cpu()
	if _, err := s.Derive(t.Context(), o2c.Refresh()); err != nil {
		t.Fatal(err)
	}
	t.Logf("derive %.2f", cpu()-began)
	return receipts
}

func loadOne(t testing.TB, path, dir string, sys *eventlog.System) eventlog.LoadReceipt {
	t.Helper()
	began := cpu()
	sys.Origin = dir
	tables, err := folder.Open(t.Context(), dir, sys, true)
	if err != nil {
		t.Fatal(err)
	}
	staged, err := eventlog.StageTables(t.Context(), path, *sys, tables.Rows, eventlog.ExtractOptions{Content: tables.Content})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := staged.Discard(); err != nil {
			t.Error(err)
		}
	}()
	stage := cpu() - began
	s, err := eventlog.Open(t.Context(), path, eventlog.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	began = cpu()
	r, err := s.MergeTables(t.Context(), staged)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%-9s stage %6.2fs merge %6.2fs: %d rows, events %v objects %v relations %v %v", sys.Name, stage, cpu()-began, r.RowsIn, r.Events, r.Objects, r.Relations, r.Notes)
	return r
}

func closeStore(t testing.TB, s *eventlog.Store) {
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestPerf(t *testing.T) {
	dir := os.Getenv("PERF_DIR")
	if dir == "" {
		t.Skip("no PERF_DIR")
	}
	load(t, perfStore(t), dir)
}

func perfStore(t *testing.T) string {
	if p := os.Getenv("PERF_STORE"); p != "" {
		os.Remove(p)
		return p
	}
	return filepath.Join(t.TempDir(), "m.duckdb")
}

func cpu() float64 {
	var r syscall.Rusage
	_ = syscall.Getrusage(0, &r)
	return float64(r.Utime.Sec+r.Stime.Sec) + float64(r.Utime.Usec+r.Stime.Usec)/1e6
}
