package main

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"

	"millrace/eventlog"
	"millrace/mining"
	"millrace/reports"
	"millrace/reports/layout"
)

// replayed is how many cases the map of a report replays.
const replayed = 150

// flowFacts adds to a report what its map and its variants tell: the levels of
// detail, who did what, which ways are touchless, cost time, are open, and a
// sample of cases. s summarizes the log in elapsed time.
func flowFacts(e *env, l *openedLog, s *eventlog.Summary, in *reports.FlowInput) (err error) {
	of, timed, hours := l.Log, s, ""
	if c := e.Project.calendarsOf(l.Name); c != nil {
		if of, err = l.WithCalendars(e, &c.Calendars); err != nil {
			return err
		}
		if timed, err = eventlog.Summarize(e, of, eventlog.SummaryOptions{WithoutVariants: true, Working: true}); err != nil {
			return err
		}
		hours = c.Key()
		in.Notes = append(in.Notes, timed.Notes...)
	}
	automatic, err := automationOf(e, l, of, s)
	if err != nil {
		return err
	}
	for _, d := range reports.Details {
		question := fmt.Sprintf("level %v %q %s", d, hours, l.identity(s))
		level, err := eventlog.Remember(l.Kept, question, func() (reports.Level, error) {
			return mapLevel(e, l, of, s, mining.KeepActivities(s, d.Events, d.Activities), detail{paths: d.Steps, most: d.Paths, timed: timed})
		})
		if err != nil {
			return err
		}
		level.Name, level.Automatic, level.Agreed = d.Name, automatic, in.Agreed
		in.Levels = append(in.Levels, level)
	}
	avoidable, err := eventlog.Fold(e, of, mining.ByVariant(of.Label, mining.Avoidable(timed, of.Label, in.Agreed)))
	if err != nil {
		return err
	}
	in.Ways.Avoidable, in.Ways.Working = avoidable.Of, timed.Working
	if l.Stored != nil && l.ofOrders() {
		if err := orderWays(e, l, &in.Ways); err != nil {
			return err
		}
	}
	sample, err := eventlog.Fold(e, l.Log, mining.SampleCases(in.Variants, replayed, l.Label))
	if err != nil {
		return err
	}
	in.Sample = sample.Cases()
	return nil
}

// orderStates says of each order what its way is worth knowing for. It judges
// by the words of auto.touchless_order_rate.bill, for orders instead of lines.
const orderStates = `
SELECT order_object,
       NOT is_return AND cancelled_at IS NULL AND rejected_at IS NULL AND decision_events > 0 AND is_billed AS judged,
       coalesce(human_touches_bill = 0 AND unknown_touches_bill = 0, FALSE) AS touchless,
       cleared_at IS NULL AND cancelled_at IS NULL AND rejected_at IS NULL AS open
FROM o2c.orders ORDER BY order_object`

const touchlessMeans = "Share of fully invoiced orders in which no person took a decision from the order's arrival to the posting of its last invoice. " +
	"Work by hand on goods (pick, pack, ship) is no touch. Where the actor is not known, the order counts as touched. Returns, cancelled and rejected orders are not in it."

// orderWays adds what only orders have.
func orderWays(e *env, l *openedLog, ways *reports.Ways) error {
	const judged, touchless, open = 1, 2, 4
	rows, err := l.Stored.Query(e, orderStates)
	if err != nil {
		return fmt.Errorf("states of orders: %w", err)
	}
	defer rows.Close()
	states := map[int64]byte{} // by number of the case
	for rows.Next() {
		var n int64
		var is [3]bool
		if err := rows.Scan(&n, &is[0], &is[1], &is[2]); err != nil {
			return fmt.Errorf("states of orders: %w", err)
		}
		state := byte(0)
		for i, yes := range is {
			if yes {
				state |= 1 << i
			}
		}
		states[n] = state
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("states of orders: %w", err)
	}
	sum := func(known, yes byte) (*mining.VariantSums, error) {
		return eventlog.Fold(e, l.Log, mining.ByVariant(l.Label, func(c *eventlog.Cases, i int) (int64, bool) {
			state, ok := states[c.Case[i]]
			if !ok || state&known != known {
				return 0, false
			}
			if state&yes != 0 {
				return 1, true
			}
			return 0, true
		}))
	}
	untouched, err := sum(judged, touchless)
	if err != nil {
		return err
	}
	unfinished, err := sum(0, open)
	if err != nil {
		return err
	}
	ways.Touchless, ways.TouchlessMeans, ways.Open = untouched.Of, touchlessMeans, unfinished.Of
	return nil
}

// A detail says how much of a log is drawn.
type detail struct {
	paths float64           // share of the steps
	most  int               // paths
	timed *eventlog.Summary // of the log in working time, which is to be told too; nil, or in elapsed time: it is not
}

// mapLevel projects a log onto some activities and draws the most frequent
// paths between them. of is l's log, with its working time if that is wanted;
// s summarizes it. It is not said who does the activities, nor what was agreed on.
func mapLevel(e *env, l *openedLog, of *eventlog.Log, s *eventlog.Summary, keep []string, d detail) (reports.Level, error) {
	projected, timed, left := of, d.timed, len(s.Activities)-len(keep)
	var err error
	if left > 0 {
		if projected, err = of.Where(e, eventlog.Keep(keep...)); err != nil {
			return reports.Level{}, err
		}
		if s, err = eventlog.Summarize(e, projected, eventlog.SummaryOptions{WithoutVariants: true, Working: s.Working}); err != nil {
			return reports.Level{}, err
		}
	}
	g := mining.DFG(s)
	level := reports.Level{Graph: g.KeepEdges(d.paths, d.most), Spine: mining.Spine(g), Backward: mining.Backward(s), LeftOut: left}
	if timed != nil && timed.Working {
		if left > 0 {
			if timed, err = eventlog.Summarize(e, projected, eventlog.SummaryOptions{WithoutVariants: true, Working: true}); err != nil {
				return reports.Level{}, err
			}
		}
		level.Working = mining.DFG(timed)
	}
	waiting, err := valueWaiting(e, l, projected)
	if err != nil {
		return reports.Level{}, err
	}
	if waiting != nil {
		level.Value = map[[2]string][]mining.Money{}
		for _, w := range mining.FindBottlenecks(s, waiting).Waits {
			level.Value[[2]string{w.From, w.To}] = w.Value
		}
	}
	return level, nil
}

// automationOf finds out who does the activities of a log that s summarizes; nil
// for a log without a store.
func automationOf(e *env, l *openedLog, of *eventlog.Log, s *eventlog.Summary) (map[string]mining.Automation, error) {
	if l.Stored == nil {
		return nil, nil
	}
	return eventlog.Remember(l.Kept, "automation "+l.identity(s), func() (map[string]mining.Automation, error) { return automation(e, of, s) })
}

// identity tells a log of a store, which s summarizes, from others of it: which
// activities its cases follow, how often, and when.
func (l *openedLog) identity(s *eventlog.Summary) string {
	if l.Kept == nil || l.identified == s {
		return l.id
	}
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %d %d %d %d %d %d\n", l.Name, s.Activities, len(s.Variants), s.Cases, s.Events, s.DistinctEvents, s.First, s.Last)
	var line []byte
	for i := range s.Variants {
		v := &s.Variants[i]
		line = binary.AppendVarint(line[:0], v.Cases)
		line = binary.AppendUvarint(line, uint64(len(v.Path)))
		for _, a := range v.Path {
			line = binary.AppendUvarint(line, uint64(a))
		}
		h.Write(line)
	}
	l.identified, l.id = s, fmt.Sprintf("%x", h.Sum(nil))
	return l.id
}

// valueWaiting folds the value that waits in of, which is l or a part of it; nil
// where the values of its cases are not known.
func valueWaiting(e *env, l *openedLog, of *eventlog.Log) (*mining.ValueWaiting, error) {
	values, err := l.caseValues(e)
	if err != nil || len(values) == 0 {
		return nil, err
	}
	return eventlog.Fold(e, of, mining.WaitingValue(of.Label, func(n int64) (mining.Money, bool) {
		v, ok := values[n]
		return mining.Money{Currency: v.Currency, Amount: v.Amount}, ok
	}))
}

// automation finds out who does the activities of a log in a store.
func automation(e *env, l *eventlog.Log, s *eventlog.Summary) (map[string]mining.Automation, error) {
	var by [2]*eventlog.Summary
	for i, condition := range []string{"actor_kind = 'human'", "actor_kind IS NULL OR actor_kind = 'unknown'"} {
		f, err := eventlog.ParseFilter("event-where", condition)
		if err != nil {
			return nil, err
		}
		part, err := l.Where(e, f)
		if err != nil {
			return nil, err
		}
		if by[i], err = eventlog.Summarize(e, part, eventlog.SummaryOptions{WithoutWaits: true, WithoutVariants: true}); err != nil {
			return nil, err
		}
	}
	return mining.FindAutomation(s, by[0], by[1]), nil
}

// writeMap draws a level as a picture of its own.
func writeMap(w io.Writer, level reports.Level, mode string) error {
	o := layout.Options{Spine: level.Spine, Backward: level.Backward, Facts: level.Facts, Scale: layout.NewScale(layout.Layer{Graph: level.Graph, Facts: level.Facts})}
	for _, m := range []layout.Mode{layout.Waiting, layout.Slow, layout.Value, layout.Frequency} {
		if m.String() == mode {
			if m == layout.Value && !o.Scale.Has(m) {
				return usageError{fmt.Errorf("--mode value: the cases of this log have no value, or none of them waits")}
			}
			return layout.SVG(w, level.Graph, m, o)
		}
	}
	return usageError{fmt.Errorf("--mode: there is no mode %q", mode)}
}
