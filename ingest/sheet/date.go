package sheet

import (
	"fmt"
	"strings"
	"time"

	"millrace/ingest"
)

// A dateColumn is how the dates or times of a column are written.
type dateColumn struct {
	name   string
	zone   *time.Location
	format *ingest.TimeFormat
	days   bool // no value has a time of day
	// The distinct values in the order of their first lines, up to maxDistinct.
	values []string
	line   map[string]int64
}

// maxDistinct is how many different texts of a column are looked at before any is read.
const maxDistinct = 1 << 20

func (c *dateColumn) see(text string, line int64) {
	if _, seen := c.line[text]; seen || len(c.values) >= maxDistinct || ingest.MissingTime([]byte(text)) {
		return
	}
	c.line[text] = line
	c.values = append(c.values, text)
}

// detectName makes eight digits, and days as spreadsheets count them, dates.
const detectName = "date"

// settleDates finds out how all columns of dates are written. Where a column
// could have the day or the month first, others that are written alike decide.
// It is an error if none does, or if values are written in two ways.
func settleDates(columns []*dateColumn, layout string, place func(line int64) string) error {
	for _, c := range columns {
		if len(c.values) == 0 {
			continue
		}
		if layout != "" {
			c.format = ingest.NewTimeFormat(layout, c.zone)
			continue
		}
		if c.format, _ = ingest.DetectTime(detectName, c.values, c.zone); c.format == nil {
			return fmt.Errorf("%s: %s: %q is no date that can be told by itself; say how dates are written, as layout: \"2.1.2006\", or which column has them", place(c.line[c.values[0]]), c.name, c.values[0])
		}
	}
	for _, c := range columns {
		if c.format == nil || layout != "" || !c.format.Ambiguous() {
			continue
		}
		var alike []string
		for _, other := range columns {
			if other.format != nil && marks(other.values[0]) == marks(c.values[0]) {
				alike = append(alike, other.values...)
			}
		}
		f, _ := ingest.DetectTime(detectName, alike, c.zone)
		if f == nil || f.Ambiguous() {
			return fmt.Errorf("%s: %s: %q may be %s, and no value of the file tells which; say it: layout: \"1/2/2006\" (month first) or \"2/1/2006\" (day first)",
				place(c.line[c.values[0]]), c.name, c.values[0], bothWays(c.values[0]))
		}
		c.format = f
	}
	for _, c := range columns {
		if err := c.check(place); err != nil {
			return err
		}
	}
	return nil
}

// check looks for values of another layout, and for times of day.
func (c *dateColumn) check(place func(line int64) string) error {
	c.days = true
	read := 0
	for _, v := range c.values {
		us, day, ok := c.format.Parse([]byte(v))
		if ok {
			read++
			c.days = c.days && (day || isMidnight(us, c.zone))
			continue
		}
		if other, _ := ingest.DetectTime(detectName, []string{v}, c.zone); other != nil {
			return fmt.Errorf("%s: %s: %q is no date in layout %q, in which others are written (%s: %q); both in one column cannot be told apart: mend the file, or say layout",
				place(c.line[v]), c.name, v, c.format, place(c.line[c.first()]), c.first())
		}
	}
	if len(c.values) > 0 && read == 0 {
		return fmt.Errorf("%s: %s: %q is no date in layout %q, nor is any other value", place(c.line[c.values[0]]), c.name, c.values[0], c.format)
	}
	return nil
}

// first is the first value that is in the layout.
func (c *dateColumn) first() string {
	for _, v := range c.values {
		if _, _, ok := c.format.Parse([]byte(v)); ok {
			return v
		}
	}
	return c.values[0]
}

// read reads one value; missing ones are "". days says it is known to the day.
func (c *dateColumn) read(text, kind string) (value string, days bool, err error) {
	if ingest.MissingTime([]byte(text)) {
		return "", false, nil
	}
	us, day, ok := int64(0), false, false
	if c.format != nil {
		us, day, ok = c.format.Parse([]byte(text))
	}
	if !ok {
		return "", false, fmt.Errorf("%q is no date in layout %q", text, c.format)
	}
	t := time.UnixMicro(us).In(c.zone)
	if kind != "time" {
		return t.Format(time.DateOnly), true, nil
	}
	return t.UTC().Format("2006-01-02 15:04:05.999999+00"), day || c.days, nil
}

// latest is the latest day of the column, "" if it has none.
func (c *dateColumn) latest() (day string) {
	for _, v := range c.values {
		if x, _, err := c.read(v, "day"); err == nil {
			day = max(day, x)
		}
	}
	return day
}

func isMidnight(us int64, zone *time.Location) bool {
	t := time.UnixMicro(us).In(zone)
	return t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 && t.Nanosecond() == 0
}

// marks is a text without what may differ from one date to the next.
func marks(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, text)
}

// bothWays says in words which two days a date may be.
func bothWays(text string) string {
	var days []string
	for _, layout := range []string{"2/1/2006", "1/2/2006", "2/1/06", "1/2/06"} {
		date, _, _ := strings.Cut(strings.NewReplacer("-", "/", ".", "/").Replace(text), " ")
		if t, err := time.Parse(layout, date); err == nil {
			days = append(days, t.Format(time.DateOnly))
		}
	}
	return strings.Join(days, " or ")
}
