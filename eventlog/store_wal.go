package eventlog

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// A process that is killed while it commits leaves DuckDB's write-ahead log
// without its end. DuckDB replays such a log up to where it breaks off and
// rolls that back, as it must, except for whole row groups, which a large load
// writes ahead of its commit: those become visible, and a checkpoint then
// refers to blocks that are free (DuckDB 1.5.6;
// https://github.com/duckdb/duckdb/pull/25931). So what was never committed is
// cut off before a writer opens the store.

// The log is a header, and then entries: size, checksum, and so many bytes,
// the first of which say what the entry is.
const (
	walHeader  = "d\x00be\x00\x02\xff\xff" // field 100: 98, a version; field 101: 2
	walFrame   = 16
	walCommit  = "d\x00d" // field 100: 100, the end of a transaction
	walChecked = "d\x00c" // field 100: 99, a checkpoint
)

// walTorn says whether the log of the store at path ends within a transaction,
// and how long it is up to there. A log of another version is not judged.
func walTorn(path string) (keep int64, torn bool, err error) {
	f, err := os.Open(path + ".wal")
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, false, err
	}
	size := info.Size()
	head := make([]byte, len(walHeader))
	if n, err := f.ReadAt(head, 0); err != nil && err != io.EOF {
		return 0, false, err
	} else if n == 0 || string(head[:n]) != walHeader[:n] {
		return 0, false, nil // empty, or of another version
	}
	var frame [walFrame + len(walCommit)]byte
	for at := int64(len(walHeader)); ; {
		if _, err := f.ReadAt(frame[:], at); err == io.EOF {
			break
		} else if err != nil {
			return 0, false, err
		}
		length := binary.LittleEndian.Uint64(frame[:])
		if length > uint64(size-at-walFrame) {
			break
		}
		at += walFrame + int64(length)
		if kind := frame[walFrame:]; bytes.Equal(kind, []byte(walCommit)) || bytes.Equal(kind, []byte(walChecked)) {
			keep = at
		}
	}
	return keep, keep < size, nil
}

// walMend cuts a torn log after its last commit. The store is held open for
// reading meanwhile: that keeps writers away, and changes no file.
func walMend(ctx context.Context, path string, o OpenOptions) (err error) {
	if _, torn, err := walTorn(path); err != nil || !torn {
		return err // torn may also mean that somebody is writing it
	}
	o.ReadOnly = true
	db, err := storeWaitFor(ctx, path, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	keep, torn, err := walTorn(path)
	switch {
	case err != nil || !torn:
		return err
	case keep == 0:
		err = os.Remove(path + ".wal")
	default:
		err = os.Truncate(path+".wal", keep)
	}
	if err != nil {
		return fmt.Errorf("has a load that was killed while it was committed, and what it left cannot be removed: %w", err)
	}
	return nil
}
