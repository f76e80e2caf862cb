package eventlog

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// stagePrefix starts the name of every directory of unfinished work beside a
// store: .millrace-stage-<pid>-<random>.
const stagePrefix = ".millrace-stage-"

// A stagedDir is a directory of unfinished work. Its lock dies with the
// process, so what a killed one left can be told from what a living one needs.
type stagedDir struct {
	path string
	lock *os.File
}

// stageDir makes a directory in dir, locked and readable by its owner only.
func stageDir(dir string) (*stagedDir, error) {
	for range 100 {
		path := filepath.Join(dir, fmt.Sprintf("%s%d-%s", stagePrefix, os.Getpid(), rand.Text()[:8]))
		if err := os.Mkdir(path, 0o700); err != nil {
			if os.IsExist(err) {
				continue
			}
			return nil, fmt.Errorf("a load is staged beside the store, and nothing can be written to %s: %w; get the right to, or put the store elsewhere (store: in millrace.yaml)", dir, errors.Unwrap(err))
		}
		f, locked, err := stageLock(path)
		if err != nil {
			return nil, err
		}
		// A cleaner may have seen it between Mkdir and lock: take another then.
		if locked {
			if _, err := os.Stat(path); err == nil {
				return &stagedDir{path: path, lock: f}, nil
			}
			f.Close()
		}
	}
	return nil, fmt.Errorf("no room for a stage in %s", dir)
}

// remove deletes the directory and gives up its lock, in this order.
func (d *stagedDir) remove() error {
	err := os.RemoveAll(d.path)
	d.lock.Close()
	return err
}

// stageClean removes what dead processes left in dir.
func stageClean(dir string) error {
	old, err := filepath.Glob(filepath.Join(stageGlob(dir), stagePrefix+"*"))
	if err != nil {
		return err
	}
	for _, path := range old {
		f, locked, err := stageLock(path)
		if err != nil {
			return err
		}
		if locked {
			if err := (&stagedDir{path: path, lock: f}).remove(); err != nil {
				return err
			}
		}
	}
	return nil
}

// spillDir is where DuckDB puts what a writer has no memory for.
func spillDir(path string) string { return path + ".tmp" }

// readerSpillDir is that of this process as a reader: there may be others, and
// DuckDB calls its files the same in all of them.
func readerSpillDir(path string) string { return spillDir(path) + "-" + strconv.Itoa(os.Getpid()) }

// spillClean removes what killed processes spilled; a writer has no readers
// beside it. DuckDB would, but only if it happens to spill again, and until
// then it is a copy of the user's data.
func spillClean(path string) error {
	dirs, err := filepath.Glob(stageGlob(spillDir(path)) + "-*")
	if err != nil {
		return err
	}
	for _, dir := range append(dirs, spillDir(path)) {
		if pid := strings.TrimPrefix(dir, spillDir(path)+"-"); pid != dir && strings.Trim(pid, "0123456789") != "" {
			continue // somebody else's
		}
		old, err := filepath.Glob(filepath.Join(stageGlob(dir), "duckdb_temp_*"))
		if err != nil {
			return err
		}
		for _, file := range old {
			if err := os.Remove(file); err != nil {
				return err
			}
		}
		_ = os.Remove(dir) // it is not there, or has something that is not DuckDB's
	}
	return nil
}

// stageGlob escapes what filepath.Glob would take for a pattern.
func stageGlob(dir string) string {
	var out []rune
	for _, r := range dir {
		switch r {
		case '*', '?', '[', '\\':
			out = append(out, '\\')
		}
		out = append(out, r)
	}
	return string(out)
}

// stageSyncDir makes names that were added to a directory durable.
func stageSyncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
