// Package retry tries again what may work the next time, with pauses that grow
// and are not the same for all who failed together.
//
// It does not know what it tries: whoever does says which failures may pass.
package retry

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// A Policy says how often and how long. The zero value is the default.
type Policy struct {
	Tries   int           // default 4
	Pause   time.Duration // after the first failure, twice as long after each; default 1s
	Timeout time.Duration // of each try; default 2m
}

const maxPause = time.Minute

// A Passing error may be gone the next time.
type Passing struct {
	Err  error
	Wait time.Duration // how long the other side asks to wait; 0: it does not say
}

func (p *Passing) Error() string { return p.Err.Error() }

// Unwrap returns what failed.
func (p *Passing) Unwrap() error { return p.Err }

// Do calls f until it works, fails for good or has failed too often, or ctx
// ends. It returns how often it called.
func (p Policy) Do(ctx context.Context, f func(ctx context.Context) error) (tries int, err error) {
	most, pause, timeout := p.Tries, p.Pause, p.Timeout
	if most <= 0 {
		most = 4
	}
	if pause <= 0 {
		pause = time.Second
	}
	if timeout <= 0 {
		timeout = 2 * time.Minute
	}
	for tries = 1; ; tries++ {
		err = within(ctx, timeout, f)
		passing, passes := errors.AsType[*Passing](err)
		if err == nil || !passes || tries >= most || ctx.Err() != nil {
			if err != nil && tries > 1 {
				err = fmt.Errorf("%w (tried %d times)", err, tries)
			}
			return tries, err
		}
		d := min(pause<<min(tries-1, 20), maxPause)
		d = max(passing.Wait, d/2+rand.N(d/2+1))
		if until, ok := ctx.Deadline(); ok && time.Until(until) < d {
			return tries, fmt.Errorf("%w (tried %d times, and no time for another)", err, tries)
		}
		t := time.NewTimer(d)
		select {
		case <-ctx.Done():
			t.Stop()
			return tries, fmt.Errorf("%w (tried %d times, then: %w)", err, tries, context.Cause(ctx))
		case <-t.C:
		}
	}
}

func within(ctx context.Context, timeout time.Duration, f func(context.Context) error) error {
	one, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err := f(one)
	if err != nil && one.Err() != nil && ctx.Err() == nil {
		return &Passing{Err: fmt.Errorf("no answer within %v: %w", timeout, err)}
	}
	return err
}
