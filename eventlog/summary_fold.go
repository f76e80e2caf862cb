package eventlog

import (
	"context"
	"runtime"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// caseCounts are what the cases of a log tell without their events.
type caseCounts struct {
	cases, events int64
	variant       []int64     // cases, by number in seenPaths
	duration      *histograms // one row
	first, last   int64       // of all events; NoTime if there is none
}

func newCaseCounts(variants int) *caseCounts {
	return &caseCounts{variant: make([]int64, variants), duration: newHistograms(1), first: NoTime, last: NoTime}
}

func (t *caseCounts) merge(o *caseCounts) {
	t.cases += o.cases
	t.events += o.events
	for v, n := range o.variant {
		t.variant[v] += n
	}
	t.duration.merge(o.duration)
	t.span(o.first, o.last)
}

func (t *caseCounts) span(first, last int64) {
	if first != NoTime && (t.first == NoTime || first < t.first) {
		t.first = first
	}
	t.last = max(t.last, last)
}

// ranked returns the paths that cases follow, by descending number of cases,
// equal ones in the given order.
func (t *caseCounts) ranked(order []uint32) []uint32 {
	var often, once []uint32 // most variants of a large log have one case: they need no sorting
	for _, v := range order {
		switch t.variant[v] {
		case 0:
		case 1:
			once = append(once, v)
		default:
			often = append(often, v)
		}
	}
	slices.SortStableFunc(often, func(a, b uint32) int {
		switch {
		case t.variant[a] > t.variant[b]:
			return -1
		case t.variant[a] < t.variant[b]:
			return 1
		}
		return 0
	})
	return append(often, once...)
}

// workers runs do on all processors, each with what next returns: numbers of
// batches, until there are none left.
func (l *Log) workers(ctx context.Context, do func(next func() (n int, ok bool)) error) error {
	var taken atomic.Int64
	g, stop := errgroup.WithContext(ctx)
	for range max(1, min(runtime.GOMAXPROCS(0), len(l.batches))) {
		g.Go(func() error {
			return do(func() (int, bool) {
				n := int(taken.Add(1)) - 1
				return n, n < len(l.batches) && stop.Err() == nil
			})
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// gather runs fold over all batches, on all processors, and merges what comes
// out, which must not depend on the order.
func gather[A any](ctx context.Context, l *Log, fresh func() A, fold func(acc A, n int), merge func(into, from A)) (A, error) {
	var lock = make(chan struct{}, 1)
	var result A
	some := false
	err := l.workers(ctx, func(next func() (int, bool)) error {
		acc := fresh()
		for n, ok := next(); ok; n, ok = next() {
			fold(acc, n)
		}
		lock <- struct{}{}
		defer func() { <-lock }()
		if !some {
			result, some = acc, true
		} else {
			merge(result, acc)
		}
		return nil
	})
	return result, err
}

// countCases counts the cases and their durations. Where nothing was projected
// away and no event lasts, it looks at no event.
func (l *Log) countCases(ctx context.Context, working bool) (*caseCounts, error) {
	seen := l.seenPaths()
	return gather(ctx, l,
		func() *caseCounts { return newCaseCounts(seen.len()) },
		func(t *caseCounts, n int) {
			c := l.batches[n]
			l.each(n, func(i int) {
				v := l.seenVariant(c.Variant[i])
				t.variant[v]++
				t.cases++
				length := len(seen.at(uint32(v)))
				t.events += int64(length)
				if length == 0 {
					return
				}
				first, last := l.caseEnds(c, i, working)
				t.duration.add(0, first, last)
				l.spanOf(t, c, i)
			})
		},
		(*caseCounts).merge)
}

// caseEnds are the earliest and the latest time of a case as it is in the log.
func (l *Log) caseEnds(c *Cases, i int, working bool) (first, last int64) {
	switch {
	case l.view == nil && working:
		return c.WorkFirst[i], c.WorkLast[i]
	case l.view == nil:
		return c.First[i], c.Last[i]
	}
	times, lo := c.Time, c.Offsets[i]
	if working {
		times = c.Work
	}
	places := l.view.places(c.Variant[i])
	first, last = times[lo+places[0]], times[lo+places[len(places)-1]]
	if first == NoTime || last == NoTime {
		return NoTime, NoTime
	}
	first, last = min(first, last), max(first, last)
	for _, at := range places {
		if t := times[lo+at]; t != NoTime {
			first, last = min(first, t), max(last, t)
		}
	}
	return first, last
}

// spanOf adds the times of a case to the span of the log.
func (l *Log) spanOf(t *caseCounts, c *Cases, i int) {
	if l.view == nil && c.Start == nil && c.First[i] != NoTime {
		t.span(c.First[i], c.Last[i])
		return
	}
	starts, lo := c.Starts(), c.Offsets[i]
	if l.view != nil {
		for _, at := range l.view.places(c.Variant[i]) {
			t.span(starts[lo+at], c.Time[lo+at])
		}
		return
	}
	for e := lo; e < c.Offsets[i+1]; e++ {
		t.span(starts[e], c.Time[e])
	}
}

// clocks are when events end and begin, in elapsed or in working time.
func (c *Cases) clocks(working bool) (end, begin []int64) {
	switch {
	case !working:
		return c.Time, c.Starts()
	case c.WorkStart != nil:
		return c.Work, c.WorkStart
	}
	return c.Work, c.Work
}

// arcDurations returns the waits of each arc of seenPaths.
func (l *Log) arcDurations(ctx context.Context, o SummaryOptions) ([]Durations, error) {
	links := l.seenPaths().links(len(l.labels))
	if o.Exact {
		return l.exactArcDurations(ctx, o)
	}
	var h *histograms
	kept := l.kept
	if o.Working {
		kept = l.keptWork
	}
	if kept != nil && !o.Recount {
		h = kept.histograms(links)
	} else {
		var err error
		if h, err = l.countWaits(ctx, o.Working); err != nil {
			return nil, err
		}
	}
	all := make([]Durations, len(links.from))
	for a := range all {
		all[a] = h.durations(a)
	}
	return all, nil
}

// countWaits counts the waits of each arc of seenPaths: the one pass over all
// events.
func (l *Log) countWaits(ctx context.Context, working bool) (*histograms, error) {
	seen := l.seenPaths()
	links := seen.links(len(l.labels))
	return gather(ctx, l,
		func() *histograms { return newHistograms(len(links.from)) },
		func(t *histograms, n int) {
			c := l.batches[n]
			end, begin := c.clocks(working)
			if l.view == nil && c.Start == nil {
				l.each(n, func(i int) { t.steps(seen.arcsOf(c.Variant[i]), end[c.Offsets[i]:c.Offsets[i+1]]) })
				return
			}
			l.waits(n, end, begin, t.add)
		},
		(*histograms).merge)
}

// waits calls add with every step of batch n from one event to the next.
func (l *Log) waits(n int, end, begin []int64, add func(arc uint32, end, begin int64)) {
	c, seen := l.batches[n], l.seenPaths()
	l.each(n, func(i int) {
		v, lo := c.Variant[i], c.Offsets[i]
		if l.view == nil {
			for j, arc := range seen.arcsOf(v) {
				if arc != noArc {
					add(arc, end[int(lo)+j-1], begin[int(lo)+j])
				}
			}
			return
		}
		places := l.view.places(v)
		for j, arc := range seen.arcsOf(uint32(l.view.variant[v])) {
			if arc != noArc {
				add(arc, end[lo+places[j-1]], begin[lo+places[j]])
			}
		}
	})
}

// arcsOf returns the arcs of path v, the first of them noArc.
func (p *paths) arcsOf(v uint32) []uint32 {
	from := int64(0)
	if v > 0 {
		from = p.ends[v-1]
	}
	return p.arcs.of[from:p.ends[v]]
}

// exactArcDurations keeps every wait.
func (l *Log) exactArcDurations(ctx context.Context, o SummaryOptions) ([]Durations, error) {
	arcs := len(l.seenPaths().arcs.from)
	all, err := gather(ctx, l,
		func() []Durations { return exactDurations(arcs) },
		func(all []Durations, n int) {
			end, begin := l.batches[n].clocks(o.Working)
			l.waits(n, end, begin, func(arc uint32, end, begin int64) { all[arc].between(end, begin) })
		},
		mergeDurations)
	if err != nil {
		return nil, err
	}
	return all, sealAll(ctx, all)
}

// exactCaseDuration keeps the duration of every case.
func (l *Log) exactCaseDuration(ctx context.Context, o SummaryOptions) (Durations, error) {
	all, err := gather(ctx, l,
		func() []Durations { return exactDurations(1) },
		func(all []Durations, n int) {
			c := l.batches[n]
			l.each(n, func(i int) {
				if l.seenPaths().size(uint32(l.seenVariant(c.Variant[i]))) > 0 {
					all[0].between(l.caseEnds(c, i, o.Working))
				}
			})
		},
		mergeDurations)
	if err != nil {
		return Durations{}, err
	}
	all[0].seal()
	return all[0], nil
}

func exactDurations(n int) []Durations {
	all := make([]Durations, n)
	for i := range all {
		all[i].keep = true
	}
	return all
}

func mergeDurations(into, from []Durations) {
	for i := range into {
		into[i].Merge(&from[i])
	}
}

// between counts the time from one instant to another.
func (h *Durations) between(from, to int64) {
	if from == NoTime || to == NoTime {
		h.Missing++
		return
	}
	h.Add(to - from)
}

// sealAll seals many, on all processors.
func sealAll(ctx context.Context, all []Durations) error {
	g, _ := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range all {
		if len(all[i].exact) > 0 {
			g.Go(func() error { all[i].seal(); return nil })
		}
	}
	return g.Wait()
}

// variantDurations returns the durations of the cases of each of seenPaths.
// They are brought together by variant first, so that the histogram of each is
// made of neighbours: it takes 8 bytes a case.
func (l *Log) variantDurations(ctx context.Context, t *caseCounts, o SummaryOptions) ([]Durations, error) {
	at := make([]atomic.Int64, len(t.variant)) // where the next duration of each goes
	from := int64(0)
	for v, n := range t.variant {
		at[v].Store(from)
		from += n
	}
	all := make([]int64, from)
	err := l.workers(ctx, func(next func() (int, bool)) error {
		for n, ok := next(); ok; n, ok = next() {
			c := l.batches[n]
			l.each(n, func(i int) {
				v := uint32(l.seenVariant(c.Variant[i]))
				d := int64(NoTime) // of a case without events, and where a time is missing
				if l.seenPaths().size(v) > 0 {
					if first, last := l.caseEnds(c, i, o.Working); first != NoTime {
						d = last - first
					}
				}
				all[at[v].Add(1)-1] = d
			})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := make([]Durations, len(t.variant))
	const share = 4096 // variants a worker takes at a time
	var taken atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	for range runtime.GOMAXPROCS(0) {
		g.Go(func() error {
			var few []uint16 // one piece of memory for many
			for {
				lo := int(taken.Add(share)) - share
				if lo >= len(out) || ctx.Err() != nil {
					return ctx.Err()
				}
				for v := lo; v < min(lo+share, len(out)); v++ {
					n := t.variant[v]
					own := all[at[v].Load()-n : at[v].Load()]
					few = out[v].of(own, l.seenPaths().size(uint32(v)) > 0, o.Exact, few)
				}
			}
		})
	}
	return out, g.Wait()
}

// size returns how many steps path v has.
func (p *paths) size(v uint32) int { return len(p.at(v)) }

// of makes h the distribution of some durations; NoTime stands for one that is
// missing, if there are events. Short lists of buckets are cut from few, whose
// rest it returns.
func (h *Durations) of(all []int64, events, exact bool, few []uint16) []uint16 {
	known := all[:0]
	for _, d := range all {
		if d != NoTime {
			known = append(known, d)
		} else if events {
			h.Missing++
		}
	}
	if exact {
		slices.Sort(known)
		h.keep, h.exact = true, known[:len(known):len(known)]
		for _, d := range known {
			h.measure(d)
		}
		return few
	}
	if len(known) <= fewBuckets {
		if cap(few)-len(few) < len(known) {
			few = make([]uint16, 0, 16_384)
		}
		h.few = few[len(few) : len(few) : len(few)+len(known)]
		few = few[:len(few)+len(known)]
	}
	for _, d := range known {
		h.Add(d)
	}
	slices.Sort(h.few)
	return few
}
