package ingest

import "context"

// TextRows calls fn with one row of a table after the other as strings, and
// where it stands. The slice is valid until fn returns, the strings for good.
// It returns the first error of fn as it is.
func TextRows(ctx context.Context, t Table, fn func(line int64, fields []string) error) error {
	row := make([]string, len(t.Columns()))
	interned := make([]Texts, len(row))
	return t.Scan(ctx, func(r *Row) error {
		for i, f := range r.Fields {
			row[i] = interned[i].Text(f)
		}
		return fn(r.Line, row)
	})
}
