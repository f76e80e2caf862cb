package eventlog_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"millrace/eventlog"
)

// A closed store reads nothing but itself. Every function that DuckDB has, of
// tables and of values, is called with the names of files that hold a word:
// none may give it back, nor find the files. The same by views and macros that
// are in the store, and by statements.
func TestClosedReadsNothingElse(t *testing.T) {
	const word = "millrace-secret-word"
	dir := t.TempDir()
	files := map[string]string{"x.csv": "a,b\n" + word + ",1\n", "x.txt": word, "x.json": `[{"a": "` + word + `"}]`}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "millrace.duckdb")
	s, err := eventlog.Open(t.Context(), path, eventlog.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	csv := filepath.Join(dir, "x.csv")
	_, err = s.Derive(t.Context(), fmt.Sprintf(`CREATE SCHEMA IF NOT EXISTS o2c;
		CREATE OR REPLACE VIEW o2c.hidden AS SELECT * FROM read_text('%s');
		CREATE OR REPLACE MACRO o2c.opened(p) AS TABLE SELECT * FROM read_text(p);
		CREATE OR REPLACE MACRO o2c.told(p) AS (SELECT content FROM read_text(p));
		COPY (SELECT '%s' AS a) TO '%s' (FORMAT parquet)`, csv, word, filepath.Join(dir, "x.parquet")))
	if err != nil {
		t.Fatal(err)
	}
	files["x.parquet"] = ""
	// In an open store they are read: else the test would prove nothing.
	for _, text := range []string{"FROM read_text('" + csv + "')", "FROM o2c.hidden", "FROM o2c.opened('" + csv + "')", "SELECT o2c.told('" + csv + "')", "FROM '" + csv + "'"} {
		if told, err := everything(t.Context(), s.Query, text); err != nil || !strings.Contains(told, word) {
			t.Fatalf("open, %s gives %q, %v", text, told, err)
		}
	}
	functions := map[string]string{} // and whether it makes a table or a value
	rows, err := s.Query(t.Context(), "SELECT DISTINCT function_name, function_type FROM duckdb_functions() WHERE function_type IN ('table', 'scalar', 'table_macro', 'macro') AND regexp_full_match(function_name, '[a-z_0-9]+') ORDER BY 1")
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var name, kind string
		if err := rows.Scan(&name, &kind); err != nil {
			t.Fatal(err)
		}
		functions[name] = kind
	}
	if err := errors.Join(rows.Err(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if len(functions) < 300 {
		t.Fatalf("only %d functions", len(functions))
	}

	closed, err := eventlog.Open(t.Context(), path, eventlog.OpenOptions{Closed: true})
	if err != nil {
		t.Fatal(err)
	}
	defer closed.Close()
	answered := 0
	refuse := func(text string) {
		t.Helper()
		told, err := everything(t.Context(), closed.Query, text)
		if err == nil {
			answered++
		}
		if strings.Contains(told, word) || err == nil && strings.HasPrefix(text, "FROM glob(") && strings.Contains(told, "x.csv") {
			t.Errorf("%s gives %q", text, told)
		}
	}
	for name, kind := range functions {
		if name == "sleep_ms" || name == "repeat" || name == "repeat_row" {
			continue // of no files; they give back what they are given, or wait
		}
		for file := range files {
			p := "'" + filepath.Join(dir, file) + "'"
			if strings.HasPrefix(kind, "table") {
				refuse("FROM " + name + "(" + p + ")")
				refuse("FROM " + name + "([" + p + "])")
				refuse("FROM " + name + "('FROM read_text(" + strings.ReplaceAll(p, "'", "''") + ")')")
			} else {
				refuse("SELECT " + name + "(" + p + ")")
			}
		}
	}
	if answered < 50 {
		t.Errorf("only %d calls answered anything: is the store open at all?", answered)
	}
	for _, text := range []string{
		"FROM o2c.hidden", "FROM o2c.opened('" + csv + "')", "SELECT o2c.told('" + csv + "')", "FROM '" + csv + "'", "FROM '" + filepath.Join(dir, "x.parquet") + "'",
		"FROM glob('" + dir + "/*')", "ATTACH '" + filepath.Join(dir, "other.duckdb") + "'", "COPY (SELECT 1) TO '" + filepath.Join(dir, "out.csv") + "'",
		"EXPORT DATABASE '" + filepath.Join(dir, "all") + "'", "INSTALL httpfs", "LOAD '" + csv + "'", "FROM 'https://127.0.0.1:1/x.csv'",
		"SET enable_external_access = true", "SET GLOBAL enable_external_access = true", "RESET enable_external_access", "SET temp_directory = '" + dir + "'", "PRAGMA enable_external_access = true",
		"CREATE SECRET x (TYPE http)", "CREATE PERSISTENT SECRET x (TYPE http)", "CREATE TABLE o2c.mine (a INTEGER)", "DELETE FROM o2c.orders", "CREATE TABLE t AS FROM read_csv('" + csv + "')",
		"SELECT getenv('HOME')",
	} {
		if told, err := everything(t.Context(), closed.Query, text); err == nil {
			t.Errorf("%s is not refused: %q", text, told)
		}
	}
	if told, err := everything(t.Context(), closed.Query, "FROM duckdb_secrets()"); err == nil && told != "" {
		t.Errorf("secrets: %q", told)
	}
	for _, name := range []string{"other.duckdb", "out.csv", "all"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s was written", name)
		}
	}
}

// everything is all that a statement gives, as text.
func everything(ctx context.Context, query func(context.Context, string, ...any) (*sql.Rows, error), text string) (string, error) {
	rows, err := query(ctx, text)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for n := 0; rows.Next() && n < 1000; n++ {
		cells := make([]any, len(names))
		for i := range cells {
			cells[i] = &cells[i]
		}
		if err := rows.Scan(cells...); err != nil {
			return b.String(), err
		}
		fmt.Fprintln(&b, cells...)
	}
	return b.String(), rows.Err()
}
