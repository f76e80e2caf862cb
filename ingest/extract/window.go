package extract

import (
	"fmt"
	"strings"
	"time"
)

// A Window is when a source may be read, every day: from 20:00 until 06:00. The
// zero Window is always open.
type Window struct {
	from, until time.Duration // since midnight
	zone        *time.Location
}

// ParseWindow reads "20:00-06:00" in an IANA time zone; "" is always.
func ParseWindow(text, zone string) (Window, error) {
	if text == "" {
		return Window{}, nil
	}
	loc, err := time.LoadLocation(zone)
	if err != nil || zone == "Local" {
		return Window{}, fmt.Errorf("window %q: %q is no time zone of the IANA list, such as Europe/Berlin", text, zone)
	}
	a, b, _ := strings.Cut(text, "-")
	from, err1 := time.Parse("15:04", strings.TrimSpace(a))
	until, err2 := time.Parse("15:04", strings.TrimSpace(b))
	if err1 != nil || err2 != nil || from.Equal(until) {
		return Window{}, fmt.Errorf(`window %q: want two times of the day, such as "20:00-06:00"`, text)
	}
	clock := func(t time.Time) time.Duration {
		return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
	}
	return Window{clock(from), clock(until), loc}, nil
}

func (w Window) String() string {
	if w.zone == nil {
		return "always"
	}
	clock := func(d time.Duration) string { return fmt.Sprintf("%02d:%02d", d/time.Hour, d%time.Hour/time.Minute) }
	return fmt.Sprintf("%s-%s (%s)", clock(w.from), clock(w.until), w.zone)
}

// open says whether it is, and if not, when it will be.
func (w Window) open(now time.Time) (is bool, next time.Time) {
	if w.zone == nil {
		return true, time.Time{}
	}
	now = now.In(w.zone)
	at := time.Duration(now.Hour())*time.Hour + time.Duration(now.Minute())*time.Minute + time.Duration(now.Second())*time.Second
	if w.from < w.until && at >= w.from && at < w.until || w.from > w.until && (at >= w.from || at < w.until) {
		return true, time.Time{}
	}
	day := now.Day()
	if at >= w.from {
		day++
	}
	// Not a sum of durations: days on which clocks change have 23 or 25 hours.
	return false, time.Date(now.Year(), now.Month(), day, int(w.from/time.Hour), int(w.from%time.Hour/time.Minute), 0, 0, w.zone)
}

// A closedError says that a window is closed.
type closedError struct {
	window Window
	opens  time.Time
}

func (e *closedError) Error() string {
	return fmt.Sprintf("outside of its window %s, which opens at %s", e.window, e.opens.Format("2006-01-02 15:04 MST"))
}
