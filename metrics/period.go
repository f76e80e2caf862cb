package metrics

import (
	"fmt"
	"slices"
	"time"
)

// A Grain is how long a period is.
type Grain string

// The grains there are. Fiscal quarters and years begin with the month that
// [Options] say.
const (
	ByDay           Grain = "day"
	ByWeek          Grain = "week" // from Monday (ISO 8601)
	ByMonth         Grain = "month"
	ByQuarter       Grain = "quarter"
	ByYear          Grain = "year"
	ByFiscalQuarter Grain = "fiscal-quarter"
	ByFiscalYear    Grain = "fiscal-year"
)

// Grains lists them.
var Grains = []Grain{ByDay, ByWeek, ByMonth, ByQuarter, ByYear, ByFiscalQuarter, ByFiscalYear}

// A Period is some days on end.
type Period struct {
	Label string    // 2025-03, 2025-W11, FY2026-Q1
	First Day       // its first day
	Last  Day       // its last
	Start time.Time // the first instant
	End   time.Time // the first instant after it
}

// A Day is a day of the calendar, as 2025-03-31; "" is none.
type Day string

// DayOf is the day of an instant in its zone.
func DayOf(t time.Time) Day { return Day(t.Format(time.DateOnly)) }

// ParseDay reads 2025-03-31.
func ParseDay(text string) (Day, error) {
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return "", fmt.Errorf("%q is not a day, as 2025-03-31", text)
	}
	return Day(text), nil
}

// In is the first instant of d in a zone: where midnight is skipped, the first
// moment that the day has.
func (d Day) In(zone *time.Location) time.Time {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		panic("metrics: " + err.Error()) // ParseDay makes days
	}
	y, m, day := t.Date()
	at := time.Date(y, m, day, 0, 0, 0, 0, zone)
	if at.Day() != day { // Go puts a midnight that does not exist before the gap
		at = at.Add(time.Hour)
		for at.Day() != day {
			at = at.Add(time.Hour)
		}
		at = at.Truncate(time.Hour)
	}
	return at
}

// Add is n days later.
func (d Day) Add(n int) Day { return DayOf(d.In(time.UTC).AddDate(0, 0, n)) }

// Since is the number of days from e to d.
func (d Day) Since(e Day) int { return int(d.In(time.UTC).Sub(e.In(time.UTC)) / (24 * time.Hour)) }

// PeriodsOf lists the periods of a grain that have a day between from and to,
// oldest first. fiscal is the month with which a fiscal year begins; a fiscal
// year is named by the year in which it ends.
func PeriodsOf(g Grain, from, to Day, zone *time.Location, fiscal time.Month) ([]Period, error) {
	if !slices.Contains(Grains, g) {
		return nil, fmt.Errorf("period %q is not one of %s", g, words(Grains))
	}
	var list []Period
	for d := g.first(from.In(time.UTC), fiscal); DayOf(d) <= to; {
		next := g.next(d)
		p := Period{Label: g.label(d, fiscal), First: DayOf(d), Last: DayOf(next.AddDate(0, 0, -1))}
		p.Start, p.End = p.First.In(zone), DayOf(next).In(zone)
		list = append(list, p)
		d = next
	}
	return list, nil
}

// first is the first day of the period in which d is, both at midnight UTC.
func (g Grain) first(d time.Time, fiscal time.Month) time.Time {
	y, m, day := d.Date()
	fiscal = max(fiscal, time.January)
	months := (int(m) - int(fiscal) + 12) % 12 // since the fiscal year began
	switch g {
	case ByWeek:
		return d.AddDate(0, 0, -(int(d.Weekday())+6)%7)
	case ByMonth:
		day = 1
	case ByQuarter:
		m, day = m-(m-1)%3, 1
	case ByYear:
		m, day = 1, 1
	case ByFiscalQuarter:
		m, day = m-time.Month(months%3), 1
	case ByFiscalYear:
		m, day = m-time.Month(months), 1
	}
	return time.Date(y, m, day, 0, 0, 0, 0, time.UTC)
}

// next is the first day of the period after the one that begins with d.
func (g Grain) next(d time.Time) time.Time {
	switch g {
	case ByWeek:
		return d.AddDate(0, 0, 7)
	case ByMonth:
		return d.AddDate(0, 1, 0)
	case ByQuarter, ByFiscalQuarter:
		return d.AddDate(0, 3, 0)
	case ByYear, ByFiscalYear:
		return d.AddDate(1, 0, 0)
	}
	return d.AddDate(0, 0, 1)
}

func (g Grain) label(d time.Time, fiscal time.Month) string {
	fiscal = max(fiscal, time.January)
	ends := ByFiscalYear.first(d, fiscal).AddDate(1, 0, -1).Year()
	switch g {
	case ByWeek:
		y, w := d.ISOWeek()
		return fmt.Sprintf("%d-W%02d", y, w)
	case ByMonth:
		return d.Format("2006-01")
	case ByQuarter:
		return fmt.Sprintf("%d-Q%d", d.Year(), (d.Month()+2)/3)
	case ByYear:
		return d.Format("2006")
	case ByFiscalQuarter:
		return fmt.Sprintf("FY%d-Q%d", ends, (int(d.Month())-int(fiscal)+12)%12/3+1)
	case ByFiscalYear:
		return fmt.Sprintf("FY%d", ends)
	}
	return d.Format(time.DateOnly)
}
