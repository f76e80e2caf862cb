package eventlog

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// eventRows are events, those of each case together and in their order of
// arrival.
type eventRows struct {
	activity []uint16
	time     []int64
	event    []int64
	start    []int64  // nil until an event has one
	resource []int32  // nil until an event has one
	sequence []int64  // nil until declared
	day      []bool   // nil until an event has it
	rank     []int32  // nil until ranks are declared
	life     []uint8  // nil until an event has one: see lifeStart
	instance []uint32 // nil until an event has one
}

const (
	lifeNone uint8 = iota
	lifeStart
	lifeComplete
	lifeOther
)

// A step is one event of a case while it is put in order.
type step struct {
	row         int32
	day         bool
	rank        int32
	order       int64 // order time
	end         int64 // of the event; of its predecessor in the source where the time is missing
	sequence    int64
	time, start int64 // NoTime where missing
}

// begin is when the event begins, as far as anybody knows.
func (s *step) begin() int64 {
	if s.start == NoTime {
		return s.time
	}
	return s.start
}

// An ordering puts the events of one case after the other in their declared
// order, and counts what it met.
type ordering struct {
	life Lifecycle
	zone *time.Location
	rows *eventRows

	steps []step
	open  map[pairKey][]int32
	met
}

// newOrdering makes an ordering; the default of zone is UTC.
func newOrdering(life Lifecycle, zone *time.Location) *ordering {
	if zone == nil {
		zone = time.UTC
	}
	return &ordering{life: life, zone: zone}
}

// met is what was met while ordering.
type met struct{ missing, dayPrecision, ties, dropped, unpaired, other, empty int64 }

func (m *met) add(o met) {
	m.missing += o.missing
	m.dayPrecision += o.dayPrecision
	m.ties += o.ties
	m.dropped += o.dropped
	m.unpaired += o.unpaired
	m.other += o.other
	m.empty += o.empty
}

type pairKey struct {
	activity uint16
	instance uint32
}

// write hands a case, whose events are rows from to to, to w.
func (o *ordering) write(w *casesWriter, number int64, from, to int) error {
	steps := o.order(from, to)
	if len(steps) == 0 {
		o.empty++
	}
	if err := w.room(len(steps)); err != nil {
		return err
	}
	cur := w.cur
	cur.Case = append(cur.Case, number)
	for i := range steps {
		s := &steps[i]
		cur.Activity = append(cur.Activity, o.rows.activity[s.row])
		cur.Time = append(cur.Time, s.time)
		cur.Event = append(cur.Event, o.rows.event[s.row])
		if w.starts {
			cur.Start = append(cur.Start, s.begin())
		}
		if w.resources {
			cur.Resource = append(cur.Resource, valueOr(o.rows.resource, int(s.row), -1))
		}
	}
	cur.Offsets = append(cur.Offsets, int32(len(cur.Activity)))
	return nil
}

// order returns the events of a case, which are rows from up to to. They are
// good until the next call.
func (o *ordering) order(from, to int) []step {
	b, steps := o.rows, o.steps[:0]
	sorted := true
	for row := from; row < to; row++ {
		s := step{row: int32(row), time: b.time[row], start: NoTime, sequence: int64(row - from)}
		if b.start != nil {
			s.start = b.start[row]
		}
		if b.sequence != nil {
			s.sequence = b.sequence[row]
		}
		if b.day != nil {
			s.day = b.day[row] && s.start == NoTime
		}
		if b.rank != nil {
			s.rank = b.rank[row]
		}
		steps = append(steps, s)
	}
	if b.sequence != nil { // source order is the declared one
		slices.SortStableFunc(steps, func(x, y step) int { return cmp.Compare(x.sequence, y.sequence) })
	}
	days := false
	for i := range steps {
		s := &steps[i]
		s.order = s.time
		if s.start != NoTime {
			s.order = s.start
		}
		days = days || s.day
	}
	if days {
		o.placeDays(steps)
	}
	prev, prevEnd := int64(NoTime), int64(NoTime)
	for i := range steps {
		s := &steps[i]
		s.end = s.time
		switch {
		case s.order == NoTime:
			s.order, s.end = prev, prevEnd // takes its predecessor's, and stays behind it
		case s.end == NoTime:
			s.end = s.order
		}
		sorted = sorted && s.order >= prev
		prev, prevEnd = s.order, s.end
	}
	if !sorted || days || b.rank != nil || b.start != nil {
		slices.SortStableFunc(steps, compareSteps)
	}
	if b.life != nil {
		steps = o.lifecycle(steps)
	}
	for i := range steps {
		y := &steps[i]
		if y.time == NoTime {
			o.missing++
		}
		if i == 0 {
			continue
		}
		x := &steps[i-1]
		if x.order == y.order && x.day == y.day && x.rank == y.rank && x.time == y.time && b.sequence == nil && y.time != NoTime {
			o.ties++
		}
	}
	o.steps = steps[:0]
	return steps
}

// compareSteps is the declared order: (order time, day precision first, rank,
// end of events that last, source sequence); the caller's sort is stable, so
// arrival decides the rest.
func compareSteps(x, y step) int {
	if c := cmp.Compare(x.order, y.order); c != 0 {
		return c
	}
	if x.day != y.day {
		if x.day {
			return -1
		}
		return 1
	}
	if c := cmp.Compare(x.rank, y.rank); c != 0 {
		return c
	}
	if c := cmp.Compare(x.end, y.end); c != 0 { // else it is the order time
		return c
	}
	return cmp.Compare(x.sequence, y.sequence)
}

// placeDays gives each event of day precision the order time of the first
// event of its case on that local day whose activity ranks higher, else the
// last microsecond of the day: never midnight.
func (o *ordering) placeDays(steps []step) {
	for i := range steps {
		d := &steps[i]
		if !d.day || d.time == NoTime {
			continue
		}
		o.dayPrecision++
		begin := time.UnixMicro(d.time).In(o.zone)
		y, m, day := begin.Date()
		first := time.Date(y, m, day, 0, 0, 0, 0, o.zone).UnixMicro()
		end := time.Date(y, m, day+1, 0, 0, 0, 0, o.zone).UnixMicro()
		d.order = end - 1
		for j := range steps {
			e := &steps[j]
			t := e.time
			if e.start != NoTime {
				t = e.start
			}
			if !e.day && t != NoTime && t >= first && t < end && e.rank > d.rank {
				d.order = min(d.order, t)
			}
		}
	}
	for i := range steps {
		if steps[i].day && steps[i].time != NoTime {
			steps[i].time = steps[i].order // so that waits agree with the order
		}
	}
}

// lifecycle joins each complete to the oldest open start of the same activity
// and instance; steps are in order. What cannot be joined stays as it is.
func (o *ordering) lifecycle(steps []step) []step {
	b := o.rows
	out := steps[:0]
	if o.life == Complete {
		for _, s := range steps {
			if l := b.life[s.row]; l == lifeNone || l == lifeComplete {
				out = append(out, s)
			} else {
				o.dropped++
			}
		}
		return out
	}
	if o.open == nil {
		o.open = map[pairKey][]int32{}
	}
	clear(o.open)
	joined := false
	for _, s := range steps {
		key := pairKey{activity: b.activity[s.row]}
		if b.instance != nil {
			key.instance = b.instance[s.row]
		}
		switch b.life[s.row] {
		case lifeStart:
			o.open[key] = append(o.open[key], int32(len(out)))
			o.unpaired++
		case lifeComplete:
			if open := o.open[key]; len(open) > 0 {
				// The event stands where it started, and is the completion's row.
				begun := &out[open[0]]
				o.open[key] = open[1:]
				begun.row, begun.start, begun.time, begun.end = s.row, begun.time, s.time, s.end
				o.unpaired--
				joined = true
				continue
			}
		case lifeOther:
			o.other++
		}
		out = append(out, s)
	}
	if joined && !slices.IsSortedFunc(out, compareSteps) {
		slices.SortStableFunc(out, compareSteps)
	}
	return out
}

// notes says what was met.
func (o *met) notes() (notes []Note) {
	say := func(n int64, code, one, many string) {
		switch {
		case n == 1:
			notes = append(notes, Note{code, one})
		case n > 1:
			notes = append(notes, Note{code, fmt.Sprintf(many, n)})
		}
	}
	say(o.missing, "missing-times",
		"1 event has no time of its end; it stands where it began, else after its predecessor in the source.",
		"%d events have no time of their end; each stands where it began, else after its predecessor in the source.")
	say(o.dayPrecision, "day-precision",
		"1 event is known to the day only; it stands before the next higher step of that day, or at its end.",
		"%d events are known to the day only; each stands before the next higher step of that day, or at its end.")
	say(o.ties, "ties",
		"1 event has the same time as the one before it in its case; the order of the source decides.",
		"%d events have the same time as the one before them in their case; the order of the source decides.")
	say(o.empty, "empty-cases",
		"1 case has no events; it counts as a case, with an empty variant.",
		"%d cases have no events; they count as cases, with an empty variant.")
	say(o.dropped, "lifecycle-dropped",
		"1 event that is no completion was left out (--lifecycle complete).",
		"%d events that are no completions were left out (--lifecycle complete).")
	say(o.unpaired, "lifecycle-open",
		"1 start has no completion; it stands as an event of its own.",
		"%d starts have no completion; they stand as events of their own.")
	say(o.other, "lifecycle-other",
		"1 event is neither start nor complete in its lifecycle; it stands as an event of its own.",
		"%d events are neither start nor complete in their lifecycle; they stand as events of their own.")
	return notes
}
