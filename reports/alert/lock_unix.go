//go:build unix

package alert

import (
	"errors"
	"os"
	"syscall"
)

var errLocked = errors.New("locked")

// lock makes a file ours until it is closed, or we end.
func lock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errLocked
	}
	return err
}
