// Package xlsxfile reads event logs and tables from the workbooks of Excel and
// of what writes the same (.xlsx, .xlsm; ISO/IEC 29500).
//
// It reads a sheet as a stream, cell by cell, with what the workbook says of
// each: that a number is a date, a text, an error. It does not know what
// becomes of the rows, and does not calculate: a formula has the value that it
// had when the workbook was saved.
package xlsxfile

import (
	"bytes"
	"context"
	"fmt"

	"millrace/ingest"
)

// Format is the kind of file this package reads as a log.
var Format = ingest.Format{
	Name:       "xlsx",
	Doc:        "Excel workbooks: one row an event, --sheet says which sheet",
	Extensions: []string{".xlsx", ".xlsm"},
	Sniff:      sniff,
	Open:       openLog,
}

// sniff takes ZIP archives and the files of older Excel too: what they are is
// said when they are opened.
func sniff(head []byte) bool {
	return bytes.HasPrefix(head, []byte(zipMagic)) || bytes.HasPrefix(head, []byte(oleMagic))
}

func openLog(ctx context.Context, path string, o ingest.Options) (ingest.File, error) {
	w, err := OpenWorkbook(path)
	if err != nil {
		return nil, err
	}
	t, err := w.choose(ctx, o)
	if err != nil {
		w.Close()
		return nil, err
	}
	t.closes = true
	f, err := ingest.NewTableLog(ctx, t, o)
	if err != nil {
		w.Close()
		return nil, fmt.Errorf("%s: %w", t.fullName(), err)
	}
	return f, nil
}
