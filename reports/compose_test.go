package reports_test

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/goccy/go-yaml"

	"millrace/eventlog"
	"millrace/metrics"
	"millrace/mining"
	"millrace/reports"
	"millrace/reports/pagetest"
)

var (
	catalogue = sync.OnceValue(metrics.Catalogue)
	rules     = sync.OnceValue(metrics.Rules)
)

func quarter(y, q int) metrics.Period {
	first := time.Date(y, time.Month(q*3-2), 1, 0, 0, 0, 0, time.UTC)
	next := first.AddDate(0, 3, 0)
	return metrics.Period{Label: fmt.Sprintf("%d-Q%d", y, q), First: metrics.DayOf(first), Last: metrics.DayOf(next.AddDate(0, 0, -1)), Start: first, End: next}
}

// answersOf reads values, one a line:
//
//	2025-Q4 ct.order_to_cash site=HAM1: 42.5, between 41.7 and 43.4, n 4420, open 12, mean 46.8
func answersOf(t *testing.T, text string) *reports.Answers {
	t.Helper()
	a := &reports.Answers{Grain: metrics.ByQuarter, Now: quarter(2025, 4), Before: quarter(2025, 3), Season: quarter(2024, 4), AsOf: "2025-12-31",
		KPIs: catalogue(), Values: map[reports.Question][]metrics.Value{}, Worst: map[string][]metrics.Case{}, Distributions: map[string]*metrics.Distribution{}}
	nan := math.NaN()
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
			continue
		case line == "nothing before":
			a.Before, a.Season = metrics.Period{}, metrics.Period{}
			continue
		case strings.HasPrefix(line, "late "):
			s := standing(t, line)
			a.Standings = append(a.Standings, s)
			continue
		}
		head, rest, _ := strings.Cut(line, ": ")
		words := strings.Fields(head)
		i := slices.IndexFunc(catalogue(), func(k *metrics.KPI) bool { return k.Name == words[1] })
		if i < 0 {
			t.Fatalf("no figure %q", words[1])
		}
		k := catalogue()[i : i+1]
		v := metrics.Value{KPI: k[0], Period: words[0], V: nan, Numerator: nan, Denominator: nan, P50: nan, P90: nan, Mean: nan, Survival: nan, Interval: metrics.Interval{Low: nan, High: nan}}
		by := ""
		for _, w := range words[2:] {
			d, x, _ := strings.Cut(w, "=")
			v.By = append(v.By, metrics.Label{Dimension: d, Value: x})
			if d != "currency" && k[0].Split[d] == "" {
				by = d
			}
		}
		for _, part := range strings.Split(rest, ", ") {
			f := strings.Fields(part)
			number := func(s string) float64 {
				x, err := strconv.ParseFloat(s, 64)
				if err != nil {
					t.Fatalf("%q: %v", line, err)
				}
				return x
			}
			switch f[0] {
			case "none":
			case "between":
				v.Interval = metrics.Interval{Low: number(f[1]), High: number(f[3])}
			case "n":
				v.Used = int64(number(f[1]))
			case "open":
				v.Open = int64(number(f[1]))
			case "mean":
				v.Mean = number(f[1])
			default:
				v.V = number(f[0])
				v.P50 = v.V
			}
		}
		v.N = v.Used + v.Open
		v.Denominator = float64(v.Used)
		if v.KPI.Kind == metrics.RateKind {
			v.Numerator = math.Round(v.V * v.Denominator)
		}
		grain := metrics.ByQuarter
		if !strings.Contains(v.Period, "Q") {
			grain = metrics.ByMonth
		}
		q := reports.Question{KPI: k[0].Name, Grain: grain, By: by}
		a.Values[q] = append(a.Values[q], v)
	}
	return a
}

// standing reads "late shipped_not_invoiced 12 EUR 3000".
func standing(t *testing.T, line string) metrics.Standing {
	f := strings.Fields(line)
	i := slices.IndexFunc(rules(), func(r *metrics.Rule) bool { return r.Name == f[1] })
	if i < 0 {
		t.Fatalf("no rule %q", f[1])
	}
	s := metrics.Standing{Rule: rules()[i], AsOf: "2025-12-31"}
	s.OpenBreached, _ = strconv.ParseInt(f[2], 10, 64)
	s.Met, s.N = 100, 100+s.OpenBreached
	if len(f) > 4 {
		x, _ := strconv.ParseFloat(f[4], 64)
		s.Value = []metrics.Amount{{Currency: f[3], Amount: x}}
	}
	return s
}

func pageOf(t *testing.T, text string) *reports.PageSpec {
	t.Helper()
	list, err := reports.ParsePages([]byte(text))
	if err != nil {
		t.Fatal(yaml.FormatError(err, false, true))
	}
	if err := reports.CheckPages(list, catalogue()); err != nil {
		t.Fatal(yaml.FormatError(err, false, true))
	}
	return list[0]
}

// TestPages reads testdata/pages: a page's block, the values that there are, and
// what the page says. Other values say something else: each kind of sentence is
// there with the data on both sides of what decides on it.
func TestPages(t *testing.T) {
	datadriven.Walk(t, "testdata/pages", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "block":
				block, values, _ := strings.Cut(d.Input, "\nvalues:")
				p := pageOf(t, "name: test\ntitle: Test\nblocks:\n  - "+strings.ReplaceAll(strings.TrimSpace(block), "\n", "\n    "))
				in := reports.ReportInput{Pages: []*reports.PageSpec{p}, Answers: answersOf(t, values)}
				in.Flow.Variants = &mining.Variants{CaseDuration: &eventlog.Durations{}}
				if d.HasArg("log") {
					in.Flow = pagetest.O2C().Flow()
				}
				r := reports.Compose(in)
				blocks := slices.DeleteFunc(r.Pages[0].Blocks, func(b reports.Block) bool { // TestTrust
					prose, ok := b.(*reports.Prose)
					return ok && prose.Title == "Whether others agree"
				})
				text := (&reports.Page{Blocks: blocks}).String()
				return strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(note.ReplaceAllString(text, "")), "\n")) + "\n"
			case "error":
				list, err := reports.ParsePages([]byte(d.Input))
				if err == nil {
					err = reports.CheckPages(list, catalogue())
				}
				if err == nil {
					return "no error\n"
				}
				return strings.TrimSpace(yaml.FormatError(err, false, true)) + "\n"
			}
			return "what?\n"
		})
	})
}

// TestTrust: a page says how its figures compare with controls and which items
// differ, or that nobody compared them, and who accepted which definition.
func TestTrust(t *testing.T) {
	compose := func(change func(*reports.Answers)) string {
		p := pageOf(t, "name: test\ntitle: Test\nblocks:\n  - figures: {kpis: [ar.balance, dso.rolling3]}")
		a := answersOf(t, "2025-Q4 ar.balance currency=EUR: 100, n 10\n2025-Q4 dso.rolling3 currency=EUR: 40, n 10")
		change(a)
		r := reports.Compose(reports.ReportInput{Pages: []*reports.PageSpec{p}, Answers: a})
		return (&reports.Page{Blocks: r.Pages[0].Blocks[1:]}).String()
	}
	theirs, agrees, differs := 105.0, true, false
	other := metrics.Reconciliation{Control: metrics.Control{Name: "orders of the shop", KPI: "orders.created", Value: &theirs}, AsOf: "2025-12-31", Ours: 105, Reconciled: &agrees}
	for _, c := range []struct {
		what   string
		change func(*reports.Answers)
		want   []string
		not    string
	}{
		{"nothing", func(*reports.Answers) {}, []string{"Not reconciled: no control of the project", "Nobody has accepted"}, "Controls"},
		{"a control of another page", func(a *reports.Answers) { a.Controls = append(a.Controls, other) }, []string{"Not reconciled: no control of the project"}, "orders of the shop"},
		{"a control that differs", func(a *reports.Answers) {
			a.Controls = append(a.Controls, other, metrics.Reconciliation{Control: metrics.Control{Name: "gl", KPI: "ar.balance", Value: &theirs}, AsOf: "2025-12-31", Ours: 100, Difference: -5, Reconciled: &differs,
				Items: &metrics.Unmatched{OnlyOurs: []metrics.Item{{Key: "R1", Amount: 2}}, OnlyTheirs: []metrics.Item{{Key: "R2", Amount: 6}}, Differing: []metrics.Difference{{Key: "R3", Ours: 3, Theirs: 4, Difference: -1}}}})
		}, []string{"gl | Receivables | 31 Dec 2025 | 100 | 105 | −5 | not reconciled, a control says otherwise (bad)", "3 of 3, those of the largest", "gl | R2 | – | 6 | −6\n", "gl | R1 | 2 | – | 2\n", "gl | R3 | 3 | 4 | −1\n"}, "orders of the shop"},
		{"accepted", func(a *reports.Answers) {
			v := a.Values[reports.Question{KPI: "ar.balance", Grain: metrics.ByQuarter}]
			list := []metrics.Acceptance{{Name: v[0].KPI.Name, Version: v[0].KPI.Version, By: "credit control", On: "2026-01-07"}}
			metrics.MarkAccepted(v, list)
		}, []string{"accepted, 1 of 2: Receivables (", "by credit control on 7 Jan 2026"}, "Nobody has accepted"},
	} {
		got := compose(c.change)
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q in\n%s", c.what, want, got)
			}
		}
		if strings.Contains(got, c.not) {
			t.Errorf("%s: %q in\n%s", c.what, c.not, got)
		}
	}
}

var note = regexp.MustCompile(`\[\d+\]`)

// TestBuiltInPages: they parse, ask only for figures that there are, and for
// each thing once.
func TestBuiltInPages(t *testing.T) {
	pages := reports.Pages()
	if err := reports.CheckPages(pages, catalogue()); err != nil {
		t.Fatal(yaml.FormatError(err, false, true))
	}
	asked := reports.Ask(pages, metrics.ByQuarter)
	seen := map[reports.Question]bool{}
	for _, q := range asked.Questions {
		if seen[q] {
			t.Errorf("%v is asked twice", q)
		}
		seen[q] = true
	}
	var names []string
	for _, p := range pages {
		names = append(names, p.Name)
	}
	if got, want := strings.Join(names, " "), "executive cycle-time touchless cash flow allocation cash-application waiting service-levels integration data-quality"; got != want {
		t.Errorf("pages %s, want %s", got, want)
	}
}

// TestNothing: a report without a single answer says so on every page, and has
// no figure.
func TestNothing(t *testing.T) {
	a := answersOf(t, "nothing before")
	r := reports.Compose(reports.ReportInput{Pages: reports.Pages(), Answers: a})
	for _, p := range r.Pages[:len(r.Pages)-1] {
		text := (&reports.Page{Blocks: p.Blocks}).String()
		if len(strings.TrimSpace(text)) == 0 {
			t.Errorf("page %s says nothing, not even that", p.Name)
		}
		if m := regexp.MustCompile(`: [1-9][\d.,]* (days|h|%)`).FindString(text); m != "" {
			t.Errorf("page %s has a figure made of nothing: %q", p.Name, m)
		}
	}
}
