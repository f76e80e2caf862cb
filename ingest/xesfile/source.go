package xesfile

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// A source is the text of a file: unpacked and in UTF-8.
type source struct {
	io.Reader
	encoding string // as ingest.Options names it
	unit     string // what offsets in the text count
	skipped  int64  // bytes before the text
	note     string // what the file says wrongly about its encoding
}

// headSize is how much of a file is looked at to find out its encoding.
const headSize = 1024

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

// openSource starts to read f from its beginning. told is the encoding the user
// says it has, "" if the file knows.
func openSource(ctx context.Context, f *os.File, done *atomic.Int64, told string) (*source, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	done.Store(0)
	in := bufio.NewReaderSize(&tally{ctx, f, done}, 64<<10)
	s := &source{unit: "byte"}
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("%s: the gzip header cannot be read: %w", f.Name(), err)
		}
		in = bufio.NewReaderSize(z, 64<<10)
		s.unit = "unpacked byte"
	}
	// An error of Peek comes back at the next Read.
	head, _ := in.Peek(headSize)
	enc, err := s.detect(head, told)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	s.Reader = in
	if enc != nil {
		s.Reader = enc.NewDecoder().Reader(in)
		s.unit = "byte of the text in UTF-8:"
	} else if bytes.HasPrefix(head, []byte(bomUTF8)) {
		in.Discard(len(bomUTF8))
		s.skipped = int64(len(bomUTF8))
	}
	return s, nil
}

// document is the text of the file with the given name, to be read once.
func (s *source) document(file string) *document {
	scan := newScanner(s, file, s.unit)
	scan.passed = s.skipped
	return newDocument(scan)
}

const (
	bomUTF8    = "\xef\xbb\xbf"
	bomUTF16LE = "\xff\xfe"
	bomUTF16BE = "\xfe\xff"
)

// detect finds the encoding of the text that starts with head: what the user
// says, else a byte order mark, else the XML declaration, else UTF-8 (XML 1.0,
// appendix F). It is nil for UTF-8.
func (s *source) detect(head []byte, told string) (encoding.Encoding, error) {
	le := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	be := unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	declared := declaredEncoding(head)
	label := told
	switch {
	case told != "":
	case bytes.HasPrefix(head, []byte(bomUTF8)):
		s.encoding = "utf-8"
		return nil, nil
	case bytes.HasPrefix(head, []byte(bomUTF16LE)), bytes.HasPrefix(head, []byte("<\x00")):
		s.encoding = "utf-16le"
		return ignoreBOM(le, head), nil
	case bytes.HasPrefix(head, []byte(bomUTF16BE)), bytes.HasPrefix(head, []byte("\x00<")):
		s.encoding = "utf-16be"
		return ignoreBOM(be, head), nil
	default:
		label = declared
	}
	switch squeeze(label) {
	case "", "utf8", "usascii", "ascii":
		s.encoding = "utf-8"
		return nil, nil
	case "utf16", "utf16le", "utf16be", "ucs2":
		if told == "" {
			// Written by programs that encode a text after they declared it.
			s.encoding = "utf-8"
			s.note = fmt.Sprintf("the file declares encoding %q, but is not in it; it was read as utf-8", declared)
			return nil, nil
		}
		s.encoding = "utf-16le"
		if squeeze(label) == "utf16be" {
			s.encoding = "utf-16be"
			return ignoreBOM(be, head), nil
		}
		return ignoreBOM(le, head), nil
	case "latin1", "l1", "iso88591":
		s.encoding = "latin-1"
		return charmap.ISO8859_1, nil
	case "cp1252":
		label = "windows-1252"
	}
	for _, e := range charmap.All {
		if m, ok := e.(*charmap.Charmap); ok && squeeze(m.String()) == squeeze(label) {
			s.encoding = strings.ToLower(label)
			return m, nil
		}
	}
	return nil, fmt.Errorf("encoding %q is not known; want utf-8, utf-16le, utf-16be, windows-1252, latin-1 or another of one byte a character", label)
}

// ignoreBOM is e for a text that starts with head, with or without a mark.
func ignoreBOM(e encoding.Encoding, head []byte) encoding.Encoding {
	if bytes.HasPrefix(head, []byte(bomUTF16LE)) || bytes.HasPrefix(head, []byte(bomUTF16BE)) {
		return e
	}
	if bytes.HasPrefix(head, []byte("\x00")) {
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	}
	return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
}

// declaredEncoding returns the encoding in the XML declaration, "" if there is
// none.
func declaredEncoding(head []byte) string {
	if !bytes.HasPrefix(head, []byte("<?xml")) {
		return ""
	}
	end := bytes.Index(head, []byte("?>"))
	i := bytes.Index(head, []byte("encoding"))
	if end < 0 || i < 0 || i > end {
		return ""
	}
	rest := bytes.TrimLeft(head[i+len("encoding"):end], " \t\r\n=")
	if len(rest) == 0 {
		return ""
	}
	k := bytes.IndexByte(rest[1:], rest[0])
	if k < 0 {
		return ""
	}
	return string(rest[1 : 1+k])
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
