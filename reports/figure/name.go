package figure

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// maxName is the longest name written in full anywhere, in characters.
const maxName = 500

// Name makes a name from a source fit to be shown: valid UTF-8, one line, no
// control characters, not empty, at most 500 characters.
func Name(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t', r == '\r', r == '\u2028', r == '\u2029':
			return ' '
		case unicode.IsControl(r), r == '\ufffe', r == '\uffff', r == '\ufeff':
			return '\ufffd'
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	if strings.TrimSpace(s) == "" {
		return "(no name)"
	}
	if r := []rune(s); len(r) > maxName {
		s = string(r[:maxName-1]) + "…"
	}
	return s
}

// Isolated is a Name for the middle of a sentence. A name that is written from
// right to left, or that says it is, is wrapped in isolates, so that it does
// not turn the rest of the sentence round.
func Isolated(s string) string {
	s = Name(s)
	for _, r := range s {
		if turns(r) {
			return "\u2068" + s + "\u2069"
		}
	}
	return s
}

// turns says whether r is written from right to left or changes the direction.
func turns(r rune) bool {
	switch {
	case r >= 0x0590 && r <= 0x08ff, r >= 0xfb1d && r <= 0xfdff, r >= 0xfe70 && r <= 0xfeff,
		r >= 0x10800 && r <= 0x10fff, r >= 0x1e800 && r <= 0x1efff:
		return true
	case r == 0x200e, r == 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return true
	}
	return false
}

// Fit shortens s in its middle so that it is at most ems wide: what tells long
// names apart is as often at their end as at their beginning.
func Fit(s string, ems float64) string {
	s = Name(s)
	if Width(s) <= ems {
		return s
	}
	runes := []rune(s)
	room := ems - Width("…")
	head, tail := 0, len(runes)
	used := 0.0
	for head < tail {
		// two characters of the beginning for each of the end
		next, fromTail := runes[head], false
		if len(runes)-tail < head/2 {
			next, fromTail = runes[tail-1], true
		}
		if used += runeWidth(next); used > room {
			break
		}
		if fromTail {
			tail--
		} else {
			head++
		}
	}
	return strings.TrimRight(string(runes[:head]), " ") + "…" + strings.TrimLeft(string(runes[tail:]), " ")
}

// Lines breaks s into at most n lines of ems width, at spaces where it can;
// the last one is shortened if it does not fit.
func Lines(s string, ems float64, n int) []string {
	s = Name(s)
	var lines []string
	for len(lines) < n-1 && Width(s) > ems {
		runes := []rune(s)
		used, cut, space := 0.0, 0, 0
		for i, r := range runes {
			if used += runeWidth(r); used > ems {
				break
			}
			cut = i + 1
			if r == ' ' || r == '-' || r == '/' || r == '_' {
				space = i + 1
			}
		}
		if cut < len(runes) && runes[cut] == ' ' {
			space = cut
		}
		if space > cut/3 {
			cut = space
		}
		if cut == 0 {
			break
		}
		lines = append(lines, strings.TrimSpace(string(runes[:cut])))
		s = strings.TrimSpace(string(runes[cut:]))
	}
	return append(lines, Fit(s, ems))
}

// Width estimates how wide s is in a semi-bold sans-serif face, in ems. It is
// meant to be a little too large rather than too small, since the reader's
// face is not known.
func Width(s string) float64 {
	w := 0.0
	for _, r := range s {
		w += runeWidth(r)
	}
	return w
}

// asciiWidths are the advance widths of Helvetica Bold, in thousandths of an
// em, from space to tilde (Adobe Core 14 font metrics).
var asciiWidths = [...]uint16{
	278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, // space to /
	556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611, // 0 to ?
	975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778, // @ to O
	667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556, // P to _
	333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611, // ` to o
	611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584, // p to ~
}

func runeWidth(r rune) float64 {
	if i := int(r - ' '); i >= 0 && i < len(asciiWidths) {
		return float64(asciiWidths[i]) / 1000
	}
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 1
	}
	if r >= 0x1f000 {
		return 1.3 // emoji
	}
	return 0.67
}
