package ocelfile

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// appendList appends the ids a cell of objects lists: ['a', "b"] as Python
// writes lists, tuples and sets, ["a"] of JSON, [1 2] of numpy, or one id by
// itself. It is false if a list is broken. It stops when a record could not take
// more.
func appendList(dst []string, cell string) ([]string, bool) {
	s := strings.TrimSpace(cell)
	if blank(s) {
		return dst, true
	}
	closing := map[byte]byte{'[': ']', '(': ')', '{': '}'}[s[0]]
	if closing == 0 || s[0] != '[' && s[len(s)-1] != closing {
		return append(dst, s), true
	}
	if len(s) < 2 || s[len(s)-1] != closing {
		return dst, false
	}
	s = s[1 : len(s)-1]
	comma := true // an element may come
	for {
		s = strings.TrimLeft(s, " \t\r\n")
		if s == "" || len(dst) > maxWeight/64 {
			return dst, true
		}
		if s[0] == ',' {
			if comma {
				return dst, false
			}
			comma, s = true, s[1:]
			continue
		}
		comma = false
		if len(s) > 1 && strings.IndexByte("uUbBrR", s[0]) >= 0 && (s[1] == '\'' || s[1] == '"') {
			s = s[1:]
		}
		if s[0] == '\'' || s[0] == '"' {
			v, n, ok := quoted(s)
			if !ok {
				return dst, false
			}
			dst, s = append(dst, v), s[n:]
			continue
		}
		n := strings.IndexAny(s, ", \t\r\n'\"[](){}")
		if n < 0 {
			n = len(s)
		}
		if n == 0 {
			return dst, false
		}
		if !blank(s[:n]) && s[:n] != "null" {
			dst = append(dst, s[:n])
		}
		s = s[n:]
	}
}

// quoted reads the string that s begins with, as Python or JSON writes it, and
// returns its length with quotes.
func quoted(s string) (v string, n int, ok bool) {
	quote := s[0]
	if i := strings.IndexByte(s[1:], quote); i >= 0 && strings.IndexByte(s[1:1+i], '\\') < 0 {
		return s[1 : 1+i], i + 2, true
	}
	var b strings.Builder
	for i := 1; i < len(s); {
		c := s[i]
		i++
		if c == quote {
			return b.String(), i, true
		}
		if c != '\\' {
			b.WriteByte(c)
			continue
		}
		if i == len(s) {
			break
		}
		c = s[i]
		i++
		digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
		if digits > 0 {
			r, ok := hexadecimal(s, i, digits)
			if !ok {
				return "", 0, false
			}
			i += digits
			if utf16.IsSurrogate(r) && strings.HasPrefix(s[i:], `\u`) {
				if low, ok := hexadecimal(s, i+2, 4); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
					r = utf16.DecodeRune(r, low)
					i += 6
				}
			}
			b.WriteRune(r)
			continue
		}
		switch k := strings.IndexByte(`ntrbf`, c); {
		case k >= 0:
			b.WriteByte("\n\t\r\b\f"[k])
		case c == '\\' || c == '\'' || c == '"' || c == '/':
			b.WriteByte(c)
		default:
			b.WriteByte('\\')
			b.WriteByte(c)
		}
	}
	return "", 0, false
}

func hexadecimal(s string, i, digits int) (rune, bool) {
	if i+digits > len(s) {
		return 0, false
	}
	v, err := strconv.ParseUint(s[i:i+digits], 16, 32)
	return rune(v), err == nil && v <= utf8.MaxRune
}
