package reports

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/metrics"
)

// A Question is a figure asked once for all pages of a report: every block that
// shows it reads the same answer.
type Question struct {
	KPI   string
	Grain metrics.Grain // of the report, or by month
	By    string        // dimensions, joined by commas; "" is the figure as a whole
}

// Asked are all that the pages of a report ask for, each thing once.
type Asked struct {
	Questions     []Question
	Worst         map[string]int // cases of a figure
	Distributions map[string]DistSpec
	// What else is shown.
	ServiceLevels, Late, Coverage, Sources, Flow bool
	Models                                       []ModelSpec // that cases are compared with
}

// Ask lists what pages ask for. grain is the period of the report.
func Ask(pages []*PageSpec, grain metrics.Grain) Asked {
	a := Asked{Worst: map[string]int{}, Distributions: map[string]DistSpec{}}
	seen := map[Question]bool{}
	ask := func(n Name, g metrics.Grain, by ...string) {
		by = slices.DeleteFunc(by, func(s string) bool { return s == "" })
		q := Question{n.Name, g, strings.Join(by, ",")}
		if n.Name != "" && !seen[q] {
			seen[q] = true
			a.Questions = append(a.Questions, q)
		}
	}
	for _, p := range pages {
		for _, b := range p.Blocks {
			for _, n := range b.names() {
				ask(n, grain)
			}
			switch {
			case b.Lead != nil:
				for _, s := range b.Lead.Of {
					a.Flow = a.Flow || s.What == "wait"
					a.ServiceLevels = a.ServiceLevels || s.What == "late"
					switch {
					case s.Parts.Name != "":
						ask(s.Parts, grain, s.By.Name)
					case s.By.Name != "":
						ask(s.KPI, grain, s.By.Name)
					}
				}
			case b.Tiles != nil:
				for _, n := range b.Tiles.KPIs {
					if b.Tiles.ByMonth {
						ask(n, metrics.ByMonth)
					}
				}
			case b.Trend != nil:
				ask(b.Trend.KPI, metrics.ByMonth)
				for _, n := range b.Trend.With {
					ask(n, metrics.ByMonth)
				}
			case b.By != nil:
				ask(b.By.KPI, grain, b.By.By.Name)
			case b.Change != nil:
				ask(b.Change.KPI, grain, b.Change.By.Name)
			case b.Segments != nil:
				ask(b.Segments.KPI, grain, b.Segments.By.Name)
			case b.Worst != nil:
				a.Worst[b.Worst.KPI.Name] = max(a.Worst[b.Worst.KPI.Name], cmp.Or(b.Worst.Most, mostWorst))
			case b.Distribution != nil:
				a.Distributions[b.Distribution.KPI.Name] = *b.Distribution
			}
			a.ServiceLevels = a.ServiceLevels || b.ServiceLevels != nil || b.Late != nil
			a.Late = a.Late || b.Late != nil
			a.Models = b.Model.addTo(a.Models)
			a.Sources = a.Sources || b.Sources != nil
			a.Coverage = a.Coverage || b.Coverage != nil
			a.Flow = a.Flow || b.Map != nil || b.Variants != nil || b.Waits != nil || b.Rework != nil
		}
	}
	return a
}

// mostWorst is how many of the worst cases a table has.
const mostWorst = 10

// Answers are what the questions of a report were answered.
type Answers struct {
	Grain metrics.Grain
	// Now is the period of the report, Before the one before, Season the same a
	// year before; one that the data does not reach back to has no Label.
	Now, Before, Season metrics.Period
	// AsOf is the last day of the data, or the one that was asked for.
	AsOf          metrics.Day
	KPIs          []*metrics.KPI
	Values        map[Question][]metrics.Value
	Worst         map[string][]metrics.Case
	Distributions map[string]*metrics.Distribution
	Standings     []metrics.Standing
	Controls      []metrics.Reconciliation
	Profile       *eventlog.Profile    // nil: not asked for, since it reads every event
	Loaded        map[string]time.Time // of each source, when it was read last
	Coverage      []o2c.FigureCoverage
	Filter        string // in words; "" is none
}

// Periods finds the period of a report: the last one of the grain that is over
// by the last day of the data; where none is, the one that runs. periods are
// those with data, oldest first.
func Periods(periods []metrics.Period, first, last metrics.Day) (now, before, season metrics.Period) {
	if len(periods) == 0 {
		return
	}
	i := len(periods) - 1
	if i > 0 && periods[i].Last > last {
		i--
	}
	now = periods[i]
	if i > 0 {
		before = periods[i-1]
	}
	want := now.First.YearBefore()
	for _, p := range periods[:i] {
		if p.First == want && p.First >= first {
			season = p
		}
	}
	if before.Label != "" && before.First < first {
		before = metrics.Period{} // only some days of it have data
	}
	return now, before, season
}

// Of are the values of a figure in a period, one of each combination of
// dimensions and currencies; by is as in [Question].
func (a *Answers) Of(kpi string, grain metrics.Grain, by, period string) []metrics.Value {
	var list []metrics.Value
	for _, v := range a.Values[Question{kpi, grain, by}] {
		if v.Period == period {
			list = append(list, v)
		}
	}
	return list
}

// kpi finds a definition.
func (a *Answers) kpi(name string) *metrics.KPI {
	for _, k := range a.KPIs {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// all are the values of a figure as a whole, one a currency, that of most
// objects first.
func (a *Answers) all(kpi string, period metrics.Period) []metrics.Value {
	list := a.Of(kpi, a.Grain, "", period.Label)
	main := a.mainCurrency(kpi)
	slices.SortStableFunc(list, func(x, y metrics.Value) int {
		return cmp.Or(boolOrder(currencyOf(x) == main, currencyOf(y) == main), cmp.Compare(currencyOf(x), currencyOf(y)))
	})
	return list
}

func boolOrder(a, b bool) int {
	switch {
	case a && !b:
		return -1
	case b && !a:
		return 1
	}
	return 0
}

// mainCurrency is the currency that most objects of a figure have, over all
// periods: a page has one, whatever happened in a month.
func (a *Answers) mainCurrency(kpi string) string {
	n := map[string]int64{}
	for _, v := range a.Values[Question{kpi, a.Grain, ""}] {
		n[currencyOf(v)] += v.Used
	}
	main, most := "", int64(-1)
	for c, k := range n {
		if k > most || k == most && c < main {
			main, most = c, k
		}
	}
	return main
}

// currencyOf is the currency that a value is of: its own, or a label.
func currencyOf(v metrics.Value) string {
	if v.Currency != "" {
		return v.Currency
	}
	for _, l := range v.By {
		if l.Dimension == "currency" {
			return l.Value
		}
	}
	return ""
}
