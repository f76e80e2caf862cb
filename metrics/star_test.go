package metrics_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"millrace/metrics"
	simulator "millrace/sample-data/distributor"
)

// star/README.md says of every table and column what it is.
func TestStarReadme(t *testing.T) {
	var b strings.Builder
	for _, x := range metrics.Star() {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| column | what it is | refers to |\n|---|---|---|\n", x.Name, x.Doc)
		for _, c := range x.Columns {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", c.Name, c.Doc, c.References)
		}
	}
	text, err := os.ReadFile("star/README.md")
	if err != nil {
		t.Fatal(err)
	}
	if _, tables, _ := strings.Cut(string(text), "<!-- tables -->\n"); tables != b.String() {
		t.Errorf("star/README.md is not what star.yaml says; it should go on after <!-- tables --> with\n%s", b.String())
	}
}

// Every table can be read, its first column (or all that it is ordered by) is
// a key, and what refers to another table is found there.
func TestStarHoldsTogether(t *testing.T) {
	dir := t.TempDir()
	if _, err := simulator.Generate(t.Context(), dir, simulator.Options{Seed: 5, Orders: 150}); err != nil {
		t.Fatal(err)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	s := load(t, dir)
	tables := map[string]metrics.StarTable{}
	for _, x := range metrics.Star() {
		tables[x.Name] = x
	}
	for _, x := range metrics.Star() {
		n := count(t, s, "SELECT count(*) FROM ("+x.SQL(berlin)+")")
		if n == 0 {
			t.Errorf("%s is empty", x.Name)
		}
		if !strings.Contains(x.SQL(berlin), "ORDER BY exception_kind") {
			order := x.SQL(berlin)[strings.LastIndex(x.SQL(berlin), "ORDER BY ")+len("ORDER BY "):]
			if twice := count(t, s, fmt.Sprintf("SELECT count(*) FROM (SELECT %s FROM (%s) GROUP BY ALL HAVING count(*) > 1)", order, x.SQL(berlin))); twice > 0 {
				t.Errorf("%s: %d keys (%s) occur twice", x.Name, twice, order)
			}
		}
		for _, c := range x.Columns {
			if c.References == "" {
				continue
			}
			to, ok := tables[c.References]
			if !ok {
				t.Errorf("%s.%s refers to %s, which is no table", x.Name, c.Name, c.References)
				continue
			}
			lost := count(t, s, fmt.Sprintf("SELECT count(*) FROM (%s) a ANTI JOIN (%s) b ON a.%s = b.%s WHERE a.%s IS NOT NULL", x.SQL(berlin), to.SQL(berlin), c.Name, to.Columns[0].Name, c.Name))
			if lost > 0 && c.References != "dim_date" {
				t.Errorf("%s.%s: %d values are not in %s", x.Name, c.Name, lost, c.References)
			}
		}
	}
}
