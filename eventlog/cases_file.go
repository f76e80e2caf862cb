package eventlog

import (
	"errors"
	"os"
	"syscall"
	"unsafe"
)

// A casesFile holds batches that memory has no room for: their bare columns one
// after the other, in a file without a name. Unlike the columns beside a store
// it never outlives its process, so it is neither synced nor checked.
type casesFile struct {
	dir     string
	file    *os.File
	end     int64
	lengths [][]int // of each batch, of each of its columns, in bytes; -1: nil
}

// A rawColumn is a column as its bytes.
type rawColumn interface {
	bytes() (data []byte, ok bool) // not where the column is nil
	view(data []byte)
}

type columnOf[T any] struct{ of *[]T }

func (c columnOf[T]) bytes() ([]byte, bool) { return bytesOf(*c.of), *c.of != nil }

func (c columnOf[T]) view(data []byte) {
	var zero T
	*c.of = []T{}
	if len(data) > 0 {
		*c.of = unsafe.Slice((*T)(unsafe.Pointer(&data[0])), len(data)/int(unsafe.Sizeof(zero)))
	}
}

// raw are the columns of a batch that a Builder makes.
func (c *Cases) raw() []rawColumn {
	return []rawColumn{
		columnOf[int64]{&c.Case}, columnOf[int64]{&c.First}, columnOf[int64]{&c.Last},
		columnOf[int32]{&c.Offsets}, columnOf[uint32]{&c.Variant},
		columnOf[int64]{&c.Time}, columnOf[int64]{&c.Start}, columnOf[int64]{&c.Event},
		columnOf[int32]{&c.Resource}, columnOf[uint16]{&c.Activity},
	}
}

func newCasesFile(dir string) (*casesFile, error) {
	f, err := nameless(dir)
	if err != nil {
		return nil, err
	}
	return &casesFile{dir: dir, file: f}, nil
}

// write adds a batch.
func (w *casesFile) write(c *Cases) error {
	var lengths []int
	for _, col := range c.raw() {
		data, ok := col.bytes()
		if !ok {
			lengths = append(lengths, -1)
			continue
		}
		lengths = append(lengths, len(data))
		if len(data) > 0 {
			if _, err := w.file.WriteAt(data, w.end); err != nil {
				return spillError(w.dir, err)
			}
		}
		w.end += int64(len(data)+7) / 8 * 8
	}
	w.lengths = append(w.lengths, lengths)
	return nil
}

// open maps the file; the batches point into the mapping. Closing the mapping
// is all there is to close then.
func (w *casesFile) open() ([]*Cases, mapping, error) {
	if w.end == 0 {
		return nil, nil, w.file.Close()
	}
	if err := w.file.Truncate(w.end); err != nil { // the last column may end before
		return nil, nil, errors.Join(spillError(w.dir, err), w.file.Close())
	}
	m, err := syscall.Mmap(int(w.file.Fd()), 0, int(w.end), syscall.PROT_READ, syscall.MAP_SHARED)
	if err = errors.Join(err, w.file.Close()); err != nil {
		return nil, nil, err
	}
	batches := make([]*Cases, len(w.lengths))
	rest := m
	for i, lengths := range w.lengths {
		batches[i] = &Cases{}
		for j, col := range batches[i].raw() {
			if n := lengths[j]; n >= 0 {
				col.view(rest[:n:n])
				rest = rest[(n+7)/8*8:]
			}
		}
	}
	return batches, mapping(m), nil
}
