// Package folder reads a folder of exported tables in place of the live system
// they come from: CSV, Parquet, JSON lines, sheets of workbooks; a table in one
// file or in slices. It knows files; what the tables mean is the system's
// mapping.
package folder

import (
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
	"sync/atomic"

	"millrace/eventlog"
	"millrace/ingest"
)

// Tables are the files of a folder that are tables of a system.
type Tables struct {
	Rows    []eventlog.TableRows // one for each table that is there, in the system's order
	Content string               // hash of all of them

	notes  []eventlog.Note
	slices []slice
	books  []*book
	rows   atomic.Int64
}

// Open opens the tables of sys in a folder. A file is a table by its name, or
// a slice of it (VBAK_1.csv, VBAK-2024.parquet); a sheet of a workbook too, or
// the workbook is the table. A table that the system cannot do without is an
// error; it names all that are missing. complete says that the folder holds
// every row of each table, and not only new ones. Close what is returned.
func Open(ctx context.Context, dir string, sys *eventlog.System, complete bool) (_ *Tables, err error) {
	t := &Tables{}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.Close())
		}
	}()
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(sys.Tables))
	for i := range names {
		names[i] = sys.Tables[i].Name
	}
	found, other, err := t.find(ctx, dir, entries, names)
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, table := range sys.Tables {
		list := found[table.Name]
		if len(list) == 0 {
			if !table.Optional {
				missing = append(missing, table.Name)
			}
			continue
		}
		t.Rows = append(t.Rows, rows(ctx, table.Name, list, complete, func() { t.rows.Add(1) }))
		t.note(&table, list)
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("%s: no file for the tables %s of %s; export each as TABLE.csv, .parquet, .jsonl or .xlsx", dir, strings.Join(missing, ", "), sys.Kind)
	}
	if len(other) > 0 {
		t.add("other-files", "%s: not tables of %s, so not read: %s", dir, sys.Kind, strings.Join(other, ", "))
	}
	t.Content, err = content(dir, entries)
	return t, err
}

// find opens every file that is a table, in the order of their names; what is
// none but looks like one is other.
func (t *Tables) find(ctx context.Context, dir string, entries []fs.DirEntry, names []string) (found map[string][]slice, other []string, err error) {
	found = map[string][]slice{}
	add := func(table string, s slice) {
		found[table] = append(found[table], s)
		t.slices = append(t.slices, s)
	}
	for _, e := range entries {
		name := stem(e.Name())
		if e.IsDir() || name == "" || strings.HasPrefix(name, "~$") { // of a workbook that is open in Excel
			continue
		}
		if better := twin(entries, e.Name()); better != "" {
			t.add("same-table", "%s: not read, as %s is the same table in another format", filepath.Join(dir, e.Name()), better)
			continue
		}
		path := filepath.Join(dir, e.Name())
		if x := strings.ToLower(filepath.Ext(e.Name())); x == ".xlsx" || x == ".xlsm" {
			b, err := openBook(path, names)
			if err != nil {
				return nil, nil, err
			}
			t.books = append(t.books, b)
			if len(b.sheets) == 0 {
				other = append(other, e.Name())
			}
			for _, table := range names {
				for _, sheet := range b.sheets[table] {
					opened, err := b.Table(ctx, sheet, ingest.Options{})
					if err != nil {
						return nil, nil, err
					}
					add(table, slice{opened.Name(), textTable{opened}})
				}
			}
			continue
		}
		table := tableOf(name, names)
		if table == "" {
			other = append(other, e.Name())
			continue
		}
		opened, err := openSlice(ctx, path)
		if err != nil {
			return nil, nil, err
		}
		add(table, slice{e.Name(), opened})
	}
	return found, other, nil
}

// twin returns the file with the same name but for the extension that is read
// instead, "" if there is none: the one whose extension is listed earlier.
func twin(entries []fs.DirEntry, file string) string {
	best, bestRank := "", rank(file)
	for _, e := range entries {
		if r := rank(e.Name()); !e.IsDir() && r < bestRank && strings.EqualFold(stem(e.Name()), stem(file)) {
			best, bestRank = e.Name(), r
		}
	}
	return best
}

// rank is where a file's extension is in the list; one that is compressed
// comes right after.
func rank(file string) int {
	plain, packed := strings.CutSuffix(strings.ToLower(file), ".gz")
	n := 2 * slices.Index(extensions, filepath.Ext(plain))
	if packed {
		n++
	}
	return n
}

// note says what may be wrong with a table in several slices.
func (t *Tables) note(table *eventlog.Table, list []slice) {
	if len(list) == 1 {
		return
	}
	var places []string
	for _, s := range list {
		places = append(places, s.place)
	}
	if len(table.Key) > 0 {
		t.add("slices", "%s is read from %s; of rows with the same key the last counts", table.Name, strings.Join(places, ", "))
		return
	}
	t.add("slices", "%s is read from %s; it has no key, so a row that is in two of them is there twice", table.Name, strings.Join(places, ", "))
}

func (t *Tables) add(code, format string, args ...any) {
	t.notes = append(t.notes, eventlog.Note{Code: code, Text: fmt.Sprintf(format, args...)})
}

// content is the hash of the files that may hold tables, and their names.
func content(dir string, entries []fs.DirEntry) (string, error) {
	sum := sha256.New()
	for _, e := range entries {
		if e.IsDir() || stem(e.Name()) == "" {
			continue
		}
		path := filepath.Join(dir, e.Name())
		f, err := os.Open(path)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s\n", e.Name())
		_, err = io.Copy(sum, f)
		if closed := f.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return "", fmt.Errorf("%s: %w", path, err)
		}
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil)), nil
}

// Notes tells what happened to the files. It is complete after the rows are
// read.
func (t *Tables) Notes() []eventlog.Note {
	list := slices.Clone(t.notes)
	for _, s := range t.slices {
		list = append(list, s.table.Notes()...)
	}
	return list
}

// Progress returns how many bytes of how many have been read.
func (t *Tables) Progress() (done, total int64) {
	for _, s := range t.slices {
		d, n := s.table.Progress()
		done, total = done+d, total+n
	}
	return done, total
}

// Read returns how many rows have been read.
func (t *Tables) Read() int64 { return t.rows.Load() }

// Close closes the files.
func (t *Tables) Close() error {
	var errs []error
	for _, s := range t.slices {
		errs = append(errs, s.table.Close())
	}
	for _, b := range t.books {
		errs = append(errs, b.Close())
	}
	return errors.Join(errs...)
}
