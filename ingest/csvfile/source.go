package csvfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"golang.org/x/text/transform"

	"millrace/ingest"
)

// headSize is how many bytes the detection of encoding and delimiter looks at.
const headSize = 256 << 10

// A source is a file as bytes of text in UTF-8.
type source struct {
	file *ingest.PlainFile
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

// openSource opens a file; told names its encoding, "" detects it.
func openSource(path, told string, done *atomic.Int64) (s *source, err error) {
	file, err := ingest.OpenPlain(path, done)
	if err != nil {
		return nil, err
	}
	s = &source{file: file}
	defer func() {
		if err != nil {
			file.Close()
		}
	}()
	s.raw.r = file
	s.head = make([]byte, headSize)
	n, err := io.ReadFull(file, s.head)
	s.head = s.head[:n]
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	if what := binaryFormat(s.head); what != "" {
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
	if errors.Is(err, io.EOF) && s.raw.n%int64(s.enc.width) != 0 {
		return n, fmt.Errorf("the file ends in the middle of a %s character: it is not whole; get it again", s.enc.name)
	}
	return n, err
}

func (s *source) Close() error { return s.file.Close() }
