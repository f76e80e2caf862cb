package ingest

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// parseInt takes whole numbers as a program writes them: no plus sign, no
// leading zero; a minus may stand at the end, as SAP puts it.
func parseInt(b []byte) (int64, bool) {
	digits, minus := bytes.CutPrefix(b, []byte("-"))
	if !minus && len(digits) > 1 && digits[len(digits)-1] == '-' {
		digits, minus = digits[:len(digits)-1], true
	}
	if len(digits) == 0 || len(digits) > 19 || digits[0] > '9' || digits[0] < '0' ||
		(digits[0] == '0' && (len(digits) > 1 || minus)) {
		return 0, false
	}
	n := uint64(0)
	for _, c := range digits {
		if !isDigit(c) {
			return 0, false
		}
		n = n*10 + uint64(c-'0') // 19 digits fit
	}
	switch {
	case minus && n <= 1<<63:
		return -int64(n), true
	case !minus && n < 1<<63:
		return int64(n), true
	}
	return 0, false
}

// maxExact is how many digits a float keeps; a number with more of them is
// one whose digits matter.
const maxExact = 17

// parseFloat takes 1234.5, 1,234.5 and 1e-05, or with a decimal comma 1234,5
// and 1.234,5; with either also 1 234,5 and 1'234.5 (blank, no-break blank or
// apostrophe between thousands), and a minus at the end. No leading zeros, no
// infinity, no whole number too long for an integer.
func parseFloat(b []byte, decimal byte) (float64, bool) {
	if len(b) == 0 || len(b) > 48 {
		return 0, false
	}
	var buf [48]byte
	plain, group := buf[:0], 0
	if b[len(b)-1] == '-' && len(b) > 1 && isDigit(b[0]) {
		plain = append(plain, '-')
		b = bytes.TrimSuffix(b[:len(b)-1], []byte(" "))
	}
	digits, since, grouped, point, exponent := 0, 0, false, false, false
	for i := 0; i < len(b); i++ {
		c := b[i]
		if g, n := groupSign(b[i:], decimal); n > 0 && !point && !exponent && (group == 0 || g == group) {
			if digits == 0 || digits > 3 && !grouped || grouped && since != 3 {
				return 0, false
			}
			group, grouped, since = g, true, 0
			i += n - 1
			continue
		}
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
		case c|0x20 == 'e' && digits > 0 && !exponent && i+1 < len(b) && (b[i+1] == '-' || b[i+1] == '+'):
			exponent = true
			plain = append(plain, 'e')
		default:
			return 0, false
		}
	}
	if grouped && !point && (since != 3 || group == ' ') { // 123 456 may well be a name
		return 0, false
	}
	whole := bytes.TrimLeft(plain, "+-")
	if len(whole) > 1 && whole[0] == '0' && whole[1] != '.' && whole[1] != 'e' || !exponent && !exact(whole) {
		return 0, false
	}
	x, err := strconv.ParseFloat(string(plain), 64)
	return x, err == nil
}

// groupSign says which sign between thousands b starts with, and how many
// bytes it has.
func groupSign(b []byte, decimal byte) (sign, n int) {
	switch c := b[0]; {
	case c == ',' && decimal != ',', c == '.' && decimal != '.', c == '\'', c == ' ':
		return int(c), 1
	case c < utf8.RuneSelf:
		return 0, 0
	}
	switch r, n := utf8.DecodeRune(b); r {
	case '\u00a0', '\u202f', '\u2009', '\u2019':
		return int(r), n
	}
	return 0, 0
}

// exact says whether a float keeps the digits of a number; zeros at both ends
// do not count, but in a whole number all do.
func exact(whole []byte) bool {
	if len(whole) <= maxExact {
		return true
	}
	digits := bytes.TrimLeft(whole, "0.")
	if bytes.IndexByte(whole, '.') < 0 {
		return len(digits) <= maxExact
	}
	digits = bytes.TrimRight(digits, "0")
	n := len(digits)
	if bytes.IndexByte(digits, '.') >= 0 {
		n--
	}
	return n <= maxExact
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
// would not explain. Columns whose numbers the file itself marks have no say.
func detectDecimal(columns []Sample) byte {
	commas, points := 0, 0
	for i := range columns {
		if columns[i].Numbers {
			continue
		}
		comma, point, any := true, true, false
		for _, v := range columns[i].Values {
			b := bytes.TrimSpace([]byte(v))
			if nullText(b) {
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
