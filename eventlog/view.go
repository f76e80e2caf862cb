package eventlog

import (
	"context"
	"iter"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// What a filter leaves of a log is a view of it: some of its cases, and of
// each path some of its steps. No event is copied; only who asks for whole
// batches ([Log.Batches], [Fold]) gets one made, at a time.

// A projection leaves steps out of paths. It says for each path of the log
// which path is left, and of which steps.
type projection struct {
	paths   *paths
	variant []int32 // of the log's paths → of these; -1: no step is left
	ends    []int64 // of the places of each of the log's paths in at
	at      []int32 // places of the steps that are left, from the begin of the case
}

// places returns which events are left of a case that follows path v.
func (p *projection) places(v uint32) []int32 {
	from := int64(0)
	if v > 0 {
		from = p.ends[v-1]
	}
	return p.at[from:p.ends[v]]
}

// seenPaths are the paths that cases follow in this log.
func (l *Log) seenPaths() *paths {
	if l.view != nil {
		return l.view.paths
	}
	return l.paths
}

// seenVariant is the number in seenPaths of a case that follows path v of the
// batches; -1 if it has no event left.
func (l *Log) seenVariant(v uint32) int32 {
	if l.view != nil {
		return l.view.variant[v]
	}
	return int32(v)
}

// each calls do with every case of batch n that is in the log.
func (l *Log) each(n int, do func(i int)) {
	if l.picked == nil || l.picked[n] == nil {
		for i := range l.batches[n].Len() {
			do(i)
		}
		return
	}
	for _, i := range l.picked[n] {
		do(int(i))
	}
}

// Batches returns the cases, for who has to see every event, such as an
// export, by ascending number. The batches must not be changed.
func (l *Log) Batches() iter.Seq[*Cases] {
	if l.base > 0 && l.base < len(l.batches) {
		return l.merged
	}
	return func(yield func(*Cases) bool) {
		for n := range l.batches {
			if c := l.seen(n); c.Len() > 0 && !yield(c) {
				return
			}
		}
	}
}

// seen returns batch n as it is in the log.
func (l *Log) seen(n int) *Cases {
	c := l.batches[n]
	if (l.picked == nil || l.picked[n] == nil) && l.view == nil {
		return c
	}
	cases, offsets, events := l.left(n)
	out := c.taken(cases, offsets, events)
	if l.view != nil {
		for i, v := range out.Variant {
			out.Variant[i] = uint32(l.view.variant[v])
		}
		out.close()
		return out
	}
	out.First, out.Last = taken(c.First, cases), taken(c.Last, cases)
	out.WorkFirst, out.WorkLast = taken(c.WorkFirst, cases), taken(c.WorkLast, cases)
	return out
}

// eachEvent calls do with the number of every event of batch n that is in the log.
func (l *Log) eachEvent(n int, do func(event int64)) {
	c := l.batches[n]
	l.each(n, func(i int) {
		lo, hi := c.Offsets[i], c.Offsets[i+1]
		if l.view == nil {
			for _, e := range c.Event[lo:hi] {
				do(e)
			}
			return
		}
		for _, at := range l.view.places(c.Variant[i]) {
			do(c.Event[lo+at])
		}
	})
}

// left lists the places in batch n of the cases and events that are in the log,
// and where the events of each case begin among them.
func (l *Log) left(n int) (cases, offsets, events []int32) {
	c := l.batches[n]
	length, count := 0, 0
	l.each(n, func(i int) {
		length++
		if l.view != nil {
			count += len(l.view.places(c.Variant[i]))
		} else {
			count += int(c.Offsets[i+1] - c.Offsets[i])
		}
	})
	cases, offsets, events = make([]int32, 0, length), make([]int32, 1, length+1), make([]int32, 0, count)
	l.each(n, func(i int) {
		lo, hi := c.Offsets[i], c.Offsets[i+1]
		if l.view != nil {
			for _, at := range l.view.places(c.Variant[i]) {
				events = append(events, lo+at)
			}
		} else {
			for e := lo; e < hi; e++ {
				events = append(events, e)
			}
		}
		cases, offsets = append(cases, int32(i)), append(offsets, int32(len(events)))
	})
	return cases, offsets, events
}

// taken makes a batch of some of c's cases and events, but for what close adds.
func (c *Cases) taken(cases, offsets, events []int32) *Cases {
	return &Cases{
		Case: taken(c.Case, cases), Variant: taken(c.Variant, cases), Offsets: offsets,
		Activity: taken(c.Activity, events), Time: taken(c.Time, events), Event: taken(c.Event, events), Start: taken(c.Start, events),
		Resource: taken(c.Resource, events), Work: taken(c.Work, events), WorkStart: taken(c.WorkStart, events),
	}
}

// taken are the values at some places; of a column that is not there, nil.
func taken[T any](from []T, at []int32) []T {
	if from == nil {
		return nil
	}
	list := make([]T, len(at))
	for i, place := range at {
		list[i] = from[place]
	}
	return list
}

// like gives c the optional columns that another batch has.
func like(c, other *Cases) {
	if other.Start != nil {
		c.Start = []int64{}
	}
	if other.Resource != nil {
		c.Resource = []int32{}
	}
	if other.Work != nil {
		c.Work = []int64{}
	}
	if other.WorkStart != nil {
		c.WorkStart = []int64{}
	}
}

func (c *Cases) copyEvents(from *Cases, lo, hi int) {
	c.Activity = append(c.Activity, from.Activity[lo:hi]...)
	c.Time = append(c.Time, from.Time[lo:hi]...)
	c.Event = append(c.Event, from.Event[lo:hi]...)
	if from.Start != nil {
		c.Start = append(c.Start, from.Start[lo:hi]...)
	}
	if from.Resource != nil {
		c.Resource = append(c.Resource, from.Resource[lo:hi]...)
	}
	if from.Work != nil {
		c.Work = append(c.Work, from.Work[lo:hi]...)
	}
	if from.WorkStart != nil {
		c.WorkStart = append(c.WorkStart, from.WorkStart[lo:hi]...)
	}
}

// parallel calls do for every batch, on all processors.
func (l *Log) parallel(ctx context.Context, do func(n int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for n := range l.batches {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return do(n)
		})
	}
	return g.Wait()
}

// viewed is l, seen in another way.
func (l *Log) viewed() *Log {
	out := *l
	out.close = nil                   // l closes what both use
	out.kept, out.keptWork = nil, nil // what is kept is of the whole log
	return &out
}

// pick keeps the cases for which want is true, of those the log has: want is
// asked with the number of a batch, and of a case in it.
func (l *Log) pick(ctx context.Context, want func(n, i int) bool) (*Log, error) {
	out := l.viewed()
	out.picked = make([][]int32, len(l.batches))
	err := l.parallel(ctx, func(n int) error {
		size := l.batches[n].Len()
		if l.picked != nil && l.picked[n] != nil {
			size = len(l.picked[n])
		}
		kept := make([]int32, 0, size)
		l.each(n, func(i int) {
			if want(n, i) {
				kept = append(kept, int32(i))
			}
		})
		out.picked[n] = kept
		return nil
	})
	return out, err
}

// pickPaths keeps the cases that follow a path for which want is true. It
// takes O(paths + cases) time, and looks at no event.
func (l *Log) pickPaths(ctx context.Context, want func(path []uint16) bool) (*Log, error) {
	seen := l.seenPaths()
	wanted := make([]bool, seen.len())
	for v := range wanted {
		wanted[v] = want(seen.at(uint32(v)))
	}
	return l.pickVariants(ctx, wanted)
}

// pickVariants keeps the cases that follow one of the wanted of seenPaths.
func (l *Log) pickVariants(ctx context.Context, wanted []bool) (*Log, error) {
	return l.pick(ctx, func(n, i int) bool { return wanted[l.seenVariant(l.batches[n].Variant[i])] })
}

// pickCases keeps the cases for which want is true, which is asked with the
// case as it is in the log.
func (l *Log) pickCases(ctx context.Context, want func(c *Cases, i int) bool) (*Log, error) {
	if l.view == nil {
		return l.pick(ctx, func(n, i int) bool { return want(l.batches[n], i) })
	}
	out := l.viewed()
	out.picked = make([][]int32, len(l.batches))
	err := l.parallel(ctx, func(n int) error {
		c, kept, at := l.seen(n), []int32{}, 0
		l.each(n, func(i int) {
			if want(c, at) {
				kept = append(kept, int32(i))
			}
			at++
		})
		out.picked[n] = kept
		return nil
	})
	return out, err
}

// project keeps the steps with the given activity codes; a case that has none
// goes. It takes O(Σ|path| + cases) time, and looks at no event.
func (l *Log) project(ctx context.Context, keep []bool) (*Log, error) {
	out := l.viewed()
	p := &projection{paths: &paths{}, variant: make([]int32, l.paths.len()), ends: make([]int64, 0, l.paths.len())}
	out.view = p
	var path []uint16
	for v := range p.variant {
		path = path[:0]
		steps := l.paths.at(uint32(v))
		take := func(place int) {
			if keep[steps[place]] {
				path = append(path, steps[place])
				p.at = append(p.at, int32(place))
			}
		}
		if l.view != nil {
			for _, place := range l.view.places(uint32(v)) {
				take(int(place))
			}
		} else {
			for place := range steps {
				take(place)
			}
		}
		p.ends = append(p.ends, int64(len(p.at)))
		if p.variant[v] = -1; len(path) > 0 {
			p.variant[v] = int32(p.paths.add(path))
		}
	}
	return out.pick(ctx, func(n, i int) bool { return p.variant[l.batches[n].Variant[i]] >= 0 })
}

// dropEvents keeps the events for which want is true; a case that has none
// goes. Unlike the others it copies what is left.
func (l *Log) dropEvents(ctx context.Context, want func(c *Cases, event int) bool) (*Log, error) {
	out := l.viewed()
	out.picked, out.view, out.base = nil, nil, 0
	batches := make([]*Cases, len(l.batches))
	err := l.parallel(ctx, func(n int) error {
		c := l.seen(n)
		var cases, events []int32
		offsets := []int32{0}
		for i := range c.Case {
			for e := c.Offsets[i]; e < c.Offsets[i+1]; e++ {
				if want(c, int(e)) {
					events = append(events, e)
				}
			}
			if n := int32(len(events)); n > offsets[len(offsets)-1] {
				cases, offsets = append(cases, int32(i)), append(offsets, n)
			}
		}
		kept := c.taken(cases, offsets, events)
		kept.Variant = nil // its path is another one
		kept.close()
		batches[n] = kept
		return nil
	})
	if err != nil {
		return nil, err
	}
	out.batches = nil
	for n, c := range batches {
		if c.Len() > 0 {
			out.batches = append(out.batches, c)
		}
		if n < l.base {
			out.base = len(out.batches)
		}
	}
	out.paths = codePaths(out.batches)
	return out, nil
}
