package ingest

import (
	"bytes"
	"math"
	"strconv"
	"time"

	"millrace/eventlog"
)

// A TimeReader reads times one by one where there is no column to tell how
// they are written: in documents, and in databases that type value by value.
// It reads what can be read in one way only: the year first, dots between day
// and month, names of months, and eight or fourteen digits; not 03/11/2019,
// unless a layout says so.
//
// It is for one goroutine.
type TimeReader struct {
	told    *TimeFormat
	formats []*TimeFormat
}

// A Moment is a time as it was written.
type Moment struct {
	Micros int64 // µs since 1970-01-01 UTC
	Day    bool  // without time of day: local midnight
	Naive  bool  // without offset from UTC
}

// NewTimeReader returns a reader of times that are in loc where they do not say
// otherwise. layout is [Options].TimeLayout: times are tried in it first.
func NewTimeReader(layout string, loc *time.Location) *TimeReader {
	r := &TimeReader{}
	if layout != "" {
		r.told = NewTimeFormat(layout, loc)
	}
	for _, f := range candidates(loc) {
		if f.year2 || f.order == monthFirst || f.order == dayFirst && f.sep != '.' {
			continue
		}
		r.formats = append(r.formats, f)
	}
	return r
}

// Prefer makes the reader try a format first, such as one that [DetectTime]
// found.
func (r *TimeReader) Prefer(f *TimeFormat) { r.told = f }

// Read reads one time.
func (r *TimeReader) Read(text []byte) (Moment, bool) {
	text = bytes.TrimSpace(text)
	if r.told != nil {
		if us, day, ok := r.told.Parse(text); ok {
			return Moment{us, day, r.naive(text)}, true
		}
	}
	// Nearly all times are the first format's, and in its fast path.
	if us, ok := r.formats[0].iso(text); ok {
		return Moment{us, false, !offsetWritten(text)}, true
	}
	for _, f := range r.formats {
		if c, ok := f.civil(text); ok {
			us, day, ok := f.Parse(text)
			return Moment{us, day, !c.zoned}, ok
		}
	}
	return Moment{Micros: eventlog.NoTime}, false
}

// naive says whether a time in the format that is tried first has no offset.
func (r *TimeReader) naive(text []byte) bool {
	switch r.told.order {
	case goLayout:
		return !r.told.zoned
	case counted:
		return false
	}
	c, _ := r.told.civil(text)
	return !c.zoned
}

// offsetWritten says whether a time that iso read has an offset from UTC.
func offsetWritten(b []byte) bool {
	if b[len(b)-1] == 'Z' {
		return true
	}
	return len(b) >= 25 && (b[len(b)-6] == '+' || b[len(b)-6] == '-')
}

// ReadNumber reads a number as a time counted since 1970, in the unit that
// makes it one between 1973 and 5138: seconds, milliseconds, microseconds or
// nanoseconds. Smaller ones are none: they are Julian days, or something else.
func (r *TimeReader) ReadNumber(text []byte) (us int64, unit string, ok bool) {
	v, err := strconv.ParseFloat(string(bytes.TrimSpace(text)), 64)
	if err != nil {
		return eventlog.NoTime, "", false
	}
	for _, u := range [...]struct {
		name        string
		least, most float64
		layout      string
	}{
		{"seconds", 1e8, 1e11, unixSeconds}, {"milliseconds", 1e11, 1e14, unixMillis}, {"microseconds", 1e14, 1e17, unixMicros},
	} {
		if a := math.Abs(v); u.least <= a && a < u.most {
			us, ok := parseCounted(plainNumber(text, v), unixUnit(u.layout))
			return us, u.name, ok
		}
	}
	if n, err := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64); err == nil && (n >= 1e17 || n <= -1e17) {
		return n / 1000, "nanoseconds", true
	}
	return eventlog.NoTime, "", false
}

// plainNumber is the number v, which is written as text, without an exponent.
func plainNumber(text []byte, v float64) []byte {
	text = bytes.TrimSpace(text)
	if bytes.ContainsAny(text, "eE") {
		return strconv.AppendFloat(nil, v, 'f', -1, 64)
	}
	return text
}
