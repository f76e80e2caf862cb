package eventlog

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// A Folder computes something over whole cases.
//
// Law: the accumulators form a commutative monoid, with New as its neutral
// element and Merge as its operation, so that the result does not depend on
// how the cases are divided among workers, days or machines.
type Folder[A any] struct {
	New   func() A
	Add   func(acc A, c *Cases)
	Merge func(into, from A)
}

// Fold runs f once over all cases of l, on all processors. It returns
// ctx's error if it is cancelled, else none.
func Fold[A any](ctx context.Context, l *Log, f Folder[A]) (A, error) {
	workers := max(1, min(runtime.GOMAXPROCS(0), len(l.batches)))
	var next atomic.Int64
	var mu sync.Mutex
	result := f.New()
	g, ctx := errgroup.WithContext(ctx)
	for range workers {
		g.Go(func() error {
			acc := f.New()
			for {
				i := int(next.Add(1)) - 1
				if i >= len(l.batches) {
					break
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				if c := l.seen(i); c.Len() > 0 {
					f.Add(acc, c)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			f.Merge(result, acc)
			return nil
		})
	}
	err := g.Wait()
	return result, err
}
