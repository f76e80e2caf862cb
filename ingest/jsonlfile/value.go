package jsonlfile

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how deep objects and arrays may be in one another.
const maxDepth = 100

// A parser takes one object apart into the values of its keys.
type parser struct {
	b       []byte
	i       int
	path    []byte // of the object, with a dot behind
	scratch []byte
	emit    func(path []byte, v value)
}

// A value is what stands behind a key; it is valid as long as the object.
type value struct {
	kind kind
	raw  []byte // as written
	text []byte // of a string, escapes replaced; else raw
}

type kind int8

const (
	null kind = iota
	stringValue
	number
	boolean
	array
)

// object parses b, which must be one object, and calls emit for each value in
// it that is no object.
func (p *parser) object(b []byte) error {
	p.b, p.i, p.path, p.scratch = b, 0, p.path[:0], nil
	p.space()
	if p.peek() != '{' {
		return errors.New("is not an object")
	}
	if err := p.fields(0); err != nil {
		return err
	}
	if p.space(); p.i < len(p.b) {
		return p.unexpected("after the object")
	}
	return nil
}

func (p *parser) space() {
	for p.i < len(p.b) && (p.b[p.i] == ' ' || p.b[p.i] == '\t' || p.b[p.i] == '\n' || p.b[p.i] == '\r') {
		p.i++
	}
}

func (p *parser) peek() byte {
	if p.i < len(p.b) {
		return p.b[p.i]
	}
	return 0
}

// unexpected says what stands where it should not.
func (p *parser) unexpected(where string) error {
	if p.i >= len(p.b) {
		return errors.New("ends in the middle")
	}
	r, _ := utf8.DecodeRune(p.b[p.i:])
	return fmt.Errorf("has %q %s, at byte %d", r, where, p.i+1)
}

// fields parses an object whose { is next.
func (p *parser) fields(depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("has objects more than %d deep", maxDepth)
	}
	p.i++
	if p.space(); p.peek() == '}' {
		p.i++
		return nil
	}
	outer := len(p.path)
	for {
		p.space()
		if p.peek() != '"' {
			return p.unexpected("where a key is due")
		}
		_, key, err := p.string()
		if err != nil {
			return err
		}
		if p.space(); p.peek() != ':' {
			return p.unexpected("where a : is due")
		}
		p.i++
		p.space()
		p.path = append(p.path[:outer], key...)
		if p.peek() == '{' {
			p.path = append(p.path, '.')
			err = p.fields(depth + 1)
		} else {
			var v value
			if v, err = p.value(depth); err == nil {
				p.emit(p.path, v)
			}
		}
		if err != nil {
			return err
		}
		p.path = p.path[:outer]
		p.space()
		switch p.peek() {
		case ',':
			p.i++
		case '}':
			p.i++
			return nil
		default:
			return p.unexpected("where a , or } is due")
		}
	}
}

// value parses anything but an object.
func (p *parser) value(depth int) (v value, err error) {
	from := p.i
	switch c := p.peek(); {
	case c == '"':
		v.kind = stringValue
		v.raw, v.text, err = p.string()
		return v, err
	case c == '[':
		v.kind = array
		err = p.skip(depth)
	case c == 't':
		v.kind, err = boolean, p.literal("true")
	case c == 'f':
		v.kind, err = boolean, p.literal("false")
	case c == 'n':
		err = p.literal("null")
	default:
		v.kind, err = number, p.number()
	}
	v.raw = p.b[from:p.i]
	v.text = v.raw
	return v, err
}

func (p *parser) literal(word string) error {
	if !bytes.HasPrefix(p.b[p.i:], []byte(word)) {
		return p.unexpected("where a value is due")
	}
	p.i += len(word)
	return nil
}

// number parses one as RFC 8259 has it: -?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?
func (p *parser) number() error {
	digits := func() bool {
		from := p.i
		for c := p.peek(); c >= '0' && c <= '9'; c = p.peek() {
			p.i++
		}
		return p.i > from
	}
	if p.peek() == '-' {
		p.i++
	}
	if p.peek() == '0' {
		p.i++
	} else if !digits() {
		return p.unexpected("where a value is due")
	}
	if p.peek() == '.' {
		if p.i++; !digits() {
			return p.unexpected("in a number")
		}
	}
	if p.peek()|0x20 == 'e' {
		p.i++
		if c := p.peek(); c == '+' || c == '-' {
			p.i++
		}
		if !digits() {
			return p.unexpected("in a number")
		}
	}
	return nil
}

// skip parses an array, or what is in one, and keeps nothing.
func (p *parser) skip(depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("has arrays more than %d deep", maxDepth)
	}
	switch p.peek() {
	case '[', '{':
	default:
		_, err := p.value(depth)
		return err
	}
	object, closing := p.peek() == '{', p.peek()+2 // ] and } are two after [ and {
	p.i++
	if p.space(); p.peek() == closing {
		p.i++
		return nil
	}
	for {
		p.space()
		if object {
			if p.peek() != '"' {
				return p.unexpected("where a key is due")
			}
			if _, _, err := p.string(); err != nil {
				return err
			}
			if p.space(); p.peek() != ':' {
				return p.unexpected("where a : is due")
			}
			p.i++
			p.space()
		}
		if err := p.skip(depth + 1); err != nil {
			return err
		}
		p.space()
		switch p.peek() {
		case ',':
			p.i++
		case closing:
			p.i++
			return nil
		default:
			return p.unexpected("in an array or object")
		}
	}
}

// string parses one whose quote is next.
func (p *parser) string() (raw, text []byte, err error) {
	from := p.i
	p.i++
	escaped := false
	for {
		if p.i >= len(p.b) {
			return nil, nil, errors.New("ends in the middle")
		}
		switch c := p.b[p.i]; {
		case c == '"':
			p.i++
			raw = p.b[from:p.i]
			if text = raw[1 : len(raw)-1]; escaped {
				text, err = p.unescape(text)
			}
			if err == nil && !utf8.Valid(text) {
				err = fmt.Errorf("is not UTF-8 in %q", text)
			}
			return raw, text, err
		case c == '\\':
			escaped = true
			p.i += 2
		case c < ' ':
			return nil, nil, p.unexpected("in a string, where it must be escaped")
		default:
			p.i++
		}
	}
}

// unescape replaces escapes. Half a surrogate pair becomes U+FFFD.
func (p *parser) unescape(b []byte) ([]byte, error) {
	start := len(p.scratch)
	out := p.scratch
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' {
			out = append(out, b[i])
			continue
		}
		i++
		switch b[i] {
		case '"', '\\', '/':
			out = append(out, b[i])
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
			r, ok := hex4(b[i+1:])
			if !ok {
				return nil, fmt.Errorf("has the escape %q, of which no four digits follow", b[i-1:min(i+5, len(b))])
			}
			i += 4
			if utf16.IsSurrogate(r) {
				second := rune(0)
				if i+2 < len(b) && b[i+1] == '\\' && b[i+2] == 'u' {
					second, _ = hex4(b[i+3:])
				}
				if r = utf16.DecodeRune(r, second); r != utf8.RuneError {
					i += 6
				}
			}
			out = utf8.AppendRune(out, r)
		default:
			return nil, fmt.Errorf("has the unknown escape %q", b[i-1:i+1])
		}
	}
	p.scratch = out
	return out[start:len(out):len(out)], nil
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	r := rune(0)
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
