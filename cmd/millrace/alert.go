package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"millrace/internal/secrets"
	"millrace/metrics"
	"millrace/reports"
	"millrace/reports/alert"
	"millrace/reports/figure"
	"millrace/reports/schedule"
)

// An alertsSpec says where alerts go.
type alertsSpec struct {
	Channels []alert.Channel `yaml:"channels"`
	// Single is how many breaches of one rule and owner are told one by one.
	// More are one alert, with the worst of them; default 10.
	Single int `yaml:"single"`
	// Deadline is how long sending takes at most; default 30s.
	Deadline time.Duration `yaml:"deadline"`
}

func (a alertsSpec) check() error {
	switch {
	case a.Single < 0:
		return fmt.Errorf("alerts: single: %d is less than nothing", a.Single)
	case a.Deadline < 0:
		return fmt.Errorf("alerts: deadline: %v is negative", a.Deadline)
	}
	if err := alert.Check(a.Channels); err != nil {
		return fmt.Errorf("alerts: %w", err)
	}
	return nil
}

// single is how many breaches are told one by one.
func (a alertsSpec) single() int { return cmp.Or(a.Single, 10) }

// worstTold is how many of many breaches are named.
const worstTold = 10

func (p *project) alertLedger() string { return p.storePath() + ".alerts" }

func (e *env) alertOptions() alert.Options {
	return alert.Options{Ledger: e.Project.alertLedger(), Deadline: e.Project.Alerts.Deadline, Now: e.now(),
		Env: secrets.Env{Lookup: os.LookupEnv, Dir: e.Project.dir}}
}

// breachAlerts are those of everything that is beyond its limit in list, which
// has all that is. firing are the alerts that were told: one that goes on keeps
// its beginning, and one of these rules that does not is resolved.
func breachAlerts(list []metrics.Standing, firing []alert.Alert, single int, now time.Time) []alert.Alert {
	var alerts []alert.Alert
	judged := map[string]bool{} // rules that said something
	open := map[string]bool{}   // by rule and key
	for _, s := range list {
		r := s.Rule
		if s.Figure == nil && s.N == 0 && len(s.Notes) > 0 || s.Figure != nil && !s.Figure.Known() {
			continue // it cannot be told: what was, stays
		}
		judged[r.Name] = true
		base := alert.Alert{Rule: r.Name, Severity: r.Severity, State: alert.Firing, Owner: r.Owner, CoolDown: r.CoolDown.Elapsed(), Started: now}
		if s.OutOfBounds {
			alerts = append(alerts, figureAlert(base, s))
			continue
		}
		of := map[string][]metrics.Breach{}
		var owners []string
		for _, b := range s.Worst {
			if b.State != metrics.Breached {
				continue
			}
			open[r.Name+"\x00"+b.Key] = true
			if of[b.Owner] == nil {
				owners = append(owners, b.Owner)
			}
			of[b.Owner] = append(of[b.Owner], b)
		}
		slices.Sort(owners)
		for _, owner := range owners {
			base.Owner = owner
			if breaches := of[owner]; len(breaches) > single {
				alerts = append(alerts, manyAlert(base, r, breaches))
				continue
			}
			for _, b := range of[owner] {
				alerts = append(alerts, oneAlert(base, r, b))
			}
		}
	}
	known := map[string]int{}
	for i, a := range alerts {
		known[a.Fingerprint()] = i
	}
	for _, a := range firing {
		if i, ok := known[a.Fingerprint()]; ok {
			if alerts[i].Key == "" { // it has no due date of its own
				alerts[i].Started = a.Started
			}
			continue
		}
		if judged[a.Rule] && (a.Key == "" || !open[a.Rule+"\x00"+a.Key]) { // else it is one of many now
			a.State, a.Ended, a.CoolDown = alert.Resolved, now, 0
			a.Summary = "This is over: " + a.Summary
			alerts = append(alerts, a)
		}
	}
	return alerts
}

// oneAlert tells of one breach.
func oneAlert(a alert.Alert, r *metrics.Rule, b metrics.Breach) alert.Alert {
	a.Key, a.Value = b.Key, "over by "+span(float64(b.OverS)*1e6)
	if text := breachAmount(b); text != "" {
		a.Value += ", " + text
	}
	if due, err := time.Parse(time.RFC3339, b.Due); err == nil {
		a.Started = due
	}
	a.Summary = fmt.Sprintf("%s: %s %s, since %s.", r.Title, r.One, b.Key, b.Since)
	return a
}

// manyAlert tells of all breaches of a rule and owner at once.
func manyAlert(a alert.Alert, r *metrics.Rule, breaches []metrics.Breach) alert.Alert {
	a.Value = fmt.Sprintf("%s %s", count(int64(len(breaches))), r.Of)
	stake := map[string]float64{}
	for _, b := range breaches {
		if b.Amount != nil {
			stake[b.Currency] += *b.Amount
		}
	}
	var sums []metrics.Amount
	for c, x := range stake {
		sums = append(sums, metrics.Amount{Currency: c, Amount: x})
	}
	slices.SortFunc(sums, func(a, b metrics.Amount) int { return strings.Compare(a.Currency, b.Currency) })
	if len(sums) > 0 {
		a.Value += ", " + amountsText(sums)
	}
	var worst []string
	for _, b := range breaches[:min(worstTold, len(breaches))] {
		worst = append(worst, fmt.Sprintf("%s (over by %s)", b.Key, span(float64(b.OverS)*1e6)))
	}
	a.Summary = fmt.Sprintf("%s: %s are beyond the limit. The worst: %s.", r.Title, a.Value, strings.Join(worst, ", "))
	return a
}

// figureAlert tells of a figure out of its bounds, one a value.
func figureAlert(a alert.Alert, s metrics.Standing) alert.Alert {
	r, v := s.Rule, *s.Figure
	number, unit := reports.FigureText(v)
	a.Value = strings.TrimSpace(number + " " + unit)
	bound, word := r.Above, "at most"
	if bound == nil {
		bound, word = r.Below, "at least"
	}
	a.Labels = map[string]string{"kpi": r.KPI}
	if v.Currency != "" {
		a.Labels["currency"] = v.Currency
	}
	for _, l := range v.By {
		a.Labels[l.Dimension] = l.Value
	}
	a.Summary = fmt.Sprintf("%s: %s, and should be %s %s, as of %s.", r.Title, a.Value, word, figure.English.Number(*bound, 4), s.AsOf)
	return a
}

// alertBreaches sends what is to be told of the standings, which have all that
// is beyond its limit; dry only prints it. What could not be sent is said on
// standard error and left for the next run; failed says that there is some.
func (e *env) alertBreaches(list []metrics.Standing, dry bool) (failed bool, err error) {
	spec, o := e.Project.Alerts, e.alertOptions()
	if len(spec.Channels) == 0 {
		return false, usageError{errors.New("there is nobody to alert: name channels in millrace.yaml:\n  alerts:\n    channels:\n      - {name: ops, webhook: {url: https://alerts.example.com/hook, token_from: env:ALERT_TOKEN}}")}
	}
	firing, err := alert.Told(o.Ledger)
	if err != nil {
		return false, err
	}
	alerts := breachAlerts(list, firing, spec.single(), o.Now)
	if dry {
		bodies, err := alert.Preview(spec.Channels, alerts, o)
		if err != nil {
			return false, err
		}
		for _, b := range bodies {
			if _, err := fmt.Fprintf(e.Stdout, "%s:\n%s\n", b.Channel, b.Text); err != nil {
				return false, err
			}
		}
		if len(bodies) == 0 {
			_, err = fmt.Fprintln(e.Stdout, "nothing is to be sent")
		}
		return false, err
	}
	return e.sendAlerts(e, alerts, o)
}

func (e *env) sendAlerts(ctx context.Context, alerts []alert.Alert, o alert.Options) (failed bool, err error) {
	outcomes, notes, err := alert.Send(ctx, e.Project.Alerts.Channels, alerts, o)
	if err != nil {
		return false, fmt.Errorf("alerts: %w", err)
	}
	for _, n := range notes {
		fmt.Fprintf(e.Stderr, "alerts: %s\n", n.Text)
	}
	return sayOutcomes(e.Stderr, outcomes), nil
}

func sayOutcomes(w io.Writer, outcomes []alert.Outcome) (failed bool) {
	for _, r := range outcomes {
		switch {
		case r.Pending > 0 || r.Err != nil:
			failed = true
			fmt.Fprintf(w, "alerts: channel %s: sent %d, left for the next run %d: %v\n", r.Channel, r.Sent, r.Pending, r.Err)
		case r.Sent > 0:
			fmt.Fprintf(w, "alerts: channel %s: sent %d\n", r.Channel, r.Sent)
		}
	}
	return failed
}

// alertSchedule tells what became of a run, where the project says whom; nil
// where it does not. Each run is an alert of its own, that nothing resolves.
func (e *env) alertSchedule() func(context.Context, schedule.Alert) error {
	if len(e.Project.Alerts.Channels) == 0 {
		return nil
	}
	return func(ctx context.Context, a schedule.Alert) error {
		o := e.alertOptions()
		failed, err := e.sendAlerts(ctx, []alert.Alert{{Rule: "schedule", Key: a.Schedule, Severity: "high", State: alert.Firing, Summary: a.Text,
			Started: o.Now, Labels: map[string]string{"period": a.Period}}}, o)
		if err == nil && failed {
			err = errors.New("a channel could not be reached; the ledger keeps the alert for the next time")
		}
		return err
	}
}

// A slaArgs is what a step of kind sla takes.
type slaArgs struct {
	Rules []string `yaml:"rules"` // default: all
	Alert bool     `yaml:"alert"` // as --alert
	Fail  bool     `yaml:"fail"`  // as --fail: the run ends here if anything is beyond its limit
}

// slaStep is {sla: {rules: [NAME, …], alert: true, fail: true}}.
func slaStep(e *env) schedule.Kind {
	read := func(s schedule.Step) (a slaArgs, err error) {
		if err := s.Decode(&a); err != nil {
			return a, err
		}
		if a.Alert && len(e.Project.Alerts.Channels) == 0 {
			return a, errors.New("alert: the project has no alerts: {channels: …} to send them on")
		}
		_, _, err = (&slaCmd{Rule: a.Rules}).rules(e)
		return a, err
	}
	return schedule.Kind{
		Name:  "sla",
		Check: func(s schedule.Step) error { _, err := read(s); return err },
		Run: func(ctx context.Context, job schedule.Job) error {
			a, err := read(job.Step)
			if err != nil {
				return err
			}
			err = (&slaCmd{Rule: a.Rules, Alert: a.Alert, Fail: a.Fail}).Run(e.in(ctx))
			if _, ok := errors.AsType[limitsError](err); ok {
				return fmt.Errorf("%w (%w)", schedule.ErrLimits, err)
			}
			return err
		},
	}
}
