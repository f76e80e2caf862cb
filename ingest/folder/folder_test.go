package folder

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/duckdb/duckdb-go/v2"
	"github.com/xuri/excelize/v2"

	"millrace/eventlog"
)

// The system of the tests has the tables VBAK (key vbeln; also A_SalesOrder and
// sales_order_headers, its column erdat also creationDate, erzet creationTime),
// VBAK_TEXT (no key) and CDHDR, which it can do without. A test is a folder:
// "-- FILE" begins a file of text; of a workbook "== SHEET" begins a sheet of lines with commas;
// of a Parquet file the text is SQL.
func TestFolder(t *testing.T) {
	datadriven.RunTest(t, "testdata/folder", func(t *testing.T, d *datadriven.TestData) string {
		dir := t.TempDir()
		for _, part := range strings.Split("\n"+d.Input, "\n-- ")[1:] {
			name, text, _ := strings.Cut(part, "\n")
			writeFile(t, filepath.Join(dir, name), text)
		}
		return strings.ReplaceAll(show(t.Context(), dir), dir, "DIR")
	})
}

func show(ctx context.Context, dir string) string {
	sys := &eventlog.System{Kind: "shop", Tables: []eventlog.Table{
		{
			Name: "VBAK", Key: []string{"vbeln"}, Aliases: []string{"A_SalesOrder", "sales_order_headers"},
			Columns:       []eventlog.TableColumn{{Name: "vbeln", SQL: "VARCHAR"}, {Name: "erdat", SQL: "VARCHAR"}, {Name: "erzet", SQL: "VARCHAR"}},
			ColumnAliases: map[string]string{"salesOrder": "vbeln", "creationDate": "erdat", "creationTime": "erzet"},
		},
		{Name: "VBAK_TEXT"}, {Name: "CDHDR", Optional: true},
	}}
	n, err := There(dir, sys.Tables)
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	tables, err := Open(ctx, dir, sys, true)
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	var b strings.Builder
	if n != len(tables.Rows) {
		fmt.Fprintf(&b, "%d tables seem to be there\n", n)
	}
	for _, r := range tables.Rows {
		fmt.Fprintf(&b, "%s of %s: %q\n", r.Table, r.File, r.Columns)
		err := r.Rows(func(line int64, fields []string) error {
			place := fmt.Sprintf("%s:%d", r.File, line)
			if r.Place != nil {
				place = r.Place(line)
			}
			fmt.Fprintf(&b, "  %s: %q\n", place, fields)
			return nil
		})
		if err != nil {
			fmt.Fprintf(&b, "  error: %s\n", err)
		}
		first, n := r.Rejected()
		for _, x := range first {
			fmt.Fprintf(&b, "  reject %d: %s: %s\n", n, x.Place, x.Reason)
		}
	}
	for _, n := range tables.Notes() {
		fmt.Fprintf(&b, "note %s: %s\n", n.Code, n.Text)
	}
	if err := tables.Close(); err != nil {
		fmt.Fprintf(&b, "close: %s\n", err)
	}
	return b.String()
}

func writeFile(t testing.TB, path, text string) {
	must(t, os.MkdirAll(filepath.Dir(path), 0o700))
	switch filepath.Ext(path) {
	case ".parquet":
		execute(t, fmt.Sprintf("COPY (%s) TO '%s' (FORMAT parquet)", text, path))
	case ".xlsx":
		f := excelize.NewFile()
		defer f.Close()
		for i, sheet := range strings.Split("\n"+text, "\n== ")[1:] {
			name, rows, _ := strings.Cut(sheet, "\n")
			if i == 0 {
				must(t, f.SetSheetName("Sheet1", name))
			} else if _, err := f.NewSheet(name); err != nil {
				t.Fatal(err)
			}
			for j, row := range strings.Split(rows, "\n") {
				must(t, f.SetSheetRow(name, fmt.Sprint("A", j+1), ptr(strings.Split(row, ","))))
			}
		}
		must(t, f.SaveAs(path))
	default:
		must(t, os.WriteFile(path, []byte(text+"\n"), 0o600))
	}
}

func ptr[T any](v T) *T { return &v }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func execute(t testing.TB, statement string) {
	t.Helper()
	connector, err := duckdb.NewConnector("", nil)
	must(t, err)
	db := sql.OpenDB(connector)
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// The same rows, by whatever format, give the same texts.
func TestFormatsAgree(t *testing.T) {
	const parquet = `SELECT range AS vbeln, DATE '2024-02-16' + range::INT AS erdat, (range * 1.25)::DECIMAL(12,2) AS netwr, 'Nord, "Süd"' AS kunde FROM range(1, 4)`
	want := "[1 2024-02-17 1.25 Nord, \"Süd\"] [2 2024-02-18 2.50 Nord, \"Süd\"] [3 2024-02-19 3.75 Nord, \"Süd\"] "
	for file, text := range map[string]string{
		"VBAK.parquet": parquet,
		"VBAK.csv":     "vbeln;erdat;netwr;kunde\n1;2024-02-17;1.25;\"Nord, \"\"Süd\"\"\"\n2;2024-02-18;2.50;\"Nord, \"\"Süd\"\"\"\n3;2024-02-19;3.75;\"Nord, \"\"Süd\"\"\"",
		"VBAK.jsonl": `{"vbeln":1,"erdat":"2024-02-17","netwr":1.25,"kunde":"Nord, \"S\u00fcd\""}
{"vbeln":2,"erdat":"2024-02-18","netwr":2.50,"kunde":"Nord, \"Süd\""}
{"kunde":"Nord, \"Süd\"","vbeln":3,"erdat":"2024-02-19","netwr":3.75}`,
	} {
		dir := t.TempDir()
		writeFile(t, filepath.Join(dir, file), text)
		tables, err := Open(t.Context(), dir, &eventlog.System{Tables: []eventlog.Table{{Name: "vbak"}}}, true)
		must(t, err)
		got := ""
		must(t, tables.Rows[0].Rows(func(_ int64, fields []string) error { got += fmt.Sprint(fields, " "); return nil }))
		must(t, tables.Close())
		if got != want {
			t.Errorf("%s: got %s\nwant %s", file, got, want)
		}
	}
}

// BenchmarkParquet reads a million rows of ten columns, as a table that is
// staged would be.
func BenchmarkParquet(b *testing.B) {
	dir := b.TempDir()
	const rows = 1_000_000
	writeFile(b, filepath.Join(dir, "VBAK.parquet"), fmt.Sprintf(`SELECT range AS vbeln, DATE '2024-02-16' + (range %% 500)::INT AS erdat, (range * 1.25)::DECIMAL(12,2) AS netwr,
		'customer ' || range %% 1000 AS kunnr, TIMESTAMP '2024-02-16' + to_seconds(range) AS created, range %% 7 AS a, 'EUR' AS waerk, range %% 2 = 0 AS flag, 'user' || range %% 50 AS ernam, NULL::VARCHAR AS note FROM range(%d)`, rows))
	for b.Loop() {
		tables, err := Open(b.Context(), dir, &eventlog.System{Tables: []eventlog.Table{{Name: "VBAK"}}}, true)
		must(b, err)
		n := 0
		must(b, tables.Rows[0].Rows(func(_ int64, fields []string) error { n += len(fields) / 10; return nil }))
		must(b, tables.Close())
		if n != rows {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(b.N)*rows/b.Elapsed().Seconds(), "rows/s")
}
