package eventlog

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"millrace/eventlog/calendar"
)

// Calendars say which calendar the working time of each case is counted by.
// The zero value has none: no case has working time.
type Calendars struct {
	// Default is of cases that By does not place; nil: they have no working
	// time, and never that of the clock in silence.
	Default *calendar.Calendar
	// By is the attribute that names the site of a case: its own, else the
	// first value its events have, as in conditions on cases. "": Default is
	// of all cases.
	By string
	// Of are the calendars of the sites, by the value of By as text. A site
	// that is not among them is looked for in lower case.
	Of map[string]*calendar.Calendar
}

// of returns the calendar of a site, nil if it has none of its own.
func (c *Calendars) of(site string) *calendar.Calendar {
	if found := c.Of[site]; found != nil {
		return found
	}
	return c.Of[strings.ToLower(site)]
}

// Key identifies what is counted: of equal keys, every case of a log has the
// same working time. It takes some milliseconds a calendar.
func (c *Calendars) Key() string {
	known := map[*calendar.Calendar]string{nil: ""}
	keyOf := func(of *calendar.Calendar) string {
		key, ok := known[of]
		if !ok {
			key = of.Key()
			known[of] = key
		}
		return key
	}
	parts := []string{"calendars 1", keyOf(c.Default)}
	if c.By != "" {
		parts = append(parts, c.By)
		for _, site := range slices.Sorted(maps.Keys(c.Of)) {
			parts = append(parts, site, keyOf(c.Of[site]))
		}
	}
	text, err := json.Marshal(parts)
	if err != nil {
		panic(err) // texts are always written
	}
	return fmt.Sprintf("%x", xxh3.Hash128(text).Bytes())
}
