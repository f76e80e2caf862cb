package calendar

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

const minutesPerDay = 24 * 60

// A shift is a stretch of wall clock, in minutes since the midnight its day
// begins with. It starts on that day; past 24:00 it ends on the next.
type shift struct{ start, end int }

// Hours are the shifts of one day, by their start; none if it is closed.
// Shifts may overlap: what is open twice counts once.
type hours []shift

// parseHours reads shifts such as "08:00-12:00, 13:00-17:00" or "22:00-06:00",
// or "closed".
func parseHours(text string) (hours, error) {
	if strings.TrimSpace(text) == "closed" {
		return nil, nil
	}
	var h hours
	for one := range strings.SplitSeq(text, ",") {
		s, err := parseShift(strings.TrimSpace(one))
		if err != nil {
			return nil, err
		}
		h = append(h, s)
	}
	return h.sorted(), nil
}

func (h hours) sorted() hours {
	slices.SortFunc(h, func(a, b shift) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end)) })
	return slices.Compact(h)
}

func parseShift(text string) (shift, error) {
	from, to, ok := strings.Cut(text, "-")
	start, okStart := parseClock(strings.TrimSpace(from))
	end, okEnd := parseClock(strings.TrimSpace(to))
	switch {
	case text == "24/7":
		return shift{}, fmt.Errorf(`"24/7" is a whole calendar, not the hours of a day; write "00:00-24:00"`)
	case !ok || !okStart || !okEnd || start == minutesPerDay:
		return shift{}, fmt.Errorf(`%q is not a shift; write "08:00-18:00", "22:00-06:00" over midnight, several with commas, or closed`, text)
	case start == end:
		return shift{}, fmt.Errorf(`%q has no length; a whole day is "00:00-24:00", a day without work is closed`, text)
	case end < start:
		end += minutesPerDay
	}
	return shift{start, end}, nil
}

// parseClock reads 08:00, 8:00 or 24:00.
func parseClock(text string) (minutes int, ok bool) {
	h, m, found := strings.Cut(text, ":")
	if !found || len(h) < 1 || len(h) > 2 || len(m) != 2 {
		return 0, false
	}
	for _, r := range h + m {
		if r < '0' || r > '9' {
			return 0, false
		}
		minutes = minutes*10 + int(r-'0')
	}
	minutes = minutes/100*60 + minutes%100
	return minutes, m < "60" && minutes <= minutesPerDay
}

func (h hours) String() string {
	if len(h) == 0 {
		return "closed"
	}
	var b strings.Builder
	for i, s := range h {
		if i > 0 {
			b.WriteString(", ")
		}
		end := s.end
		if end > minutesPerDay {
			end -= minutesPerDay
		}
		fmt.Fprintf(&b, "%02d:%02d-%02d:%02d", s.start/60, s.start%60, end/60, end%60)
	}
	return b.String()
}
