package eventlog

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// heldIn counts the open files and mappings of this process that are in dir,
// whether they still have a name or not.
func heldIn(t *testing.T, dir string) (n int) {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("there is no /proc to ask")
	}
	for _, fd := range fds {
		if to, err := os.Readlink(filepath.Join("/proc/self/fd", fd.Name())); err == nil && strings.HasPrefix(to, dir) {
			n++
		}
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	return n + strings.Count(string(maps), dir)
}

// spilling is a Builder that has spilled to dir.
func spilling(t *testing.T, dir string) *Builder {
	t.Helper()
	b := NewBuilder(BuilderOptions{Memory: 1, Dir: dir, Lifecycle: All})
	for _, in := range randomBatches(rand.New(rand.NewPCG(1, 1)), logSize{10_000, 9_000, 1_000}) {
		in.Sequence = nil
		if err := b.Add(in); err != nil {
			t.Fatal(err)
		}
	}
	if n := heldIn(t, dir); n != 1 {
		t.Fatalf("%d files are held while rows are spilled", n)
	}
	if left := names(t, dir); len(left) > 0 { // as it is when the process is killed
		t.Fatalf("a kill would leave %q", left)
	}
	return b
}

func TestSpilledFilesGo(t *testing.T) {
	check := func(t *testing.T, dir string) {
		t.Helper()
		if n := heldIn(t, dir); n != 0 {
			t.Errorf("%d files are held", n)
		}
		if left := names(t, dir); len(left) > 0 {
			t.Errorf("%q are left", left)
		}
	}
	t.Run("when the log is closed", func(t *testing.T) {
		dir := t.TempDir()
		b := spilling(t, dir)
		l, err := b.Log()
		if err != nil {
			t.Fatal(err)
		}
		if n := heldIn(t, dir); n != 1 {
			t.Errorf("%d files are held for a log", n)
		}
		if _, n := l.Size(); n != 10_000 {
			t.Errorf("%d events", n)
		}
		if err := errors.Join(l.Close(), b.Close()); err != nil {
			t.Fatal(err)
		}
		check(t, dir)
	})
	t.Run("after an error", func(t *testing.T) {
		dir := t.TempDir()
		b := spilling(t, dir)
		in := &Batch{}
		for i := range MaxActivities + 1 {
			in.Case, in.Activity, in.Time = append(in.Case, "1"), append(in.Activity, fmt.Sprint(i)), append(in.Time, 1)
		}
		if err := b.Add(in); !errors.Is(err, ErrTooManyActivities) {
			t.Fatal(err)
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		check(t, dir)
	})
	t.Run("when the log is not wanted any more", func(t *testing.T) {
		dir := t.TempDir()
		b := spilling(t, dir)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := b.LogContext(ctx); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		check(t, dir)
	})
}

// Where nothing can be written any more, the user is told where, and what to do.
func TestSpillToAFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Skip("there is no full disk here")
	}
	b := NewBuilder(BuilderOptions{Memory: 1, Dir: "/some/where"})
	b.rows.spill.file, b.rows.spill.buf = full, make([]uint64, 0, spillWords)
	for _, in := range randomBatches(rand.New(rand.NewPCG(1, 1)), logSize{10_000, 9_000, 1_000}) {
		if err = b.Add(in); err != nil {
			break
		}
	}
	if err == nil {
		_, err = b.Log()
	}
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "cannot be written to /some/where: ") || !strings.Contains(err.Error(), "TMPDIR") {
		t.Fatal(err)
	}
	b.Close()
}

func TestSpillToNowhere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	b := NewBuilder(BuilderOptions{Memory: 1, Dir: dir})
	defer b.Close()
	var err error
	for _, in := range randomBatches(rand.New(rand.NewPCG(1, 1)), logSize{10_000, 9_000, 1_000}) {
		if err = b.Add(in); err != nil {
			break
		}
	}
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), dir) {
		t.Fatal(err)
	}
}

// Attributes stay in memory; more of them than allowed is an error that says so.
func TestAttributesBeyondMemory(t *testing.T) {
	b := NewBuilder(BuilderOptions{Memory: 1 << 20, Attributes: true, Dir: t.TempDir()})
	defer b.Close()
	in := &Batch{Case: []string{"1"}, Activity: []string{"a"}, Time: []int64{1},
		Attributes: []Column{{Name: "text", Text: []string{strings.Repeat("x", 300<<10)}}}}
	for i := range 4 {
		err := b.Add(in)
		if i < 3 && err != nil {
			t.Fatal(err)
		}
		if i == 3 && (err == nil || !strings.Contains(err.Error(), "more than the 1 MB of memory allowed")) {
			t.Fatal(err)
		}
	}
}
