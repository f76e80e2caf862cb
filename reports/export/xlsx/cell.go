package xlsx

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/array"

	"millrace/eventlog"
)

// cells count what cells could not hold.
type cells struct {
	cuts, escaped, numbers, times, unlinked int64
}

const (
	maxCell   = 32_767                // characters of a cell, in UTF-16
	maxNumber = 1_000_000_000_000_000 // Excel keeps 15 digits
)

// cell writes the value of a row, which has one.
func (x *workbook) cell(ref string, c *column, row int) {
	switch v := c.values.(type) {
	case *array.Int64:
		n := v.Value(row)
		if n >= maxNumber || n <= -maxNumber {
			x.numbers++
			x.text(ref, strconv.FormatInt(n, 10), 0)
			return
		}
		x.number(ref, "", c.style)
		x.line = append(strconv.AppendInt(x.line, n, 10), "</v></c>"...)
	case *array.Decimal128:
		text := v.ValueStr(row)
		if digits := strings.TrimLeft(strings.NewReplacer("-", "", ".", "").Replace(text), "0"); len(digits) > 15 {
			x.numbers++
			x.text(ref, text, 0)
			return
		}
		x.number(ref, "", c.style)
		x.line = append(append(x.line, text...), "</v></c>"...)
	case *array.Float64:
		f := v.Value(row)
		if math.IsNaN(f) || math.IsInf(f, 0) {
			x.numbers++
			x.text(ref, strconv.FormatFloat(f, 'g', -1, 64), 0)
			return
		}
		x.number(ref, "", c.style)
		x.line = append(strconv.AppendFloat(x.line, f, 'g', -1, 64), "</v></c>"...)
	case *array.Boolean:
		x.number(ref, "b", 0)
		if v.Value(row) {
			x.line = append(x.line, "1</v></c>"...)
		} else {
			x.line = append(x.line, "0</v></c>"...)
		}
	case *array.Timestamp:
		x.time(ref, int64(v.Value(row)), c.Zone, c.style)
	case *array.Date32:
		const day = 86_400_000_000
		x.days(ref, v.ValueStr(row), int64(v.Value(row))*day, c.style)
	default:
		text := v.ValueStr(row)
		if c.urls != nil && !c.urls.IsNull(row) {
			if url := c.urls.ValueStr(row); len(x.links) < maxLinks && len(url) <= maxURL {
				x.links = append(x.links, link{ref, url})
				x.text(ref, text, styleLink)
				return
			}
			x.unlinked++
		}
		x.text(ref, text, c.style)
	}
}

// number writes the start of a cell up to its value.
func (x *workbook) number(ref, typ string, style int) {
	x.line = append(append(append(x.line, `<c r="`...), ref...), '"')
	if style > 0 {
		x.line = append(strconv.AppendInt(append(x.line, ` s="`...), int64(style), 10), '"')
	}
	if typ != "" {
		x.line = append(append(append(x.line, ` t="`...), typ...), '"')
	}
	x.line = append(x.line, "><v>"...)
}

// time writes a moment by the clock of a zone, as Excel has no zones.
func (x *workbook) time(ref string, us int64, zone *time.Location, style int) {
	wall := us
	if zone != nil {
		_, offset := time.UnixMicro(us).In(zone).Zone()
		wall += int64(offset) * 1_000_000
	}
	x.days(ref, eventlog.FormatTime(us), wall, style)
}

// days writes a time as Excel counts it: in days since 1899-12-30, which is
// right from 1900-03-01 on, as Excel takes 1900 for a leap year. text is what
// is written for a time that Excel does not have.
func (x *workbook) days(ref, text string, us int64, style int) {
	const day, unix, first, end = 86_400_000_000, 25_569, 61, 2_958_466 // 1900-03-01, 10000-01-01
	days := float64(us)/day + unix
	if days < first || days >= end {
		x.times++
		x.text(ref, text, 0)
		return
	}
	x.number(ref, "", style)
	x.line = append(strconv.AppendFloat(x.line, days, 'f', -1, 64), "</v></c>"...)
}

// text writes a cell of text, which stays text whatever it says.
func (x *workbook) text(ref, s string, style int) {
	if short := cut(s, maxCell); len(short) < len(s) {
		x.cuts++
		s = short
	}
	x.line = append(append(append(x.line, `<c r="`...), ref...), '"')
	if style > 0 {
		x.line = append(strconv.AppendInt(append(x.line, ` s="`...), int64(style), 10), '"')
	}
	x.line = append(x.line, ` t="inlineStr"><is><t xml:space="preserve">`...)
	x.escape(s)
	x.line = append(x.line, "</t></is></c>"...)
}

// escape appends text as a cell has it: a character that XML does not have is
// _xHHHH_, and so is what looks like that (ECMA-376-1, §22.4.2.4).
func (x *workbook) escape(s string) {
	escaped := false
	for i, r := range s {
		switch {
		case r == '&':
			x.line = append(x.line, "&amp;"...)
		case r == '<':
			x.line = append(x.line, "&lt;"...)
		case r == '>':
			x.line = append(x.line, "&gt;"...)
		case r == '_' && looksEscaped(s[i:]):
			x.line = append(x.line, "_x005F_"...)
		case r < ' ' && r != '\t' && r != '\n', r == 0xFFFE, r == 0xFFFF:
			escaped = escaped || r != '\r'
			x.line = fmt.Appendf(x.line, "_x%04X_", r)
		default:
			x.line = utf8.AppendRune(x.line, r)
		}
	}
	if escaped {
		x.escaped++
	}
}

// looksEscaped says whether s starts with _xHHHH_.
func looksEscaped(s string) bool {
	return len(s) >= 7 && s[1] == 'x' && s[6] == '_' && strings.Trim(s[2:6], "0123456789abcdefABCDEF") == ""
}

// cut returns the first n characters of s as UTF-16 counts them.
func cut(s string, n int) string {
	if len(s) <= n {
		return s // no character takes fewer bytes
	}
	units := 0
	for i, r := range s {
		if units += max(1, utf16.RuneLen(r)); units > n {
			return s[:i]
		}
	}
	return s
}

func (c *cells) notes() []eventlog.Note {
	var notes []eventlog.Note
	add := func(n int64, code, text string) {
		if n > 0 {
			notes = append(notes, eventlog.Note{Code: code, Text: fmt.Sprintf(text, n)})
		}
	}
	add(c.cuts, "texts-cut", "Texts longer than the 32767 characters a cell holds were cut: %d.")
	add(c.escaped, "control-characters", "Cells with characters that Excel does not show, as control characters: %d.")
	add(c.numbers, "numbers-as-text", "Numbers that Excel cannot hold, of more than 15 digits or none, were written as text: %d.")
	add(c.times, "times-as-text", "Times before 1900-03-01 or after 9999, which Excel does not have, were written as text: %d.")
	add(c.unlinked, "links-as-text", "Links beyond the 65530 of a sheet, or longer than 2079 characters, were written as text: %d.")
	return notes
}
