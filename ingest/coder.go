package ingest

import (
	"unsafe"

	"github.com/zeebo/xxh3"

	"millrace/eventlog"
)

// A Coder numbers the texts of one column of a batch in the order in which they
// first come: [eventlog.Codes]. The zero value is ready for use.
//
// Its strings may be kept: the memory they lie in is never written again. A
// text costs one copy a batch, however often it comes.
type Coder struct {
	of     []uint32
	labels []string
	last   uint32 // code of the row before
	arena  []byte // what follows its length is free

	slots []slot // open addressing; as many as a power of two
}

// A slot is where a label is: it stands at its hash or behind.
type slot struct{ hash, code uint32 } // code is one more than the label's; 0: free

const (
	firstSlots = 256
	arenaBytes = 64 << 10
)

// Add appends a row.
func (c *Coder) Add(text []byte) {
	if len(c.of) == 0 || c.labels[c.last] != string(text) { // neighbours are often equal
		c.last = c.Code(text)
	}
	c.of = append(c.of, c.last)
}

// AddString is Add of a string. It is not kept.
func (c *Coder) AddString(text string) {
	c.Add(unsafe.Slice(unsafe.StringData(text), len(text)))
}

// LastCode returns the number of the row that was added last.
func (c *Coder) LastCode() int { return int(c.last) }

// Last returns the text of the row that was added last.
func (c *Coder) Last() string { return c.labels[c.last] }

// Code returns the number of a text, which is a label then. It adds no row.
func (c *Coder) Code(text []byte) uint32 {
	if 2*len(c.labels) >= len(c.slots) {
		c.grow()
	}
	hash, mask := uint32(xxh3.Hash(text)), uint32(len(c.slots)-1)
	i := hash & mask
	for ; c.slots[i].code != 0; i = (i + 1) & mask {
		if s := c.slots[i]; s.hash == hash && c.labels[s.code-1] == string(text) {
			return s.code - 1
		}
	}
	c.labels = append(c.labels, c.keep(text))
	c.slots[i] = slot{hash, uint32(len(c.labels))}
	return uint32(len(c.labels) - 1)
}

func (c *Coder) grow() {
	old := c.slots
	c.slots = make([]slot, max(firstSlots, 2*len(old)))
	mask := uint32(len(c.slots) - 1)
	for _, s := range old {
		if s.code == 0 {
			continue
		}
		i := s.hash & mask
		for c.slots[i].code != 0 {
			i = (i + 1) & mask
		}
		c.slots[i] = s
	}
}

// keep copies a text to the arena.
func (c *Coder) keep(text []byte) string {
	if len(text) == 0 {
		return ""
	}
	if len(text) > cap(c.arena)-len(c.arena) {
		c.arena = make([]byte, 0, max(arenaBytes, len(text)))
	}
	from := len(c.arena)
	c.arena = append(c.arena, text...)
	return unsafe.String(&c.arena[from], len(text))
}

// Len returns the number of rows.
func (c *Coder) Len() int { return len(c.of) }

// Codes returns the column by number. It is valid until the Coder is reset, its
// strings for good.
func (c *Coder) Codes() eventlog.Codes { return eventlog.Codes{Of: c.of, Labels: c.labels} }

// Texts appends the text of each row to a slice.
func (c *Coder) Texts(to []string) []string {
	n := len(to)
	if cap(to)-n < len(c.of) {
		to = append(make([]string, 0, n+len(c.of)), to...)
	}
	to = to[:n+len(c.of)]
	for i, code := range c.of {
		to[n+i] = c.labels[code]
	}
	return to
}

// Reset makes it empty.
func (c *Coder) Reset() {
	c.of, c.last = c.of[:0], 0
	clear(c.labels) // the strings are not ours to keep
	c.labels = c.labels[:0]
	clear(c.slots)
}
