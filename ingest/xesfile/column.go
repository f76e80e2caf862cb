package xesfile

import (
	"bytes"
	"fmt"
	"math"
	"strconv"

	"millrace/eventlog"
)

// A column gathers the values of one attribute for a batch, as text. Only when
// the batch is whole does it know their type: XES declares it anew with every
// value.
type column struct {
	name   string
	nested bool
	kind   kind // of the values
	other  kind // of a value of another kind; noKind if all are alike
	rows   []int
	ends   []int // of the values in text
	text   []byte
	dict   dictionary
	out    eventlog.Column

	bad     int64  // values that are not of their kind, in all batches
	example string // the first of them
	mixed   kind   // the first other kind, in all batches
}

// add appends the value of a row and returns its size. Rows ascend.
func (c *column) add(row int, k kind, value []byte) int {
	if len(c.rows) == 0 {
		c.kind, c.other = k, noKind
	} else if k != c.kind {
		c.other = k
	}
	c.rows = append(c.rows, row)
	c.text = append(c.text, value...)
	c.ends = append(c.ends, len(c.text))
	return len(value)
}

// drop takes back the value of the row, if there is one.
func (c *column) drop(row int) {
	n := len(c.rows) - 1
	if n < 0 || c.rows[n] != row {
		return
	}
	c.rows, c.ends = c.rows[:n], c.ends[:n]
	c.text = c.text[:c.start(n)]
}

func (c *column) start(i int) int {
	if i == 0 {
		return 0
	}
	return c.ends[i-1]
}

// finish returns the column for a batch of n rows and empties c. The result is
// valid until the next call.
func (c *column) finish(n int, clock *clock) eventlog.Column {
	c.out.Name = c.name
	c.out.Type = c.fill(n, clock)
	if c.out.Type != eventlog.Text && c.out.Type != eventlog.Nested {
		c.out.Text = nil
	}
	if c.out.Type != eventlog.Float {
		c.out.Float = nil
	}
	if c.out.Type == eventlog.Text || c.out.Type == eventlog.Nested || c.out.Type == eventlog.Float {
		c.out.Int = nil
	}
	c.out.Null = c.nulls(n)
	c.rows, c.ends, c.text = c.rows[:0], c.ends[:0], c.text[:0]
	return c.out
}

// fill reads the values as what they are declared to be, or all as text where
// one of them is not.
func (c *column) fill(n int, clock *clock) eventlog.Type {
	if c.nested {
		c.texts(n)
		return eventlog.Nested
	}
	if c.other != noKind {
		if c.mixed == noKind {
			c.mixed = c.other
		}
		c.texts(n)
		return eventlog.Text
	}
	switch c.kind {
	case kindInt:
		if c.ints(n, parseInt) {
			return eventlog.Int
		}
	case kindBoolean:
		if c.ints(n, parseBool) {
			return eventlog.Bool
		}
	case kindDate:
		read := func(b []byte) (int64, bool) {
			r, ok := clock.read(b, kindDate)
			return r.micros, ok
		}
		if c.ints(n, read) {
			return eventlog.Time
		}
	case kindFloat:
		if c.floats(n) {
			return eventlog.Float
		}
	}
	c.texts(n)
	return eventlog.Text
}

func (c *column) texts(n int) {
	c.out.Text = sized(c.out.Text, n)
	start := 0
	for i, row := range c.rows {
		c.out.Text[row] = c.dict.get(c.text[start:c.ends[i]])
		start = c.ends[i]
	}
}

func (c *column) ints(n int, parse func([]byte) (int64, bool)) bool {
	c.out.Int = sized(c.out.Int, n)
	bad, start := int64(0), 0
	for i, row := range c.rows {
		v, ok := parse(c.text[start:c.ends[i]])
		if !ok {
			c.unread(c.text[start:c.ends[i]])
			bad++
		}
		c.out.Int[row] = v
		start = c.ends[i]
	}
	return bad == 0
}

func (c *column) floats(n int) bool {
	c.out.Float = sized(c.out.Float, n)
	bad, start := int64(0), 0
	for i, row := range c.rows {
		v, ok := parseFloat(c.text[start:c.ends[i]])
		if !ok {
			c.unread(c.text[start:c.ends[i]])
			bad++
		}
		c.out.Float[row] = v
		start = c.ends[i]
	}
	return bad == 0
}

func (c *column) unread(text []byte) {
	if c.bad == 0 {
		c.example = fmt.Sprintf("%s is no %s", quote(text), c.kind)
	}
	c.bad++
}

// nulls marks the rows without a value; nil if there are none.
func (c *column) nulls(n int) []bool {
	if len(c.rows) == n {
		return nil
	}
	null := sized(c.out.Null, n)
	for i := range null {
		null[i] = true
	}
	for _, row := range c.rows {
		null[row] = false
	}
	return null
}

// sized returns s with n zero values.
func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, max(n, 2*cap(s)))
	}
	s = s[:n]
	clear(s)
	return s
}

func parseInt(b []byte) (int64, bool) {
	b = bytes.Trim(b, " \t\r\n")
	if len(b) > 0 && len(b) < 19 { // cannot overflow
		v, i := int64(0), 0
		if b[0] == '-' || b[0] == '+' {
			i = 1
		}
		for ; i < len(b) && b[i]-'0' <= 9; i++ {
			v = v*10 + int64(b[i]-'0')
		}
		if i < len(b) || len(b) == 1 && b[0]-'0' > 9 {
			return 0, false
		}
		if b[0] == '-' {
			v = -v
		}
		return v, true
	}
	v, err := strconv.ParseInt(string(b), 10, 64)
	return v, err == nil
}

// parseBool reads what XML Schema calls a boolean, in any case of letters:
// Python's True is common.
func parseBool(b []byte) (int64, bool) {
	b = bytes.Trim(b, " \t\r\n")
	switch {
	case len(b) == 1 && (b[0] == '0' || b[0] == '1'):
		return int64(b[0] - '0'), true
	case bytes.EqualFold(b, []byte("true")):
		return 1, true
	case bytes.EqualFold(b, []byte("false")):
		return 0, true
	}
	return 0, false
}

// parseFloat reads what XML Schema calls a double: not Go's hexadecimals and
// underscores. Numbers beyond its range are not read.
func parseFloat(b []byte) (float64, bool) {
	b = bytes.Trim(b, " \t\r\n")
	switch string(b) {
	case "INF", "+INF":
		return math.Inf(1), true
	case "-INF":
		return math.Inf(-1), true
	}
	if bytes.ContainsAny(b, "xX_pP") {
		return 0, false
	}
	v, err := strconv.ParseFloat(string(b), 64)
	return v, err == nil
}

// A dictionary makes one string of many equal ones. It holds the strings that
// came last, not all there ever were.
type dictionary struct{ known map[string]string }

const (
	maxKnown = 1 << 15 // strings of a dictionary
	maxKept  = 256     // bytes of a string that is worth keeping
)

func (d *dictionary) get(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if s, ok := d.known[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(b) > maxKept {
		return s
	}
	if d.known == nil {
		d.known = map[string]string{}
	}
	if len(d.known) >= maxKnown {
		clear(d.known)
	}
	d.known[s] = s
	return s
}
