package parquetfile

import (
	"encoding/binary"
	"io"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"

	"millrace/ingest"
)

const (
	maxPage  = 256 << 20 // bytes of a page
	maxGroup = 1 << 20   // rows of a group; DuckDB reads larger ones in ranges
	maxChunk = 1 << 30   // bytes of a column of a group
)

// A decoder reads columns of groups, one after the other. It is for one
// goroutine.
type decoder struct {
	zstd    *zstd.Decoder
	raw     []byte // of the chunk
	plain   []byte // of the page
	levels  []uint32
	indices []uint32
	digits  []byte
}

func newDecoder() (*decoder, error) {
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPage))
	if err != nil {
		return nil, err
	}
	return &decoder{zstd: z}, nil
}

func (d *decoder) close() { d.zstd.Close() }

// pages calls fn with the pages of a chunk, unpacked, the dictionary first. Of
// the data of a column that may be null, present says which values are there,
// nil if all are; only those are in data.
func (d *decoder) pages(f io.ReaderAt, l *leaf, k *chunk, rows int64, fn func(p *page, data []byte, present []uint32) error) error {
	if k.odd || k.values != rows || k.bytes < 0 || k.bytes > maxChunk || k.from < 0 || k.beyond {
		return errIndirect
	}
	d.raw = sized(d.raw, int(k.bytes))
	if _, err := f.ReadAt(d.raw, k.from); err != nil {
		return errIndirect
	}
	c := &compact{b: d.raw}
	for left := rows; left > 0; {
		p, ok := c.page()
		if !ok {
			return errIndirect
		}
		var present []uint32
		data, err := d.unpack(&p, k.codec)
		if err != nil {
			return err
		}
		switch p.kind {
		case pageDictionary:
		case pageData, pageData2:
			if p.values > left {
				return errIndirect
			}
			left -= p.values
			if present, data, err = d.present(&p, l, data); err != nil {
				return err
			}
		default:
			continue // an index
		}
		if err := fn(&p, data, present); err != nil {
			return err
		}
	}
	return nil
}

// unpack returns what is in a page. Eight bytes may be read behind its end.
func (d *decoder) unpack(p *page, codec int64) ([]byte, error) {
	const beyond = 8
	if cap(d.plain) < int(p.plainSize)+beyond {
		d.plain = make([]byte, 0, p.plainSize+p.plainSize/4+beyond)
	}
	// The levels of a page of version 2 are never packed.
	from := p.data
	if p.levels > int64(len(from)) || p.levels > p.plainSize {
		return nil, errIndirect
	}
	to := append(d.plain[:0], from[:p.levels]...)
	from = from[p.levels:]
	switch size := int(p.plainSize - p.levels); {
	case codec == 0 || !p.compressed || len(from) == 0 && size == 0:
		to = append(to, from...)
	case codec == 1:
		if n, err := s2.DecodedLen(from); err != nil || n != size {
			return nil, errIndirect
		}
		out, err := s2.Decode(to[len(to):len(to)+size], from)
		if err != nil || len(out) != size {
			return nil, errIndirect
		}
		to = to[:len(to)+size]
	case codec == 6:
		out, err := d.zstd.DecodeAll(from, to)
		if err != nil {
			return nil, errIndirect
		}
		to = out
	default:
		return nil, errIndirect
	}
	if int64(len(to)) != p.plainSize {
		return nil, errIndirect
	}
	if cap(to) < len(to)+beyond {
		to = append(to, make([]byte, beyond)...)[:len(to)]
	}
	return to, nil
}

// present takes the definition levels off a page.
func (d *decoder) present(p *page, l *leaf, data []byte) (present []uint32, rest []byte, err error) {
	levels := data[:min(p.levels, int64(len(data)))]
	switch {
	case p.kind == pageData2:
		data = data[p.levels:]
	case l.optional:
		if len(data) < 4 {
			return nil, nil, errIndirect
		}
		n := int64(binary.LittleEndian.Uint32(data))
		if n > int64(len(data)-4) {
			return nil, nil, errIndirect
		}
		levels, data = data[4:4+n], data[4+n:]
	}
	if !l.optional {
		return nil, data, nil
	}
	d.levels = sized(d.levels, int(p.values))
	if !unpackHybrid(d.levels, levels, 1) {
		return nil, nil, errIndirect
	}
	for _, level := range d.levels {
		if level == 0 {
			return d.levels, data, nil
		}
	}
	return nil, data, nil
}

// sized returns a slice of n values, of no particular content.
func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4)
	}
	return s[:n]
}

// unpackHybrid fills out with numbers of some bits each, written as runs and
// packed bits (Encodings.md of Apache Parquet, "RLE/Bit-Packing Hybrid"). It
// may read eight bytes behind the end of data's capacity, not beyond.
func unpackHybrid(out []uint32, data []byte, width int) bool {
	if width < 0 || width > 32 {
		return false
	}
	mask := uint64(1)<<width - 1
	for len(out) > 0 {
		head, n := binary.Uvarint(data)
		if n <= 0 || head>>1 == 0 || head>>1 > math.MaxInt32 {
			return false
		}
		data = data[n:]
		count := int(head >> 1)
		if head&1 == 0 { // a run
			bytes := (width + 7) / 8
			if len(data) < bytes {
				return false
			}
			v := uint32(0)
			for i := range bytes {
				v |= uint32(data[i]) << (8 * i)
			}
			if uint64(v) > mask {
				return false
			}
			data = data[bytes:]
			count = min(count, len(out))
			for i := range out[:count] {
				out[i] = v
			}
			out = out[count:]
			continue
		}
		bytes := count * width // eight numbers each
		count = min(count*8, len(out))
		if len(data) < (count*width+7)/8 { // the last group may be cut
			return false
		}
		padded := data[:min(cap(data), len(data)+8)]
		i := 0
		for bit := 0; i < count && bit>>3+8 <= len(padded); i++ {
			out[i] = uint32(binary.LittleEndian.Uint64(padded[bit>>3:]) >> (bit & 7) & mask)
			bit += width
		}
		for ; i < count; i++ {
			v := uint32(0)
			for k := range width {
				bit := i*width + k
				v |= uint32(data[bit>>3]>>(bit&7)&1) << k
			}
			out[i] = v
		}
		out, data = out[count:], data[min(bytes, len(data)):]
	}
	return true
}

// texts fills codes with the numbers of a column's texts in labels, one a row.
// One that is missing is "".
func (d *decoder) texts(codes []uint32, labels *ingest.Coder, f io.ReaderAt, l *leaf, k *chunk) error {
	labels.Reset()
	var dictionary []uint32 // index → code
	at := 0
	return d.pages(f, l, k, int64(len(codes)), func(p *page, data []byte, present []uint32) error {
		if p.kind == pageDictionary {
			dictionary = sized(dictionary, int(p.values))
			return d.plainTexts(dictionary, labels, l, data)
		}
		out := codes[at : at+int(p.values)]
		at += int(p.values)
		there := len(out)
		if present != nil {
			there = 0
			for _, level := range present {
				there += int(level)
			}
		}
		values := out[:there]
		switch p.encoding {
		case encodingPlain:
			if err := d.plainTexts(values, labels, l, data); err != nil {
				return err
			}
		case encodingDictionary, encodingOldDictionary:
			if there > 0 && (len(data) == 0 || !unpackHybrid(values, data[1:], int(data[0]))) {
				return errIndirect
			}
			for i, index := range values {
				if int(index) >= len(dictionary) {
					return errIndirect
				}
				values[i] = dictionary[index]
			}
		default:
			return errIndirect
		}
		if present != nil {
			spread(out, there, present, labels.Code(nil))
		}
		return nil
	})
}

// spread moves the first values of out to where present says, from behind.
func spread[T any](out []T, there int, present []uint32, missing T) {
	for i := len(out) - 1; i >= 0; i-- {
		if present[i] == 0 {
			out[i] = missing
			continue
		}
		there--
		out[i] = out[there]
	}
}

// plainTexts numbers values that are written one after the other.
func (d *decoder) plainTexts(codes []uint32, labels *ingest.Coder, l *leaf, data []byte) error {
	for i := range codes {
		var text []byte
		switch l.physical {
		case physByteArray:
			if len(data) < 4 {
				return errIndirect
			}
			n := int64(binary.LittleEndian.Uint32(data))
			if n > int64(len(data)-4) {
				return errIndirect
			}
			text, data = data[4:4+n], data[4+n:]
			if !utf8.Valid(text) {
				return errIndirect
			}
		default:
			v, rest, ok := plainInt(l, data)
			if !ok {
				return errIndirect
			}
			data = rest
			d.digits = strconv.AppendInt(d.digits[:0], v, 10)
			text = d.digits
		}
		codes[i] = labels.Code(text)
	}
	return nil
}

func plainInt(l *leaf, data []byte) (v int64, rest []byte, ok bool) {
	switch {
	case l.physical == physInt64 && len(data) >= 8:
		return int64(binary.LittleEndian.Uint64(data)), data[8:], true
	case l.physical == physInt32 && len(data) >= 4:
		return int64(int32(binary.LittleEndian.Uint32(data))), data[4:], true
	}
	return 0, nil, false
}

// ints fills out with the whole numbers of a column; missing stands for none.
func (d *decoder) ints(out []int64, missing int64, f io.ReaderAt, l *leaf, k *chunk) error {
	var dictionary []int64
	at := 0
	plain := func(to []int64, data []byte) bool {
		for i := range to {
			v, rest, ok := plainInt(l, data)
			if !ok || v == missing {
				return false
			}
			to[i], data = v, rest
		}
		return true
	}
	return d.pages(f, l, k, int64(len(out)), func(p *page, data []byte, present []uint32) error {
		if p.kind == pageDictionary {
			dictionary = sized(dictionary, int(p.values))
			if !plain(dictionary, data) {
				return errIndirect
			}
			return nil
		}
		out := out[at : at+int(p.values)]
		at += int(p.values)
		there := len(out)
		if present != nil {
			there = 0
			for _, level := range present {
				there += int(level)
			}
		}
		switch p.encoding {
		case encodingPlain:
			if !plain(out[:there], data) {
				return errIndirect
			}
		case encodingDictionary, encodingOldDictionary:
			d.indices = sized(d.indices, there)
			if there > 0 && (len(data) == 0 || !unpackHybrid(d.indices, data[1:], int(data[0]))) {
				return errIndirect
			}
			for i, index := range d.indices {
				if int(index) >= len(dictionary) {
					return errIndirect
				}
				out[i] = dictionary[index]
			}
		default:
			return errIndirect
		}
		if present != nil {
			spread(out, there, present, missing)
		}
		return nil
	})
}
