package extract

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"

	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"
)

// A part is a file of the pages that answer one question, in the order in which
// they came. A page is
//
//	length of head, length of rows, xxh3 of both  (4, 4 and 8 bytes, little endian)
//	head, as JSON
//	rows, by zstd: for each the number of its fields, and each with its length before it
//
// A page that is not whole ends the file: it was being written when the
// process ended, and is dropped.
type part struct {
	file  *os.File
	end   int64 // of the last whole page
	pages []pageAt
	rows  int64

	*packer
}

// A packer packs and unpacks the pages of all parts of a spool.
type packer struct {
	raw, packed []byte // of the last page that was written
	pack        *zstd.Encoder
	unpack      *zstd.Decoder
}

func newPacker() (*packer, error) {
	pack, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return nil, err
	}
	unpack, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	return &packer{pack: pack, unpack: unpack}, err
}

// A pageAt is where a page is, and what it says of itself.
type pageAt struct {
	at     int64 // of its rows
	length int
	before int64 // rows of the part before it
	head   pageHead
}

// A pageHead is what is known of a page besides its rows.
type pageHead struct {
	Rows  int    `json:"rows"`
	After string `json:"after,omitempty"` // where the source continues behind it
	// Start is when the state of the source began that the page is of, in µs
	// since 1970 by our clock. Pages of one Snapshot have the same; without,
	// every page is of a state of its own.
	Start    int64 `json:"start"`
	Snapshot bool  `json:"snapshot,omitempty"`
	// Mark is the highest watermark in it.
	Mark string `json:"mark,omitempty"`
	// Sum adds up a hash of each row: it does not depend on where pages end.
	Sum [2]uint64 `json:"sum"`
	// Done ends a part: nothing is left to read. Counted is what the source
	// counted before and after.
	Done    bool     `json:"done,omitempty"`
	Counted [2]int64 `json:"counted"`
}

const pagePrefix = 4 + 4 + 8

// openPart opens a part and finds its whole pages.
func openPart(path string, pack *packer) (*part, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	p := &part{file: f, packer: pack}
	if err := p.scan(); err != nil {
		f.Close()
		return nil, err
	}
	return p, nil
}

// scan reads the heads, checks the sums, and drops what follows the last whole
// page.
func (p *part) scan() error {
	info, err := p.file.Stat()
	if err != nil {
		return err
	}
	var prefix [pagePrefix]byte
	for !p.done() && p.end+pagePrefix <= info.Size() {
		if _, err := p.file.ReadAt(prefix[:], p.end); err != nil {
			return err
		}
		head, rows := int64(binary.LittleEndian.Uint32(prefix[:])), int64(binary.LittleEndian.Uint32(prefix[4:]))
		if p.end+pagePrefix+head+rows > info.Size() {
			break
		}
		body := make([]byte, head+rows)
		if _, err := p.file.ReadAt(body, p.end+pagePrefix); err != nil {
			return err
		}
		var h pageHead
		if xxh3.Hash(body) != binary.LittleEndian.Uint64(prefix[8:]) || json.Unmarshal(body[:head], &h) != nil {
			break
		}
		p.add(h, int(head), int(rows))
	}
	return p.file.Truncate(p.end)
}

func (p *part) add(h pageHead, head, rows int) {
	p.pages = append(p.pages, pageAt{at: p.end + pagePrefix + int64(head), length: rows, before: p.rows, head: h})
	p.end += pagePrefix + int64(head) + int64(rows)
	p.rows += int64(h.Rows)
}

// done says whether the part has everything.
func (p *part) done() bool { return len(p.pages) > 0 && p.last().Done }

func (p *part) last() *pageHead { return &p.pages[len(p.pages)-1].head }

// after is where the source continues, "" at its beginning.
func (p *part) after() string {
	if len(p.pages) == 0 {
		return ""
	}
	return p.last().After
}

// oneState says whether all pages are of one state of the source.
func (p *part) oneState() bool {
	for i := range p.pages {
		if h := &p.pages[i].head; !h.Done && i > 0 && (!h.Snapshot || h.Start != p.pages[0].head.Start) {
			return false
		}
	}
	return true
}

// empty drops all pages.
func (p *part) empty() error {
	p.pages, p.end, p.rows = nil, 0, 0
	return p.file.Truncate(0)
}

// write adds a page. One that could not be written is not there.
func (p *part) write(h pageHead, rows [][]string) error {
	h.Rows = len(rows)
	p.raw = p.raw[:0]
	for _, row := range rows {
		from := len(p.raw)
		p.raw = binary.AppendUvarint(p.raw, uint64(len(row)))
		for _, field := range row {
			p.raw = binary.AppendUvarint(p.raw, uint64(len(field)))
			p.raw = append(p.raw, field...)
		}
		h.Sum = sum(h.Sum, xxh3.Hash128(p.raw[from:]))
	}
	head, err := json.Marshal(h)
	if err != nil {
		return err
	}
	p.packed = append(append(p.packed[:0], make([]byte, pagePrefix)...), head...)
	if len(rows) > 0 {
		p.packed = p.pack.EncodeAll(p.raw, p.packed)
	}
	length := len(p.packed) - pagePrefix - len(head)
	if int64(length) > 1<<32-1 {
		return fmt.Errorf("a page of %d bytes is too large; ask for fewer rows a page", length)
	}
	binary.LittleEndian.PutUint32(p.packed, uint32(len(head)))
	binary.LittleEndian.PutUint32(p.packed[4:], uint32(length))
	binary.LittleEndian.PutUint64(p.packed[8:], xxh3.Hash(p.packed[pagePrefix:]))
	if _, err := p.file.WriteAt(p.packed, p.end); err != nil {
		return errors.Join(err, p.file.Truncate(p.end))
	}
	p.add(h, len(head), length)
	return nil
}

func sum(a [2]uint64, b xxh3.Uint128) [2]uint64 {
	lo, carry := bits.Add64(a[1], b.Lo, 0)
	hi, _ := bits.Add64(a[0], b.Hi, carry)
	return [2]uint64{hi, lo}
}

// each calls fn with the rows of all pages, and their number from 1 on. The
// fields stay valid, the row does not.
func (p *part) each(fn func(line int64, row []string) error) error {
	for i := range p.pages {
		if err := p.page(i, fn); err != nil {
			return err
		}
	}
	return nil
}

func (p *part) page(i int, fn func(line int64, row []string) error) error {
	at := &p.pages[i]
	if at.head.Rows == 0 {
		return nil
	}
	packed := make([]byte, at.length)
	if _, err := p.file.ReadAt(packed, at.at); err != nil {
		return err
	}
	raw, err := p.unpack.DecodeAll(packed, nil)
	if err != nil {
		return fmt.Errorf("%s: page %d: %w", p.file.Name(), i, err)
	}
	text := string(raw)
	var row []string
	for n := range at.head.Rows {
		fields, err := number(&text)
		row = row[:0]
		for range fields {
			if err != nil {
				break
			}
			var length int
			if length, err = number(&text); err == nil {
				row = append(row, text[:length])
				text = text[length:]
			}
		}
		if err != nil {
			return fmt.Errorf("%s: page %d: %w", p.file.Name(), i, err)
		}
		if err := fn(at.before+int64(n)+1, row); err != nil {
			return err
		}
	}
	return nil
}

// number reads a length, which can be no more than what is left.
func number(text *string) (int, error) {
	var n uint64
	for i := 0; i < len(*text) && i < binary.MaxVarintLen64; i++ {
		b := (*text)[i]
		n |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			*text = (*text)[i+1:]
			if n > uint64(len(*text)) {
				break
			}
			return int(n), nil
		}
	}
	return 0, io.ErrUnexpectedEOF
}

// row returns one row, by its number.
func (p *part) row(line int64) (found []string, err error) {
	for i, at := range p.pages {
		if line <= at.before || line > at.before+int64(at.head.Rows) {
			continue
		}
		err = p.page(i, func(n int64, row []string) error {
			if n == line {
				found = append([]string(nil), row...)
			}
			return nil
		})
	}
	return found, err
}
