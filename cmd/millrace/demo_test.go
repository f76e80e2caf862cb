package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// A demoFolder is what millrace demo --source tryton makes: an extract of a live
// ERP, its store, and what is written beside it. It is made once, by the first
// that asks; who only looks at it, or goes on from there, has a copy, as making
// it takes ten seconds of a processor. That it is made as it should be,
// TestTrytonDemo says.
type demoFolder struct {
	once sync.Once
	dir  string
	err  error
}

var trytonDemo demoFolder

// make fills the folder.
func (d *demoFolder) make() {
	if d.dir, d.err = os.MkdirTemp("", "millrace-sample-"); d.err != nil {
		return
	}
	var out, errs bytes.Buffer
	if code := run(context.Background(), []string{"demo", "--source", "tryton", "--dir", d.dir}, strings.NewReader(""), &out, &errs); code != done {
		d.err = fmt.Errorf("millrace demo --source tryton: exit %d\n%s", code, errs.String())
	}
}

// copy puts a copy into dir, for its owner only. What is in dir already stays.
func (d *demoFolder) copy(dir string) error {
	if d.once.Do(d.make); d.err != nil {
		return d.err
	}
	return filepath.WalkDir(d.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		at, err := filepath.Rel(d.dir, path)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, at)
		if entry.IsDir() {
			return os.MkdirAll(to, 0o700)
		}
		if _, err := os.Stat(to); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, content, 0o600)
	})
}

// remove takes the folder away after the last test.
func (d *demoFolder) remove() error {
	if d.dir == "" {
		return nil
	}
	return os.RemoveAll(d.dir)
}

// copySample is "sample DIR" in a script: DIR has then what millrace demo
// --source tryton --dir DIR makes.
func copySample(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: sample dir")
	}
	ts.Check(trytonDemo.copy(ts.MkAbs(args[0])))
}
