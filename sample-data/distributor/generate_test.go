package distributor

import (
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// digest is a hash of every file below dir, with its name.
func digest(t *testing.T, dir string) string {
	t.Helper()
	h := sha256.New()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		h.Write([]byte(strings.TrimPrefix(path, dir)))
		h.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(h.Sum(nil))
}

func TestSameSeedSameBytes(t *testing.T) {
	for _, format := range []string{CSV, Parquet} {
		t.Run(format, func(t *testing.T) {
			made := func(seed uint64, procs int) string {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
				dir := filepath.Join(t.TempDir(), "company")
				if _, err := Generate(context.Background(), dir, Options{Orders: 600, Seed: seed, Format: format, organisation: 250}); err != nil {
					t.Fatal(err)
				}
				return digest(t, dir)
			}
			first := made(5, 1)
			if made(5, 4) != first {
				t.Error("another number of processors, other bytes")
			}
			if format == CSV && made(6, 1) == first {
				t.Error("another seed, the same bytes")
			}
		})
	}
}

// TestParquetSaysWhatCSVSays compares every row of every table in both formats.
func TestParquetSaysWhatCSVSays(t *testing.T) {
	dirs := map[string]string{}
	for _, format := range []string{CSV, Parquet} {
		dirs[format] = filepath.Join(t.TempDir(), format)
		if _, err := Generate(context.Background(), dirs[format], Options{Orders: 400, Format: format, spool: 300}); err != nil {
			t.Fatal(err)
		}
	}
	one, two := read(t, dirs[CSV], ".csv"), read(t, dirs[Parquet], ".parquet")
	for _, l := range layouts {
		query := `SELECT coalesce(md5(string_agg((x)::VARCHAR, '|')), ''), count(*) FROM ` + l.system + `."` + l.table + `" x`
		var a, b string
		var n, m int
		if err := one.QueryRow(query).Scan(&a, &n); err != nil {
			t.Fatal(err)
		}
		if err := two.QueryRow(query).Scan(&b, &m); err != nil {
			t.Fatal(err)
		}
		if a != b || n != m {
			t.Errorf("%s.%s: %d rows as CSV, %d as Parquet, or not the same", l.system, l.table, n, m)
		}
	}
}

// TestTheFolderAppearsWhole holds that no half of a company is ever seen.
func TestTheFolderAppearsWhole(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "company")
	ctx, stop := context.WithCancel(context.Background())
	_, err := Generate(ctx, dir, Options{Orders: 5000, Progress: func(orders int64) {
		if orders > 1000 {
			stop()
		}
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			t.Error("the folder is there before it is whole")
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled, got %v", err)
	}
	if left, _ := os.ReadDir(parent); len(left) > 0 {
		t.Errorf("a cancelled run left %v", left)
	}
	if _, err := Generate(context.Background(), dir, Options{Orders: 10}); err != nil {
		t.Fatal(err)
	}
	if _, err := Generate(context.Background(), dir, Options{Orders: 10}); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("a folder with a company in it: got %v", err)
	}
	for _, o := range []Options{{Orders: -1}, {Orders: 10_000_001}, {Format: "xlsx"}} {
		if _, err := Generate(context.Background(), filepath.Join(parent, "other"), o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}

// TestMemoryDoesNotGrowWithTheCompany takes the heap after each of twenty
// organisations: none may hold what an earlier one made.
func TestMemoryDoesNotGrowWithTheCompany(t *testing.T) {
	orders, size := int64(20_000), 1000
	if os.Getenv("CI") == "true" && !testing.Short() {
		orders, size = 200_000, OrganisationSize
	}
	var at []uint64
	next := int64(size)
	_, err := Generate(context.Background(), filepath.Join(t.TempDir(), "company"), Options{Orders: orders, organisation: size, Progress: func(n int64) {
		if n < next {
			return
		}
		next += int64(size)
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		at = append(at, m.HeapAlloc)
	}})
	if err != nil {
		t.Fatal(err)
	}
	if len(at) < 6 {
		t.Fatalf("only %d measurements", len(at))
	}
	early := max(at[0], at[1], at[2])
	for i, heap := range at {
		if limit := early + early/4 + 8<<20; heap > limit {
			t.Errorf("after organisation %d the heap is %d MB; the first three stayed below %d MB", i+1, heap>>20, early>>20)
		}
	}
	t.Logf("%d orders: heap %d MB after the first organisation, %d MB after the last", orders, at[0]>>20, at[len(at)-1]>>20)
}
