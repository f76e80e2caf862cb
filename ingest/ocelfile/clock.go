package ocelfile

import (
	"bytes"
	"time"

	"millrace/eventlog"
	"millrace/ingest"
)

// A clock reads the times of a log and counts what a user should know of them.
type clock struct {
	reader  *ingest.TimeReader
	naive   int64
	counted int64
	unit    string // of the first counted time
}

// read reads a time that is not missing. A number, which may stand in a string,
// is counted since 1970.
func (c *clock) read(b []byte) (ingest.Moment, bool) {
	m, ok := c.reader.Read(b)
	if ok {
		if m.Naive {
			c.naive++
		}
		return m, true
	}
	if us, unit, ok := c.reader.ReadNumber(b); ok {
		if c.counted == 0 {
			c.unit = unit
		}
		c.counted++
		return ingest.Moment{Micros: us}, true
	}
	return m, false
}

// ofValue reads the time from which an attribute of an object has its value.
// 1970 at midnight, which OCEL 2.0 writes for it, is the beginning; without an
// offset too.
func (c *clock) ofValue(b []byte) (us int64, ok bool) {
	b = bytes.TrimSpace(b)
	for _, first := range [...]string{"0", "1970-01-01T00:00:00", "1970-01-01 00:00:00"} {
		if rest, ok := bytes.CutPrefix(b, []byte(first)); ok && len(bytes.Trim(rest, ".0")) == 0 {
			return eventlog.NoTime, true
		}
	}
	m, ok := c.read(b)
	if m.Micros == 0 {
		return eventlog.NoTime, ok
	}
	return m.Micros, ok
}

// appendTime appends µs since 1970 as RFC 3339.
func appendTime(dst []byte, us int64) []byte {
	return time.UnixMicro(us).UTC().AppendFormat(dst, "2006-01-02T15:04:05.999999Z07:00")
}
