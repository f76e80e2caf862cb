package eventlog

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
)

// Columns of a rowTable.
const (
	columnCase = iota
	columnSource
	columnSequence
	columnHigh // the two halves of the id, where sequences do not tell events apart
	columnLow
	columnEvent
	columnActivity
	columnTime
	columnStart
	columnDay
	columnRank
	columnResource
	columnLifecycle
	columnColumns
)

// A rowTable is some events of cases, column by column, all numbers but the
// instance. Codes are of the labels as they were counted at first.
type rowTable struct {
	n        int
	columns  [columnColumns][]int64
	instance []string
}

// A rowPart is the rows of a range of cases, where they wait to be sorted: in
// memory, or as blocks of a file.
type rowPart struct {
	rows   int64
	blocks []rowBlock
}

// A rowBlock is where packed rows stand.
type rowBlock struct{ at, size int64 }

// A rowFile holds parts that do not fit into memory together. It has no name:
// when the process ends, it is gone.
type rowFile struct {
	*os.File
	end int64
	buf []byte
}

// newRowFile makes a file in dir, which is full of the user's data already, or
// among the system's temporary files where dir cannot be written.
func newRowFile(dir string) (*rowFile, error) {
	d, err := stageDir(dir)
	if err != nil {
		path, err := os.MkdirTemp("", "millrace-")
		if err != nil {
			return nil, err
		}
		lock, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		d = &stagedDir{path: path, lock: lock}
	}
	f, err := os.OpenFile(filepath.Join(d.path, "rows"), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err := errors.Join(err, d.remove()); err != nil {
		return nil, err
	}
	return &rowFile{File: f}, nil
}

// add appends the rows at the given places of a table to a part.
func (f *rowFile) add(p *rowPart, t *rowTable, at []int32) error {
	f.buf = t.pack(f.buf[:0], at)
	n, err := f.WriteAt(f.buf, f.end)
	if err != nil {
		return fmt.Errorf("rows to be sorted, beside the store: %w", err)
	}
	p.rows += int64(len(at))
	p.blocks = append(p.blocks, rowBlock{f.end, int64(n)})
	f.end += int64(n)
	return nil
}

// read fills a table with the rows of a part.
func (f *rowFile) read(p *rowPart, t *rowTable) error {
	t.reset()
	var buf []byte
	for _, b := range p.blocks {
		buf = slices.Grow(buf[:0], int(b.size))[:b.size]
		if _, err := f.ReadAt(buf, b.at); err != nil && err != io.EOF {
			return err
		}
		if !t.unpack(buf) {
			return errors.New("rows that were written to be sorted cannot be read again")
		}
	}
	return nil
}

func (t *rowTable) reset() {
	t.n, t.instance = 0, t.instance[:0]
	for c := range t.columns {
		t.columns[c] = t.columns[c][:0]
	}
}

// pack writes rows: how many, then of each column its lowest value, the width
// of what is above that, and so much for each row; then the instances.
func (t *rowTable) pack(buf []byte, at []int32) []byte {
	buf = binary.AppendUvarint(buf, uint64(len(at)))
	for _, column := range t.columns {
		low, high := int64(math.MaxInt64), int64(math.MinInt64)
		for _, i := range at {
			low, high = min(low, column[i]), max(high, column[i])
		}
		width := (bits.Len64(uint64(high)-uint64(low)) + 7) / 8
		buf = append(binary.LittleEndian.AppendUint64(buf, uint64(low)), byte(width))
		for _, i := range at {
			v := uint64(column[i]) - uint64(low)
			for range width {
				buf = append(buf, byte(v))
				v >>= 8
			}
		}
	}
	for _, i := range at {
		if t.instance[i] != "" {
			buf = append(buf, 1)
			for _, i := range at {
				buf = rowText(buf, t.instance[i])
			}
			return buf
		}
	}
	return append(buf, 0)
}

// unpack appends what pack wrote. It is false where that is something else.
func (t *rowTable) unpack(buf []byte) bool {
	rows, size := binary.Uvarint(buf)
	if size <= 0 {
		return false
	}
	buf = buf[size:]
	n := int(rows)
	for c := range t.columns {
		if len(buf) < 9 || len(buf)-9 < n*int(buf[8]) {
			return false
		}
		low, width := int64(binary.LittleEndian.Uint64(buf)), int(buf[8])
		buf = buf[9:]
		t.columns[c] = appendPacked(t.columns[c], buf[:n*width], n, width, low)
		buf = buf[n*width:]
	}
	if len(buf) == 0 {
		return false
	}
	some := buf[0] == 1
	buf = buf[1:]
	for range n {
		text := ""
		if some {
			length, size := binary.Uvarint(buf)
			if size <= 0 || uint64(len(buf)-size) < length {
				return false
			}
			text, buf = string(buf[size:size+int(length)]), buf[size+int(length):]
		}
		t.instance = append(t.instance, text)
	}
	t.n += n
	return len(buf) == 0
}

func appendPacked(out []int64, buf []byte, n, width int, low int64) []int64 {
	out = slices.Grow(out, n)
	for i := range n {
		v := uint64(0)
		for j, b := range buf[i*width : i*width+width] {
			v |= uint64(b) << (8 * j)
		}
		out = append(out, low+int64(v))
	}
	return out
}

// sorted are the places of the rows by case, source, sequence and id, without
// those that say again which event a case has.
func (t *rowTable) sorted() []int32 {
	at := t.byCase()
	of, last := t.columns[columnCase], 0
	for i := range at {
		if i+1 < len(at) && of[at[i+1]] == of[at[i]] {
			continue
		}
		if own := at[last : i+1]; !slices.IsSortedFunc(own, t.compare) {
			slices.SortFunc(own, t.compare)
		}
		last = i + 1
	}
	event := t.columns[columnEvent]
	return slices.CompactFunc(at, func(a, b int32) bool { return event[a] == event[b] && of[a] == of[b] })
}

// byCase are the places of the rows by case.
func (t *rowTable) byCase() []int32 {
	at := make([]int32, t.n)
	for i := range at {
		at[i] = int32(i)
	}
	of := t.columns[columnCase]
	if t.n == 0 {
		return at
	}
	low, high := slices.Min(of), slices.Max(of)
	if uint64(high)-uint64(low) > 4*uint64(t.n) { // too far apart to be counted
		slices.SortStableFunc(at, func(a, b int32) int { return cmp.Compare(of[a], of[b]) })
		return at
	}
	start := make([]int32, high-low+2)
	for _, c := range of {
		start[c-low+1]++
	}
	for i := range start[1:] {
		start[i+1] += start[i]
	}
	for i, c := range of {
		at[start[c-low]] = int32(i)
		start[c-low]++
	}
	return at
}

// compare orders two events of a case.
func (t *rowTable) compare(a, b int32) int {
	for _, c := range []int{columnSource, columnSequence} {
		if x := cmp.Compare(t.columns[c][a], t.columns[c][b]); x != 0 {
			return x
		}
	}
	for _, c := range []int{columnHigh, columnLow} {
		if x := cmp.Compare(uint64(t.columns[c][a]), uint64(t.columns[c][b])); x != 0 {
			return x
		}
	}
	return cmp.Compare(t.columns[columnEvent][a], t.columns[columnEvent][b])
}
