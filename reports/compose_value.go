package reports

import (
	"math"
	"slices"

	"millrace/eventlog"
	"millrace/metrics"
	"millrace/reports/words"
)

// whole is a figure as a whole in a period: of several currencies, the one that
// most objects have. A period without a value has one that is not known, and
// says so.
func (c *composer) whole(kpi string, period metrics.Period) metrics.Value {
	list := c.all(kpi, period)
	if len(list) == 0 {
		return c.nothing(kpi, period)
	}
	return list[0]
}

// nothing is a figure without a value in a period.
func (c *composer) nothing(kpi string, period metrics.Period) metrics.Value {
	nan := math.NaN()
	k := c.kpi(kpi)
	v := metrics.Value{KPI: k, Period: period.Label, V: nan, Numerator: nan, Denominator: nan, P50: nan, P90: nan, Mean: nan, Survival: nan,
		OpenAge: [2]float64{nan, nan}, Interval: metrics.Interval{Low: nan, High: nan}}
	for _, x := range c.Values[Question{kpi, c.Grain, ""}] {
		if x.Period == "" && !x.Known() { // why there is none at all
			v.Notes = x.Notes
		}
	}
	if len(v.Notes) == 0 {
		v.Notes = []eventlog.Note{{Code: "nothing", Text: c.Say("nothing", words.Args{"objects": c.nouns(k), "period": c.periodName(period)})}}
	}
	return v
}

// like finds the value of the same dimensions in another period.
func (c *composer) like(v metrics.Value, by string, period metrics.Period) metrics.Value {
	for _, x := range c.Of(v.KPI.Name, c.Grain, by, period.Label) {
		if slices.Equal(x.By, v.By) && x.Currency == v.Currency {
			return x
		}
	}
	out := c.nothing(v.KPI.Name, period)
	out.By, out.Currency = v.By, v.Currency
	return out
}
