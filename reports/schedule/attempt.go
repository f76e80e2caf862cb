package schedule

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// An attempt is a try at a run.
type attempt struct {
	*Runner
	*journal
	task
	record record // to be written next
}

// attempt makes a run, or goes on with it. The Err of what it returns is why it
// failed; the error beside it is why there is no telling, or that ctx was
// cancelled.
func (r *Runner) attempt(ctx context.Context, j *journal, t task) (RunError, error) {
	a := &attempt{r, j, t, record{Schedule: t.Name, Period: t.period.Name, Due: t.due.UTC(), Plan: t.plan}}
	if t.run != nil {
		a.record.Tries, a.record.Alerted = t.run.Tries, t.run.alerted
		if t.run.plan == t.plan {
			a.record.Steps = min(t.run.Steps, len(t.Steps))
		}
		if a.record.Tries >= Tries { // killed each time: else it would have failed
			return a.fail(ctx, fmt.Errorf("it was killed at step %d of %d", min(a.record.Steps+1, len(t.Steps)), len(t.Steps)), false)
		}
	}
	a.record.Tries++
	if err := a.write(Started); err != nil {
		return RunError{}, err
	}
	fresh := t.FreshWithin == 0
	for a.record.Steps < len(t.Steps) {
		if ctx.Err() != nil {
			return a.undo(ctx)
		}
		n := a.record.Steps
		kind, ok := kindOf(r.Kinds, t.Steps[n].Kind)
		if !ok {
			return RunError{}, fmt.Errorf("schedule %s: %q is no step; known are %s", t.Name, t.Steps[n].Kind, kindNames(r.Kinds))
		}
		if !kind.Loads && !fresh {
			fresh = true
			switch err := r.fresh(ctx, t); {
			case errors.Is(err, errStale):
				return a.stale(ctx, err)
			case err != nil && ctx.Err() != nil:
				return a.undo(ctx)
			case err != nil:
				return a.fail(ctx, err, false)
			}
		}
		undone, err := r.step(ctx, kind, t, n)
		switch {
		case undone:
			return a.undo(ctx)
		case err != nil:
			return a.fail(ctx, fmt.Errorf("step %d, %s: %w", n+1, kind.Name, err), errors.Is(err, ErrLimits))
		}
		a.record.Steps++
		if err := a.write(StepDone); err != nil {
			return RunError{}, err
		}
	}
	err := a.write(Finished)
	return RunError{Run: a.made()}, err
}

// write brings the journal up to date.
func (a *attempt) write(state State) error {
	a.record.State, a.record.At = state, a.now().UTC()
	if err := a.journal.append(a.record); err != nil {
		return err
	}
	a.log().Info("schedule: "+string(state), "schedule", a.Name, "period", a.period.Name,
		"due", a.due, "steps", fmt.Sprintf("%d of %d", a.record.Steps, len(a.Steps)), "try", a.record.Tries, "error", a.record.Error)
	return nil
}

// made is the run as the journal has it.
func (a *attempt) made() Run {
	if run := a.journal.run(a.Name, a.period.Name); run != nil {
		return *run
	}
	return Run{}
}

// fail ends the attempt. If it was the last, somebody should know.
func (a *attempt) fail(ctx context.Context, err error, final bool) (RunError, error) {
	a.record.Error, a.record.Final = err.Error(), final || a.record.Tries >= Tries || a.replaced(a.now(), a.record.Tries)
	if e := a.write(Failed); e != nil {
		return RunError{}, errors.Join(err, e)
	}
	if a.record.Final {
		after := ""
		if !final {
			after = fmt.Sprintf(" (tried: %d)", a.record.Tries)
		}
		a.alert(ctx, fmt.Sprintf("Schedule %s of %s was given up%s: %v", a.Name, a.period.Name, after, err))
	}
	return RunError{a.made(), err}, nil
}

// stale ends an attempt whose sources are too old. The next one loads again.
func (a *attempt) stale(ctx context.Context, err error) (RunError, error) {
	if !a.record.Alerted {
		a.record.Alerted = true
		a.alert(ctx, fmt.Sprintf("Schedule %s of %s stopped before step %d, %s: %v",
			a.Name, a.period.Name, a.record.Steps+1, a.Steps[a.record.Steps].Kind, err))
	}
	a.record.Steps = 0
	return a.fail(ctx, err, false)
}

// undo ends an attempt that was told to stop. It does not count.
func (a *attempt) undo(ctx context.Context) (RunError, error) {
	a.record.Tries--
	if err := a.write(Undone); err != nil {
		return RunError{}, err
	}
	return RunError{Run: a.made()}, ctx.Err()
}

// alert tells somebody. That it could not is logged: the run is more important.
func (a *attempt) alert(ctx context.Context, text string) {
	a.log().Warn("schedule: alert", "schedule", a.Name, "period", a.period.Name, "text", text)
	if a.Alert == nil {
		return
	}
	if err := a.Alert(context.WithoutCancel(ctx), Alert{a.Name, a.period.Name, text}); err != nil {
		a.log().Error("schedule: the alert was not sent", "schedule", a.Name, "error", err)
	}
}

// step does one step of a run. Once ctx is cancelled it may go on for the grace
// time, then it is cancelled: undone says that it was, and had not ended.
func (r *Runner) step(ctx context.Context, kind Kind, t task, n int) (undone bool, err error) {
	job := Job{
		Step: t.Steps[n], Schedule: t.Name, Period: t.period, Due: t.due,
		Key:     fmt.Sprintf("%s/%s/%d", t.Name, t.period.Name, n+1),
		Scratch: filepath.Join(r.scratch(), fmt.Sprintf("%s-%s-%d", t.Name, t.period.Name, n+1)),
	}
	if err := os.MkdirAll(job.Scratch, 0o700); err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(r.scratch())) }()
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- kind.Run(own, job) }()
	select {
	case err = <-done:
		return false, err
	case <-ctx.Done():
	}
	grace := r.Grace
	if grace == 0 {
		grace = 30 * time.Second
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case err = <-done:
		return false, err
	case <-timer.C:
	}
	cancel()
	err = <-done
	return err != nil, err
}

var errStale = errors.New("sources are too old")

// fresh asks how old the sources are.
func (r *Runner) fresh(ctx context.Context, t task) error {
	if r.Sources == nil {
		return errors.New("fresh_within: nobody says how old the sources are")
	}
	sources, err := r.Sources(ctx, t.Schedule)
	if err != nil {
		return fmt.Errorf("fresh_within: %w", err)
	}
	now := r.now()
	var old []error
	for _, s := range slices.SortedFunc(slices.Values(sources), func(a, b Source) int { return a.Loaded.Compare(b.Loaded) }) {
		switch age := now.Sub(s.Loaded); {
		case s.Loaded.IsZero():
			old = append(old, fmt.Errorf("nothing was ever loaded of %s", s.Name))
		case age > t.FreshWithin:
			old = append(old, fmt.Errorf("nothing new was loaded of %s since %s, %s ago", s.Name, s.Loaded.In(t.zone).Format("2006-01-02 15:04 MST"), hours(age)))
		}
	}
	if len(old) == 0 {
		return nil
	}
	return fmt.Errorf("%w (fresh_within: %s): %w", errStale, hours(t.FreshWithin), joined(old))
}

// joined writes several errors on one line.
func joined(list []error) error {
	err := list[0]
	for _, e := range list[1:] {
		err = fmt.Errorf("%w; %w", err, e)
	}
	return err
}

// hours writes how long something is, to the minute.
func hours(d time.Duration) string {
	h, m := int(d.Hours()), int(d.Minutes())%60
	switch {
	case h == 0:
		return fmt.Sprintf("%d min", m)
	case m == 0:
		return fmt.Sprintf("%d h", h)
	}
	return fmt.Sprintf("%d h %d min", h, m)
}
