package edi

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"millrace/ingest/edi/interchange"
)

// A clock is the zone of times that do not tell theirs, and who says so.
type clock struct {
	zone *time.Location
	from string // "partner" or "source"
}

// utc writes a point of a clock's time for DuckDB.
func (c clock) utc(wall time.Time) string {
	t := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, c.zone)
	return stamp(t)
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05+00") }

// convert writes a value as DuckDB reads it, "" if it says nothing. reason is
// why it cannot.
func (a *assignment) convert(text string, s *interchange.Segment, standard string, c clock) (converted, reason string) {
	switch a.as {
	case "number":
		return number(text)
	case "cents":
		return cents(text)
	case "date", "time":
		var t time.Time
		var ok bool
		var zone *time.Location
		if standard == interchange.EDIFACT {
			t, zone, ok, reason = dateEDIFACT(text, s.Text(a.element, a.component+1))
		} else {
			clock, name := "", ""
			if a.as == "time" {
				if clock, name = s.Text(a.element+1, 1), s.Text(a.element+2, 1); len(clock) < 4 {
					return "", "" // a day is no point in time
				}
			}
			t, zone, ok, reason = dateX12(text, clock, name)
		}
		switch {
		case !ok:
			return "", reason
		case a.as == "date":
			return t.Format("2006-01-02"), ""
		case zone != nil:
			return clock{zone: zone}.utc(t), ""
		}
		return c.utc(t), ""
	}
	return strings.TrimSpace(text), ""
}

// number reads a decimal number. The decimal mark is a point or a comma: in
// EDIFACT both are allowed, whatever UNA says.
func number(text string) (converted, reason string) {
	n := strings.Replace(strings.TrimSpace(text), ",", ".", 1)
	digits := strings.TrimPrefix(strings.TrimPrefix(n, "-"), "+")
	if strings.HasSuffix(digits, "-") && n == digits { // as SAP writes it
		digits = strings.TrimSuffix(digits, "-")
		n = "-" + digits
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	if whole+fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return "", fmt.Sprintf("%q is no number", text)
	}
	return strings.TrimPrefix(n, "+"), ""
}

// cents reads a number of X12's type N2, whose last two digits are decimals.
func cents(text string) (converted, reason string) {
	n, reason := number(text)
	if reason != "" || strings.Contains(n, ".") {
		return n, reason
	}
	digits, negative := strings.CutPrefix(n, "-")
	if len(digits) < 3 {
		digits = strings.Repeat("0", 3-len(digits)) + digits
	}
	n = digits[:len(digits)-2] + "." + digits[len(digits)-2:]
	if negative {
		n = "-" + n
	}
	return n, ""
}

// dateX12 reads CCYYMMDD or YYMMDD, a time HHMM, HHMMSS or HHMMSSdd if there
// is one, and the code of its zone. Zeros are no date.
func dateX12(date, clock, zone string) (t time.Time, z *time.Location, ok bool, reason string) {
	if strings.Trim(date, "0") == "" {
		return t, nil, false, ""
	}
	layout := "20060102"
	if len(date) == 6 {
		layout = "060102"
	}
	clock = clock[:min(len(clock), 6)&^1]
	t, err := time.Parse(layout+"150405"[:len(clock)], date+clock)
	if err != nil {
		what := "date CCYYMMDD or YYMMDD"
		if clock != "" {
			what += " and time HHMM"
		}
		return t, nil, false, fmt.Sprintf("%q is no %s", strings.TrimSpace(date+" "+clock), what)
	}
	return t, zoneX12(zone), true, ""
}

// zonesX12 are the codes of element 623, as hours from UTC; half hours and
// what is meant by "local time" have none.
var zonesX12 = map[string]int{
	"UT": 0, "GM": 0, "AS": -4, "AD": -3, "ES": -5, "ED": -4, "CS": -6, "CD": -5, "MS": -7, "MD": -6, "PS": -8, "PD": -7,
	"HS": -10, "HD": -9, // Hawaii-Aleutian
}

// zonesX12Named are those whose hours depend on the day.
var zonesX12Named = map[string]string{"AT": "America/Halifax", "ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver", "PT": "America/Los_Angeles"}

// zoneX12 returns what a code of a zone means, nil if nothing that is known:
// 01 to 12 are hours east of UTC, 13 to 24 are -12 to -1.
func zoneX12(code string) *time.Location {
	if h, ok := zonesX12[code]; ok {
		return time.FixedZone("", h*3600)
	}
	if name := zonesX12Named[code]; name != "" {
		if z, err := time.LoadLocation(name); err == nil {
			return z
		}
	}
	if h, err := strconv.Atoi(code); err == nil && len(code) == 2 && h >= 1 && h <= 24 {
		if h > 12 {
			h -= 25
		}
		return time.FixedZone("", h*3600)
	}
	return nil
}

// dateFormats are the codes of element 2379 that tell a day. Weeks, months and
// quarters tell none; of a period the first day counts.
var dateFormats = map[string]string{
	"2": "020106", "3": "010206", "101": "060102", "102": "20060102", "201": "0601021504", "202": "060102150405",
	"203": "200601021504", "204": "20060102150405",
	"301": "0601021504", "303": "200601021504", "304": "20060102150405", // with the name of a zone behind
	"205": "200601021504-0700", "208": "20060102150405-0700",
	"713": "0601021504", "717": "060102", "718": "20060102", "719": "200601021504",
}

// dateEDIFACT reads a value of DTM by the code of its format.
func dateEDIFACT(text, code string) (t time.Time, z *time.Location, ok bool, reason string) {
	if strings.Trim(text, "0") == "" {
		return t, nil, false, ""
	}
	layout := dateFormats[code]
	if code == "" {
		layout = "20060102"
	}
	if layout == "" {
		return t, nil, false, ""
	}
	zoned := strings.HasSuffix(layout, "-0700")
	head := text
	if !zoned && len(text) > len(layout) {
		head = text[:len(layout)]
		if zone := strings.TrimSpace(text[len(layout):]); code == "301" || code == "303" || code == "304" {
			if zone == "UTC" || zone == "GMT" || zone == "Z" {
				z = time.UTC
			}
		} else if !strings.HasPrefix(code, "7") {
			return t, nil, false, fmt.Sprintf("%q is no date in format %s", text, code)
		}
	}
	t, err := time.Parse(layout, head)
	if err != nil {
		return t, nil, false, fmt.Sprintf("%q is no date in format %s", text, code)
	}
	if zoned {
		_, offset := t.Zone()
		z = time.FixedZone("", offset)
	}
	return t, z, true, ""
}
