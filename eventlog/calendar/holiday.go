package calendar

import (
	"cmp"
	"slices"
	"time"

	"github.com/rickar/cal/v2"
)

// A Holiday is a public holiday on which a site does not work.
type Holiday struct {
	Day  time.Time // its midnight, as if in UTC
	Name string    // in the language of the country
	day  date
}

// Holidays returns the public holidays of a year by the regions of the
// calendar, by day. One that is kept on another day, as on the Monday after a
// Sunday, is there twice: a site that works on weekends is closed on both.
func (c *Calendar) Holidays(year int) []Holiday {
	var all []Holiday
	begin, end := dateOf(year, time.January, 1), dateOf(year, time.December, 31)
	for _, r := range c.def.holidays {
		for _, h := range r.days {
			// New Year's Day may be kept on the last day of the year before.
			for y := year - 1; y <= year+1; y++ {
				actual, observed, ok := datesOf(h, y)
				if !ok {
					continue
				}
				for _, d := range slices.Compact([]date{actual, observed}) {
					if begin <= d && d <= end {
						all = append(all, Holiday{Day: d.time(), Name: h.Name, day: d})
					}
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Holiday) int {
		return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.Name, b.Name))
	})
	return slices.CompactFunc(all, func(a, b Holiday) bool { return a.day == b.day && a.Name == b.Name })
}

// datesOf returns on which day a holiday falls in a year, and on which it is
// kept. The library computes with midnights in the machine's zone, some of
// which do not exist there; so only the date is taken from it, at noon, and
// the rest is done here. Some of its functions write into the holiday they are
// given, which is therefore a copy.
func datesOf(h *cal.Holiday, year int) (actual, observed date, ok bool) {
	one := *h
	one.Observed = nil
	t, _ := one.Calc(year)
	if t.Year() < 1000 { // the zero time: not in this year
		return 0, 0, false
	}
	actual = dateOf(t.Add(12 * time.Hour).Date())
	observed = actual
	for _, alt := range h.Observed {
		if alt.Day == actual.weekday() {
			observed += date(alt.Offset)
			break
		}
	}
	return actual, observed, true
}
