package distributor

import (
	"path/filepath"
	"testing"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/ingest/folder"
)

// load loads the six systems of a folder into the store at path, as the
// program does, and returns what each load did.
func load(t testing.TB, path, dir string) map[string]eventlog.LoadReceipt {
	t.Helper()
	return loadNames(t, path, dir, eventlog.Names{Keep: true})
}

func loadNames(t testing.TB, path, dir string, names eventlog.Names) map[string]eventlog.LoadReceipt {
	t.Helper()
	receipts := map[string]eventlog.LoadReceipt{}
	for _, sys := range Systems() {
		receipts[sys.Name] = loadSystem(t, path, filepath.Join(dir, sys.Name), sys, names)
	}
	s, err := eventlog.Open(t.Context(), path, eventlog.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	if _, err := s.Derive(t.Context(), o2c.Refresh()); err != nil {
		t.Fatal(err)
	}
	return receipts
}

func loadSystem(t testing.TB, path, dir string, sys *eventlog.System, names eventlog.Names) eventlog.LoadReceipt {
	t.Helper()
	sys.Origin = dir
	tables, err := folder.Open(t.Context(), dir, sys, true)
	if err != nil {
		t.Fatal(err)
	}
	staged, err := eventlog.StageTables(t.Context(), path, *sys, tables.Rows, eventlog.ExtractOptions{Content: tables.Content, Names: names})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := staged.Discard(); err != nil {
			t.Error(err)
		}
	}()
	s, err := eventlog.Open(t.Context(), path, eventlog.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	r, err := s.MergeTables(t.Context(), staged)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func closeStore(t testing.TB, s *eventlog.Store) {
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
