package eventlog

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"path/filepath"
	"slices"
)

// place puts the new events among those of their cases, and brings the waits
// and what is noted up to date.
func (x *extension) place() error {
	l := x.log
	x.paths = l.paths.clone()
	w := &casesWriter{starts: x.facts.Starts, resources: x.facts.Resource, emit: func(c *Cases) error {
		x.more = append(x.more, c)
		return nil
	}}
	known := &caseCursor{base: l.batches[:l.base], more: l.batches[l.base:]}
	was, is := &Cases{Offsets: []int32{0}}, &Cases{Offsets: []int32{0}} // steps that go, and that come
	for _, c := range []*Cases{was, is} {
		if x.facts.Starts {
			c.Start = []int64{}
		}
	}
	touched, old := int64(0), int64(0)
	for _, c := range x.fresh {
		for i, number := range c.Case {
			before, at, err := known.find(number, w)
			if err == nil {
				err = x.checked(before)
			}
			if err != nil {
				return err
			}
			touched++
			lo, hi := int(c.Offsets[i]), int(c.Offsets[i+1])
			if before == nil {
				if err := w.room(hi - lo); err != nil {
					return err
				}
				w.cur.copyEvents(c, lo, hi)
				is.copyEvents(c, lo, hi)
			} else {
				old++
				if err := x.insert(w, before, at, c, i, was, is); err != nil {
					return err
				}
			}
			x.closeCase(w.cur, number)
			for _, part := range []*Cases{was, is} {
				part.Case, part.Offsets = append(part.Case, number), append(part.Offsets, int32(len(part.Activity)))
			}
		}
	}
	if err := known.rest(w); err != nil {
		return err
	}
	if err := w.flush(); err != nil {
		return err
	}
	x.facts.Empty += x.objects - (touched - old)
	x.count(was, is)
	return nil
}

// checked checks the events of a batch that was there. What is damaged is
// built again.
func (x *extension) checked(c *Cases) error {
	if c == nil || c == x.looked {
		return nil
	}
	if err := x.log.checkEvents(c); err != nil {
		return fmt.Errorf("%w: %w", errExtend, err)
	}
	x.looked = c
	return nil
}

// closeCase ends a case of which the events are in c.
func (x *extension) closeCase(c *Cases, number int64) {
	from := c.Offsets[len(c.Offsets)-1]
	c.Case = append(c.Case, number)
	c.Offsets = append(c.Offsets, int32(len(c.Activity)))
	c.Variant = append(c.Variant, x.paths.add(c.Activity[from:]))
}

// insert adds to w the events of a case that is known together with new ones:
// behind them, as a rule; else each in its place. Steps that are not there any
// more go to was, and those that are new to is.
func (x *extension) insert(w *casesWriter, before *Cases, at int, c *Cases, i int, was, is *Cases) error {
	from, end := int(before.Offsets[at]), int(before.Offsets[at+1])
	lo, hi := int(c.Offsets[i]), int(c.Offsets[i+1])
	if err := w.room(end - from + hi - lo); err != nil {
		return err
	}
	if from == end {
		w.cur.copyEvents(c, lo, hi)
		is.copyEvents(c, lo, hi)
		return nil
	}
	starts, fresh := before.Starts(), c.Starts()
	if starts[end-1] == NoTime || fresh[lo] == NoTime {
		return fmt.Errorf("%w: new events come to a case with events that have no time", errExtend)
	}
	if fresh[lo] > starts[end-1] || fresh[lo] == starts[end-1] && !x.facts.Starts {
		w.cur.copyEvents(before, from, end)
		w.cur.copyEvents(c, lo, hi)
		is.copyEvents(before, end-1, end)
		is.copyEvents(c, lo, hi)
		was.copyEvents(before, end-1, end)
		return nil
	}
	if slices.Contains(starts[from:end], NoTime) || slices.Contains(fresh[lo:hi], NoTime) {
		return fmt.Errorf("%w: late events come to a case with events that have no time", errExtend)
	}
	// Both are in order; of events that are equal, those of later loads stand
	// later in the source.
	mark := len(w.cur.Activity)
	for a, b := from, lo; a < end || b < hi; {
		if b == hi || a < end && !eventBefore(c, b, before, a) {
			w.cur.copyEvents(before, a, a+1)
			a++
		} else {
			w.cur.copyEvents(c, b, b+1)
			b++
		}
	}
	was.copyEvents(before, from, end)
	is.copyEvents(w.cur, mark, len(w.cur.Activity))
	return nil
}

// eventBefore says whether an event comes before another one in the declared
// order: see compareSteps.
func eventBefore(c *Cases, e int, other *Cases, o int) bool {
	begin, otherBegin := c.Starts()[e], other.Starts()[o]
	if begin != otherBegin {
		return begin < otherBegin
	}
	return endOr(c.Time[e], begin) < endOr(other.Time[o], otherBegin)
}

func endOr(end, begin int64) int64 {
	if end == NoTime {
		return begin
	}
	return end
}

// count takes the steps of was out of the waits, and adds those of is.
func (x *extension) count(was, is *Cases) {
	arcs := x.paths.links(x.labels.len())
	number := make(map[[2]uint16]uint32, len(arcs.from))
	for a := range arcs.from {
		number[[2]uint16{arcs.from[a], arcs.to[a]}] = uint32(a)
	}
	x.waits = openWaits(x.log.kept.rec, arcs)
	each := func(c *Cases, do func(arc uint32, end, begin int64)) (ties, missing int64) {
		starts := c.Starts()
		for i := range c.Case {
			for e := int(c.Offsets[i]); e < int(c.Offsets[i+1]); e++ {
				if c.Time[e] == NoTime {
					missing++
				}
				if e == int(c.Offsets[i]) {
					continue
				}
				if c.Time[e] != NoTime && c.Time[e] == c.Time[e-1] && starts[e] == starts[e-1] {
					ties++
				}
				// A path that no case follows any more may have been left out.
				if arc, ok := number[[2]uint16{c.Activity[e-1], c.Activity[e]}]; ok {
					do(arc, c.Time[e-1], starts[e])
				}
			}
		}
		return ties, missing
	}
	loose := false
	ties, missing := each(was, func(arc uint32, end, begin int64) { loose = x.waits.remove(arc, end, begin) || loose })
	x.facts.Ties, x.facts.Missing = x.facts.Ties-ties, x.facts.Missing-missing
	ties, missing = each(is, x.waits.add)
	x.facts.Ties, x.facts.Missing = x.facts.Ties+ties, x.facts.Missing+missing
	if loose { // nobody knows which is the smallest now
		x.waits = nil
	}
}

// remove takes out a step that was added. It says whether the smallest or the
// largest duration of the row is not known any more.
func (t *histograms) remove(row uint32, end, begin int64) (loose bool) {
	r := &t.rows[row]
	d := begin - end
	switch {
	case end == NoTime || begin == NoTime:
		r.missing--
	case d < 0:
		r.overlaps--
		r.overlapSum.remove(uint64(-d))
	default:
		r.sum.remove(uint64(d))
		t.counts[r.octave[bucket(uint64(d))>>6]][bucket(uint64(d))&63]--
		return uint64(d) == r.min || uint64(d) == r.max
	}
	return false
}

func (s *sum128) remove(x uint64) {
	var borrow uint64
	s.lo, borrow = bits.Sub64(s.lo, x, 0)
	s.hi -= borrow
}

// write writes what is new, or everything where that is no small part of it.
func (x *extension) write(ctx context.Context) (files columnsFiles, notes []Note, err error) {
	path, l := x.s.path, x.log
	now := &Log{
		labels: x.labels.labels(), resources: x.resources.labels(), paths: x.paths,
		batches: append(slices.Clone(l.batches[:l.base]), x.more...), base: l.base,
	}
	now.replace()
	more := int64(0)
	for _, c := range x.more {
		more += int64(c.Len())
	}
	cases, _ := now.Size()
	shape := columnsShape{starts: x.facts.Starts, resources: x.facts.Resource}
	w, err := newColumnsWriter(path, shape)
	if err != nil {
		return files, nil, err
	}
	w.paths = x.paths
	fail := func(err error) (columnsFiles, []Note, error) {
		return files, nil, errors.Join(err, files.remove(filepath.Dir(path), x.files))
	}
	if float64(more) <= extendShare*float64(cases) {
		w.first = l.basePaths
		files.Cases, files.Paths = x.files.Cases, x.files.Paths
		for _, c := range x.more {
			if err := w.append(c); err != nil {
				return fail(errors.Join(err, w.discard()))
			}
		}
		if files.More, files.MorePaths, err = w.finish(now.labels, now.resources, x.facts); err != nil {
			return fail(err)
		}
	} else {
		if err := l.checkEvents(nil); err != nil {
			return fail(fmt.Errorf("%w: %w", errExtend, err))
		}
		for c := range now.Batches() {
			if err := w.append(c); err != nil {
				return fail(errors.Join(err, w.discard()))
			}
		}
		if files.Cases, files.Paths, err = w.finish(now.labels, now.resources, x.facts); err != nil {
			return fail(err)
		}
	}
	if x.waits != nil {
		files.Waits, err = writeWaits(path, x.paths.links(len(now.labels)), x.waits)
	} else if err = l.checkEvents(nil); err != nil {
		err = fmt.Errorf("%w: %w", errExtend, err)
	} else {
		files.Waits, err = now.writeWaits(ctx, path, false)
	}
	if err != nil {
		return fail(err)
	}
	return files, x.facts.notes(l.Name), nil
}

// A caseCursor finds cases of columns, asked for by ascending number.
type caseCursor struct {
	base, more []*Cases
	n          int // batch of base
	i          int // case of the first of more
}

// find returns where a case stands, nil if nowhere. The cases that are passed
// by in more go to w as they are.
func (k *caseCursor) find(number int64, w *casesWriter) (c *Cases, at int, err error) {
	for len(k.more) > 0 {
		c := k.more[0]
		if k.i == c.Len() {
			k.more, k.i = k.more[1:], 0
			continue
		}
		if c.Case[k.i] > number {
			break
		}
		k.i++
		if c.Case[k.i-1] == number {
			return c, k.i - 1, nil
		}
		if err := w.carry(c, k.i-1); err != nil {
			return nil, 0, err
		}
	}
	for k.n < len(k.base) && k.base[k.n].lastCase() < number {
		k.n++
	}
	if k.n < len(k.base) {
		if at, ok := k.base[k.n].find(number); ok {
			return k.base[k.n], at, nil
		}
	}
	return nil, 0, nil
}

// rest hands on what was not passed by.
func (k *caseCursor) rest(w *casesWriter) error {
	for ; len(k.more) > 0; k.more, k.i = k.more[1:], 0 {
		for c := k.more[0]; k.i < c.Len(); k.i++ {
			if err := w.carry(c, k.i); err != nil {
				return err
			}
		}
	}
	return nil
}

// carry appends a case as it is.
func (w *casesWriter) carry(c *Cases, i int) error {
	lo, hi := int(c.Offsets[i]), int(c.Offsets[i+1])
	if err := w.room(hi - lo); err != nil {
		return err
	}
	w.cur.Case = append(w.cur.Case, c.Case[i])
	w.cur.copyEvents(c, lo, hi)
	w.cur.Offsets = append(w.cur.Offsets, int32(len(w.cur.Activity)))
	w.cur.Variant = append(w.cur.Variant, c.Variant[i])
	return nil
}
