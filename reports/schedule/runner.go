package schedule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
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
	j := &journal{path: r.Path}
	var looked, next time.Time
	for first := true; ; first = false {
		now := r.now()
		if now.Before(looked) || !now.Before(next) { // a clock that went back may have passed a due time
			var err error
			next, _, err = r.round(ctx, j, first) // runs that failed are logged
			switch {
			case ctx.Err() != nil:
				return nil
			case err != nil && (first || errors.Is(err, ErrCorrupt)):
				return err
			case err != nil:
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
	_, made, err := r.round(ctx, &journal{path: r.Path}, true)
	var runs []Run
	var failures []error
	for _, m := range made {
		runs = append(runs, m.Run)
		if m.Err != nil {
			failures = append(failures, &m)
		}
	}
	return runs, errors.Join(append(failures, err)...)
}

// Again makes the last run of a schedule, from its first step on, whatever
// became of it before.
func (r *Runner) Again(ctx context.Context, s *Schedule) (run Run, err error) {
	j := &journal{path: r.Path}
	err = r.locked(ctx, j, func() error {
		now := r.now()
		t := task{Schedule: s, due: s.last(now.Add(-lookBack), now)}
		if t.due.IsZero() {
			return fmt.Errorf("schedule %s: it has not been due yet", s.Name)
		}
		t.period = s.Period.Before(t.due, s.zone)
		made, err := r.attempt(ctx, j, t)
		if run = made.Run; err == nil && made.Err != nil {
			err = &made
		}
		return err
	})
	return run, err
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
// first whether there is anything. The Err of a run that did not fail is nil.
func (r *Runner) round(ctx context.Context, j *journal, lock bool) (next time.Time, made []RunError, err error) {
	began := r.now()
	if !lock {
		if err := j.read(); err != nil {
			return next, nil, err
		}
		list, next := due(r.Schedules, j, began, 0)
		if len(list) == 0 {
			return next, nil, nil
		}
	}
	err = r.locked(ctx, j, func() error {
		for {
			var list []task
			now := r.now()
			if list, next = due(r.Schedules, j, now, now.Sub(began)); len(list) == 0 {
				return nil
			}
			one, err := r.attempt(ctx, j, list[0])
			if one.Run.Schedule != "" {
				made = append(made, one)
			}
			if err != nil {
				return err
			}
		}
	})
	return next, made, err
}

// locked calls fn while no other process is at the runs, with the journal read
// and without what a killed one left.
func (r *Runner) locked(ctx context.Context, j *journal, fn func() error) error {
	f, err := lockFile(ctx, r.Path+".lock", func(pid string) {
		r.log().Info("schedules: waiting for the process that is making runs", "pid", pid)
	})
	if err != nil {
		return err
	}
	defer f.Close()
	if err := errors.Join(os.RemoveAll(r.scratch()), j.read()); err != nil {
		return err
	}
	if err := j.compact(); err != nil {
		return err
	}
	return fn()
}

func (r *Runner) scratch() string { return r.Path + ".scratch" }

// now is what the clock on the wall shows, without the monotonic clock, which
// stands still while the machine sleeps.
func (r *Runner) now() time.Time { return r.Now().Round(0) }

func (r *Runner) log() *slog.Logger {
	if r.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return r.Log
}
