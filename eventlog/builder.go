package eventlog

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// A Lifecycle says what becomes of the transitions of an event's life
// (IEEE 1849-2016, §6.3: schedule, start, complete, …).
type Lifecycle int8

const (
	Pair     Lifecycle = iota // a start and its complete are one event that lasts
	All                       // every transition is an event of its own
	Complete                  // only completions, and events without a transition
)

func (l Lifecycle) String() string { return [...]string{"pair", "all", "complete"}[l] }

// ParseLifecycle reads the word used on the command line.
func ParseLifecycle(s string) (Lifecycle, error) {
	switch s {
	case "", "pair":
		return Pair, nil
	case "all":
		return All, nil
	case "complete":
		return Complete, nil
	}
	return 0, fmt.Errorf("lifecycle must be pair, all or complete, not %q", s)
}

// BuilderOptions say how a log is put together. The zero value is the default.
type BuilderOptions struct {
	Name      string
	Lifecycle Lifecycle
	// Zone is where the day of an event of day precision begins and ends;
	// default UTC.
	Zone *time.Location
	// Attributes keeps the attributes of events and cases, for filters; it
	// costs memory.
	Attributes bool
}

// A Builder puts events, in whatever order they come, together to a [Log] of
// cases in their declared order (DESIGN.md, "Order"). It holds the log in
// memory: 30 to 50 bytes an event, attributes apart.
type Builder struct {
	o BuilderOptions

	cases, activities, resources dictionary
	instances                    dictionary

	caseOf   []uint32
	activity []uint16
	time     []int64
	start    []int64  // nil until an event has one
	resource []int32  // nil until an event has one
	sequence []int64  // nil until declared
	day      []bool   // nil until an event has it
	rank     []int32  // nil until ranks are declared
	life     []uint8  // nil until an event has one: see lifeStart
	instance []uint32 // nil until an event has one
	event    []int64
	numbers  []int64 // case code → number; nil: they are the same

	attributes *attributes
	notes      []Note
}

const (
	lifeNone uint8 = iota
	lifeStart
	lifeComplete
	lifeOther
)

// A dictionary numbers labels in the order in which they are first seen.
type dictionary struct {
	code   map[string]uint32
	labels []string
}

func (d *dictionary) add(s string) uint32 {
	if c, ok := d.code[s]; ok {
		return c
	}
	if d.code == nil {
		d.code = map[string]uint32{}
	}
	c := uint32(len(d.labels))
	s = strings.Clone(s)
	d.labels = append(d.labels, s)
	d.code[s] = c
	return c
}

// NewBuilder returns a Builder of an empty log.
func NewBuilder(o BuilderOptions) *Builder {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	b := &Builder{o: o}
	if o.Attributes {
		b.attributes = &attributes{}
	}
	return b
}

// MaxActivities is how many distinct activities a log may have.
const MaxActivities = math.MaxUint16 + 1

// ErrTooManyActivities says that the activity column is probably not one.
var ErrTooManyActivities = fmt.Errorf("more than %d distinct activities: is the activity column the right one?", MaxActivities)

// Add takes the events of a batch. It does not keep the batch.
func (b *Builder) Add(in *Batch) error {
	n := len(b.caseOf)
	for i := range in.Case {
		code := b.activities.add(in.Activity[i])
		if code >= MaxActivities {
			return ErrTooManyActivities
		}
		b.caseOf = append(b.caseOf, b.cases.add(in.Case[i]))
		b.activity = append(b.activity, uint16(code))
		b.time = append(b.time, in.Time[i])
		b.event = append(b.event, int64(n+i+1))
	}
	b.start = extend(b.start, in.Start, n, in.Len(), NoTime)
	b.day = extend(b.day, in.Day, n, in.Len(), false)
	if (in.Sequence != nil) != (b.sequence != nil) && n > 0 && in.Len() > 0 {
		return errors.New("a source declares its sequence for all events or for none")
	}
	b.sequence = extend(b.sequence, in.Sequence, n, in.Len(), 0)
	if in.Resource != nil {
		codes := make([]int32, len(in.Resource))
		for i, r := range in.Resource {
			codes[i] = -1
			if r != "" {
				codes[i] = int32(b.resources.add(r))
			}
		}
		b.resource = extend(b.resource, codes, n, in.Len(), -1)
	} else {
		b.resource = extend(b.resource, nil, n, in.Len(), -1)
	}
	var life []uint8
	if in.Lifecycle != nil && b.o.Lifecycle != All {
		life = make([]uint8, in.Len())
		for i, l := range in.Lifecycle {
			life[i] = lifeOf(l)
		}
	}
	b.life = extend(b.life, life, n, in.Len(), lifeNone)
	var instance []uint32
	if in.Instance != nil && b.o.Lifecycle == Pair {
		instance = make([]uint32, in.Len())
		for i, s := range in.Instance {
			instance[i] = b.instances.add(s)
		}
	}
	b.instance = extend(b.instance, instance, n, in.Len(), 0)
	for _, id := range in.CaseIDs { // a case may have no events
		b.cases.add(id)
	}
	if b.attributes != nil {
		b.attributes.add(in, n, &b.cases)
	}
	return nil
}

func lifeOf(transition string) uint8 {
	switch {
	case transition == "":
		return lifeNone
	case strings.EqualFold(transition, "start"):
		return lifeStart
	case strings.EqualFold(transition, "complete"):
		return lifeComplete
	}
	return lifeOther
}

// extend appends add, or n times fill where the batch has no such column, to a
// column that is nil as long as nothing in it differs from fill.
func extend[T any](col, add []T, have, n int, fill T) []T {
	if add == nil && col == nil {
		return nil
	}
	if col == nil {
		col = make([]T, have, have+n)
		for i := range col {
			col[i] = fill
		}
	}
	if add != nil {
		return append(col, add...)
	}
	for range n {
		col = append(col, fill)
	}
	return col
}

// Log returns the log of all events added. The Builder is of no use afterwards.
//
// It takes O(n) time, and O(k log k) in each case of k events that did not
// come in their order.
func (b *Builder) Log() (*Log, error) {
	ids := b.cases.labels
	l := &Log{Name: b.o.Name, labels: b.activities.labels, resources: b.resources.labels,
		caseIDs: func(_ context.Context, numbers []int64) ([]string, error) {
			out := make([]string, len(numbers))
			for i, n := range numbers {
				out[i] = ids[n]
			}
			return out, nil
		}}
	w := &casesWriter{
		starts:    b.start != nil || slices.Contains(b.life, lifeStart),
		resources: b.resource != nil,
		emit: func(c *Cases) error {
			l.batches = append(l.batches, c)
			return nil
		},
	}
	if err := b.write(w); err != nil {
		return nil, err
	}
	l.paths = codePaths(l.batches)
	l.notes = b.notes
	if b.attributes != nil {
		l.sites = func(_ context.Context, attribute string) (*caseSites, error) {
			return b.attributes.sites(l.Name, attribute)
		}
		l.table = &conditionTable{fill: func(ctx context.Context, c *sql.Conn) error { return b.fillTables(ctx, c) }}
	}
	return l, nil
}

// write puts the events in order and hands them to w, case by case in the
// order in which the cases were first seen.
func (b *Builder) write(w *casesWriter) error {
	o := &ordering{b: b}
	if err := o.write(w); err != nil {
		return err
	}
	o.note()
	return w.flush()
}

// write hands the cases of the ordering's Builder to w, which may have some of
// another.
func (o *ordering) write(w *casesWriter) error {
	b := o.b
	// A counting sort by case keeps the order of arrival within each.
	offsets := make([]int, len(b.cases.labels)+1)
	for _, c := range b.caseOf {
		offsets[c+1]++
	}
	for i := 1; i < len(offsets); i++ {
		offsets[i] += offsets[i-1]
	}
	rows := make([]int32, len(b.caseOf))
	if len(b.caseOf) > math.MaxInt32 {
		return fmt.Errorf("%d events are more than one log in memory can hold (%d)", len(b.caseOf), math.MaxInt32)
	}
	at := slices.Clone(offsets)
	for row, c := range b.caseOf {
		rows[at[c]] = int32(row)
		at[c]++
	}
	for c := range len(offsets) - 1 {
		steps := o.order(rows[offsets[c]:offsets[c+1]])
		if len(steps) == 0 {
			o.empty++
		}
		if err := w.room(len(steps)); err != nil {
			return err
		}
		cur := w.cur
		number := int64(c)
		if b.numbers != nil {
			number = b.numbers[c]
		}
		cur.Case = append(cur.Case, number)
		for i := range steps {
			s := &steps[i]
			cur.Activity = append(cur.Activity, b.activity[s.row])
			cur.Time = append(cur.Time, s.time)
			cur.Event = append(cur.Event, b.event[s.row])
			if w.starts {
				begin := s.start
				if begin == NoTime {
					begin = s.time
				}
				cur.Start = append(cur.Start, begin)
			}
			if w.resources {
				resource := int32(-1)
				if b.resource != nil {
					resource = b.resource[s.row]
				}
				cur.Resource = append(cur.Resource, resource)
			}
		}
		cur.Offsets = append(cur.Offsets, int32(len(cur.Activity)))
	}
	return nil
}

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

// An ordering puts the events of one case after the other in their declared
// order, and counts what it met.
type ordering struct {
	b     *Builder
	steps []step
	open  map[pairKey][]int32

	missing, dayPrecision, ties, dropped, unpaired, other, empty int64
}

type pairKey struct {
	activity uint16
	instance uint32
}

// order returns the events of a case, whose rows come in order of arrival.
func (o *ordering) order(rows []int32) []step {
	b, steps := o.b, o.steps[:0]
	sorted := true
	for i, row := range rows {
		s := step{row: row, time: b.time[row], start: NoTime, sequence: int64(i)}
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
		begin := time.UnixMicro(d.time).In(o.b.o.Zone)
		y, m, day := begin.Date()
		first := time.Date(y, m, day, 0, 0, 0, 0, o.b.o.Zone).UnixMicro()
		end := time.Date(y, m, day+1, 0, 0, 0, 0, o.b.o.Zone).UnixMicro()
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
	b := o.b
	out := steps[:0]
	if b.o.Lifecycle == Complete {
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

func (o *ordering) note() {
	say := func(n int64, code, one, many string) {
		switch {
		case n == 1:
			o.b.notes = append(o.b.notes, Note{code, one})
		case n > 1:
			o.b.notes = append(o.b.notes, Note{code, fmt.Sprintf(many, n)})
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
}
