package distributor

import (
	"cmp"
	"database/sql"
	_ "embed"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"

	simulator "millrace/sample-data/distributor"
)

// truthSQL compares the store with the truth; see its first lines.
//
//go:embed testdata/truth.sql
var truthSQL string

// checkTruth compares what the store at path says of the generated folder dir
// with the truth beside the tables, and fails for every kind of difference
// that no planted defect explains.
func checkTruth(t *testing.T, path, dir string) {
	t.Helper()
	db, err := sql.Open("duckdb", path+"?access_mode=READ_ONLY")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // one connection, one set of temporary views
	if _, err := db.Exec("SET TimeZone = 'UTC'"); err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(truthSQL, "{truth}", filepath.ToSlash(filepath.Join(dir, "truth")))
	prepare, checks, _ := strings.Cut(text, "-- checks\n")
	if _, err := db.Exec(prepare); err != nil {
		t.Fatal(err)
	}
	for _, check := range strings.Split(checks, "-- check ")[1:] {
		name, query, _ := strings.Cut(check, "\n")
		runCheck(t, db, name, query)
	}
}

// A finding is one kind of difference.
type finding struct {
	field, cause string
	n            int
	sample       string
}

// runCheck runs one comparison: rows of key, field, want, got, and the defect
// that explains the difference, or none. It has to compare something.
func runCheck(t *testing.T, db *sql.DB, name, query string) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	defer rows.Close()
	found := map[[2]string]*finding{}
	compared := int64(0)
	for rows.Next() {
		var key, field, want, got, cause sql.NullString
		var n int64
		if err := rows.Scan(&key, &field, &want, &got, &cause, &n); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if field.String == "compared" {
			compared = n
			continue
		}
		k := [2]string{field.String, cause.String}
		if found[k] == nil {
			found[k] = &finding{field: k[0], cause: k[1], sample: fmt.Sprintf("%s is %q, in truth %q", key.String, got.String, want.String)}
		}
		found[k].n++
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if compared == 0 {
		t.Errorf("%s: nothing was compared", name)
	}
	list := make([]*finding, 0, len(found))
	for _, f := range found {
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b *finding) int { return cmp.Or(cmp.Compare(a.field, b.field), cmp.Compare(a.cause, b.cause)) })
	t.Logf("%s: %d compared", name, compared)
	for _, f := range list {
		if f.cause == "" {
			t.Errorf("%s: %s differs %d times without a reason: %s", name, f.field, f.n, f.sample)
			continue
		}
		t.Logf("%s: %s differs %d times by %s: %s", name, f.field, f.n, f.cause, f.sample)
	}
}

var seed = flag.Uint64("seed", 1, "of the company that the check of the truth is made on")

// What the tables say, mapped, is what happened: every order's and line's
// times, quantities, amounts, states and touches, every document, entry, month
// end, relation, and every wait that has an event at both ends.
func TestTruth(t *testing.T) {
	t.Parallel()
	orders := int64(2000)
	if os.Getenv("CI") != "" {
		orders = 25000
	}
	dir, path := generate(t, orders), filepath.Join(t.TempDir(), "millrace.duckdb")
	load(t, path, dir)
	checkTruth(t, path, dir)
}

func generate(t *testing.T, orders int64) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "extract")
	if _, err := simulator.Generate(t.Context(), dir, simulator.Options{Seed: *seed, Orders: orders}); err != nil {
		t.Fatal(err)
	}
	return dir
}
