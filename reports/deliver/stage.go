package deliver

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"millrace/eventlog"
	"millrace/reports/export/manifest"
	"millrace/reports/export/sheet"
)

// A set is an export's files on this machine, with their manifest.
type set struct {
	dir      string // where they are
	to       string // the folder they go to, with slashes; "" is none
	format   *sheet.Format
	files    []manifest.File
	manifest string // the name of its file
	notes    []eventlog.Note
}

// stage writes the files of an export into dir, synced, and their manifest.
func stage(ctx context.Context, dir, pattern string, e Export) (*set, error) {
	pattern, err := e.expand(pattern)
	if err != nil {
		return nil, err
	}
	format, err := sheet.FormatOf(pattern)
	if err != nil {
		return nil, err
	}
	files, err := format.Files(e.Workbook)
	if err != nil {
		return nil, err
	}
	to, base := path.Split(pattern)
	s := &set{dir: dir, to: strings.TrimSuffix(to, "/"), format: format}
	if to == "/" {
		s.to = "/"
	}
	s.manifest = strings.NewReplacer("-{sheet}", "", "_{sheet}", "", ".{sheet}", "", "{sheet}", e.Manifest.Name).Replace(base) + manifest.Suffix
	if format.PerSheet() && len(files) > 1 && !strings.Contains(base, "{sheet}") {
		base = strings.TrimSuffix(base, format.Extension) + "-{sheet}" + format.Extension
	}
	for _, f := range files {
		name := strings.ReplaceAll(base, "{sheet}", f.Sheet)
		if !format.PerSheet() {
			name = strings.TrimSuffix(s.manifest, manifest.Suffix)
		}
		if err := manifest.CheckName(name); err != nil {
			return nil, fmt.Errorf("%q: %w", name, err)
		}
		written, notes, err := writeFile(ctx, filepath.Join(dir, name), f)
		if err != nil {
			return nil, err
		}
		s.files, s.notes = append(s.files, written), append(s.notes, notes...)
	}
	m := e.Manifest
	m.Files, m.Results = s.files, slices.Clone(m.Results)
	for _, sh := range e.Workbook.All() {
		i := slices.IndexFunc(m.Results, func(r manifest.Result) bool { return r.Name == sh.Name })
		if i < 0 {
			i = len(m.Results)
			m.Results = append(m.Results, manifest.Result{Name: sh.Name})
		}
		m.Results[i].Rows = int64(len(sh.Rows))
	}
	text, err := m.Bytes()
	if err != nil {
		return nil, err
	}
	return s, create(filepath.Join(dir, s.manifest), func(w io.Writer) error { _, err := w.Write(text); return err })
}

func writeFile(ctx context.Context, to string, f sheet.File) (manifest.File, []eventlog.Note, error) {
	h, size := sha256.New(), int64(0)
	var notes []eventlog.Note
	err := create(to, func(w io.Writer) (err error) {
		counted := counter{io.MultiWriter(w, h), &size}
		notes, err = f.Write(ctx, counted)
		return err
	})
	return manifest.File{Name: filepath.Base(to), Rows: f.Rows, Size: size, SHA256: manifest.Sum(h.Sum(nil))}, notes, err
}

type counter struct {
	io.Writer
	n *int64
}

func (c counter) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	*c.n += int64(n)
	return n, err
}

// create writes a file and syncs it.
func create(name string, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<16)
	err = write(w)
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// folder delivers to a folder of this machine: files are written aside, synced
// and renamed; the manifest goes before the first and comes after the last, so
// that a folder with it is whole.
func folder(ctx context.Context, pattern string, e Export, env Env) (r Receipt, err error) {
	expanded, err := e.expand(filepath.ToSlash(env.Path(pattern)))
	if err != nil {
		return Receipt{}, fmt.Errorf("to: %w", err)
	}
	dir := filepath.Dir(filepath.FromSlash(expanded))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return Receipt{}, err
	}
	aside, err := os.MkdirTemp(dir, ".millrace-export-")
	if err != nil {
		return Receipt{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(aside)) }()
	s, err := stage(ctx, aside, path.Base(expanded), e)
	if err != nil {
		return Receipt{}, err
	}
	if err := ctx.Err(); err != nil {
		return Receipt{}, err
	}
	if err := os.Remove(filepath.Join(dir, s.manifest)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return Receipt{}, err
	}
	if err := syncDir(dir); err != nil {
		return Receipt{}, err
	}
	for _, f := range s.files {
		if err := os.Rename(filepath.Join(aside, f.Name), filepath.Join(dir, f.Name)); err != nil {
			return Receipt{}, err
		}
	}
	if err := syncDir(dir); err != nil {
		return Receipt{}, err
	}
	if err := os.Rename(filepath.Join(aside, s.manifest), filepath.Join(dir, s.manifest)); err != nil {
		return Receipt{}, err
	}
	return Receipt{Place: dir, Files: s.files, Tries: 1, Notes: s.notes}, syncDir(dir)
}

// syncDir makes the names of a folder outlive a power cut, where the system can.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = f.Sync() // Windows and some network drives cannot
	return f.Close()
}
