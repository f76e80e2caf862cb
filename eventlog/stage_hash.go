package eventlog

import (
	"encoding/binary"
	"math"
	"sort"
	"strconv"

	"github.com/zeebo/xxh3"
)

// A rowHash gives a row without a key its identity: 128 bits of the log's name
// and the canonical row, in which a value is what it says, not how a reader
// typed it: a column of numbers in one slice of an export may be text in the
// next, where one row has an "n/a". File name and line are not part of it, and
// neither is an attribute without a value.
//
// Equal rows get equal hashes; Merge tells them apart by counting.
type rowHash struct {
	buf   []byte
	order []int
}

// rows appends the two halves of each row's hash.
func (h *rowHash) rows(log string, b *Batch, high, low []uint64) ([]uint64, []uint64) {
	h.order = h.order[:0]
	for i := range b.Attributes {
		h.order = append(h.order, i)
	}
	sort.Slice(h.order, func(i, j int) bool {
		return b.Attributes[h.order[i]].Name < b.Attributes[h.order[j]].Name
	})
	h.buf = rowText(h.buf[:0], log)
	prefix := len(h.buf)
	for i := range b.Len() {
		h.buf = rowText(h.buf[:prefix], b.Case[i])
		h.buf = rowText(h.buf, b.Activity[i])
		h.buf = rowTime(h.buf, 't', b.Time, i)
		h.buf = rowTime(h.buf, 's', b.Start, i)
		h.buf = rowRole(h.buf, 'r', b.Resource, i)
		h.buf = rowRole(h.buf, 'l', b.Lifecycle, i)
		h.buf = rowRole(h.buf, 'i', b.Instance, i)
		h.buf = rowTime(h.buf, 'n', b.Sequence, i)
		if len(b.Day) > 0 && b.Day[i] {
			h.buf = append(h.buf, 'd')
		}
		for _, j := range h.order {
			a := &b.Attributes[j]
			if a.Null == nil || !a.Null[i] {
				h.buf = append(h.buf, 'a')
				h.buf = rowText(h.buf, a.Name)
				at := len(h.buf)
				h.buf = append(h.buf, 0, 0, 0, 0)
				h.buf = a.appendText(h.buf, i)
				binary.LittleEndian.PutUint32(h.buf[at:], uint32(len(h.buf)-at-4))
			}
		}
		sum := xxh3.Hash128(h.buf)
		high, low = append(high, sum.Hi), append(low, sum.Lo)
	}
	return high, low
}

func rowText(buf []byte, s string) []byte {
	return append(binary.AppendUvarint(buf, uint64(len(s))), s...)
}

func rowRole(buf []byte, tag byte, values []string, i int) []byte {
	if len(values) == 0 || values[i] == "" {
		return buf
	}
	return rowText(append(buf, tag), values[i])
}

func rowTime(buf []byte, tag byte, values []int64, i int) []byte {
	if len(values) == 0 || values[i] == NoTime {
		return buf
	}
	return binary.LittleEndian.AppendUint64(append(buf, tag), uint64(values[i]))
}

// appendText writes one value as the text it has when a column must hold text:
// "5" for the number 5 and for 5.0, "true", "2024-01-31T09:00:00.000000Z".
func (c *Column) appendText(buf []byte, i int) []byte {
	switch c.Type {
	case Int:
		return strconv.AppendInt(buf, c.Int[i], 10)
	case Float:
		if f := c.Float[i]; f == math.Trunc(f) && math.Abs(f) < 1e15 {
			return strconv.AppendInt(buf, int64(f), 10)
		}
		return strconv.AppendFloat(buf, c.Float[i], 'g', -1, 64)
	case Bool:
		return strconv.AppendBool(buf, c.Int[i] != 0)
	case Time:
		return storeTimeOf(c.Int[i]).AppendFormat(buf, storeTimeLayout)
	}
	return append(buf, c.Text[i]...)
}
