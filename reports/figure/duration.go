package figure

import (
	"math"
	"time"
)

// Microseconds in the units durations are worded in.
const (
	Second = 1e6
	Minute = 60 * Second
	Hour   = 60 * Minute
	Day    = 24 * Hour
)

// Duration writes a duration of us microseconds in the unit a person would
// use: 42 s, 36 min, 16 h, 2.5 d.
func (f *Style) Duration(us float64) string {
	number, unit := f.DurationParts(us)
	return number + NBSP + unit
}

// DurationParts is Duration with the number and the unit apart.
func (f *Style) DurationParts(us float64) (number, unit string) {
	if math.IsNaN(us) {
		return None, ""
	}
	sign := ""
	if us < 0 {
		sign, us = "−", -us
	}
	switch {
	case us == 0:
		return "0", f.Seconds
	case us < Second:
		return "<1", f.Seconds
	case us < 59.5*Second:
		return sign + f.Number(us/Second, 0), f.Seconds
	case us < 59.5*Minute:
		return sign + f.Number(us/Minute, 0), f.Minutes
	case us < 9.95*Hour:
		return sign + f.Number(us/Hour, 1), f.Hour
	case us < 47.5*Hour:
		return sign + f.Number(us/Hour, 0), f.Hour
	case us < 99.5*Day:
		return sign + f.Number(us/Day, 1), f.Days
	}
	return sign + f.Number(us/Day, 0), f.Days
}

// Hours writes a sum of durations in hours: 71,577 h.
func (f *Style) Hours(us float64) string {
	switch h := us / Hour; {
	case h > 0 && h < 0.05:
		return "<" + f.Number(.1, 1) + NBSP + f.Hour
	case h < 9.95:
		return f.Number(h, 1) + NBSP + f.Hour
	default:
		return f.Number(h, 0) + NBSP + f.Hour
	}
}

// Date writes the day of t in its own time zone: 31 Oct 2026, 31.10.2026.
func (f *Style) Date(t time.Time) string { return t.Format(f.DateLayout) }

// Moment writes t to the minute, with its time zone.
func (f *Style) Moment(t time.Time) string { return t.Format(f.DateLayout + f.TimeLayout) }

// Period writes the days from first to last.
func (f *Style) Period(first, last time.Time) string {
	from, to := f.Date(first), f.Date(last)
	if from == to {
		return from
	}
	if first.Year() == last.Year() {
		from = first.Format(f.DayLayout)
	}
	return from + " – " + to
}
