package calendar

import (
	"math"
	"time"
)

const (
	second = int64(1_000_000) // µs
	minute = 60 * second
	day    = 24 * 60 * minute

	// NoTime is eventlog.NoTime, a missing time. It stays one.
	NoTime = math.MinInt64

	never = math.MaxInt64
)

// A calendar knows 400 years, after which the Gregorian calendar repeats
// itself: the same dates fall on the same weekdays. So does a calendar.
const (
	firstYear = 1900
	lastYear  = firstYear + 400 - 1
	cycleDays = 146_097
	cycle     = cycleDays * day
	begin     = -25_567 * day // 1900-01-01
)

// A span is a stretch of time in which the site is open, and the time since
// the span before, in which it is not.
type span struct {
	start, end int64 // µs UTC
	before     int64 // working time up to start
}

// A table is the working time of the days from lo to hi, at midnights UTC.
// The last of its spans begins never.
type table struct {
	lo, hi int64
	spans  []span
	first  []int32 // of each day: the first span that ends after its midnight
}

// find returns the number of the span in, or before, which us is.
// us must be in the table. O(spans of a day).
func (t *table) find(us int64) int {
	i := int(t.first[(us-t.lo)/day])
	for t.spans[i].end <= us {
		i++
	}
	return i
}

func (t *table) at(us int64) int64 {
	s := &t.spans[t.find(us)]
	return s.before + max(0, us-s.start)
}

// reaches says whether so much work is done within the table.
func (t *table) reaches(work int64) bool {
	return work > t.spans[0].before && work <= t.spans[len(t.spans)-1].before
}

// newTable works out the years from first to last; 1970 must be among them.
// O(days).
func (c *Calendar) newTable(first, last int) *table {
	lo := int64(dateOf(first, time.January, 1)) * day
	t := &table{lo: lo, hi: int64(dateOf(last+1, time.January, 1)) * day}
	// Local days begin and end at most 16 h from UTC's, a shift ends at most
	// 24 h after its day: two days more on either side see it all.
	clock := wallClock{periods: periods(c.zone, lo-3*day, t.hi+3*day)}
	open := span{start: lo, end: lo} // the span at hand
	for d := date(lo/day) - 2; d < date(t.hi/day)+2; {
		year := d.time().Year()
		newYear := dateOf(year, time.January, 1)
		for i, h := range c.year(year) {
			if newYear+date(i) < d {
				continue
			}
			for _, s := range h {
				midnight := int64(newYear+date(i)) * day
				// Ends are not in the order of starts, so each has a clock of its own.
				start := clock.first(midnight + int64(s.start)*minute)
				to := clock
				end := to.first(midnight + int64(s.end)*minute)
				start, end = max(start, t.lo), min(end, t.hi)
				switch {
				case start >= end:
				case start <= open.end:
					open.end = max(open.end, end)
				default:
					t.add(open)
					open = span{start: start, end: end}
				}
			}
		}
		d = dateOf(year+1, time.January, 1)
	}
	t.add(open)
	t.add(span{start: never, end: never})
	t.index()
	return t
}

func (t *table) add(s span) {
	if n := len(t.spans); n > 0 {
		s.before = t.spans[n-1].before + t.spans[n-1].end - t.spans[n-1].start
	}
	if s.start < s.end || s.start == never {
		t.spans = append(t.spans, s)
	}
}

// index finds the first span of each day, and starts counting in 1970.
func (t *table) index() {
	t.first = make([]int32, (t.hi-t.lo)/day)
	i := 0
	for d := range t.first {
		for t.spans[i].end <= t.lo+int64(d)*day {
			i++
		}
		t.first[d] = int32(i)
	}
	zero := t.at(0)
	for i := range t.spans {
		t.spans[i].before -= zero
	}
}

// year returns the hours of each day of a year. What has a year of its own
// goes before what is every year's, an opening before a closing, either before
// a holiday, and that before the weekday.
func (c *Calendar) year(year int) []hours {
	first := dateOf(year, time.January, 1)
	all := make([]hours, dateOf(year+1, time.January, 1)-first)
	for i := range all {
		all[i] = c.def.week[(first + date(i)).weekday()]
	}
	for _, h := range c.Holidays(year) {
		all[h.day-first] = nil
	}
	for _, yearly := range []bool{true, false} {
		for _, s := range c.def.closed {
			if s.yearly == yearly {
				s.in(year, func(day int) { all[day] = nil })
			}
		}
		for _, o := range c.def.open {
			if o.days.yearly == yearly {
				o.days.in(year, func(day int) { all[day] = o.hours })
			}
		}
	}
	return all
}
