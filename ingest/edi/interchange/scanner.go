package interchange

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// A scanner cuts raw segments out of a stream.
type scanner struct {
	r     *bufio.Reader
	limit int // bytes of a segment
	buf   []byte
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// skip passes what may stand between segments: line breaks, blanks, a byte
// order mark, the zeros and Ctrl-Z that old systems fill blocks with. It
// returns up to 4 bytes of what follows, none at the end.
func (s *scanner) skip() ([]byte, error) {
	for {
		head, err := s.r.Peek(4)
		if len(head) == 0 {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return nil, err
		}
		n := 0
		switch head[0] {
		case ' ', '\t', '\r', '\n', 0, 0x1a:
			n = 1
		}
		if bytes.HasPrefix(head, byteOrderMark) {
			n = len(byteOrderMark)
		}
		if n == 0 {
			return head, nil
		}
		if _, err := s.r.Discard(n); err != nil {
			return nil, err
		}
	}
}

var errCut = errors.New("the file ends within the segment")

// raw returns the bytes of the next segment without its terminator and without
// line breaks, valid until the next call. Too long a one is an error, and is
// passed; errCut says that the end of the file came first.
func (s *scanner) raw(sep separators) ([]byte, error) {
	s.buf = s.buf[:0]
	long := false
	for {
		chunk, err := s.r.ReadSlice(sep.terminator)
		whole := err == nil
		if whole {
			chunk = chunk[:len(chunk)-1]
		}
		if len(s.buf)+len(chunk) > s.limit {
			long = true
			s.buf = s.buf[:0]
		}
		s.take(chunk)
		switch {
		case whole && sep.release != 0 && trailing(s.buf, sep.release)%2 == 1:
			s.buf = append(s.buf, sep.terminator) // released: it is data
			continue
		case whole && long:
			return nil, fmt.Errorf("longer than %d bytes, the limit of a segment", s.limit)
		case whole:
			return s.buf, nil
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF):
			return s.buf, errCut
		}
		return nil, &readError{err}
	}
}

// take appends bytes, without line breaks.
func (s *scanner) take(chunk []byte) {
	if bytes.IndexByte(chunk, '\n') < 0 && bytes.IndexByte(chunk, '\r') < 0 {
		s.buf = append(s.buf, chunk...)
		return
	}
	for _, b := range chunk {
		if b != '\r' && b != '\n' {
			s.buf = append(s.buf, b)
		}
	}
}

// trailing counts how often b stands at the end.
func trailing(text []byte, b byte) int {
	n := 0
	for n < len(text) && text[len(text)-1-n] == b {
		n++
	}
	return n
}

// fixed reads n bytes, line breaks not counted: some systems break lines at
// column 80, wherever that is.
func (s *scanner) fixed(n int) ([]byte, error) {
	s.buf = s.buf[:0]
	for len(s.buf) < n {
		b, err := s.r.ReadByte()
		if errors.Is(err, io.EOF) {
			return s.buf, errCut
		}
		if err != nil {
			return nil, &readError{err}
		}
		if b != '\r' && b != '\n' {
			s.buf = append(s.buf, b)
		}
	}
	return s.buf, nil
}

// A readError is one of the file, not of what is written in it.
type readError struct{ err error }

func (e *readError) Error() string { return e.err.Error() }
func (e *readError) Unwrap() error { return e.err }
