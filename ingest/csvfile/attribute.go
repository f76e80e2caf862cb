package csvfile

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"millrace/eventlog"
	"millrace/ingest"
)

// An attribute collects the values of one column of a batch. It starts with
// the type of the sample. A value that does not fit makes it text, or floats of
// whole numbers, from that batch on: the batch keeps what was written until it
// is done.
type attribute struct {
	field   int
	column  eventlog.Column
	decimal byte
	format  *ingest.TimeFormat
	texts   ingest.Texts
	nulls   bool   // the batch has one
	widened string // the first value that did not fit

	written []byte // as in the file, while the type is not Text
	ends    []int
}

// newAttribute finds out the type of a column. Numbers with leading zeros are
// text: they name something.
func newAttribute(field int, name string, values []string, decimal byte, loc *time.Location) *attribute {
	a := &attribute{field: field, decimal: decimal, column: eventlog.Column{Name: name}}
	seen := false
	for _, v := range values {
		seen = seen || !null(bytes.TrimSpace([]byte(v)))
	}
	if !seen {
		return a
	}
	format, share := ingest.DetectTime(name, values, loc)
	if format != nil && share == 1 && !format.Ambiguous() {
		a.column.Type, a.format = eventlog.Time, format
		return a
	}
	for _, t := range []eventlog.Type{eventlog.Int, eventlog.Float, eventlog.Bool} {
		if a.fitsAll(t, values) {
			a.column.Type = t
			break
		}
	}
	return a
}

func (a *attribute) fitsAll(t eventlog.Type, values []string) bool {
	for _, v := range values {
		if b := bytes.TrimSpace([]byte(v)); !null(b) && !a.fits(t, b) {
			return false
		}
	}
	return true
}

func (a *attribute) fits(t eventlog.Type, b []byte) bool {
	switch t {
	case eventlog.Int:
		_, ok := parseInt(b)
		return ok
	case eventlog.Float:
		_, ok := parseFloat(b, a.decimal)
		return ok
	case eventlog.Bool:
		_, ok := parseBool(b)
		return ok
	}
	return true
}

// null says whether a value is none: blank, or as databases export it.
func null(b []byte) bool {
	switch len(b) {
	case 0:
		return true
	case 2:
		return b[0] == '\\' && b[1] == 'N'
	case 4:
		return string(b) == "NULL" || string(b) == "null"
	}
	return false
}

// add appends one value.
func (a *attribute) add(text []byte) {
	c := &a.column
	if c.Type == eventlog.Text {
		c.Text = append(c.Text, a.texts.Text(text))
		a.addNull(len(bytes.TrimSpace(text)) == 0)
		return
	}
	a.written = append(a.written, text...)
	a.ends = append(a.ends, len(a.written))
	b := bytes.TrimSpace(text)
	if null(b) || c.Type == eventlog.Time && ingest.MissingTime(b) {
		a.addNull(true)
		c.Int, c.Float = appendZero(c)
		return
	}
	a.addNull(false)
	ok := false
	switch c.Type {
	case eventlog.Int:
		var n int64
		if n, ok = parseInt(b); !ok {
			if x, float := a.plainFloat(b); float {
				a.floats(x)
				return
			}
		}
		c.Int = append(c.Int, n)
	case eventlog.Float:
		var x float64
		x, ok = parseFloat(b, a.decimal)
		c.Float = append(c.Float, x)
	case eventlog.Bool:
		var n int64
		n, ok = parseBool(b)
		c.Int = append(c.Int, n)
	case eventlog.Time:
		var us int64
		us, _, ok = a.format.Parse(b)
		c.Int = append(c.Int, us)
	}
	if !ok {
		a.widen(string(b))
	}
}

func appendZero(c *eventlog.Column) ([]int64, []float64) {
	if c.Type == eventlog.Float {
		return c.Int, append(c.Float, 0)
	}
	return append(c.Int, 0), c.Float
}

func (a *attribute) addNull(null bool) {
	a.column.Null = append(a.column.Null, null)
	a.nulls = a.nulls || null
}

// plainFloat takes a number with a fraction. One with a group sign may as well
// have the other decimal sign, where all numbers before it were whole.
func (a *attribute) plainFloat(b []byte) (float64, bool) {
	group := ","
	if a.decimal == ',' {
		group = "."
	}
	if bytes.Contains(b, []byte(group)) {
		return 0, false
	}
	return parseFloat(b, a.decimal)
}

// floats makes floats of the batch so far, and appends one.
func (a *attribute) floats(x float64) {
	c := &a.column
	for _, n := range c.Int {
		c.Float = append(c.Float, float64(n))
	}
	c.Type, c.Int, c.Float = eventlog.Float, nil, append(c.Float, x)
}

// widen makes text of the batch so far.
func (a *attribute) widen(culprit string) {
	a.widened = culprit
	c := &a.column
	c.Type, c.Int, c.Float = eventlog.Text, nil, nil
	from := 0
	for i, to := range a.ends {
		text := a.written[from:to]
		c.Text = append(c.Text, a.texts.Text(text))
		c.Null[i] = len(bytes.TrimSpace(text)) == 0
		from = to
	}
	a.written, a.ends = nil, nil
}

// view returns the column for a batch.
func (a *attribute) view() eventlog.Column {
	c := a.column
	if !a.nulls {
		c.Null = nil
	}
	return c
}

// reset starts the next batch.
func (a *attribute) reset() {
	c := &a.column
	c.Text, c.Int, c.Float, c.Null = c.Text[:0], c.Int[:0], c.Float[:0], c.Null[:0]
	a.written, a.ends, a.nulls = a.written[:0], a.ends[:0], false
}

// parseInt takes whole numbers as a program writes them: no plus sign, no
// leading zero.
func parseInt(b []byte) (int64, bool) {
	digits := bytes.TrimPrefix(b, []byte("-"))
	if len(digits) == 0 || len(digits) > 19 || digits[0] > '9' || digits[0] < '0' ||
		(digits[0] == '0' && (len(digits) > 1 || len(b) > 1)) {
		return 0, false
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	return n, err == nil
}

// parseFloat takes 1234.5, 1,234.5 and 1e-05, or with a decimal comma 1234,5
// and 1.234,5; no leading zeros, no infinity.
func parseFloat(b []byte, decimal byte) (float64, bool) {
	if len(b) == 0 || len(b) > 40 {
		return 0, false
	}
	var buf [40]byte
	plain, group := buf[:0], byte(',')
	if decimal == ',' {
		group = '.'
	}
	digits, since, grouped, point, exponent := 0, 0, false, false, false
	for i, c := range b {
		switch {
		case c >= '0' && c <= '9':
			digits++
			since++
			plain = append(plain, c)
		case (c == '-' || c == '+') && (i == 0 || b[i-1]|0x20 == 'e'):
			plain = append(plain, c)
		case c == decimal && !point && !exponent:
			if grouped && since != 3 || digits == 0 {
				return 0, false
			}
			point = true
			plain = append(plain, '.')
		case c == group && !point && !exponent:
			if digits == 0 || digits > 3 && !grouped || grouped && since != 3 {
				return 0, false
			}
			grouped, since = true, 0
		case c|0x20 == 'e' && digits > 0 && !exponent && i+1 < len(b) && (b[i+1] == '-' || b[i+1] == '+'):
			exponent = true
			plain = append(plain, 'e')
		default:
			return 0, false
		}
	}
	if grouped && !point && since != 3 {
		return 0, false
	}
	whole := bytes.TrimLeft(plain, "+-")
	if len(whole) > 1 && whole[0] == '0' && whole[1] != '.' && whole[1] != 'e' {
		return 0, false
	}
	x, err := strconv.ParseFloat(string(plain), 64)
	return x, err == nil
}

func parseBool(b []byte) (int64, bool) {
	switch {
	case len(b) == 4 && strings.EqualFold(string(b), "true"):
		return 1, true
	case len(b) == 5 && strings.EqualFold(string(b), "false"):
		return 0, true
	}
	return 0, false
}

// detectDecimal returns the decimal sign of a file: a comma if some column has
// numbers with a comma only, and none has numbers with a point that a comma
// would not explain.
func detectDecimal(columns [][]string) byte {
	commas, points := 0, 0
	for _, values := range columns {
		comma, point, any := true, true, false
		for _, v := range values {
			b := bytes.TrimSpace([]byte(v))
			if null(b) {
				continue
			}
			_, whole := parseInt(b)
			if whole {
				continue
			}
			any = true
			if _, ok := parseFloat(b, ','); !ok {
				comma = false
			}
			if _, ok := parseFloat(b, '.'); !ok {
				point = false
			}
			if !comma && !point {
				break
			}
		}
		switch {
		case !any || comma == point:
		case comma:
			commas++
		default:
			points++
		}
	}
	if commas > points {
		return ','
	}
	return '.'
}
