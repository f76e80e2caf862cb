package metrics_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	_ "github.com/duckdb/duckdb-go/v2"
	"pgregory.net/rapid"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/metrics"
)

// TestCatalogue: the built-in key figures are well formed, and named once.
func TestCatalogue(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range metrics.Catalogue() {
		if seen[k.Name] {
			t.Errorf("two key figures are called %s", k.Name)
		}
		seen[k.Name] = true
		for _, n := range k.Needs {
			if !strings.Contains(n, ".") {
				t.Errorf("%s needs %q, want VIEW.COLUMN", k.Name, n)
			}
		}
		for _, l := range k.Links {
			if l.Qualifier != "on" && !slices.ContainsFunc(o2c.Model().Relations, func(r eventlog.Relation) bool {
				return r.Source == l.Source && r.Qualifier == l.Qualifier && r.Target == l.Target ||
					r.Source == l.Target && r.Qualifier == l.Qualifier && r.Target == l.Source // from its other end
			}) {
				t.Errorf("%s rests on %+v, which the model has not", k.Name, l)
			}
		}
		if !strings.HasSuffix(k.Doc, ".") {
			t.Errorf("%s: the definition is not a sentence: %q", k.Name, k.Doc)
		}
	}
}

// TestMetrics reads testdata/*: rows for the business views as SQL, then what
// the key figures make of them.
func TestMetrics(t *testing.T) {
	files, err := filepath.Glob("testdata/[a-z]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		if info, err := os.Stat(path); err != nil || info.IsDir() { // of other tests
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) { testMetrics(t, path) })
	}
}

func testMetrics(t *testing.T, path string) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
		switch d.Cmd {
		case "sql":
			if _, err := db.Exec(d.Input); err != nil {
				return "error: " + err.Error() + "\n"
			}
			return ""
		case "parse":
			kpis, err := metrics.Parse([]byte(d.Input))
			if err != nil {
				return "error: " + err.Error() + "\n"
			}
			return kpis[0].Name + "\n"
		}
		var some []*metrics.KPI
		for _, k := range metrics.Catalogue() {
			if k.Name == d.Cmd {
				some = append(some, k)
			}
		}
		var o metrics.Options
		if d.HasArg("link_rate") {
			var text string
			d.ScanArgs(t, "link_rate", &text)
			if o.LinkRate, err = strconv.ParseFloat(text, 64); err != nil {
				t.Fatal(err)
			}
		}
		values, err := metrics.Evaluate(context.Background(), db.QueryContext, some, o)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		var b strings.Builder
		for _, v := range values {
			b.WriteString(v.String() + "\n")
			counted := v.Used + v.Open
			for _, e := range v.Excluded {
				counted += e.N
			}
			if counted != v.N {
				t.Errorf("%s: %d objects are used, open or left out, of %d", v.KPI.Name, counted, v.N)
			}
			if d.HasArg("json") {
				text, err := json.Marshal(v)
				if err != nil {
					t.Fatal(err)
				}
				b.Write(append(text, '\n'))
			}
		}
		return b.String()
	})
}

// TestWilson: an interval holds the rate it is of, and no more than 0 to 1.
func TestWilson(t *testing.T) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rate, err := metrics.Parse([]byte("- {name: r, title: R, unit: share, kind: rate, of: rows, one: row, view: r, hit: hit, doc: A rate.}"))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("CREATE SCHEMA o2c; CREATE TABLE o2c.r (hit BOOLEAN)"); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 400).Draw(rt, "n")
		hits := rapid.IntRange(0, n).Draw(rt, "hits")
		if _, err := db.Exec("TRUNCATE o2c.r; INSERT INTO o2c.r SELECT i < ? FROM range(?) AS t(i)", hits, n); err != nil {
			rt.Fatal(err)
		}
		values, err := metrics.Evaluate(context.Background(), db.QueryContext, rate, metrics.Options{})
		if err != nil {
			rt.Fatal(err)
		}
		v := values[0]
		if i := v.Interval; math.Abs(v.V-float64(hits)/float64(n)) > 1e-12 || i.Low > v.V+1e-12 || i.High < v.V-1e-12 || i.Low < 0 || i.High > 1 {
			rt.Fatalf("%d of %d: %v", hits, n, v)
		}
	})
}
