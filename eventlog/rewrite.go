package eventlog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Rewrite writes the store's file anew, so that no block of it has what was
// removed, and no more space is taken than needed. Needs room for a second
// file meanwhile. Killed at any moment, it leaves the old file or the new one,
// whole; where removed people were not written away yet, the next process that
// opens the store for writing does it.
func (s *Store) Rewrite(ctx context.Context) error {
	if s.readOnly {
		return fmt.Errorf("store %s is open read-only", s.path)
	}
	return storeFault(s.rewrite(ctx), filepath.Dir(s.path))
}

func (s *Store) rewrite(ctx context.Context) (err error) {
	dir, err := stageDir(filepath.Dir(s.path))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.remove()) }()
	fresh := filepath.Join(dir.path, "rewritten.duckdb")
	if err := s.session(ctx, func(c *storeConn) error { return c.copyTo(ctx, fresh) }); err != nil {
		return err
	}
	if err := syncFile(fresh); err != nil {
		return err
	}
	if _, err := os.Stat(s.path + ".wal"); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("store %s was written while it was written anew; try again", s.path)
	}
	// The lock is on the old file, until it is closed: nobody writes one that
	// is not there any more. See storeWaitFor for who opened it and waits.
	if err := os.Rename(fresh, s.path); err != nil {
		return err
	}
	if err := errors.Join(s.db.Close(), stageSyncDir(filepath.Dir(s.path))); err != nil {
		return err
	}
	o := s.options
	o.Wait = max(o.Wait, storeWait) // whoever waited may be in between, and gets through first
	db, err := storeWaitFor(ctx, s.path, o)
	if err != nil {
		return fmt.Errorf("the file was written anew, and then the store %w", err)
	}
	s.db = db
	return nil
}

// copyTo copies all of the store to a new file, complete when it returns.
func (c *storeConn) copyTo(ctx context.Context, path string) (err error) {
	names, err := c.strings(ctx, "SELECT current_database()")
	if err != nil {
		return err
	}
	if err := c.exec(ctx, "CHECKPOINT"); err != nil {
		return err
	}
	if err := c.exec(ctx, "ATTACH "+storeLiteral(path)+" AS rewritten"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.exec(context.WithoutCancel(ctx), "DETACH rewritten")) }()
	for _, text := range []string{
		"COPY FROM DATABASE " + Quote(names[0]) + " TO rewritten",
		"DELETE FROM rewritten.main.rewrite",
		"CHECKPOINT rewritten",
	} {
		if err := c.exec(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// syncFile makes a file its owner's only, and durable.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o600), f.Sync(), f.Close())
}

// finishRewrite does what a killed process left undone.
func (s *Store) finishRewrite(ctx context.Context) error {
	left := int64(0)
	err := s.session(ctx, func(c *storeConn) (err error) {
		left, err = c.int(ctx, "SELECT count(*) FROM main.rewrite")
		return err
	})
	if err != nil || left == 0 {
		return err
	}
	return s.Rewrite(ctx)
}
