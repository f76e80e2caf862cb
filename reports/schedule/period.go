package schedule

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Length says what periods runs are of. Its zero value is none: each due time
// is a run of its own.
type Length string

// Lengths lists those of the calendar; weeks begin on Monday (ISO 8601).
var Lengths = []Length{"day", "week", "month", "quarter", "year"}

// UnmarshalText reads what a project file says.
func (l *Length) UnmarshalText(text []byte) error {
	if !slices.Contains(Lengths, Length(text)) {
		return fmt.Errorf("period: %q is none of %s", text, listed(Lengths))
	}
	*l = Length(text)
	return nil
}

// listed writes a list of words.
func listed[T ~string](list []T) string {
	words := make([]string, len(list))
	for i, w := range list {
		words[i] = string(w)
	}
	return strings.Join(words, ", ")
}

// A Period is what a run is of: from an instant until before another.
type Period struct {
	Name     string // 2026-11-28, 2026-W48, 2026-11, 2026-Q3, 2026; fit for the name of a file
	From, To time.Time
}

// Before is the last period of a length that ended before a run was due, or as
// it was, by the clocks of a zone. Of no length it is the due time itself.
func (l Length) Before(due time.Time, zone *time.Location) Period {
	if l == "" {
		due = due.In(zone)
		return Period{Name: due.Format("2006-01-02T1504-0700"), From: due, To: due}
	}
	wall := shown(due, zone)
	year, month, day := wall.Date()
	var from, to time.Time // as clocks show it
	name := ""
	switch l {
	case "day":
		to = wall.Truncate(24 * time.Hour)
		from = to.AddDate(0, 0, -1)
		name = from.Format(time.DateOnly)
	case "week":
		to = time.Date(year, month, day-(int(wall.Weekday())+6)%7, 0, 0, 0, 0, time.UTC)
		from = to.AddDate(0, 0, -7)
		y, w := from.ISOWeek()
		name = fmt.Sprintf("%04d-W%02d", y, w)
	case "month":
		to = time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
		from = to.AddDate(0, -1, 0)
		name = from.Format("2006-01")
	case "quarter":
		to = time.Date(year, month-(month-1)%3, 1, 0, 0, 0, 0, time.UTC)
		from = to.AddDate(0, -3, 0)
		name = fmt.Sprintf("%04d-Q%d", from.Year(), (from.Month()+2)/3)
	case "year":
		to = time.Date(year, time.January, 1, 0, 0, 0, 0, time.UTC)
		from = to.AddDate(-1, 0, 0)
		name = from.Format("2006")
	default:
		panic("schedule: no such period: " + string(l)) // UnmarshalText and New refuse it
	}
	return Period{Name: name, From: reached(from, zone), To: reached(to, zone)}
}
