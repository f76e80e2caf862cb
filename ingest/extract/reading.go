package extract

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"millrace/ingest"
)

// maxPause is how long is waited at most, unless the source asks for more.
const maxPause = 2 * time.Minute

// A reading asks a source, again where it breaks, within the limits it has.
type reading struct {
	src      ingest.Source
	o        *Options
	begun    bool // and not lost since
	snapshot bool
	began    time.Time // the state
	release  context.CancelCauseFunc
	rested   time.Time // when the rate allows the next rows
	rows     int64     // read by this process
	kept     int64     // in the spool already when it began
}

// A gaveUpError is what is left of a source that did not recover.
type gaveUpError struct {
	what  string
	tries int
	err   error
}

func (e *gaveUpError) Error() string {
	if e.tries == 1 {
		return fmt.Sprintf("%s: %v", e.what, e.err)
	}
	return fmt.Sprintf("%s: %v (tried %d times)", e.what, e.err, e.tries)
}

func (e *gaveUpError) Unwrap() error { return e.err }

// again does something until it works, fails for good, or has failed too often
// without getting any further. Where a state of the source is needed, it is
// begun, and anew after a failure.
func (r *reading) again(ctx context.Context, what string, state bool, do func(ctx context.Context) (progress bool, err error)) error {
	for tries := 1; ; tries++ {
		progress, err := false, error(nil)
		if state && !r.begun {
			err = r.begin(ctx)
		}
		if err == nil {
			progress, err = do(ctx)
		}
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		wait, transient := ingest.IsTransient(err)
		if !transient {
			return &gaveUpError{what, 1, err}
		}
		r.begun = false
		if progress {
			tries = 1 // it got further
		}
		if tries > r.o.Retries {
			return &gaveUpError{what, tries, err}
		}
		pause := min(r.o.Pause<<min(tries-1, 10), maxPause)
		pause = pause/2 + rand.N(pause/2+1) // so that those who broke together do not come back together
		pause = max(wait, pause)
		if r.o.Progress != nil {
			r.o.Progress(Progress{Rows: r.kept + r.rows, Wait: pause, Because: fmt.Sprintf("%s: %v", what, err), Try: tries + 1, Of: r.o.Retries + 1})
		}
		if err := r.pause(ctx, pause); err != nil {
			return err
		}
		if err := r.mayRead(); err != nil {
			return err
		}
	}
}

func (r *reading) pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

// mayRead says whether the window is open.
func (r *reading) mayRead() error {
	if open, next := r.o.Window.open(time.Now()); !open {
		return &closedError{r.o.Window, next}
	}
	return nil
}

// begin makes the source be in one state. A transaction lives as long as the
// context that it was begun with, so that ends with the state.
func (r *reading) begin(ctx context.Context) error {
	r.drop()
	late := &ingest.Transient{Err: fmt.Errorf("no answer within %v", r.o.Timeout)}
	held, cancel := context.WithCancelCause(ctx)
	r.release = cancel
	timer := time.AfterFunc(r.o.Timeout, func() { cancel(late) })
	r.began = time.Now()
	snapshot, err := r.src.Begin(held)
	if !timer.Stop() && ctx.Err() == nil {
		err = late
	}
	if err != nil {
		r.drop()
		return err
	}
	r.begun, r.snapshot = true, snapshot
	return nil
}

func (r *reading) drop() {
	if r.release != nil {
		r.release(nil)
		r.release = nil
	}
	r.begun = false
}

// end lets go of the state. What it could say against it was read already.
func (r *reading) end(ctx context.Context) {
	if r.begun {
		_ = r.within(context.WithoutCancel(ctx), r.src.End)
	}
	r.drop()
}

// within does something that may take as long as one request.
func (r *reading) within(ctx context.Context, do func(context.Context) error) error {
	late := &ingest.Transient{Err: fmt.Errorf("no answer within %v", r.o.Timeout)}
	limited, cancel := context.WithTimeoutCause(ctx, r.o.Timeout, late)
	defer cancel()
	err := do(limited)
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		return late
	}
	return err
}

// read asks for rows, and hands them on page by page. It is late if no page
// comes within the time of one request; what emit takes does not count.
func (r *reading) read(ctx context.Context, q ingest.Query, emit func(ingest.Page) error) error {
	late := &ingest.Transient{Err: fmt.Errorf("no rows within %v", r.o.Timeout)}
	limited, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(r.o.Timeout, func() { cancel(late) })
	defer timer.Stop()
	var ours error // of emit: the source is not to blame
	err := r.src.Read(limited, q, func(p ingest.Page) error {
		timer.Stop()
		if ours == nil {
			ours = emit(p)
		}
		timer.Reset(r.o.Timeout)
		return ours
	})
	switch {
	case ours != nil:
		return ours
	case err != nil && ctx.Err() == nil && errors.Is(context.Cause(limited), late):
		return late
	}
	return err
}

// rest waits until the rate allows more, after so many rows.
func (r *reading) rest(ctx context.Context, rows int) error {
	if r.o.RowsPerSecond <= 0 {
		return nil
	}
	now := time.Now()
	if r.rested.Before(now) {
		r.rested = now
	}
	r.rested = r.rested.Add(time.Duration(float64(rows) / float64(r.o.RowsPerSecond) * float64(time.Second)))
	return r.pause(ctx, r.rested.Sub(now))
}

// count asks how many rows a table has; -1 where the source cannot say.
func (r *reading) count(ctx context.Context, t *tableRead) (n int64, err error) {
	err = r.again(ctx, t.Name, true, func(ctx context.Context) (bool, error) {
		return false, r.within(ctx, func(ctx context.Context) (err error) {
			n, err = r.src.Count(ctx, t.Table)
			return err
		})
	})
	return n, err
}

// pages asks for rows until a part has all of them. It continues behind the
// part's last page.
func (r *reading) pages(ctx context.Context, p *part, t *tableRead, q ingest.Query, s *spool) error {
	if p.done() {
		return nil
	}
	marks, limit := t.markColumns(q.Columns), q.Limit
	return r.again(ctx, t.Name, true, func(ctx context.Context) (progress bool, err error) {
		if q.After = p.after(); q.After == "" && len(p.pages) > 0 {
			if err := p.empty(); err != nil { // the source cannot continue
				return false, s.fault(err)
			}
		}
		if limit > 0 {
			if q.Limit = limit - p.rows; q.Limit <= 0 {
				return false, nil
			}
		}
		asked := time.Now()
		err = r.read(ctx, q, func(page ingest.Page) error {
			if len(page.Rows) == 0 {
				return nil
			}
			h := pageHead{After: page.After, Snapshot: r.snapshot, Start: r.began.UnixMicro()}
			if !r.snapshot {
				h.Start, asked = asked.UnixMicro(), time.Now()
			}
			var top mark
			for _, row := range page.Rows {
				top.raise(row, marks)
			}
			h.Mark = top.text
			if err := p.write(h, page.Rows); err != nil {
				return s.fault(err)
			}
			progress = true
			r.rows += int64(len(page.Rows))
			if r.o.Progress != nil {
				r.o.Progress(Progress{Table: t.Name, TableRows: p.rows, TableOf: t.counted, Rows: r.kept + r.rows})
			}
			if err := r.mayRead(); err != nil {
				return err
			}
			return r.rest(ctx, len(page.Rows))
		})
		return progress, err
	})
}
