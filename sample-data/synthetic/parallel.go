package synthetic

import (
	"iter"
	"runtime"
	"sync"
)

// parallel yields the results of work on each element of in, in its order, and
// works on as many at a time as there are cores. In is ranged over by another
// goroutine; all have ended when the range over the results has.
func parallel[A, B any](in iter.Seq[A], work func(A) B) iter.Seq[B] {
	return func(yield func(B) bool) {
		workers := runtime.GOMAXPROCS(0)
		type job struct {
			arg    A
			result chan B
		}
		jobs := make(chan job)
		results := make(chan chan B, workers+1)
		stop := make(chan struct{})
		var wg sync.WaitGroup
		defer wg.Wait()
		defer close(stop)
		wg.Go(func() {
			defer close(jobs)
			defer close(results)
			for a := range in {
				j := job{a, make(chan B, 1)}
				select {
				case results <- j.result:
				case <-stop:
					return
				}
				select {
				case jobs <- j:
				case <-stop:
					return
				}
			}
		})
		for range workers {
			wg.Go(func() {
				for j := range jobs {
					j.result <- work(j.arg)
				}
			})
		}
		for r := range results {
			if !yield(<-r) {
				return
			}
		}
	}
}
