package ocelfile

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// maxRecord is the most bytes one event, object or declaration may take. What
// is larger is an error, so that no file makes a reader take all memory.
const maxRecord = 64 << 20

// A source is the text of a file: unpacked and in UTF-8, without a mark.
type source struct {
	io.Reader
	encoding string // as ingest.Options names it
}

// A tally counts the bytes read from a file, and stops when it is told to.
type tally struct {
	ctx  context.Context
	r    io.Reader
	done *atomic.Int64
}

func (t *tally) Read(b []byte) (int, error) {
	if err := t.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := t.r.Read(b)
	t.done.Add(int64(n))
	return n, err
}

const (
	bomUTF8    = "\xef\xbb\xbf"
	bomUTF16LE = "\xff\xfe"
	bomUTF16BE = "\xfe\xff"
)

// openSource starts to read f from its beginning. told is the encoding the user
// says it has, "" if the file knows: by a mark at its beginning, else UTF-8.
func openSource(ctx context.Context, f *os.File, done *atomic.Int64, told string) (*source, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	done.Store(0)
	in := bufio.NewReaderSize(&tally{ctx, f, done}, 64<<10)
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("%s: the gzip header cannot be read: %w", f.Name(), err)
		}
		in = bufio.NewReaderSize(z, 64<<10)
	}
	head, _ := in.Peek(4) // an error comes back at the next Read
	s := &source{Reader: in, encoding: "utf-8"}
	if told == "" {
		switch {
		case bytes.HasPrefix(head, []byte(bomUTF16LE)):
			told = "utf-16le"
		case bytes.HasPrefix(head, []byte(bomUTF16BE)):
			told = "utf-16be"
		}
	}
	enc, err := encodingOf(told)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	switch {
	case enc != nil:
		s.encoding = strings.ToLower(told)
		s.Reader = enc.NewDecoder().Reader(in)
	case bytes.HasPrefix(head, []byte(bomUTF8)):
		in.Discard(len(bomUTF8))
	}
	return s, nil
}

// encodingOf returns the encoding of a name, nil for UTF-8.
func encodingOf(label string) (encoding.Encoding, error) {
	switch squeeze(label) {
	case "", "utf8", "usascii", "ascii":
		return nil, nil
	case "utf16", "utf16le", "ucs2":
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), nil
	case "utf16be":
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM), nil
	case "latin1", "l1", "iso88591":
		return charmap.ISO8859_1, nil
	case "cp1252":
		return charmap.Windows1252, nil
	}
	for _, e := range charmap.All {
		if m, ok := e.(*charmap.Charmap); ok && squeeze(m.String()) == squeeze(label) {
			return m, nil
		}
	}
	return nil, fmt.Errorf("encoding %q is not known; want utf-8, utf-16le, utf-16be, windows-1252, latin-1 or another of one byte a character", label)
}

// squeeze makes names of encodings comparable: "ISO-8859-1" is "iso88591".
func squeeze(label string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r == ' ' {
			return -1
		}
		return r
	}, strings.ToLower(label))
}

// valid returns b with each byte that is no UTF-8 as U+FFFD, as encoding/json
// has it.
func valid(b []byte) []byte {
	out := make([]byte, 0, len(b)+8)
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		out = utf8.AppendRune(out, r)
		b = b[n:]
	}
	return out
}

// A ration is a reader that gives only so much between two calls of refill. It
// bounds what a parser gathers before it yields a record.
type ration struct {
	r    io.Reader
	left int
}

// errTooLarge says that a record is larger than maxRecord.
var errTooLarge = fmt.Errorf("what stands here is larger than %d MiB", maxRecord>>20)

func (r *ration) refill() { r.left = maxRecord }

func (r *ration) Read(b []byte) (int, error) {
	if r.left <= 0 {
		return 0, errTooLarge
	}
	n, err := r.r.Read(b[:min(len(b), r.left)])
	r.left -= n
	return n, err
}
