package reports

import (
	"math"
	"slices"
	"strings"
	"time"

	"millrace/metrics"
	"millrace/reports/figure"
	"millrace/reports/words"
)

// wording writes a number in the unit of a figure: the one way in which pages
// write it.
func (s speech) wording(v metrics.Value, x float64) (number, unit string) {
	if math.IsNaN(x) {
		return figure.None, ""
	}
	switch v.KPI.Unit {
	case metrics.Money:
		money := s.Money(currencyOf(v), int64(math.Round(x*1e4)))
		if !s.MoneyAfter {
			return money, ""
		}
		number, unit, _ = strings.Cut(money, figure.NBSP)
		return number, unit
	case metrics.Percent:
		return s.Number(x, 1), s.Percent
	case metrics.Times:
		return s.Number(x, 2), s.Word("unit.times")
	case metrics.Quantity:
		return s.Number(x, 1), ""
	case metrics.Minutes:
		return s.DurationParts(x * figure.Minute)
	case metrics.Hours:
		return s.DurationParts(x * figure.Hour)
	case metrics.Days:
		if math.Abs(x) >= 1 || x == 0 {
			number := s.Number(x, 1)
			return number, s.daysUnit(number)
		}
		return s.DurationParts(x * figure.Day)
	}
	return s.parts(v.KPI.Unit, x)
}

func (s speech) daysUnit(number string) string {
	if strings.TrimLeft(number, "−") == "1" {
		return s.Word("unit.day")
	}
	return s.Word("unit.days")
}

// phrase is wording as one text.
func (s speech) phrase(v metrics.Value, x float64) string {
	number, unit := s.wording(v, x)
	switch unit {
	case "":
		return number
	case s.Percent:
		return number + unit
	}
	return number + figure.NBSP + unit
}

// difference writes how much more x is than nothing: +1.2 days, −3.1 points.
func (s speech) difference(v metrics.Value, x float64) string {
	var text string
	switch v.KPI.Unit {
	case metrics.Share:
		text = s.Number(math.Abs(x)*100, 1) + figure.NBSP + s.Word("unit.points")
	case metrics.Percent:
		text = s.Number(math.Abs(x), 1) + figure.NBSP + s.Word("unit.points")
	case metrics.Days:
		text = s.phrase(v, math.Abs(x))
		if a := math.Abs(x); a >= .05 && math.Abs(v.V) >= 1 { // beside a figure in days
			number := s.Number(a, 1)
			text = number + figure.NBSP + s.daysUnit(number)
		}
	default:
		text = s.phrase(v, math.Abs(x))
	}
	return signed(x, text)
}

// contribution writes a part of a change: all in one unit and with two decimals,
// since readers add them up.
func (s speech) contribution(v metrics.Value, x float64) string {
	switch v.KPI.Unit {
	case metrics.Share, metrics.Percent:
		if v.KPI.Unit == metrics.Share {
			x *= 100
		}
		return signed(x, s.Number(math.Abs(x), 2)+figure.NBSP+s.Word("unit.points"))
	case metrics.Days:
		number := s.Number(math.Abs(x), 2)
		return signed(x, number+figure.NBSP+s.daysUnit(number))
	}
	return s.difference(v, x)
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
func (s speech) same(a, b metrics.Value) bool { return s.shown(a) == s.shown(b) }

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
func (s speech) shown(v metrics.Value) string {
	switch {
	case !v.Known():
		return figure.None
	case few(v) && v.KPI.Kind == metrics.RateKind:
		return s.Word("few.rate", "hits", s.Count(int64(v.Numerator)), "n", s.Count(v.Used))
	case few(v):
		return s.Word("few.cell", "n", s.Count(v.Used))
	}
	return s.phrase(v, v.V)
}

// valueSpan is v in a sentence.
func (s speech) valueSpan(v metrics.Value, strong bool) Span {
	x := Span{Text: s.shown(v), Strong: strong}
	if v.Known() && !few(v) {
		x.Ref = refOf(v, ValuePart, v.V)
	}
	return x
}

// valueCell is v in a table.
func (s speech) valueCell(v metrics.Value) Cell {
	x := s.valueSpan(v, false)
	return Cell{Text: x.Text, Ref: x.Ref}
}

// withCurrency is put after the title of a figure that has several currencies.
func (s speech) withCurrency(title string, v metrics.Value) string {
	if c := currencyOf(v); c != "" && v.KPI.Unit != metrics.Money {
		return s.Word("figure.currency", "figure", title, "currency", c)
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
func (s speech) countOf(v metrics.Value) string {
	if v.Used < v.N {
		return s.Say("sample.of", words.Args{"used": s.Count(v.Used), "n": s.counted(v.N, v.KPI)})
	}
	return s.counted(v.Used, v.KPI).String()
}

// nouns are what a figure counts, counted so many of them, titled what it is
// called: words of the catalogue in the page's language, a user's as they are.
func (s speech) nouns(k *metrics.KPI) words.Noun { return s.Noun(k.One, k.Of) }

func (s speech) counted(n int64, k *metrics.KPI) words.Counted { return s.Counted(n, s.nouns(k)) }

func (s speech) titled(k *metrics.KPI) string { return s.Text(k.Title) }

// parts writes a number and its unit, where the unit is no more than a kind of
// time.
func (s speech) parts(of metrics.Unit, x float64) (number, unit string) {
	switch of {
	case metrics.Count:
		return s.Count(int64(math.Round(x))), ""
	case metrics.Share:
		return strings.TrimSuffix(s.Share(x), s.Percent), s.Percent
	case metrics.Hours:
		return s.Number(x, 1), s.Word("unit.hours")
	}
	if x < 1 { // less than a day reads better in hours
		return s.DurationParts(x * figure.Day)
	}
	number = s.Number(x, 1)
	return number, s.daysUnit(number)
}

// day writes a day.
func (s speech) day(d metrics.Day) string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return string(d)
	}
	return s.Date(t)
}
