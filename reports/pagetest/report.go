package pagetest

import (
	"math"
	"time"

	model "millrace/eventlog/o2c"
	"millrace/metrics"
	"millrace/reports"
	"millrace/reports/words"
)

// dimensionValues are what groups of made-up figures are called.
var dimensionValues = map[string][]string{
	"site": {"HAM1", "VIE1", "LDS1"}, "channel": {"edi", "shop", "crm"}, "customer": {"0000100042", "0000100079"},
	"step": {"credit", "collect", "bill"}, "activity": {"Create invoice", "Post goods issue"}, "actor_kind": {"human", "bot", "unknown"},
	"age": {"00-01 days", "15+ days"}, "past_due": {"not due", "1-30", ">120"}, "kind": {"block", "invoice"},
}

// Report is a report of all pages that come with Millrace, in a language, of
// figures that are made up and have every form there is: several currencies,
// groups, months, few objects, service levels, the log's profile.
func Report(lang *words.Language) *reports.Report {
	const first, last = "2024-10-01", "2025-12-31"
	grain := metrics.ByQuarter
	periodsOf := func(g metrics.Grain) []metrics.Period {
		list, err := metrics.PeriodsOf(g, first, last, time.UTC, 1)
		if err != nil {
			panic(err)
		}
		return list
	}
	quarters, months := periodsOf(grain), periodsOf(metrics.ByMonth)
	a := &reports.Answers{Grain: grain, AsOf: last, KPIs: metrics.Catalogue(), Values: map[reports.Question][]metrics.Value{}, Worst: map[string][]metrics.Case{},
		Distributions: map[string]*metrics.Distribution{}, Loaded: map[string]time.Time{"erp": time.Date(2026, 1, 1, 6, 0, 0, 0, time.UTC)},
		Coverage: []model.FigureCoverage{{ID: "orders"}, {ID: "cash.promise_kept", Missing: []string{"promises"}}}, Profile: Profile().Profile}
	a.Now, a.Before, a.Season = reports.Periods(quarters, first, last)
	of := map[string]*metrics.KPI{}
	for _, k := range a.KPIs {
		of[k.Name] = k
	}
	asked := reports.Ask(reports.Pages(), grain)
	for n, q := range asked.Questions {
		k, list := of[q.KPI], quarters
		if q.Grain == metrics.ByMonth {
			list = months
		}
		dimension := q.By
		for d := range k.Split { // at most one here
			dimension = d
		}
		groups := dimensionValues[dimension]
		if dimension == "" {
			groups = []string{""}
		}
		currencies := []string{""}
		if k.Currency != "" || k.Unit == metrics.Money {
			currencies = []string{"EUR", "GBP"}
		}
		for i, p := range list {
			for j, g := range groups {
				for c, currency := range currencies {
					v := madeUp(k, p.Label, float64((n*5+i*3+j*7+c)%11)/11)
					if v.Currency = currency; g != "" {
						v.By = []metrics.Label{{Dimension: dimension, Value: g}}
						if dimension != q.By && q.By != "" {
							v.By = append([]metrics.Label{{Dimension: q.By, Value: dimensionValues[q.By][j%2]}}, v.By...)
						}
					}
					if j > 1 && k.Kind == metrics.RateKind {
						v.Used, v.Numerator = 7, 3 // too few
					}
					a.Values[q] = append(a.Values[q], v)
				}
			}
		}
	}
	for name := range asked.Worst {
		a.Worst[name] = []metrics.Case{{Key: "0010000013", V: 120.5}, {Key: "0010000014", V: .5}}
	}
	for name := range asked.Distributions {
		a.Distributions[name] = &metrics.Distribution{KPI: of[name], Width: 5, Counts: []int64{10, 400, 300, 90, 40, 60}, Max: 130}
	}
	amount := 1200.0
	for i, r := range metrics.Rules() {
		s := metrics.Standing{Rule: r, AsOf: last, N: 100, Met: 80, OpenBreached: int64(i % 4), AtRisk: 2, ResolvedLate: 3, Value: []metrics.Amount{{Currency: "EUR", Amount: 1e5 * float64(i)}}}
		if s.OpenBreached > 0 {
			s.Worst = []metrics.Breach{{Key: "0080007575/10", State: metrics.Breached, Owner: r.Owner, Due: "2025-12-30T11:40:00Z", OverS: 43200, Amount: &amount, Currency: "EUR"}}
		}
		a.Standings = append(a.Standings, s)
	}
	flow := O2C().Flow()
	flow.Title, flow.Source, flow.Language = "", lang.Word("source.log", "file", "sample.duckdb", "log", "o2c"), lang
	flow.LeftOut, flow.Notes = flow.LeftOut[:1], nil
	flow.Ways.TouchlessMeans = ""
	for i := range a.Profile.Checks {
		a.Profile.Checks[i].Do = "" // made up there
	}
	return reports.Compose(reports.ReportInput{Pages: reports.Pages(), Answers: a, Flow: flow})
}

// madeUp is a value of a figure that is larger the larger x is, from 0 to 1.
func madeUp(k *metrics.KPI, period string, x float64) metrics.Value {
	v := metrics.Value{KPI: k, Period: period, N: 1000, Used: 900, Open: 60, Denominator: 900, Survival: math.NaN(), Interval: metrics.Interval{Low: math.NaN(), High: math.NaN()}}
	if len(k.LeaveOut) > 0 {
		v.Excluded = []metrics.Exclusion{{Reason: k.LeaveOut[0].Reason, N: 40}}
	}
	least, most := .5, 1.5
	switch k.Unit {
	case metrics.Share:
		least, most = .3, .6
	case metrics.Money:
		least, most = 1e6, 3e6
	case metrics.Days:
		least, most = 15, 45
	case metrics.Count:
		least, most = 200, 600
	}
	v.V = least + (most-least)*x
	if k.Unit == metrics.Share {
		v.Interval = metrics.Interval{Low: v.V - .01, High: v.V + .01}
	}
	v.Numerator, v.P50, v.P90, v.Mean = 900*v.V, v.V, 2*v.V, 1.1*v.V
	if k.Kind == metrics.DurationKind {
		v.Interval = metrics.Interval{Low: .95 * v.V, High: 1.05 * v.V}
	}
	return v
}
