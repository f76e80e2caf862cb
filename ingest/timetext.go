package ingest

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"

	"millrace/eventlog"
)

// A TimeFormat says how the times of one column are written, and in which zone
// those are that do not say theirs. The date must be written as the format
// says; after it a time of day may stand or not, with seconds, a fraction, AM
// or PM, and an offset from UTC, or without.
//
// It counts the times it had to decide about, and is therefore for one
// goroutine.
type TimeFormat struct {
	order     dateOrder
	sep       byte  // between the parts of a numeric date
	year2     bool  // the year has two digits
	unit      int64 // µs, of times that are counted
	layout    string
	zoned     bool // a told layout has the offset from UTC
	dateOnly  bool // a told layout has no time of day
	told      bool
	ambiguous bool // no sample told days from months
	shape     shape
	zone      zone
}

type dateOrder int8

const (
	yearFirst  dateOrder = iota // 2006-01-02
	dayFirst                    // 02.01.2006
	monthFirst                  // 01/02/2006
	compact                     // 20060102
	named                       // 02-Jan-2006, Jan 2, 2006
	javaDate                    // Mon Jan 2 15:04:05 CET 2006
	ideographs                  // 2006年01月02日
	counted                     // since 1970
	serial                      // days since 1899-12-30 or 1904-01-01, as Excel counts
	goLayout                    // as time.Parse
)

// Counted times have these layouts instead of a Go one.
const (
	unixSeconds = "unix"
	unixMillis  = "unix-ms"
	unixMicros  = "unix-us"
	unixNanos   = "unix-ns"
	excelDays   = "excel"
	excelMac    = "excel-1904"
)

// NewTimeFormat returns the format of a layout as package time writes it, or
// of "unix", "unix-ms", "unix-us" or "unix-ns": seconds and parts of them since
// 1970; or of "excel" or "excel-1904": days as Excel counts them. Times without
// an offset are in loc.
func NewTimeFormat(layout string, loc *time.Location) *TimeFormat {
	f := &TimeFormat{order: goLayout, layout: layout, told: true, zone: zone{loc: loc}}
	switch layout {
	case unixSeconds, unixMillis, unixMicros, unixNanos:
		f.order, f.unit = counted, unixUnit(layout)
		return f
	case excelDays, excelMac:
		f.order = serial
		return f
	}
	probe := func(t time.Time) string { return t.Format(layout) }
	t := time.Date(2006, 1, 2, 3, 4, 5, 0, time.UTC)
	f.zoned = probe(t) != probe(time.Date(2006, 1, 2, 3, 4, 5, 0, time.FixedZone("XYZ", 3600)))
	f.dateOnly = probe(t) == probe(t.Add(11*time.Hour+time.Minute+time.Second))
	return f
}

func unixUnit(layout string) int64 {
	switch layout {
	case unixMillis:
		return 1e3
	case unixMicros:
		return 1
	case unixNanos:
		return 0
	}
	return 1e6
}

// String returns the layout in the words of [Options].TimeLayout.
func (f *TimeFormat) String() string { return f.layout }

// Told says whether the layout came from [Options].
func (f *TimeFormat) Told() bool { return f.told }

// Ambiguous says that no value seen so far tells whether days or months come
// first; the format then takes days.
func (f *TimeFormat) Ambiguous() bool { return f.ambiguous }

// Settle looks for a value that tells days from months, and corrects an
// ambiguous format. It returns true when nothing is open any more.
func (f *TimeFormat) Settle(value []byte) bool {
	if !f.ambiguous {
		return true
	}
	day, month := *f, *f
	month.order = monthFirst
	_, d := day.civil(value)
	_, m := month.civil(value)
	if d == m {
		return false
	}
	if m {
		f.order = monthFirst
		f.describe()
	}
	f.ambiguous = false
	return true
}

// Parse reads one time. day is true if it has no time of day; the time is then
// that day's local midnight.
func (f *TimeFormat) Parse(text []byte) (us int64, day, ok bool) {
	switch f.order {
	case yearFirst:
		if us, ok := f.iso(text); ok {
			return us, false, true
		}
	case counted:
		us, ok := parseCounted(bytes.TrimSpace(text), f.unit)
		return us, false, ok
	case serial:
		return f.parseSerial(bytes.TrimSpace(text))
	case goLayout:
		return f.parseLayout(text)
	}
	c, ok := f.civil(text)
	if !ok {
		return eventlog.NoTime, false, false
	}
	return f.utc(c), c.dateOnly, true
}

// utc returns µs since 1970.
func (f *TimeFormat) utc(c civil) int64 {
	sec := daysFromCivil(c.year, c.month, c.day)*86400 + int64(c.hour*3600+c.min*60+c.sec)
	if c.zoned {
		sec -= int64(c.offset)
	} else {
		if c.nextDay {
			sec += day
		}
		return f.zone.utc(sec)*1e6 + int64(c.micro)
	}
	if c.nextDay {
		sec += day
	}
	return sec*1e6 + int64(c.micro)
}

func (f *TimeFormat) parseLayout(text []byte) (us int64, day, ok bool) {
	t, err := time.Parse(f.layout, string(bytes.TrimSpace(text)))
	if err != nil {
		return eventlog.NoTime, false, false
	}
	if f.zoned {
		return t.UnixMicro(), f.dateOnly, true
	}
	return f.zone.utc(t.Unix())*1e6 + int64(t.Nanosecond()/1e3), f.dateOnly, true
}

// iso is the fast path for 2006-01-02T15:04:05 with an optional fraction and Z
// or ±07:00, which is how most times are written. What it does not take, the
// general parser looks at.
func (f *TimeFormat) iso(b []byte) (us int64, ok bool) {
	if len(b) < 19 || b[4] != f.sep || b[7] != f.sep || (b[10] != 'T' && b[10] != ' ') || b[13] != ':' || b[16] != ':' {
		return 0, false
	}
	y1, y2, mo, d := two(b, 0), two(b, 2), two(b, 5), two(b, 8)
	h, mi, s := two(b, 11), two(b, 14), two(b, 17)
	if y1|y2|mo|d|h|mi|s < 0 || h > 23 || mi > 59 || s > 59 || !validDate(y1*100+y2, mo, d) {
		return 0, false
	}
	sec := daysFromCivil(y1*100+y2, mo, d)*86400 + int64(h*3600+mi*60+s)
	i, micro := 19, 0
	if len(b) > 20 && b[19] == '.' {
		i = 20
		for scale := 100000; i < len(b) && isDigit(b[i]); i++ {
			micro += int(b[i]-'0') * scale
			scale /= 10
		}
		if i == 20 {
			return 0, false
		}
	}
	switch rest := b[i:]; {
	case len(rest) == 0:
		sec = f.zone.utc(sec)
	case len(rest) == 1 && rest[0] == 'Z':
	case len(rest) == 6 && (rest[0] == '+' || rest[0] == '-') && rest[3] == ':':
		oh, om := two(rest, 1), two(rest, 4)
		if oh|om < 0 || oh > 23 || om > 59 {
			return 0, false
		}
		off := int64(oh*3600 + om*60)
		if rest[0] == '-' {
			off = -off
		}
		sec -= off
	default:
		return 0, false
	}
	return sec*1e6 + int64(micro), true
}

func isDigit(c byte) bool { return c-'0' <= 9 }

// two reads two digits; it is negative if they are none.
func two(b []byte, i int) int {
	x, y := int(b[i])-'0', int(b[i+1])-'0'
	if x < 0 || x > 9 || y < 0 || y > 9 {
		return -1
	}
	return x*10 + y
}

// parseSerial reads days as Excel counts them. The fraction is good for
// milliseconds: a float has no more digits.
func (f *TimeFormat) parseSerial(b []byte) (us int64, dateOnly, ok bool) {
	x, ok := parseFloat(b, '.')
	if !ok {
		x, ok = parseFloat(b, ',')
	}
	if !ok || x < 1 || x >= 2958466 { // 9999-12-31 is the last
		return eventlog.NoTime, false, false
	}
	ms := SerialMillis(x, f.layout == excelMac)
	return f.FromClock(ms * 1000), ms%(day*1000) == 0, true
}

// SerialMillis turns a date of a spreadsheet, in days since 1899-12-30 or since
// 1904-01-01, into milliseconds of wall clock since 1970, as if that were UTC.
// The first system believes in 1900-02-29 (ISO/IEC 29500-1:2016, §18.17.4.1):
// days before it are one later than they count.
func SerialMillis(days float64, since1904 bool) int64 {
	from := int64(-25569)
	if since1904 {
		from = -24107
	} else if days < 60 {
		from++
	}
	return from*day*1000 + int64(math.Round(days*day*1000))
}

// parseCounted reads a number of units since 1970, with a fraction or not. The
// unit 0 is a nanosecond.
func parseCounted(b []byte, unit int64) (int64, bool) {
	if unit == 0 {
		n, err := strconv.ParseInt(string(b), 10, 64)
		if err != nil {
			return eventlog.NoTime, false
		}
		us := n / 1000
		if n%1000 < 0 {
			us--
		}
		return us, true
	}
	whole, frac, _ := strings.Cut(string(b), ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	const most = 1 << 62 / 1_000_000 // keeps clear of overflow, and of NoTime
	if err != nil || n > most*(1_000_000/unit) || n < -most*(1_000_000/unit) {
		return eventlog.NoTime, false
	}
	us, part := n*unit, int64(0)
	for scale, i := unit, 0; i < len(frac); i++ {
		if !isDigit(frac[i]) {
			return eventlog.NoTime, false
		}
		scale /= 10
		part += int64(frac[i]-'0') * scale
	}
	if strings.HasPrefix(whole, "-") {
		part = -part
	}
	return us + part, true
}

// daysFromCivil counts days since 1970-01-01 in the proleptic Gregorian
// calendar. Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2014).
func daysFromCivil(y, m, d int) int64 {
	if m <= 2 {
		y--
	}
	era := y / 400
	if y < 0 {
		era = (y - 399) / 400
	}
	yoe := y - era*400
	doy := (153*((m+9)%12)+2)/5 + d - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return int64(era)*146097 + int64(doe) - 719468
}

func validDate(y, m, d int) bool {
	if m < 1 || m > 12 || d < 1 || y < 1 {
		return false
	}
	if d <= 28 {
		return true
	}
	switch m {
	case 2:
		return d == 29 && y%4 == 0 && (y%100 != 0 || y%400 == 0)
	case 4, 6, 9, 11:
		return d <= 30
	}
	return d <= 31
}

// MissingTime says whether the text stands for no time at all: empty, or what
// databases write for it. ERPs write the initial date.
func MissingTime(text []byte) bool {
	b := bytes.TrimSpace(text)
	switch len(b) {
	case 0:
		return true
	case 1:
		return b[0] == '-' || b[0] == '0'
	}
	switch string(b) {
	case `\N`, "NULL", "null", "Null", "NaT", "nan", "NaN", "None", "N/A", "n/a", "<null>", "(null)", "#N/A":
		return true
	}
	return initialDate(b)
}

// initialDate says whether a text is a date, and perhaps a time, of zeros
// only: 00000000, 0000-00-00 00:00:00, 00.00.0000, 00/00/0000.
func initialDate(b []byte) bool {
	if b[0] != '0' || b[1] != '0' {
		return false
	}
	zeros := 0
	for _, c := range b {
		switch c {
		case '0':
			zeros++
		case '-', '.', '/', ':', ' ', 'T', 'Z':
		default:
			return false
		}
	}
	return zeros >= 8
}
