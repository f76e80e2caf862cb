package metrics

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"millrace/eventlog/calendar"
)

// Calendars say when sites work, for figures in working time.
type Calendars struct {
	// Default is of rows whose site has none of its own; without it, such a row
	// has no working time and is left out.
	Default *calendar.Calendar
	// Of are the calendars of sites. A site that is not among them is looked
	// for in lower case.
	Of map[string]*calendar.Calendar
}

// sites writes which calendar a site has, as rows of (site, calendar), and the
// hours of the calendars, as rows of (calendar, start, until, before): from
// start to until, in µs UTC, the site works, and before start it has worked so
// long since 1970. The default is called ”.
func (c Calendars) rows(from, to time.Time) (sites, hours string) {
	var s, h []string
	one := func(name string, cal *calendar.Calendar) {
		for _, x := range cal.Open(from.UnixMicro(), to.UnixMicro()) {
			h = append(h, fmt.Sprintf("(%s, %d, %d, %d)", literal(name), x.Start, x.End, cal.At(x.Start)))
		}
	}
	for _, site := range slices.Sorted(maps.Keys(c.Of)) {
		s = append(s, fmt.Sprintf("(%s)", literal(site)))
		one(site, c.Of[site])
	}
	if c.Default != nil {
		one("", c.Default)
	}
	if len(s) == 0 {
		s = []string{"(NULL)"}
	}
	if len(h) == 0 {
		h = []string{"(NULL, NULL, NULL, NULL)"}
	}
	return strings.Join(s, ", "), strings.Join(h, ",\n\t")
}
