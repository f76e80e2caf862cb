package xesfile

import (
	"bytes"
	"io"
)

// A piece is text of the file that ends behind a trace, or all that is left.
type piece struct {
	text   []byte
	passed int64 // bytes of the text before it
	line   int64 // of its first byte
	first  bool  // it has the start of the file
	last   bool
}

const (
	pieceBytes = 4 << 20
	// pieceAhead is how much is read beyond where a piece may end, so that what
	// is carried over to the next is little.
	pieceAhead = 64 << 10
	// maxTrace is how much is read in search of the end of a trace.
	maxTrace = 16 << 20
)

// A cutter cuts text behind the end tags of traces. It knows comments, CDATA
// sections, instructions and directives, which alone may hold such a tag that
// is none; where it errs all the same, the text is broken or the traces are in
// something unknown, and whoever reads the piece finds that it ends elsewhere
// than between traces.
type cutter struct {
	r      io.Reader
	size   int    // of a piece, at least, but the last
	carry  []byte // was read and is not cut off yet
	passed int64
	line   int64
	pieces int
}

var traceEndTag = []byte("</trace>")

// next returns the next piece, in the memory of buf if there is room. After the
// last one, r has what follows it, if anything.
func (c *cutter) next(buf []byte) *piece {
	p := &piece{passed: c.passed, line: c.line, first: c.pieces == 0}
	c.pieces++
	text := append(buf[:0], c.carry...)
	c.carry = c.carry[:0]
	from := 0
	for want := c.size + pieceAhead; ; want = 2 * len(text) {
		if cap(text) < want {
			text = append(make([]byte, 0, want+want/4), text...)
		}
		var err error
		for empty := 0; len(text) < want && err == nil; empty++ {
			var n int
			if n, err = c.r.Read(text[len(text):want]); n > 0 {
				empty = 0
			} else if err == nil && empty == 100 {
				err = io.ErrNoProgress
			}
			text = text[:len(text)+n]
		}
		end := 0
		if end, from = c.find(text, from); end > 0 {
			c.carry = append(c.carry, text[end:]...)
			text = text[:end]
		}
		if err != nil { // io.EOF too
			c.r = failing{err}
		}
		p.last = end == 0 && (err != nil || len(text) > c.size+maxTrace)
		if p.last || end > 0 {
			p.text = text
			c.passed += int64(len(text))
			c.line += int64(bytes.Count(text, newline))
			return p
		}
	}
}

// failing is a reader that has come to its end, good or bad.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// find returns where the first trace ends that ends behind size, or 0 and how
// far it came.
func (c *cutter) find(text []byte, from int) (end, reached int) {
	for {
		plain := text[from:]
		for _, opening := range [...]string{"<!", "<?"} {
			if k := bytes.Index(plain, []byte(opening)); k >= 0 {
				plain = plain[:k]
			}
		}
		if skip := max(0, c.size-len(traceEndTag)-from); skip < len(plain) {
			if k := bytes.Index(plain[skip:], traceEndTag); k >= 0 {
				return from + skip + k + len(traceEndTag), 0
			}
		}
		at := from + len(plain)
		if at == len(text) {
			return 0, max(from, at-len(traceEndTag)) // a tag may be cut
		}
		k := markupLen(text[at:])
		if k == 0 {
			return 0, at
		}
		from = at + k
	}
}

// markupLen returns the length of the comment, section, instruction or
// directive that b starts with, 0 if b ends before it, as far as can be told.
func markupLen(b []byte) int {
	from, end := 0, ""
	switch {
	case b[1] == '?':
		from, end = 2, "?>"
	case bytes.HasPrefix(b, []byte("<!--")):
		from, end = 4, "-->"
	case bytes.HasPrefix(b, []byte("<![CDATA[")):
		from, end = 9, "]]>"
	case len(b) < 9:
		return 0
	default:
		return directive(b)
	}
	if i := bytes.Index(b[from:], []byte(end)); i >= 0 {
		return from + i + len(end)
	}
	return 0
}
