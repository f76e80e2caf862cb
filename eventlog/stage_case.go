package eventlog

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/zeebo/xxh3"
)

// stageLabelColumns are those of the table that says which case a number is.
var stageLabelColumns = []arrow.Field{
	{Name: "number", Type: arrow.PrimitiveTypes.Int64},
	{Name: "case", Type: arrow.BinaryTypes.String},
	{Name: "first", Type: arrow.PrimitiveTypes.Int64}, // ord of the first event under this number
}

// caseNumbers number the cases of a stage in the order in which events first
// say them, so that the merge joins by number what a million rows say by text.
//
// Memory is bounded: a table that is full is emptied, and a case that comes
// again afterwards has another number as well. Numbers are never used twice.
type caseNumbers struct {
	slots []caseSlot // a power of two, open addressing
	used  int
	limit int   // how many cases are remembered
	next  int64 // first number not given yet
	again bool  // the table was emptied: a case may have several numbers

	of []int64 // of each row of the batch
	by []int64 // of each label of the batch

	// What the batch says first.
	numbers []int64
	labels  []string
	first   []int64
}

// A caseSlot is a case by 96 bits of its hash: two of a hundred million cases
// share them with a probability of 10⁻¹³.
type caseSlot struct {
	high   uint64
	low    uint32
	number uint32 // from 1, since the table was empty; 0 is free
}

// caseSlots is how many slots there are at most.
const caseSlots = 1 << 26

func newCaseNumbers(o ImportOptions) *caseNumbers {
	n := &caseNumbers{slots: make([]caseSlot, 1<<10), limit: o.remember}
	if n.limit == 0 {
		n.limit = o.Memory.slots(8, 16, caseSlots) / 4 * 3
	}
	return n
}

// number numbers the rows of a batch, the first of which has the given ord.
func (n *caseNumbers) number(b *Batch, ord int64) []int64 {
	n.of, n.numbers, n.labels, n.first = n.of[:0], n.numbers[:0], n.labels[:0], n.first[:0]
	if b.Codes == nil {
		for i, id := range b.Case {
			n.of = append(n.of, n.find(id, ord+int64(i)))
		}
		return n.of
	}
	// The labels stand in the order in which the rows first say them.
	n.by = n.by[:0]
	for i, code := range b.Codes.Case.Of {
		if int(code) == len(n.by) {
			n.by = append(n.by, n.find(b.Codes.Case.Labels[code], ord+int64(i)))
		}
		n.of = append(n.of, n.by[code])
	}
	return n.of
}

// find is the number of a case.
func (n *caseNumbers) find(id string, ord int64) int64 {
	h := xxh3.HashString128(id)
	slot := n.slot(h.Hi, uint32(h.Lo))
	if slot.number > 0 {
		return n.next - int64(n.used) + int64(slot.number) - 1
	}
	if !utf8.ValidString(id) { // it is stored as another text, which may be known
		return n.find(strings.ToValidUTF8(id, "\uFFFD"), ord)
	}
	if n.used >= n.limit {
		clear(n.slots)
		n.used, n.again = 0, true
		slot = n.slot(h.Hi, uint32(h.Lo))
	} else if 4*(n.used+1) > 3*len(n.slots) && len(n.slots) < caseSlots {
		n.grow()
		slot = n.slot(h.Hi, uint32(h.Lo))
	}
	n.used++
	n.next++
	*slot = caseSlot{high: h.Hi, low: uint32(h.Lo), number: uint32(n.used)}
	n.numbers, n.labels, n.first = append(n.numbers, n.next-1), append(n.labels, id), append(n.first, ord)
	return n.next - 1
}

// slot is where a case stands, or would.
func (n *caseNumbers) slot(high uint64, low uint32) *caseSlot {
	mask := uint64(len(n.slots) - 1)
	for at := high & mask; ; at = (at + 1) & mask {
		if s := &n.slots[at]; s.number == 0 || s.high == high && s.low == low {
			return s
		}
	}
}

func (n *caseNumbers) grow() {
	old := n.slots
	n.slots = make([]caseSlot, 2*len(old))
	for _, s := range old {
		if s.number > 0 {
			*n.slot(s.high, s.low) = s
		}
	}
}

// write adds the cases that the last batch said first to a table of labels.
func (n *caseNumbers) write(ctx context.Context, t *stageTable) error {
	if len(n.labels) == 0 {
		return nil
	}
	r, err := t.begin(ctx, nil)
	if err != nil {
		return err
	}
	r.ints(n.numbers, len(n.numbers))
	r.text(n.labels)
	r.ints(n.first, len(n.first))
	return r.end(nil, len(n.labels))
}
