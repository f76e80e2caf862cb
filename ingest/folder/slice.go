package folder

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"millrace/eventlog"
	"millrace/ingest"
	"millrace/ingest/csvfile"
	"millrace/ingest/jsonlfile"
	"millrace/ingest/parquetfile"
	"millrace/ingest/xlsxfile"
)

// A slice is a file, or a sheet of one, with a table's rows or some of them.
type slice struct {
	place string // "VBAK_2.csv", "extract.xlsx:VBAK"
	table tableOfText
}

// A tableOfText is what every format's table can do.
type tableOfText interface {
	Columns() []string
	Rows(ctx context.Context, fn func(line int64, fields []string) error) error
	Rejects() (first []eventlog.Reject, total int64)
	Notes() []eventlog.Note
	Progress() (done, total int64)
	Close() error
}

// textTable makes one of a table of bytes.
type textTable struct{ ingest.Table }

func (t textTable) Rows(ctx context.Context, fn func(line int64, fields []string) error) error {
	return ingest.TextRows(ctx, t.Table, fn)
}

// openSlice opens a file whose name is that of a table.
func openSlice(ctx context.Context, path string) (tableOfText, error) {
	switch lower := strings.ToLower(strings.TrimSuffix(path, ".gz")); {
	case strings.HasSuffix(lower, ".parquet"), strings.HasSuffix(lower, ".pq"):
		return parquetfile.OpenTable(ctx, path)
	case strings.HasSuffix(lower, ".jsonl"), strings.HasSuffix(lower, ".ndjson"), strings.HasSuffix(lower, ".json"):
		t, err := jsonlfile.OpenTable(ctx, path, ingest.Options{})
		if err != nil {
			return nil, err
		}
		return textTable{t}, nil
	}
	t, err := csvfile.OpenTable(ctx, path, ingest.Options{})
	if err != nil {
		return nil, err
	}
	return textTable{t}, nil
}

// A book is an open workbook, and which of its sheets are slices of what.
type book struct {
	*xlsxfile.Workbook
	sheets map[string][]string // of tables
}

// openBook opens a workbook: its sheets are tables by their names, or it is
// one by its own, which is table, and the first sheet has the rows.
func openBook(path, table string, tables []eventlog.Table) (*book, error) {
	w, err := xlsxfile.OpenWorkbook(path)
	if err != nil {
		return nil, err
	}
	b := &book{w, map[string][]string{}}
	for _, sheet := range w.Sheets() {
		if t := tableOf(sheet, tables); t != "" {
			b.sheets[t] = append(b.sheets[t], sheet)
		}
	}
	if len(b.sheets) == 0 && table != "" {
		b.sheets[table] = []string{""}
	}
	return b, nil
}

// extensions are those of a table's file. Of two files that differ in it alone
// the one that comes first here is read.
var extensions = []string{".parquet", ".pq", ".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".xlsx", ".xlsm"}

// stem is a file's name without the extension of a table, "" if it has none.
func stem(file string) string {
	name := file
	if strings.HasSuffix(strings.ToLower(name), ".gz") {
		name = name[:len(name)-len(".gz")]
	}
	x := strings.ToLower(filepath.Ext(name))
	if !slices.Contains(extensions, x) || name != file && (x == ".xlsx" || x == ".xlsm" || x == ".parquet" || x == ".pq") {
		return ""
	}
	return name[:len(name)-len(x)]
}

// part is what may follow a table's name where its rows are in several files:
// _1, -2024, _2024-03, (2), .part-0001, _Q1.
var part = regexp.MustCompile(`^[ _.\-]?\(?(?i:part|teil|slice|page|p|q|kw|w|h)?[ _.\-]?[0-9][0-9QqHhPpWwKk_.\- ]*\)?$`)

// tableOf says which table a name is one of, by its name or an alias, "" if of
// none.
func tableOf(name string, tables []eventlog.Table) string {
	best, known := "", 0
	for _, t := range tables {
		if t.Called(name) {
			return t.Name
		}
		for _, n := range slices.Concat([]string{t.Name}, t.Aliases) {
			if len(name) > len(n) && strings.EqualFold(name[:len(n)], n) && len(n) > known && part.MatchString(name[len(n):]) && !isDigit(n[len(n)-1], name[len(n)]) {
				best, known = t.Name, len(n)
			}
		}
	}
	return best
}

// folderTable says which table all files of a folder are slices of, "" if none.
func folderTable(name string, tables []eventlog.Table) string {
	for _, t := range tables {
		if t.Called(name) {
			return t.Name
		}
	}
	return ""
}

// isDigit says whether both are digits: table T1 has no slice T12.
func isDigit(a, b byte) bool { return a >= '0' && a <= '9' && b >= '0' && b <= '9' }

// Found counts the tables of which a folder with these entries may have rows,
// by the names of its files and folders.
func Found(entries []fs.DirEntry, tables []eventlog.Table) int {
	seen := map[string]bool{}
	for _, e := range entries {
		name := ""
		if e.IsDir() {
			name = folderTable(e.Name(), tables)
		} else if s := stem(e.Name()); s != "" {
			name = tableOf(s, tables)
		}
		if name != "" {
			seen[name] = true
		}
	}
	return len(seen)
}

// There counts the tables that a folder has files or a folder of, by their
// names or aliases. It opens none of them.
func There(dir string, tables []eventlog.Table) (int, error) {
	entries, err := os.ReadDir(dir)
	found := map[string]bool{}
	for _, e := range entries {
		switch {
		case e.IsDir():
			found[folderTable(e.Name(), tables)] = true
		case stem(e.Name()) != "":
			found[tableOf(stem(e.Name()), tables)] = true
		}
	}
	delete(found, "")
	return len(found), err
}

// lineBits is how many bits of a place are the line within its slice.
const lineBits = 40

// rows is all slices of a table as one extract.
func rows(ctx context.Context, t *eventlog.Table, list []slice, complete bool, count func()) eventlog.TableRows {
	list = slices.Clone(list)
	var columns, places []string
	at := make([][]int, len(list)) // of each slice's columns: where in columns
	for i, s := range list {
		places = append(places, s.place)
		s.table = wholeColumns(t, s.table)
		list[i] = s
		for _, c := range t.Names(s.table.Columns()) {
			n := slices.IndexFunc(columns, func(known string) bool { return strings.EqualFold(known, c) })
			if n < 0 || slices.Contains(at[i], n) {
				n = len(columns)
				columns = append(columns, c)
			}
			at[i] = append(at[i], n)
		}
	}
	r := eventlog.TableRows{Table: t.Name, File: strings.Join(places, ", "), Columns: columns, Complete: complete}
	if len(list) > 1 {
		r.Place = func(line int64) string {
			return fmt.Sprintf("%s:%d", places[line>>lineBits], line&(1<<lineBits-1))
		}
		if len(places) > 3 {
			r.File = fmt.Sprintf("%s and %d more", strings.Join(places[:2], ", "), len(places)-2)
		}
	}
	r.Rows = func(fn func(line int64, fields []string) error) error {
		row := make([]string, len(columns))
		for i, s := range list {
			clear(row)
			slice := int64(i) << lineBits
			err := s.table.Rows(ctx, func(line int64, fields []string) error {
				count()
				if len(list) == 1 {
					return fn(line, fields)
				}
				for j, f := range fields {
					row[at[i][j]] = f
				}
				return fn(slice|line, row)
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	r.Rejected = func() (first []eventlog.Reject, total int64) {
		for _, s := range list {
			some, n := s.table.Rejects()
			first, total = append(first, some...), total+n
		}
		return first[:min(len(first), ingest.MaxRejects)], total
	}
	return r
}
