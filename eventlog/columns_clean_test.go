package eventlog

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// loadColumns imports n events as log "l" of the store at path, and writes its columns.
func loadColumns(t *testing.T, path string, n int) {
	t.Helper()
	ctx := context.Background()
	if _, err := Import(ctx, path, OpenOptions{}, ImportOptions{Log: "l"}, generated(n, 10), nil); err != nil {
		t.Fatal(err)
	}
	s := openStore(t, path)
	defer s.Close()
	if err := s.BuildColumns(ctx, "l", LogOptions{}); err != nil {
		t.Fatal(err)
	}
}

// orphan writes columns for the store at path that no log of it has, as a
// process does that is killed before it commits. It returns the names of the files.
func orphan(t *testing.T, path string) []string {
	t.Helper()
	l, err := NewBuilder(BuilderOptions{}).Log()
	if err != nil {
		t.Fatal(err)
	}
	file, err := writeColumns(path, l)
	if err != nil {
		t.Fatal(err)
	}
	return []string{file.Cases.Name, file.Paths.Name}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

// A store removes columns that none of its logs has, and no file of another
// store in the same folder, however alike their names are.
func TestColumnsLeftovers(t *testing.T) {
	dir := t.TempDir()
	a, other := filepath.Join(dir, "a"), filepath.Join(dir, "a-1")
	loadColumns(t, a, 10)
	loadColumns(t, other, 10)
	foreign := ".millrace-columns-a-mine.arrow"
	if err := os.WriteFile(filepath.Join(dir, foreign), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	want := append(names(t, dir), orphan(t, other)...)
	slices.Sort(want)
	for _, events := range []int{10, 20} { // nothing new, so nothing to write; a load
		left := orphan(t, a)
		loadColumns(t, a, events)
		got := names(t, dir)
		if slices.Contains(got, left[0]) || slices.Contains(got, left[1]) || len(got) != len(want) {
			t.Errorf("after the import of %d events: %v is there, or something is missing; got\n%s\nwant\n%s",
				events, left, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	for _, name := range want {
		if columnsOf(a, name) || name == "a" {
			continue // replaced by the load, and another file
		}
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

// Columns that are replaced stay valid for who has them mapped; who finds none
// builds them in memory.
func TestColumnsReplacedWhileRead(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "a.duckdb")
	loadColumns(t, path, 100)
	s := openStore(t, path)
	summary := func(l *Log) string {
		t.Helper()
		sum, err := Summarize(ctx, l, SummaryOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return sum.String()
	}
	l, err := s.Log(ctx, "l", LogOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	before := summary(l)

	staged, err := Stage(ctx, path, ImportOptions{Log: "l"}, generated(200, 10), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer staged.Discard()
	if _, err := s.Merge(ctx, staged); err != nil {
		t.Fatal(err)
	}
	if err := s.BuildColumns(ctx, "l", LogOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := summary(l); got != before {
		t.Errorf("the log that was open changed:\n%s\nwas\n%s", got, before)
	}

	mapped, err := s.Log(ctx, "l", LogOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer mapped.Close()
	for _, name := range names(t, filepath.Dir(path)) {
		if columnsOf(path, name) {
			if err := os.Remove(filepath.Join(filepath.Dir(path), name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	built, err := s.Log(ctx, "l", LogOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := summary(built), summary(mapped); got != want {
		t.Errorf("built in memory:\n%s\nmapped:\n%s", got, want)
	}
}

// What a killed process spilled goes with the next writer; nothing else does.
func TestSpillLeftovers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.duckdb")
	reader := readerSpillDir(path)
	for _, keep := range []string{"", "mine.txt"} {
		for _, dir := range []string{spillDir(path), reader} { // two readers never share one
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(reader, "duckdb_temp_storage_DEFAULT-0.tmp"), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"duckdb_temp_storage_DEFAULT-0.tmp", "duckdb_temp_block-1.block", keep} {
			if name == "" {
				continue
			}
			if err := os.WriteFile(filepath.Join(spillDir(path), name), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		openStore(t, path).Close()
		want := []string{"a.duckdb"}
		if keep != "" {
			want = append(want, "a.duckdb.tmp")
			if got := names(t, spillDir(path)); !slices.Equal(got, []string{keep}) {
				t.Errorf("spilled: %v, want %s", got, keep)
			}
		}
		if got := names(t, filepath.Dir(path)); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}
