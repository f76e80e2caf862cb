package eventlog

import (
	"context"
	"os"
)

// DuckDB makes the state of each step of a plan once a thread, and wakes the
// other threads for each step. Where there are few rows, that is more work
// than the rows are, so one core does it: a store of up to smallStore bytes is
// opened with one thread, and a load of more than smallRows brings the others.
const (
	smallStore = 32 << 20
	smallRows  = stageChunk
)

// storeThreads is how many threads to open the store at path with; 0 is DuckDB's default, all cores.
func storeThreads(path string, o OpenOptions) int {
	if o.Threads > 0 {
		return o.Threads
	}
	if !isSmall(path) {
		return 0
	}
	return 1
}

func isSmall(path string) bool {
	info, err := os.Stat(path)
	return err != nil || info.Size() <= smallStore
}

// few says whether a load of so many rows leaves the store a small one.
func (s *Store) few(rows int64) bool { return rows <= smallRows && isSmall(s.path) }

// threadsFor has all cores work where a load brings many rows.
func (s *Store) threadsFor(ctx context.Context, c *storeConn, rows int64) error {
	if s.options.Threads > 0 || rows <= smallRows {
		return nil
	}
	return c.allThreads(ctx)
}

func (c *storeConn) allThreads(ctx context.Context) error {
	return c.exec(ctx, "RESET GLOBAL threads")
}
