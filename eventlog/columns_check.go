package eventlog

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow/ipc"
	"golang.org/x/sync/errgroup"
)

// checksumBlock is how many bytes of the file one checksum covers. Blocks of
// the file, not batches, are checked: so nothing is parsed that is not known
// to be whole (a flipped bit in the schema makes arrow write to its input).
const checksumBlock = 1 << 20

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksums returns the CRC32C of each block of data, on all processors.
func checksums(data []byte) []uint32 {
	sums := make([]uint32, (len(data)+checksumBlock-1)/checksumBlock)
	_ = eachBlock(len(sums), func(i int) error { // which never fails
		sums[i] = checksum(data, i)
		return nil
	})
	return sums
}

func checksum(data []byte, i int) uint32 {
	return crc32.Checksum(data[i*checksumBlock:min(len(data), (i+1)*checksumBlock)], castagnoli)
}

// eachBlock calls do with each of n blocks, sixteen neighbours on one processor.
func eachBlock(n int, do func(i int) error) error {
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for from := 0; from < n; from += 16 {
		g.Go(func() error {
			for i := from; i < min(n, from+16); i++ {
				if err := do(i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// A checkedFile is a mapped file whose blocks are held against their checksums
// before anybody looks at them.
type checkedFile struct {
	name string
	data []byte
	want []uint32
	seen []bool // blocks that are whole
}

// check checks the blocks from one byte to another that were not checked yet.
func (f *checkedFile) check(from, to int) error {
	from, to = max(0, from)/checksumBlock, (min(len(f.data), to)+checksumBlock-1)/checksumBlock
	return eachBlock(max(0, to-from), func(i int) error {
		i += from
		if f.seen[i] {
			return nil
		}
		if checksum(f.data, i) != f.want[i] {
			return fmt.Errorf("%w: %s does not match its checksums", errColumns, f.name)
		}
		f.seen[i] = true
		return nil
	})
}

func (f *checkedFile) all() error { return f.check(0, len(f.data)) }

// footer checks what a reader of Arrow files looks at first: the schema in the
// beginning, and the list of batches before the end, whose length stands there.
func (f *checkedFile) footer() error {
	if err := f.check(0, 1); err != nil {
		return err
	}
	tail := len(f.data) - len("ARROW1") - 4
	if err := f.check(tail, len(f.data)); err != nil || tail < 0 {
		return err
	}
	return f.check(tail-int(binary.LittleEndian.Uint32(f.data[tail:])), tail)
}

// cases and events are where a batch says something of its cases, and of their
// events.
func (f *checkedFile) cases(c *Cases) (from, to int) {
	return f.around(bytesOf(c.Case), bytesOf(c.Variant), bytesOf(c.First), bytesOf(c.Last), bytesOf(c.Offsets))
}

func (f *checkedFile) events(c *Cases) (from, to int) {
	return f.around(bytesOf(c.Activity), bytesOf(c.Time), bytesOf(c.Event), bytesOf(c.Start), bytesOf(c.Resource))
}

// around is the stretch of the file that some parts of it stand in.
func (f *checkedFile) around(parts ...[]byte) (from, to int) {
	from = len(f.data)
	for _, p := range parts {
		if len(p) > 0 {
			at := int(uintptr(unsafe.Pointer(&p[0])) - uintptr(unsafe.Pointer(&f.data[0])))
			from, to = min(from, at), max(to, at+len(p))
		}
	}
	return from, to
}

// openCases adds the batches of a file. Of one that is opened lazily, what is
// said of the events is yet to be checked.
func (l *Log) openCases(dir string, want columnsFile, lazily bool) error {
	r, f, err := l.openFile(dir, want, lazily)
	if err != nil {
		return err
	}
	if lazily {
		l.lazy = f
	}
	end := 0
	for i := range r.NumRecords() {
		// Before a batch stands what it is made of: nothing next to a block.
		if err := f.check(end, end+checksumBlock); err != nil {
			return err
		}
		rec, err := r.RecordBatchAt(i)
		if err != nil {
			return fmt.Errorf("%w: %s: %w", errColumns, want.Name, err)
		}
		c := casesOf(rec)
		from, to := f.cases(c)
		if err := f.check(from, to); err != nil {
			return err
		}
		_, end = f.events(c)
		end = max(end, to)
		l.batches = append(l.batches, c)
	}
	return nil
}

// checkEvents checks what a batch of a file that was opened lazily says of its
// events; nil means those of all.
func (l *Log) checkEvents(c *Cases) error {
	switch {
	case l.lazy == nil:
		return nil
	case c == nil:
		return l.lazy.all()
	}
	return l.lazy.check(l.lazy.events(c))
}

// wholeFiles are files that this process has found whole. They are never
// changed, so one look is enough; a file that somebody changed all the same has
// another time or size.
type wholeFiles struct{ seen sync.Map }

type wholeFile struct {
	name     string
	size     int64
	modified time.Time
}

func (w *wholeFiles) has(f os.FileInfo) bool {
	if w == nil {
		return false
	}
	_, ok := w.seen.Load(wholeFile{f.Name(), f.Size(), f.ModTime()})
	return ok
}

func (w *wholeFiles) add(f os.FileInfo) {
	if w != nil {
		w.seen.Store(wholeFile{f.Name(), f.Size(), f.ModTime()}, true)
	}
}

// openArrow maps a file into memory, until the log is closed.
func (l *Log) openArrow(dir string, want columnsFile) (*ipc.FileReader, error) {
	r, _, err := l.openFile(dir, want, false)
	return r, err
}

// openFile maps a file into memory, until the log is closed. One that is opened
// lazily is checked as far as its list of batches.
func (l *Log) openFile(dir string, want columnsFile, lazily bool) (*ipc.FileReader, *checkedFile, error) {
	f, err := os.Open(filepath.Join(dir, want.Name))
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errColumns, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if info.Size() != want.Size || want.Size == 0 {
		return nil, nil, fmt.Errorf("%w: %s has %d bytes, not %d", errColumns, want.Name, info.Size(), want.Size)
	}
	m, err := syscall.Mmap(int(f.Fd()), 0, int(want.Size), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, nil, fmt.Errorf("map %s: %w", want.Name, err)
	}
	l.close = append(l.close, mapping(m))
	checked := &checkedFile{name: want.Name, data: m, want: want.Checksums, seen: make([]bool, (len(m)+checksumBlock-1)/checksumBlock)}
	switch {
	case len(checked.want) != len(checked.seen):
		return nil, nil, fmt.Errorf("%w: %s has %d checksums, not %d", errColumns, want.Name, len(checked.want), len(checked.seen))
	case l.whole.has(info):
		for i := range checked.seen {
			checked.seen[i] = true
		}
	case lazily:
		if err := checked.footer(); err != nil {
			return nil, nil, err
		}
	default:
		if err := checked.all(); err != nil {
			return nil, nil, err
		}
		l.whole.add(info)
	}
	r, err := ipc.NewMappedFileReader(m)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %s: %w", errColumns, want.Name, err)
	}
	meta := r.Schema().Metadata()
	if v, _ := meta.GetValue("format"); v != columnsFormat {
		return nil, nil, fmt.Errorf("%w: %s was written by another version", errColumns, want.Name)
	}
	return r, checked, nil
}
