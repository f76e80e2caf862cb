//go:build unix

package dotcache

import (
	"os"
	"syscall"
)

// own says whether a folder belongs to who runs the program, which it does not
// if sudo kept HOME.
func own(info os.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(s.Uid) == os.Geteuid()
}
