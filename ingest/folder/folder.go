// Package folder reads a folder of exported tables, one file a table, in place
// of the live system they come from. It knows files; what the tables mean is
// the system's mapping.
package folder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
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
	"millrace/ingest/csvfile"
)

// extensions are those of a table's file, in the order in which they are tried.
var extensions = []string{".csv", ".csv.gz", ".tsv", ".tsv.gz"}

// Tables are the files of a folder that are tables of a system.
type Tables struct {
	Rows    []eventlog.TableRows // one for each table that is there, in the system's order
	Content string               // hash of all of them
	Notes   []eventlog.Note

	tables []*csvfile.Table
	rows   atomic.Int64
}

// Open opens the tables of sys in a folder. A table that the system
// cannot do without is an error; it names all that are missing. complete says that the
// folder holds every row of each table, and not only new ones.
func Open(ctx context.Context, dir string, sys *eventlog.System, complete bool) (*Tables, error) {
	t := &Tables{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	var missing, used []string
	for _, table := range sys.Tables {
		file := fileOf(entries, table.Name)
		if file == "" && table.Optional {
			continue
		}
		if file == "" {
			missing = append(missing, table.Name)
			continue
		}
		used = append(used, file)
		if err := t.add(ctx, filepath.Join(dir, file), table.Name, complete, sum); err != nil {
			return nil, err
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("%s: no file for the tables %s of %s; export each as TABLE.csv", dir, strings.Join(missing, ", "), sys.Kind)
	}
	var other []string
	for _, e := range entries {
		if !e.IsDir() && !slices.Contains(used, e.Name()) && slices.ContainsFunc(extensions, func(x string) bool { return strings.HasSuffix(e.Name(), x) }) {
			other = append(other, e.Name())
		}
	}
	if len(other) > 0 {
		t.Notes = append(t.Notes, eventlog.Note{Code: "other-files", Text: fmt.Sprintf("%s: not tables of %s, so not read: %s", dir, sys.Kind, strings.Join(other, ", "))})
	}
	t.Content = "sha256:" + hex.EncodeToString(sum.Sum(nil))
	return t, nil
}

// fileOf finds the file of a table, "" if there is none.
func fileOf(entries []fs.DirEntry, table string) string {
	for _, x := range extensions {
		for _, e := range entries {
			if strings.EqualFold(e.Name(), table+x) {
				return e.Name()
			}
		}
	}
	return ""
}

func (t *Tables) add(ctx context.Context, file, name string, complete bool, sum io.Writer) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	fmt.Fprintf(sum, "%s\n", name)
	_, err = io.Copy(sum, f)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	table, err := csvfile.OpenTable(ctx, file, ingest.Options{})
	if err != nil {
		return err
	}
	t.tables = append(t.tables, table)
	t.Rows = append(t.Rows, eventlog.TableRows{
		Table: name, File: filepath.Base(file), Columns: table.Columns(), Complete: complete,
		Rows: func(fn func(line int64, fields []string) error) error {
			return table.Rows(ctx, func(line int64, fields []string) error {
				t.rows.Add(1)
				return fn(line, fields)
			})
		},
		Rejected: table.Rejects,
	})
	return nil
}

// Progress returns how many bytes of how many have been read.
func (t *Tables) Progress() (done, total int64) {
	for _, table := range t.tables {
		d, n := table.Progress()
		done, total = done+d, total+n
	}
	return done, total
}

// Read returns how many rows have been read.
func (t *Tables) Read() int64 { return t.rows.Load() }
