//go:build unix

package schedule

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"
)

// lockFile waits for the lock on a file and writes the number of this process
// into it. The lock dies with the process. waits is called, once, with the
// process that holds it, if it has to be waited for.
func lockFile(ctx context.Context, path string, waits func(pid string)) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock of the runs: %w", err)
	}
	for told := false; ; {
		switch err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
		case err == nil:
			if err = f.Truncate(0); err == nil {
				_, err = f.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0)
			}
			if err != nil {
				return nil, errors.Join(fmt.Errorf("lock of the runs: %w", err), f.Close())
			}
			return f, nil
		case errors.Is(err, syscall.EINTR):
			continue
		case !errors.Is(err, syscall.EWOULDBLOCK):
			return nil, errors.Join(fmt.Errorf("lock of the runs: %w", err), f.Close())
		}
		if !told {
			told = true
			pid, _ := io.ReadAll(io.NewSectionReader(f, 0, 20)) // who it is, is only said
			waits(strings.TrimSpace(string(pid)))
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), f.Close())
		case <-time.After(200 * time.Millisecond):
		}
	}
}
