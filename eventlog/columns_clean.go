package eventlog

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// columnsPrefix starts the name of every file of columns of the store at path:
// .millrace-columns-<store>-<digits>.arrow. Several stores may share a folder.
func columnsPrefix(path string) string { return ".millrace-columns-" + filepath.Base(path) + "-" }

const columnsSuffix = ".arrow"

// columnsOf says whether a file of this name was written for the store at
// path. Of stores "a" and "a-1", neither takes the other's for its own.
func columnsOf(path, name string) bool {
	number, ok := strings.CutPrefix(name, columnsPrefix(path))
	if !ok {
		return false
	}
	number, ok = strings.CutSuffix(number, columnsSuffix)
	return ok && number != "" && strings.Trim(number, "0123456789") == ""
}

// cleanColumns removes the store's files that no log of it has: replaced ones,
// and what was written by a process killed before it committed. Whoever has
// one mapped keeps it. The caller holds s.columns, and the store for writing.
func (s *Store) cleanColumns(ctx context.Context) error {
	if s.readOnly {
		return nil
	}
	var used []string
	err := s.session(ctx, func(c *storeConn) (err error) {
		used, err = c.strings(ctx, storeText("columns_files"))
		return err
	})
	if err != nil {
		return err
	}
	dir := filepath.Dir(s.path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !columnsOf(s.path, e.Name()) || slices.Contains(used, e.Name()) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
