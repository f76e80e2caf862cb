package ingest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
)

// A PlainFile is an open file as its bytes, decompressed if they are gzip. Its
// errors say what is wrong with the stream, and what to do.
type PlainFile struct {
	Size int64 // of the file as it lies there
	file *os.File
	r    io.Reader
}

// OpenPlain opens a file; done is kept at how many bytes of it were read.
func OpenPlain(path string, done *atomic.Int64) (*PlainFile, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	p := &PlainFile{file: file}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	p.Size = info.Size()
	in := bufio.NewReaderSize(meter{file, done}, 64<<10)
	p.r = in
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, errors.Join(explainGzip(err), file.Close())
		}
		p.r = z
	}
	return p, nil
}

// Read implements [io.Reader].
func (p *PlainFile) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	if err != nil && err != io.EOF {
		err = explainGzip(err)
	}
	return n, err
}

// Close closes the file.
func (p *PlainFile) Close() error { return p.file.Close() }

func explainGzip(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return errors.New("the gzip stream is cut off: the file is not whole; get it again")
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader):
		return fmt.Errorf("the gzip stream is damaged (%w); get the file again", err)
	}
	return err
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
