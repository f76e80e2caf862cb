package feeds

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/ingest/folder"
)

// Config is a feed of the user's own in a project: files, and SQL that says
// what they mean. Paths are relative to the project.
//
//	carrier:
//	  csv: {path: "feeds/carrier-*.csv", mapping: carrier.sql}
type Config struct {
	// Path is a pattern of files (CSV, JSON lines, Parquet, XLSX; gzipped too):
	// all of them are one table, named as the source.
	Path string
	// Mapping is a file of SQL that makes the views of [eventlog.System]. It
	// begins with what [Keys] has.
	Mapping string
	// Tables names several tables, or says more of one, in place of Path.
	Tables   map[string]TableConfig
	Timezone string // IANA zone of times without one; default: the project's
	// Partial says that the files hold what is new: a row that is not in them
	// any more stays. By default it is taken for deleted.
	Partial bool
	// Uses lists sources whose objects the mapping reads from the store.
	Uses []string
}

// TableConfig is a table of a feed of the user's own.
type TableConfig struct {
	Path     string            // pattern of its files
	Key      []string          // columns that identify a row; none: equal rows are counted
	Columns  map[string]string // column → DuckDB type; all others are text
	Optional bool              // the mapping does without: it is empty where no file is there
	Personal []string          // columns with names of users
}

// tables lists the tables of a feed by name.
func (c Config) tables(source string) (map[string]TableConfig, error) {
	switch {
	case c.Path == "" && len(c.Tables) == 0:
		return nil, errors.New(`path is missing: which files? A pattern such as "feeds/carrier-*.csv", or tables with a path each`)
	case c.Path != "" && len(c.Tables) > 0:
		return nil, errors.New("path and tables: give each table its own path, and leave the other out")
	case c.Path != "":
		return map[string]TableConfig{strings.ReplaceAll(source, "-", "_"): {Path: c.Path}}, nil
	}
	return c.Tables, nil
}

// Custom returns the system that a feed of the user's own makes: its tables,
// and the mapping, which it reads from its file in dir.
func Custom(name, dir string, c Config) (*eventlog.System, error) {
	tables, err := c.tables(name)
	if err != nil {
		return nil, err
	}
	if c.Mapping == "" {
		return nil, errors.New("mapping is missing: a file of SQL that makes views named event, event_object, object_object, object_change, object_TYPE or link")
	}
	text, err := os.ReadFile(within(dir, c.Mapping))
	if err != nil {
		return nil, fmt.Errorf("mapping: %w", err)
	}
	sys := &eventlog.System{
		Name: name, Kind: "csv", Timezone: c.Timezone, Model: o2c.Model(), Uses: c.Uses,
		Mapping: Keys(), Extension: string(text), ExtensionFile: c.Mapping,
	}
	for _, t := range sortedNames(tables) {
		x, err := table(t, tables[t])
		if err != nil {
			return nil, fmt.Errorf("tables: %s: %w", t, err)
		}
		sys.Tables = append(sys.Tables, x)
	}
	return sys, nil
}

// reserved are the names that a mapping's views have: a table of that name
// could not be read.
var reserved = []string{"event", "event_object", "object_object", "object_change", "link", "reference", "known", "described", "actor"}

func table(name string, c TableConfig) (eventlog.Table, error) {
	t := eventlog.Table{Name: name, Key: c.Key, Optional: c.Optional, Personal: c.Personal}
	if slices.Contains(reserved, strings.ToLower(name)) || strings.HasPrefix(strings.ToLower(name), "object_") {
		return t, fmt.Errorf("the mapping's own view may have the name %q; call the table another", name)
	}
	if c.Path == "" {
		return t, errors.New("path is missing: which files?")
	}
	for _, column := range sortedNames(c.Columns) {
		t.Columns = append(t.Columns, eventlog.TableColumn{Name: column, SQL: c.Columns[column]})
	}
	for _, column := range slices.Concat(c.Key, c.Personal) {
		if !slices.ContainsFunc(t.Columns, func(x eventlog.TableColumn) bool { return x.Name == column }) {
			t.Columns = append(t.Columns, eventlog.TableColumn{Name: column, SQL: "VARCHAR"})
		}
	}
	if c.Optional && len(t.Columns) == 0 {
		return t, errors.New("optional, but without key or columns: what does the mapping find where no file is there?")
	}
	return t, nil
}

// Open opens the files of a feed of the user's own, patterns being in dir.
// Close what is returned.
func (c Config) Open(ctx context.Context, name, dir string) (*folder.Tables, error) {
	tables, err := c.tables(name)
	if err != nil {
		return nil, err
	}
	var given []folder.Given
	for _, t := range sortedNames(tables) {
		paths, err := filepath.Glob(within(dir, tables[t].Path))
		if err != nil {
			return nil, fmt.Errorf("path: %q is no pattern: %w", tables[t].Path, err)
		}
		paths = slices.DeleteFunc(paths, func(path string) bool {
			info, err := os.Stat(path)
			return err == nil && info.IsDir() || strings.HasPrefix(filepath.Base(path), "~$") // of a workbook that is open in Excel
		})
		if len(paths) == 0 && tables[t].Optional {
			continue
		}
		if len(paths) == 0 {
			return nil, fmt.Errorf("path: no file matches %q", within(dir, tables[t].Path))
		}
		x, err := table(t, tables[t])
		if err != nil {
			return nil, fmt.Errorf("tables: %s: %w", t, err)
		}
		given = append(given, folder.Given{Table: x, Files: paths})
	}
	return folder.OpenFiles(ctx, given, !c.Partial)
}

func within(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

func sortedNames[T any](m map[string]T) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
