package ingest

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// DetectTime finds out how the times of a column are written, from some of its
// values. It returns the share of those, without the missing ones, that are
// written so, and a nil format if it finds none.
//
// Whether days or months come first is decided by the values that can be read
// in one way only; where there is none the format is [TimeFormat.Ambiguous].
// Times counted since 1970, and dates of eight digits, are believed only if the
// name of the column speaks of time; the former also only if it says so, or all
// are of this century.
func DetectTime(column string, values []string, loc *time.Location) (f *TimeFormat, share float64) {
	found := map[*TimeFormat]int{}
	formats := candidates(loc)
	seen, hits := 0, 0
	for _, v := range values {
		text := []byte(v)
		if MissingTime(text) {
			continue
		}
		seen++
		if seen == 100 && hits == 0 {
			break // no times here
		}
		if c := bytes.TrimSpace(text)[0]; !isDigit(c) && !isLetter(c) {
			continue
		}
		hit := false
		for _, f := range formats {
			if c, ok := f.civil(text); ok {
				f.shape.add(c, found[f] == 0)
				found[f]++
				hit = true
			}
		}
		if hit {
			hits++
		}
	}
	if seen == 0 {
		return nil, 0
	}
	best, timely := -1, namesTime(column)
	for i, f := range formats {
		if found[f] > 0 && (best < 0 || found[f] > found[formats[best]]) && (f.order != compact || timely || f.shape.joiner != 0) {
			best = i
		}
	}
	if best < 0 {
		return detectCounted(column, values, loc)
	}
	f = formats[best]
	if f.order == dayFirst && f.sep != '.' { // its twin follows it; with dots nobody puts months first
		f.ambiguous = found[f] == found[formats[best+1]]
	}
	f.describe()
	return f, float64(found[f]) / float64(seen)
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// candidates lists the formats that are tried; of equals the first is taken.
func candidates(loc *time.Location) []*TimeFormat {
	var list []*TimeFormat
	add := func(order dateOrder, sep byte, year2 bool) {
		list = append(list, &TimeFormat{order: order, sep: sep, year2: year2, zone: zone{loc: loc}})
	}
	for _, sep := range []byte("-/.") {
		add(yearFirst, sep, false)
	}
	for _, sep := range []byte("./-") {
		for _, year2 := range []bool{false, true} {
			add(dayFirst, sep, year2)
			add(monthFirst, sep, year2)
		}
	}
	add(named, 0, false)
	add(named, 0, true)
	add(javaDate, 0, false)
	add(ideographs, 0, false)
	add(compact, 0, false)
	return list
}

// A shape is what the samples of a format had in common.
type shape struct {
	padded, seconds, twelve, zoned, naive, timed bool
	joiner, colon                                byte
	least, most                                  int // digits of the fraction
}

func (s *shape) add(c civil, first bool) {
	if first {
		s.padded, s.least = true, c.fraction
	}
	s.padded = s.padded && c.padded
	s.seconds = s.seconds || c.seconds
	s.twelve = s.twelve || c.twelve
	s.zoned = s.zoned || c.zoned
	s.naive = s.naive || !c.zoned
	s.timed = s.timed || !c.dateOnly
	if s.joiner == 0 && !c.dateOnly {
		s.joiner, s.colon = c.joiner, c.colon
	}
	s.least, s.most = min(s.least, c.fraction), max(s.most, c.fraction)
}

// describe writes the layout as package time would, from order and shape.
func (f *TimeFormat) describe() {
	day, month, year := "02", "01", "2006"
	if !f.shape.padded {
		day, month = "2", "1"
	}
	if f.year2 {
		year = "06"
	}
	sep := string(rune(f.sep))
	var b strings.Builder
	switch f.order {
	case yearFirst:
		b.WriteString(year + sep + month + sep + day)
	case dayFirst:
		b.WriteString(day + sep + month + sep + year)
	case monthFirst:
		b.WriteString(month + sep + day + sep + year)
	case compact:
		b.WriteString("20060102")
	case named:
		b.WriteString(day + "-Jan-" + year)
	case javaDate:
		f.layout = "Mon Jan _2 15:04:05 MST 2006"
		return
	case ideographs:
		b.WriteString(year + "年" + month + "月" + day + "日")
	}
	if f.shape.timed {
		f.shape.describe(&b, f.order == compact)
	}
	f.layout = b.String()
}

func (s *shape) describe(b *strings.Builder, compact bool) {
	colon, hour := ":", "15"
	switch {
	case compact:
		colon = ""
	case s.colon == '.':
		colon = "."
	}
	if s.twelve {
		hour = "3"
	}
	switch s.joiner {
	case 0:
	case 'T', 't':
		b.WriteByte('T')
	case ':':
		b.WriteByte(':')
	default:
		b.WriteByte(' ')
	}
	b.WriteString(hour + colon + "04")
	if s.seconds {
		b.WriteString(colon + "05")
	}
	switch {
	case s.most == 0:
	case s.least == s.most:
		b.WriteString("." + strings.Repeat("0", s.most))
	default:
		b.WriteString("." + strings.Repeat("9", s.most))
	}
	if s.twelve {
		b.WriteString(" PM")
	}
	if s.zoned {
		b.WriteString("Z07:00")
	}
}

// Naive says that some times do not say their zone.
func (f *TimeFormat) Naive() bool {
	if f.order == goLayout {
		return !f.zoned
	}
	return f.order == serial || f.order != counted && f.shape.naive
}

// detectCounted looks for times counted since 1970, if the column is named so.
func detectCounted(column string, values []string, loc *time.Location) (*TimeFormat, float64) {
	layout := countedName(column)
	said := layout != ""
	if !said && !namesTime(column) {
		return nil, 0
	}
	seen, numbers, least, most := 0, 0, math.Inf(1), 0.0
	for _, v := range values {
		if MissingTime([]byte(v)) {
			continue
		}
		seen++
		if n, err := strconv.ParseFloat(strings.TrimSpace(v), 64); err == nil {
			numbers++
			least, most = min(least, n), max(most, n)
		}
	}
	if numbers == 0 {
		return nil, 0
	}
	if !said {
		layout = unixOfThisCentury(least, most)
		if layout == "" && least >= 36526 && most < 73051 { // 2000 to 2099
			layout = excelDays
		}
		if layout == "" || numbers < seen {
			return nil, 0
		}
	}
	if layout == "unix?" {
		switch { // seconds until the year 5138, milliseconds after 1973
		case most < 1e11:
			layout = unixSeconds
		case most < 1e14:
			layout = unixMillis
		case most < 1e17:
			layout = unixMicros
		default:
			layout = unixNanos
		}
	}
	f := NewTimeFormat(layout, loc)
	f.told = false
	if f.order == serial && f.share(values) < 1 { // 070000 has five digits too
		return nil, 0
	}
	return f, float64(numbers) / float64(seen)
}

// unixOfThisCentury says in which unit numbers are times from 2001 to 2100, if
// all are. They have 10, 13, 16 or 19 digits, unlike dates without separators.
func unixOfThisCentury(least, most float64) string {
	for layout, unit := range map[string]float64{unixSeconds: 1, unixMillis: 1e3, unixMicros: 1e6, unixNanos: 1e9} {
		if least >= 978307200*unit && most < 4102444800*unit {
			return layout
		}
	}
	return ""
}

// countedName reads the unit off a name such as epoch_ms; "unix?" leaves it open.
func countedName(column string) string {
	counted, unit := false, "unix?"
	for _, w := range words(column) {
		switch w {
		case "unix", "epoch", "unixtime", "unixtimestamp":
			counted = true
		case "ms", "millis", "milliseconds", "msec":
			unit = unixMillis
		case "ns", "nanos", "nanoseconds", "nsec":
			unit = unixNanos
		case "us", "micros", "microseconds", "usec":
			unit = unixMicros
		case "s", "sec", "secs", "seconds":
			unit = unixSeconds
		}
	}
	timed := counted
	for _, w := range words(column) {
		timed = timed || w == "timestamp" || w == "time" || w == "ts"
	}
	if !counted && (unit == "unix?" || !timed || unit == unixSeconds) {
		return ""
	}
	return unit
}

// namesTime says whether the name of a column speaks of time.
func namesTime(column string) bool {
	for _, w := range words(column) {
		switch w {
		case "at", "on", "date", "time", "timestamp", "datetime", "day", "ts", "start", "end",
			"datum", "zeit", "zeitstempel", "zeitpunkt", "tag", "uhrzeit",
			"erdat", "aedat", "udate", "budat", "bldat", "cpudt":
			return true
		}
	}
	lower := strings.ToLower(column)
	for _, part := range []string{"timestamp", "datum", "日時", "日付", "時刻", "タイムスタンプ", "年月日"} {
		if strings.Contains(lower, part) {
			return true
		}
	}
	return strings.HasSuffix(lower, "date") || strings.HasSuffix(lower, "time") || strings.HasSuffix(lower, "zeit") || strings.HasSuffix(lower, "日")
}

// ChooseTimeFormat returns how the times of a column are written: what o says,
// else what the values say, else (there are none) ISO 8601. Values of which
// none fits are an error.
func ChooseTimeFormat(column string, values []string, o Options, loc *time.Location) (*TimeFormat, error) {
	first := ""
	for _, v := range values {
		if !MissingTime([]byte(v)) {
			first = v
			break
		}
	}
	if o.TimeLayout != "" {
		f := NewTimeFormat(o.TimeLayout, loc)
		if first != "" && f.share(values) == 0 {
			return nil, fmt.Errorf("--time-layout %q fits no time of column %q, not even the first, %q", o.TimeLayout, column, first)
		}
		f.zone = zone{loc: loc} // forget what was counted
		return f, nil
	}
	for _, name := range []string{column, "time"} { // it is the time, whatever it is called
		if f, _ := DetectTime(name, values, loc); f != nil {
			return f, nil
		}
	}
	if first != "" {
		return nil, fmt.Errorf("column %q has no times, the first value is %q; say how they are written with --time-layout "+
			"(such as \"02.01.2006 15:04\"; unix, unix-ms, unix-us or unix-ns if they count from 1970, excel if in days as Excel does), or which column has them with --time", column, first)
	}
	return isoFormat(loc), nil
}

// isoFormat is 2006-01-02 15:04:05.
func isoFormat(loc *time.Location) *TimeFormat {
	f := &TimeFormat{order: yearFirst, sep: '-', shape: shape{padded: true, naive: true, timed: true, seconds: true, joiner: ' '}, zone: zone{loc: loc}}
	f.describe()
	return f
}
