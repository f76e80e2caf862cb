package calendar

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zeebo/xxh3"
)

// A Calendar says when a site works. Its methods may be called by several
// goroutines at once.
//
// It knows the years 1900 to 2299. What lies outside counts as if the calendar
// repeated itself every 400 years, as dates and weekdays do.
type Calendar struct {
	def  Definition
	zone *time.Location

	table atomic.Pointer[table] // of the years asked for so far
	mu    sync.Mutex            // held while a larger one is made
}

// New returns the calendar that a definition describes, in the IANA time zone
// zone if it names none of its own. "" is UTC.
func New(d Definition, zone string) (*Calendar, error) {
	if d.timezone == "" {
		d.timezone = zone
	}
	if d.timezone == "" {
		d.timezone = "UTC"
	}
	if !d.works() {
		return nil, fmt.Errorf(`a calendar without working hours: give it weekdays: "08:00-18:00", or write 24/7`)
	}
	loc, err := Zone(d.timezone)
	if err != nil {
		return nil, fmt.Errorf("timezone: %w", err)
	}
	return &Calendar{def: d, zone: loc}, nil
}

// At returns the working time from 1970-01-01 00:00 UTC to an instant, both
// in µs UTC; it is negative before. It never decreases, and never grows faster
// than the clock. NoTime is NoTime. O(shifts of a day), about 10 ns; the first
// instant of a decade costs some milliseconds.
func (c *Calendar) At(us int64) int64 {
	t := c.table.Load()
	if t == nil || us < t.lo || us >= t.hi {
		return c.far(us)
	}
	return t.at(us)
}

// Between returns the working time from a to b, which is negative if b is the
// earlier; NoTime if either is.
func (c *Calendar) Between(a, b int64) int64 {
	if a == NoTime || b == NoTime {
		return NoTime
	}
	return c.At(b) - c.At(a)
}

// Inverse returns the earliest instant, in µs UTC, at which the working time
// since 1970-01-01 is work: the end of a stretch, where one ends with it, not
// the beginning of the next. Law: At(Inverse(w)) = w, and At is less at every
// earlier instant. NoTime is NoTime, and so is what lies outside the years 1900
// to 2299. O(log stretches of those years); the first costs some milliseconds.
func (c *Calendar) Inverse(work int64) int64 {
	if work == NoTime {
		return NoTime
	}
	t := c.table.Load()
	if t == nil || !t.reaches(work) {
		if t = c.years(firstYear, lastYear); !t.reaches(work) {
			return NoTime
		}
	}
	// The last span before which there was less work.
	i, _ := slices.BinarySearchFunc(t.spans, work, func(s span, w int64) int { return cmp.Compare(s.before, w) })
	s := t.spans[i-1]
	return s.start + work - s.before
}

// Fill sets dst[i] to At(src[i]); dst may be src. It is meant for columns, in
// which instants that follow one another are mostly near: then it costs a few
// nanoseconds a value.
func (c *Calendar) Fill(dst, src []int64) {
	dst = dst[:len(src)]
	// Between lo and hi, which is a span and the rest before it, the working
	// time is before, and from start on it grows.
	var lo, hi, start, before int64
	for i, us := range src {
		if us < lo || us >= hi {
			t := c.table.Load()
			if t == nil || us < t.lo || us >= t.hi {
				dst[i] = c.far(us)
				continue
			}
			n := t.find(us)
			lo, hi, start, before = t.lo, min(t.spans[n].end, t.hi), t.spans[n].start, t.spans[n].before
			if n > 0 {
				lo = t.spans[n-1].end
			}
		}
		dst[i] = before + max(0, us-start)
	}
}

// far is At for an instant that the table at hand does not hold.
func (c *Calendar) far(us int64) int64 {
	if us == NoTime {
		return NoTime
	}
	cycles := us / cycle
	near := us - cycles*cycle
	for ; near < begin; near += cycle {
		cycles--
	}
	for ; near >= begin+cycle; near -= cycle {
		cycles++
	}
	if cycles == 0 {
		year := time.UnixMicro(near).UTC().Year()
		return c.years(year, year).at(near)
	}
	t := c.years(firstYear, lastYear)
	end := t.spans[len(t.spans)-1].before
	return cycles*(end-t.at(t.lo)) + t.at(near)
}

// years returns a table that holds the years from first to last.
func (c *Calendar) years(first, last int) *table {
	c.mu.Lock()
	defer c.mu.Unlock()
	lo, hi := min(first, 1970), max(last, 1970)
	if t := c.table.Load(); t != nil {
		lo = min(lo, date(t.lo/day).time().Year())
		hi = max(hi, date(t.hi/day-1).time().Year())
		if t.lo <= int64(dateOf(lo, time.January, 1))*day && t.hi >= int64(dateOf(hi+1, time.January, 1))*day {
			return t
		}
	}
	t := c.newTable(lo/10*10, hi/10*10+9)
	c.table.Store(t)
	return t
}

// String returns the calendar as the YAML that [Parse] reads, in one line: of
// calendars that say the same in other words, the same, but for shifts that
// overlap or touch.
func (c *Calendar) String() string { return c.def.String() }

// Key identifies what the calendar counts: its text, and the dates of its
// holidays and of its changes of clocks. Equal keys mean equal working time
// at every instant; a new release of the rules makes a new key, if it changes
// anything from 1900 to 2299. Some milliseconds.
func (c *Calendar) Key() string {
	var b strings.Builder
	fmt.Fprintln(&b, "calendar 1", c)
	for year := firstYear; year <= lastYear; year++ {
		for _, h := range c.Holidays(year) {
			fmt.Fprintln(&b, int(h.day))
		}
	}
	for _, p := range periods(c.zone, begin-3*day, begin+cycle+3*day) {
		fmt.Fprintln(&b, p.start, p.offset)
	}
	return fmt.Sprintf("%x", xxh3.HashString128(b.String()).Bytes())
}
