package eventlog

import (
	"math/bits"
)

// Histograms count durations of many arcs at once: what [Durations] is in the
// end, in the form that costs least while a hundred million are counted. A row
// has where its octaves stand in counts; one that is not used takes no room.
type histograms struct {
	rows   []histogram
	counts [][64]uint32 // the first is nobody's
}

type histogram struct {
	sum      sum128
	min, max uint64
	octave   [64]uint32 // place in counts; 0: none

	overlaps, missing int64
	overlapSum        sum128
}

func newHistograms(rows int) *histograms {
	t := &histograms{rows: make([]histogram, rows), counts: make([][64]uint32, 1, 1+16*rows)}
	for i := range t.rows {
		t.rows[i].min = ^uint64(0)
	}
	return t
}

// add counts a step that ended at end and whose next one began at begin.
func (t *histograms) add(row uint32, end, begin int64) {
	r := &t.rows[row]
	d := begin - end
	switch {
	case end == NoTime || begin == NoTime:
		r.missing++
	case d < 0:
		r.overlaps++
		r.overlapSum.add(uint64(-d))
	default:
		r.sum.add(uint64(d))
		r.min, r.max = min(r.min, uint64(d)), max(r.max, uint64(d))
		t.counts[t.place(r, bucket(uint64(d))>>6)][bucket(uint64(d))&63]++
	}
}

// place makes room for an octave.
func (t *histograms) place(r *histogram, octave int) uint32 {
	if r.octave[octave] == 0 {
		r.octave[octave] = uint32(len(t.counts))
		t.counts = append(t.counts, [64]uint32{})
	}
	return r.octave[octave]
}

// steps counts the waits between the events of one case, whose arcs are given,
// the first of them none. Each event ends when the next could begin: there is
// no other time than times. This is the loop that everything else exists for:
// it reads eight bytes an event, and one look tells missing times (as the
// difference to one is beyond any duration) and overlaps.
func (t *histograms) steps(arcs []uint32, times []int64) {
	if len(arcs) == 0 {
		return
	}
	times = times[:len(arcs)]
	end := times[0]
	for j := 1; j < len(arcs); j++ {
		begin := times[j]
		d := uint64(begin - end)
		if d >= 1<<62 || begin == NoTime {
			t.add(arcs[j], end, begin)
			end = begin
			continue
		}
		end = begin
		r := &t.rows[arcs[j]]
		var carry uint64
		r.sum.lo, carry = bits.Add64(r.sum.lo, d, 0)
		r.sum.hi += carry
		if d < r.min {
			r.min = d
		}
		if d > r.max {
			r.max = d
		}
		octave, within := 0, d
		if d >= 64 {
			n := bits.Len64(d)
			octave, within = n-6, d>>((uint(n)-7)&63)
		}
		c := r.octave[octave&63]
		if c == 0 {
			c = t.place(r, octave)
		}
		t.counts[c][within&63]++
	}
}

// merge adds all of o.
func (t *histograms) merge(o *histograms) {
	for i := range o.rows {
		from, r := &o.rows[i], &t.rows[i]
		r.sum.addSum(from.sum)
		r.overlapSum.addSum(from.overlapSum)
		r.overlaps += from.overlaps
		r.missing += from.missing
		r.min, r.max = min(r.min, from.min), max(r.max, from.max)
		for octave, c := range from.octave {
			if c == 0 {
				continue
			}
			to := &t.counts[t.place(r, octave)]
			for j, n := range o.counts[c] {
				to[j] += n
			}
		}
	}
}

// durations returns a row.
func (t *histograms) durations(row int) Durations {
	r := &t.rows[row]
	h := Durations{Overlaps: r.overlaps, Missing: r.missing, sum: r.sum, overlapSum: r.overlapSum}
	for _, c := range r.octave {
		if c == 0 {
			continue
		}
		for _, n := range t.counts[c] {
			h.N += int64(n)
		}
	}
	if h.N == 0 {
		return h
	}
	h.Min, h.Max = int64(r.min), int64(r.max)
	few := h.N <= fewBuckets
	for octave, c := range r.octave {
		if c == 0 {
			continue
		}
		if !few {
			h.fill(octave, &t.counts[c])
			continue
		}
		for j, n := range t.counts[c] {
			for range n {
				h.few = append(h.few, uint16(octave<<6+j))
			}
		}
	}
	return h
}

func (h *Durations) fill(octave int, counts *[64]uint32) {
	if h.octaves == nil {
		h.octaves = new([octaves]*[64]uint64)
	}
	own := new([64]uint64)
	for j, n := range counts {
		own[j] = uint64(n)
	}
	h.octaves[octave] = own
}
