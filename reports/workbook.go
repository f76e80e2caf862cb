package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"millrace/eventlog"
	"millrace/metrics"
	"millrace/reports/export/sheet"
	"millrace/reports/figure"
)

// A WorkbookInput is what a workbook of key figures is made of.
type WorkbookInput struct {
	Title  string
	AsOf   metrics.Day
	Period string // what was asked for, in words
	Filter string // the same; "" is none
	Maker  string // the program and its version
	Values []metrics.Value
	SQL    map[string]string // of figures by name
	Notes  []eventlog.Note
}

// figureScale is how many digits after the point figures have in a workbook.
const figureScale = 6

// FigureWorkbook makes a workbook of key figures: a sheet with a row each value,
// the definitions, and what was left out.
func FigureWorkbook(in WorkbookInput) *sheet.Workbook {
	b := &sheet.Workbook{Title: cmp.Or(in.Title, "Key figures"), Notes: in.Notes, About: []sheet.Line{
		{Name: "As of the end of", Text: string(in.AsOf)}, {Name: "Period", Text: cmp.Or(in.Period, "all of the data")},
		{Name: "Filter", Text: cmp.Or(in.Filter, "none")}, {Name: "Made by", Text: in.Maker},
	}}
	var dimensions []string
	for _, v := range in.Values {
		for _, l := range v.By {
			if l.Dimension != "currency" && !slices.Contains(dimensions, l.Dimension) {
				dimensions = append(dimensions, l.Dimension)
			}
		}
	}
	s := &sheet.Sheet{Name: "figures", Title: b.Title, Columns: figureColumns(dimensions)}
	defined := map[string]bool{}
	for _, v := range in.Values {
		s.Rows = append(s.Rows, figureRow(v, dimensions))
		for _, e := range v.Excluded {
			b.Exclusions = append(b.Exclusions, sheet.Exclusion{Of: valueName(v), Period: cmp.Or(v.Period, "all"), Reason: e.Reason, N: e.N})
		}
		if v.Open > 0 {
			b.Exclusions = append(b.Exclusions, sheet.Exclusion{Of: valueName(v), Period: cmp.Or(v.Period, "all"), Reason: "still open", N: v.Open})
		}
		if k := v.KPI; !defined[k.Name] {
			defined[k.Name] = true
			b.Definitions = append(b.Definitions, sheet.Definition{Name: k.Name, Title: k.Title, Unit: string(k.Unit),
				Text: fmt.Sprintf("%s (version %d)", k.Doc, k.Version), SQL: in.SQL[k.Name]})
		}
	}
	b.Sheets = []*sheet.Sheet{overview(in.Values, dimensions), s}
	return b
}

// overview is the sheet for people: each value as it is read.
func overview(values []metrics.Value, dimensions []string) *sheet.Sheet {
	text := func(name, title, doc string) sheet.Column {
		return sheet.Column{Name: name, Title: title, Type: sheet.TextType, Doc: doc}
	}
	s := &sheet.Sheet{Name: "overview", Title: "Key figures as they are read", Columns: []sheet.Column{text("title", "Key figure", "what it is called")}}
	periods := slices.ContainsFunc(values, func(v metrics.Value) bool { return v.Period != "" })
	if periods {
		s.Columns = append(s.Columns, text("period", "Period", "what happened in it"))
	}
	for _, d := range dimensions {
		s.Columns = append(s.Columns, text("by_"+d, strings.ToUpper(d[:1])+d[1:], "the dimension "+d))
	}
	s.Columns = append(s.Columns, text("value", "Value", "where it rests on few, the counts"), text("between", "95% between", "where it would lie in 95 of 100 samples like this"),
		sheet.Column{Name: "used", Title: "Used", Type: sheet.IntegerType, Doc: "objects in the figure"}, sheet.Column{Name: "n", Title: "Of", Type: sheet.IntegerType, Doc: "objects looked at"},
		sheet.Column{Name: "open", Title: "Open", Type: sheet.IntegerType, Doc: "objects that have not come to their end"}, text("note", "Know", "the first of its notes"))
	for _, v := range values {
		row := []sheet.Value{sheet.Text(v.KPI.Title)}
		if periods {
			row = append(row, sheet.Text(v.Period))
		}
		for _, d := range dimensions {
			value := ""
			for _, l := range v.By {
				if l.Dimension == d {
					value = l.Value
				}
			}
			row = append(row, sheet.Text(value))
		}
		shown, unit := FigureText(v)
		if v.Currency != "" && unit != v.Currency {
			unit += " (" + v.Currency + ")"
		}
		between, note := "", ""
		if v.Interval.Known() && !v.Few() {
			low, _ := FigureNumber(v, v.Interval.Low)
			high, _ := FigureNumber(v, v.Interval.High)
			between = low + "–" + high
		}
		if len(v.Notes) > 0 {
			note = v.Notes[0].Text
		}
		s.Rows = append(s.Rows, append(row, sheet.Text(strings.TrimSpace(shown+" "+unit)), sheet.Text(between), sheet.Integer(v.Used), sheet.Integer(v.N), sheet.Integer(v.Open), sheet.Text(note)))
	}
	return s
}

func valueName(v metrics.Value) string {
	name := v.KPI.Name
	for _, l := range v.By {
		name += ", " + l.Value
	}
	return name
}

func figureColumns(dimensions []string) []sheet.Column {
	text := func(name, title, doc string) sheet.Column {
		return sheet.Column{Name: name, Title: title, Type: sheet.TextType, Doc: doc}
	}
	number := func(name, title, doc string) sheet.Column {
		return sheet.Column{Name: name, Title: title, Type: sheet.DecimalType, Scale: figureScale, Doc: doc}
	}
	whole := func(name, title, doc string) sheet.Column {
		return sheet.Column{Name: name, Title: title, Type: sheet.IntegerType, Doc: doc}
	}
	list := []sheet.Column{text("family", "Family", "the family of the figure"), text("kpi", "Key figure", "its stable name"), text("title", "Title", "what it is called"),
		text("period", "Period", "what happened in it; empty is all of the data"), {Name: "as_of", Title: "As of", Type: sheet.DateType, Doc: "the day at whose end it was looked"}}
	for _, d := range dimensions {
		list = append(list, text("by_"+d, strings.ToUpper(d[:1])+d[1:], "the dimension "+d))
	}
	return append(list,
		text("shown", "Shown", "the figure as people read it; where it rests on few, the counts"), number("value", "Value", "the figure in its unit"), text("unit", "Unit", "days, share (0 to 1), money, …"),
		text("currency", "Currency", "of money"), whole("used", "Used", "objects in the figure"), whole("n", "Of", "objects looked at"), whole("open", "Open", "objects that have not come to their end"),
		number("low", "95% from", "where the figure would lie in 95 of 100 samples like this"), number("high", "95% to", "the other end"),
		number("numerator", "Numerator", "of a rate or ratio"), number("denominator", "Denominator", "of a rate or ratio"),
		number("p50", "Median", "of durations"), number("p90", "90%", "nine of ten durations are at most this"), number("mean", "Mean", "of durations"),
		number("with_open_p50", "Median with open", "Kaplan and Meier's, where more than one in twenty is open"),
		number("open_age_p50", "Open since, median", "how long the open objects have been open, in the unit of time"), number("open_age_p90", "Open since, 90%", "nine of ten at most this"),
		number("target", "Target", "of the definition"), whole("version", "Version", "of the definition"), text("notes", "Notes", "what to know about the figure"))
}

func figureRow(v metrics.Value, dimensions []string) []sheet.Value {
	number := func(x float64) sheet.Value {
		n := math.Round(x * 1e6)
		if math.IsNaN(n) || math.Abs(n) >= 1e18 {
			return sheet.Value{}
		}
		return sheet.Decimal(int64(n))
	}
	target := sheet.Value{}
	if v.KPI.Target != nil {
		target = number(*v.KPI.Target)
	}
	day := sheet.Value{}
	if t, err := time.Parse(time.DateOnly, string(v.AsOf)); err == nil {
		day = sheet.Date(t.Year(), t.Month(), t.Day())
	}
	row := []sheet.Value{sheet.Text(v.KPI.Family), sheet.Text(v.KPI.Name), sheet.Text(v.KPI.Title), sheet.Text(v.Period), day}
	for _, d := range dimensions {
		i := slices.IndexFunc(v.By, func(l metrics.Label) bool { return l.Dimension == d })
		if i < 0 {
			row = append(row, sheet.Value{})
		} else {
			row = append(row, sheet.Text(v.By[i].Value))
		}
	}
	shown, unit := FigureText(v)
	var notes []string
	for _, n := range v.Notes {
		notes = append(notes, n.Text)
	}
	return append(row, sheet.Text(strings.TrimSpace(shown+" "+unit)), number(v.V), sheet.Text(string(v.KPI.Unit)), sheet.Text(v.Currency), sheet.Integer(v.Used), sheet.Integer(v.N), sheet.Integer(v.Open),
		number(v.Interval.Low), number(v.Interval.High), number(v.Numerator), number(v.Denominator), number(v.P50), number(v.P90), number(v.Mean), number(v.Survival),
		number(v.OpenAge[0]), number(v.OpenAge[1]), target, sheet.Integer(int64(v.KPI.Version)), sheet.Text(strings.Join(notes, " ")))
}

// FigureText words a value, number and unit apart; where it rests on few
// objects, as their count.
func FigureText(v metrics.Value) (number, unit string) {
	switch {
	case !v.Known():
		return figure.None, ""
	case v.Few() && v.KPI.Kind == metrics.RateKind:
		return fmt.Sprintf("%s of %s", figure.English.Count(int64(v.Numerator)), figure.English.Count(v.Used)), ""
	case v.Few():
		return figure.None, "few"
	}
	return FigureNumber(v, v.V)
}

// FigureNumber words a number in the unit of a value.
func FigureNumber(v metrics.Value, x float64) (number, unit string) {
	switch v.KPI.Unit {
	case metrics.Count:
		return figure.English.Number(x, 0), ""
	case metrics.Share:
		return figure.English.Number(x*100, 1), "%"
	case metrics.Percent:
		return figure.English.Number(x, 1), "%"
	case metrics.Money:
		return figure.English.Number(x, 2), v.Currency
	case metrics.Times:
		return figure.English.Number(x, 2), "times"
	case metrics.Quantity:
		return figure.English.Number(x, 2), ""
	}
	return figure.English.Number(x, 2), string(v.KPI.Unit)
}
