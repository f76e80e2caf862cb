package retry

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestDo(t *testing.T) {
	busy := &Passing{Err: errors.New("busy")}
	for _, c := range []struct {
		name     string
		policy   Policy
		answers  []error
		deadline time.Duration
		tries    int
		want     string
		least    time.Duration
		most     time.Duration
	}{
		{"works", Policy{}, []error{nil}, 0, 1, "", 0, 0},
		{"works then", Policy{}, []error{busy, busy, nil}, 0, 3, "", 1500 * time.Millisecond, 3 * time.Second},
		{"for good", Policy{}, []error{errors.New("no")}, 0, 1, "no", 0, 0},
		{"too often", Policy{Tries: 2}, []error{busy, busy, nil}, 0, 2, "busy (tried 2 times)", 500 * time.Millisecond, time.Second},
		{"asked to wait", Policy{}, []error{&Passing{errors.New("later"), 20 * time.Second}, nil}, 0, 2, "", 20 * time.Second, 20 * time.Second},
		{"no time", Policy{}, []error{&Passing{errors.New("later"), 20 * time.Second}, nil}, 5 * time.Second, 1, "later (tried 1 times, and no time for another)", 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if c.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, c.deadline)
					defer cancel()
				}
				n, start := 0, time.Now()
				tries, err := c.policy.Do(ctx, func(context.Context) error { n++; return c.answers[n-1] })
				text := ""
				if err != nil {
					text = err.Error()
				}
				if took := time.Since(start); tries != c.tries || n != tries || text != c.want || took < c.least || took > c.most {
					t.Errorf("%d tries in %v: %q", tries, took, text)
				}
			})
		})
	}
}

// A try that does not answer is given up, and may be made again; the end of all
// ends it at once.
func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		silent := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		start := time.Now()
		tries, err := Policy{Tries: 2, Timeout: 10 * time.Second}.Do(t.Context(), silent)
		if took := time.Since(start); tries != 2 || !errors.Is(err, context.DeadlineExceeded) || took < 20*time.Second || took > 21*time.Second {
			t.Errorf("%d tries in %v: %v", tries, took, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start = time.Now()
		if tries, err := (Policy{}).Do(ctx, silent); tries != 1 || err == nil || time.Since(start) != 3*time.Second {
			t.Errorf("%d tries in %v: %v", tries, time.Since(start), err)
		}
	})
}
