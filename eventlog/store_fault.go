package eventlog

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
)

// ErrFull says that nothing more could be written. What was committed before
// stays; what was not is gone, and may be tried again once there is room.
var ErrFull = errors.New("no room is left on the disk")

// ErrMemory says that the share of the memory was too small, see [Memory].
var ErrMemory = errors.New("the memory is too small; allow more by --memory")

// storeFull are texts of DuckDB and Arrow, which wrap no error, for a disk, a quota or a limit that is full.
var storeFull = []string{"no space left on device", "file too large", "disk quota exceeded", "max_temp_directory_size"}

// storeFault says of an error that came up while dir was written what it means
// for the user, if it is one of those that the machine is to blame for.
func storeFault(err error, dir string) error {
	if err == nil || errors.Is(err, ErrFull) || errors.Is(err, ErrMemory) {
		return err
	}
	full := errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EFBIG) || errors.Is(err, syscall.EDQUOT)
	for _, text := range storeFull {
		full = full || strings.Contains(strings.ToLower(err.Error()), text)
	}
	switch {
	case full:
		return fmt.Errorf("%w of %s: make room there and try again; what was committed before is kept (%w)", ErrFull, dir, err)
	case strings.Contains(err.Error(), "Out of Memory Error"):
		return fmt.Errorf("%w (%w)", ErrMemory, err)
	}
	return err
}
