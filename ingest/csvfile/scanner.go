package csvfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"unicode/utf8"
)

const (
	maxField  = 16 << 20
	maxRecord = 256 << 20
)

// A dialect is how rows and fields are written.
type dialect struct {
	delimiter byte
	quote     byte // 0: none
	eol       byte // '\n', also after '\r'; or '\r' alone
	list      bool // columns stand between bars as in a printed list, padded with blanks; lines without are none
}

// A record is one row of a file. Its fields are valid until the next one.
type record struct {
	line, last int64 // where it starts and ends, from 1
	fields     [][]byte
	bad        string // why it cannot be taken apart; fields are then void
	row        bool   // of a list: the outer bars are cut off
}

// A scanner takes text apart into records.
//
// A quote has a meaning only at the start of a field; elsewhere it is text, as
// in 24" monitor. After a closing quote nothing but a delimiter or the end of
// the line may stand: such a record is bad, and the next starts on the line
// after. A quote that is not closed by the end of the file is an error.
type scanner struct {
	dialect
	r     io.Reader
	check bool // that records are valid UTF-8; else they were decoded
	clean bool // they are known to have no character that is wrong

	buf      []byte
	pos, end int
	eof      bool
	line     int64
	lost     int64 // records with a character that could not be decoded
	rec      record
	spans    []span
}

// A lineError is why a file cannot be read on, and where.
type lineError struct {
	line int64
	text string
}

func (e lineError) Error() string { return fmt.Sprintf("line %d: %s", e.line, e.text) }

// A span is a field in the buffer.
type span struct {
	from, to int
	doubled  bool // has quotes written twice
}

func newScanner(r io.Reader, d dialect, check bool) *scanner {
	return &scanner{dialect: d, r: r, check: check, buf: make([]byte, 128<<10), line: 1}
}

// errMore says that the buffer ends before the record does.
var errMore = errors.New("more")

// next returns the next record that is not an empty line, or io.EOF. Every
// other error ends the file.
func (s *scanner) next() (*record, error) {
	for {
		for s.skipEmptyLine() {
		}
		if s.eof && s.pos == s.end {
			return nil, io.EOF
		}
		next, err := s.split()
		if err == errMore {
			if err := s.fill(); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		s.finish(next)
		return &s.rec, nil
	}
}

// skipEmptyLine steps over the end of a line that has nothing before it.
func (s *scanner) skipEmptyLine() bool {
	switch {
	case s.pos < s.end && s.buf[s.pos] == s.eol:
		s.pos++
	case s.pos+1 < s.end && s.buf[s.pos] == '\r' && s.buf[s.pos+1] == s.eol:
		s.pos += 2
	case s.pos+1 == s.end && s.eof && s.buf[s.pos] == '\r':
		s.pos++
	default:
		return false
	}
	s.line++
	return true
}

// skipLine steps over a line, whatever is in it.
func (s *scanner) skipLine() error {
	for {
		if k := bytes.IndexByte(s.buf[s.pos:s.end], s.eol); k >= 0 {
			s.pos += k + 1
			s.line++
			return nil
		}
		if s.eof {
			s.pos = s.end
			return nil
		}
		if s.end-s.pos > maxField {
			return s.tooLong()
		}
		if err := s.fill(); err != nil {
			return err
		}
	}
}

// fill reads on, keeping what stands from pos.
func (s *scanner) fill() error {
	if s.pos > 0 {
		copy(s.buf, s.buf[s.pos:s.end])
		s.end -= s.pos
		s.pos = 0
	}
	if s.end == len(s.buf) {
		if s.end >= maxRecord {
			return lineError{s.line, fmt.Sprintf("a row is longer than %d MiB; is a quote missing?", maxRecord>>20)}
		}
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

// split finds the fields of the record at pos, and returns where the next one
// starts. It changes nothing in the buffer and can be called again.
func (s *scanner) split() (next int, err error) {
	s.spans, s.rec.bad = s.spans[:0], ""
	buf, delimiter, eol := s.buf[:s.end], s.delimiter, s.eol
	i := s.pos
	for {
		if i < len(buf) && buf[i] == s.quote && s.quote != 0 {
			to, more, err := s.quoted(i)
			if err != nil || !more {
				return to, err
			}
			i = to
			continue
		}
		j := fieldEnd(buf, i, delimiter, eol)
		if j-i > maxField {
			return 0, s.tooLong()
		}
		if j == len(buf) && !s.eof {
			return 0, errMore
		}
		if j < len(buf) && buf[j] == delimiter {
			s.spans = append(s.spans, span{from: i, to: j})
			i = j + 1
			continue
		}
		to := j
		if to > i && buf[to-1] == '\r' {
			to--
		}
		s.spans = append(s.spans, span{from: i, to: to})
		return min(j+1, len(buf)), nil
	}
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// fieldEnd returns where the first of two bytes is from i on, or the length of
// buf. It looks at eight bytes at a time: Warren, Hacker's Delight (2nd ed.),
// §6-1, the form that marks exactly the zero bytes.
func fieldEnd(buf []byte, i int, delimiter, eol byte) int {
	d, e := uint64(delimiter)*ones, uint64(eol)*ones
	for ; i+8 <= len(buf); i += 8 {
		w := binary.LittleEndian.Uint64(buf[i:])
		x, y := w^d, w^e
		x = (x&^highs + ^uint64(highs)) | x
		y = (y&^highs + ^uint64(highs)) | y
		if m := ^(x & y) & highs; m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	for i < len(buf) && buf[i] != delimiter && buf[i] != eol {
		i++
	}
	return i
}

// quoted takes the field whose opening quote is at i. It returns where the next
// field, or if there is no more the next record, starts.
func (s *scanner) quoted(i int) (next int, more bool, err error) {
	buf := s.buf[:s.end]
	f := span{from: i + 1}
	j := i + 1
	for {
		k := bytes.IndexByte(buf[j:], s.quote)
		if k < 0 || j+k-i > maxField {
			if len(buf)-i > maxField {
				return 0, false, s.tooLong()
			}
			if !s.eof {
				return 0, false, errMore
			}
			line := s.line + int64(bytes.Count(buf[s.pos:i], []byte{s.eol}))
			return 0, false, lineError{line, "a quote is opened and not closed before the end of the file: " +
				"the file is not whole, or a quote is missing; mend that line, or say --quote none"}
		}
		j += k
		if j+1 >= len(buf) && !s.eof {
			return 0, false, errMore
		}
		if j+1 < len(buf) && buf[j+1] == s.quote {
			f.doubled = true
			j += 2
			continue
		}
		break
	}
	f.to = j
	s.spans = append(s.spans, f)
	j++
	switch rest := buf[j:]; {
	case len(rest) == 0:
		return j, false, nil
	case rest[0] == s.delimiter:
		return j + 1, true, nil
	case rest[0] == s.eol:
		return j + 1, false, nil
	case rest[0] == '\r' && len(rest) == 1 && s.eof:
		return j + 1, false, nil
	case rest[0] == '\r' && len(rest) == 1:
		return 0, false, errMore
	case rest[0] == '\r' && rest[1] == s.eol:
		return j + 2, false, nil
	}
	k := bytes.IndexByte(buf[j:], s.eol)
	if k < 0 {
		if !s.eof {
			return 0, false, errMore
		}
		k = len(buf) - j - 1
	}
	if k > maxField {
		return 0, false, s.tooLong()
	}
	s.rec.bad = fmt.Sprintf("text after the closing quote of field %d", len(s.spans))
	return j + k + 1, false, nil
}

func (s *scanner) tooLong() error {
	return lineError{s.line, fmt.Sprintf("a field is longer than %d MiB; is a quote missing? (say --quote none if quotes mean nothing)", maxField>>20)}
}

// finish turns the spans into fields and moves on to next.
func (s *scanner) finish(next int) {
	raw := s.buf[s.pos:next]
	s.rec.line = s.line
	lines := int64(1)
	if s.quote != 0 && bytes.IndexByte(raw, s.quote) >= 0 {
		lines = int64(bytes.Count(raw, []byte{s.eol}))
		if len(raw) == 0 || raw[len(raw)-1] != s.eol {
			lines++
		}
	}
	s.rec.last = s.line + lines - 1
	if s.rec.bad != "" && lines > 1 {
		s.rec.bad = fmt.Sprintf("%s; the row runs from line %d to %d", s.rec.bad, s.rec.line, s.rec.last)
	}
	if s.check && !s.clean && s.rec.bad == "" && !utf8.Valid(raw) {
		s.rec.bad = "not UTF-8" + s.invalid(raw) + "; say --encoding if it is another"
	}
	if !s.check && !s.clean && bytes.Contains(raw, lostCharacter) {
		s.lost++
	}
	s.rec.fields, s.rec.row = s.rec.fields[:0], false
	for _, f := range s.spans {
		field := s.buf[f.from:f.to]
		if f.doubled {
			field = s.undouble(field)
		}
		s.rec.fields = append(s.rec.fields, field)
	}
	s.line += lines
	s.pos = next
}

var lostCharacter = []byte("\ufffd")

// foresee looks at all of the text, which is in the buffer, for what then need
// not be looked for in each record: characters that are wrong, and quotes.
func (s *scanner) foresee() {
	text := s.buf[s.pos:s.end]
	if s.check {
		s.clean = utf8.Valid(text)
	} else {
		s.clean = !bytes.Contains(text, lostCharacter)
	}
	if s.quote != 0 && bytes.IndexByte(text, s.quote) < 0 {
		s.quote = 0
	}
}

// invalid shows the bytes that are no UTF-8, with what stands around them.
func (s *scanner) invalid(raw []byte) string {
	for i := 0; i < len(raw); {
		r, n := utf8.DecodeRune(raw[i:])
		if r == utf8.RuneError && n == 1 {
			from := max(0, i-10)
			for from < i && !utf8.RuneStart(raw[from]) {
				from++
			}
			return fmt.Sprintf(": %q", bytes.TrimRight(raw[from:min(len(raw), i+4)], "\r\n"))
		}
		i += n
	}
	return ""
}

// undouble makes two quotes one, in place: the scanner is past them.
func (s *scanner) undouble(field []byte) []byte {
	out := field[:0]
	for i := 0; i < len(field); i++ {
		if field[i] == s.quote {
			i++
		}
		out = append(out, field[i])
	}
	return out
}
