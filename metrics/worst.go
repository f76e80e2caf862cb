package metrics

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// A Case is one of the objects that a figure is made of, and what it brings.
type Case struct {
	Key      string  `json:"key"`
	V        float64 `json:"value"` // in the figure's unit: how long it took, how much it is
	Currency string  `json:"currency,omitempty"`
}

// Worst lists the n objects that bring most to a figure of durations, of a sum
// or of a stock with a value, the largest first, of one period. Other figures
// have none.
func Worst(ctx context.Context, q Querier, k *KPI, n int, o Options) ([]Case, error) {
	return remembered(ctx, q, o, []any{"worst", k.bare(), n}, func() ([]Case, error) { return worst(ctx, q, k, n, o) })
}

func worst(ctx context.Context, q Querier, k *KPI, n int, o Options) (list []Case, err error) {
	err = cases(ctx, q, k, o, func(s *statement, rows string) error {
		order, currency := "", "''"
		switch {
		case k.Kind == DurationKind:
			order = fmt.Sprintf("measure / %g", k.unitOfTime())
		case (k.Kind == SumKind || k.Kind == StockKind) && k.Value != "":
			order = "numerator::DOUBLE"
		default:
			return nil
		}
		if s.currencies() {
			currency = "currency"
		}
		text := fmt.Sprintf("%s\nSELECT CAST(key AS VARCHAR), %s, %s FROM counted WHERE fate IS NULL ORDER BY 2 DESC NULLS LAST, 1 LIMIT %d", rows, order, currency, n)
		return s.each(s.states(text), func(scan func(...any) error) error {
			var key sql.NullString
			var v sql.NullFloat64
			var c Case
			err := scan(&key, &v, &c.Currency)
			c.Key, c.V = key.String, v.Float64
			list = append(list, c)
			return err
		})
	})
	return list, err
}

// A Distribution says how many of a figure's durations lie in which bar.
type Distribution struct {
	KPI    *KPI
	Width  float64 // of a bar, in the figure's unit
	Counts []int64 // the first bar is from 0 to Width; the last has all that is longer
	Max    float64 // the longest of all, in the figure's unit
}

// Distribute counts the durations of one period in bars of a width; what does
// not fit into so many bars is in the last.
//
// Law: the counts add up to Used of the same figure.
func Distribute(ctx context.Context, q Querier, k *KPI, width float64, bars int, o Options) (*Distribution, error) {
	if k.Kind != DurationKind || width <= 0 || bars < 1 {
		return nil, fmt.Errorf("kpi %s: only durations are distributed, over bars of a width", k.Name)
	}
	d, err := remembered(ctx, q, o, []any{"distribution", k.bare(), width, bars}, func() (Distribution, error) { return distribute(ctx, q, k, width, bars, o) })
	d.KPI = k
	return &d, err
}

func distribute(ctx context.Context, q Querier, k *KPI, width float64, bars int, o Options) (d Distribution, err error) {
	d = Distribution{Width: width, Counts: make([]int64, bars)}
	err = cases(ctx, q, k, o, func(s *statement, rows string) error {
		text := fmt.Sprintf("%s\nSELECT least(floor(measure / %g / %g), %d)::BIGINT, count(*), max(measure) / %g FROM counted WHERE fate IS NULL GROUP BY 1 ORDER BY 1",
			rows, k.unitOfTime(), width, bars-1, k.unitOfTime())
		return s.each(s.states(text), func(scan func(...any) error) error {
			var i, n int64
			var longest float64
			if err := scan(&i, &n, &longest); err != nil {
				return err
			}
			d.Counts[i] += n
			d.Max = max(d.Max, longest)
			return nil
		})
	})
	return d, err
}

// cases asks for the objects of k in one period.
func cases(ctx context.Context, q Querier, k *KPI, o Options, ask func(s *statement, rows string) error) error {
	a, err := newAsking(ctx, q, o)
	if err != nil {
		return err
	}
	if k.Kind == SQLKind || k.Kind == ReceivablesKind || len(k.lacks(a.types)) > 0 {
		return nil // they have no objects of their own, or there are none
	}
	err = a.within(func(a *asking) error {
		if err := a.guard(k); err != nil {
			return err
		}
		list, err := a.statements(k)
		if err != nil {
			return err
		}
		if len(list) != 1 || len(list[0].periods) > 1 {
			return errors.New("cases are of one period: give from and to, and no grain")
		}
		rows, err := list[0].rows()
		if err != nil {
			return err
		}
		return ask(list[0], strings.TrimRight(rows, "\n"))
	})
	if err != nil {
		return fmt.Errorf("kpi %s: %w", k.Name, err)
	}
	return nil
}
