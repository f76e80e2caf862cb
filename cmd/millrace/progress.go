package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"millrace/ingest/extract"
)

// progress is one status line on a terminal, rewritten a few times a second;
// elsewhere it prints nothing.
type progress struct {
	out  io.Writer
	stop chan struct{}
	wg   sync.WaitGroup
}

// startProgress shows how far a job is until the returned progress is done.
// size says how much is done of how much, rows how many rows that were, nil if
// nobody can say.
func startProgress(out io.Writer, what string, size func() (done, total int64), rows func() int64) *progress {
	p := &progress{out: out, stop: make(chan struct{})}
	if !isTerminal(out) {
		return p
	}
	p.wg.Add(1)
	go func() {
		defer p.wg.Done()
		began := time.Now()
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-p.stop:
				fmt.Fprint(out, "\r\x1b[K")
				return
			case now := <-tick.C:
				done, total := size()
				n := int64(-1)
				if rows != nil {
					n = rows()
				}
				fmt.Fprint(out, "\r\x1b[K"+statusLine(what, done, total, n, now.Sub(began)))
			}
		}
	}()
	return p
}

// done ends the line.
func (p *progress) done() {
	close(p.stop)
	p.wg.Wait()
}

// sayWaiting says, a line each try, what a source that does not answer is
// waited for; also where nobody watches a status line, as a log is read later.
func sayWaiting(out io.Writer, source string, at extract.Progress) {
	begin := ""
	if isTerminal(out) {
		begin = "\r\x1b[K"
	}
	fmt.Fprintf(out, "%s%s: %s; trying again in %.0f s (%d of %d)\n", begin, source, printable(at.Because), max(at.Wait.Seconds(), 1), at.Try, at.Of)
}

// statusLine says what is read, how far, how fast and how long it will take;
// with rows < 0, of a job that does not count any, how far and how long it has taken.
func statusLine(what string, done, total, rows int64, took time.Duration) string {
	parts := []string{what}
	if total > 0 {
		parts = append(parts, fmt.Sprintf("%3.0f %%", 100*float64(min(done, total))/float64(total)))
	}
	if rows < 0 {
		return strings.Join(append(parts, took.Round(time.Second).String()), "  ")
	}
	if s := took.Seconds(); s > 0 {
		parts = append(parts, fmt.Sprintf("%s rows", count(rows)), fmt.Sprintf("%s rows/s", count(int64(float64(rows)/s))))
		if done > 0 && total > done {
			left := time.Duration(s * float64(total-done) / float64(done) * float64(time.Second))
			parts = append(parts, left.Round(time.Second).String()+" left")
		}
	}
	return strings.Join(parts, "  ")
}
