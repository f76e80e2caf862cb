package jsonlfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxObject is how long one object, or one line, may be.
const maxObject = 16 << 20

const utf8BOM = "\xef\xbb\xbf"

// A splitter finds the objects of a file: its lines, or the elements of the
// array that it is.
type splitter struct {
	r        io.Reader
	array    bool
	buf      []byte
	pos, end int
	eof      bool
	done     bool  // the array is closed
	n        int64 // of the object: its line, or which element it is, from 1
	line     int64
}

// newSplitter looks at the first bytes of a file for what it is.
func newSplitter(r io.Reader) (*splitter, error) {
	s := &splitter{r: r, buf: make([]byte, 128<<10), line: 1}
	if err := s.fill(); err != nil {
		return nil, err
	}
	for s.end < 4 && !s.eof {
		if err := s.fill(); err != nil {
			return nil, err
		}
	}
	b := s.buf[:s.end]
	if bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) {
		return nil, errors.New("this is UTF-16, and JSON is UTF-8 (RFC 8259, §8.1): convert it")
	}
	if bytes.HasPrefix(b, []byte(utf8BOM)) {
		s.pos = len(utf8BOM)
	}
	c, err := s.peek()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty, it has no object")
	}
	if err != nil {
		return nil, err
	}
	if s.array = c == '['; s.array {
		s.pos++
	}
	return s, nil
}

// peek skips blanks and line ends, and returns the byte after them.
func (s *splitter) peek() (byte, error) {
	for {
		for s.pos < s.end {
			switch c := s.buf[s.pos]; c {
			case '\n':
				s.line++
				s.pos++
			case ' ', '\t', '\r':
				s.pos++
			default:
				return c, nil
			}
		}
		if s.eof {
			return 0, io.EOF
		}
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
}

func (s *splitter) fill() error {
	if s.pos > 0 {
		copy(s.buf, s.buf[s.pos:s.end])
		s.end -= s.pos
		s.pos = 0
	}
	if s.end == len(s.buf) {
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	for range 100 {
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
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

// next returns the next object as it is written, valid until the one after, or
// io.EOF.
func (s *splitter) next() ([]byte, error) {
	c, err := s.peek()
	if s.array {
		return s.element(c, err)
	}
	if err != nil {
		return nil, err
	}
	for searched := 0; ; {
		if k := bytes.IndexByte(s.buf[s.pos+searched:s.end], '\n'); k >= 0 || s.eof {
			to := s.end
			if k >= 0 {
				to = s.pos + searched + k
			}
			text := s.buf[s.pos:to]
			if len(text) > maxObject {
				return nil, s.tooLong()
			}
			s.pos, s.n = to, s.line // peek counts the line end
			return text, nil
		}
		searched = s.end - s.pos
		if searched > maxObject {
			return nil, s.tooLong()
		}
		if err := s.fill(); err != nil {
			return nil, err
		}
	}
}

func (s *splitter) tooLong() error {
	what := "line"
	if s.array {
		what = "element of the array"
	}
	return placed{s.line, fmt.Errorf("the %s is longer than %d MiB: JSON lines have one object a line, and one object is one event", what, maxObject>>20)}
}

// A placed error is one of a line.
type placed struct {
	line int64
	err  error
}

func (p placed) Error() string { return fmt.Sprintf("line %d: %s", p.line, p.err) }

// element returns the next element of the array; c and err are what is there.
func (s *splitter) element(c byte, err error) ([]byte, error) {
	switch {
	case s.done && errors.Is(err, io.EOF):
		return nil, io.EOF
	case errors.Is(err, io.EOF):
		return nil, placed{s.line, errors.New("the array is not closed: the file is not whole; get it again")}
	case err != nil:
		return nil, err
	case s.done:
		return nil, placed{s.line, errors.New("text follows the array")}
	case c == ']':
		s.pos++
		s.done = true
		return s.next()
	case s.n > 0 && c != ',':
		return nil, placed{s.line, fmt.Errorf("%q follows an element of the array, not a comma", c)}
	case s.n > 0:
		s.pos++
		if _, err := s.peek(); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
	}
	at := s.line
	var found scan
	for searched := 0; ; {
		if to, ok := found.end(s.buf[s.pos:s.end], searched); ok {
			text := s.buf[s.pos : s.pos+to]
			s.pos += to
			s.n++
			s.line += int64(bytes.Count(text, []byte("\n")))
			return text, nil
		}
		if searched = s.end - s.pos; searched > maxObject {
			return nil, s.tooLong()
		}
		if s.eof {
			return nil, placed{at, errors.New("the element ends in the middle: the file is not whole; get it again")}
		}
		if err := s.fill(); err != nil {
			return nil, err
		}
	}
}

// A scan looks for the end of a value: brackets are counted, strings stepped
// over. Whether it is JSON is for the parser.
type scan struct {
	depth           int
	quoted, escaped bool
}

func (s *scan) end(b []byte, from int) (int, bool) {
	for i := from; i < len(b); i++ {
		switch c := b[i]; {
		case s.escaped:
			s.escaped = false
		case s.quoted:
			s.quoted = c != '"'
			s.escaped = c == '\\'
		case c == '"':
			s.quoted = true
		case c == '{' || c == '[':
			s.depth++
		case s.depth == 0 && (c == ',' || c == ']' || c == '}'):
			return i, true
		case c == '}' || c == ']':
			if s.depth--; s.depth == 0 {
				return i + 1, true
			}
		}
	}
	return 0, false
}
