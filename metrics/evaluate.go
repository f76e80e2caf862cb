package metrics

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strings"

	"millrace/eventlog"
)

// A Querier runs one SELECT over a store with the business views of schema o2c.
type Querier func(ctx context.Context, query string, args ...any) (*sql.Rows, error)

//go:embed sql/columns.sql
var columnsSQL string

// Options say how figures are evaluated.
type Options struct {
	// LinkRate is the share of references between systems that has to be found,
	// in place of each KPI's own; 0 leaves that. See [KPI].
	LinkRate float64
}

// Evaluate computes the figures of kpis, in their order. A KPI may have
// several values, one a dimension such as the currency; one that lacks a view
// or a column it needs, rests on references that were not found, or has
// nothing to count, has a value that is not known and a note that says why.
func Evaluate(ctx context.Context, q Querier, kpis []*KPI, o Options) ([]Value, error) {
	have, err := columns(ctx, q)
	if err != nil {
		return nil, err
	}
	found, err := links(ctx, q, have)
	if err != nil {
		return nil, err
	}
	var values []Value
	for _, k := range kpis {
		if lacks := k.lacks(have); len(lacks) > 0 {
			values = append(values, k.unknown(eventlog.Note{Code: "needs", Text: fmt.Sprintf("The data has no %s.", strings.Join(lacks, ", "))}))
			continue
		}
		if notes := k.lost(found, k.linkRate(o)); len(notes) > 0 {
			values = append(values, k.unknown(notes...))
			continue
		}
		list, err := k.evaluate(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("kpi %s: %w", k.Name, err)
		}
		if len(list) == 0 {
			list = []Value{k.unknown(eventlog.Note{Code: "nothing", Text: fmt.Sprintf("There are no %s.", k.Of)})}
		}
		values = append(values, list...)
	}
	return values, nil
}

// columns lists the columns of the business views, as "orders.paid_at".
func columns(ctx context.Context, q Querier) (map[string]bool, error) {
	rows, err := q(ctx, columnsSQL)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	have := map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		have[name] = true
	}
	return have, rows.Err()
}

// lacks lists what k needs and is not there: views, and columns of views.
func (k *KPI) lacks(have map[string]bool) []string {
	views := map[string]bool{}
	for column := range have {
		view, _, _ := strings.Cut(column, ".")
		views[view] = true
	}
	var list []string
	for _, n := range k.Needs {
		if view, _, _ := strings.Cut(n, "."); !views[view] {
			n = "o2c." + view
		} else if !have[n] {
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
	return Value{KPI: k, V: math.NaN(), Interval: Interval{math.NaN(), math.NaN()}, Notes: notes}
}

func (k *KPI) evaluate(ctx context.Context, q Querier) ([]Value, error) {
	rows, err := q(ctx, k.query())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var values []Value
	for rows.Next() {
		cells := make([]any, len(names))
		for i := range cells {
			cells[i] = &cells[i]
		}
		if err := rows.Scan(cells...); err != nil {
			return nil, err
		}
		v, err := k.value(names, cells)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, rows.Err()
}

// value reads one row of a query.
func (k *KPI) value(names []string, cells []any) (Value, error) {
	v := Value{KPI: k, V: math.NaN(), Interval: Interval{math.NaN(), math.NaN()}}
	var hits, unsure int64
	for i, name := range names {
		reason, excluded := strings.CutPrefix(name, "excluded_")
		dimension, by := strings.CutPrefix(name, "by_")
		if by {
			v.By = append(v.By, Label{dimension, fmt.Sprint(cells[i])})
			continue
		}
		if name == "value" {
			switch x := cells[i].(type) {
			case nil:
			case float64:
				v.V = x
			default:
				return v, fmt.Errorf("column value is a %T, want DOUBLE", x)
			}
			continue
		}
		var n int64
		switch x := cells[i].(type) {
		case int64:
			n = x
		case int32: // a literal
			n = int64(x)
		default:
			return v, fmt.Errorf("column %s is a %T, want BIGINT", name, x)
		}
		switch {
		case excluded && n > 0:
			v.Excluded = append(v.Excluded, Exclusion{reason, n})
		case excluded:
		case name == "n":
			v.N = n
		case name == "used":
			v.Used = n
		case name == "open":
			v.Open = n
		case name == "hits":
			hits = n
		case name == "unsure":
			unsure = n
		default:
			return v, fmt.Errorf("column %q is none of value, n, used, open, excluded_REASON, by_DIMENSION", name)
		}
	}
	if k.Kind == RateKind {
		v.Interval = wilson(hits, v.Used)
	}
	v.Notes = k.notes(v, unsure)
	return v, nil
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
	if v.Known() && v.Used < few && k.Kind != CountKind {
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
