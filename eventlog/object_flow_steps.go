package eventlog

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
)

// objectSteps are the events of objects in their declared order: the
// temporary table step of a connection.
//
// The order is the Builder's, whatever it is made of: an object is a case of
// its own. SQL only counts what is in order already.
type objectSteps struct {
	c       *storeConn
	types   []flowType // sorted
	stored  []string   // what the store calls them
	untyped int64      // objects of no known type, which are left out
	alive   []int64    // of each type, with events
	life    []*Durations
	met     *ordering
}

// objectSteps puts the events of objects in order and passes them on; they are
// gone after use returns.
func (s *Store) objectSteps(ctx context.Context, o ObjectFlowOptions, use func(*objectSteps) error) error {
	return s.session(ctx, func(c *storeConn) error {
		t := &objectSteps{c: c, met: newOrdering(o.Lifecycle, o.Zone)}
		var err error
		if o.Log != "" {
			o.Sources = []string{o.Log}
		}
		if t.types, t.untyped, err = c.flowTypes(ctx, o); err != nil {
			return err
		}
		for _, typ := range t.types {
			t.stored = append(t.stored, typ.stored)
		}
		t.alive = make([]int64, len(t.types))
		for range t.types {
			t.life = append(t.life, &Durations{keep: o.Exact})
		}
		for _, name := range []string{"object_flow_within", "object_flow_step"} {
			if err := c.exec(ctx, storeText(name)); err != nil {
				return err
			}
		}
		if o.Within != nil {
			if err := t.within(ctx, o.Within); err != nil {
				return err
			}
		}
		err = c.exec(ctx, storeText("object_flow_events"), append([]string{}, t.stored...), append([]string{}, o.Sources...), o.Within != nil)
		if err != nil {
			return err
		}
		r := &rowReader{c: c, name: "type", emit: func(r *CaseRows) error { return t.order(ctx, r) }}
		if err := r.read(ctx); err != nil {
			return err
		}
		if err := c.exec(ctx, "DROP TABLE case_event"); err != nil { // step says it all
			return err
		}
		for _, d := range t.life {
			d.seal()
		}
		return use(t)
	})
}

// within keeps the numbers of a log's events in a table.
func (t *objectSteps) within(ctx context.Context, l *Log) error {
	return t.c.append(ctx, "within", func(row func(...driver.Value) error) error {
		for b := range l.Batches() {
			for _, e := range b.Event {
				if err := row(e); err != nil {
					return err
				}
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		return nil
	})
}

// order puts the events of some objects in order, and writes their steps.
func (t *objectSteps) order(ctx context.Context, r *CaseRows) (err error) {
	if t.met.rows, err = storedRows(r, t.met.life); err != nil {
		return err
	}
	return t.c.append(ctx, "step", func(row func(...driver.Value) error) error {
		for i, object := range r.Case {
			typ, ok := slices.BinarySearch(t.stored, r.ID[i])
			if !ok {
				return fmt.Errorf("object %d is of type %q, which nobody asked for", object, r.ID[i])
			}
			if err := t.write(uint32(typ), object, t.met.order(r.Offsets[i], r.Offsets[i+1]), row); err != nil {
				return err
			}
		}
		return ctx.Err()
	})
}

// write adds the steps of one object.
func (t *objectSteps) write(typ uint32, object int64, steps []step, row func(...driver.Value) error) error {
	b := t.met.rows
	if len(steps) == 0 { // none is left of an unfinished event: see Complete
		return nil
	}
	var before int64
	var origin uint32
	end, first, last := int64(NoTime), int64(NoTime), int64(NoTime)
	for i := range steps {
		s := &steps[i]
		begin := s.begin()
		wait := int64(NoTime)
		if end != NoTime && begin != NoTime {
			wait = begin - end
		}
		event, activity := b.event[s.row], uint32(b.activity[s.row])
		if err := row(typ, object, event, activity, before, origin, wait, i == len(steps)-1); err != nil {
			return err
		}
		before, origin, end = event, activity, s.time
		if s.time != NoTime {
			last = max(last, s.time)
			if first == NoTime || s.time < first {
				first = s.time
			}
		}
	}
	t.alive[typ]++
	if steps[0].time == NoTime || steps[len(steps)-1].time == NoTime { // as of a case: see Cases.Ends
		t.life[typ].Missing++
	} else {
		t.life[typ].Add(last - first)
	}
	return nil
}

// notes says what was met: of all objects, so that an event that three
// objects share may count three times.
func (t *objectSteps) notes() (notes []Note) {
	say := func(n int64, code, text string) {
		if n > 0 {
			notes = append(notes, Note{code, fmt.Sprintf(text, n)})
		}
	}
	var idle int64
	var names string
	for i, typ := range t.types {
		if n := typ.objects - t.alive[i]; n > 0 {
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
	say(t.untyped, "objects-without-type", "Objects that are only referred to, and of no known type: %d; they are left out.")
	o := t.met
	say(o.missing, "missing-times", "Steps of objects without a time of their end: %d; each stands where it began, else after its predecessor in the source.")
	say(o.dayPrecision, "day-precision", "Steps of objects that are known to the day only: %d; each stands before the next higher step of that day, or at its end.")
	say(o.ties, "ties", "Steps of objects at the same time as the one before them: %d; the order of the source decides.")
	say(o.dropped, "lifecycle-dropped", "Steps of objects that are no completions, and left out (--lifecycle complete): %d.")
	say(o.unpaired, "lifecycle-open", "Starts without a completion: %d; they stand as events of their own.")
	say(o.other, "lifecycle-other", "Steps of objects that are neither start nor complete in their lifecycle: %d; they stand as events of their own.")
	return notes
}
