package eventlog

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A byte that was flipped anywhere in the columns of a log, in a block that an
// increment looks at or in one that it leaves alone, never gets into an answer:
// what is damaged is built again from the store.
func TestDamagedColumnsAreNotAddedTo(t *testing.T) {
	ctx := context.Background()
	whole := t.TempDir()
	s := openStore(t, filepath.Join(whole, "s.duckdb"))
	b := &Batch{}
	for i := range 90_000 { // some two megabytes
		b.Case, b.Activity = append(b.Case, fmt.Sprint(i/3)), append(b.Activity, []string{"order", "pick", "ship"}[i%3])
		b.Time, b.Place = append(b.Time, int64(i)*1e6), append(b.Place, int64(i))
	}
	mustImport(t, s, ImportOptions{Log: "l"}, batches(b))
	if err := s.BuildColumns(ctx, "l", LogOptions{}); err != nil {
		t.Fatal(err)
	}
	key, err := s.columnsKey(ctx, "l", LogOptions{})
	if err != nil {
		t.Fatal(err)
	}
	files, _, _, err := s.columnsFiles(ctx, "columns_of_log", key)
	if err != nil || files.Cases.Size < 2*checksumBlock-checksumBlock/2 {
		t.Fatalf("a file of %d bytes is too small: %v", files.Cases.Size, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var damaged, rebuilt int
	for part := range 8 {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "s.duckdb")
		name := filepath.Join(filepath.Dir(path), files.Cases.Name)
		flip(t, name, int64(part)*(files.Cases.Size-1)/7)
		damaged++

		// Events of the first case only: of the rest nothing is looked at.
		s = openStore(t, path)
		mustImport(t, s, ImportOptions{Log: "l"}, batches(&Batch{Case: []string{"0", "0"}, Activity: []string{"bill", "pay"}, Time: []int64{1e12, 2e12}, Place: []int64{90_001, 90_002}}))
		if err := s.BuildColumns(ctx, "l", LogOptions{}); err != nil {
			t.Fatalf("part %d: %v", part, err)
		}
		now, _, _, err := s.columnsFiles(ctx, "columns_of_log", key)
		if err != nil {
			t.Fatal(err)
		}
		if now.Cases.Name != files.Cases.Name {
			rebuilt++
		}
		got, err := s.Log(ctx, "l", LogOptions{})
		if err != nil {
			t.Fatal(err)
		}
		want, err := s.buildLog(ctx, key, LogOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(storyOf(want), storyOf(got)); d != "" {
			t.Errorf("part %d: -from the rows, +from the columns:\n%.2000s", part, d)
		}
		for _, l := range []*Log{got, want} {
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if rebuilt < damaged/2 {
		t.Errorf("%d of %d damaged files were built again: is what an increment looks at checked?", rebuilt, damaged)
	}
}

// flip changes one bit of a file.
func flip(t *testing.T, path string, at int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b [1]byte
	if _, err := f.ReadAt(b[:], at); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 0x04
	if _, err := f.WriteAt(b[:], at); err != nil {
		t.Fatal(err)
	}
}
