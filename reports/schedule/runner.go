package schedule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// A Runner makes the runs that are due, one after another, each once: by
// however many Runners, in however many processes, of one Path.
type Runner struct {
	Schedules []*Schedule
	Kinds     []Kind
	// Path is that of the journal. Beside it are a lock, Path.lock, and the
	// scratch folders, Path.scratch.
	Path string
	Now  func() time.Time // the clock on the wall; time.Now, but in tests
	// Sources says when something was loaded last, for schedules with
	// fresh_within. It is asked in a run, before the first step that does not load.
	Sources func(ctx context.Context, s *Schedule) ([]Source, error)
	// Alert is called where somebody should know: sources are too old (once a
	// run), or a run is given up. nil: it is only logged.
	Alert func(ctx context.Context, a Alert) error
	Log   *slog.Logger // nil: nothing is logged
	// Grace is how long a step may go on after ctx is cancelled. 0 is 30 s, as
	// long as Kubernetes waits before it kills; less than 0 is none.
	Grace time.Duration
}

// A Source is how old what was loaded of one is.
type Source struct {
	Name   string
	Loaded time.Time // when something new was loaded last; zero: never
}

// An Alert is something that a person should know.
type Alert struct {
	Schedule, Period string
	Text             string // a sentence or several
}

// wake is how long the service sleeps at most. A timer stands still while the
// machine sleeps, and does not know that its clock was changed.
const wake = time.Minute

// Run makes runs as they become due, until ctx is cancelled: then it lets the
// step at work end within Grace, or undoes it, and returns nil. Only a journal
// that cannot be read or locked is an error; what else goes wrong is logged and
// tried again.
func (r *Runner) Run(ctx context.Context) error {
	r.log().Info("schedules: started", "schedules", len(r.Schedules))
	defer r.log().Info("schedules: stopped")
	var looked, next time.Time
	for first := true; ; first = false {
		now := r.now()
		if now.Before(looked) || !now.Before(next) { // a clock that went back may have passed a due time
			var err error
			next, _, err = r.round(ctx, r.Schedules, first)
			switch {
			case ctx.Err() != nil:
				return nil
			case errors.Is(err, ErrCorrupt) || first && err != nil && !errors.As(err, new(*RunError)):
				return err
			case err != nil && !errors.As(err, new(*RunError)): // those are logged
				r.log().Error("schedules", "error", err)
				next = now.Add(wake)
			}
		}
		looked = r.now()
		timer := time.NewTimer(min(wake, max(0, next.Sub(looked))))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// Once makes the runs that are due, waiting for another process that is at it,
// and returns those it made. The error joins a [RunError] for each that failed.
func (r *Runner) Once(ctx context.Context) ([]Run, error) {
	_, ran, err := r.round(ctx, r.Schedules, true)
	return ran, err
}

// Again makes the last run of a schedule, from its first step on, whatever
// became of it before.
func (r *Runner) Again(ctx context.Context, s *Schedule) (Run, error) {
	var ran Run
	err := r.locked(ctx, func(j *journal) (err error) {
		now := r.now()
		t := task{Schedule: s, due: s.last(now.Add(-lookBack), now)}
		if t.due.IsZero() {
			return fmt.Errorf("schedule %s: it has not been due yet", s.Name)
		}
		t.period = s.Period.Before(t.due, s.zone)
		ran, err = r.make(ctx, j, t)
		return err
	})
	return ran, err
}

// A RunError says why a run failed.
type RunError struct {
	Run Run
	Err error
}

func (e *RunError) Error() string {
	return fmt.Sprintf("schedule %s of %s: %v", e.Run.Schedule, e.Run.Period, e.Err)
}

func (e *RunError) Unwrap() error { return e.Err }

// round makes what is due, and says when to look again. Without lock it looks
// first whether there is anything.
func (r *Runner) round(ctx context.Context, schedules []*Schedule, lock bool) (next time.Time, ran []Run, err error) {
	began := r.now()
	if !lock {
		j := &journal{path: r.Path}
		if err := j.read(); err != nil {
			return next, nil, err
		}
		list, next := due(schedules, j, began, 0)
		if len(list) == 0 {
			return next, nil, nil
		}
	}
	var failures []error
	err = r.locked(ctx, func(j *journal) error {
		for {
			var list []task
			now := r.now()
			if list, next = due(schedules, j, now, now.Sub(began)); len(list) == 0 {
				return nil
			}
			run, err := r.make(ctx, j, list[0])
			if run.Schedule != "" {
				ran = append(ran, run)
			}
			if _, ok := errors.AsType[*RunError](err); ok && ctx.Err() == nil {
				failures = append(failures, err)
			} else if err != nil {
				return err
			}
		}
	})
	return next, ran, errors.Join(append(failures, err)...)
}

// locked calls fn while no other process is at the runs, with the journal and
// without what a killed one left.
func (r *Runner) locked(ctx context.Context, fn func(*journal) error) error {
	f, err := lockFile(ctx, r.Path+".lock", func(pid string) {
		r.log().Info("schedules: waiting for the process that is making runs", "pid", pid)
	})
	if err != nil {
		return err
	}
	defer f.Close()
	j := &journal{path: r.Path}
	if err := errors.Join(os.RemoveAll(r.scratch()), j.read()); err != nil {
		return err
	}
	if err := j.compact(); err != nil {
		return err
	}
	return fn(j)
}

func (r *Runner) scratch() string { return r.Path + ".scratch" }

// make makes a run, or goes on with it. The error is a RunError if it failed.
func (r *Runner) make(ctx context.Context, j *journal, t task) (Run, error) {
	rec := record{Schedule: t.Name, Period: t.period.Name, Due: t.due.UTC(), Plan: t.plan}
	write := func(state State) error {
		rec.State, rec.At = state, r.now().UTC()
		return j.append(rec)
	}
	ended := func(err error) (Run, error) {
		run := *j.run(t.Name, t.period.Name)
		if err != nil {
			r.log().Error("schedule: failed", "schedule", t.Name, "period", t.period.Name, "try", run.Tries, "final", run.Final, "error", err)
			return run, &RunError{run, err}
		}
		r.log().Info("schedule: "+string(run.State), "schedule", t.Name, "period", t.period.Name, "steps", run.Steps)
		return run, nil
	}
	fail := func(err error, final bool) (Run, error) {
		rec.Error, rec.Final = err.Error(), final || rec.Tries >= Tries
		if rec.Final {
			what := fmt.Sprintf("Schedule %s of %s was given up", t.Name, t.period.Name)
			if !final {
				what += fmt.Sprintf(" after %d tries", rec.Tries)
			}
			r.alert(ctx, t, what+": "+err.Error())
		}
		if err := write(Failed); err != nil {
			return Run{}, err
		}
		return ended(err)
	}
	if t.run != nil {
		rec.Tries, rec.Alerted = t.run.Tries, t.run.alerted
		if t.run.plan == t.plan {
			rec.Steps = t.run.Steps
		}
		if rec.Tries >= Tries { // killed each time: else it would have failed
			return fail(fmt.Errorf("it was killed at step %d of %d (%s)", min(rec.Steps+1, len(t.Steps)), len(t.Steps), t.Steps[min(rec.Steps, len(t.Steps)-1)].Kind), false)
		}
	}
	rec.Tries++
	if err := write(Started); err != nil {
		return Run{}, err
	}
	r.log().Info("schedule: started", "schedule", t.Name, "period", t.period.Name, "due", t.due, "step", rec.Steps+1, "try", rec.Tries)
	checked := t.FreshWithin == 0
	for rec.Steps < len(t.Steps) {
		step := t.Steps[rec.Steps]
		kind, ok := kindOf(r.Kinds, step.Kind)
		if !ok {
			return Run{}, fmt.Errorf("schedule %s: %q is no step; known are %s", t.Name, step.Kind, kindNames(r.Kinds))
		}
		var err error
		var undone bool
		if !kind.Loads && !checked {
			checked = true
			if err = r.fresh(ctx, t); errors.Is(err, errStale) {
				if !rec.Alerted {
					rec.Alerted = true
					r.alert(ctx, t, fmt.Sprintf("Schedule %s of %s stopped before step %d, %s: %v", t.Name, t.period.Name, rec.Steps+1, step.Kind, err))
				}
				rec.Steps = 0 // load again
				return fail(err, false)
			}
		}
		if err == nil && ctx.Err() == nil {
			err, undone = r.step(ctx, kind, t, rec.Steps)
		}
		if ctx.Err() != nil && (undone || err == nil || errors.Is(err, ctx.Err())) {
			if err == nil {
				rec.Steps++
			}
			if rec.Steps == len(t.Steps) {
				break
			}
			rec.Tries--
			if err := write(Undone); err != nil {
				return Run{}, err
			}
			r.log().Info("schedule: stopped", "schedule", t.Name, "period", t.period.Name, "steps", rec.Steps)
			return *j.run(t.Name, t.period.Name), ctx.Err()
		}
		if err != nil {
			return fail(fmt.Errorf("step %d, %s: %w", rec.Steps+1, step.Kind, err), errors.Is(err, ErrLimits))
		}
		rec.Steps++
		if err := write(StepDone); err != nil {
			return Run{}, err
		}
	}
	if err := write(Finished); err != nil {
		return Run{}, err
	}
	return ended(nil)
}

// step does one step of a run. Once ctx is cancelled it may go on for the grace
// time, then it is cancelled: undone says that it was, and had not ended.
func (r *Runner) step(ctx context.Context, kind Kind, t task, n int) (err error, undone bool) {
	job := Job{
		Step: t.Steps[n], Schedule: t.Name, Period: t.period, Due: t.due,
		Key:     fmt.Sprintf("%s/%s/%d", t.Name, t.period.Name, n+1),
		Scratch: filepath.Join(r.scratch(), fmt.Sprintf("%s-%s-%d", t.Name, t.period.Name, n+1)),
	}
	if err := os.MkdirAll(job.Scratch, 0o700); err != nil {
		return err, false
	}
	defer func() { err = errors.Join(err, os.RemoveAll(r.scratch())) }()
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- kind.Run(own, job) }()
	select {
	case err = <-done:
		return err, false
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
		return err, false
	case <-timer.C:
	}
	cancel()
	err = <-done
	return err, err != nil
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

// alert tells somebody. That it could not is logged: the run is more important.
func (r *Runner) alert(ctx context.Context, t task, text string) {
	r.log().Warn("schedule: alert", "schedule", t.Name, "period", t.period.Name, "text", text)
	if r.Alert == nil {
		return
	}
	if err := r.Alert(context.WithoutCancel(ctx), Alert{t.Name, t.period.Name, text}); err != nil {
		r.log().Error("schedule: the alert was not sent", "schedule", t.Name, "error", err)
	}
}

// now is what the clock on the wall shows, without the monotonic clock, which
// stands still while the machine sleeps.
func (r *Runner) now() time.Time { return r.Now().Round(0) }

func (r *Runner) log() *slog.Logger {
	if r.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return r.Log
}
