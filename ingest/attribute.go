package ingest

import (
	"bytes"
	"time"

	"millrace/eventlog"
)

// An attribute collects the values of one column of a batch. It starts with
// the type of the sample. A value that does not fit makes it text, or floats of
// whole numbers, from that batch on: the batch keeps what was written until it
// is done.
type attribute struct {
	field   int
	column  eventlog.Column
	decimal byte
	format  *TimeFormat
	texts   Texts
	nulls   bool   // the batch has one
	widened string // the first value that did not fit

	written []byte // as in the file, while the type is not Text
	ends    []int
}

// newAttribute finds out the type of a column. Numbers with leading zeros are
// text: they name something.
func newAttribute(field int, name string, sample Sample, decimal byte, loc *time.Location) *attribute {
	a := &attribute{field: field, decimal: decimal, column: eventlog.Column{Name: name}}
	values := sample.Values
	switch {
	case sample.Nested:
		a.column.Type = eventlog.Nested
		return a
	case sample.Numbers:
		a.decimal = '.'
	}
	seen := false
	for _, v := range values {
		seen = seen || !nullText(bytes.TrimSpace([]byte(v)))
	}
	if !seen {
		return a
	}
	format, share := DetectTime(name, values, loc)
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
		if b := bytes.TrimSpace([]byte(v)); !nullText(b) && !a.fits(t, b) {
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

// nullText says whether a value is none: blank, or as databases export it.
func nullText(b []byte) bool {
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
	if c.Type == eventlog.Text || c.Type == eventlog.Nested {
		c.Text = append(c.Text, a.texts.Text(text))
		a.addNull(len(bytes.TrimSpace(text)) == 0)
		return
	}
	a.written = append(a.written, text...)
	a.ends = append(a.ends, len(a.written))
	b := bytes.TrimSpace(text)
	if nullText(b) || c.Type == eventlog.Time && MissingTime(b) {
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
	for _, n := range a.column.Int {
		if n > 1<<53 || n < -1<<53 {
			return 0, false // a float would change it
		}
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
