package metrics_test

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"millrace/eventlog"
	"millrace/metrics"
	simulator "millrace/sample-data/distributor"
)

var kept = flag.String("company", "", "folder in which the simulated company and its store are kept from one run to the next")

// TestMain gives the tests one company, which the first that asks for it makes.
func TestMain(m *testing.M) {
	flag.Parse()
	if *kept != "" {
		os.Exit(m.Run())
	}
	dir, err := os.MkdirTemp("", "millrace-company-")
	if err != nil {
		panic(err)
	}
	*kept = dir
	code := m.Run()
	if shared != nil {
		if err := shared.store.Close(); err != nil {
			panic(err)
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		panic(err)
	}
	os.Exit(code)
}

// shared is the company, once a test asked for it.
var shared *company

// A company is the simulated distributor: its store, and what really happened.
type company struct {
	truthTables
	t       *testing.T
	store   *eventlog.Store
	zone    *time.Location
	asOf    metrics.Day
	order   map[string]row // by number
	covered map[string]*coverage
}

// A row is one of the truth's.
type row map[string]string

// simulated returns a company of 2,000 orders, loaded.
func simulated(t *testing.T) *company {
	t.Helper()
	if shared != nil {
		c := *shared
		c.t = t
		return &c
	}
	dir := *kept
	extract, path := filepath.Join(dir, "extract"), filepath.Join(dir, "millrace.duckdb")
	if _, err := os.Stat(extract); err != nil {
		if _, err := simulator.Generate(t.Context(), extract, simulator.Options{Seed: 1, Orders: 2000}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(path); err != nil {
		loadAll(t, extract, path)
	}
	s, err := eventlog.Open(context.Background(), path, eventlog.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	c := &company{t: t, truthTables: readTruth(t, extract), store: s, zone: zone, asOf: "2025-12-31", order: map[string]row{}, covered: map[string]*coverage{}}
	for _, o := range c.truth("order") {
		c.order[o["order_no"]] = o
	}
	shared = c
	kept := *c
	return &kept
}

// truthTables are what a simulator says of itself, each read once.
type truthTables struct {
	dir   string
	lists map[string][]row
}

// readTruth is the truth beside the tables in dir, which it wrote by its own
// path: no row of it comes from what was loaded.
func readTruth(t testing.TB, dir string) truthTables {
	t.Helper()
	x := truthTables{dir: dir, lists: map[string][]row{}}
	files, err := filepath.Glob(filepath.Join(dir, "truth", "*.csv"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no truth in %s: %v", dir, err)
	}
	for _, path := range files {
		x.lists[strings.TrimSuffix(filepath.Base(path), ".csv")] = readRows(t, path)
	}
	return x
}

// readRows reads a table with a header.
func readRows(t testing.TB, path string) []row {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(f).ReadAll()
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	list := make([]row, 0, len(lines)-1)
	for _, line := range lines[1:] {
		r := make(row, len(line))
		for i, name := range lines[0] {
			r[name] = line[i]
		}
		list = append(list, r)
	}
	return list
}

// truth is a table of the truth.
func (x truthTables) truth(table string) []row {
	list, ok := x.lists[table]
	if !ok {
		panic("the truth has no table " + table)
	}
	return list
}

// at is an instant of a row; the zero time if it did not happen.
func (r row) at(column string) time.Time {
	if r[column] == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, r[column])
	if err != nil {
		panic(err)
	}
	return t
}

func (r row) number(column string) float64 {
	if r[column] == "" {
		return 0
	}
	x, err := strconv.ParseFloat(r[column], 64)
	if err != nil {
		panic(err)
	}
	return x
}

// cents is an amount of a row.
func (r row) cents(name string) int64 {
	whole, part, _ := strings.Cut(r[name], ".")
	n, err := strconv.ParseInt(whole+(part + "00")[:2], 10, 64)
	if err != nil {
		panic(fmt.Sprintf("%s: %q", name, r[name]))
	}
	return n
}

// day is the UTC day of an instant, or the day; nothing is after all days.
func (r row) day(name string) string {
	if r[name] == "" {
		return "9999-12-31"
	}
	return r[name][:10]
}

// day is the day of an instant in the company's zone; "" if there is none.
func (c *company) day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(c.zone).Format(time.DateOnly)
}

// later returns the last of some instants.
func later(list ...time.Time) (last time.Time) {
	for _, t := range list {
		if t.After(last) {
			last = t
		}
	}
	return last
}

// A coverage is in which periods, and by which values of which dimension, a
// figure was compared with the truth.
type coverage struct{ periods, parts map[string]bool }

// cover notes that a value was compared.
func (c *company) cover(name, period string, by []string, v metrics.Value) {
	x := c.covered[name]
	if x == nil {
		x = &coverage{map[string]bool{}, map[string]bool{}}
		c.covered[name] = x
	}
	if period != "" {
		x.periods[period] = true
	}
	for i, d := range by {
		x.parts[d+" "+v.By[i].Value] = true
	}
}

// sites is by how many sites a figure was compared.
func (x *coverage) sites() (n int) {
	if x == nil {
		return 0
	}
	for part := range x.parts {
		if strings.HasPrefix(part, "site ") && part != "site " {
			n++
		}
	}
	return n
}

// A tally is a figure as counted from the truth.
type tally struct {
	used, open int64
	hits       float64 // of a rate; the numerator of a ratio; the sum of a sum
	of         float64 // the denominator of a ratio
	took       []float64
}

// tallies are figures by what they are split by: month, site, currency, …
type tallies map[string]*tally

func (s tallies) of(parts ...string) *tally {
	key := strings.Join(parts, " ")
	if s[key] == nil {
		s[key] = &tally{}
	}
	return s[key]
}

// one counts a thing in a rate.
func (s tallies) one(hit bool, parts ...string) {
	x := s.of(parts...)
	x.used++
	x.of++
	if hit {
		x.hits++
	}
}

// add counts a thing with an amount.
func (s tallies) add(numerator, denominator float64, parts ...string) {
	x := s.of(parts...)
	x.used++
	x.hits += numerator
	x.of += denominator
}

// time counts a thing of a duration, in its unit.
func (s tallies) time(took float64, parts ...string) {
	x := s.of(parts...)
	x.used++
	x.took = append(x.took, took)
}

func (s tallies) waits(parts ...string) { s.of(parts...).open++ }

// compare evaluates a figure and compares what is used, what is open and the
// value of each part with the truth: keys are "2025-03 HAM1" or "HAM1".
func (c *company) compare(name string, o metrics.Options, want tallies) {
	c.t.Helper()
	o.Zone = c.zone
	var kpi *metrics.KPI
	for _, k := range metrics.Catalogue() {
		if k.Name == name {
			kpi = k
		}
	}
	if kpi == nil {
		c.t.Errorf("there is no %s", name)
		return
	}
	values, err := metrics.Evaluate(c.t.Context(), c.store.Query, []*metrics.KPI{kpi}, o)
	if err != nil {
		c.t.Error(err)
		return
	}
	seen, used := map[string]bool{}, int64(0)
	for _, v := range values {
		for _, n := range v.Notes {
			if n.Code == "links" || n.Code == "needs" {
				c.t.Errorf("%s: %s", name, n.Text)
				return
			}
		}
		var parts []string
		if v.Period != "" {
			parts = append(parts, v.Period)
		}
		for _, l := range v.By {
			parts = append(parts, l.Value)
		}
		key := strings.Join(parts, " ")
		seen[key] = true
		w := want[key]
		if w == nil {
			w = &tally{}
		}
		used += w.used
		if v.Used != w.used || o.Grain == "" && v.Open != w.open {
			c.t.Errorf("%s %s: used %d, open %d, in truth %d, %d", name, key, v.Used, v.Open, w.used, w.open)
			continue
		}
		figure, within := w.hits, 1e-9
		switch kpi.Kind {
		case metrics.RateKind, metrics.RatioKind:
			if w.of == 0 {
				continue
			}
			figure = w.hits / w.of
		case metrics.CountKind:
			figure = float64(w.used)
		case metrics.DurationKind:
			slices.Sort(w.took)
			figure = quantileOf(w.took, kpi.Quantile)
			within = 1e-6 // whole microseconds
		}
		if v.Used > 0 {
			c.cover(name, cmp.Or(v.Period, string(o.AsOf), string(o.From)), o.By, v)
		}
		if v.Used > 0 && !(math.Abs(v.V-figure) <= within*max(1, math.Abs(figure))) {
			c.t.Errorf("%s %s: %v, in truth %v", name, key, v.V, figure)
		}
	}
	for key, w := range want {
		if !seen[key] && (w.used > 0 || o.Grain == "" && w.open > 0) {
			c.t.Errorf("%s has nothing of %s, in truth %+v", name, key, *w)
		}
	}
	if used == 0 {
		c.t.Errorf("%s: the truth has nothing to compare with", name)
	}
}

// nothing holds that a figure has no more than the truth, which has nothing of it.
func (c *company) nothing(name string) {
	c.t.Helper()
	for _, v := range c.evaluate(name, metrics.Options{}) {
		if v.N > 0 {
			c.t.Errorf("%s counts %d, in truth there is nothing of it", name, v.N)
		}
	}
}

// A story counts one figure: it is called for every object, with the month it
// counts in, "" where it is open.
type story func(tell func(month, site string, numerator, denominator float64))

// byMonthAndSite compares a figure in whole by site, and by month and site.
func (c *company) byMonthAndSite(name string, s story) {
	c.t.Helper()
	whole, monthly := tallies{}, tallies{}
	s(func(month, site string, numerator, denominator float64) {
		if month == "" {
			whole.waits(site)
			return
		}
		whole.add(numerator, denominator, site)
		monthly.add(numerator, denominator, month[:7], site)
	})
	c.compare(name, metrics.Options{By: []string{"site"}}, whole)
	c.compare(name, metrics.Options{By: []string{"site"}, Grain: metrics.ByMonth}, monthly)
	if len(monthly) < 9 {
		c.t.Errorf("%s: the truth has %d months and sites, want three of each at least", name, len(monthly))
	}
}

// rate is what one object adds to a rate.
func rate(hit bool) float64 {
	if hit {
		return 1
	}
	return 0
}

// defects are the keys or objects hit by planted defects of a kind in a table.
func (c *company) defects(kind, table string) map[string]bool {
	m := map[string]bool{}
	for _, d := range c.truth("defect") {
		if d["kind"] == kind && d["table"] == table {
			m[d["key"]] = true
			if object, what, ok := strings.Cut(d["doc"], ": "); ok && strings.HasPrefix(what, "DELIVERED ") {
				m[object] = true
			}
		}
	}
	return m
}

// evaluate asks for one figure.
func (c *company) evaluate(name string, o metrics.Options) []metrics.Value {
	c.t.Helper()
	o.Zone = c.zone
	for _, k := range metrics.Catalogue() {
		if k.Name != name {
			continue
		}
		values, err := metrics.Evaluate(c.t.Context(), c.store.Query, []*metrics.KPI{k}, o)
		if err != nil {
			c.t.Fatal(err)
		}
		c.cover(name, "", nil, metrics.Value{})
		return values
	}
	c.t.Fatalf("there is no %s", name)
	return nil
}

// itemNo is a line's number as truth/link writes it.
func itemNo(document, item string) string { return fmt.Sprintf("%s/%s", document, item) }
