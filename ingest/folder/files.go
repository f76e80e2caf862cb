package folder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"millrace/eventlog"
	"millrace/ingest"
)

// A Given is a table and the files that are its slices, whatever their names.
type Given struct {
	Table eventlog.Table
	Files []string
}

// OpenFiles opens tables whose files are known, as Open does a folder. Of a
// workbook the sheet that is named as the table is read, else the first.
func OpenFiles(ctx context.Context, given []Given, complete bool) (_ *Tables, err error) {
	t := &Tables{}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.Close())
		}
	}()
	sum := sha256.New()
	for i := range given {
		g := &given[i]
		var list []slice
		for _, path := range g.Files {
			s, err := t.openFile(ctx, path, g.Table.Name)
			if err != nil {
				return nil, err
			}
			list = append(list, s)
			fmt.Fprintf(sum, "%s/%s\n", g.Table.Name, filepath.Base(path))
			if err := hashFile(sum, path); err != nil {
				return nil, err
			}
		}
		t.Rows = append(t.Rows, rows(ctx, g.Table.Name, list, complete, func() { t.rows.Add(1) }))
		t.note(&g.Table, list)
	}
	t.Content = "sha256:" + hex.EncodeToString(sum.Sum(nil))
	return t, nil
}

// openFile opens a file as a slice of a table.
func (t *Tables) openFile(ctx context.Context, path, table string) (s slice, err error) {
	s.place = filepath.Base(path)
	switch strings.ToLower(filepath.Ext(path)) {
	case ".xlsx", ".xlsm":
		b, err := openBook(path, []string{table})
		if err != nil {
			return s, err
		}
		t.books = append(t.books, b)
		sheet := ""
		if list := b.sheets[table]; len(list) > 0 {
			sheet = list[0]
		}
		opened, err := b.Table(ctx, sheet, ingest.Options{})
		if err != nil {
			return s, err
		}
		s = slice{opened.Name(), textTable{opened}}
	default:
		if s.table, err = openSlice(ctx, path); err != nil {
			return s, err
		}
	}
	t.slices = append(t.slices, s)
	return s, nil
}

func hashFile(sum io.Writer, path string) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err = io.Copy(sum, f); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
