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

	"millrace/eventlog"
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
		found := map[string][]slice{}
		for _, path := range g.Files {
			if _, err := t.open(ctx, path, filepath.Base(path), g.Table.Name, []eventlog.Table{g.Table}, found); err != nil {
				return nil, err
			}
			if err := hashFile(sum, path, g.Table.Name+"/"+filepath.Base(path)); err != nil {
				return nil, err
			}
		}
		list := found[g.Table.Name]
		t.Rows = append(t.Rows, rows(ctx, &g.Table, list, complete, func() { t.rows.Add(1) }))
		t.note(&g.Table, list)
	}
	t.Content = "sha256:" + hex.EncodeToString(sum.Sum(nil))
	return t, nil
}

// hashFile adds a file and what it is called to a hash.
func hashFile(sum io.Writer, path, name string) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	fmt.Fprintf(sum, "%s\n", name)
	if _, err = io.Copy(sum, f); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
