package eventlog

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"golang.org/x/sync/errgroup"
)

// errColumns says that a file beside the store is not what was written there.
// It holds nothing that cannot be built again.
var errColumns = errors.New("the columns are damaged")

// columnsFormat is the version of the file's layout; a reader that finds
// another one builds the columns again.
const columnsFormat = "millrace-columns-1"

// A columnsFile says what was written, so that a reader can tell whether it is
// still that.
type columnsFile struct {
	Name      string // base name
	Size      int64
	Checksums []uint32 // CRC32C of each block of checksumBlock bytes
}

// checksumBlock is how many bytes of the file one checksum covers. Blocks of
// the file, not batches, are checked: so nothing is parsed that is not known
// to be whole (a flipped bit in the schema makes arrow write to its input).
const checksumBlock = 16 << 20

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// writeColumns writes l as an Arrow IPC file of whole cases beside the store at
// path, under a name no other file has, and syncs it. It is complete or an error.
func writeColumns(path string, l *Log) (out columnsFile, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), columnsPrefix(path)+"*"+columnsSuffix) // 0600
	if err != nil {
		return out, err
	}
	defer func() {
		err = errors.Join(err, f.Close())
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	starts, resources := false, false
	for _, c := range l.batches {
		starts = starts || c.Start != nil
		resources = resources || c.Resource != nil
	}
	labels, err := json.Marshal(l.labels)
	if err != nil {
		return out, err
	}
	names, err := json.Marshal(l.resources)
	if err != nil {
		return out, err
	}
	fields := []arrow.Field{
		{Name: "case", Type: arrow.PrimitiveTypes.Int64},
		{Name: "activity", Type: arrow.ListOf(arrow.PrimitiveTypes.Uint16)},
		{Name: "time", Type: arrow.ListOf(arrow.PrimitiveTypes.Int64)},
		{Name: "event", Type: arrow.ListOf(arrow.PrimitiveTypes.Int64)},
	}
	if starts {
		fields = append(fields, arrow.Field{Name: "start", Type: arrow.ListOf(arrow.PrimitiveTypes.Int64)})
	}
	if resources {
		fields = append(fields, arrow.Field{Name: "resource", Type: arrow.ListOf(arrow.PrimitiveTypes.Int32)})
	}
	meta := arrow.NewMetadata([]string{"format", "activities", "resources"}, []string{columnsFormat, string(labels), string(names)})
	schema := arrow.NewSchema(fields, &meta)
	w, err := ipc.NewFileWriter(f, ipc.WithSchema(schema))
	if err != nil {
		return out, err
	}
	for _, c := range l.batches {
		cols := []arrow.Array{
			plain(arrow.PrimitiveTypes.Int64, c.Case),
			list(c.Offsets, arrow.PrimitiveTypes.Uint16, c.Activity),
			list(c.Offsets, arrow.PrimitiveTypes.Int64, c.Time),
			list(c.Offsets, arrow.PrimitiveTypes.Int64, c.Event),
		}
		if starts {
			cols = append(cols, list(c.Offsets, arrow.PrimitiveTypes.Int64, c.Starts()))
		}
		if resources {
			cols = append(cols, list(c.Offsets, arrow.PrimitiveTypes.Int32, c.Resource))
		}
		rec := array.NewRecordBatch(schema, cols, int64(c.Len()))
		err := w.Write(rec)
		rec.Release()
		if err != nil {
			return out, err
		}
	}
	if err := w.Close(); err != nil {
		return out, err
	}
	if err := f.Sync(); err != nil {
		return out, err
	}
	out.Name = filepath.Base(f.Name())
	if out.Size, err = f.Seek(0, io.SeekEnd); err != nil {
		return out, err
	}
	m, err := syscall.Mmap(int(f.Fd()), 0, int(out.Size), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return out, err
	}
	out.Checksums = checksums(m)
	return out, syscall.Munmap(m)
}

// checksums returns the CRC32C of each block of data, on all processors.
func checksums(data []byte) []uint32 {
	sums := make([]uint32, (len(data)+checksumBlock-1)/checksumBlock)
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range sums {
		g.Go(func() error {
			sums[i] = crc32.Checksum(data[i*checksumBlock:min(len(data), (i+1)*checksumBlock)], castagnoli)
			return nil
		})
	}
	_ = g.Wait() // no function of the group fails
	return sums
}

// bytesOf views a slice as bytes.
func bytesOf[T any](s []T) []byte {
	if len(s) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), len(s)*int(unsafe.Sizeof(s[0])))
}

func plain[T any](t arrow.DataType, values []T) arrow.Array {
	return array.MakeFromData(array.NewData(t, len(values), []*memory.Buffer{nil, memory.NewBufferBytes(bytesOf(values))}, nil, 0, 0))
}

func list[T any](offsets []int32, t arrow.DataType, values []T) arrow.Array {
	child := array.NewData(t, len(values), []*memory.Buffer{nil, memory.NewBufferBytes(bytesOf(values))}, nil, 0, 0)
	return array.MakeFromData(array.NewData(arrow.ListOf(t), len(offsets)-1,
		[]*memory.Buffer{nil, memory.NewBufferBytes(bytesOf(offsets))}, []arrow.ArrayData{child}, 0, 0))
}

// mapping is a file mapped into memory.
type mapping []byte

func (m mapping) Close() error { return syscall.Munmap(m) }

// openColumns maps the columns in dir that want describes and checks them. The
// batches point into the mapping: closing it invalidates them.
func openColumns(dir string, want columnsFile) (l *Log, err error) {
	f, err := os.Open(filepath.Join(dir, want.Name))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errColumns, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() != want.Size || want.Size == 0 {
		return nil, fmt.Errorf("%w: %s has %d bytes, not %d", errColumns, want.Name, info.Size(), want.Size)
	}
	m, err := syscall.Mmap(int(f.Fd()), 0, int(want.Size), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map %s: %w", want.Name, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, syscall.Munmap(m))
			l = nil
		}
	}()
	if !slices.Equal(checksums(m), want.Checksums) {
		return nil, fmt.Errorf("%w: %s does not match its checksums", errColumns, want.Name)
	}
	r, err := ipc.NewMappedFileReader(m)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", errColumns, want.Name, err)
	}
	meta := r.Schema().Metadata()
	if v, _ := meta.GetValue("format"); v != columnsFormat {
		return nil, fmt.Errorf("%w: %s was written by another version", errColumns, want.Name)
	}
	l = &Log{close: []io.Closer{mapping(m)}}
	for key, to := range map[string]*[]string{"activities": &l.labels, "resources": &l.resources} {
		v, _ := meta.GetValue(key)
		if err := json.Unmarshal([]byte(v), to); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", errColumns, want.Name, err)
		}
	}
	for i := range r.NumRecords() {
		rec, err := r.RecordBatchAt(i)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", errColumns, want.Name, err)
		}
		l.batches = append(l.batches, casesOf(rec))
	}
	return l, nil
}

// casesOf views a record batch as Cases, without copying.
func casesOf(rec arrow.RecordBatch) *Cases {
	c := &Cases{}
	for i, f := range rec.Schema().Fields() {
		col := rec.Column(i)
		if f.Name == "case" {
			c.Case = col.(*array.Int64).Int64Values()
			continue
		}
		l := col.(*array.List)
		values := l.ListValues()
		switch f.Name {
		case "activity":
			c.Offsets = l.Offsets()
			c.Activity = values.(*array.Uint16).Uint16Values()
		case "time":
			c.Time = values.(*array.Int64).Int64Values()
		case "event":
			c.Event = values.(*array.Int64).Int64Values()
		case "start":
			c.Start = values.(*array.Int64).Int64Values()
		case "resource":
			c.Resource = values.(*array.Int32).Int32Values()
		}
	}
	return c
}
