package parquetfile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"millrace/eventlog"
	"millrace/ingest"
)

// sampleRows is how many rows roles and layouts of times are detected on.
const sampleRows = 10_000

// A file is an opened Parquet file.
type file struct {
	path, base string
	options    ingest.Options
	loc        *time.Location
	db         *sql.DB
	size, rows int64
	done       atomic.Int64 // rows

	columns   []column
	roles     ingest.Roles
	found     []ingest.Detection
	rangeRows int64 // rangeRows, but in tests
	indirect  bool  // in tests: DuckDB is to read all
	counts
}

func open(ctx context.Context, path string, o ingest.Options) (*file, error) {
	f, err := openFile(path, o)
	if err != nil {
		return nil, err
	}
	if f.loc, err = ingest.LoadZone(o.Timezone); err == nil {
		if err = f.describe(ctx); err == nil {
			err = f.understand(ctx)
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return f, nil
}

// openFile opens a database to read the file with, and no more.
func openFile(path string, o ingest.Options) (*file, error) {
	f := &file{path: path, base: filepath.Base(path), options: o, rangeRows: rangeRows}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if info.Size() == 0 {
		return nil, fmt.Errorf("%s: the file is empty: it is no Parquet file", path)
	}
	f.size = info.Size()
	// Nothing is fetched from elsewhere to read a file that lies here.
	connector, err := duckdb.NewConnector("?autoinstall_known_extensions=false&autoload_known_extensions=false", nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f.db = sql.OpenDB(connector)
	return f, nil
}

// source is the file as a table, its name a parameter. A column that is not in
// the file is not invented from the name of a folder.
const source = "read_parquet(?, file_row_number = true, hive_partitioning = false)"

// name is the file's name where a pattern may stand: characters of a pattern
// are put in brackets, where they mean themselves.
func (f *file) name() string {
	path := f.path
	if abs, err := filepath.Abs(path); err == nil { // s3: and ~ are folders here
		path = abs
	}
	return strings.NewReplacer("[", "[[]", "*", "[*]", "?", "[?]").Replace(path)
}

// broken explains an error of DuckDB.
func broken(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if strings.Contains(err.Error(), "column named file_row_number") {
		return errors.New(`it has a column "file_row_number", the name DuckDB gives to the number of a row; rename it`)
	}
	return fmt.Errorf("not a whole Parquet file (%w); get it again", err)
}

// describe reads names and types of the columns, and how many rows there are.
func (f *file) describe(ctx context.Context) error {
	row := f.db.QueryRowContext(ctx, "SELECT sum(num_rows) FROM parquet_file_metadata(?)", f.name())
	if err := row.Scan(&f.rows); err != nil {
		return broken(err)
	}
	rows, err := f.db.QueryContext(ctx, "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM "+source+")", f.name())
	if err != nil {
		return broken(err)
	}
	defer rows.Close()
	for rows.Next() {
		var c column
		if err := rows.Scan(&c.name, &c.sqlType); err != nil {
			return err
		}
		if c.name != "file_row_number" {
			f.columns = append(f.columns, c)
		}
	}
	if err := rows.Err(); err != nil {
		return broken(err)
	}
	for i := range f.columns {
		if err := f.columns[i].classify(ctx, f); err != nil {
			return broken(err)
		}
	}
	return nil
}

// understand decides what the columns mean.
func (f *file) understand(ctx context.Context) error {
	samples, err := f.sample(ctx)
	if err != nil {
		return broken(err)
	}
	if f.roles, f.found, err = ingest.GuessRoles(samples, f.options); err != nil {
		return err
	}
	naive := false
	for _, c := range []struct {
		option string
		column int
		format **ingest.TimeFormat
	}{{"time-layout", f.roles.Time, &f.time}, {"time-layout of start", f.roles.Start, &f.start}} {
		if c.column < 0 {
			continue
		}
		name, kind := f.columns[c.column].name, f.columns[c.column].kind
		if kind.isTime() {
			*c.format = ingest.NewTimeFormat(time.DateTime, f.loc)
			naive = naive || kind != instant
			continue
		}
		format, err := ingest.ChooseTimeFormat(name, samples[c.column].Values, f.options, f.loc)
		if err != nil {
			return err
		}
		if err := f.settle(ctx, c.column, format); err != nil {
			return err
		}
		*c.format = format
		naive = naive || format.Naive()
		f.found = append(f.found, ingest.Detection{Option: c.option, Value: format.String(), Told: format.Told()})
	}
	if naive {
		f.found = append(f.found, ingest.Detection{Option: "timezone", Value: f.loc.String(), Told: f.options.Timezone != ""})
	}
	if f.options.Attributes {
		for i := range f.columns {
			if !f.roles.Has(i) {
				f.attributes = append(f.attributes, newAttribute(i, &f.columns[i], f.loc))
			}
		}
	}
	return nil
}

// sample reads the first rows as text.
func (f *file) sample(ctx context.Context) ([]ingest.Sample, error) {
	samples := make([]ingest.Sample, len(f.columns))
	var exprs []string
	for i := range f.columns {
		samples[i] = ingest.Sample{Name: f.columns[i].name, Time: f.columns[i].kind.isTime()}
		exprs = append(exprs, "coalesce("+f.columns[i].asText()+", '')")
	}
	query := "SELECT " + strings.Join(exprs, ", ") + " FROM " + source + " WHERE file_row_number < ?"
	rows, err := f.db.QueryContext(ctx, query, f.name(), sampleRows)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	values := make([]string, len(f.columns))
	places := make([]any, len(f.columns))
	for i := range values {
		places[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return nil, err
		}
		for i, v := range values {
			if f.columns[i].kind != nested {
				samples[i].Values = append(samples[i].Values, v)
			}
		}
	}
	return samples, rows.Err()
}

// settle reads on where the sample does not tell days from months.
func (f *file) settle(ctx context.Context, column int, format *ingest.TimeFormat) error {
	if !format.Ambiguous() || f.rows <= sampleRows {
		return nil
	}
	rows, err := f.db.QueryContext(ctx, "SELECT DISTINCT "+f.columns[column].asText()+" FROM "+source+" WHERE file_row_number >= ? ORDER BY ALL DESC",
		f.name(), sampleRows)
	if err != nil {
		return broken(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text sql.NullString
		if err := rows.Scan(&text); err != nil {
			return err
		}
		if format.Settle([]byte(text.String)) {
			break
		}
	}
	return broken(rows.Err())
}

// Detected implements [ingest.File].
func (f *file) Detected() []ingest.Detection { return f.found }

// Meta implements [ingest.File].
func (f *file) Meta() eventlog.Meta { return eventlog.Meta{} }

// Close implements [ingest.File].
func (f *file) Close() error {
	if f.db == nil {
		return nil
	}
	return f.db.Close()
}

// Progress implements [ingest.File]. DuckDB does not tell bytes, so they are
// taken to be spread evenly over the rows.
func (f *file) Progress() (done, total int64) {
	return int64(float64(f.size) * float64(f.done.Load()) / float64(max(f.rows, 1))), f.size
}

// Notes implements [ingest.File].
func (f *file) Notes() []eventlog.Note {
	var list []eventlog.Note
	add := func(code, format string, args ...any) {
		list = append(list, eventlog.Note{Code: code, Text: f.base + ": " + fmt.Sprintf(format, args...)})
	}
	if f.missing == 1 {
		add("missing-times", "1 event has no time in %q", f.columns[f.roles.Time].name)
	} else if f.missing > 1 {
		add("missing-times", "%d events have no time in %q", f.missing, f.columns[f.roles.Time].name)
	}
	if f.dates > 0 {
		add("dates-only", "times in %q that are dates without a time of day: %d; they are midnight, and the order of the file decides within a day", f.columns[f.roles.Time].name, f.dates)
	}
	notes := func(format *ingest.TimeFormat, column int) {
		for _, n := range format.Notes(f.columns[column].name) {
			add(n.Code, "%s", n.Text)
		}
	}
	if f.time != nil {
		notes(f.time, f.roles.Time)
	}
	if f.start != nil {
		notes(f.start, f.roles.Start)
	}
	for _, a := range f.attributes {
		notes(a.format, a.column)
	}
	if f.varies != "" {
		add("case-attributes-vary", "%s: attributes of a case differ between its rows; the first value of a batch was taken", f.varies)
	}
	return slices.Clip(list)
}
