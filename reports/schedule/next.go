package schedule

import (
	"time"

	"millrace/eventlog/calendar"
)

// Next returns the first time after an instant at which e is due by the clocks
// of a zone; the zero time if e is the zero value.
//
// A time that the clocks skip is due at the first instant after the gap, once
// for all times in it. A time that they show twice is due the first time only.
// An expression of every hour (*, */1, 0-23) is due whenever the clocks show its
// minute, so it goes on in even steps of elapsed time through both nights. That
// is the rule of Vixie's cron, but for hours such as */2: there they count as
// what they are, times of the day, and 02:00 is neither left out nor doubled.
//
// It costs microseconds: the days to the next one, at about 10 ns each.
func (e Expression) Next(after time.Time, zone *time.Location) time.Time {
	if e.month == 0 {
		return time.Time{}
	}
	if e.everyHour() {
		return e.nextShown(after, zone)
	}
	// A clock reaches later times later, so the first reached after is that of
	// the first time on it that is. What it shows now it has reached.
	for wall := shown(after, zone); ; {
		wall = e.nextWall(wall.Truncate(time.Minute).Add(time.Minute))
		if t := reached(wall, zone); t.After(after) {
			return t
		}
	}
}

// nextShown is the first time after an instant that fits what the clocks show.
func (e Expression) nextShown(after time.Time, zone *time.Location) time.Time {
	const window = 400 * 24 * time.Hour
	for from := after.Truncate(time.Microsecond).Add(time.Microsecond); ; from = from.Add(window) {
		for _, s := range calendar.Stretches(zone, from, from.Add(window)) {
			first := s.Start.Add(s.Offset)
			if up := first.Truncate(time.Minute); up.Before(first) {
				first = up.Add(time.Minute)
			}
			if t := e.nextWall(first).Add(-s.Offset); t.Before(s.End) {
				return t.In(zone)
			}
		}
	}
}

// nextWall is the first time from one on that fits, both as clocks show it.
func (e Expression) nextWall(from time.Time) time.Time {
	day := from.Truncate(24 * time.Hour)
	hour, minute := from.Hour(), from.Minute()
	for {
		fits, ok := e.nextDay(day)
		if !ok {
			panic("schedule: an expression that is never due: " + e.text) // ParseCron refuses it
		}
		if !fits.Equal(day) {
			hour, minute = 0, 0
		}
		for ; hour < 24; hour, minute = hour+1, 0 {
			if e.hour>>hour&1 == 0 {
				continue
			}
			for ; minute < 60; minute++ {
				if e.minute>>minute&1 == 1 {
					return fits.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
				}
			}
		}
		day, hour, minute = fits.AddDate(0, 0, 1), 0, 0
	}
}

// shown is what the clocks of a zone show at an instant, as if it were UTC.
func shown(t time.Time, zone *time.Location) time.Time {
	t = t.In(zone)
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// reached is the first instant at which the clocks of a zone show a time (as if
// it were UTC), or a later one.
func reached(wall time.Time, zone *time.Location) time.Time {
	const far = 48 * time.Hour // from UTC, and what is repeated
	list := calendar.Stretches(zone, wall.Add(-far), wall.Add(far))
	for _, s := range list {
		t := wall.Add(-s.Offset)
		if t.Before(s.Start) {
			t = s.Start
		}
		if t.Before(s.End) {
			return t.In(zone)
		}
	}
	panic("schedule: the clocks of " + zone.String() + " do not reach " + wall.String())
}
