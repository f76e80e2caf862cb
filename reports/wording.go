package reports

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"millrace/metrics"
	"millrace/reports/figure"
)

// wording writes a number in the unit of a figure: the one way in which pages
// write it.
func wording(v metrics.Value, x float64) (number, unit string) {
	if math.IsNaN(x) {
		return figure.None, ""
	}
	switch v.KPI.Unit {
	case metrics.Money:
		return figure.Money(currencyOf(v), int64(math.Round(x*1e4))), ""
	case metrics.Percent:
		return figure.Number(x, 1), "%"
	case metrics.Times:
		return figure.Number(x, 2), word("unit.times")
	case metrics.Quantity:
		return figure.Number(x, 1), ""
	case metrics.Minutes:
		return figure.DurationParts(x * figure.Minute)
	case metrics.Hours:
		return figure.DurationParts(x * figure.Hour)
	case metrics.Days:
		if math.Abs(x) >= 1 || x == 0 {
			number := figure.Number(x, 1)
			return number, daysUnit(number)
		}
		return figure.DurationParts(x * figure.Day)
	}
	return parts(v.KPI.Unit, x)
}

func daysUnit(number string) string {
	if strings.TrimLeft(number, "−") == "1" {
		return word("unit.day")
	}
	return word("unit.days")
}

// phrase is wording as one text.
func phrase(v metrics.Value, x float64) string {
	number, unit := wording(v, x)
	switch unit {
	case "":
		return number
	case "%":
		return number + unit
	}
	return number + figure.NBSP + unit
}

// difference writes how much more x is than nothing: +1.2 days, −3.1 points.
func difference(v metrics.Value, x float64) string {
	var text string
	switch v.KPI.Unit {
	case metrics.Share:
		text = figure.Number(math.Abs(x)*100, 1) + figure.NBSP + word("unit.points")
	case metrics.Percent:
		text = figure.Number(math.Abs(x), 1) + figure.NBSP + word("unit.points")
	case metrics.Days:
		text = phrase(v, math.Abs(x))
		if a := math.Abs(x); a >= .05 && math.Abs(v.V) >= 1 { // beside a figure in days
			number := figure.Number(a, 1)
			text = number + figure.NBSP + daysUnit(number)
		}
	default:
		text = phrase(v, math.Abs(x))
	}
	return signed(x, text)
}

// contribution writes a part of a change: all in one unit and with two decimals,
// since readers add them up.
func contribution(v metrics.Value, x float64) string {
	switch v.KPI.Unit {
	case metrics.Share, metrics.Percent:
		if v.KPI.Unit == metrics.Share {
			x *= 100
		}
		return signed(x, figure.Number(math.Abs(x), 2)+figure.NBSP+word("unit.points"))
	case metrics.Days:
		number := figure.Number(math.Abs(x), 2)
		return signed(x, number+figure.NBSP+daysUnit(number))
	}
	return difference(v, x)
}

// signed puts the sign before a number, and none before what reads as nothing.
func signed(x float64, text string) string {
	switch {
	case !strings.ContainsAny(text, "123456789"):
		return "±" + text
	case x > 0:
		return "+" + text
	case x < 0:
		return "−" + text
	}
	return text
}

// same says that two values read the same: a difference between them, however
// certain, is none for a reader.
func same(a, b metrics.Value) bool { return shown(a) == shown(b) }

// refOf says of which figure a number is.
func refOf(v metrics.Value, part string, x float64) *Ref {
	if math.IsNaN(x) {
		return nil
	}
	var of []string
	currency := false
	for _, l := range v.By {
		of = append(of, l.Dimension+"="+l.Value)
		currency = currency || l.Dimension == "currency"
	}
	if v.Currency != "" && !currency {
		of = append(of, "currency="+v.Currency)
	}
	slices.Sort(of)
	return &Ref{KPI: v.KPI.Name, Of: strings.Join(of, ","), Period: v.Period, Part: part, Value: x}
}

// few says that a value is not to be shown, only what it rests on.
func few(v metrics.Value) bool {
	return v.Few() && v.KPI.Kind != metrics.CountKind && v.KPI.Kind != metrics.SumKind && v.KPI.Kind != metrics.StockKind
}

// shown is the value of v as a cell or span says it: few objects give their
// counts, none a dash.
func shown(v metrics.Value) string {
	switch {
	case !v.Known():
		return figure.None
	case few(v) && v.KPI.Kind == metrics.RateKind:
		return word("few.rate", "hits", figure.Count(int64(v.Numerator)), "n", figure.Count(v.Used))
	case few(v):
		return word("few.cell", "n", figure.Count(v.Used))
	}
	return phrase(v, v.V)
}

// valueSpan is v in a sentence.
func valueSpan(v metrics.Value, strong bool) Span {
	s := Span{Text: shown(v), Strong: strong}
	if v.Known() && !few(v) {
		s.Ref = refOf(v, ValuePart, v.V)
	}
	return s
}

// valueCell is v in a table.
func valueCell(v metrics.Value) Cell {
	s := valueSpan(v, false)
	return Cell{Text: s.Text, Ref: s.Ref}
}

// withCurrency is put after the title of a figure that has several currencies.
func withCurrency(title string, v metrics.Value) string {
	if c := currencyOf(v); c != "" && v.KPI.Unit != metrics.Money {
		return word("figure.currency", "figure", title, "currency", c)
	}
	return title
}

// stateOf says how to take a verdict.
func stateOf(v metrics.Verdict) State {
	switch v {
	case metrics.IsBetter:
		return Good
	case metrics.IsWorse:
		return Bad
	}
	return Neither
}

// limitsOf are what a figure cannot be below and above.
func limitsOf(k *metrics.KPI) (floor, ceiling float64) {
	floor, ceiling = math.Inf(-1), math.Inf(1)
	switch {
	case k.Kind == metrics.RateKind:
		return 0, 1
	case k.Kind == metrics.DurationKind, k.Kind == metrics.CountKind, k.Unit == metrics.Share:
		return 0, ceiling
	}
	return floor, ceiling
}

// ticks are round numbers from low to high, as an axis has them.
func ticks(low, high float64, write func(float64) string) []Tick {
	if !(high > low) {
		high = low + max(math.Abs(low)*.1, 1e-6)
	}
	step := math.Pow(10, math.Floor(math.Log10((high-low)/3)))
	for _, m := range []float64{1, 2, 5, 10} {
		if (high-low)/(step*m) <= 4 {
			step *= m
			break
		}
	}
	var list []Tick
	for i := math.Floor(low / step); i*step < high+step*.999; i++ {
		list = append(list, Tick{i * step, write(i * step)})
	}
	return list
}

// countOf writes what a value rests on.
func countOf(v metrics.Value) string {
	if v.Used < v.N {
		return fmt.Sprintf("%s %s %s", figure.Count(v.Used), word("of"), figure.Plural(v.N, v.KPI.One, v.KPI.Of))
	}
	return figure.Plural(v.Used, v.KPI.One, v.KPI.Of)
}
