package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"

	"millrace/eventlog"
	"millrace/ingest/sheet"
	"millrace/metrics"
)

// fileFlags are of figures from a plain list with nothing set up.
type fileFlags struct {
	File string `placeholder:"LIST" group:"From a file" help:"A list of receivables or orders (CSV, XLSX, Parquet, JSON lines) in place of the project's store."`
	Map  string `placeholder:"FILE" group:"From a file" help:"YAML that says what its columns are, as a source of kind receivables or orders does: columns, currency, layout, payments …"`
	Of   string `placeholder:"KIND" group:"From a file" help:"What the list is of, receivables or orders; default: by its columns."`
}

// A fileStore is the project's store, or one that a list was read into, which
// goes when it is closed.
type fileStore struct {
	*eventlog.Store
	closers []io.Closer
}

func (s *fileStore) Close() error { return closeAll(s.closers) }

// store opens the project's store, or reads the file into one of its own.
func (f *fileFlags) store(e *env) (_ *fileStore, err error) {
	if f.File == "" {
		if f.Map != "" || f.Of != "" {
			return nil, usageError{errors.New("--map and --of are about a list; name it by --file")}
		}
		s, err := e.openClosed()
		if err != nil {
			return nil, err
		}
		return &fileStore{s, []io.Closer{s}}, nil
	}
	p, err := f.plan(e)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "millrace-") // 0700
	if err != nil {
		return nil, err
	}
	made := *e
	project := *e.Project
	project.Store, project.Retention, project.Logs = filepath.Join(dir, "temporary.duckdb"), retentionSpec{}, nil
	project.Names.Keep = true // a list has no users, and the key to their pseudonyms would go with the store
	made.Project = &project
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	r, err := made.read(p, readOptions{})
	if err != nil {
		return nil, err
	}
	receipts, err := loadReadings(&made, []*reading{r}, f.File)
	if err != nil {
		return nil, err
	}
	for _, receipt := range receipts {
		printRejects(e, receipt.Rejects, receipt.RowsRejected)
		printNotes(e.Stderr, receipt.Notes)
	}
	s, err := made.openClosed()
	if err != nil {
		return nil, err
	}
	return &fileStore{s, []io.Closer{tempDir(dir), s}}, nil
}

// plan is the list as the only source of a project. Paths are relative to where
// the program runs, those in the mapping to the mapping.
func (f *fileFlags) plan(e *env) (*planned, error) {
	if info, err := os.Stat(f.File); err != nil || info.IsDir() {
		return nil, usageError{fmt.Errorf("--file: there is no file %q", f.File)}
	}
	var c sheet.Config
	if f.Map != "" {
		text, err := os.ReadFile(f.Map)
		if err != nil {
			return nil, fmt.Errorf("--map: %w", err)
		}
		if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&c); err != nil && len(bytes.TrimSpace(text)) > 0 {
			return nil, usageError{fmt.Errorf("%s: %s", f.Map, yaml.FormatError(err, false, true))}
		}
		if c.Path != "" {
			return nil, usageError{fmt.Errorf("%s: path: the file is %s; leave path out", f.Map, f.File)}
		}
		for _, path := range []*string{&c.Mapping, &c.Extend} {
			if *path != "" && !filepath.IsAbs(*path) {
				*path = filepath.Join(filepath.Dir(f.Map), *path)
			}
		}
		if c.Payments != nil && c.Payments.Path != "" && !filepath.IsAbs(c.Payments.Path) {
			c.Payments.Path = filepath.Join(filepath.Dir(f.Map), c.Payments.Path)
		}
	}
	var err error
	if c.Path, err = filepath.Abs(f.File); err != nil {
		return nil, err
	}
	for _, path := range []*string{&c.Mapping, &c.Extend} {
		if *path, err = absolute(*path); err != nil {
			return nil, err
		}
	}
	if c.Payments != nil {
		if c.Payments.Path, err = absolute(c.Payments.Path); err != nil {
			return nil, err
		}
	}
	k, err := f.kind(e, &c)
	if err != nil {
		return nil, err
	}
	if err := c.Check(k); err != nil {
		return nil, usageError{fmt.Errorf("%s: %w", first(f.Map, f.File), err)}
	}
	p := &planned{name: "list", list: &listSource{&c, k}}
	return p, p.system(e.Project, nil, nil)
}

// absolute makes a path one that does not depend on the project's folder.
func absolute(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	return filepath.Abs(path)
}

// kind is what the list is of: what was said, or the only one whose needed columns are there.
func (f *fileFlags) kind(e *env, c *sheet.Config) (*sheet.Kind, error) {
	if f.Of != "" {
		k, ok := sheet.KindOf(f.Of)
		if !ok {
			return nil, usageError{fmt.Errorf("--of must be one of \"receivables\",\"orders\" but got %q", f.Of)}
		}
		return k, nil
	}
	var fit []*sheet.Kind
	var errs []string
	for _, k := range sheet.Kinds() {
		if err := sheet.Fits(e, e.Project.dir, &k, *c); err == nil {
			fit = append(fit, &k)
		} else {
			errs = append(errs, fmt.Sprintf("  as %s: %v", k.Name, err))
		}
	}
	switch len(fit) {
	case 1:
		return fit[0], nil
	case 0:
		return nil, usageError{fmt.Errorf("%s: it is not clear what the list is of and what its columns are; say the columns in a file for --map, and what it is by --of\n%s", f.File, strings.Join(errs, "\n"))}
	}
	return nil, usageError{fmt.Errorf("%s may be a list of receivables or of orders; say which by --of", f.File)}
}

// sayUnderstood tells how a plain list is understood.
func sayUnderstood(w io.Writer, files fileTables) {
	if t, ok := files.(*sheet.Tables); ok {
		for _, text := range t.Understood() {
			fmt.Fprintln(w, printable(text))
		}
	}
}

// tellable are the values that there are, and says how many figures have none: a
// list tells few of all, and whoever wants to know why names them.
func tellable(w io.Writer, values []metrics.Value) (known []metrics.Value) {
	all, with := map[string]bool{}, map[string]bool{}
	for _, v := range values {
		all[v.KPI.Name] = true
		if v.Known() && v.N > 0 {
			with[v.KPI.Name] = true
		}
	}
	for _, v := range values {
		if with[v.KPI.Name] {
			known = append(known, v)
		}
	}
	if n := len(all) - len(with); n > 0 {
		fmt.Fprintf(w, "%d figures that the list does not tell are left out; name them to see why\n", n)
	}
	return known
}
