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
	"maps"
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

// Open opens the tables of sys in a folder. A file is a table by its name or
// an alias, or a slice of it (VBAK_1.csv, VBAK-2024.parquet); so is a sheet of
// a workbook, or the workbook is the table. All files of a folder that is
// called as a table are slices of it. A table that the system cannot do without is an
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
	found, other, err := t.find(ctx, dir, entries, sys.Tables)
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
		t.Rows = append(t.Rows, rows(ctx, &table, list, complete, func() { t.rows.Add(1) }))
		t.note(&table, list)
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("%s: no file for the tables %s of %s; export each as TABLE.csv, .parquet, .jsonl or .xlsx", dir, strings.Join(missing, ", "), sys.Kind)
	}
	if len(other) > 0 {
		t.add("other-files", "%s: not tables of %s, so not read: %s", dir, sys.Kind, strings.Join(other, ", "))
	}
	sum := sha256.New()
	if err = content(sum, dir, "", entries); err != nil {
		return nil, err
	}
	for _, e := range entries {
		if !e.IsDir() || folderTable(e.Name(), sys.Tables) == "" {
			continue
		}
		sub, err := os.ReadDir(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		if err := content(sum, filepath.Join(dir, e.Name()), e.Name()+"/", sub); err != nil {
			return nil, err
		}
	}
	t.Content = "sha256:" + hex.EncodeToString(sum.Sum(nil))
	return t, nil
}

// find opens every file that is a table, in the order of their names; what is
// none but looks like one is other.
func (t *Tables) find(ctx context.Context, dir string, entries []fs.DirEntry, tables []eventlog.Table) (found map[string][]slice, other []string, err error) {
	found = map[string][]slice{}
	for _, e := range entries {
		name := stem(e.Name())
		if e.IsDir() {
			table := folderTable(e.Name(), tables)
			if table == "" {
				if !strings.HasPrefix(e.Name(), ".") {
					other = append(other, e.Name()+"/")
				}
				continue
			}
			if err := t.findIn(ctx, filepath.Join(dir, e.Name()), table, found); err != nil {
				return nil, nil, err
			}
			continue
		}
		if name == "" || strings.HasPrefix(name, "~$") { // of a workbook that is open in Excel
			continue
		}
		if better := twin(entries, e.Name()); better != "" {
			t.add("same-table", "%s: not read, as %s is the same table in another format", filepath.Join(dir, e.Name()), better)
			continue
		}
		table := tableOf(name, tables)
		known, err := t.open(ctx, filepath.Join(dir, e.Name()), e.Name(), table, tables, found)
		if err != nil {
			return nil, nil, err
		}
		if !known {
			other = append(other, e.Name())
		}
	}
	return found, other, nil
}

// findIn opens the files of a folder that is called as a table, whatever they
// are called themselves.
func (t *Tables) findIn(ctx context.Context, dir, table string, found map[string][]slice) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() || stem(e.Name()) == "" || strings.HasPrefix(e.Name(), "~$") {
			continue
		}
		path := filepath.Join(dir, e.Name())
		if better := twin(entries, e.Name()); better != "" {
			t.add("same-table", "%s: not read, as %s is the same table in another format", path, better)
			continue
		}
		place := filepath.Base(dir) + "/" + e.Name()
		if _, err := t.open(ctx, path, place, table, nil, found); err != nil {
			return err
		}
	}
	return nil
}

// open opens one file as slices of what it holds: of the table it is called
// as, or, of a workbook, of those its sheets are called as. It says whether it
// holds any.
func (t *Tables) open(ctx context.Context, path, place, table string, tables []eventlog.Table, found map[string][]slice) (bool, error) {
	add := func(table string, s slice) {
		found[table] = append(found[table], s)
		t.slices = append(t.slices, s)
	}
	if x := strings.ToLower(filepath.Ext(path)); x == ".xlsx" || x == ".xlsm" {
		b, err := openBook(path, table, tables)
		if err != nil {
			return false, err
		}
		t.books = append(t.books, b)
		for _, table := range slices.Sorted(maps.Keys(b.sheets)) {
			for _, sheet := range b.sheets[table] {
				opened, err := b.Table(ctx, sheet, ingest.Options{})
				if err != nil {
					return false, err
				}
				add(table, slice{opened.Name(), textTable{opened}})
			}
		}
		return len(b.sheets) > 0, nil
	}
	if table == "" {
		return false, nil
	}
	opened, err := openSlice(ctx, path)
	if err != nil {
		return false, err
	}
	add(table, slice{place, opened})
	return true, nil
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

// content adds the files that may hold tables, and their names, to a hash.
func content(sum io.Writer, dir, prefix string, entries []fs.DirEntry) error {
	for _, e := range entries {
		if e.IsDir() || stem(e.Name()) == "" {
			continue
		}
		if err := hashFile(sum, filepath.Join(dir, e.Name()), prefix+e.Name()); err != nil {
			return err
		}
	}
	return nil
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
