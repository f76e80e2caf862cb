package edi

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"millrace/eventlog"
	"millrace/ingest/edi/interchange"
)

// A file holds interchanges.
type file struct {
	name string // below the folder
	path string
	size int64
}

// find lists the files of a folder and the folders within, or of a pattern, by
// name; what begins with no interchange is left out, and said.
func (t *Tables) find(ctx context.Context, dir string) error {
	paths, root, err := list(dir)
	if err != nil {
		return err
	}
	sum := sha256.New()
	var other []string
	for _, path := range paths {
		if err := ctx.Err(); err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		f := file{name: filepath.ToSlash(name), path: path}
		partner := strings.EqualFold(filepath.Base(path), partnerFile)
		ours, err := f.sum(sum, partner)
		switch {
		case err != nil:
			return err
		case partner && t.partners != nil:
			return fmt.Errorf("%s: a second %s, besides %s", path, partnerFile, t.partners.path)
		case partner:
			if t.partners, err = openPartners(ctx, path); err != nil {
				return err
			}
		case ours:
			t.files = append(t.files, f)
			t.total += f.size
		default:
			other = append(other, f.name)
		}
	}
	if len(other) > 0 {
		t.notes = append(t.notes, eventlog.Note{Code: "other-files", Text: fmt.Sprintf("%s: %d files do not begin with an interchange, so not read: %s",
			dir, len(other), strings.Join(other[:min(len(other), 5)], ", "))})
	}
	t.Content = "sha256:" + hex.EncodeToString(sum.Sum(nil))
	return nil
}

// list returns the files in order, and the folder that they are named from.
func list(dir string) (paths []string, root string, err error) {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		root = filepath.Dir(dir)
		return withPartners([]string{dir}, root), root, nil
	} else if err != nil && strings.ContainsAny(dir, "*?[") {
		paths, err := filepath.Glob(dir)
		if err == nil && len(paths) == 0 {
			err = fmt.Errorf("%s: no file is named so", dir)
		}
		root = dir
		for strings.ContainsAny(root, "*?[") {
			root = filepath.Dir(root)
		}
		return withPartners(files(paths), root), root, err
	} else if err != nil {
		return nil, "", err
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path != dir && strings.HasPrefix(d.Name(), ".") && d.IsDir():
			return fs.SkipDir
		case d.Type().IsRegular() && !strings.HasPrefix(d.Name(), "."):
			paths = append(paths, path)
		}
		return nil
	})
	return paths, dir, err
}

// withPartners adds partner.csv of the folder if it is not one of the files.
func withPartners(paths []string, root string) []string {
	if path := filepath.Join(root, partnerFile); !slices.Contains(paths, path) {
		paths = append(paths, files([]string{path})...)
	}
	return paths
}

// files leaves folders out, and what is not there.
func files(paths []string) []string {
	var list []string
	for _, p := range paths {
		if info, err := os.Stat(p); err == nil && info.Mode().IsRegular() {
			list = append(list, p)
		}
	}
	return list
}

// sum adds a file to a hash if it is of use, and says whether it holds
// interchanges.
func (f *file) sum(to io.Writer, anyway bool) (bool, error) {
	r, err := f.open(func(n int) { f.size += int64(n) })
	if err != nil {
		return false, err
	}
	b := bufio.NewReader(r)
	head, err := b.Peek(64)
	ours := interchange.Begins(head)
	if len(head) > 0 && (ours || anyway) {
		fmt.Fprintf(to, "%s\n", f.name)
		_, err = io.Copy(to, b)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", f.path, err)
	}
	return ours, errors.Join(err, r.Close())
}

// open opens the file, unzipped; count is told how many bytes were read.
func (f *file) open(count func(n int)) (io.ReadCloser, error) {
	file, err := os.Open(f.path)
	if err != nil {
		return nil, err
	}
	c := &counted{file, file, count}
	if !strings.HasSuffix(strings.ToLower(f.path), ".gz") {
		return c, nil
	}
	z, err := gzip.NewReader(file)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", f.path, err), file.Close())
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
