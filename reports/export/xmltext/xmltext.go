// Package xmltext writes text into XML so that a reader gets the same text
// back: white space that an attribute's value would lose is escaped, and what
// XML cannot say at all is replaced and counted.
//
// It knows XML 1.0's characters and nothing of what is written.
package xmltext

import "unicode/utf8"

// An Escaper appends texts. Its zero value is ready to use.
type Escaper struct {
	// Replaced counts the characters that XML does not have (XML 1.0, §2.2), and
	// bytes that are no UTF-8. U+FFFD stands in their place.
	Replaced int64
}

// Append appends s, ready to stand in an attribute's value in double quotes or
// between tags.
func (e *Escaper) Append(dst []byte, s string) []byte {
	done := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < utf8.RuneSelf && plain[c] {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		text := escape(r)
		if r == utf8.RuneError && n == 1 || text == replacement {
			text = replacement
			e.Replaced++
		}
		if text != "" {
			dst = append(dst, s[done:i]...)
			dst = append(dst, text...)
			done = i + n
		}
		i += n
	}
	return append(dst, s[done:]...)
}

const replacement = "\uFFFD"

// plain are the characters of ASCII that stand for themselves.
var plain = func() (p [utf8.RuneSelf]bool) {
	for c := range p {
		p[c] = c >= ' ' && c != '"' && c != '&' && c != '\'' && c != '<' && c != '>' && c != 0x7F
	}
	return p
}()

// escape is what is written for r; "" is r itself.
func escape(r rune) string {
	switch r {
	case '"':
		return "&#34;"
	case '\'':
		return "&#39;"
	case '&':
		return "&amp;"
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	case '\t':
		return "&#9;"
	case '\n':
		return "&#10;"
	case '\r':
		return "&#13;"
	}
	if r < ' ' || r == 0xFFFE || r == 0xFFFF {
		return replacement
	}
	return ""
}
