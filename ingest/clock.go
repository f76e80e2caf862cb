package ingest

import (
	"bytes"
	"strings"

	"millrace/eventlog"
)

// A timeColumn is where the times of a log stand: in one column, or as a date
// in one and a time of day in another.
type timeColumn struct {
	date, clock int // columns, -1: none
	format      *TimeFormat
	other       *TimeFormat // of texts, where format is of what the source marks as a time; nil: there are none
	others      int64       // times that are in it
	padded      int64       // times of day whose leading zeros were lost
}

// parse reads a time. missing says that there is none; without ok and missing
// it cannot be read.
func (t *timeColumn) parse(fields [][]byte) (us int64, day, missing, ok bool) {
	text := fields[t.date]
	if t.clock < 0 {
		if us, day, ok = t.format.Parse(text); ok {
			return us, day, false, true
		}
	} else if clock := bytes.TrimSpace(fields[t.clock]); len(clock) > 0 && !MissingTime(text) {
		return t.joined(text, clock)
	} else if us, day, ok = t.format.Parse(text); ok {
		return us, day, false, true
	}
	if MissingTime(text) {
		return eventlog.NoTime, false, true, true
	}
	if t.other != nil {
		if us, day, ok = t.other.Parse(text); ok {
			t.others++
		}
	}
	return us, day, false, ok
}

// joined reads a date, and a time of day from elsewhere. A date that has one of
// its own keeps it.
func (t *timeColumn) joined(date, clock []byte) (us int64, day, missing, ok bool) {
	f := t.format
	c, ok := f.date(date)
	if !ok && t.other != nil {
		f = t.other
		c, ok = f.date(date)
	}
	if !ok {
		return eventlog.NoTime, false, false, false
	}
	if c.dateOnly || c.hour|c.min|c.sec|c.micro == 0 && !c.nextDay {
		of, lost, ok := clockOf(clock)
		if !ok {
			return eventlog.NoTime, false, false, false
		}
		if lost {
			t.padded++
		}
		c.hour, c.min, c.sec, c.micro, c.nextDay, c.dateOnly = of.hour, of.min, of.sec, of.micro, of.nextDay, false
	}
	return f.utc(c), c.dateOnly, false, true
}

// date takes a date apart.
func (f *TimeFormat) date(text []byte) (civil, bool) {
	switch f.order {
	case counted, serial:
		return civil{}, false
	case goLayout:
		us, day, ok := f.parseLayout(text)
		if !ok || f.zoned {
			return civil{}, false
		}
		text, f = []byte(f.zone.clock(us)), &TimeFormat{order: yearFirst, sep: '-'}
		c, ok := f.civil(text)
		c.dateOnly = day
		return c, ok
	}
	return f.civil(text)
}

// clockOf reads a time of day: 15:04, 3:04:05 PM, 15.04.05, 150405; of digits
// only, leading zeros may have been lost.
func clockOf(text []byte) (c civil, lost, ok bool) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || len(text) > 32 {
		return c, false, false
	}
	for i, x := range text {
		if !isDigit(x) {
			s := scanner{b: text}
			return c, false, i > 0 && s.hours(&c) && s.halfDay(&c) && c.endOfDay() && s.end()
		}
	}
	if len(text) > 6 {
		return c, false, false
	}
	n := 0
	for _, x := range text {
		n = n*10 + int(x-'0')
	}
	c.hour, c.min, c.sec = n/10000, n/100%100, n%100
	return c, len(text) < 6, c.endOfDay()
}

// partOfDate and partOfClock end, or begin, the names of columns that hold a
// date, and the time of day that belongs to it. Of two such columns the rest
// of the name is the same.
var (
	partOfDate  = []string{"date", "datum", "dat", "day", "tag", "dt", "日付", "日", "fecha", "data"}
	partOfClock = []string{"time", "uhrzeit", "zeit", "uhr", "zet", "tim", "tm", "clock", "時刻", "時間", "hora", "heure", "ora"}
)

// stems returns what is left of a column's name without such a part.
func stems(name string, parts []string) []string {
	flat := squash(name)
	var list []string
	for _, p := range parts {
		if rest, ok := strings.CutSuffix(flat, p); ok {
			list = append(list, rest)
		}
		if rest, ok := strings.CutPrefix(flat, p); ok {
			list = append(list, rest)
		}
	}
	return list
}

// pairs says whether the names of two columns are those of a date and the time
// of day that belongs to it: UDATE and UTIME, posting date and posting time.
func pairs(date, clock string) bool {
	times := stems(clock, partOfClock)
	for _, d := range stems(date, partOfDate) {
		for _, t := range times {
			if d == t {
				return true
			}
		}
	}
	return false
}

// findClock returns the column whose times of day belong to a column of dates,
// or -1. Its name must pair with that of the dates; or it is the only one with
// times of day, with colons, beside the only one with dates.
func findClock(columns []Sample, date int, format *TimeFormat, roles Roles) int {
	if !onlyDates(columns[date].Values, format) {
		return -1
	}
	found, only, several := -1, -1, false
	for i := range columns {
		if i == date || roles.Has(i) {
			continue
		}
		clocks, colons := onlyClocks(columns[i].Values)
		switch {
		case !clocks:
		case pairs(columns[date].Name, columns[i].Name):
			if found >= 0 {
				return -1
			}
			found = i
		case colons:
			several = several || only >= 0
			only = i
		}
	}
	if found >= 0 || only < 0 || several {
		return found
	}
	for i := range columns { // is there another date it may belong to?
		if i == date {
			continue
		}
		if f, share := DetectTime(columns[i].Name, columns[i].Values, format.zone.loc); f != nil && share > 0.5 {
			return -1
		}
	}
	return only
}

func onlyDates(values []string, format *TimeFormat) bool {
	seen := 0
	for _, v := range values {
		if MissingTime([]byte(v)) {
			continue
		}
		c, ok := format.date([]byte(v))
		if ok && !c.dateOnly && c.hour|c.min|c.sec|c.micro != 0 {
			return false
		}
		if ok {
			seen++
		}
	}
	return seen > 0
}

// onlyClocks says whether all values are times of day, and whether all have a
// colon: 1.50 may well be an amount, and 150405 a number.
func onlyClocks(values []string) (clocks, colons bool) {
	seen, with := 0, 0
	for _, v := range values {
		v = strings.TrimSpace(v)
		if v == "" {
			continue
		}
		if _, _, ok := clockOf([]byte(v)); !ok {
			return false, false
		}
		seen++
		if strings.IndexByte(v, ':') > 0 {
			with++
		}
	}
	return seen > 0, with == seen
}
