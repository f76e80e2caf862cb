package metrics

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"millrace/eventlog"
)

// A Kept says how a rule was kept in a period: of the objects whose time was
// over in it, whenever they began or ended.
type Kept struct {
	Rule     *Rule
	Period   string
	Met      int64
	Breached int64    // ended late, or not yet
	Rate     float64  // Breached of both; NaN if there is none
	Interval Interval // of Rate, by Wilson
	Notes    []eventlog.Note
}

// KeptBy evaluates rules by the periods of o.Grain, in the order of the rules
// and then of the periods, from the first to the last in which something was
// due. What is not due yet does not count, done or not: a month that is not over would
// else look better than it will. Rules that bound a figure have no due dates
// and are left out. One that cannot be judged has one Kept without a period,
// and notes that say why.
func KeptBy(ctx context.Context, q Querier, rules []*Rule, o Options) ([]Kept, error) {
	if o.Grain == "" {
		return nil, errors.New("how rules were kept needs a period, as month")
	}
	a, err := newAsking(ctx, q, o)
	if err != nil {
		return nil, err
	}
	found, err := a.links()
	if err != nil {
		return nil, err
	}
	periods, err := a.periods()
	if err != nil {
		return nil, err
	}
	var list []Kept
	for _, r := range rules {
		if r.KPI != "" {
			continue
		}
		some, err := a.kept(r, periods, found)
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", r.Name, err)
		}
		list = append(list, some...)
	}
	return list, nil
}

func (a *asking) kept(r *Rule, periods []Period, found []foundLinks) ([]Kept, error) {
	var notes []eventlog.Note
	s, judged, err := a.judged(r, found, &notes)
	if err != nil {
		return nil, err
	}
	if len(notes) > 0 || len(periods) == 0 {
		return []Kept{{Rule: r, Rate: math.NaN(), Interval: wilson(0, 0), Notes: notes}}, nil
	}
	var rows []string
	for i, p := range periods {
		rows = append(rows, fmt.Sprintf("(%d, %d, %d)", i, p.Start.UnixMicro(), min(p.End.UnixMicro(), a.end.at.UnixMicro())))
	}
	text := fmt.Sprintf(`%s,
periods(number, first, until) AS (VALUES %s)
SELECT number, count(*) FILTER (state = 'met'), count(*) FILTER (state <> 'met')
FROM judged JOIN periods ON due >= first AND due < until
WHERE state IN ('met', 'breached', 'resolved late') GROUP BY number ORDER BY number`, judged, strings.Join(rows, ", "))
	of := map[int]Kept{}
	low, high := len(periods), -1
	err = a.each(s.states(text), func(scan func(...any) error) error {
		var i int
		var k Kept
		err := scan(&i, &k.Met, &k.Breached)
		low, high = min(low, i), max(high, i)
		of[i] = k
		return err
	})
	if err != nil {
		return nil, s.blame(r, err)
	}
	var list []Kept
	for i := low; i <= high; i++ {
		k := of[i]
		k.Rule, k.Period, k.Rate = r, periods[i].Label, math.NaN()
		if n := k.Met + k.Breached; n > 0 {
			k.Rate = float64(k.Breached) / float64(n)
		}
		k.Interval = wilson(k.Breached, k.Met+k.Breached)
		list = append(list, k)
	}
	return list, nil
}
