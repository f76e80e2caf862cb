package bench

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	_ "github.com/duckdb/duckdb-go/v2"
)

//go:embed sql/*.sql
var queries embed.FS

func literal(text string) string { return strings.ReplaceAll(text, "'", "''") }

// withDuckDB opens a DuckDB in memory, or the file in which a table is. What it
// cannot keep in memory it spills to a folder, as a DuckDB file does beside itself.
func withDuckDB(ctx context.Context, spill string, do func(*sql.DB) error) error {
	return withDuckDBFile(ctx, "", func(db *sql.DB) error {
		_, err := db.ExecContext(ctx, "SET temp_directory = '"+literal(spill)+"'")
		return errors.Join(err, do(db), os.RemoveAll(spill))
	})
}

func withDuckDBFile(_ context.Context, path string, do func(*sql.DB) error) error {
	db, err := sql.Open("duckdb", path)
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1) // temporary tables belong to a connection
	return errors.Join(do(db), db.Close())
}

// statements runs files of bench/sql.
func statements(ctx context.Context, db *sql.DB, names ...string) error {
	for _, name := range names {
		q, err := queries.ReadFile("sql/" + name + ".sql")
		if err != nil {
			return err
		}
		if _, err := db.ExecContext(ctx, string(q)); err != nil {
			return fmt.Errorf("%s.sql: %w", name, err)
		}
	}
	return nil
}

// questions are the files of bench/sql that answer each part.
var questions = map[string][]string{
	"dfg":      {"steps", "arcs", "terminals"},
	"variants": {"paths", "variants"},
	"both":     {"steps", "arcs", "terminals", "paths", "variants"},
}

// askFile answers from a file, as one would in a DuckDB shell: sql PART FILE.
func askFile(ctx context.Context, out io.Writer, args []string) error {
	return withDuckDB(ctx, args[1]+".spill", func(db *sql.DB) error {
		rows := map[string]string{".parquet": "read_parquet", ".csv": "read_csv"}[filepath.Ext(args[1])] + "('" + literal(args[1]) + "')"
		// Into a table first: its row numbers, which cost nothing, are the order
		// of the file, and the strings are read once. Hashes of cases take a third
		// less than strings do; that two of ten million cases share one is as
		// likely as 1 in 300,000, and it would be seen, as answers are compared.
		if err := execute(ctx, db,
			"CREATE TYPE activity AS ENUM (SELECT DISTINCT activity FROM "+rows+" ORDER BY activity)",
			"CREATE TABLE events AS SELECT hash(case_id) AS case_id, activity::activity AS activity, epoch_us(timestamp) AS time_us FROM "+rows,
		); err != nil {
			return err
		}
		if err := statements(ctx, db, questions[args[0]]...); err != nil {
			return err
		}
		return sayTables(ctx, db, out, nil, args[0])
	})
}

// loadTable makes the file that SQL likes best, integers and an enumeration
// sorted by case and time: sql-load FILE.parquet FILE.duckdb.
func loadTable(ctx context.Context, _ io.Writer, args []string) error {
	return withDuckDBFile(ctx, args[1], func(db *sql.DB) error {
		return execute(ctx, db,
			"CREATE TYPE activity AS ENUM (SELECT DISTINCT activity FROM '"+literal(args[0])+"' ORDER BY activity)",
			`CREATE TABLE events AS SELECT case_id[2:]::INTEGER AS case_id, activity::activity AS activity, epoch_us(timestamp) AS time_us
			 FROM read_parquet('`+literal(args[0])+`', file_row_number = true) ORDER BY case_id, time_us, file_row_number`,
			"CHECKPOINT")
	})
}

func execute(ctx context.Context, db *sql.DB, queries ...string) error {
	for _, q := range queries {
		if _, err := db.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("%w\n%s", err, q)
		}
	}
	return nil
}

// askTable answers from the table that loadTable made: sql-table FILE.duckdb.
func askTable(ctx context.Context, out io.Writer, args []string) error {
	return withDuckDBFile(ctx, args[0], func(db *sql.DB) error {
		runs, err := repeat(func() error { return statements(ctx, db, questions["both"]...) })
		if err != nil {
			return err
		}
		return sayTables(ctx, db, out, runs, "both")
	})
}

// sayTables prints what the statements left, as millrace mine does.
func sayTables(ctx context.Context, db *sql.DB, out io.Writer, runs []taken, part string) error {
	a := rawAnswer{Inside: runs}
	each := func(q string, see func(label string, to string, n int64, median, p95 *float64) error) error {
		rows, err := db.QueryContext(ctx, q)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var label, to string
			var n int64
			var median, p95 *float64
			if err := rows.Scan(&label, &to, &n, &median, &p95); err != nil {
				return err
			}
			if err := see(label, to, n, median, p95); err != nil {
				return err
			}
		}
		return rows.Err()
	}
	var errs []error
	errs = append(errs, each("SELECT '', '', count(*), NULL, NULL FROM events", func(_, _ string, n int64, _, _ *float64) error {
		a.Events = n
		return nil
	}))
	if part != "variants" {
		errs = append(errs,
			each("SELECT from_activity::VARCHAR, to_activity::VARCHAR, n, median_us / 1e6, p95_us / 1e6 FROM arcs", func(from, to string, n int64, median, p95 *float64) error {
				a.Edges = append(a.Edges, rawEdge{from, to, n, median, p95})
				return nil
			}),
			each("SELECT activity::VARCHAR, part, n, NULL, NULL FROM terminals", func(label, part string, n int64, _, _ *float64) error {
				list := &a.End
				if part == "start" {
					list = &a.Start
					a.Cases += n
				}
				*list = append(*list, rawTerminal{label, n})
				return nil
			}))
	}
	if part != "dfg" {
		a.Cases = 0
		errs = append(errs, each("SELECT to_json(path)::VARCHAR, '', n, median_us / 1e6, NULL FROM variants", func(path, _ string, n int64, median, _ *float64) error {
			v := rawVariant{Cases: n, Median: median}
			a.Cases += n
			err := json.Unmarshal([]byte(path), &v.Activities)
			a.Variants = append(a.Variants, v)
			return err
		}))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(a)
}
