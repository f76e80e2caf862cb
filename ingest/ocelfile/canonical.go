package ocelfile

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// value reads the rest of a value of which t was the first token, and appends
// it to dst as canonical JSON (RFC 8785: names sorted, no space, shortest
// escapes and numbers), except that a number whose value a float64 would change
// stays as it is written, and members of the same name stay in their order.
func (j *jsonText) value(dst []byte, t token) ([]byte, error) {
	switch t {
	case tokenString:
		return appendString(dst, j.text), nil
	case tokenNumber:
		return appendNumber(dst, j.text), nil
	case tokenTrue:
		return append(dst, "true"...), nil
	case tokenFalse:
		return append(dst, "false"...), nil
	case tokenNull:
		return append(dst, "null"...), nil
	case '[':
		dst = append(dst, '[')
		for i := 0; ; i++ {
			t, err := j.next()
			if err != nil {
				return dst, err
			}
			if t == ']' {
				return append(dst, ']'), nil
			}
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, err = j.value(dst, t); err != nil {
				return dst, err
			}
		}
	case '{':
		var ms members
		for {
			t, err := j.next()
			if err != nil {
				return dst, err
			}
			if t == '}' {
				return ms.append(dst), nil
			}
			name := string(j.text)
			if t, err = j.next(); err != nil {
				return dst, err
			}
			v, err := j.value(nil, t)
			if err != nil {
				return dst, err
			}
			ms = append(ms, member{name, v})
		}
	}
	return dst, j.fail("unexpected %v", t)
}

// members are those of an object whose values are canonical JSON.
type members []member

type member struct {
	name  string
	value []byte
}

// append appends the object as canonical JSON.
func (ms members) append(dst []byte) []byte {
	slices.SortStableFunc(ms, func(a, b member) int { return compareUTF16(a.name, b.name) })
	dst = append(dst, '{')
	for i, m := range ms {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, []byte(m.name))
		dst = append(dst, ':')
		dst = append(dst, m.value...)
	}
	return append(dst, '}')
}

// compareUTF16 compares names as RFC 8785 sorts them: by UTF-16 units.
func compareUTF16(a, b string) int {
	for a != "" && b != "" {
		r, n := utf8.DecodeRuneInString(a)
		s, m := utf8.DecodeRuneInString(b)
		if r != s {
			return slices.Compare(utf16.Encode([]rune{r}), utf16.Encode([]rune{s}))
		}
		a, b = a[n:], b[m:]
	}
	return len(a) - len(b)
}

// appendString appends text, which is valid UTF-8, as a JSON string.
func appendString(dst, text []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c >= ' ':
			dst = append(dst, c)
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '\r':
			dst = append(dst, `\r`...)
		case c == '\t':
			dst = append(dst, `\t`...)
		case c == '\b':
			dst = append(dst, `\b`...)
		case c == '\f':
			dst = append(dst, `\f`...)
		default:
			dst = append(dst, `\u00`...)
			dst = append(dst, hex[c>>4], hex[c&15])
		}
	}
	return append(dst, '"')
}

// appendNumber appends a JSON number in its canonical form. NaN and infinities,
// which JSON does not have, become strings.
func appendNumber(dst, text []byte) []byte {
	if len(text) > 0 && (text[0] == 'N' || text[0] == 'I' || bytes.HasPrefix(text, []byte("-I"))) {
		return appendString(dst, text)
	}
	v, err := strconv.ParseFloat(string(text), 64)
	if err != nil || math.IsInf(v, 0) {
		return append(dst, text...)
	}
	if v == 0 && significant(text) == "" {
		return append(dst, '0')
	}
	short := appendFloat(nil, v)
	if significant(short) != significant(text) {
		return append(dst, text...)
	}
	return append(dst, short...)
}

// appendFloat appends v as ECMAScript does, which RFC 8785 demands.
func appendFloat(dst []byte, v float64) []byte {
	if a := math.Abs(v); a == 0 {
		return append(dst, '0')
	} else if a >= 1e-6 && a < 1e21 {
		return strconv.AppendFloat(dst, v, 'f', -1, 64)
	}
	s := strconv.FormatFloat(v, 'e', -1, 64)
	mantissa, exp, _ := strings.Cut(s, "e")
	sign := exp[:1]
	return append(dst, mantissa+"e"+sign+strings.TrimLeft(exp[1:], "0")...)
}

// significant returns the digits of a number that are neither leading nor
// trailing zeros.
func significant(text []byte) string {
	mantissa := text
	if i := bytes.IndexAny(text, "eE"); i >= 0 {
		mantissa = text[:i]
	}
	digits := make([]byte, 0, len(mantissa))
	for _, c := range mantissa {
		if c-'0' <= 9 {
			digits = append(digits, c)
		}
	}
	return string(bytes.Trim(digits, "0"))
}
