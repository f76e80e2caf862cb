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

// tables writes the SELECTs of the sites that have a calendar of their own, as
// rows of (site), and of the hours of all calendars, as rows of (calendar, start,
// until, before): from start to until, in µs UTC, the site works, and before start
// it has worked so long since 1970. The default is called ”. The hours are text in
// the statement: to plan as many literals takes ten times as long.
func (c Calendars) tables(from, to time.Time) (sites, hours string) {
	var s, h []string
	one := func(name string, cal *calendar.Calendar) {
		var open []string
		for _, x := range cal.Open(from.UnixMicro(), to.UnixMicro()) {
			open = append(open, fmt.Sprintf("%d %d %d", x.Start, x.End, cal.At(x.Start)))
		}
		if len(open) > 0 {
			h = append(h, fmt.Sprintf("(%s, '%s')", literal(name), strings.Join(open, ", ")))
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
		h = []string{"(NULL, NULL)"}
	}
	return "VALUES " + strings.Join(s, ", "), `SELECT calendar, h[1]::BIGINT, h[2]::BIGINT, h[3]::BIGINT
	FROM (
		SELECT calendar, string_split(unnest(string_split(open, ', ')), ' ') AS h
		FROM (VALUES ` + strings.Join(h, ",\n\t\t\t") + `) t(calendar, open)
	)`
}
