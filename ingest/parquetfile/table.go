package parquetfile

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/duckdb/duckdb-go/v2"

	"millrace/eventlog"
	"millrace/ingest"
)

// A Table is an opened file as rows and columns of text.
type Table struct{ f *file }

// OpenTable opens a file as a table of text: dates and times in ISO 8601,
// times with a zone in UTC, decimals with a point and all their digits, true
// and false, what is nested as JSON; "" where there is no value.
func OpenTable(ctx context.Context, path string) (*Table, error) {
	f, err := openFile(path, ingest.Options{})
	if err != nil {
		return nil, err
	}
	if err := f.describe(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return &Table{f}, nil
}

// Columns returns the names of the columns.
func (t *Table) Columns() []string {
	names := make([]string, len(t.f.columns))
	for i := range names {
		names[i] = t.f.columns[i].name
	}
	return names
}

// Rejects implements what a table of text has: every row can be taken.
func (t *Table) Rejects() ([]eventlog.Reject, int64) { return nil, 0 }

// Notes says nothing.
func (t *Table) Notes() []eventlog.Note { return nil }

// Progress is [ingest.File]'s.
func (t *Table) Progress() (done, total int64) { return t.f.Progress() }

// Close closes the file.
func (t *Table) Close() error { return t.f.Close() }

// Rows calls fn with one row after the other and its number, from 1. The slice
// and its strings are valid until fn returns. It returns the first error of fn
// as it is.
func (t *Table) Rows(ctx context.Context, fn func(row int64, fields []string) error) error {
	f := t.f
	exprs := make([]string, len(f.columns)+1)
	exprs[0] = "file_row_number"
	for i := range f.columns {
		exprs[i+1] = f.columns[i].asText()
	}
	query := "SELECT " + strings.Join(exprs, ", ") + " FROM " + source + " WHERE file_row_number >= ? AND file_row_number < ?"
	conn, err := f.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "SET TimeZone = 'UTC'"); err != nil {
		return err
	}
	return conn.Raw(func(c any) error {
		a, err := duckdb.NewArrowFromConn(c.(driver.Conn))
		if err != nil {
			return err
		}
		row := make([]string, len(f.columns))
		for from := int64(0); from < f.rows; from += rangeRows {
			if err := t.rows(ctx, a, query, from, row, fn); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *Table) rows(ctx context.Context, a *duckdb.Arrow, query string, from int64, row []string, fn func(int64, []string) error) error {
	records, err := a.QueryContext(ctx, query, t.f.name(), from, from+rangeRows)
	if err != nil {
		return t.f.explain(ctx, err)
	}
	defer records.Release()
	next := from
	columns := make([]*array.String, len(row))
	for records.Next() {
		rec := records.RecordBatch()
		if err := t.f.checkOrder(rec, next); err != nil {
			return err
		}
		for i := range columns {
			columns[i] = rec.Column(i + 1).(*array.String)
		}
		for at := range int(rec.NumRows()) {
			next++
			for i, c := range columns {
				if row[i] = ""; !c.IsNull(at) {
					row[i] = c.Value(at)
				}
			}
			if err := fn(next, row); err != nil {
				return err
			}
		}
		t.f.done.Store(next)
	}
	if err := records.Err(); err != nil {
		return t.f.explain(ctx, err)
	}
	if want := min(from+rangeRows, t.f.rows); next != want {
		return t.f.explain(ctx, fmt.Errorf("its rows end after %d of %d", next, t.f.rows))
	}
	return ctx.Err()
}
