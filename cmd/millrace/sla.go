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
	Period   string   `placeholder:"GRAIN" help:"How they were kept by month (week, quarter, …): of what was due then, how much was late."`
	Alert    bool     `help:"Tell the channels under alerts: in millrace.yaml of all that is beyond its limit, once for each cool-down, and once when it is over."`
	DryRun   bool     `help:"With --alert: print what would be sent, and send and note nothing."`
	Fail     bool     `help:"Exit with code 3 if anything is beyond its limit; with --alert, with code 1 if somebody could not be told."`
	anewFlag
	jsonFlag
}

func (c *slaCmd) Help() string {
	return "Service levels: what is in time, what is not, and what it is worth. Built in are ten of order-to-cash; a project adds its own by rules: [rules/*.yaml].\n\n" +
		"Examples:\n  millrace sla\n  millrace sla --worklist billing\n  millrace sla shipped_not_invoiced --fail --json\n  millrace sla --period month\n  millrace sla --alert --dry-run"
}

// standingJSON is a standing as the command line's stable JSON.
type standingJSON struct {
	Name         string           `json:"name"`
	Title        string           `json:"title"`
	Owner        string           `json:"owner"`
	Severity     string           `json:"severity"`
	Version      int              `json:"version"`
	LimitS       *int64           `json:"limit_s"` // by the clock; null: sites differ in how long a day is
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
	switch {
	case c.DryRun && !c.Alert:
		return usageError{errors.New("--dry-run is for --alert")}
	case c.Alert && c.AsOf != "":
		return usageError{errors.New("--alert tells of what is late now: it does not go with --as-of")}
	case c.Period != "" && (c.Alert || c.Fail || c.Worklist != ""):
		return usageError{errors.New("--period is about the past: it does not go with --alert, --fail, --worklist")}
	}
	o, err := (&kpiFlags{AsOf: c.AsOf, Period: c.Period}).options(e)
	if err != nil {
		return err
	}
	if c.AsOf == "" {
		o.Now = e.now()
	}
	s, err := e.openClosed()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if c.Period != "" {
		return c.kept(e, s, rules, o)
	}
	worst := 5
	if c.Worklist != "" || c.Alert {
		worst = -1
	}
	o.Kept = c.anewFlag.kept(s)
	list, err := metrics.Standings(e, s.Query, rules, kpis, worst, o)
	if err != nil {
		return err
	}
	failed := false
	if c.Alert {
		if failed, err = e.alertBreaches(list, c.DryRun); err != nil {
			return err
		}
		if c.Worklist == "" {
			for i := range list {
				list[i].Worst = list[i].Worst[:min(5, len(list[i].Worst))]
			}
		}
	}
	if c.Worklist != "" {
		if err := keepOwner(list, c.Worklist); err != nil {
			return err
		}
	}
	switch {
	case c.DryRun:
	case c.JSON:
		err = printJSON(e.Stdout, struct {
			AsOf  metrics.Day     `json:"as_of"`
			Rules []standingJSON  `json:"rules"`
			Notes []eventlog.Note `json:"notes"`
		}{list[0].AsOf, standingsJSON(list, o.Calendars), []eventlog.Note{}})
	case c.Worklist != "":
		err = printWorklist(e.Stdout, list)
	default:
		err = printStandings(e.Stdout, list, e.Project.zone())
	}
	if err == nil && c.Fail && slices.ContainsFunc(list, metrics.Standing.Violated) {
		return limitsError{errors.New("limits are violated")}
	}
	if err == nil && c.Fail && failed {
		return errors.New("alerts: somebody could not be told")
	}
	return err
}

// keptJSON is how a rule was kept as the command line's stable JSON.
type keptJSON struct {
	Name    string           `json:"name"`
	Title   string           `json:"title"`
	Version int              `json:"version"`
	Periods []keptPeriodJSON `json:"periods"`
	Notes   []eventlog.Note  `json:"notes"`
}

type keptPeriodJSON struct {
	Period     string      `json:"period"`
	Met        int64       `json:"met"`
	Breached   int64       `json:"breached"`
	BreachRate *float64    `json:"breach_rate"`
	Interval   *[2]float64 `json:"interval"`
}

// kept prints how the rules were kept, by period.
func (c *slaCmd) kept(e *env, s *eventlog.Store, rules []*metrics.Rule, o metrics.Options) error {
	list, err := metrics.KeptBy(e, s.Query, rules, o)
	if err != nil {
		return err
	}
	day, err := metrics.AsOf(e, s.Query, o)
	if err != nil {
		return err
	}
	if !c.JSON {
		return printKept(e.Stdout, day, list)
	}
	var out []keptJSON
	for _, k := range list {
		if n := len(out); n == 0 || out[n-1].Name != k.Rule.Name {
			out = append(out, keptJSON{Name: k.Rule.Name, Title: k.Rule.Title, Version: k.Rule.Version, Periods: []keptPeriodJSON{}, Notes: orNone(k.Notes)})
		}
		if k.Period == "" {
			continue
		}
		p := keptPeriodJSON{Period: k.Period, Met: k.Met, Breached: k.Breached}
		if k.Met+k.Breached > 0 {
			p.BreachRate, p.Interval = &k.Rate, &[2]float64{k.Interval.Low, k.Interval.High}
		}
		last := &out[len(out)-1]
		last.Periods = append(last.Periods, p)
	}
	return printJSON(e.Stdout, struct {
		AsOf   metrics.Day   `json:"as_of"`
		Period metrics.Grain `json:"period"`
		Rules  []keptJSON    `json:"rules"`
	}{day, o.Grain, orNone(out)})
}

func printKept(w io.Writer, day metrics.Day, list []metrics.Kept) error {
	fmt.Fprintf(w, "of what was due by the end of %s\n\n", day)
	t := newTable("service level", "due in", " in time", " late", " breached", "95 % between", "")
	for _, k := range list {
		rate, interval, note := figure.None, "", ""
		if k.Met+k.Breached > 0 {
			rate = figure.English.Number(100*k.Rate, 1) + " %"
			interval = figure.English.Number(100*k.Interval.Low, 1) + "–" + figure.English.Number(100*k.Interval.High, 1)
		}
		if len(k.Notes) > 0 {
			note = k.Notes[0].Text
		}
		t.add(k.Rule.Title, k.Period, count(k.Met), count(k.Breached), rate, interval, note)
	}
	return t.write(w)
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

func standingsJSON(list []metrics.Standing, c metrics.Calendars) []standingJSON {
	out := make([]standingJSON, 0, len(list))
	for _, s := range list {
		r := s.Rule
		j := standingJSON{
			Name: r.Name, Title: r.Title, Owner: r.Owner, Severity: r.Severity, Version: r.Version, Clock: r.Clock, N: s.N, Met: s.Met, Breached: s.Breached(),
			OpenBreached: s.OpenBreached, ResolvedLate: s.ResolvedLate, AtRisk: s.AtRisk, OK: s.OK, Excluded: map[string]int64{}, Value: s.Value, Figure: s.Figure,
			OutOfBounds: s.OutOfBounds, Worst: s.Worst, Notes: s.Notes,
		}
		if allowed, ok := r.Allowed(c); ok && r.KPI == "" {
			limit := int64(allowed / time.Second)
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

func printStandings(w io.Writer, list []metrics.Standing, zone *time.Location) error {
	asOf := "the end of " + string(list[0].AsOf)
	if at := list[0].At; at.Before(list[0].AsOf.Add(1).In(zone)) {
		asOf = at.In(zone).Format("2006-01-02 15:04")
	}
	fmt.Fprintf(w, "as of %s\n\n", asOf)
	t := newTable("service level", "limit", "owner", " in time", " late", " breached", " at risk", " value at stake", "left out", "")
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
		var left []string
		for _, x := range s.Excluded {
			left = append(left, count(x.N)+" "+x.Reason)
		}
		if s.Figure != nil {
			number, unit := reports.FigureText(*s.Figure)
			bound := r.Above
			limit = "at most "
			if bound == nil {
				bound, limit = r.Below, "at least "
			}
			limit += figure.English.Number(*bound, 4)
			state := "within"
			if s.OutOfBounds {
				state = "out of bounds"
			}
			t.add(r.Title, limit, r.Owner, "", "", "", "", "", "", strings.TrimSpace(number+" "+unit)+": "+state)
			continue
		}
		t.add(r.Title, limit, r.Owner, count(s.Met), count(s.ResolvedLate), count(s.OpenBreached), count(s.AtRisk), amountsText(s.Value), strings.Join(left, ", "), note)
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
	t := newTable("what", "which", "state", "owner", "since", "due", " over by", " value")
	for _, s := range list {
		for _, b := range s.Worst {
			over := ""
			if b.OverS > 0 {
				over = span(float64(b.OverS) * 1e6)
			}
			t.add(s.Rule.Title, printable(b.Key), string(b.State), printable(b.Owner), b.Since, b.Due, over, breachAmount(b))
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
	return figure.English.Number(*b.Amount, 2) + " " + b.Currency
}

func amountsText(list []metrics.Amount) string {
	var parts []string
	for _, m := range list {
		parts = append(parts, figure.English.Number(m.Amount, 0)+" "+m.Currency)
	}
	return strings.Join(parts, ", ")
}
