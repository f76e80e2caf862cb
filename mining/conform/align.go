package conform

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"millrace/eventlog"
	"millrace/mining/petri"
)

// DefaultStates bounds the search for the alignment of one trace where
// nothing else is asked for: some 100 MB for each worker.
const DefaultStates = 400_000

// Options say how to align. The zero value is the default.
type Options struct {
	// Until ends the work early when it is done: traces that are not aligned
	// then have bounds only. How many these are depends on the machine; every
	// other result does not. Nil is never.
	Until context.Context
	// Guess ends the guessing of alignments for those traces: it goes on after
	// Until is done, for some 1 s of work at least. Nil, or Until, is no longer than that.
	Guess context.Context
	// States bounds the search for each trace of a net that is not made of
	// state machines; 0 is [DefaultStates]. Nets of process trees without an
	// activity twice need no search.
	States int
	// Prefix says that cases may still go on: a trace is aligned with the
	// beginning of a run, and what the net wants after that costs nothing.
	Prefix bool
	// Workers is how many traces are aligned at once; 0 is one a processor.
	Workers int
	// Progress is told from time to time how many cases are done, by one
	// goroutine at a time.
	Progress func(done, of int64)
}

// Alignments are the variants of a log aligned with a net.
type Alignments struct {
	Summary *eventlog.Summary
	Net     *petri.Net
	// Variants has an alignment for each variant of the Summary.
	Variants []Alignment
	// Shortest is how many moves that a person would see a shortest run of
	// the net has.
	Shortest int64
	// Prefix says that the moves lead to somewhere on a run of the net only;
	// see [Options].
	Prefix bool
}

// apart is what an alignment costs in which a trace of so many events and the
// net have nothing to do with each other.
func (a *Alignments) apart(events int64) int64 {
	if a.Prefix {
		return events
	}
	return events + a.Shortest
}

// An Alignment says how a trace and a run of a net belong together.
//
// Its Moves lead the net from its initial to its final marking, and through all
// events of the trace in order; that of a prefix leads to a marking from which
// the final one can be reached. A move costs 1 if it is in the log alone or in
// the model alone, and nothing if it is in both or silent.
type Alignment struct {
	Moves []Move
	Cost  int64 // of Moves
	Least int64 // no alignment costs less; equal to Cost if it is optimal
}

// Optimal says whether no alignment costs less.
func (a *Alignment) Optimal() bool { return a.Least == a.Cost }

// Align aligns each variant of s with n, optimally (Adriansyah, van Dongen and
// van der Aalst, doi:10.1109/EDOC.2011.12) unless that takes more than the
// options allow. Of several optimal alignments it always takes the same.
//
// Nets that are state machines within one another, as those of process trees
// are, take O(events² × places) for each variant and parallel block. Other nets
// are searched, which may take exponential time and memory, up to a bound.
//
// Prefixes are aligned as van Zelst and others define it
// (doi:10.1007/s41060-017-0078-6, definition 3), in the same ways and no more time.
func Align(ctx context.Context, s *eventlog.Summary, n *petri.Net, o Options) (*Alignments, error) {
	if n.Final == nil {
		return nil, errors.New("the net declares no final marking, so nobody knows where a case should end")
	}
	if o.States <= 0 {
		o.States = DefaultStates
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	until, cancel := context.WithCancel(ctx)
	defer cancel()
	if o.Until != nil {
		defer context.AfterFunc(o.Until, cancel)()
		if o.Until.Err() != nil {
			cancel() // at once, so that what is over before it begins gives the same each time
		}
	}
	a := &aligner{Alignments: Alignments{Summary: s, Net: n, Variants: make([]Alignment, len(s.Variants)), Prefix: o.Prefix}, o: o, stop: until.Done()}
	if err := a.prepare(ctx); err != nil {
		return nil, err
	}
	var g errgroup.Group
	for range min(o.Workers, len(s.Variants)) {
		g.Go(func() error { return a.work(ctx) })
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if err := a.guessAll(ctx, mostLate); err != nil {
		return nil, err
	}
	return &a.Alignments, ctx.Err()
}

type aligner struct {
	Alignments
	o    Options
	stop <-chan struct{}

	labels []int32  // by transition: number of its label, -1 of a silent one
	letter []int32  // by activity of the log: number of its label, -1 if the net has none
	root   *machine // nil: the net is searched
	run    []Move   // a shortest run
	prices []*bound // good for all traces, where there is little time

	next atomic.Int64
	mu   sync.Mutex
	done int64
}

// number gives each label of the net a number.
func number(n *petri.Net) (labels []int32, byName map[string]int32) {
	byName = map[string]int32{}
	for i, l := range n.Labels() {
		byName[l] = int32(i)
	}
	labels = make([]int32, len(n.Transitions))
	for i := range n.Transitions {
		if labels[i] = -1; !n.Transitions[i].Silent() {
			labels[i] = byName[n.Transitions[i].Label]
		}
	}
	return labels, byName
}

// ErrNoRun says of a net that there is nothing to align with.
var ErrNoRun = errors.New("no run of the net that reaches its final marking was found")

func (a *aligner) prepare(ctx context.Context) error {
	labels, byName := number(a.Net)
	a.labels = labels
	for _, name := range a.Summary.Activities {
		if x, ok := byName[name]; ok {
			a.letter = append(a.letter, x)
		} else {
			a.letter = append(a.letter, -1)
		}
	}
	if a.root = fold(a.Net, labels, len(byName)); a.root != nil {
		if a.root.shortest() >= far {
			return ErrNoRun
		}
		_, run, _ := (&worker{}).align(a.root, nil, nil)
		a.run = run
	} else {
		s := newSearch(a.Net, labels, a.o.States)
		w := &worker{stop: a.stop}
		f := s.align(0, nil, w.stopped)
		if err := ctx.Err(); err != nil {
			return err
		}
		if f.moves == nil && w.stopped() {
			f = s.alignWithin(min(mostToEnd, a.o.States), 0, nil, (&worker{stop: ctx.Done()}).stopped)
		}
		if f.moves == nil {
			return fmt.Errorf("%w among the first %d markings", ErrNoRun, len(s.markings))
		}
		a.run = f.moves
	}
	a.Shortest = a.cost(a.run)
	return nil
}

// cost is what moves cost.
func (a *aligner) cost(moves []Move) (cost int64) {
	for _, m := range moves {
		if m.Transition < 0 || m.Event < 0 && a.labels[m.Transition] >= 0 {
			cost++
		}
	}
	return cost
}

// work aligns variants until none is left.
func (a *aligner) work(ctx context.Context) error {
	w := &worker{stop: a.stop, prefix: a.Prefix}
	var s *search
	var letters, at []int32
	for {
		i := int(a.next.Add(1)) - 1
		if i >= len(a.Variants) {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		letters, at = a.trace(i, letters[:0], at[:0])
		to := &a.Variants[i]
		aligned := false
		if a.root != nil && !w.stopped() {
			var cost int32
			var moves []Move
			if cost, moves, aligned = w.align(a.root, letters, at); aligned {
				*to = Alignment{append(make([]Move, 0, len(moves)), moves...), int64(cost), int64(cost)}
			}
		}
		if !aligned && !w.stopped() {
			if s == nil {
				s = newSearch(a.Net, a.labels, a.o.States)
				if a.Prefix {
					s.prefixes()
				}
			}
			f := s.align(0, letters, w.stopped)
			*to, aligned = Alignment{f.moves, int64(f.cost), int64(f.least)}, f.moves != nil
		}
		if least := to.Least; !aligned {
			*to = a.apart(letters)
			to.Least = max(to.Least, least)
		}
		a.report(a.Summary.Variants[i].Cases)
	}
}

// trace appends the labels of variant i to letters, and the numbers of its events to at.
func (a *aligner) trace(i int, letters, at []int32) (l, e []int32) {
	for k, x := range a.Summary.Variants[i].Path {
		letters, at = append(letters, a.letter[x]), append(at, int32(k))
	}
	return letters, at
}

// apart is the alignment that lets the trace and a shortest run pass by each
// other, or the trace and a net that has not begun. Events that the net does not
// know cost something in every alignment.
func (a *aligner) apart(letters []int32) Alignment {
	x := Alignment{Cost: a.Alignments.apart(int64(len(letters)))}
	for i, letter := range letters {
		x.Moves = append(x.Moves, Move{int32(i), -1})
		if letter < 0 {
			x.Least++
		}
	}
	if !a.Prefix {
		x.Moves = append(x.Moves, a.run...)
	}
	return x
}

func (a *aligner) report(cases int64) {
	if a.o.Progress == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.done += cases
	a.o.Progress(a.done, a.Summary.Cases)
}
