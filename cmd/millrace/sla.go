package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"millrace/eventlog"
	"millrace/metrics"
	"millrace/reports"
	"millrace/reports/figure"
)

// slaCmd is millrace sla.
type slaCmd struct {
	Rule     []string `arg:"" optional:"" help:"Which service levels; default: all."`
	AsOf     string   `placeholder:"DATE" help:"As of the end of this day. Default: the last day of the data."`
	Worklist string   `placeholder:"OWNER" help:"List what this owner has to do: all that is breached or at risk; \"all\" is everybody's."`
	Fail     bool     `help:"Exit with code 3 if anything is beyond its limit."`
	jsonFlag
}

func (c *slaCmd) Help() string {
	return "Service levels: what is in time, what is not, and what it is worth. Built in are ten of order-to-cash; a project adds its own by rules: [rules/*.yaml].\n\n" +
		"Examples:\n  millrace sla\n  millrace sla --worklist billing\n  millrace sla shipped_not_invoiced --fail --json"
}

// standingJSON is a standing as the command line's stable JSON.
type standingJSON struct {
	Name         string           `json:"name"`
	Title        string           `json:"title"`
	Owner        string           `json:"owner"`
	Severity     string           `json:"severity"`
	Version      int              `json:"version"`
	LimitS       *int64           `json:"limit_s"`
	Clock        metrics.Clock    `json:"clock"`
	N            int64            `json:"n"`
	Met          int64            `json:"met"`
	Breached     int64            `json:"breached"` // done late or not done
	OpenBreached int64            `json:"open_breached"`
	ResolvedLate int64            `json:"resolved_late"`
	AtRisk       int64            `json:"at_risk"`
	OK           int64            `json:"ok"`
	BreachRate   *float64         `json:"breach_rate"` // of those whose limit is over or that are done
	Excluded     map[string]int64 `json:"excluded"`
	Value        []metrics.Amount `json:"value"`
	Figure       *metrics.Value   `json:"figure,omitempty"`
	OutOfBounds  bool             `json:"out_of_bounds"`
	Worst        []metrics.Breach `json:"worst"`
	Notes        []eventlog.Note  `json:"notes"`
}

func (c *slaCmd) Run(e *env) (err error) {
	rules, kpis, err := c.rules(e)
	if err != nil {
		return err
	}
	o, err := (&kpiFlags{AsOf: c.AsOf}).options(e)
	if err != nil {
		return err
	}
	s, err := e.openClosed()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	worst := 5
	if c.Worklist != "" {
		worst = -1
	}
	list, err := metrics.Standings(e, s.Query, rules, kpis, worst, o)
	if err != nil {
		return err
	}
	if c.Worklist != "" {
		if err := keepOwner(list, c.Worklist); err != nil {
			return err
		}
	}
	switch {
	case c.JSON:
		err = printJSON(e.Stdout, struct {
			AsOf  metrics.Day     `json:"as_of"`
			Rules []standingJSON  `json:"rules"`
			Notes []eventlog.Note `json:"notes"`
		}{list[0].AsOf, standingsJSON(list), []eventlog.Note{}})
	case c.Worklist != "":
		err = printWorklist(e.Stdout, list)
	default:
		err = printStandings(e.Stdout, list)
	}
	if err == nil && c.Fail && slices.ContainsFunc(list, metrics.Standing.Violated) {
		return limitsError{errors.New("limits are violated")}
	}
	return err
}

// rules are the service levels that are meant, and the figures they may bound.
func (c *slaCmd) rules(e *env) ([]*metrics.Rule, []*metrics.KPI, error) {
	kpis, err := e.Project.kpis()
	if err != nil {
		return nil, nil, err
	}
	all, err := e.Project.rules()
	if err != nil {
		return nil, nil, err
	}
	if len(c.Rule) == 0 {
		return all, kpis, nil
	}
	var names []string
	for _, r := range all {
		names = append(names, r.Name)
	}
	for _, n := range c.Rule {
		if !slices.Contains(names, n) {
			return nil, nil, usageError{fmt.Errorf("no service level %q%s; there are %s", n, eventlog.DidYouMean(n, names), strings.Join(names, ", "))}
		}
	}
	return slices.DeleteFunc(all, func(r *metrics.Rule) bool { return !slices.Contains(c.Rule, r.Name) }), kpis, nil
}

// keepOwner leaves of the worst only what one owner has to do.
func keepOwner(list []metrics.Standing, owner string) error {
	if owner == "all" {
		return nil
	}
	var owners []string
	for i := range list {
		for _, w := range list[i].Worst {
			owners = append(owners, w.Owner)
		}
		owners = append(owners, list[i].Rule.Owner)
		list[i].Worst = slices.DeleteFunc(list[i].Worst, func(b metrics.Breach) bool { return !strings.EqualFold(b.Owner, owner) })
	}
	slices.Sort(owners)
	owners = slices.DeleteFunc(slices.Compact(owners), func(o string) bool { return o == "" })
	if !slices.ContainsFunc(owners, func(o string) bool { return strings.EqualFold(o, owner) }) {
		return usageError{fmt.Errorf("no owner %q%s; there are %s", owner, eventlog.DidYouMean(owner, owners), strings.Join(owners, ", "))}
	}
	return nil
}

func standingsJSON(list []metrics.Standing) []standingJSON {
	out := make([]standingJSON, 0, len(list))
	for _, s := range list {
		r := s.Rule
		j := standingJSON{
			Name: r.Name, Title: r.Title, Owner: r.Owner, Severity: r.Severity, Version: r.Version, Clock: r.Clock, N: s.N, Met: s.Met, Breached: s.Breached(),
			OpenBreached: s.OpenBreached, ResolvedLate: s.ResolvedLate, AtRisk: s.AtRisk, OK: s.OK, Excluded: map[string]int64{}, Value: s.Value, Figure: s.Figure,
			OutOfBounds: s.OutOfBounds, Worst: s.Worst, Notes: s.Notes,
		}
		if r.KPI == "" {
			limit := int64(r.Limit.Elapsed() / time.Second)
			j.LimitS = &limit
		}
		if done := s.Met + s.Breached(); done > 0 {
			rate := float64(s.Breached()) / float64(done)
			j.BreachRate = &rate
		}
		for _, x := range s.Excluded {
			j.Excluded[x.Reason] = x.N
		}
		j.Value, j.Worst, j.Notes = orNone(j.Value), orNone(j.Worst), orNone(j.Notes)
		out = append(out, j)
	}
	return out
}

// orNone is a list that JSON writes as [] and not as null.
func orNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func printStandings(w io.Writer, list []metrics.Standing) error {
	fmt.Fprintf(w, "as of the end of %s\n\n", list[0].AsOf)
	t := newTable("service level", "limit", "owner", " in time", " late", " breached", " at risk", " value at stake", "")
	for _, s := range list {
		r := s.Rule
		limit := r.Limit.String()
		if r.Clock == metrics.Business {
			limit += " working time"
		}
		note := ""
		if len(s.Notes) > 0 {
			note = s.Notes[0].Text
		}
		if s.Figure != nil {
			number, unit := reports.FigureText(*s.Figure)
			bound := r.Above
			limit = "at most "
			if bound == nil {
				bound, limit = r.Below, "at least "
			}
			limit += figure.Number(*bound, 4)
			state := "within"
			if s.OutOfBounds {
				state = "out of bounds"
			}
			t.add(r.Title, limit, r.Owner, "", "", "", "", "", strings.TrimSpace(number+" "+unit)+": "+state)
			continue
		}
		t.add(r.Title, limit, r.Owner, count(s.Met), count(s.ResolvedLate), count(s.OpenBreached), count(s.AtRisk), amountsText(s.Value), note)
	}
	if err := t.write(w); err != nil {
		return err
	}
	worst := newTable("worst", "", "owner", " over by", " value")
	for _, s := range list {
		for _, b := range s.Worst {
			if b.State == metrics.Breached {
				worst.add(s.Rule.Title, printable(b.Key), printable(b.Owner), span(float64(b.OverS)*1e6), breachAmount(b))
				break
			}
		}
	}
	if len(worst.rows) == 0 {
		return nil
	}
	fmt.Fprintln(w)
	return worst.write(w)
}

func printWorklist(w io.Writer, list []metrics.Standing) error {
	t := newTable("what", "which", "state", "owner", "since", " over by", " value")
	for _, s := range list {
		for _, b := range s.Worst {
			over := ""
			if b.OverS > 0 {
				over = span(float64(b.OverS) * 1e6)
			}
			t.add(s.Rule.Title, printable(b.Key), string(b.State), printable(b.Owner), b.Since, over, breachAmount(b))
		}
	}
	if len(t.rows) == 0 {
		_, err := fmt.Fprintln(w, "nothing to do")
		return err
	}
	return t.write(w)
}

func breachAmount(b metrics.Breach) string {
	if b.Amount == nil {
		return ""
	}
	return figure.Number(*b.Amount, 2) + " " + b.Currency
}

func amountsText(list []metrics.Amount) string {
	var parts []string
	for _, m := range list {
		parts = append(parts, figure.Number(m.Amount, 0)+" "+m.Currency)
	}
	return strings.Join(parts, ", ")
}
