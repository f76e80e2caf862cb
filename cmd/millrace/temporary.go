package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"millrace/eventlog"
	"millrace/ingest"
)

// temporaryStore loads a file into a store of its own, in a folder that only
// the user may read and that goes when the store is closed. Its log has the
// name of the file.
func temporaryStore(e *env, path, format string, o ingest.Options, quiet bool) (s *closingStore, name string, err error) {
	file, kind, err := openFormat(e, path, format, o)
	if err != nil {
		return nil, "", err
	}
	defer file.Close()
	if !quiet {
		printDetected(e.Stderr, path, file.Detected())
	}
	dir, err := os.MkdirTemp("", "millrace-") // 0700
	if err != nil {
		return nil, "", err
	}
	remove := func() error { return os.RemoveAll(dir) }
	defer func() {
		if err != nil {
			err = errors.Join(err, remove())
		}
	}()
	name = logName(path)
	store := filepath.Join(dir, "profile.duckdb")
	taken := int64(0)
	how := eventlog.ImportOptions{Log: name, Kind: kind, Origin: path, File: filepath.Base(path), Options: o}
	_, err = eventlog.Import(e, store, eventlog.OpenOptions{}, how,
		func(_ context.Context, emit func(*eventlog.Batch) error) error {
			return readAll(e, filepath.Base(path), file, func(b *eventlog.Batch) error {
				taken += int64(b.Len())
				return emit(b)
			})
		},
		func() (eventlog.ImportEnd, error) {
			first, total := file.Rejects()
			if total > 0 && taken == 0 {
				return eventlog.ImportEnd{}, fmt.Errorf("%s: no row is left: all %s were rejected, the first: %s", path, count(total), rejectText(first[0]))
			}
			return eventlog.ImportEnd{Rejects: first, Rejected: total, Notes: file.Notes(), Meta: file.Meta()}, nil
		})
	if err != nil {
		return nil, "", err
	}
	opened, err := eventlog.Open(e, store, eventlog.OpenOptions{ReadOnly: true, Wait: e.Wait})
	if err != nil {
		return nil, "", err
	}
	return &closingStore{opened, remove}, name, nil
}
