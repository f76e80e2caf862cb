package ingest

import (
	"context"
	"runtime"
	"sync"
)

// InOrder lets several goroutines work on jobs, and takes the results in the
// order of the jobs.
//
// produce hands out the jobs, on a goroutine of its own; work is called from
// workers goroutines at once; take from the caller's. At most workers+1 jobs at
// a time are begun and not taken, and one more is produced. The first error in
// the order of the jobs counts: of take, or of produce after its last job. Then, or when ctx is done, the context that produce and work see is done
// too, and InOrder returns when they have.
func InOrder[J, R any](ctx context.Context, workers int,
	produce func(ctx context.Context, job func(J) error) error,
	work func(ctx context.Context, job J) R, take func(R) error) error {
	type ticket struct {
		job    J
		result chan R
	}
	outer := ctx
	ctx, cancel := context.WithCancel(ctx)
	order := make(chan ticket, workers)
	jobs := make(chan ticket, 1)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	var failed error // of produce; read when order is closed
	running.Go(func() {
		defer close(jobs)
		defer close(order)
		failed = produce(ctx, func(j J) error {
			t := ticket{j, make(chan R, 1)}
			for _, to := range [...]chan ticket{order, jobs} {
				select {
				case to <- t:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		})
	})
	for range workers {
		running.Go(func() {
			for t := range jobs {
				t.result <- work(ctx, t.job)
			}
		})
	}
	for t := range order {
		var r R
		select {
		case r = <-t.result:
		case <-outer.Done():
		}
		if err := outer.Err(); err != nil { // r may be half of what it is to be
			return err
		}
		if err := take(r); err != nil {
			return err
		}
	}
	return failed
}

// NumWorkers returns how many goroutines parse: [Options].Workers, or one a
// processor.
func (o Options) NumWorkers() int {
	if o.Workers > 0 {
		return o.Workers
	}
	return runtime.GOMAXPROCS(0)
}
