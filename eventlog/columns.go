package eventlog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// errColumns says that a file beside the store is not what was written there.
// It holds nothing that cannot be built again.
var errColumns = errors.New("the columns are damaged")

// columnsFormat is the version of the files' layout; a reader that finds
// another one builds the columns again.
//
// A log is two Arrow IPC files. One has its cases, whole ones in each record
// batch:
//
//	case int64 · variant uint32 · first int64 · last int64 ·
//	events list<struct<activity uint16, time int64, event int64,
//	                   [start int64], [resource int32]>>
//
// The other has, in one record batch, what the numbers in those mean: the path
// of each variant, and the variants in canonical order; labels and names of
// resources are in its metadata.
//
//	path list<uint16> · canonical uint32
//
// The third has its waits: see waitsSchema. Working time, and the waits in it,
// are in two more: see workSchema.
const columnsFormat = "millrace-columns-3"

// A columnsFile says what was written, so that a reader can tell whether it is
// still that.
type columnsFile struct {
	Name      string // base name
	Size      int64
	Checksums []uint32 // CRC32C of each block of checksumBlock bytes
}

// columnsFiles are the files of a log: its cases, what the numbers in those
// mean, and their waits. Cases that changed since are in More, whose paths are
// numbered on from those of Paths; they hold in the place of what Cases says of
// them. Waits and what is added may be missing.
type columnsFiles struct{ Cases, Paths, Waits, More, MorePaths, Work, WorkWaits columnsFile }

// parts names the files, as table columns does.
func (f *columnsFiles) parts() map[string]*columnsFile {
	return map[string]*columnsFile{"cases": &f.Cases, "paths": &f.Paths, "waits": &f.Waits, "more": &f.More, "more-paths": &f.MorePaths,
		"work": &f.Work, "work-waits": &f.WorkWaits}
}

// remove removes the files that keep does not have.
func (f *columnsFiles) remove(dir string, keep columnsFiles) error {
	var errs []error
	kept := keep.parts()
	for part, file := range f.parts() {
		if file.Name != "" && kept[part].Name != file.Name {
			errs = append(errs, os.Remove(filepath.Join(dir, file.Name)))
		}
	}
	return errors.Join(errs...)
}

// columnsShape says which of the optional columns there are.
type columnsShape struct{ starts, resources bool }

func (s columnsShape) schema() *arrow.Schema {
	fields := []arrow.Field{
		{Name: "activity", Type: arrow.PrimitiveTypes.Uint16},
		{Name: "time", Type: arrow.PrimitiveTypes.Int64},
		{Name: "event", Type: arrow.PrimitiveTypes.Int64},
	}
	if s.starts {
		fields = append(fields, arrow.Field{Name: "start", Type: arrow.PrimitiveTypes.Int64})
	}
	if s.resources {
		fields = append(fields, arrow.Field{Name: "resource", Type: arrow.PrimitiveTypes.Int32})
	}
	meta := arrow.NewMetadata([]string{"format"}, []string{columnsFormat})
	return arrow.NewSchema([]arrow.Field{
		{Name: "case", Type: arrow.PrimitiveTypes.Int64},
		{Name: "variant", Type: arrow.PrimitiveTypes.Uint32},
		{Name: "first", Type: arrow.PrimitiveTypes.Int64},
		{Name: "last", Type: arrow.PrimitiveTypes.Int64},
		{Name: "events", Type: arrow.ListOf(arrow.StructOf(fields...))},
	}, &meta)
}

// A columnsWriter writes a log beside the store at path, batch by batch, under
// names that no other file has. What it writes is complete, or removed.
type columnsWriter struct {
	path  string
	shape columnsShape
	cases *arrowFile
	paths *paths
	first int // paths that are in another file already
}

// newColumnsWriter begins a log, whose paths are numbered as they come up.
func newColumnsWriter(path string, shape columnsShape) (*columnsWriter, error) {
	f, err := newArrowFile(path, shape.schema())
	if err != nil {
		return nil, err
	}
	return &columnsWriter{path: path, shape: shape, cases: f, paths: &paths{}}, nil
}

// write adds a batch, of which Variant is filled in.
func (w *columnsWriter) write(c *Cases) error {
	w.paths.code(c)
	return w.append(c)
}

func (w *columnsWriter) append(c *Cases) error {
	events := []arrow.ArrayData{
		values(arrow.PrimitiveTypes.Uint16, c.Activity),
		values(arrow.PrimitiveTypes.Int64, c.Time),
		values(arrow.PrimitiveTypes.Int64, c.Event),
	}
	if w.shape.starts {
		events = append(events, values(arrow.PrimitiveTypes.Int64, c.Starts()))
	}
	if w.shape.resources {
		resources := c.Resource
		if resources == nil {
			resources = slices.Repeat([]int32{-1}, len(c.Activity))
		}
		events = append(events, values(arrow.PrimitiveTypes.Int32, resources))
	}
	schema := w.cases.schema
	t := schema.Field(4).Type.(*arrow.ListType)
	child := array.NewData(t.Elem(), len(c.Activity), []*memory.Buffer{nil}, events, 0, 0)
	list := array.NewData(t, c.Len(), []*memory.Buffer{nil, memory.NewBufferBytes(bytesOf(c.Offsets))}, []arrow.ArrayData{child}, 0, 0)
	return w.cases.write(c.Len(), values(arrow.PrimitiveTypes.Int64, c.Case), values(arrow.PrimitiveTypes.Uint32, c.Variant),
		values(arrow.PrimitiveTypes.Int64, c.First), values(arrow.PrimitiveTypes.Int64, c.Last), list)
}

// finish writes what the numbers mean, and syncs both files.
func (w *columnsWriter) finish(labels, resources []string, facts columnsFacts) (cases, paths columnsFile, err error) {
	about, err := json.Marshal(facts)
	if err != nil {
		return cases, paths, errors.Join(err, w.discard())
	}
	keys, texts := []string{"format", "facts"}, []string{columnsFormat, string(about)}
	for _, list := range []struct {
		key    string
		labels []string
	}{{"activities", labels}, {"resources", resources}} {
		text, err := json.Marshal(append([]string{}, list.labels...))
		if err != nil {
			return cases, paths, errors.Join(err, w.discard())
		}
		keys, texts = append(keys, list.key), append(texts, string(text))
	}
	meta := arrow.NewMetadata(keys, texts)
	f, err := newArrowFile(w.path, arrow.NewSchema([]arrow.Field{
		{Name: "path", Type: arrow.LargeListOf(arrow.PrimitiveTypes.Uint16)},
		{Name: "canonical", Type: arrow.PrimitiveTypes.Uint32},
	}, &meta))
	if err != nil {
		return cases, paths, errors.Join(err, w.discard())
	}
	fresh := w.paths.from(w.first)
	err = f.write(fresh.len(), lists(append([]int64{0}, fresh.ends...), values(arrow.PrimitiveTypes.Uint16, fresh.steps)),
		values(arrow.PrimitiveTypes.Uint32, fresh.canonical(labels)))
	if err != nil {
		return cases, paths, errors.Join(f.fail(err), w.discard())
	}
	if paths, err = f.finish(); err != nil {
		return cases, paths, errors.Join(err, w.discard())
	}
	if cases, err = w.cases.finish(); err != nil {
		return cases, paths, errors.Join(err, os.Remove(f.file.Name()))
	}
	return cases, paths, nil
}

func (w *columnsWriter) discard() error { return w.cases.discard() }

// writeColumns writes a log that is in memory.
func writeColumns(path string, l *Log) (columnsFiles, error) {
	shape := columnsShape{}
	for _, c := range l.batches {
		shape.starts = shape.starts || c.Start != nil
		shape.resources = shape.resources || c.Resource != nil
	}
	w, err := newColumnsWriter(path, shape)
	if err != nil {
		return columnsFiles{}, err
	}
	w.paths = l.paths
	for _, c := range l.batches {
		if err := w.append(c); err != nil {
			return columnsFiles{}, errors.Join(err, w.discard())
		}
	}
	var out columnsFiles
	out.Cases, out.Paths, err = w.finish(l.labels, l.resources, l.facts)
	return out, err
}

// An arrowFile is an Arrow IPC file that is being written beside a store.
type arrowFile struct {
	file   *os.File
	schema *arrow.Schema
	w      *ipc.FileWriter
}

func newArrowFile(path string, schema *arrow.Schema) (*arrowFile, error) {
	f, err := os.CreateTemp(filepath.Dir(path), columnsPrefix(path)+"*"+columnsSuffix) // 0600
	if err != nil {
		return nil, err
	}
	a := &arrowFile{file: f, schema: schema}
	if a.w, err = ipc.NewFileWriter(f, ipc.WithSchema(schema)); err != nil {
		return nil, errors.Join(err, a.discard())
	}
	return a, nil
}

func (a *arrowFile) write(rows int, columns ...arrow.ArrayData) error {
	arrays := make([]arrow.Array, len(columns))
	for i, c := range columns {
		arrays[i] = array.MakeFromData(c)
	}
	rec := array.NewRecordBatch(a.schema, arrays, int64(rows))
	defer rec.Release()
	return a.w.Write(rec)
}

// finish syncs the file and says what is in it; if it cannot, the file is removed.
func (a *arrowFile) finish() (out columnsFile, err error) {
	defer func() {
		err = errors.Join(err, a.file.Close())
		if err != nil {
			err = errors.Join(err, os.Remove(a.file.Name()))
		}
	}()
	if err := a.w.Close(); err != nil {
		return out, err
	}
	if err := a.file.Sync(); err != nil {
		return out, err
	}
	out.Name = filepath.Base(a.file.Name())
	if out.Size, err = a.file.Seek(0, io.SeekEnd); err != nil {
		return out, err
	}
	m, err := syscall.Mmap(int(a.file.Fd()), 0, int(out.Size), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return out, err
	}
	out.Checksums = checksums(m)
	return out, syscall.Munmap(m)
}

// fail removes the file, which could not be written.
func (a *arrowFile) fail(err error) error { return errors.Join(err, a.discard()) }

func (a *arrowFile) discard() error {
	return errors.Join(a.file.Close(), os.Remove(a.file.Name()))
}

// bytesOf views a slice as bytes.
func bytesOf[T any](s []T) []byte {
	if len(s) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), len(s)*int(unsafe.Sizeof(s[0])))
}

func values[T any](t arrow.DataType, v []T) arrow.ArrayData {
	return array.NewData(t, len(v), []*memory.Buffer{nil, memory.NewBufferBytes(bytesOf(v))}, nil, 0, 0)
}

// mapping is a file mapped into memory.
type mapping []byte

func (m mapping) Close() error { return syscall.Munmap(m) }

// openColumns maps the columns in dir that want describes and checks them. The
// batches point into the mapping: closing it invalidates them.
func openColumns(dir string, want columnsFiles) (*Log, error) {
	l := &Log{}
	if err := l.openColumns(dir, want, false); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// openColumns maps columns; lazily means that events of the first file are
// checked by [Log.checkEvents] before they are looked at.
func (l *Log) openColumns(dir string, want columnsFiles, lazily bool) error {
	l.paths, l.files = &paths{}, want
	if err := l.openPaths(dir, want.Paths); err != nil {
		return err
	}
	if err := l.openCases(dir, want.Cases, lazily); err != nil {
		return err
	}
	l.base, l.basePaths = len(l.batches), l.paths.len()
	if want.More.Name != "" {
		if err := l.openPaths(dir, want.MorePaths); err != nil {
			return err
		}
		if err := l.openCases(dir, want.More, false); err != nil {
			return err
		}
		l.replace()
	}
	if want.Waits.Name == "" {
		return nil
	}
	var err error
	l.kept, err = l.openWaits(dir, want.Waits)
	return err
}

// openWaits maps waits that are kept.
func (l *Log) openWaits(dir string, want columnsFile) (*keptWaits, error) {
	r, err := l.openArrow(dir, want)
	if err != nil {
		return nil, err
	}
	rec, err := r.RecordBatchAt(0)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", errColumns, want.Name, err)
	}
	return &keptWaits{rec: rec}, nil
}

// openPaths adds the paths of a file to the log's, and takes its labels and
// facts, which replace those of a file before it.
func (l *Log) openPaths(dir string, want columnsFile) error {
	r, err := l.openArrow(dir, want)
	if err != nil {
		return err
	}
	damaged := func(err error) error { return fmt.Errorf("%w: %s: %w", errColumns, want.Name, err) }
	meta := r.Schema().Metadata()
	l.labels, l.resources = nil, nil
	for key, to := range map[string]any{"activities": &l.labels, "resources": &l.resources, "facts": &l.facts} {
		v, _ := meta.GetValue(key)
		if err := json.Unmarshal([]byte(v), to); err != nil {
			return damaged(err)
		}
	}
	rec, err := r.RecordBatchAt(0)
	if err != nil {
		return damaged(err)
	}
	list := rec.Column(0).(*array.LargeList)
	fresh := &paths{
		steps: slices.Clip(list.ListValues().(*array.Uint16).Uint16Values()), // so that adding one copies
		order: rec.Column(1).(*array.Uint32).Uint32Values(),
	}
	if offsets := list.Offsets(); len(offsets) > 0 {
		fresh.ends = slices.Clip(offsets[1:])
	}
	l.paths = l.paths.with(fresh, l.labels)
	return nil
}

// casesOf views a record batch as Cases, without copying.
func casesOf(rec arrow.RecordBatch) *Cases {
	int64s := func(a arrow.Array) []int64 { return a.(*array.Int64).Int64Values() }
	list := rec.Column(4).(*array.List)
	c := &Cases{
		Case: int64s(rec.Column(0)), Variant: rec.Column(1).(*array.Uint32).Uint32Values(),
		First: int64s(rec.Column(2)), Last: int64s(rec.Column(3)),
		Offsets: list.Offsets(),
	}
	events := list.ListValues().(*array.Struct)
	for i, f := range events.DataType().(*arrow.StructType).Fields() {
		switch col := events.Field(i); f.Name {
		case "activity":
			c.Activity = col.(*array.Uint16).Uint16Values()
		case "time":
			c.Time = int64s(col)
		case "event":
			c.Event = int64s(col)
		case "start":
			c.Start = int64s(col)
		case "resource":
			c.Resource = col.(*array.Int32).Int32Values()
		}
	}
	return c
}
