package eventlog

import (
	"slices"
	"sort"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
)

// Cases that changed after the columns of a log were built stand once more, in
// batches of their own behind the others, and hold in the place of those.

// keptWaits are the waits of a whole log, as a file beside the store has them.
type keptWaits struct {
	rec  arrow.RecordBatch
	once sync.Once
	of   *histograms
}

// histograms returns them by number of arc. They must not be changed.
func (k *keptWaits) histograms(arcs *pathArcs) *histograms {
	k.once.Do(func() { k.of = openWaits(k.rec, arcs) })
	return k.of
}

// replace takes the cases that stand in a later batch out of the earlier ones.
// Both are ascending, so one look at each case that changed is enough.
func (l *Log) replace() {
	l.picked = make([][]int32, len(l.batches))
	n, dead := 0, []int32{}
	flush := func() {
		if len(dead) == 0 {
			return
		}
		alive := make([]int32, 0, l.batches[n].Len()-len(dead))
		for i := range int32(l.batches[n].Len()) {
			if len(dead) > 0 && dead[0] == i {
				dead = dead[1:]
				continue
			}
			alive = append(alive, i)
		}
		l.picked[n], dead = alive, nil
	}
	for _, c := range l.batches[l.base:] {
		for _, number := range c.Case {
			for n < l.base && l.batches[n].lastCase() < number {
				flush()
				n++
			}
			if n == l.base {
				break
			}
			if i, ok := l.batches[n].find(number); ok {
				dead = append(dead, int32(i))
			}
		}
	}
	if n < l.base {
		flush()
	}
}

func (c *Cases) lastCase() int64 { return c.Case[len(c.Case)-1] }

// find returns where a case is in c, whose numbers ascend.
func (c *Cases) find(number int64) (i int, ok bool) { return slices.BinarySearch(c.Case, number) }

// merged yields the cases by ascending number, where some stand in batches of
// their own.
func (l *Log) merged(yield func(*Cases) bool) {
	at := l.base
	var more *Cases // what is left of the batch at at
	next := func() {
		for more = nil; more == nil && at < len(l.batches); at++ {
			if c := l.seen(at); c.Len() > 0 {
				more = c
			}
		}
	}
	next()
	for n := range l.base {
		last := l.batches[n].lastCase()
		c := l.seen(n)
		for more != nil && more.Case[0] <= last {
			upTo := sort.Search(more.Len(), func(i int) bool { return more.Case[i] > last })
			c = c.and(more.cut(0, upTo))
			if upTo < more.Len() {
				more = more.cut(upTo, more.Len())
				break
			}
			next()
		}
		if c.Len() > 0 && !yield(c) {
			return
		}
	}
	for ; more != nil; next() {
		if !yield(more) {
			return
		}
	}
}

// cut returns cases lo to hi of c.
func (c *Cases) cut(lo, hi int) *Cases {
	out := &Cases{Offsets: []int32{0}}
	like(out, c)
	for i := lo; i < hi; i++ {
		out.take(c, i)
	}
	return out
}

// and returns the cases of c and other by ascending number.
func (c *Cases) and(other *Cases) *Cases {
	out := &Cases{Offsets: []int32{0}}
	like(out, c)
	like(out, other)
	i, j := 0, 0
	for i < c.Len() || j < other.Len() {
		if j == other.Len() || i < c.Len() && c.Case[i] < other.Case[j] {
			out.take(c, i)
			i++
		} else {
			out.take(other, j)
			j++
		}
	}
	return out
}

// take appends case i of another batch.
func (c *Cases) take(from *Cases, i int) {
	c.Case = append(c.Case, from.Case[i])
	c.copyEvents(from, int(from.Offsets[i]), int(from.Offsets[i+1]))
	c.Offsets = append(c.Offsets, int32(len(c.Activity)))
	c.Variant = append(c.Variant, from.Variant[i])
	c.First, c.Last = append(c.First, from.First[i]), append(c.Last, from.Last[i])
	if from.Work != nil {
		c.WorkFirst, c.WorkLast = append(c.WorkFirst, from.WorkFirst[i]), append(c.WorkLast, from.WorkLast[i])
	}
}
