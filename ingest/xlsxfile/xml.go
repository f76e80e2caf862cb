package xlsxfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// maxToken is how long a tag, or a text between tags, may be: a cell of Excel
// holds 32,767 characters.
const maxToken = 4 << 20

// An xmlScanner takes a part of a workbook apart into tags and texts. It knows
// of XML what such parts have: no entities but the five and numbered ones, and
// prefixes of names are dropped.
type xmlScanner struct {
	r        io.Reader
	buf      []byte
	pos, end int
	eof      bool
	depth    int
	seen     bool // the root element
	done     int64

	tok  xmlToken
	text []byte
}

// An xmlToken is a tag or a text; it is valid until the next.
type xmlToken struct {
	kind  xmlKind
	empty bool   // of a start tag: <x/>, no end tag follows
	name  []byte // without prefix
	attrs []byte // as written
	text  []byte // entities replaced
}

type xmlKind int8

const (
	startTag xmlKind = iota
	endTag
	textNode
)

func newXML(r io.Reader) *xmlScanner { return &xmlScanner{r: r, buf: make([]byte, 64<<10)} }

var (
	errMore    = errors.New("more")
	errCut     = errors.New("it ends in the middle: the file is not whole; get it again")
	errTooLong = fmt.Errorf("a tag or text is longer than %d MiB: this is no sheet of a workbook", maxToken>>20)
)

// next returns the next token, or io.EOF after the root element's end.
func (s *xmlScanner) next() (*xmlToken, error) {
	for {
		if s.pos == s.end && s.eof {
			if s.depth > 0 || !s.seen {
				return nil, errCut
			}
			return nil, io.EOF
		}
		ok, err := s.token()
		if err == errMore {
			if s.eof {
				if len(bytes.TrimSpace(s.buf[s.pos:s.end])) == 0 && s.depth == 0 && s.seen {
					return nil, io.EOF
				}
				return nil, errCut
			}
			if err := s.fill(); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		if ok {
			return &s.tok, nil
		}
	}
}

func (s *xmlScanner) fill() error {
	if s.pos > 0 {
		copy(s.buf, s.buf[s.pos:s.end])
		s.end -= s.pos
		s.pos = 0
	}
	if s.end == len(s.buf) {
		if s.end >= maxToken {
			return errTooLong
		}
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	for range 100 {
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
		s.done += int64(n)
		if err == io.EOF {
			s.eof = true
			return nil
		}
		if err != nil || n > 0 {
			return err
		}
	}
	return io.ErrNoProgress
}

// token reads one token at pos, ok if it is one to return.
func (s *xmlScanner) token() (ok bool, err error) {
	b := s.buf[s.pos:s.end]
	if len(b) == 0 {
		return false, errMore
	}
	if b[0] != '<' {
		i := bytes.IndexByte(b, '<')
		if i < 0 {
			return false, errMore
		}
		s.pos += i
		s.tok = xmlToken{kind: textNode}
		if s.tok.text, err = s.unescape(b[:i]); err != nil {
			return false, err
		}
		return s.depth > 0, nil
	}
	if len(b) < 2 {
		return false, errMore
	}
	switch b[1] {
	case '?':
		return false, s.skip(b, "?>")
	case '!':
		return s.markup(b)
	}
	i := tagEnd(b)
	if i < 0 {
		return false, errMore
	}
	s.pos += i + 1
	return true, s.tag(b[1:i])
}

// tagEnd finds the > of a tag; one in quotes is not it.
func tagEnd(b []byte) int {
	i := bytes.IndexByte(b, '>')
	if i < 0 {
		return -1
	}
	if n := bytes.Count(b[:i], []byte(`"`)); n%2 == 0 && bytes.IndexByte(b[:i], '\'') < 0 { // nearly always
		return i
	}
	quote := byte(0)
	for i, c := range b {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i
		}
	}
	return -1
}

func (s *xmlScanner) skip(b []byte, until string) error {
	i := bytes.Index(b, []byte(until))
	if i < 0 {
		return errMore
	}
	s.pos += i + len(until)
	return nil
}

// markup reads <!-- -->, <![CDATA[ ]]> and <!DOCTYPE >.
func (s *xmlScanner) markup(b []byte) (ok bool, err error) {
	const cdata = "<![CDATA["
	switch {
	case bytes.HasPrefix(b, []byte("<!--")):
		return false, s.skip(b, "-->")
	case bytes.HasPrefix(b, []byte(cdata)):
		i := bytes.Index(b, []byte("]]>"))
		if i < 0 {
			return false, errMore
		}
		s.pos += i + 3
		s.tok = xmlToken{kind: textNode, text: b[len(cdata):i]}
		return s.depth > 0, nil
	case len(b) < len(cdata):
		return false, errMore
	}
	return false, errors.New("it has a document type declaration, which no workbook has")
}

// tag reads what stands between < and >.
func (s *xmlScanner) tag(b []byte) error {
	if len(b) > 0 && b[0] == '/' {
		if s.depth--; s.depth < 0 {
			return errors.New("an end tag has no start tag")
		}
		s.tok = xmlToken{kind: endTag, name: local(bytes.TrimSpace(b[1:]))}
		return nil
	}
	s.tok = xmlToken{kind: startTag}
	if len(b) > 0 && b[len(b)-1] == '/' {
		s.tok.empty = true
		b = b[:len(b)-1]
	} else {
		s.depth++
	}
	s.seen = true
	i := 0
	for i < len(b) && b[i] > ' ' {
		i++
	}
	s.tok.name, s.tok.attrs = local(b[:i]), b[i:]
	if len(s.tok.name) == 0 {
		return errors.New("a tag has no name")
	}
	return nil
}

func local(name []byte) []byte {
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		return name[i+1:]
	}
	return name
}

// attr returns an attribute's value, entities left as they are. A name with a
// prefix is found by what stands after it.
func (t *xmlToken) attr(name string) (value []byte, ok bool) {
	b := t.attrs
	for {
		eq := bytes.IndexByte(b, '=')
		if eq < 0 {
			return nil, false
		}
		key := local(bytes.TrimSpace(b[:eq]))
		b = bytes.TrimLeft(b[eq+1:], " \t\r\n")
		if len(b) == 0 || b[0] != '"' && b[0] != '\'' {
			return nil, false
		}
		end := bytes.IndexByte(b[1:], b[0])
		if end < 0 {
			return nil, false
		}
		if string(key) == name {
			return b[1 : end+1], true
		}
		b = b[end+2:]
	}
}

// attrText is attr with its entities replaced.
func (s *xmlScanner) attrText(name string) string {
	v, _ := s.tok.attr(name)
	text, err := s.unescape(v)
	if err != nil {
		return string(v)
	}
	return string(text)
}

func (t *xmlToken) attrInt(name string) (int, bool) {
	v, ok := t.attr(name)
	if !ok || len(v) > 10 {
		return 0, false
	}
	n, err := strconv.Atoi(string(v))
	return n, err == nil
}

func (t *xmlToken) attrBool(name string) bool {
	v, _ := t.attr(name)
	return string(v) == "1" || string(v) == "true"
}

// unescape replaces entities; the result is valid until the next call.
func (s *xmlScanner) unescape(b []byte) ([]byte, error) {
	i := bytes.IndexByte(b, '&')
	if i < 0 {
		return b, nil
	}
	out := append(s.text[:0], b[:i]...)
	for b = b[i:]; len(b) > 0; {
		if b[0] != '&' {
			n := bytes.IndexByte(b, '&')
			if n < 0 {
				n = len(b)
			}
			out = append(out, b[:n]...)
			b = b[n:]
			continue
		}
		end := bytes.IndexByte(b, ';')
		if end < 0 || end > 12 {
			return nil, errors.New("an & begins no entity")
		}
		switch name := string(b[1:end]); name {
		case "amp":
			out = append(out, '&')
		case "lt":
			out = append(out, '<')
		case "gt":
			out = append(out, '>')
		case "quot":
			out = append(out, '"')
		case "apos":
			out = append(out, '\'')
		default:
			r, ok := numbered(name)
			if !ok {
				return nil, fmt.Errorf("&%s; is no known entity", name)
			}
			out = utf8.AppendRune(out, r)
		}
		b = b[end+1:]
	}
	s.text = out
	return out, nil
}

// numbered reads #65 and #x41.
func numbered(name string) (rune, bool) {
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	return rune(n), err == nil && n <= utf8.MaxRune
}
