package sheet

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// A Value is one of a cell; the zero value is none.
type Value struct {
	kind Type
	n    int64   // integer, coefficient, day since 1970, microsecond since 1970
	f    float64 // share, days, hours
	s    string
	url  string
}

const (
	maxDecimal = 1_000_000_000_000_000_000
	microDay   = 86_400_000_000
	firstDay   = -719_162  // 0001-01-01
	lastDay    = 2_932_896 // 9999-12-31
)

// Text is a value of text. What is no UTF-8 in it becomes U+FFFD.
func Text(s string) Value { return Value{kind: TextType, s: strings.ToValidUTF8(s, "\uFFFD")} }

// Integer is a whole number.
func Integer(n int64) Value { return Value{kind: IntegerType, n: n} }

// Decimal is a number as its digits without the point: 12.50 of a column with
// two digits after it is 1250.
func Decimal(n int64) Value { return Value{kind: DecimalType, n: n} }

// Share is a part of a whole, 0 to 1; NaN is no value, and so with Days and Hours.
func Share(f float64) Value { return float(ShareType, f) }

// Days is a duration in days.
func Days(f float64) Value { return float(DaysType, f) }

// Hours is a duration in hours.
func Hours(f float64) Value { return float(HoursType, f) }

func float(kind Type, f float64) Value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Value{}
	}
	return Value{kind: kind, f: f + 0} // -0 is 0
}

// Date is a day of the calendar.
func Date(year int, month time.Month, day int) Value {
	return Value{kind: DateType, n: time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / 86_400}
}

// Timestamp is a moment; what is less than a microsecond is dropped.
func Timestamp(t time.Time) Value { return Value{kind: TimestampType, n: t.UnixMicro()} }

// Link is a text that leads to an address; "" is none.
func Link(text, address string) Value {
	return Value{kind: LinkType, s: strings.ToValidUTF8(text, "\uFFFD"), url: address}
}

// Known says that there is a value.
func (v Value) Known() bool { return v.kind != "" }

// Text returns the value of a column as CSV and JSON have it: ISO 8601, a point
// before decimals, nothing between thousands; "" is also no value.
func (v Value) Text(c Column) string {
	switch v.kind {
	case TextType, LinkType:
		return v.s
	case IntegerType:
		return strconv.FormatInt(v.n, 10)
	case DecimalType:
		return v.decimal(c.Scale)
	case ShareType, DaysType, HoursType:
		return strconv.FormatFloat(v.f, 'f', -1, 64)
	case DateType:
		return time.Unix(v.n*86_400, 0).UTC().Format(time.DateOnly)
	case TimestampType:
		return v.Time(c).Format("2006-01-02T15:04:05.999999Z07:00")
	}
	return ""
}

// Time is a timestamp in the zone of its column.
func (v Value) Time(c Column) time.Time {
	zone := c.Zone
	if zone == nil {
		zone = time.UTC
	}
	return time.UnixMicro(v.n).In(zone)
}

func (v Value) decimal(scale int) string {
	text := strconv.FormatInt(v.n, 10)
	sign := ""
	if text[0] == '-' {
		sign, text = "-", text[1:]
	}
	if scale == 0 {
		return sign + text
	}
	if len(text) <= scale {
		text = strings.Repeat("0", scale+1-len(text)) + text
	}
	return sign + text[:len(text)-scale] + "." + text[len(text)-scale:]
}

// plain is the value as Go has it; nil is none.
func (v Value) plain(c Column) any {
	switch v.kind {
	case "":
		return nil
	case IntegerType:
		return v.n
	case ShareType, DaysType, HoursType:
		return v.f
	case DateType:
		return time.Unix(v.n*86_400, 0).UTC()
	case TimestampType:
		return v.Time(c)
	}
	return v.Text(c)
}
