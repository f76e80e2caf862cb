package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

//go:embed sample.yaml
var sampleProject []byte

// initCmd is millrace init.
type initCmd struct {
	Dir string `arg:"" optional:"" default:"." help:"Folder of the project."`
}

func (c *initCmd) Help() string { return "Example: millrace init sales" }

func (c *initCmd) Run(e *env) error {
	path := filepath.Join(c.Dir, "millrace.yaml")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s exists; it was left as it is", path)
	}
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path, sampleProject, 0o600); err != nil {
		return err
	}
	fmt.Fprintf(e.Stdout, "wrote %s; next: name your sources in it, then run millrace ingest\n", path)
	return nil
}
