// Package dotcache gives dot's compiled code a folder of the user's own.
//
// When a program starts, go-graphviz compiles its WebAssembly and keeps the
// machine code in $TMPDIR/go-graphviz, by a name anyone can guess. Where
// another user made that folder the program panics before main, or runs the
// machine code that user put there. The library has no option for it, so this
// package points TMPDIR elsewhere while the library starts: at the user's
// cache folder if it is the user's own and can be written to, else at nothing,
// and then dot is compiled each time, which takes half a second.
//
// It knows nothing of graphs. It must import os alone: packages are started in
// the order of their import paths once all they import is, so that it comes
// before those of github.com that need more (Go specification, "Program
// initialization"); TestBeforeGraphviz holds that.
package dotcache

import "os"

const variable = "TMPDIR"

var before, had = os.LookupEnv(variable)

func init() {
	os.Setenv(variable, folder())
}

// nowhere is a folder that neither is nor can be made.
const nowhere = os.DevNull + "/none"

// folder returns the user's own folder for the cache, or nowhere.
func folder() string {
	base, err := os.UserCacheDir()
	if err != nil {
		return nowhere
	}
	dir := base + string(os.PathSeparator) + "millrace"
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nowhere
	}
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() || info.Mode().Perm()&0o022 != 0 || !own(info) {
		return nowhere
	}
	probe, err := os.CreateTemp(dir, "probe-")
	if err != nil {
		return nowhere
	}
	defer os.Remove(probe.Name())
	if err := probe.Close(); err != nil {
		return nowhere
	}
	return dir
}

// Restore gives TMPDIR its value back. Whoever imports go-graphviz calls it
// when that has started.
func Restore() {
	if had {
		os.Setenv(variable, before)
	} else {
		os.Unsetenv(variable)
	}
}
