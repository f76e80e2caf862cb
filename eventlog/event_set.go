package eventlog

import "sync/atomic"

// An eventSet has events of a store, by number: 1 bit for each that there is.
type eventSet []uint64

// newEventSet makes an empty set for events up to number last.
func newEventSet(last int64) eventSet { return make(eventSet, last/64+1) }

// add puts an event into the set and says whether it was not there yet.
func (s eventSet) add(event int64) bool {
	w, bit := &s[event/64], uint64(1)<<(event%64)
	if *w&bit != 0 {
		return false
	}
	*w |= bit
	return true
}

// addAmong is add for who is not alone in adding.
func (s eventSet) addAmong(event int64) bool {
	bit := uint64(1) << (event % 64)
	return atomic.OrUint64(&s[event/64], bit)&bit == 0
}

// has says whether an event, which may be of another store, is in the set.
func (s eventSet) has(event int64) bool {
	return event >= 0 && event/64 < int64(len(s)) && s[event/64]&(1<<(event%64)) != 0
}

// keep leaves only events that another set has too.
func (s eventSet) keep(other eventSet) {
	for i := range s {
		if i < len(other) {
			s[i] &= other[i]
		} else {
			s[i] = 0
		}
	}
}

// lastEvent is the highest number of an event in the batches.
func (l *Log) lastEvent() int64 {
	last := int64(0)
	for _, c := range l.batches {
		for _, e := range c.Event {
			last = max(last, e)
		}
	}
	return last
}

// events are those of the log.
func (l *Log) events() eventSet {
	set := newEventSet(l.lastEvent())
	for c := range l.Batches() {
		for _, e := range c.Event {
			set.add(e)
		}
	}
	return set
}
