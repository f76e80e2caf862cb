package calendar

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"time"
)

// zoneinfo is the IANA time zone database 2025c as Go 1.26 carries it. The
// machine's own is not asked: it differs from machine to machine, and so
// would the working time.
//
//go:embed zoneinfo.zip
var zoneinfo []byte

// Zone returns the rules of an IANA time zone such as Europe/Berlin, as of the
// release of the zone database this package carries.
func Zone(name string) (*time.Location, error) {
	if name == "UTC" {
		return time.UTC, nil
	}
	all, err := zip.NewReader(bytes.NewReader(zoneinfo), int64(len(zoneinfo)))
	if err != nil {
		return nil, fmt.Errorf("time zones: %w", err)
	}
	for _, f := range all.File {
		if f.Name != name || f.FileInfo().IsDir() {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf("time zone %s: %w", name, err)
		}
		defer r.Close()
		data, err := io.ReadAll(r)
		if err != nil {
			return nil, fmt.Errorf("time zone %s: %w", name, err)
		}
		return time.LoadLocationFromTZData(name, data)
	}
	return nil, fmt.Errorf("%q is not an IANA time zone such as Europe/Berlin", name)
}

// A period is a stretch of time in which the clocks of a zone are not changed.
type period struct {
	start, end int64 // µs UTC; the last one's end is never
	offset     int64 // µs that the clocks are ahead of UTC
}

// periods returns those between two instants in µs UTC, the first from `from`.
func periods(loc *time.Location, from, to int64) []period {
	var all []period
	for at := from; ; {
		t := time.UnixMicro(at).In(loc)
		_, end := t.ZoneBounds()
		_, seconds := t.Zone()
		offset := int64(seconds) * second
		if n := len(all); n == 0 || all[n-1].offset != offset {
			if n > 0 {
				all[n-1].end = at
			}
			all = append(all, period{start: at, end: never, offset: offset})
		}
		if end.IsZero() || end.UnixMicro() >= to {
			return all
		}
		if at += day; end.UnixMicro() > at-day {
			at = end.UnixMicro()
		} // else 31 December of a leap year after 2037: Go 1.26 says its period has ended
	}
}

// A Stretch is a time in which the clocks of a zone are not changed.
type Stretch struct {
	Start, End time.Time     // UTC, to the microsecond; before End
	Offset     time.Duration // by which the clocks are ahead of UTC
}

// Stretches returns those between two instants, the first from the earlier,
// the last to the later of them.
func Stretches(zone *time.Location, from, to time.Time) []Stretch {
	var all []Stretch
	for _, p := range periods(zone, from.UnixMicro(), to.UnixMicro()) {
		all = append(all, Stretch{
			time.UnixMicro(p.start).UTC(), time.UnixMicro(min(p.end, to.UnixMicro())).UTC(), time.Duration(p.offset) * time.Microsecond,
		})
	}
	return all
}

// A wallClock turns what the clocks of a zone show into instants, for times
// that do not go back.
type wallClock struct {
	periods []period
	next    int
}

// first returns the first instant at which the clock shows wall (in µs, as if
// it were UTC) or later. So a time that is skipped when the clocks go forward
// is the moment of the change, and one that comes twice when they go back is
// the first of the two.
func (c *wallClock) first(wall int64) int64 {
	for ; c.next < len(c.periods)-1; c.next++ {
		if p := c.periods[c.next]; p.end+p.offset > wall {
			break
		}
	}
	p := c.periods[c.next]
	return max(p.start, wall-p.offset)
}
