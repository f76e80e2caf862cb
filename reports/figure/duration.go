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
func Duration(us float64) string {
	number, unit := DurationParts(us)
	return number + NBSP + unit
}

// DurationParts is Duration with the number and the unit apart.
func DurationParts(us float64) (number, unit string) {
	if math.IsNaN(us) {
		return None, ""
	}
	sign := ""
	if us < 0 {
		sign, us = "−", -us
	}
	switch {
	case us == 0:
		return "0", "s"
	case us < Second:
		return "<1", "s"
	case us < 59.5*Second:
		return sign + Number(us/Second, 0), "s"
	case us < 59.5*Minute:
		return sign + Number(us/Minute, 0), "min"
	case us < 9.95*Hour:
		return sign + Number(us/Hour, 1), "h"
	case us < 47.5*Hour:
		return sign + Number(us/Hour, 0), "h"
	case us < 99.5*Day:
		return sign + Number(us/Day, 1), "d"
	}
	return sign + Number(us/Day, 0), "d"
}

// Hours writes a sum of durations in hours: 71,577 h.
func Hours(us float64) string {
	switch h := us / Hour; {
	case h > 0 && h < 0.05:
		return "<0.1" + NBSP + "h"
	case h < 9.95:
		return Number(h, 1) + NBSP + "h"
	default:
		return Number(h, 0) + NBSP + "h"
	}
}

// Date writes the day of t in its own time zone: 31 Oct 2026.
func Date(t time.Time) string { return t.Format("2" + NBSP + "Jan" + NBSP + "2006") }

// Moment writes t to the minute, with its time zone.
func Moment(t time.Time) string {
	return t.Format("2" + NBSP + "Jan" + NBSP + "2006, 15:04" + NBSP + "MST")
}

// Period writes the days from first to last.
func Period(first, last time.Time) string {
	from, to := Date(first), Date(last)
	if from == to {
		return from
	}
	if first.Year() == last.Year() {
		from = first.Format("2" + NBSP + "Jan")
	}
	return from + " – " + to
}
