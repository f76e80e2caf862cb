package csvfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/text/transform"
)

// headSize is how many bytes the detection of encoding and delimiter looks at.
const headSize = 256 << 10

// A source is a file as bytes of text in UTF-8.
type source struct {
	file *os.File
	head []byte // as in the file, but decompressed
	enc  charset
	raw  counter
	text io.Reader
}

// A counter counts what is read through it.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// A meter counts for others to see.
type meter struct {
	r io.Reader
	n *atomic.Int64
}

func (m meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.n.Add(int64(n))
	return n, err
}

// openSource opens a file; told names its encoding, "" detects it.
func openSource(path, told string, done *atomic.Int64) (s *source, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	s = &source{file: file}
	defer func() {
		if err != nil {
			file.Close()
		}
	}()
	in := bufio.NewReaderSize(meter{file, done}, 64<<10)
	s.raw.r = in
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, s.explain(err)
		}
		s.raw.r = z
	}
	s.head = make([]byte, headSize)
	n, err := io.ReadFull(s.raw.r, s.head)
	s.head = s.head[:n]
	if err != nil && !errors.Is(err, io.EOF) && (n == headSize || !errors.Is(err, io.ErrUnexpectedEOF)) {
		return nil, s.explain(err)
	}
	if what := binary(s.head); what != "" {
		return nil, fmt.Errorf("this is %s, not CSV", what)
	}
	if s.enc = detectEncoding(s.head); told != "" {
		if s.enc, err = charsetNamed(told); err != nil {
			return nil, err
		}
	}
	body := bytes.TrimPrefix(s.head, []byte(s.enc.bom))
	if len(body) == 0 {
		return nil, errors.New("the file is empty, it has not even a header")
	}
	// ReadFull says ErrUnexpectedEOF for a short file and for a cut gzip
	// stream alike; reading on tells them apart.
	s.raw.r = io.MultiReader(bytes.NewReader(body), s.raw.r)
	s.raw.n = 0
	s.text = &s.raw
	if s.enc.codec != nil {
		s.text = transform.NewReader(&s.raw, s.enc.codec.NewDecoder())
	}
	return s, nil
}

// Read implements io.Reader; its errors say what to do.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.text.Read(p)
	switch {
	case err == nil:
	case errors.Is(err, io.EOF):
		if s.raw.n%int64(s.enc.width) != 0 {
			return n, fmt.Errorf("the file ends in the middle of a %s character: it is not whole; get it again", s.enc.name)
		}
	default:
		err = s.explain(err)
	}
	return n, err
}

func (s *source) explain(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the gzip stream is cut off: the file is not whole; get it again")
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader):
		return fmt.Errorf("the gzip stream is damaged (%w); get the file again", err)
	}
	return err
}

func (s *source) Close() error { return s.file.Close() }
