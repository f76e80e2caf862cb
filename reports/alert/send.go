package alert

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"millrace/eventlog"
	"millrace/internal/retry"
	"millrace/internal/secrets"
)

// Options say how alerts are sent.
type Options struct {
	Ledger   string        // the path of its file, relative to Env.Dir
	CoolDown time.Duration // after which a breach that goes on is told again; default 24h
	Deadline time.Duration // how long Send takes at most; default 30s
	Retry    retry.Policy  // Timeout is of one message; default 10s
	Now      time.Time
	Env      secrets.Env
}

// An Outcome says what became of a channel's alerts.
type Outcome struct {
	Channel string
	Sent    int   // alerts
	Pending int   // alerts left for the next run
	Err     error // why; without secrets
}

// Send sends what of the alerts is due, and what earlier runs could not, on
// every channel at the same time, and returns within the deadline. An error is
// of the ledger or the configuration; one of a channel is in its outcome and
// does not keep the others waiting.
func Send(ctx context.Context, channels []Channel, alerts []Alert, o Options) (outcomes []Outcome, notes []eventlog.Note, err error) {
	if o.CoolDown <= 0 {
		o.CoolDown = 24 * time.Hour
	}
	if o.Deadline <= 0 {
		o.Deadline = 30 * time.Second
	}
	if o.Retry.Timeout <= 0 {
		o.Retry.Timeout = 10 * time.Second
	}
	if err := check(channels, alerts); err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, o.Deadline)
	defer cancel()
	l, err := openLedger(o.Env.Path(filepath.FromSlash(o.Ledger)))
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, l.file.Close()) }()
	if l.bad > 0 {
		notes = append(notes, eventlog.Note{Code: "ledger-damaged", Text: fmt.Sprintf("Lines of the ledger of alerts that cannot be read, so that some may come again: %d.", l.bad)})
	}
	for _, c := range channels {
		if err := l.want(c.Name, alerts, o.Now, o.CoolDown); err != nil {
			return nil, notes, err
		}
	}
	outcomes = make([]Outcome, len(channels))
	var g errgroup.Group
	for i, c := range channels {
		g.Go(func() (err error) {
			outcomes[i], err = l.serve(ctx, c, o)
			return err
		})
	}
	return outcomes, notes, g.Wait()
}

func check(channels []Channel, alerts []Alert) error {
	seen := map[string]bool{}
	for _, c := range channels {
		if err := c.check(); err != nil {
			return fmt.Errorf("channel %s: %w", c.Name, err)
		}
		if seen[c.Name] {
			return fmt.Errorf("channel %s: there are two of that name", c.Name)
		}
		seen[c.Name] = true
	}
	clear(seen)
	for _, a := range alerts {
		if err := a.check(); err != nil {
			return err
		}
		if id := a.Fingerprint(); seen[id] {
			return fmt.Errorf("alert %s: there are two of key %q and the same labels", a.Rule, a.Key)
		} else {
			seen[id] = true
		}
	}
	return nil
}

// serve sends a channel's alerts, a message a rule. An error is of the ledger.
func (l *ledger) serve(ctx context.Context, c Channel, o Options) (Outcome, error) {
	r := Outcome{Channel: c.Name}
	var broken error
	for _, group := range l.pending(c.Name) {
		if broken != nil || ctx.Err() != nil {
			r.Pending += len(group)
			continue
		}
		_, err := o.Retry.Do(ctx, func(ctx context.Context) error {
			if broken = l.add(line{At: o.Now, Channel: c.Name, What: try, IDs: ids(group)}); broken != nil {
				return broken
			}
			err := c.send(ctx, group, o)
			if err != nil {
				broken = l.add(line{At: o.Now, Channel: c.Name, What: failed, IDs: ids(group), Error: err.Error()})
			}
			return err
		})
		if err == nil {
			err = l.add(line{At: o.Now, Channel: c.Name, What: sent, IDs: ids(group)})
			broken = err
		}
		if err != nil {
			r.Pending += len(group)
			r.Err = errors.Join(r.Err, err)
			continue
		}
		r.Sent += len(group)
	}
	if r.Err == nil && r.Pending > 0 {
		r.Err = context.Cause(ctx)
	}
	return r, broken
}
