package extract

import (
	"math/big"
	"strings"
	"time"
)

// A mark is the value of a watermark column, as the source wrote it. Moments
// and numbers are compared as such, anything else as text.
type mark struct {
	text   string
	layout *markLayout // of a moment
	at     time.Time
	number *big.Rat
}

// A markLayout is a way to write a moment.
type markLayout struct {
	parse  string // for time.Parse, which takes fractions of a second anyway
	format string
	naive  bool // it says no zone
}

// markLayouts are DuckDB's, ISO 8601's, and those of digits only, as in SAP.
var markLayouts = []markLayout{
	{"2006-01-02 15:04:05", "2006-01-02 15:04:05.999999", true},
	{"2006-01-02 15:04:05Z07", "2006-01-02 15:04:05.999999-07", false},
	{"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05.999999-07:00", false},
	{"2006-01-02", "2006-01-02", true},
	{"2006-01-02T15:04:05", "2006-01-02T15:04:05.999999", true},
	{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05.999999Z07:00", false},
	{"20060102150405", "20060102150405.999999", true},
	{"20060102", "20060102", true},
}

func parseMark(text string) mark {
	m := mark{text: text}
	for i := range markLayouts {
		l := &markLayouts[i]
		if len(text) < len("20060102") || text[0] < '0' || text[0] > '9' {
			break
		}
		at, err := time.Parse(l.parse, text)
		if err != nil || strings.HasPrefix(l.parse, "20060102") && (at.Year() < 1900 || at.Year() > 2200) {
			continue // digits only may be any number
		}
		m.layout, m.at = l, at
		break
	}
	if strings.Trim(text, "0123456789.-") == "" && strings.Count(text, "-") <= 1 && len(text) < 64 {
		m.number, _ = new(big.Rat).SetString(text)
	}
	return m
}

// known says whether it is a moment or a number.
func (m mark) known() bool { return m.layout != nil || m.number != nil }

// less orders the values of one column; none is before all, and what is no
// moment before those that are: an "infinity" must not be where the next
// increment begins.
func (m mark) less(o mark) bool {
	switch {
	case m.text == "" || o.text == "":
		return m.text == "" && o.text != ""
	case m.known() != o.known():
		return o.known()
	case m.layout != nil && o.layout != nil:
		return m.at.Before(o.at)
	case m.number != nil && o.number != nil:
		return m.number.Cmp(o.number) < 0
	}
	return m.text < o.text
}

// minus is the mark an overlap earlier; a number that is no moment stays.
func (m mark) minus(overlap time.Duration) mark {
	if m.layout == nil {
		return m
	}
	return parseMark(m.at.Add(-overlap).Format(m.layout.format))
}

// notAfter is the mark, but for one that is later than a moment: that moment,
// written in the same way. Marks without a zone are of the given one.
func (m mark) notAfter(at time.Time, zone *time.Location) mark {
	if m.layout == nil {
		return m
	}
	at = at.UTC()
	if m.layout.naive {
		at = at.In(zone)
	}
	limit := parseMark(at.Format(m.layout.format))
	if limit.less(m) {
		return limit
	}
	return m
}

// raise makes m the later of itself and the values of some columns of a row.
func (m *mark) raise(row []string, columns []int) {
	for _, i := range columns {
		if i >= len(row) || row[i] == "" || len(row[i]) == len(m.text) && row[i] <= m.text && m.known() {
			continue // of the same length: written alike, so text is enough to see that it is no later
		}
		if row[i] == "infinity" || row[i] == "-infinity" {
			continue // of PostgreSQL: nothing would ever be after it
		}
		if o := parseMark(row[i]); m.less(o) {
			*m = o
		}
	}
}
