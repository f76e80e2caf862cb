package calendar

import (
	"fmt"
	"strings"
	"time"
)

// A date is a day of the calendar, in days since 1970-01-01.
type date int

func dateOf(year int, month time.Month, day int) date {
	const perDay = 24 * 60 * 60
	return date(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / perDay)
}

func (d date) time() time.Time { return time.Unix(int64(d)*24*60*60, 0).UTC() }

func (d date) weekday() time.Weekday { return time.Weekday(((int(d)+4)%7 + 7) % 7) } // 1970-01-01 was a Thursday

func (d date) String() string { return d.time().Format(time.DateOnly) }

// Days are one day or several in a row, of one year or of every year.
type days struct {
	yearly      bool
	first, last date // of the year 2000 if yearly; then last may be before first, and the days run over New Year
}

// parseDays reads 2024-12-24, 2024-12-24..2024-12-31, 12-24 or 12-24..01-01.
func parseDays(text string) (days, error) {
	from, to, several := strings.Cut(text, "..")
	first, yearly, err := parseDate(strings.TrimSpace(from))
	if err != nil || !several {
		return days{yearly: yearly, first: first, last: first}, err
	}
	last, lastYearly, err := parseDate(strings.TrimSpace(to))
	switch {
	case err != nil:
		return days{}, err
	case lastYearly != yearly:
		return days{}, fmt.Errorf("%q has a year on one side only; write 2024-12-24..2025-01-01, or 12-24..01-01 for every year", text)
	case last < first && !yearly:
		return days{}, fmt.Errorf("%q ends before it begins; write the earlier date first", text)
	}
	return days{yearly: yearly, first: first, last: last}, nil
}

// parseDate reads 2024-12-24, or 12-24, which it places in the leap year 2000.
func parseDate(text string) (d date, yearly bool, err error) {
	layout, full := time.DateOnly, text
	if yearly = len(text) == len("12-24"); yearly {
		full = "2000-" + text
	}
	t, err := time.Parse(layout, full)
	if err != nil {
		return 0, false, fmt.Errorf("%q is not a date; write 2024-12-24, or 12-24 for every year", text)
	}
	if y := t.Year(); y < firstYear || y > lastYear {
		return 0, false, fmt.Errorf("%q is outside the years %d to %d that a calendar knows", text, firstYear, lastYear)
	}
	return dateOf(t.Date()), yearly, nil
}

// in calls f with the number, from 0, of each of the days in year.
func (s days) in(year int, f func(day int)) {
	begin, end := dateOf(year, time.January, 1), dateOf(year, time.December, 31)
	between := func(first, last date) {
		for d := max(first, begin); d <= min(last, end); d++ {
			f(int(d - begin))
		}
	}
	if !s.yearly {
		between(s.first, s.last)
		return
	}
	first, last := s.first, s.last
	leap := dateOf(year, time.March, 1)-begin == 31+29
	if !leap && last == dateOf(2000, time.February, 29) { // else 1 March would be the last
		if last--; s.first == s.last {
			return
		}
	}
	here := func(d date) date {
		t := d.time()
		return dateOf(year, t.Month(), t.Day())
	}
	if s.first <= s.last {
		between(here(first), here(last))
		return
	}
	between(begin, here(last))
	between(here(first), end)
}

func (s days) String() string {
	name := func(d date) string {
		if s.yearly {
			return d.time().Format("01-02")
		}
		return d.String()
	}
	if s.first == s.last {
		return name(s.first)
	}
	return name(s.first) + ".." + name(s.last)
}
