package tryton

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"millrace/eventlog"
	"millrace/metrics"
)

// A worked figure is a row of testdata/worked_figures.md. A cell left empty is
// not compared.
type worked struct {
	line                      int
	figure, period            string
	asOf                      metrics.Day
	by                        []metrics.Label // but for the currency: there is one
	value, p90, n, used, open string
}

// TestWorkedFigures compares key figures of the sample with those that
// testdata/worked_figures.md works out of the ERP's own tables.
func TestWorkedFigures(t *testing.T) {
	t.Parallel()
	rows := workedFigures(t)
	path := storeIn(t)
	load(t, path, sampleDir(t))
	s, err := eventlog.Open(t.Context(), path, eventlog.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	known := map[string]*metrics.KPI{}
	for _, k := range metrics.Catalogue() {
		known[k.Name] = k
	}
	// Rows that are asked alike are asked at once.
	type question struct {
		asOf  metrics.Day
		grain metrics.Grain
		by    string
	}
	asked := map[question][]worked{}
	var order []question
	for _, r := range rows {
		k := known[r.figure]
		if k == nil {
			t.Errorf("line %d: the catalogue has no figure %s", r.line, r.figure)
			continue
		}
		q := question{asOf: r.asOf}
		if r.period != "" {
			q.grain = metrics.ByMonth
		}
		var by []string
		for _, l := range r.by {
			if _, ok := k.Split[l.Dimension]; !ok {
				by = append(by, l.Dimension)
			}
		}
		q.by = strings.Join(by, ",")
		if asked[q] == nil {
			order = append(order, q)
		}
		asked[q] = append(asked[q], r)
	}
	for _, q := range order {
		var kpis []*metrics.KPI
		for _, r := range asked[q] {
			if k := known[r.figure]; !slices.Contains(kpis, k) {
				kpis = append(kpis, k)
			}
		}
		o := metrics.Options{AsOf: q.asOf, Grain: q.grain, Parallel: 2}
		if q.by != "" {
			o.By = strings.Split(q.by, ",")
		}
		values, err := metrics.Evaluate(t.Context(), s.Query, kpis, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range asked[q] {
			r.compare(t, values)
		}
	}
}

// compare finds the value that a row is about and compares it.
func (r worked) compare(t *testing.T, values []metrics.Value) {
	t.Helper()
	i := slices.IndexFunc(values, func(v metrics.Value) bool {
		by := slices.DeleteFunc(slices.Clone(v.By), func(l metrics.Label) bool { return l.Dimension == "currency" })
		return v.KPI.Name == r.figure && v.Period == r.period && slices.Equal(by, r.by)
	})
	if i < 0 {
		t.Errorf("line %d: %s %s %s %v: not found", r.line, r.figure, r.asOf, r.period, r.by)
		return
	}
	v := values[i]
	var wrong []string
	for _, c := range []struct {
		name, want string
		got        float64
	}{{"value", r.value, v.V}, {"p90", r.p90, v.P90}, {"n", r.n, float64(v.N)}, {"used", r.used, float64(v.Used)}, {"open", r.open, float64(v.Open)}} {
		if !agrees(t, r.line, c.want, c.got) {
			wrong = append(wrong, fmt.Sprintf("%s %v, want %s", c.name, c.got, c.want))
		}
	}
	if wrong != nil {
		t.Errorf("line %d, as of %s: %s\n  %v", r.line, r.asOf, strings.Join(wrong, "; "), v)
	}
}

// agrees compares a figure with one in writing: to one in a million, or to the
// digits that are written if those are fewer.
func agrees(t *testing.T, line int, want string, got float64) bool {
	t.Helper()
	if want == "" {
		return true
	}
	if want == "none" {
		return math.IsNaN(got)
	}
	w, err := strconv.ParseFloat(want, 64)
	if err != nil {
		t.Fatalf("line %d: %v", line, err)
	}
	_, decimals, _ := strings.Cut(want, ".")
	tolerance := 1e-6 * math.Abs(w)
	if decimals != "" {
		tolerance = max(tolerance, 0.5000001*math.Pow10(-len(decimals)))
	}
	return math.Abs(got-w) <= tolerance
}

// workedFigures reads the tables of the sheet whose first column is figure.
func workedFigures(t *testing.T) (rows []worked) {
	t.Helper()
	text, err := os.ReadFile("testdata/worked_figures.md")
	if err != nil {
		t.Fatal(err)
	}
	var columns []string
	for i, line := range strings.Split(string(text), "\n") {
		if !strings.HasPrefix(line, "|") {
			columns = nil
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for j := range cells {
			cells[j] = strings.TrimSpace(cells[j])
		}
		switch {
		case cells[0] == "figure":
			columns = cells
		case columns == nil || strings.HasPrefix(cells[0], "--"):
		case len(cells) != len(columns):
			t.Fatalf("line %d: %d cells, and the table has %d columns", i+1, len(cells), len(columns))
		default:
			r := worked{line: i + 1, figure: strings.Trim(cells[0], "`")}
			for j, c := range columns {
				switch c {
				case "figure", "worked":
				case "as of":
					r.asOf = metrics.Day(cells[j])
				case "period":
					r.period = cells[j]
				case "by":
					for _, l := range strings.Split(cells[j], ", ") {
						if d, v, ok := strings.Cut(l, "="); ok {
							r.by = append(r.by, metrics.Label{Dimension: d, Value: v})
						}
					}
				case "value":
					r.value = cells[j]
				case "p90":
					r.p90 = cells[j]
				case "n":
					r.n = cells[j]
				case "used":
					r.used = cells[j]
				case "open":
					r.open = cells[j]
				default:
					t.Fatalf("line %d: a column %q", i+1, c)
				}
			}
			if r.value == "" {
				t.Fatalf("line %d: %s has no value", r.line, r.figure)
			}
			rows = append(rows, r)
		}
	}
	if len(rows) == 0 {
		t.Fatal("the sheet has no figures")
	}
	return rows
}
