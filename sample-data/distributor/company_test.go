package distributor

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	_ "github.com/duckdb/duckdb-go/v2"
)

// TestCompany holds the laws and the shares of the default company.
func TestCompany(t *testing.T) {
	orders := int64(OrganisationSize)
	if testing.Short() {
		orders = 4000
	}
	db := company(t, Options{Orders: orders})
	ask := func(t *testing.T, d *datadriven.TestData) string {
		switch d.Cmd {
		case "none":
			return nothing(t, db, d.Input)
		case "share":
			near := 0.0
			for _, arg := range d.CmdArgs {
				if arg.Key == "near" {
					near, _ = strconv.ParseFloat(arg.Vals[0], 64)
				}
			}
			var name string
			d.ScanArgs(t, "name", &name)
			return shared(t, db, name, d.Input, near)
		}
		return "no such directive: " + d.Cmd
	}
	for _, file := range []string{"laws/laws", "shares/shares"} {
		t.Run(filepath.Base(file), func(t *testing.T) {
			datadriven.RunTest(t, filepath.Join("testdata", file), ask)
		})
	}
	t.Run("every share is asked for", func(t *testing.T) {
		text, err := os.ReadFile(filepath.Join("testdata", "shares", "shares"))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range shares {
			if !strings.Contains(string(text), "name="+s.name+"\n") && !strings.Contains(string(text), "name="+s.name+" ") {
				t.Errorf("nothing in testdata/shares asks for %s", s.name)
			}
		}
	})
}

// company generates one and makes a schema of each of its systems.
func company(t *testing.T, o Options) *sql.DB {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "company")
	if _, err := Generate(context.Background(), dir, o); err != nil {
		t.Fatal(err)
	}
	return read(t, dir, ".csv")
}

func read(t *testing.T, dir, ext string) *sql.DB {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	must := func(query string) {
		if _, err := db.Exec(query); err != nil {
			t.Fatalf("%v\n%s", err, query)
		}
	}
	must("SET GLOBAL TimeZone = 'UTC'")
	for _, l := range layouts {
		var types []string
		for _, c := range l.columns {
			types = append(types, fmt.Sprintf("'%s': '%s'", c.name, sqlTypes[c.kind]))
		}
		from := fmt.Sprintf("read_csv('%s', header = true, delim = ',', quote = '\"', columns = {%s})", filepath.Join(dir, l.system, l.table+ext), strings.Join(types, ", "))
		if ext == ".parquet" {
			from = fmt.Sprintf("read_parquet('%s')", filepath.Join(dir, l.system, l.table+ext))
		}
		must("CREATE SCHEMA IF NOT EXISTS " + l.system)
		must(fmt.Sprintf(`CREATE TABLE %s."%s" AS FROM %s`, l.system, l.table, from))
	}
	return db
}

// nothing returns "nothing" if the query has no rows, else how many and the first.
func nothing(t *testing.T, db *sql.DB, query string) string {
	var n int
	if err := db.QueryRow("SELECT count(*) FROM (" + query + ")").Scan(&n); err != nil {
		return "error: " + err.Error() + "\n"
	}
	if n == 0 {
		return "nothing\n"
	}
	rows, err := db.Query("SELECT (x)::VARCHAR FROM (" + query + ") x LIMIT 5")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	text := fmt.Sprintf("%d rows, as\n", n)
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		text += s + "\n"
	}
	return text
}

// shared compares what a query counts in the tables with truth/share, and that
// with what is stated: within a sixth, and what chance allows (four sigma; the
// customers of a small company are few, hence the sixth).
func shared(t *testing.T, db *sql.DB, name, query string, near float64) string {
	var count, of, trueCount, trueOf int64
	var stated float64
	if err := db.QueryRow(query).Scan(&count, &of); err != nil {
		return "error: " + err.Error() + "\n"
	}
	if err := db.QueryRow(`SELECT count, "of", stated FROM truth.share WHERE name = ?`, name).Scan(&trueCount, &trueOf, &stated); err != nil {
		t.Fatal(name, err)
	}
	if far(count, trueCount, near) || far(of, trueOf, near) {
		return fmt.Sprintf("the tables say %d of %d, the truth %d of %d\n", count, of, trueCount, trueOf)
	}
	got := float64(trueCount) / float64(trueOf)
	if math.Abs(got-stated) > stated/6+4*math.Sqrt(stated*(1-stated)/float64(trueOf)) {
		return fmt.Sprintf("stated %.4f, came out as %.4f\n", stated, got)
	}
	return "as in truth/share\n"
}

func far(a, b int64, near float64) bool {
	return math.Abs(float64(a-b)) > near*float64(max(a, b))+0.001 && (near == 0 || max(a, b) > 20)
}

// TestSmallCompaniesHoldTheLawsToo runs the laws on other seeds and over several organisations.
func TestSmallCompaniesHoldTheLawsToo(t *testing.T) {
	for _, o := range []Options{{Orders: 1000, Seed: 7}, {Orders: 1, Seed: 3}, {Orders: 3000, Seed: 11, organisation: 1000}} {
		t.Run(fmt.Sprintf("orders=%d", o.Orders), func(t *testing.T) {
			db := company(t, o)
			datadriven.RunTest(t, "testdata/laws/laws", func(t *testing.T, d *datadriven.TestData) string {
				return nothing(t, db, d.Input)
			})
		})
	}
}
