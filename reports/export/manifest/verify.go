package manifest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Fault is a file that is not what its manifest says.
type Fault struct {
	Manifest string // the name of its file
	File     string
	What     string // "is missing", …
}

func (f Fault) String() string { return fmt.Sprintf("%s: %s %s", f.Manifest, f.File, f.What) }

// Verify checks the files of a folder against every manifest in it, reading
// each file once. It returns the manifests that it read, by the names of their
// files, and all that is wrong; files that no manifest names are not looked at.
// A folder without a manifest, or with one that cannot be read, is an error.
func Verify(dir string) ([]Manifest, []Fault, error) {
	entries, err := os.ReadDir(dir) // by name
	if err != nil {
		return nil, nil, err
	}
	var all []Manifest
	var faults []Fault
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), Suffix) || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, nil, err
		}
		m, err := Parse(text)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", filepath.Join(dir, e.Name()), err)
		}
		all = append(all, m)
		for _, f := range m.Files {
			what, err := f.verify(dir)
			if err != nil {
				return nil, nil, err
			}
			if what != "" {
				faults = append(faults, Fault{e.Name(), f.Name, what})
			}
		}
	}
	if len(all) == 0 {
		return nil, nil, fmt.Errorf("%s: has no manifest (*%s): an export that was cut off has none, write it again", dir, Suffix)
	}
	return all, slices.Clip(faults), nil
}

func (f File) verify(dir string) (string, error) {
	r, err := os.Open(filepath.Join(dir, f.Name))
	if errors.Is(err, fs.ErrNotExist) {
		return "is missing", nil
	}
	if err != nil {
		return "", err
	}
	defer r.Close()
	h := sha256.New()
	n, err := io.Copy(h, r)
	switch {
	case err != nil:
		return "", err
	case n != f.Size:
		return fmt.Sprintf("has %d bytes, not %d", n, f.Size), nil
	case Sum(h.Sum(nil)) != f.SHA256:
		return "has as many bytes as it should, but not the same", nil
	}
	return "", nil
}
