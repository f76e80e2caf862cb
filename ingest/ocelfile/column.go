package ocelfile

import (
	"math"

	"millrace/eventlog"
)

// A column gathers the values of one attribute of events for a batch. Only when
// the batch is whole does it know their type: the types of events may declare
// the same name differently, and JSON types value by value.
type column struct {
	name  string
	kind  eventlog.Type // of all values so far, of this batch and those before
	known bool          // kind is
	rows  []int
	bits  []uint64
	ends  []int // of the values in text
	text  []byte
	out   eventlog.Column
}

// widen returns the type that holds values of both.
func widen(a, b eventlog.Type) eventlog.Type {
	switch {
	case a == b:
		return a
	case a == eventlog.Int && b == eventlog.Float, a == eventlog.Float && b == eventlog.Int:
		return eventlog.Float
	}
	return eventlog.Text
}

// add appends the value of a row, and says whether it is the row's first. Rows
// ascend.
func (c *column) add(row int, r reading, original []byte) bool {
	if n := len(c.rows); n > 0 && c.rows[n-1] == row {
		return false
	}
	if !c.known {
		c.kind, c.known = r.kind, true
	}
	if r.kind != c.kind {
		was := c.kind
		c.kind = widen(c.kind, r.kind)
		if was == eventlog.Int && c.kind == eventlog.Float {
			for i, b := range c.bits {
				c.bits[i] = math.Float64bits(float64(int64(b)))
			}
		}
	}
	if c.kind == eventlog.Float && r.kind == eventlog.Int {
		r.bits = math.Float64bits(float64(int64(r.bits)))
	}
	c.rows = append(c.rows, row)
	c.bits = append(c.bits, r.bits)
	c.text = append(c.text, original...)
	c.ends = append(c.ends, len(c.text))
	return true
}

// finish returns the column for a batch of n rows and empties c. The result is
// valid until the next call.
func (c *column) finish(n int, words *dictionary) eventlog.Column {
	out := eventlog.Column{Name: c.name, Type: c.kind}
	switch c.kind {
	case eventlog.Text, eventlog.Nested:
		c.out.Text = sized(c.out.Text, n)
		start := 0
		for i, row := range c.rows {
			c.out.Text[row] = words.get(c.text[start:c.ends[i]])
			start = c.ends[i]
		}
		out.Text = c.out.Text
	case eventlog.Float:
		c.out.Float = sized(c.out.Float, n)
		for i, row := range c.rows {
			c.out.Float[row] = math.Float64frombits(c.bits[i])
		}
		out.Float = c.out.Float
	default:
		c.out.Int = sized(c.out.Int, n)
		for i, row := range c.rows {
			c.out.Int[row] = int64(c.bits[i])
		}
		out.Int = c.out.Int
	}
	if len(c.rows) < n {
		c.out.Null = sized(c.out.Null, n)
		for i := range c.out.Null {
			c.out.Null[i] = true
		}
		for _, row := range c.rows {
			c.out.Null[row] = false
		}
		out.Null = c.out.Null
	}
	c.rows, c.bits, c.ends, c.text = c.rows[:0], c.bits[:0], c.ends[:0], c.text[:0]
	return out
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
