// Package rawfile finds the files of a folder that are no tables: interchanges,
// bank statements. It knows folders, patterns and gzip; it does not know what
// is in a file.
package rawfile

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A File is one of a folder.
type File struct {
	Name string // below the folder, with slashes
	Path string
	Size int64 // bytes once unzipped; known after Look
}

// List returns the files of a folder and the folders within, or those that a
// pattern such as archive/*/*.edi names, or a single file, in the order of
// their names. What begins with a point is left out. Files of the folder that
// are called as one of beside are there even if the pattern does not name them.
func List(path string, beside ...string) ([]File, error) {
	paths, root, err := paths(path)
	if err != nil {
		return nil, err
	}
	for _, name := range beside {
		if p := filepath.Join(root, name); !slices.Contains(paths, p) {
			paths = append(paths, regular([]string{p})...)
		}
	}
	list := make([]File, len(paths))
	for i, p := range paths {
		name, err := filepath.Rel(root, p)
		if err != nil {
			return nil, err
		}
		list[i] = File{Name: filepath.ToSlash(name), Path: p}
	}
	return list, nil
}

func paths(path string) (list []string, root string, err error) {
	info, err := os.Stat(path)
	switch {
	case err != nil && strings.ContainsAny(path, "*?["):
		if list, err = filepath.Glob(path); err != nil {
			return nil, "", fmt.Errorf("%s: %w", path, err)
		}
		if len(list) == 0 {
			return nil, "", fmt.Errorf("%s: no file is named so", path)
		}
		for root = path; strings.ContainsAny(root, "*?["); {
			root = filepath.Dir(root)
		}
		list = slices.DeleteFunc(regular(list), func(p string) bool {
			return strings.Contains(filepath.ToSlash(strings.TrimPrefix(p, root)), "/.")
		})
		return list, root, nil
	case err != nil:
		return nil, "", err
	case !info.IsDir():
		return []string{path}, filepath.Dir(path), nil
	}
	err = filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case p != path && strings.HasPrefix(d.Name(), ".") && d.IsDir():
			return fs.SkipDir
		case d.Type().IsRegular() && !strings.HasPrefix(d.Name(), "."):
			list = append(list, p)
		}
		return nil
	})
	return list, path, err
}

// regular leaves folders out, and what is not there.
func regular(paths []string) []string {
	var list []string
	for _, p := range paths {
		if info, err := os.Stat(p); err == nil && info.Mode().IsRegular() {
			list = append(list, p)
		}
	}
	return list
}

// headBytes is how much of a file's beginning Look shows.
const headBytes = 4096

// Look shows the beginning of a file to want. If that says yes, the file's
// name and content are written to sum, and its size is known.
func (f *File) Look(sum io.Writer, want func(head []byte) bool) (wanted bool, err error) {
	r, err := f.Open(func(n int) { f.Size += int64(n) })
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	f.Size = 0
	b := bufio.NewReaderSize(r, headBytes)
	head, err := b.Peek(headBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("%s: %w", f.Path, err)
	}
	if len(head) == 0 || !want(head) {
		return false, nil
	}
	fmt.Fprintf(sum, "%s\n", f.Name)
	if _, err := io.Copy(sum, b); err != nil {
		return false, fmt.Errorf("%s: %w", f.Path, err)
	}
	return true, nil
}

// Open opens the file, unzipped if its name ends with .gz; count is told how
// many bytes were read.
func (f *File) Open(count func(n int)) (io.ReadCloser, error) {
	file, err := os.Open(f.Path)
	if err != nil {
		return nil, err
	}
	if !strings.HasSuffix(strings.ToLower(f.Path), ".gz") {
		return &counted{file, file, count}, nil
	}
	z, err := gzip.NewReader(file)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", f.Path, err), file.Close())
	}
	return &counted{z, file, count}, nil
}

// A counted tells how many bytes were read of it.
type counted struct {
	io.Reader
	io.Closer
	count func(n int)
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.count(n)
	return n, err
}
