package csvfile

import (
	"bytes"
	"io"
)

// A cutter cuts text between rows. It looks at quotes only, which is several
// times as fast as taking rows apart, and knows what a [scanner] knows of them:
// they have a meaning at the start of a field, and line ends between them are
// text.
type cutter struct {
	dialect
	r     io.Reader
	size  int    // of a piece, at least, but the last
	carry []byte // was read and is not cut off yet
	eof   bool
	done  bool // there is no more
}

const (
	// readAhead is how much is read beyond where a piece may end, so that what
	// is carried over to the next is little.
	readAhead = 64 << 10
	// maxCarry is how much is read in search of the end of a row: more than one
	// without a huge field, which is an error.
	maxCarry = maxField + readAhead
)

// next returns whole rows, in buf if there is room. Where the end of one is too
// far away, or the text cannot be read on, rest gives all that follows.
func (c *cutter) next(buf []byte) (text []byte, rest io.Reader) {
	buf = append(buf, c.carry...)
	from := 0 // outside of quotes
	for want := c.size + readAhead; ; want = 2 * len(buf) {
		for len(buf) < want && !c.eof {
			if cap(buf) < want {
				buf = append(make([]byte, 0, want+want/4), buf...)
			}
			n, err := c.r.Read(buf[len(buf):want])
			buf = buf[:len(buf)+n]
			if err == io.EOF {
				c.eof = true
			} else if err != nil {
				c.done = true
				return buf, failing{err}
			}
		}
		end := 0
		if end, from = c.find(buf, from); end > 0 && end < len(buf) {
			c.carry = append(c.carry[:0], buf[end:]...)
			return buf[:end], nil
		}
		if c.eof {
			c.done = true
			return buf, nil
		}
		if len(buf) > c.size+maxCarry {
			c.done = true
			return buf, c.r
		}
	}
}

// failing is a reader that cannot.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// find returns where the first row ends that ends behind size, or 0 and how far
// it came: to the end, or a quote that does not end in text.
func (c *cutter) find(text []byte, from int) (end, reached int) {
	for {
		outside := text[from:]
		q := -1
		if c.quote != 0 {
			q = bytes.IndexByte(outside, c.quote)
		}
		if q >= 0 {
			outside = outside[:q]
		}
		if skip := max(0, c.size-1-from); skip < len(outside) {
			if k := bytes.IndexByte(outside[skip:], c.eol); k >= 0 {
				return from + skip + k + 1, 0
			}
		}
		if q < 0 {
			return 0, len(text)
		}
		at := from + q
		if at > 0 && text[at-1] != c.delimiter && text[at-1] != c.eol {
			from = at + 1 // a quote within a field is text
			continue
		}
		if from = c.quoted(text, at); from < 0 {
			return 0, at
		}
	}
}

// quoted returns where the text after the quoted field at i is looked at again:
// behind its closing quote, or, if what follows makes the row bad, at the end of
// that line. It is negative if text does not tell.
func (c *cutter) quoted(text []byte, i int) int {
	for i++; ; i += 2 {
		k := bytes.IndexByte(text[i:], c.quote)
		if i += k; k < 0 || i+1 >= len(text) {
			return -1
		}
		if text[i+1] != c.quote {
			break
		}
	}
	i++
	switch {
	case text[i] == c.delimiter, text[i] == c.eol:
		return i
	case text[i] == '\r' && i+1 == len(text):
		return -1
	case text[i] == '\r' && text[i+1] == c.eol:
		return i
	}
	if k := bytes.IndexByte(text[i:], c.eol); k >= 0 {
		return i + k
	}
	return -1
}
