package eventlog

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// A caseJob makes the batches of some neighbouring partitions: one, unless
// they have more events than that. The partitions of one batch are put in order
// side by side, each in its place; else they are one after the other.
type caseJob struct {
	from, to int // partitions
	whole    bool
	first    []int // event of each partition, where they are side by side

	batches []*Cases
	pieces  []casePiece // by ascending case
	left    atomic.Int32
	done    chan struct{}
}

// A casePiece is some cases, and what paths they follow by a numbering of their own.
type casePiece struct {
	variant []uint32
	own     *paths
}

// A caseTask is a partition of a job, or, as -1, all of them.
type caseTask struct {
	job  *caseJob
	part int
}

// sort puts the rows in order and makes them the batches of l. It says what it met.
func (b *Builder) sort(ctx context.Context, l *Log) (all met, err error) {
	b.rows.grow(b.cases.len())
	l.paths = &paths{}
	emit := func(c *Cases) error {
		l.batches = append(l.batches, c)
		return nil
	}
	var file *casesFile
	if b.rows.spill != nil && b.rows.spill.file != nil {
		if file, err = newCasesFile(b.o.Dir); err != nil {
			return all, err
		}
		emit = file.write
	}
	if all, err = b.run(ctx, l.paths, emit); err != nil {
		if file != nil {
			file.file.Close()
		}
		return all, err
	}
	if file != nil {
		var m mapping
		if l.batches, m, err = file.open(); m != nil {
			l.close = append(l.close, m)
		}
	}
	return all, err
}

// run hands the jobs out to workers and their batches, in order, to emit.
func (b *Builder) run(ctx context.Context, p *paths, emit func(*Cases) error) (all met, err error) {
	workers := b.workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	g, ctx := errgroup.WithContext(ctx)
	jobs := make(chan *caseJob, workers) // so few are in memory at a time
	tasks := make(chan caseTask)
	g.Go(func() error {
		defer close(jobs)
		defer close(tasks)
		return b.plan(ctx, jobs, tasks)
	})
	var mu sync.Mutex
	for range workers {
		g.Go(func() error {
			w := &caseSorter{b: b, ordering: newOrdering(b.o.Lifecycle, b.o.Zone)}
			for t := range tasks {
				if err := w.do(t); err != nil {
					return err
				}
				if t.job.left.Add(-1) == 0 {
					close(t.job.done)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			all.add(w.met)
			return nil
		})
	}
	g.Go(func() error {
		for job := range jobs {
			select {
			case <-job.done:
			case <-ctx.Done():
				return ctx.Err()
			}
			for _, piece := range job.pieces {
				piece.number(p)
			}
			for _, c := range job.batches {
				if err := emit(c); err != nil {
					return err
				}
			}
		}
		return ctx.Err()
	})
	err = g.Wait()
	return all, err
}

// number gives a piece's paths their numbers among all.
func (piece *casePiece) number(all *paths) {
	number := make([]uint32, piece.own.len())
	for v := range number {
		number[v] = all.add(piece.own.at(uint32(v)))
	}
	for i, v := range piece.variant {
		piece.variant[i] = number[v]
	}
}

// plan makes a job of as many partitions as fit into a batch. What is cut where
// depends on the rows alone.
func (b *Builder) plan(ctx context.Context, jobs chan<- *caseJob, tasks chan<- caseTask) error {
	parts, most := b.rows.parts, int64(cmp.Or(b.most, maxBatchEvents))
	for from := 0; from < len(parts); {
		to, rows := from+1, parts[from].rows()
		for to < len(parts) && to-from < maxBatchCases/partitionCases && rows+parts[to].rows() <= most {
			rows += parts[to].rows()
			to++
		}
		job := &caseJob{from: from, to: to, done: make(chan struct{})}
		n := 1
		if job.whole = b.rows.shape&hasLife == 0 && rows <= most; job.whole {
			b.allot(job)
			n = to - from
		}
		job.left.Store(int32(n))
		select {
		case jobs <- job:
		case <-ctx.Done():
			return ctx.Err()
		}
		for part := range n {
			if !job.whole {
				part = -1
			}
			select {
			case tasks <- caseTask{job, part}:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		from = to
	}
	return nil
}

// allot makes the batch of a job, and a piece for each of its partitions.
func (b *Builder) allot(job *caseJob) {
	events := 0
	for part := job.from; part < job.to; part++ {
		job.first = append(job.first, events)
		events += int(b.rows.parts[part].rows())
	}
	cases := min(job.to<<partitionBits, b.cases.len()) - job.from<<partitionBits
	c := &Cases{
		Case: make([]int64, cases), Offsets: make([]int32, cases+1), Variant: make([]uint32, cases),
		First: make([]int64, cases), Last: make([]int64, cases),
		Activity: make([]uint16, events), Time: make([]int64, events), Event: make([]int64, events),
	}
	if b.lasts {
		c.Start = make([]int64, events)
	}
	if b.rows.shape&hasResource != 0 {
		c.Resource = make([]int32, events)
	}
	job.batches = []*Cases{c}
	for lo := 0; lo < cases; lo += partitionCases {
		job.pieces = append(job.pieces, casePiece{variant: c.Variant[lo:min(cases, lo+partitionCases)], own: &paths{}})
	}
}

// A caseSorter is a worker that puts partitions in order.
type caseSorter struct {
	b *Builder
	*ordering
	scattered eventRows
	buf       []uint64                  // of what was spilled
	next      [partitionCases + 1]int32 // where the next event of each case goes; at first, where its first
}

func (w *caseSorter) do(t caseTask) error {
	if !t.job.whole {
		return w.cut(t.job)
	}
	return w.place(t.job, t.part)
}

// load returns the blocks of a partition, and counts the events of its cases.
func (w *caseSorter) load(part int) (blocks []*keptBlock, cases, rows int, err error) {
	blocks, err = w.b.rows.load(part, &w.buf)
	if err != nil {
		return nil, 0, 0, err
	}
	w.next = [partitionCases + 1]int32{}
	counts := w.next[1:]
	for _, k := range blocks {
		for _, c := range k.caseOf[:k.n] {
			counts[c&(partitionCases-1)]++
		}
		rows += k.n
	}
	if rows > math.MaxInt32 {
		return nil, 0, 0, fmt.Errorf("%d events of %d cases are more than one batch can hold (%d)", rows, partitionCases, math.MaxInt32)
	}
	return blocks, min(partitionCases, w.b.cases.len()-part<<partitionBits), rows, nil
}

// place puts a partition in order, in its place in the job's batch.
func (w *caseSorter) place(job *caseJob, nth int) error {
	part, first := job.from+nth, job.first[nth]
	blocks, cases, rows, err := w.load(part)
	if err != nil {
		return err
	}
	c, caseAt := job.batches[0], nth<<partitionBits
	bounds := c.Offsets[caseAt+1 : caseAt+1+cases]
	at := int32(first)
	for i := range bounds {
		at += w.next[i+1]
		w.next[i+1] = at
		bounds[i] = at
		c.Case[caseAt+i] = int64(part<<partitionBits + i)
	}
	w.next[0] = int32(first)
	piece := &job.pieces[nth]
	if w.b.rows.shape&^hasResource == 0 { // events are where they belong but for their order
		in := eventRows{activity: c.Activity, time: c.Time, event: c.Event, resource: c.Resource}
		w.scatter(blocks, &in)
		w.b.rows.parts[part].blocks = nil
		w.rows = &in
		lo := first
		for i, end := range bounds {
			c.First[caseAt+i], c.Last[caseAt+i] = w.settle(lo, int(end))
			piece.variant[i] = piece.own.add(c.Activity[lo:end])
			lo = int(end)
		}
		return nil
	}
	for i := range w.next {
		w.next[i] -= int32(first)
	}
	w.scatterAll(blocks, rows)
	w.b.rows.parts[part].blocks = nil
	lo := first
	for i, end := range bounds {
		steps := w.order(lo-first, int(end)-first)
		if len(steps) == 0 {
			w.empty++
		}
		for j := range steps {
			s := &steps[j]
			c.Activity[lo+j], c.Time[lo+j], c.Event[lo+j] = w.rows.activity[s.row], s.time, w.rows.event[s.row]
			if c.Start != nil {
				c.Start[lo+j] = s.begin()
			}
			if c.Resource != nil {
				c.Resource[lo+j] = w.rows.resource[s.row]
			}
		}
		c.First[caseAt+i], c.Last[caseAt+i] = ends(c.Time[lo:end])
		piece.variant[i] = piece.own.add(c.Activity[lo:end])
		lo = int(end)
	}
	return nil
}

// cut puts the partitions of a job in order one after the other, and cuts them
// into batches where these are full.
func (w *caseSorter) cut(job *caseJob) error {
	out := &casesWriter{starts: w.b.lasts, resources: w.b.rows.shape&hasResource != 0, most: w.b.most, emit: func(c *Cases) error {
		own := &paths{}
		own.code(c)
		job.batches = append(job.batches, c)
		job.pieces = append(job.pieces, casePiece{c.Variant, own})
		return nil
	}}
	for part := job.from; part < job.to; part++ {
		blocks, cases, rows, err := w.load(part)
		if err != nil {
			return err
		}
		for i := range cases {
			w.next[i+1] += w.next[i]
		}
		bounds := slices.Clone(w.next[:cases+1])
		w.scatterAll(blocks, rows)
		w.b.rows.parts[part].blocks = nil
		for i := range cases {
			if err := w.write(out, int64(part<<partitionBits+i), int(bounds[i]), int(bounds[i+1])); err != nil {
				return err
			}
		}
	}
	return out.flush()
}

// scatter puts events with their cases, in their order of arrival.
func (w *caseSorter) scatter(blocks []*keptBlock, to *eventRows) {
	for _, k := range blocks {
		activity, times, events := k.activity[:k.n], k.time[:k.n], k.event[:k.n]
		for row, c := range k.caseOf[:k.n] {
			at := w.next[c&(partitionCases-1)]
			w.next[c&(partitionCases-1)]++
			to.activity[at] = activity[row]
			to.time[at] = times[row]
			to.event[at] = k.base + int64(events[row])
			if to.resource != nil {
				to.resource[at] = valueOr(k.resource, row, -1)
			}
		}
	}
}

// scatterAll makes w.rows of blocks, with all their columns.
func (w *caseSorter) scatterAll(blocks []*keptBlock, n int) {
	to, shape := &w.scattered, w.b.rows.shape
	w.rows = to
	to.activity, to.time, to.event = resize(to.activity, n), resize(to.time, n), resize(to.event, n)
	if shape&hasResource != 0 {
		to.resource = resize(to.resource, n)
	}
	if shape&hasStart != 0 {
		to.start = resize(to.start, n)
	}
	if shape&hasSequence != 0 {
		to.sequence = resize(to.sequence, n)
	}
	if shape&hasDay != 0 {
		to.day = resize(to.day, n)
	}
	if shape&hasLife != 0 {
		to.life = resize(to.life, n)
	}
	if shape&hasInstance != 0 {
		to.instance = resize(to.instance, n)
	}
	next := w.next
	w.scatter(blocks, to)
	for _, k := range blocks {
		for row, c := range k.caseOf[:k.n] {
			at := next[c&(partitionCases-1)]
			next[c&(partitionCases-1)]++
			if to.start != nil {
				to.start[at] = valueOr(k.start, row, NoTime)
			}
			if to.sequence != nil {
				to.sequence[at] = valueOr(k.sequence, row, 0)
			}
			if to.day != nil {
				to.day[at] = valueOr(k.day, row, false)
			}
			if to.life != nil {
				to.life[at] = valueOr(k.life, row, lifeNone)
			}
			if to.instance != nil {
				to.instance[at] = valueOr(k.instance, row, 0)
			}
		}
	}
}

// fewEvents is how many events of a case are put in order by insertion.
const fewEvents = 32

// settle puts in order a case that has no more than times, which most of them
// come in the order of, and returns when it begins and ends.
func (w *caseSorter) settle(from, to int) (first, last int64) {
	times := w.rows.time[from:to]
	if len(times) == 0 {
		w.empty++
		return NoTime, NoTime
	}
	sorted, ties := times[0] != NoTime, int64(0)
	prev := times[0]
	for _, t := range times[1:] { // NoTime is before any other
		sorted = sorted && t >= prev
		if t == prev {
			ties++
		}
		prev = t
	}
	switch {
	case sorted:
		w.ties += ties
		return times[0], prev
	case len(times) > fewEvents || slices.Contains(times, NoTime):
		w.permute(from, to)
		return ends(times)
	}
	w.insert(from, to)
	for i := range times[1:] {
		if times[i] == times[i+1] {
			w.ties++
		}
	}
	return times[0], times[len(times)-1]
}

// insert sorts a few events by their times.
func (w *caseSorter) insert(from, to int) {
	r := w.rows
	for i := from + 1; i < to; i++ {
		t := r.time[i]
		if r.time[i-1] <= t {
			continue
		}
		activity, event, resource := r.activity[i], r.event[i], valueOr(r.resource, i, 0)
		j := i
		for ; j > from && r.time[j-1] > t; j-- {
			r.time[j], r.activity[j], r.event[j] = r.time[j-1], r.activity[j-1], r.event[j-1]
			if r.resource != nil {
				r.resource[j] = r.resource[j-1]
			}
		}
		r.time[j], r.activity[j], r.event[j] = t, activity, event
		if r.resource != nil {
			r.resource[j] = resource
		}
	}
}

// permute puts many events, or some without a time, in order.
func (w *caseSorter) permute(from, to int) {
	r := w.rows
	activity, event := slices.Clone(r.activity[from:to]), slices.Clone(r.event[from:to])
	var resource []int32
	if r.resource != nil {
		resource = slices.Clone(r.resource[from:to])
	}
	steps := w.order(from, to)
	for i := range steps {
		s := &steps[i]
		at := int(s.row) - from
		r.time[from+i], r.activity[from+i], r.event[from+i] = s.time, activity[at], event[at]
		if resource != nil {
			r.resource[from+i] = resource[at]
		}
	}
}
