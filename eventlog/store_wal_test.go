package eventlog

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// A process killed while it commits leaves a log that ends anywhere. Whoever
// opens the store sees nothing of that load, and importing again brings all of
// it. DuckDB alone keeps row groups of the load: see store_wal.go.
func TestTornLog(t *testing.T) {
	ctx := context.Background()
	const before, events = 1000, 130_000 // more than a row group of 122,880
	load := func(path string, n int) {
		t.Helper()
		if _, err := Import(ctx, path, OpenOptions{}, ImportOptions{Log: "l"}, generated(n, 5000), nil); err != nil {
			t.Fatal(err)
		}
	}
	base := filepath.Join(t.TempDir(), "a.duckdb")
	load(base, before)
	calm := copyStore(t, base)
	load(calm, events)
	want := summaryOf(t, calm)

	log := wholeLog(t, base, events)
	count := func(path string, o OpenOptions) (n int64) {
		t.Helper()
		s, err := Open(ctx, path, o)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		err = s.session(ctx, func(c *storeConn) (err error) {
			n, err = c.int(ctx, "SELECT (SELECT count(*) FROM event) + (SELECT count(*) FROM event_object) + (SELECT count(*) FROM events.l)")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, left := range []int{1, 2000, 100_000} { // bytes that are missing
		for _, o := range []OpenOptions{{}, {ReadOnly: true}} {
			path := copyStore(t, log)
			whole, err := os.ReadFile(log + ".wal")
			if err != nil {
				t.Fatal(err)
			}
			if len(whole) <= left {
				t.Fatalf("the log has %d bytes only", len(whole))
			}
			if err := os.WriteFile(path+".wal", whole[:len(whole)-left], 0o600); err != nil {
				t.Fatal(err)
			}
			if got := count(path, o); got != 3*before {
				t.Errorf("%d bytes short, %+v: %d rows, want %d", left, o, got, 3*before)
			}
			load(path, events)
			if got := count(path, o); got != 3*events {
				t.Errorf("%d bytes short, %+v, imported again: %d rows, want %d", left, o, got, 3*events)
			}
			if got := summaryOf(t, path); got != want {
				t.Errorf("%d bytes short, %+v, imported again: the log differs from that of a calm import:\n%s", left, o, firstDifference(got, want))
			}
		}
	}
	if got := count(copyStoreLog(t, log), OpenOptions{}); got != 3*events {
		t.Errorf("the whole log gives %d rows, want %d: this test tests nothing", got, 3*events)
	}
}

func summaryOf(t *testing.T, path string) string {
	t.Helper()
	s := openStore(t, path)
	defer s.Close()
	l, err := s.Log(context.Background(), "l", LogOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	sum, err := Summarize(context.Background(), l, SummaryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return sum.String()
}

// wholeLog returns a copy of the store that has another import in its log, all of it.
func wholeLog(t *testing.T, base string, events int) string {
	t.Helper()
	ctx := context.Background()
	path := copyStore(t, base)
	s := openStore(t, path)
	if _, err := s.db.ExecContext(ctx, "SET GLOBAL checkpoint_threshold = '1TB'"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.ExecContext(ctx, "PRAGMA disable_checkpoint_on_shutdown"); err != nil {
		t.Fatal(err)
	}
	staged, err := Stage(ctx, path, ImportOptions{Log: "l"}, generated(events, 5000), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer staged.Discard()
	if _, err := s.Merge(ctx, staged); err != nil {
		t.Fatal(err)
	}
	return copyStoreLog(t, path) // before it is closed: as a kill leaves it
}

// copyStore copies a store's file, without its log.
func copyStore(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "a.duckdb")
	if err := os.WriteFile(to, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}

// copyStoreLog copies a store's file and its log.
func copyStoreLog(t *testing.T, path string) string {
	t.Helper()
	to := copyStore(t, path)
	content, err := os.ReadFile(path + ".wal")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to+".wal", content, 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}
