package eventlog

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// A small store has one thread until a load brings many rows; a large one has all cores from the start.
func TestThreadsFollowTheRows(t *testing.T) {
	ctx := context.Background()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	threads := func(db *sql.DB) (n int) {
		t.Helper()
		if err := db.QueryRowContext(ctx, "SELECT current_setting('threads')").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	all := threads(db)
	path := filepath.Join(t.TempDir(), "s.duckdb")
	s, err := Open(ctx, path, OpenOptions{Wait: -1})
	if err != nil {
		t.Fatal(err)
	}
	rows := func(from, n int) func(context.Context, func(*Batch) error) error {
		return func(_ context.Context, emit func(*Batch) error) error {
			b := Batch{Case: make([]string, n), Activity: make([]string, n), Time: make([]int64, n)}
			for i := range n {
				b.Case[i], b.Activity[i], b.Time[i] = fmt.Sprint(from+i), "a", int64(from+i)
			}
			return emit(&b)
		}
	}
	for _, c := range []struct{ from, rows, want int }{{0, 10, 1}, {10, smallRows, 1}, {100_000, smallRows + 1, all}} {
		mustImport(t, s, ImportOptions{Log: "l"}, rows(c.from, c.rows))
		if got := threads(s.db); got != c.want {
			t.Errorf("after a load of %d rows the store has %d threads, want %d", c.rows, got, c.want)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	reopened := func(o OpenOptions) int {
		t.Helper()
		o.Wait = -1
		s, err := Open(ctx, path, o)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		return threads(s.db)
	}
	if got := reopened(OpenOptions{}); got != 1 {
		t.Errorf("a small store has %d threads, want 1", got)
	}
	if got := reopened(OpenOptions{ReadOnly: true, Threads: 2}); got != 2 {
		t.Errorf("with two threads asked for, a small store has %d", got)
	}
	if err := os.Truncate(path, smallStore+1); err != nil { // longer, with nothing in it
		t.Fatal(err)
	}
	if got := reopened(OpenOptions{ReadOnly: true}); got != all {
		t.Errorf("a large store has %d threads, want %d", got, all)
	}
}

// A stage is written by one thread until a batch is a large one, and then by all cores.
func TestThreadsOfAStage(t *testing.T) {
	ctx := context.Background()
	dir, err := stageDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.remove()
	db, err := stageScratch(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var threads [3]int
	for i, n := range []int{0, stageChunk/4 - 1, stageChunk / 4} {
		err := stageTexts(ctx, db, filepath.Join(dir.path, fmt.Sprintf("%d.parquet", i)), 1, func(fn func([]string) error) error {
			for range n {
				if err := fn([]string{"x"}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		var written int
		if err := db.QueryRowContext(ctx, fmt.Sprintf("SELECT current_setting('threads'), (SELECT count(*) FROM '%s/%d.parquet')", dir.path, i)).Scan(&threads[i], &written); err != nil {
			t.Fatal(err)
		}
		if written != n {
			t.Errorf("%d rows were written, want %d", written, n)
		}
	}
	fresh, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer fresh.Close()
	var all int
	if err := fresh.QueryRowContext(ctx, "SELECT current_setting('threads')").Scan(&all); err != nil {
		t.Fatal(err)
	}
	if want := [3]int{1, 1, all}; threads != want {
		t.Errorf("a stage has %v threads, want %v", threads, want)
	}
}
