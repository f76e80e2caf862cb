package ocelfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// A token is what a jsonText finds next. Brackets are themselves.
type token byte

const (
	tokenEnd    token = 0 // of the text
	tokenString token = '"'
	tokenNumber token = '0'
	tokenTrue   token = 't'
	tokenFalse  token = 'f'
	tokenNull   token = 'n'
)

func (t token) String() string {
	switch t {
	case tokenEnd:
		return "the end of the file"
	case tokenString:
		return "a string"
	case tokenNumber:
		return "a number"
	case tokenTrue, tokenFalse:
		return "a boolean"
	case tokenNull:
		return "null"
	case '{':
		return "an object"
	case '[':
		return "a list"
	}
	return strconv.QuoteRune(rune(t))
}

// maxDepth is how deep brackets may be nested.
const maxDepth = 500

// A jsonText reads JSON token by token over a sliding window. It is strict,
// but for what is found in files: NaN, Infinity and -Infinity are numbers, as
// Python writes them, and bytes that are no UTF-8 become U+FFFD.
type jsonText struct {
	r          io.Reader
	file       string
	buf        []byte
	at, end    int   // what is left is buf[at:end]
	passed     int64 // bytes before buf
	line       int64
	mark       int64 // where the record began, which must not grow too large
	markLine   int64
	open       []byte // brackets
	text       []byte // of the string or number last read; valid until the next token
	scratch    []byte
	afterValue bool // a comma or a bracket comes next
	afterKey   bool // a value comes next
	badUTF8    int64
	err        error
}

func newJSONText(r io.Reader, file string) *jsonText {
	return &jsonText{r: r, file: file, buf: make([]byte, 64<<10), line: 1, markLine: 1}
}

// begin says that a record begins here.
func (j *jsonText) begin() { j.mark, j.markLine = j.passed+int64(j.at), j.line }

// fail is an error at this line.
func (j *jsonText) fail(format string, args ...any) error {
	return fmt.Errorf("%s:%d: %w", j.file, j.line, fmt.Errorf(format, args...))
}

// more reads on, and keeps what is in buf from keep on. It is io.EOF at the end.
func (j *jsonText) more(keep int) error {
	if j.err != nil {
		return j.err
	}
	if j.passed+int64(j.end)-j.mark > maxRecord {
		return fmt.Errorf("%s:%d: what begins here is larger than %d MiB", j.file, j.markLine, maxRecord>>20)
	}
	if keep > 0 {
		copy(j.buf, j.buf[keep:j.end])
		j.passed += int64(keep)
		j.at, j.end = j.at-keep, j.end-keep
	}
	if j.end == len(j.buf) {
		grown := make([]byte, 2*len(j.buf))
		copy(grown, j.buf[:j.end])
		j.buf = grown
	}
	for range 100 {
		n, err := j.r.Read(j.buf[j.end:])
		j.end += n
		if err != nil {
			j.err = err
			if !errors.Is(err, io.EOF) {
				j.err = fmt.Errorf("%s:%d: %w", j.file, j.line, err)
			}
		}
		if n > 0 {
			return nil
		}
		if j.err != nil {
			return j.err
		}
	}
	return io.ErrNoProgress
}

// space skips white space and returns the byte after it, 0 at the end. A zero
// byte is none of JSON.
func (j *jsonText) space() (byte, error) {
	for {
		from := j.at
		for j.at < j.end {
			switch c := j.buf[j.at]; c {
			case '\n':
				j.line++
				j.at++
			case ' ', '\t', '\r':
				j.at++
			case 0:
				return 0, j.fail("a zero byte")
			default:
				return c, nil
			}
		}
		j.mark += int64(j.at - from) // it takes no memory
		if err := j.more(j.at); err == io.EOF {
			return 0, nil
		} else if err != nil {
			return 0, err
		}
	}
}

// next returns the next token. Names of members are strings; commas and colons
// are seen to.
func (j *jsonText) next() (token, error) {
	c, err := j.space()
	if err != nil {
		return tokenEnd, err
	}
	if j.afterValue && len(j.open) > 0 {
		switch c {
		case ',':
			j.at++
			if c, err = j.space(); err != nil {
				return tokenEnd, err
			}
			if c == ']' || c == '}' {
				return tokenEnd, j.fail("a comma before %q", c)
			}
		case ']', '}':
		case 0:
			return tokenEnd, j.truncated()
		default:
			return tokenEnd, j.fail("want a comma or a closing bracket, got %q", c)
		}
	}
	inObject := len(j.open) > 0 && j.open[len(j.open)-1] == '{' && !j.afterKey
	switch c {
	case 0:
		if len(j.open) > 0 || j.afterKey {
			return tokenEnd, j.truncated()
		}
		return tokenEnd, nil
	case ']', '}':
		if len(j.open) == 0 || j.afterKey || j.open[len(j.open)-1] != c-2 { // [ and ], { and } are two apart
			return tokenEnd, j.fail("unexpected %q", c)
		}
		j.at++
		j.open = j.open[:len(j.open)-1]
		j.afterValue = true
		return token(c), nil
	}
	if len(j.open) == 0 && j.afterValue {
		return tokenEnd, j.fail("text after the end of the JSON value: %q", c)
	}
	if inObject {
		if c != '"' {
			return tokenEnd, j.fail("want the name of a member, got %q", c)
		}
		if err := j.string(); err != nil {
			return tokenEnd, err
		}
		// The name must survive the search for the colon.
		j.scratch = append(j.scratch[:0], j.text...)
		j.text = j.scratch
		if c, err = j.space(); err != nil {
			return tokenEnd, err
		} else if c == 0 {
			return tokenEnd, j.truncated()
		} else if c != ':' {
			return tokenEnd, j.fail("want a colon after the name %q, got %q", short(j.text), c)
		}
		j.at++
		j.afterKey, j.afterValue = true, false
		return tokenString, nil
	}
	j.afterKey, j.afterValue = false, true
	switch c {
	case '{', '[':
		if len(j.open) == maxDepth {
			return tokenEnd, j.fail("brackets are nested more than %d deep", maxDepth)
		}
		j.open = append(j.open, c)
		j.at++
		j.afterValue = false
		return token(c), nil
	case '"':
		return tokenString, j.string()
	}
	return j.word()
}

func (j *jsonText) truncated() error {
	return fmt.Errorf("%s:%d: %w: the file ends in the middle of the JSON value", j.file, j.line, io.ErrUnexpectedEOF)
}

// string reads a string that begins here.
func (j *jsonText) string() error {
	j.at++
	i, plain := j.at, true
	for {
		for i < j.end {
			c := j.buf[i]
			switch {
			case c == '"':
				raw := j.buf[j.at:i]
				j.at = i + 1
				j.text = raw
				if plain && !utf8.Valid(raw) {
					j.badUTF8++
					j.text = valid(raw)
				}
				if plain {
					return nil
				}
				return j.unescape(raw)
			case c == '\\':
				plain = false
				i += 2 // whatever follows is part of it
				continue
			case c < ' ':
				return j.fail("%q in a string must be escaped", c)
			}
			i++
		}
		from := j.at
		err := j.more(from)
		i -= from
		if err == io.EOF {
			return j.truncated()
		} else if err != nil {
			return err
		}
	}
}

// unescape turns raw, which has escapes, into text.
func (j *jsonText) unescape(raw []byte) error {
	out := make([]byte, 0, len(raw))
	for len(raw) > 0 {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 {
			out = append(out, raw...)
			break
		}
		out = append(out, raw[:i]...)
		raw = raw[i+1:]
		c := raw[0]
		raw = raw[1:]
		switch c {
		case '"', '\\', '/':
			out = append(out, c)
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r, ok := hex4(raw)
			if !ok {
				return j.fail(`\u wants four hexadecimal digits`)
			}
			raw = raw[4:]
			if utf16.IsSurrogate(r) {
				low, ok := rune(0), false
				if bytes.HasPrefix(raw, []byte(`\u`)) {
					low, ok = hex4(raw[2:])
				}
				if pair := utf16.DecodeRune(r, low); ok && pair != utf8.RuneError {
					r, raw = pair, raw[6:]
				} else {
					r = utf8.RuneError
				}
			}
			out = utf8.AppendRune(out, r)
		default:
			return j.fail("%q is no escape", `\`+string(rune(c)))
		}
	}
	if !utf8.Valid(out) {
		j.badUTF8++
		out = valid(out)
	}
	j.text = out
	return nil
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	v := rune(0)
	for _, c := range b[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		v = v<<4 | rune(c)
	}
	return v, true
}

// word reads a number, true, false or null.
func (j *jsonText) word() (token, error) {
	i := j.at
	for {
		for i < j.end {
			if c := j.buf[i]; c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '+' || c == '-' || c == '.' {
				i++
				continue
			}
			break
		}
		if i < j.end {
			break
		}
		if i-j.at > 4096 {
			return tokenEnd, j.fail("%q… is no JSON value", short(j.buf[j.at:i]))
		}
		from := j.at
		err := j.more(from)
		i -= from
		if err == io.EOF {
			break
		} else if err != nil {
			return tokenEnd, err
		}
	}
	if i == j.at {
		r, _ := utf8.DecodeRune(j.buf[j.at:j.end])
		return tokenEnd, j.fail("%q cannot begin a JSON value", r)
	}
	j.text = j.buf[j.at:i]
	j.at = i
	switch string(j.text) {
	case "true":
		return tokenTrue, nil
	case "false":
		return tokenFalse, nil
	case "null":
		return tokenNull, nil
	case "NaN", "Infinity", "-Infinity":
		return tokenNumber, nil
	}
	if !isJSONNumber(j.text) {
		return tokenEnd, j.fail("%q is no JSON value", short(j.text))
	}
	return tokenNumber, nil
}

// isJSONNumber says whether b is a number as RFC 8259 writes it.
func isJSONNumber(b []byte) bool {
	digits := func() bool {
		n := 0
		for n < len(b) && b[n]-'0' <= 9 {
			n++
		}
		b = b[n:]
		return n > 0
	}
	if len(b) > 0 && b[0] == '-' {
		b = b[1:]
	}
	if len(b) > 1 && b[0] == '0' && b[1]-'0' <= 9 || !digits() {
		return false
	}
	if len(b) > 0 && b[0] == '.' {
		b = b[1:]
		if !digits() {
			return false
		}
	}
	if len(b) > 0 && b[0]|0x20 == 'e' {
		b = b[1:]
		if len(b) > 0 && (b[0] == '+' || b[0] == '-') {
			b = b[1:]
		}
		if !digits() {
			return false
		}
	}
	return len(b) == 0
}

// skip skips the rest of a value of which t was the first token. It may be
// larger than a record, as nothing is kept of it.
func (j *jsonText) skip(t token) error {
	if t != '{' && t != '[' {
		return nil
	}
	for depth := len(j.open); len(j.open) >= depth; {
		j.begin()
		if _, err := j.next(); err != nil {
			return err
		}
	}
	return nil
}

// short is the beginning of a foreign text.
func short[T []byte | string](b T) string {
	const most = 60
	if len(b) <= most {
		return string(b)
	}
	n := most
	for n > 0 && !utf8.RuneStart(b[n]) {
		n--
	}
	return string(b[:n]) + "…"
}
