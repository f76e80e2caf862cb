package mining

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"millrace/eventlog"
)

// The ends of every case, as String writes them.
const (
	startSign = "▶"
	endSign   = "■"
)

// label writes an activity on one line, whatever is in it.
func label(activity string) string {
	if activity == "" || strings.ContainsFunc(activity, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(activity)
	}
	return activity
}

// percent writes a share of 0 to 1.
func percent(share float64) string { return strconv.FormatFloat(100*share, 'f', 1, 64) + " %" }

// ratio is part of whole, 0 of nothing.
func ratio(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// span writes a duration in µs by its two largest units, rounded: "1d 4h",
// "90ms". Below a minute one unit is enough.
func span(us float64) string {
	units := [...]struct {
		name string
		us   int64
	}{{"d", 86400e6}, {"h", 3600e6}, {"m", 60e6}, {"s", 1e6}, {"ms", 1e3}, {"µs", 1}}
	rest := int64(us + .5)
	for i, u := range units {
		least := u // the unit to round to
		if u.us >= 60e6 {
			least = units[i+1]
		}
		rounded := (rest + least.us/2) / least.us * least.us
		if rounded < u.us {
			continue
		}
		out := strconv.FormatInt(rounded/u.us, 10) + u.name
		if n := rounded % u.us / least.us; n > 0 {
			out += " " + strconv.FormatInt(n, 10) + least.name
		}
		return out
	}
	return "0s"
}

// measured says of a distribution what String shows, "" if it says nothing.
func measured(d *eventlog.Durations) string {
	if d == nil {
		return ""
	}
	var parts []string
	if d.N > 0 {
		parts = append(parts, "median "+span(d.Quantile(.5)))
	}
	if d.Overlaps > 0 {
		parts = append(parts, fmt.Sprintf("%d overlap", d.Overlaps))
	}
	if d.Missing > 0 && (d.N > 0 || d.Overlaps > 0) {
		parts = append(parts, fmt.Sprintf("%d without time", d.Missing))
	}
	return strings.Join(parts, ", ")
}
