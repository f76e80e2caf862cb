package ingest

import (
	"fmt"
	"time"

	"millrace/eventlog"
)

// LoadZone returns the zone of times that do not say theirs; "" is UTC.
func LoadZone(name string) (*time.Location, error) {
	if name == "Local" { // the machine's: the same input would give other results elsewhere
		return nil, fmt.Errorf("timezone %q differs between machines; say which, such as %q", name, "Europe/Berlin")
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("timezone %q is not known; use an IANA name such as %q", name, "Europe/Berlin")
	}
	return loc, nil
}

// A zone turns wall clock into UTC. On the night the clocks go forward a time
// that does not exist is moved forward by the gap; on the night they go back an
// ambiguous one is the first. Both are counted.
type zone struct {
	loc            *time.Location
	gaps, overlaps int64

	// between these wall clock seconds the offset is the same, and no change
	// of it is near
	from, to, offset int64
}

const day = 24 * 60 * 60

// utc takes and returns seconds since 1970.
func (z *zone) utc(wall int64) int64 {
	if z.from <= wall && wall < z.to {
		return wall - z.offset
	}
	before, after := z.at(wall-day), z.at(wall+day)
	if before == after {
		z.remember(wall, before)
		return wall - before
	}
	first, second := wall-max(before, after), wall-min(before, after)
	okFirst := wall-first == z.at(first)
	okSecond := wall-second == z.at(second)
	switch {
	case okFirst && okSecond:
		z.overlaps++
		return first
	case okFirst:
		return first
	case okSecond:
		return second
	}
	z.gaps++
	return wall - before
}

func (z *zone) at(utc int64) int64 {
	_, offset := time.Unix(utc, 0).In(z.loc).Zone()
	return int64(offset)
}

// remember keeps the span around wall in which no change is nearer than a day.
func (z *zone) remember(wall, offset int64) {
	const forever = 1 << 62
	start, end := time.Unix(wall-offset, 0).In(z.loc).ZoneBounds()
	from, to := int64(-forever), int64(forever)
	if !start.IsZero() {
		from = start.Unix() + offset + 2*day
	}
	if !end.IsZero() {
		to = end.Unix() + offset - 2*day
	}
	if from <= wall && wall < to {
		z.from, z.to, z.offset = from, to, offset
	}
}

// FromClock turns µs of wall clock, counted as if it were UTC, into µs of UTC.
func (f *TimeFormat) FromClock(us int64) int64 {
	sec, part := us/1e6, us%1e6
	if part < 0 {
		sec, part = sec-1, part+1e6
	}
	return f.zone.utc(sec)*1e6 + part
}

// Notes tells what the format had to decide, of a column.
func (f *TimeFormat) Notes(column string) []eventlog.Note {
	var notes []eventlog.Note
	add := func(code, format string, args ...any) {
		notes = append(notes, eventlog.Note{Code: code, Text: fmt.Sprintf(format, args...)})
	}
	if f.ambiguous {
		add("ambiguous-dates", "no value of %q tells days from months; days were taken to come first (%q): say --time-layout if they do not",
			column, f.layout)
	}
	if f.order == serial && !f.told {
		add("excel-dates", "the numbers in %q were taken for days as Excel counts them: say --time-layout if they are not", column)
	}
	if n := f.zone.gaps; n > 0 {
		add("times-in-gap", "%s of %q the clocks of %s skipped; moved forward by the gap",
			count(n, "time", "times"), column, f.zone.loc)
	}
	if n := f.zone.overlaps; n > 0 {
		add("times-in-overlap", "%s of %q the clocks of %s showed twice; taken as the first",
			count(n, "time", "times"), column, f.zone.loc)
	}
	return notes
}

func count(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// clock writes the wall clock of µs since 1970.
func (z *zone) clock(us int64) string {
	return time.UnixMicro(us).In(z.loc).Format("2006-01-02 15:04:05.999999")
}
