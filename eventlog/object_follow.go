package eventlog

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// A typeLog is the log of the objects of one type of those that are followed.
type typeLog struct {
	*Log
	flowType
	counts *caseCounts
	alive  int64    // objects that have events
	shared *sharing // of its objects
}

// followed is what was met while objects were followed.
type followed struct {
	types   []flowType // sorted
	untyped int64      // objects of no known type, which are left out
	alive   []int64    // of each type
	met     map[string]int64
}

// follow calls use with one type after the other; its log is gone after use
// returns.
//
// The order is the Builder's, whatever it is made of: an object is a case of
// its own. What is to be left out of its events is left out of their order.
func (s *Store) follow(ctx context.Context, o ObjectFlowOptions, use func(*typeLog) error) (*followed, error) {
	f := &followed{met: map[string]int64{}}
	within, err := s.followWithin(ctx, o)
	if err != nil {
		return nil, err
	}
	err = s.session(ctx, func(c *storeConn) (err error) {
		f.types, f.untyped, err = c.flowTypes(ctx, o)
		return err
	})
	if err != nil {
		return nil, err
	}
	options, life := LogOptions{Zone: o.Zone}, o.Lifecycle
	var system *systemLog
	switch {
	case o.Log != "":
		life = All // events of such a log have no transitions, and its types make logs that say so
	case o.Lifecycle == Pair: // as the columns are
		objects, err := s.systemObjects(ctx)
		if err != nil {
			return nil, err
		}
		if system, err = s.mapSystem(ctx, objects, options); err != nil {
			return nil, err
		}
	}
	if system != nil {
		defer system.Close() // it is only read
	}
	for _, typ := range f.types {
		t := &typeLog{flowType: typ}
		if t.Log, t.shared = system.of(typ.stored); t.Log != nil {
			err = f.add(ctx, t, true, within, use)
		} else {
			err = s.followLog(ctx, objectKey(typ.stored, life, options), t, options, func(known bool) error { return f.add(ctx, t, known, within, use) })
		}
		if err != nil {
			return nil, err
		}
	}
	return f, nil
}

// followWithin are the events that count; nil are all.
func (s *Store) followWithin(ctx context.Context, o ObjectFlowOptions) (set eventSet, err error) {
	if o.Within != nil {
		set = o.Within.events()
	}
	if len(o.Sources) == 0 || o.Log != "" { // no other source touches the objects of an object-centric log
		return set, nil
	}
	err = s.session(ctx, func(c *storeConn) error {
		last, err := c.int(ctx, "SELECT max(event) FROM main.event")
		if err != nil {
			return err
		}
		of := newEventSet(last)
		for at := int64(0); at <= last; at += rowsEvents {
			err := c.arrow(ctx, storeText("object_flow_sources"), []any{at, at + rowsEvents, o.Sources}, func(b arrow.RecordBatch) error {
				for _, e := range b.Column(0).(*array.Int64).Int64Values() {
					of.add(e)
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		if set != nil {
			of.keep(set)
		}
		set = of
		return nil
	})
	return set, err
}

// followLog opens the log of the objects of t.
func (s *Store) followLog(ctx context.Context, key columnsKey, t *typeLog, o LogOptions, use func(known bool) error) (err error) {
	l, err := s.open(ctx, key, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	t.Log = l
	parts, shared, err := s.mapObjects(ctx, key, l)
	if err != nil {
		return err
	}
	if len(parts) > 0 {
		t.shared = shared[0]
	}
	return use(len(parts) > 0)
}

// add passes the log of the objects of a type on, as far as it is within; known
// says whether t.shared was found already.
func (f *followed) add(ctx context.Context, t *typeLog, known bool, within eventSet, use func(*typeLog) error) (err error) {
	whole := t.Log
	if within != nil {
		t.Log, err = whole.dropEvents(ctx, func(c *Cases, e int) bool { return within.has(c.Event[e]) })
		if err != nil {
			return err
		}
	}
	if !known || within != nil && t.shared != nil {
		if t.shared, err = findSharing(ctx, t.Log, sharingRange); err != nil {
			return err
		}
	}
	if t.counts, err = t.countCases(ctx, false); err != nil {
		return err
	}
	for v, n := range t.counts.variant {
		if t.paths.size(uint32(v)) > 0 {
			t.alive += n
		}
	}
	f.alive = append(f.alive, t.alive)
	for code, n := range orderMet(whole.notes) {
		f.met[code] += n
	}
	if within != nil {
		f.recount(whole, t.Log)
	}
	return use(t)
}

// orderMet reads what an ordering noted: its notes begin with how many.
func orderMet(notes []Note) map[string]int64 {
	met := map[string]int64{}
	for _, n := range notes {
		switch n.Code {
		case "missing-times", "day-precision", "ties", "lifecycle-dropped", "lifecycle-open", "lifecycle-other":
			var count int64
			if _, err := fmt.Sscan(n.Text, &count); err == nil {
				met[n.Code] += count
			}
		}
	}
	return met
}

// recount corrects what was met on the way of whole objects to what is met
// where some of their events are left out, as far as their times tell.
func (f *followed) recount(whole, left *Log) {
	met := orderMet(whole.notes)
	missing, ties := int64(0), int64(0)
	for _, c := range left.batches {
		begins := c.Starts()
		for i := range c.Case {
			for e := c.Offsets[i]; e < c.Offsets[i+1]; e++ {
				switch {
				case c.Time[e] == NoTime:
					missing++
				case e > c.Offsets[i] && c.Time[e] == c.Time[e-1] && begins[e] == begins[e-1]:
					ties++
				}
			}
		}
	}
	f.met["missing-times"] += missing - met["missing-times"]
	f.met["ties"] += min(ties, met["ties"]) - met["ties"]
}

// notes says what was met: of all objects, so that an event that three
// objects share may count three times.
func (f *followed) notes() (notes []Note) {
	say := func(n int64, code, text string) {
		if n > 0 {
			notes = append(notes, Note{code, fmt.Sprintf(text, n)})
		}
	}
	var idle int64
	var names string
	for i, typ := range f.types {
		if n := typ.objects - f.alive[i]; n > 0 {
			idle += n
			if names != "" {
				names += ", "
			}
			names += fmt.Sprintf("%s %d", typ.name, n)
		}
	}
	if idle > 0 {
		notes = append(notes, Note{"objects-without-events", fmt.Sprintf("Objects without events: %d (%s); they are counted among the objects, and nowhere else.", idle, names)})
	}
	say(f.untyped, "objects-without-type", "Objects that are only referred to, and of no known type: %d; they are left out.")
	for _, n := range [...]Note{
		{"missing-times", "Steps of objects without a time of their end: %d; each stands where it began, else after its predecessor in the source."},
		{"day-precision", "Steps of objects that are known to the day only: %d; each stands before the next higher step of that day, or at its end."},
		{"ties", "Steps of objects at the same time as the one before them: %d; the order of the source decides."},
		{"lifecycle-dropped", "Steps of objects that are no completions, and left out (--lifecycle complete): %d."},
		{"lifecycle-open", "Starts without a completion: %d; they stand as events of their own."},
		{"lifecycle-other", "Steps of objects that are neither start nor complete in their lifecycle: %d; they stand as events of their own."},
	} {
		say(f.met[n.Code], n.Code, n.Text)
	}
	return notes
}
