package ocelfile

import (
	"bytes"
	"math"
	"strconv"
	"strings"

	"millrace/eventlog"
)

// A form is how a file gives a value.
type form uint8

const (
	asText    form = iota // a string
	asNumber              // a number as JSON writes it, or NaN, Infinity, -Infinity
	asBoolean             // true or false
	asNull
	asNested // canonical JSON
	asGuess  // text that may be a number: columns of CSV say nothing of their type
)

// A datum is a value with its form, in the arena of a record.
type datum struct {
	form     form
	from, to int
}

// A want is what a log declares an attribute to be; the zero value is not
// declared.
type want struct {
	declared bool
	typ      eventlog.Type
}

// wantOf reads the name of a declared type. OCEL 2.0 has five; the others are
// found in files. An unknown one is taken for text.
func wantOf(name string) want {
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "integer", "int", "long", "bigint", "int64", "int32":
		return want{true, eventlog.Int}
	case "float", "double", "real", "number", "numeric", "decimal", "float64":
		return want{true, eventlog.Float}
	case "boolean", "bool":
		return want{true, eventlog.Bool}
	case "time", "date", "datetime", "timestamp", "date-time":
		return want{true, eventlog.Time}
	}
	return want{true, eventlog.Text}
}

// A reading is what a datum means.
type reading struct {
	kind    eventlog.Type
	bits    uint64 // of an int, a float, a bool as 0 or 1, a time in µs
	missing bool   // there is no value
	misfit  bool   // it is not what was declared, and is kept as text
	naive   bool   // a time without offset
}

func text() reading               { return reading{kind: eventlog.Text} }
func misfit() reading             { return reading{kind: eventlog.Text, misfit: true} }
func integer(v int64) reading     { return reading{kind: eventlog.Int, bits: uint64(v)} }
func float(v float64) reading     { return reading{kind: eventlog.Float, bits: math.Float64bits(v)} }
func boolean(v bool) (r reading)  { r.kind, r.bits = eventlog.Bool, bit(v); return r }
func moment(us int64) (r reading) { r.kind, r.bits = eventlog.Time, uint64(us); return r }
func bit(v bool) (b uint64) {
	if v {
		b = 1
	}
	return b
}
func nothing() (r reading) { r.missing = true; return r }

// interpret reads a value of the given form as what it is declared to be.
func (c *clock) interpret(f form, b []byte, w want) reading {
	switch f {
	case asNull:
		return nothing()
	case asNested:
		return reading{kind: eventlog.Nested}
	case asGuess:
		return guess(b)
	case asBoolean:
		if !w.declared || w.typ == eventlog.Bool {
			return boolean(b[0] == 't')
		}
		return reading{kind: eventlog.Text, misfit: w.typ != eventlog.Text}
	case asNumber:
		if isNaN(b) {
			return nothing()
		}
		if !w.declared {
			return number(b)
		}
	}
	if !w.declared || w.typ == eventlog.Text {
		return text()
	}
	if f == asText && missing(b) {
		return nothing()
	}
	switch w.typ {
	case eventlog.Int:
		if v, ok := parseInt(b); ok {
			return integer(v)
		}
	case eventlog.Float:
		if v, ok := parseFloat(b); ok {
			return float(v)
		}
	case eventlog.Bool:
		if v, ok := parseBool(b); ok {
			return boolean(v)
		}
	case eventlog.Time:
		if m, ok := c.read(b); ok {
			r := moment(m.Micros)
			r.naive = m.Naive
			return r
		}
	}
	return misfit()
}

// number reads a JSON number of which nothing was declared: one with a point or
// an exponent is a float, another an integer. One that would lose digits stays
// text.
func number(b []byte) reading {
	if !bytes.ContainsAny(b, ".eEI") {
		if v, err := strconv.ParseInt(string(b), 10, 64); err == nil && string(b) != "-0" {
			return integer(v)
		}
		if string(b) != "-0" {
			return misfit()
		}
	}
	if v, ok := parseFloat(b); ok {
		return float(v)
	}
	return misfit()
}

// guess reads a cell of CSV. Leading zeros and plus signs are of numbers that
// are names.
func guess(b []byte) reading {
	if isJSONNumber(b) {
		if r := number(b); r.kind != eventlog.Text {
			return r
		}
		return text()
	}
	switch {
	case bytes.EqualFold(b, []byte("true")), bytes.EqualFold(b, []byte("false")):
		return boolean(b[0]|0x20 == 't')
	}
	return text()
}

// missing says whether the text of a number, a time or a boolean stands for no
// value: pandas and databases write these.
func missing(b []byte) bool {
	switch string(bytes.TrimSpace(b)) {
	case "", "null", "NULL", "Null", "None", "NaN", "nan", "NaT", "<NA>":
		return true
	}
	return false
}

func isNaN(b []byte) bool { return string(b) == "NaN" }

// parseInt reads an integer; pandas writes them as 5.0 where some are missing.
func parseInt(b []byte) (int64, bool) {
	b = bytes.TrimSpace(b)
	if v, err := strconv.ParseInt(string(b), 10, 64); err == nil {
		return v, true
	}
	v, ok := parseFloat(b)
	if !ok || v != math.Trunc(v) || math.Abs(v) >= 1<<53 {
		return 0, false
	}
	return int64(v), true
}

// parseFloat reads a decimal number, not Go's hexadecimals and underscores; one
// beyond the range of a float64 is not read.
func parseFloat(b []byte) (float64, bool) {
	b = bytes.TrimSpace(b)
	switch string(b) {
	case "INF", "+INF", "Infinity", "inf", "Inf":
		return math.Inf(1), true
	case "-INF", "-Infinity", "-inf", "-Inf":
		return math.Inf(-1), true
	}
	if bytes.ContainsAny(b, "xX_pPnNiI") {
		return 0, false
	}
	v, err := strconv.ParseFloat(string(b), 64)
	return v, err == nil
}

func parseBool(b []byte) (v, ok bool) {
	b = bytes.TrimSpace(b)
	switch {
	case string(b) == "1", bytes.EqualFold(b, []byte("true")):
		return true, true
	case string(b) == "0", bytes.EqualFold(b, []byte("false")):
		return false, true
	}
	return false, false
}

// appendReading appends the text form of a value: an integer, a shortest float
// (Infinity and -Infinity, as package eventlog spells them), true or false,
// RFC 3339 in UTC; the text itself otherwise.
func appendReading(dst []byte, r reading, original []byte) []byte {
	switch r.kind {
	case eventlog.Int:
		return strconv.AppendInt(dst, int64(r.bits), 10)
	case eventlog.Float:
		switch v := math.Float64frombits(r.bits); {
		case math.IsInf(v, 1):
			return append(dst, "Infinity"...)
		case math.IsInf(v, -1):
			return append(dst, "-Infinity"...)
		default:
			return appendFloat(dst, v)
		}
	case eventlog.Bool:
		return strconv.AppendBool(dst, r.bits == 1)
	case eventlog.Time:
		return appendTime(dst, int64(r.bits))
	}
	return append(dst, original...)
}
