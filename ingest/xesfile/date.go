package xesfile

import (
	"fmt"
	"strings"
	"time"

	"millrace/eventlog"
)

// A clock reads times.
type clock struct {
	zone   *time.Location // of times that do not say theirs
	layout string         // tried first; "" if the user told none
	last   int            // of looseLayouts: what fitted last
	naive  int64          // times without a zone
}

// A reading is a time as it was read.
type reading struct {
	micros int64 // since 1970-01-01 UTC
	day    bool  // known to the day only
	text   bool  // declared to be a string
}

// looseLayouts are tried on times the file declares to be strings. None of
// them can be mistaken for another.
var looseLayouts = []string{
	"2006/01/02 15:04:05",
	"2006/01/02 15:04",
	"2006/01/02",
	"02.01.2006 15:04:05",
	"02.01.2006 15:04",
	"02.01.2006",
	"20060102T150405",
	"20060102",
}

// read reads text, which the file declares to be of kind k.
func (c *clock) read(text []byte, k kind) (reading, bool) {
	if c.layout != "" {
		if t, err := time.ParseInLocation(c.layout, string(text), c.zone); err == nil {
			return reading{micros: t.UnixMicro(), day: !strings.Contains(c.layout, "15") && !strings.Contains(c.layout, "3"), text: k == kindString}, true
		}
	}
	if d, ok := parseDate(text); ok {
		r := c.place(d)
		r.text = k == kindString
		return r, true
	}
	if k != kindString {
		return reading{}, false
	}
	s := string(text)
	for i := range looseLayouts {
		i = (i + c.last) % len(looseLayouts)
		if t, err := time.ParseInLocation(looseLayouts[i], s, c.zone); err == nil {
			c.last = i
			c.naive++
			return reading{micros: t.UnixMicro(), day: !strings.Contains(looseLayouts[i], "15"), text: true}, true
		}
	}
	return reading{}, false
}

// want says which times are read, for errors.
func (c *clock) want() string {
	if c.layout != "" {
		return fmt.Sprintf("want layout %q", c.layout)
	}
	return "want the like of 2010-12-30T14:32:00.000+01:00, or say its time-layout"
}

// place puts a date on the line of time.
func (c *clock) place(d date) reading {
	r := reading{day: d.day}
	switch {
	case d.zoned:
		r.micros = (d.seconds-d.offset)*1e6 + d.micros
	case c.zone == time.UTC:
		c.naive++
		r.micros = d.seconds*1e6 + d.micros
	default:
		c.naive++
		// What a wall clock shows, as if in UTC, taken apart and put together.
		w := time.Unix(d.seconds, 0).UTC()
		t := time.Date(w.Year(), w.Month(), w.Day(), w.Hour(), w.Minute(), w.Second(), 0, c.zone)
		r.micros = t.Unix()*1e6 + d.micros
	}
	return r
}

// A date is what a wall clock shows, and how far it is ahead of UTC.
type date struct {
	seconds int64 // of the wall clock since 1970-01-01
	micros  int64 // 0 to 999999
	offset  int64 // seconds east of UTC
	zoned   bool
	day     bool // no time of day
}

// parseDate reads YYYY-MM-DD[(T| )hh:mm[:ss[(.|,)f…]][[ ](Z|±hh[[:]mm])]].
// 24:00:00 is the next day's midnight, and a second 60 the next minute's first.
func parseDate(b []byte) (d date, ok bool) {
	if len(b) < 10 || b[4] != '-' || b[7] != '-' {
		return d, false
	}
	y1, y2, m, day := digits(b, 0), digits(b, 2), digits(b, 5), digits(b, 8)
	if y1|y2|m|day < 0 {
		return d, false
	}
	year := y1*100 + y2
	if m < 1 || m > 12 || day < 1 || day > daysIn(year, m) {
		return d, false
	}
	d.seconds = int64(daysSince1970(year, m, day)) * 86400
	b = b[10:]
	if len(b) > 0 && (b[0] == 'T' || b[0] == 't' || b[0] == ' ' && len(b) > 1 && '0' <= b[1] && b[1] <= '9') {
		if len(b) < 6 || b[3] != ':' {
			return d, false
		}
		h, min := digits(b, 1), digits(b, 4)
		b = b[6:]
		sec := 0
		if len(b) >= 3 && b[0] == ':' {
			sec = digits(b, 1)
			b = b[3:]
			if len(b) > 0 && (b[0] == '.' || b[0] == ',') {
				n := 0
				d.micros, n = fraction(b[1:])
				if n == 0 {
					return d, false
				}
				b = b[1+n:]
			}
		}
		if h|min|sec < 0 || h > 24 || min > 59 || sec > 60 || h == 24 && (min > 0 || sec > 0 || d.micros > 0) {
			return d, false
		}
		d.seconds += int64(h*3600 + min*60 + sec)
	} else {
		d.day = true
	}
	if len(b) > 1 && b[0] == ' ' {
		b = b[1:]
	}
	if len(b) == 0 {
		return d, true
	}
	d.offset, d.zoned = zone(b)
	return d, d.zoned
}

// fraction reads the digits b starts with as a fraction of a second, cut to µs.
func fraction(b []byte) (micros int64, n int) {
	for n < len(b) && '0' <= b[n] && b[n] <= '9' {
		if n < 6 {
			micros = micros*10 + int64(b[n]-'0')
		}
		n++
	}
	for i := n; i < 6; i++ {
		micros *= 10
	}
	return micros, n
}

// zone reads Z or an offset from UTC, at most a day.
func zone(b []byte) (offset int64, ok bool) {
	if len(b) == 1 && (b[0] == 'Z' || b[0] == 'z') {
		return 0, true
	}
	if len(b) < 3 || b[0] != '+' && b[0] != '-' {
		return 0, false
	}
	h, m := digits(b, 1), 0
	switch {
	case len(b) == 5:
		m = digits(b, 3)
	case len(b) == 6 && b[3] == ':':
		m = digits(b, 4)
	case len(b) != 3:
		return 0, false
	}
	if h|m < 0 || h > 23 || m > 59 {
		return 0, false
	}
	offset = int64(h*3600 + m*60)
	if b[0] == '-' {
		offset = -offset
	}
	return offset, true
}

// digits reads the two digits at b[i], -1 if they are none.
func digits(b []byte, i int) int {
	hi, lo := b[i]-'0', b[i+1]-'0'
	if hi > 9 || lo > 9 {
		return -1
	}
	return int(hi)*10 + int(lo)
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// daysSince1970 counts days in the Gregorian calendar, which is taken to hold
// for all years from 0 (Hinnant, "chrono-compatible low-level date algorithms",
// days_from_civil).
func daysSince1970(y, m, d int) int {
	if m <= 2 {
		y--
		m += 12
	}
	y += 400 // keeps divisions of year -1 from rounding up
	return 365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + d - 1 - 719468 - 146097
}

// noTime is what a column holds where a time is missing.
const noTime = eventlog.NoTime
