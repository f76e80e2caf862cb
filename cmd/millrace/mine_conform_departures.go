package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"millrace/eventlog"
	"millrace/mining"
	"millrace/mining/conform"
)

// A departure is one way in which cases leave the model, with what it goes with.
type departure struct {
	What  string          `json:"what"` // as people say it, and --departure takes it
	Kind  string          `json:"kind"` // skipped, inserted
	Name  string          `json:"activity"`
	After string          `json:"after,omitempty"` // of inserted: the activity before; "" at the beginning of the case
	Cases int64           `json:"cases"`
	Share float64         `json:"share"`
	Moves int64           `json:"moves"`
	Delay *departureDelay `json:"delay"` // null if no duration is known
	Value []mining.Money  `json:"value"` // of its cases

	variants []int
}

// A departureDelay compares the durations of its cases with those of the others.
type departureDelay struct {
	Median     float64     `json:"median_s"`
	Others     float64     `json:"others_median_s"`
	Difference float64     `json:"difference_s"`
	Interval   *[2]float64 `json:"interval_s"` // 95 %; null if there are too few
}

func departureOf(d conform.Departure, cases int64) departure {
	x := departure{Kind: "skipped", Name: d.Activity, Cases: d.Cases, Share: float64(d.Cases) / float64(cases), Moves: d.Moves, Value: []mining.Money{}, variants: d.Variants}
	x.What = "skipped " + d.Activity
	if d.Kind == conform.InLog {
		x.Kind, x.After = "inserted", d.After
		x.What = "inserted " + d.Activity + " after " + d.After
		if d.After == "" {
			x.What = "inserted " + d.Activity + " at the beginning"
		}
	}
	return x
}

// departures finds how cases leave the model, how much longer they take then,
// and what they are worth.
func (c *mineConformCmd) departures(e *env, l *openedLog, s *eventlog.Summary, a *conform.Alignments, x *conformance) error {
	x.Departures = &[]departure{}
	found := a.Departures()
	if len(found) == 0 {
		return c.wanted(e, l, s, x)
	}
	followers, err := eventlog.Fold(e, l.Log, mining.VariantCases(s, l.Label))
	if err != nil {
		return err
	}
	values, err := l.caseValues(e)
	if err != nil {
		return err
	}
	delays := mining.FindDelays(followers)
	for _, d := range found {
		if err := e.Err(); err != nil {
			return err
		}
		y := departureOf(d, s.Cases)
		if t := delays.Of(d.Variants); t.Known() {
			y.Delay = &departureDelay{Median: t.Median / 1e6, Others: t.Rest / 1e6, Difference: t.Difference / 1e6}
			if t.Bounded {
				y.Delay.Interval = &[2]float64{t.Low / 1e6, t.High / 1e6}
			}
		}
		y.Value = valueOf(followers, d.Variants, values)
		*x.Departures = append(*x.Departures, y)
	}
	if slices.ContainsFunc(*x.Departures, func(d departure) bool { return d.Delay != nil }) {
		x.Notes = append(x.Notes, eventlog.Note{Code: "delay-no-cause", Text: "Cases that depart are compared with all others, by medians of how long they took so far: " +
			"what takes longer may be the difficult ones, and what is shorter may be open, or have ended early."})
	}
	if c.By == "value" && !slices.ContainsFunc(*x.Departures, func(d departure) bool { return len(d.Value) > 0 }) {
		x.Notes = append(x.Notes, eventlog.Note{Code: "no-value", Text: "What cases are worth is not known, so departures come by cases."})
	}
	c.rank(*x.Departures)
	return c.wanted(e, l, s, x)
}

// valueOf adds up what cases are worth, by currency.
func valueOf(f *mining.Followers, variants []int, values map[int64]eventlog.CaseValue) []mining.Money {
	sums := map[string]int64{}
	if len(values) > 0 {
		for _, v := range variants {
			for _, x := range f.Of(v) {
				if m, ok := values[x.Case]; ok && m.Currency != "" {
					sums[m.Currency] += m.Amount
				}
			}
		}
	}
	out := []mining.Money{}
	for currency, amount := range sums {
		out = append(out, mining.Money{Currency: currency, Amount: amount})
	}
	slices.SortFunc(out, func(a, b mining.Money) int { return cmp.Compare(a.Currency, b.Currency) })
	return out
}

// rank puts the departures that matter most first: those of most cases, or
// those whose cases take longer for sure, or are worth most in the currency that
// most of the value is in.
func (c *mineConformCmd) rank(list []departure) {
	switch c.By {
	case "delay":
		low := func(d departure) float64 {
			if d.Delay == nil || d.Delay.Interval == nil {
				return math.Inf(-1)
			}
			return d.Delay.Interval[0]
		}
		slices.SortStableFunc(list, func(a, b departure) int { return cmp.Compare(low(b), low(a)) })
	case "value":
		total := map[string]int64{}
		for _, d := range list {
			for _, m := range d.Value {
				total[m.Currency] += m.Amount
			}
		}
		main := ""
		for currency, n := range total {
			if main == "" || n > total[main] || n == total[main] && currency < main {
				main = currency
			}
		}
		worth := func(d departure) (n int64) {
			for _, m := range d.Value {
				if m.Currency == main {
					n = m.Amount
				}
			}
			return n
		}
		slices.SortStableFunc(list, func(a, b departure) int { return cmp.Compare(worth(b), worth(a)) })
	}
}

// wanted lists the cases of the departure that was asked for.
func (c *mineConformCmd) wanted(e *env, l *openedLog, s *eventlog.Summary, x *conformance) error {
	if c.Departure == "" {
		return nil
	}
	var names []string
	for _, d := range *x.Departures {
		if d.What == strings.TrimSpace(c.Departure) {
			ids, err := casesOf(e, l, s, d.variants)
			x.Behind = &ids
			return err
		}
		names = append(names, d.What)
	}
	if len(names) == 0 {
		return usageError{fmt.Errorf("--departure: no case has %q; every case fits %s", c.Departure, c.Model)}
	}
	return usageError{fmt.Errorf("--departure: no case has %q%s", c.Departure, cmp.Or(eventlog.DidYouMean(c.Departure, names), "; without --departure all are listed, such as "+strconv.Quote(names[0])))}
}

// printDepartures prints the ways in which cases leave the model.
func (c *mineConformCmd) printDepartures(e *env, x *conformance) error {
	list := *x.Departures
	if len(list) == 0 {
		return nil
	}
	valued := slices.ContainsFunc(list, func(d departure) bool { return len(d.Value) > 0 })
	headings := []string{" cases", " share", " moves", " take longer by", "95 % between"}
	if valued {
		headings = append(headings, " value")
	}
	t := &listing{table: newTable(append(headings, "departure")...), top: c.Top}
	for _, d := range list {
		longer, between := "–", ""
		if d.Delay != nil {
			longer = span(d.Delay.Difference * 1e6)
			if i := d.Delay.Interval; i != nil {
				between = span(i[0]*1e6) + " and " + span(i[1]*1e6)
			}
		}
		cells := []string{count(d.Cases), percent(d.Share), count(d.Moves), longer, between}
		if valued {
			cells = append(cells, moneyText(d.Value))
		}
		t.row(append(cells, printable(d.What))...)
	}
	fmt.Fprintln(e.Stdout)
	if err := t.write(e.Stdout); err != nil {
		return err
	}
	if t.more > 0 {
		fmt.Fprintf(e.Stdout, "… %s more; --top 0 prints all\n", count(int64(t.more)))
	}
	return nil
}

// printBehind prints the cases of one departure.
func (c *mineConformCmd) printBehind(e *env, x *conformance) error {
	ids := *x.Behind
	for i, id := range ids {
		if c.Top > 0 && i == c.Top {
			fmt.Fprintf(e.Stdout, "… %s more; --top 0 prints all\n", count(int64(len(ids)-c.Top)))
			break
		}
		fmt.Fprintln(e.Stdout, printable(id))
	}
	_, err := fmt.Fprintf(e.Stdout, "\n%s of %s cases: %s.\n", count(int64(len(ids))), count(x.Cases), printable(strings.TrimSpace(c.Departure)))
	return err
}
