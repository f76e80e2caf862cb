package metrics

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
)

// Evaluate computes the figures of kpis, in their order. A KPI may have
// several values, one a period, dimension or currency; one that lacks a view
// or a column it needs, rests on references that were not found, or has
// nothing to count, has a value that is not known and a note that says why.
// It is an error to ask for a dimension that none of them has.
func Evaluate(ctx context.Context, q Querier, kpis []*KPI, o Options) ([]Value, error) {
	lists, err := EvaluateAll(ctx, q, []Inquiry{{kpis, o.Grain, o.From, o.To, o.By}}, o)
	if err != nil {
		return nil, err
	}
	return lists[0], nil
}

// AsOf says at the end of which day Evaluate looks, given the same store and options.
func AsOf(ctx context.Context, q Querier, o Options) (Day, error) {
	a, err := newAsking(ctx, q, o)
	if err != nil {
		return "", err
	}
	return a.end.day, nil
}

// SQL writes the statements that Evaluate runs for k over the same store with
// the same options: one, or one a period for the state at its end.
func SQL(ctx context.Context, q Querier, k *KPI, o Options) ([]string, error) {
	a, err := newAsking(ctx, q, o)
	if err != nil {
		return nil, err
	}
	if err := a.guard(k); err != nil {
		return nil, fmt.Errorf("kpi %s: %w", k.Name, err)
	}
	list, err := a.statements(k)
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, s := range list {
		text := ""
		if k.Kind == ReceivablesKind {
			from, groups := s.ledgerRows()
			text = s.states(from + "SELECT " + strings.Join(groups, ", ") + ", posting_date, due_date, kind, amount, open, fate FROM entry")
		} else if text, err = s.text(); err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// A refusal says that a figure cannot be asked so, whatever the data.
type refusal struct{ reason error }

func (r refusal) Error() string { return r.reason.Error() }

// sentence makes an error's text one.
func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] + "." }

// An asked is what has to be asked for one figure, or its values where nothing has.
type asked struct {
	statements []*statement
	values     []Value
}

// told is a figure that is not known, and why.
func (k *KPI) told(notes ...eventlog.Note) *asked {
	return &asked{values: []Value{k.unknown(notes...)}}
}

// ask writes what to ask for k, if its SQL may run and the data has what it needs.
func (a *asking) ask(k *KPI, found []foundLinks) (x *asked, err error) {
	err = a.within(func(a *asking) error {
		if err := a.guard(k); err != nil {
			return err
		}
		if lacks := k.lacks(a.types); len(lacks) > 0 {
			x = k.told(eventlog.Note{Code: "needs", Text: fmt.Sprintf("The data has no %s.", strings.Join(lacks, ", "))})
			return nil
		}
		if notes := k.lost(found, k.linkRate(a.o)); len(notes) > 0 {
			x = k.told(notes...)
			return nil
		}
		x = &asked{}
		x.statements, err = a.statements(k)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("kpi %s: %w", k.Name, err)
	}
	return x, nil
}

// values are those of k, once its statements were answered.
func (a *asking) values(k *KPI, x *asked) []Value {
	values := x.values
	for _, s := range x.statements {
		values = append(values, s.answer...)
	}
	if len(values) == 0 {
		v := k.unknown(eventlog.Note{Code: "nothing", Text: fmt.Sprintf("There are no %s.", k.Of)})
		v.AsOf = a.end.day
		values = []Value{v}
	}
	if a.end.past && len(x.statements) > 0 {
		k.saidNow(values, x.statements[0].by, a.types)
	}
	return values
}

// statements are the questions to ask for k: one, or for a state in several
// periods one for each.
func (a *asking) statements(k *KPI) ([]*statement, error) {
	var by []string
	types := a.types[k.view()]
	if k.Kind == SQLKind && (len(a.o.By) > 0 || len(a.o.Only) > 0) {
		return nil, refusal{k.undivided()}
	}
	for _, d := range a.o.By {
		e, err := k.dimension(d, types)
		if err != nil {
			return nil, refusal{err}
		}
		by = append(by, e)
	}
	for _, d := range sortedKeys(k.Split) {
		by = append(by, k.Split[d])
	}
	for _, l := range a.o.Only {
		if _, err := k.dimension(l.Dimension, types); err != nil {
			return nil, refusal{err}
		}
	}
	overBy, err := a.overBy(k)
	if err != nil {
		return nil, refusal{err}
	}
	periods, err := a.periods()
	if err != nil {
		return nil, err
	}
	states := k.AsOf || k.Kind == SQLKind
	if len(periods) > 0 && !states && k.At == "" {
		return nil, refusal{fmt.Errorf("kpi %s does not say to which period an object belongs (attributed_to)", k.Name)}
	}
	if len(periods) == 0 || !states {
		return []*statement{{asking: a, k: k, by: by, overBy: overBy, periods: periods, now: a.end}}, nil
	}
	var list []*statement
	for _, p := range periods {
		list = append(list, &statement{asking: a, k: k, by: by, overBy: overBy, periods: []Period{p}, now: a.momentOf(p)})
	}
	return list, nil
}

// overBy are the expressions of the dimensions asked for, of what k divides by.
func (a *asking) overBy(k *KPI) (by []string, err error) {
	if k.Over == nil {
		return nil, nil
	}
	o := k.over()
	for _, l := range a.o.Only {
		if _, err := o.dimension(l.Dimension, a.types[o.View]); err != nil {
			return nil, err
		}
	}
	for _, d := range a.o.By {
		e, err := o.dimension(d, a.types[o.View])
		if err != nil {
			return nil, err
		}
		by = append(by, e)
	}
	return by, nil
}

// saidNow notes what is not as of the day that was asked for.
func (k *KPI) saidNow(values []Value, by []string, columnsOf map[string]map[string]string) {
	columns := k.readsNow(by, columnsOf[k.View])
	if k.Over != nil {
		for _, c := range k.over().readsNow(nil, columnsOf[k.over().View]) {
			if !slices.Contains(columns, c) {
				columns = append(columns, c)
			}
		}
	}
	if len(columns) == 0 {
		return
	}
	for i := range values {
		values[i].Notes = append(values[i].Notes, eventlog.Note{Code: "as-of-load", Text: fmt.Sprintf("%s: as of the last load, not of the day asked for.", strings.Join(columns, ", "))})
	}
}

// readsNow are the columns that k reads, split by some expressions, and that
// say what is true at the last load: of its view, and of those it joins.
func (k *KPI) readsNow(by []string, types map[string]string) (columns []string) {
	own := append([]string{k.From, k.To, k.Hit, k.Unsure, k.Numerator, k.Denominator, k.Value, k.Open, k.Scope, k.At, k.Since, k.Amount, k.Currency, k.Site, k.DayPrecision, k.Key}, by...)
	for _, l := range k.LeaveOut {
		own = append(own, l.When)
	}
	for _, d := range sortedKeys(k.Split) {
		own = append(own, k.Split[d])
	}
	text := strings.Join(own, "\n")
	read := func(view, text string, skip func(qualifier, column string) bool) {
		for _, m := range qualifiedWord.FindAllStringSubmatch(text, -1) {
			if m[1] != "o2c." && o2c.SaidNow(view, m[2]) && !slices.Contains(columns, m[2]) && !skip(m[1], m[2]) {
				columns = append(columns, m[2])
			}
		}
	}
	// Beside a column of its own view, one of a joined view has to say whose it is.
	joined := func(qualifier, column string) bool {
		return qualifier == "v." || qualifier == "" && types[column] != ""
	}
	read(k.View, text+"\n"+k.Join, func(qualifier, _ string) bool { return qualifier != "" && qualifier != "v." })
	within := func(part string, skip func(qualifier, column string) bool) {
		for _, m := range viewName.FindAllStringSubmatch(part, -1) {
			read(m[2], part, skip)
		}
	}
	for _, part := range append([]string{k.SQL}, own...) {
		within(part, func(qualifier, _ string) bool { return qualifier == "v." })
	}
	for _, name := range sortedKeys(k.With) {
		within(k.With[name], func(string, string) bool { return false })
	}
	if k.Join != "" {
		within(k.Join+"\n"+text, joined)
	}
	return columns
}

// word is a name in an expression.
var word = regexp.MustCompile(`[a-z_][a-z0-9_]*`)

// qualifiedWord is a name in an expression, after the one of what it is of.
var qualifiedWord = regexp.MustCompile(`\b([a-z_][a-z0-9_]*\.)?([a-z_][a-z0-9_]*)`)

// lacks lists what k needs and is not there: views, and columns of views.
func (k *KPI) lacks(types map[string]map[string]string) []string {
	var list []string
	for _, n := range k.Needs {
		view, column, _ := strings.Cut(n, ".")
		if types[view] == nil {
			n = "o2c." + view
		} else if types[view][column] == "" {
			n = "o2c." + n
		} else {
			continue
		}
		if !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	return list
}

func (k *KPI) unknown(notes ...eventlog.Note) Value {
	v := k.nothing()
	v.Notes = notes
	return v
}

// finish makes the answer of a statement of the values that were read.
func (s *statement) finish(values []Value) (err error) {
	if len(values) == 0 {
		if values, err = s.none(); err != nil {
			return err
		}
	}
	if err := s.survived(values); err != nil {
		return err
	}
	for i := range values {
		v := &values[i]
		v.AsOf = s.now.day
		if (s.k.AsOf || s.k.Kind == SQLKind) && len(s.periods) > 0 {
			v.Period = s.periods[0].Label
		}
		if n := len(s.periods); n > 0 && v.Period == s.periods[n-1].Label && s.periods[n-1].Last > s.now.day {
			v.Notes = append(v.Notes, eventlog.Note{Code: "partial", Text: fmt.Sprintf("The period is not over: the data ends with %s.", s.now.day)})
		}
	}
	s.answer = values
	return nil
}

// none is the value of a stock of which nothing is there: zero, in whatever
// currency, if the data has anything of the kind at all.
func (s *statement) none() (values []Value, err error) {
	if s.k.Kind != StockKind || len(s.by) > 0 {
		return nil, nil
	}
	err = s.each("SELECT 1 FROM o2c."+quoted(s.k.View)+" LIMIT 1", func(func(...any) error) error {
		v := s.k.unknown(eventlog.Note{Code: "nothing", Text: fmt.Sprintf("There are no %s.", s.k.Of)})
		v.V = 0
		values = []Value{v}
		return nil
	})
	return values, err
}

// value reads one row of a result.
func (s *statement) value(names []string, cells []any) (Value, error) {
	k := s.k
	v := k.nothing()
	numbers := map[string]float64{}
	counts := map[string]int64{}
	var reasons []string
	if k.Kind != SQLKind {
		reasons = s.reasons()
	}
	for i, name := range names {
		cell := cells[i]
		reason, excluded := strings.CutPrefix(name, "excluded_")
		by, isBy := strings.CutPrefix(name, "by_")
		switch {
		case name == "period":
			v.Period = fmt.Sprint(cell)
		case name == "currency":
			v.Currency = fmt.Sprint(cell)
		case isBy && len(fmt.Sprint(cell)) > maxLabel:
			return v, fmt.Errorf("a value of dimension %s is longer than %d KiB", s.dimensionName(by, len(v.By)), maxLabel>>10)
		case isBy && k.Kind == SQLKind:
			v.By = append(v.By, Label{by, fmt.Sprint(cell)})
			if by == "currency" {
				v.Currency = fmt.Sprint(cell)
			}
		case isBy:
			v.By = append(v.By, Label{s.dimensionNames()[len(v.By)], fmt.Sprint(cell)})
		case cell == nil:
		case excluded:
			n, err := whole(name, cell)
			if err != nil {
				return v, err
			}
			if k.Kind != SQLKind {
				i, err := strconv.Atoi(reason)
				if err != nil {
					return v, err
				}
				reason = reasons[i]
			}
			if n > 0 {
				v.Excluded = append(v.Excluded, Exclusion{reason, n})
			}
		case slices.Contains([]string{"n", "used", "open", "hits", "unsure"}, name):
			n, err := whole(name, cell)
			if err != nil {
				return v, err
			}
			counts[name] = n
		case name == "measures" && k.Kind == DurationKind:
			if list := cell.([]any); int64(len(list)) >= k.MinN {
				low, high := bounds(list, k.Quantile)
				numbers["low"], numbers["high"] = float64(low), float64(high)
			}
		case slices.Contains(numberColumns, name):
			x, err := real(name, cell)
			if err != nil {
				return v, err
			}
			numbers[name] = x
		default:
			return v, fmt.Errorf("column %q is none of value, n, used, open, low, high, numerator, denominator, excluded_REASON, by_DIMENSION", name)
		}
	}
	v.N, v.Used, v.Open = counts["n"], counts["used"], counts["open"]
	if v.Currency != "" && k.Kind != SQLKind {
		v.By = append(v.By, Label{"currency", v.Currency})
	}
	s.figure(&v, numbers, counts)
	v.Notes = k.notes(v, counts["unsure"])
	return v, nil
}

// numberColumns are the columns of results that are no counts.
var numberColumns = []string{"value", "low", "high", "numerator", "denominator", "quantile", "p50", "p90", "mean", "nn", "nd", "dd", "total", "open_age_p50", "open_age_p90"}

// dimensionNames are the names of the by columns.
func (s *statement) dimensionNames() []string {
	return slices.Concat(s.o.By, sortedKeys(s.k.Split))
}

// dimensionName is the name of the i-th by column.
func (s *statement) dimensionName(column string, i int) string {
	if s.k.Kind == SQLKind {
		return column
	}
	return s.dimensionNames()[i]
}

func whole(name string, cell any) (int64, error) {
	switch x := cell.(type) {
	case int64:
		return x, nil
	case int32: // a literal
		return int64(x), nil
	}
	return 0, fmt.Errorf("column %s is a %T, want BIGINT", name, cell)
}

func real(name string, cell any) (float64, error) {
	switch x := cell.(type) {
	case float64:
		return x, nil
	case int64:
		return float64(x), nil
	}
	return 0, fmt.Errorf("column %s is a %T, want DOUBLE", name, cell)
}

// figure makes the value of the sums of a row.
func (s *statement) figure(v *Value, numbers map[string]float64, counts map[string]int64) {
	get := func(name string) float64 {
		if x, ok := numbers[name]; ok {
			return x
		}
		return math.NaN()
	}
	unit := s.k.unitOfTime()
	v.OpenAge = [2]float64{get("open_age_p50") / unit, get("open_age_p90") / unit}
	switch k := s.k; k.Kind {
	case CountKind:
		v.V = float64(v.Used)
	case DurationKind:
		v.V, v.P50, v.P90, v.Mean = get("quantile")/unit, get("p50")/unit, get("p90")/unit, get("mean")/unit
		if v.Used >= k.MinN {
			v.Interval = Interval{get("low") / unit, get("high") / unit}
		}
	case RateKind:
		v.Numerator, v.Denominator = float64(counts["hits"]), float64(v.Used)
		if v.Used > 0 {
			v.V = v.Numerator / v.Denominator
		}
		v.Interval = wilson(counts["hits"], v.Used)
	case RatioKind:
		v.Numerator, v.Denominator = get("numerator"), get("denominator")
		if v.Denominator != 0 && v.Used > 0 {
			v.V = v.Numerator / v.Denominator
			if k.Over == nil && v.Used >= defaultMinN { // else they are two samples, or the approximation is none
				v.Interval = cochran(v.Numerator, v.Denominator, get("nn"), get("nd"), get("dd"), v.Used)
			}
			if k.Unit == Percent {
				v.V, v.Interval.Low, v.Interval.High = v.V*100, v.Interval.Low*100, v.Interval.High*100
			}
		}
	case SumKind, StockKind:
		v.V = float64(v.Used)
		if k.Value != "" {
			v.V = get("total")
		}
	case SQLKind:
		v.V, v.Interval = get("value"), Interval{get("low"), get("high")}
		v.Numerator, v.Denominator = get("numerator"), get("denominator")
	}
}

// unitOfTime is the figure's unit of time in µs; a day for figures of others.
func (k *KPI) unitOfTime() float64 {
	switch k.Unit {
	case Hours:
		return 3600e6
	case Minutes:
		return 60e6
	}
	return 86_400e6
}

func (k *KPI) notes(v Value, unsure int64) []eventlog.Note {
	var notes []eventlog.Note
	note := func(code, format string, args ...any) {
		notes = append(notes, eventlog.Note{Code: code, Text: fmt.Sprintf(format, args...)})
	}
	if !v.Known() {
		note("nothing", "None of %d %s can be used.", v.N, k.Of)
	}
	if unsure > 0 {
		note("unsure", "Of %d %s nobody can tell who acted; they do not count as %s.", unsure, k.Of, strings.ToLower(k.Title))
	}
	if v.Known() && v.Few() {
		noun := k.Of
		if v.Used == 1 {
			noun = k.One
		}
		note("few", "It rests on %d %s.", v.Used, noun)
	}
	if open := v.Open + v.Used; k.Kind == DurationKind && float64(v.Open) > 0.05*float64(open) && v.Open > 0 {
		note("open", "%d of %d %s are still open and not in it; as they come to their end, the figure may rise.", v.Open, open, k.Of)
	}
	return notes
}
