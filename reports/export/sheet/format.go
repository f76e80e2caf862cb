package sheet

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"millrace/eventlog"
)

// A Format is one that workbooks are written in.
type Format struct {
	Name      string
	Extension string // ".csv"
	Media     string // its type: "text/csv"
	// write writes the whole workbook, table one sheet: a format has one of
	// them. It returns what the format could not hold.
	write func(context.Context, io.Writer, *Workbook) ([]eventlog.Note, error)
	table func(context.Context, io.Writer, *Sheet) error
}

// Formats lists every format, in the order help shows them.
var Formats = []*Format{
	{Name: "csv", Extension: ".csv", Media: "text/csv; charset=utf-8; header=present", table: writeCSV},
	{Name: "xlsx", Extension: ".xlsx", Media: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", write: writeXLSX},
	{Name: "parquet", Extension: ".parquet", Media: "application/vnd.apache.parquet", table: writeParquet},
	{Name: "json", Extension: ".json", Media: "application/json", write: writeJSON},
	{Name: "jsonl", Extension: ".jsonl", Media: "application/x-ndjson", table: writeJSONLines},
	{Name: "arrow", Extension: ".arrow", Media: "application/vnd.apache.arrow.file", table: writeArrow},
}

// FormatOf returns the format that a file's name ends in.
func FormatOf(name string) (*Format, error) {
	i := slices.IndexFunc(Formats, func(f *Format) bool { return strings.HasSuffix(name, f.Extension) })
	if i >= 0 {
		return Formats[i], nil
	}
	var all []string
	for _, f := range Formats {
		all = append(all, f.Extension)
	}
	return nil, fmt.Errorf("%q ends in none of %s, so it does not say in which format to write", name, strings.Join(all, ", "))
}

// PerSheet says that each sheet is a file of its own.
func (f *Format) PerSheet() bool { return f.table != nil }

// A File is one that a workbook is written to.
type File struct {
	Sheet string // the name of its sheet; "" is all
	Rows  int64  // of its sheets

	write func(context.Context, io.Writer) ([]eventlog.Note, error)
}

// Write writes the file, and returns what its format could not hold. On an
// error, what w has got is nothing whole.
func (f File) Write(ctx context.Context, w io.Writer) ([]eventlog.Note, error) {
	return f.write(ctx, w)
}

// Files returns the files of a workbook in a format: one, or one a sheet.
func (f *Format) Files(b *Workbook) ([]File, error) {
	if err := b.Check(); err != nil {
		return nil, err
	}
	var list []File
	var rows int64
	for _, s := range b.All() {
		n := s.Len()
		rows += n
		if f.PerSheet() {
			list = append(list, File{Sheet: s.Name, Rows: n, write: func(ctx context.Context, w io.Writer) ([]eventlog.Note, error) {
				if err := f.table(ctx, w, s); err != nil {
					return nil, fmt.Errorf("%s: sheet %s: %w", f.Name, s.Name, err)
				}
				return nil, nil
			}})
		}
	}
	if f.PerSheet() {
		return list, nil
	}
	return []File{{Rows: rows, write: func(ctx context.Context, w io.Writer) ([]eventlog.Note, error) {
		notes, err := f.write(ctx, w, b)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		return notes, nil
	}}}, nil
}
