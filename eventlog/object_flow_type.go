package eventlog

import (
	"cmp"
	"context"
	"slices"
)

// flow counts what the objects of a type go through. How often follows from
// how many objects take each path; only waits, and what objects share, take a
// look at their events.
func (t *typeLog) flow(ctx context.Context, o ObjectFlowOptions) (TypeFlow, error) {
	f := TypeFlow{Type: t.name, Objects: t.objects, Idle: t.objects - t.alive}
	var err error
	if f.Life, err = t.life(ctx, o.Exact); err != nil {
		return f, err
	}
	waits, err := t.arcDurations(ctx, SummaryOptions{Exact: o.Exact})
	if err != nil {
		return f, err
	}
	all, start, end, edges := t.countPaths()
	if err := t.countFirsts(ctx, o.Exact, all, start, end, edges, waits); err != nil {
		return f, err
	}
	f.Activities = t.flowActivities(all)
	f.Start, f.End = t.flowActivities(start), t.flowActivities(end)
	for _, list := range [][]FlowActivity{f.Start, f.End} {
		slices.SortStableFunc(list, func(a, b FlowActivity) int { return cmp.Compare(b.Objects, a.Objects) })
	}
	links := t.paths.links(len(t.labels))
	for a := range edges {
		if e := &edges[a]; e.Total > 0 {
			e.From, e.To = t.labels[links.from[a]], t.labels[links.to[a]]
			f.Edges = append(f.Edges, *e)
		}
	}
	slices.SortFunc(f.Edges, func(a, b FlowEdge) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	t.flowVariants(&f, o.Variants)
	return f, nil
}

// life is how long the objects live that have events.
func (t *typeLog) life(ctx context.Context, exact bool) (*Durations, error) {
	if exact {
		d, err := t.exactCaseDuration(ctx, SummaryOptions{Exact: true})
		return &d, err
	}
	d := t.counts.duration.durations(0)
	return &d, nil
}

// flowVariants tells the most frequent variants; of all, how many there are.
func (t *typeLog) flowVariants(f *TypeFlow, most int) {
	for v, n := range t.counts.variant {
		if n > 0 && t.paths.size(uint32(v)) > 0 {
			f.Distinct++
		}
	}
	if most == 0 {
		return
	}
	for _, v := range t.counts.ranked(t.paths.canonical(t.labels)) {
		path := t.paths.at(v)
		if len(path) == 0 {
			continue
		}
		if most > 0 && len(f.Variants) == most {
			break
		}
		x := FlowVariant{Objects: t.counts.variant[v]}
		for _, c := range path {
			x.Path = append(x.Path, t.labels[c])
		}
		f.Variants = append(f.Variants, x)
	}
}

// flowActivities names what is counted by code; by name.
func (t *typeLog) flowActivities(counts []FlowCount) (out []FlowActivity) {
	for code, n := range counts {
		if n.Total > 0 {
			out = append(out, FlowActivity{t.labels[code], n})
		}
	}
	slices.SortFunc(out, func(a, b FlowActivity) int { return cmp.Compare(a.Activity, b.Activity) })
	return out
}

// countPaths counts objects, and how often they meet something, by activity
// code and by arc. It looks at no event.
func (t *typeLog) countPaths() (all, start, end []FlowCount, edges []FlowEdge) {
	p := t.paths
	links := p.links(len(t.labels))
	all, start, end = make([]FlowCount, len(t.labels)), make([]FlowCount, len(t.labels)), make([]FlowCount, len(t.labels))
	edges = make([]FlowEdge, len(links.from))
	count := func(c *FlowCount, n int64, again bool) {
		c.Total += n
		if !again {
			c.Objects += n
		}
	}
	met, taken := make([]uint32, len(t.labels)), make([]uint32, len(links.from)) // path that had it last, + 1
	for v, n := range t.counts.variant {
		path, last := p.at(uint32(v)), uint32(v)+1
		if n == 0 || len(path) == 0 {
			continue
		}
		for _, c := range path {
			count(&all[c], n, met[c] == last)
			met[c] = last
		}
		count(&start[path[0]], n, false)
		count(&end[path[len(path)-1]], n, false)
		for _, a := range p.arcsOf(uint32(v))[1:] {
			count(&edges[a].FlowCount, n, taken[a] == last)
			taken[a] = last
		}
	}
	return all, start, end, edges
}

// firsts are different events, and couples of them.
type firsts struct {
	all, start, end []int64 // by activity code
	waits           *histograms
	exact           []Durations // in their place
}

// countFirsts counts different events, and couples of them. Where objects
// share none, they are as many as were counted.
func (t *typeLog) countFirsts(ctx context.Context, exact bool, all, start, end []FlowCount, edges []FlowEdge, waits []Durations) error {
	for a := range edges {
		edges[a].Wait, edges[a].EventWait = &waits[a], &waits[a]
		edges[a].Events = edges[a].Total
	}
	if t.shared == nil {
		for _, list := range [][]FlowCount{all, start, end} {
			for c := range list {
				list[c].Events = list[c].Total
			}
		}
		return nil
	}
	activities := len(t.labels)
	found, err := gather(ctx, t.Log,
		func() *firsts {
			f := &firsts{all: make([]int64, activities), start: make([]int64, activities), end: make([]int64, activities)}
			if exact {
				f.exact = exactDurations(len(edges))
			} else {
				f.waits = newHistograms(len(edges))
			}
			return f
		},
		t.foldFirsts,
		func(into, from *firsts) {
			for c := range into.all {
				into.all[c] += from.all[c]
				into.start[c] += from.start[c]
				into.end[c] += from.end[c]
			}
			if exact {
				mergeDurations(into.exact, from.exact)
			} else {
				into.waits.merge(from.waits)
			}
		})
	if err != nil {
		return err
	}
	if err := sealAll(ctx, found.exact); err != nil {
		return err
	}
	for c := range all {
		all[c].Events, start[c].Events, end[c].Events = found.all[c], found.start[c], found.end[c]
	}
	for a := range edges {
		var d Durations
		if exact {
			d = found.exact[a]
		} else {
			d = found.waits.durations(a)
		}
		edges[a].EventWait, edges[a].Events = &d, d.N+d.Overlaps+d.Missing
	}
	return nil
}

// foldFirsts adds what is first in batch n.
func (t *typeLog) foldFirsts(f *firsts, n int) {
	c, first := t.batches[n], t.shared.first[n]
	ended, begun := c.clocks(false)
	for i, v := range c.Variant {
		lo, hi := c.Offsets[i], c.Offsets[i+1]
		if lo == hi {
			continue
		}
		if first[lo]&firstStart != 0 {
			f.start[c.Activity[lo]]++
		}
		if first[hi-1]&firstEnd != 0 {
			f.end[c.Activity[hi-1]]++
		}
		arcs := t.paths.arcsOf(v)
		for j, b := range first[lo:hi] {
			e := int(lo) + j
			if b&firstEvent != 0 {
				f.all[c.Activity[e]]++
			}
			if b&firstCouple == 0 {
				continue
			}
			if f.exact != nil {
				f.exact[arcs[j]].between(ended[e-1], begun[e])
			} else {
				f.waits.add(arcs[j], ended[e-1], begun[e])
			}
		}
	}
}

// freshEvents counts, by activity code, the different events that are not in
// seen yet, and adds them.
func (t *typeLog) freshEvents(ctx context.Context, seen *eventSet) ([]int64, error) {
	if need := newEventSet(t.lastEvent()); len(need) > len(*seen) {
		copy(need, *seen)
		*seen = need
	}
	return gather(ctx, t.Log,
		func() []int64 { return make([]int64, len(t.labels)) },
		func(counts []int64, n int) {
			c := t.batches[n]
			for e, event := range c.Event {
				if (t.shared == nil || t.shared.first[n][e]&firstEvent != 0) && seen.addAmong(event) {
					counts[c.Activity[e]]++
				}
			}
		},
		func(into, from []int64) {
			for c, n := range from {
				into[c] += n
			}
		})
}
