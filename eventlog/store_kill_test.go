package eventlog

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// killSlices overlapping slices of a log of killRows events a slice are
// imported one after the other by a process that is killed again and again.
const (
	killSlices = 60
	killRows   = 500
)

// importSlices imports the slices that the store does not have yet, and the
// last one that it has, and reports each commit.
func importSlices(path string, committed func(int)) error {
	ctx := context.Background()
	s, err := Open(ctx, path, OpenOptions{})
	if err != nil {
		return err
	}
	done := 0
	err = s.session(ctx, func(c *storeConn) error {
		n, err := c.int(ctx, "SELECT count(*) FROM load")
		done = int(n)
		return err
	})
	if err := s.Close(); err != nil {
		return err
	}
	if err != nil {
		return err
	}
	for i := max(done-1, 0); i < killSlices; i++ {
		_, err := Import(ctx, path, OpenOptions{}, ImportOptions{Log: "l", Content: fmt.Sprint("slice ", i)}, slice(i), nil)
		if err != nil {
			return err
		}
		committed(i + 1)
	}
	return nil
}

// slice is the i-th slice; half of it is in the one before too.
func slice(i int) func(context.Context, func(*Batch) error) error {
	return func(ctx context.Context, emit func(*Batch) error) error {
		skip := i * killRows / 2
		return generated(skip+killRows, 500)(ctx, func(b *Batch) error {
			if b.Place[0] < int64(skip) {
				return nil
			}
			return emit(b)
		})
	}
}

// A process that is killed at any moment leaves a store that opens, has every
// load that was committed, and gives the same store as if nothing had happened.
func TestKill(t *testing.T) {
	kills := 50
	if testing.Short() {
		kills = 6
	}
	calm := filepath.Join(t.TempDir(), "calm.duckdb")
	if err := importSlices(calm, func(int) {}); err != nil {
		t.Fatal(err)
	}
	want := openStore(t, calm).dump(t)

	random := rand.New(rand.NewPCG(4711, 1))
	path := filepath.Join(t.TempDir(), "killed.duckdb")
	last, committed, during := 0, 0, 0
	for range kills {
		cmd, _, lines := storeChild(t, "import", path)
		timer := time.AfterFunc(time.Duration(random.IntN(300))*time.Millisecond, func() { cmd.Process.Kill() })
		said := last
		for lines.Scan() {
			if _, err := fmt.Sscanf(lines.Text(), "committed %d", &committed); err == nil {
				said = max(said, committed)
			}
		}
		timer.Stop()
		cmd.Wait()
		if last = opened(t, path, said); last < killSlices {
			during++
		}
	}
	t.Logf("%d kills, %d of them before the end; %d of %d slices committed", kills, during, last, killSlices)
	if err := importSlices(path, func(int) {}); err != nil {
		t.Fatal(err)
	}
	if got := openStore(t, path).dump(t); got != want {
		t.Errorf("the killed store differs from the calm one:\n%s", firstDifference(got, want))
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// opened checks that the store opens and has at least as many loads as the
// process said it committed, each complete.
func opened(t *testing.T, path string, said int) int {
	t.Helper()
	ctx := context.Background()
	s, err := Open(ctx, path, OpenOptions{Wait: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	loads := int64(0)
	err = s.session(ctx, func(c *storeConn) error {
		var err error
		if loads, err = c.int(ctx, "SELECT count(*) FROM load"); err != nil {
			return err
		}
		events, err := c.int(ctx, "SELECT count(*) FROM event")
		if err != nil {
			return err
		}
		relations, err := c.int(ctx, "SELECT count(*) FROM event_object")
		attributes := int64(0)
		if loads > 0 {
			attributes, _ = c.int(ctx, "SELECT count(*) FROM events.l")
		}
		if want := min(loads, 1)*killRows/2 + loads*killRows/2; events != want || relations != want || attributes != want {
			t.Errorf("%d loads, %d events, %d relations, %d attributes; want %d", loads, events, relations, attributes, want)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if int(loads) < said {
		t.Errorf("%d loads, and %d were committed", loads, said)
	}
	return int(loads)
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d\ngot  %s\nwant %s", i, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}
