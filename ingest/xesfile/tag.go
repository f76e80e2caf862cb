package xesfile

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// Classes of bytes, as the scanner of tags needs them.
const (
	isSpace   = 1 << iota // between attributes
	isName                // in a name
	isFirst               // may start a name
	isEscape              // in a value: must be rewritten: & and \r
	isControl             // in a value: not a character of XML
	isHigh                // in a value: not ASCII
	isOpen                // in a value: <, which must be escaped
	isQuote               // in a value: a quote

	special = isEscape | isControl | isHigh | isOpen | isQuote
)

var class = func() (c [256]uint8) {
	for i := range c {
		switch b := byte(i); {
		case b == ' ', b == '\t', b == '\n':
			c[i] = isSpace
		case b == '\r':
			c[i] = isSpace | isEscape
		case b < ' ':
			c[i] = isControl
		case b >= utf8.RuneSelf:
			c[i] = isHigh | isName | isFirst
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', b == '_', b == ':':
			c[i] = isName | isFirst
		case '0' <= b && b <= '9', b == '-', b == '.':
			c[i] = isName
		case b == '&':
			c[i] = isEscape
		case b == '<':
			c[i] = isOpen
		case b == '"', b == '\'':
			c[i] = isQuote
		}
	}
	return c
}()

// scanTag reads the tag b starts with into s.tag and returns its length, or 0
// if b ends before the tag does.
func (s *scanner) scanTag(b []byte) (int, error) {
	t := &s.tag
	t.end, t.empty, t.attrs = false, false, t.attrs[:0]
	s.text = s.text[:0]
	i := 1
	if b[1] == '/' {
		t.end = true
		i = 2
	}
	start := i
	i = nameEnd(b, i)
	if i == len(b) {
		return 0, nil
	}
	t.name = b[start:i]
	if !validName(t.name) {
		return 0, s.errorAt(s.p, "%s is not a tag; a \"<\" in text is written \"&lt;\"", quote(b[:min(i+10, len(b))]))
	}
	for {
		for i < len(b) && class[b[i]]&isSpace != 0 {
			i++
		}
		if i == len(b) {
			return 0, nil
		}
		switch {
		case b[i] == '>':
			return i + 1, nil
		case b[i] == '/' && !t.end:
			if i+1 == len(b) {
				return 0, nil
			}
			if b[i+1] != '>' {
				return 0, s.errorAt(s.p+i, "tag <%s>: \"/\" is not followed by \">\"", t.name)
			}
			t.empty = true
			return i + 2, nil
		case t.end:
			return 0, s.errorAt(s.p+i, "end tag </%s> holds more than its name", t.name)
		}
		k, err := s.scanAttr(b, i)
		if k == 0 {
			return 0, err
		}
		i = k
	}
}

// scanAttr reads the attribute at b[i] and returns where it ends, or 0 if b
// ends before it.
func (s *scanner) scanAttr(b []byte, i int) (int, error) {
	start := i
	i = nameEnd(b, i)
	key := b[start:i]
	for i < len(b) && class[b[i]]&isSpace != 0 {
		i++
	}
	if i == len(b) {
		return 0, nil
	}
	if b[i] != '=' || !validName(key) {
		return 0, s.errorAt(s.p+i, "tag <%s>: %s is not an attribute; want name=\"value\"", s.tag.name, quote(b[start:min(i+10, len(b))]))
	}
	i++
	for i < len(b) && class[b[i]]&isSpace != 0 {
		i++
	}
	if i == len(b) {
		return 0, nil
	}
	q := b[i]
	if q != '"' && q != '\'' {
		return 0, s.errorAt(s.p+i, "tag <%s>: the value of %s is not in quotes", s.tag.name, quote(key))
	}
	i++
	start = i
	var seen uint8
	for ; i < len(b); i++ {
		c := class[b[i]]
		if c&special == 0 {
			continue
		}
		if b[i] == q {
			break
		}
		seen |= c
	}
	if seen&isOpen != 0 {
		at := start + bytes.IndexByte(b[start:], '<')
		return 0, s.errorAt(s.p+at, "tag <%s>: the value of %s holds a \"<\": it is written \"&lt;\", or a quote is missing", s.tag.name, quote(key))
	}
	if i == len(b) {
		return 0, nil
	}
	value := b[start:i]
	if seen&(isEscape|isControl|isHigh) != 0 {
		var problem string
		if value, problem = s.rewrite(value, seen); problem != "" {
			return 0, s.errorAt(s.p+start, "tag <%s>: the value of %s: %s", s.tag.name, quote(key), problem)
		}
	}
	s.tag.attrs = append(s.tag.attrs, attr{key, value})
	return i + 1, nil
}

// rewrite returns value with entities and line ends resolved, or what is wrong
// with it.
func (s *scanner) rewrite(value []byte, seen uint8) (_ []byte, problem string) {
	if seen&isEscape != 0 {
		n := len(s.text)
		s.text, problem = decode(s.text, value)
		if problem != "" {
			return nil, problem
		}
		value = s.text[n:len(s.text):len(s.text)]
	}
	return value, illegal(value)
}

// decode appends text to dst with entities resolved and line ends as \n, or
// says what is wrong with it.
func decode(dst, text []byte) (_ []byte, problem string) {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\r':
			dst = append(dst, '\n')
			if i+1 < len(text) && text[i+1] == '\n' {
				i++
			}
		case '&':
			end := bytes.IndexByte(text[i:], ';')
			if end < 0 || end > 1 && bytes.IndexByte(text[i+1:i+end], '&') >= 0 {
				return nil, `a "&" is not the start of an entity; it is written "&amp;"`
			}
			r := reference(text[i+1 : i+end])
			if r < 0 {
				return nil, "entity " + quote(text[i:i+end+1]) + ` is not expanded: only &lt; &gt; &amp; &quot; &apos; and numbers are; a "&" itself is written "&amp;"`
			}
			dst = utf8.AppendRune(dst, r)
			i += end
		default:
			dst = append(dst, text[i])
		}
	}
	return dst, ""
}

// reference returns the character an entity stands for, -1 if none.
func reference(name []byte) rune {
	switch string(name) {
	case "lt":
		return '<'
	case "gt":
		return '>'
	case "amp":
		return '&'
	case "quot":
		return '"'
	case "apos":
		return '\''
	}
	if len(name) < 2 || name[0] != '#' {
		return -1
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(string(digits), base, 32)
	if err != nil || n > utf8.MaxRune {
		return -1
	}
	return rune(n)
}

// illegal says which character of text XML does not allow (XML 1.0, §2.2).
func illegal(text []byte) (problem string) {
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			if class[c]&isControl != 0 {
				return "character " + strconv.QuoteToASCII(string(rune(c))) + " is not allowed in XML"
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 {
			return "byte 0x" + strconv.FormatUint(uint64(text[i]), 16) + " is not UTF-8; say which encoding the file is in"
		}
		if r == 0xFFFE || r == 0xFFFF {
			return "character " + strconv.QuoteRuneToASCII(r) + " is not allowed in XML"
		}
		i += n
	}
	return ""
}

func nameEnd(b []byte, i int) int {
	for i < len(b) && class[b[i]]&isName != 0 {
		i++
	}
	return i
}

func validName(b []byte) bool {
	return len(b) > 0 && class[b[0]]&isFirst != 0
}

// quote quotes foreign text for an error, cut to what fits on a line.
func quote(b []byte) string {
	const most = 60
	if len(b) <= most {
		return strconv.Quote(string(b))
	}
	return strconv.Quote(string(b[:most])) + "…"
}
