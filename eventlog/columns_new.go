package eventlog

import (
	"cmp"
	"context"
	"fmt"
	"math/bits"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// newEvents are events that came after columns were built, in the order of
// their numbers. The database neither joins nor sorts them: it has both tables
// nearly in that order.
type newEvents struct {
	event, of, time, start, sequence []int64 // of: the case
	activity, resource               []uint32
	lifecycle                        dictionary
	plain                            bool // no precision of days, no ranks
}

// read reads the events of the extension's loads, so many, and which cases they
// are of.
func (n *newEvents) read(ctx context.Context, c *storeConn, x *extension, events int) error {
	for _, column := range []*[]int64{&n.event, &n.time, &n.start, &n.sequence} {
		*column = make([]int64, 0, events)
	}
	n.activity, n.resource = make([]uint32, 0, events), make([]uint32, 0, events)
	args := []any{x.loads[0], x.loads}
	err := c.arrow(ctx, storeText("columns_new"), args, func(b arrow.RecordBatch) error {
		ints := func(i int) []int64 { return b.Column(i).(*array.Int64).Int64Values() }
		n.event, n.time, n.start, n.sequence = append(n.event, ints(0)...), append(n.time, ints(2)...), append(n.start, ints(3)...), append(n.sequence, ints(8)...)
		n.activity = appendCodes(n.activity, b.Column(1), &x.labels)
		n.resource = appendCodes(n.resource, b.Column(6), &x.resources)
		if b.Column(7).NullN() < b.Column(7).Len() {
			appendCodes(nil, b.Column(7), &n.lifecycle)
		}
		day, rank := b.Column(4).(*array.Boolean), b.Column(5).(*array.Int32).Int32Values()
		for i := range rank {
			n.plain = n.plain && !day.Value(i) && rank[i] == 0
		}
		return nil
	})
	if err != nil {
		return err
	}
	n.rise()
	again := false
	err = c.arrow(ctx, storeText("columns_new_cases"), args, func(b arrow.RecordBatch) error {
		again = n.place(b.Column(0).(*array.Int64).Int64Values(), b.Column(1).(*array.Int64).Int64Values()) || again
		return nil
	})
	if err == nil && again {
		err = fmt.Errorf("%w: an event has several cases", errExtend)
	}
	return err
}

// place says which cases some events are of, in any order but mostly rising.
// Events that are not new are passed over. It says whether one had a case
// already.
func (n *newEvents) place(events, cases []int64) (again bool) {
	if n.of == nil {
		n.of = make([]int64, len(n.event)) // 0: no case, which no object has as its number
	}
	at := 0
	for i, e := range events {
		if at == len(n.event) || n.event[at] != e {
			at, _ = slices.BinarySearch(n.event, e)
		}
		if at < len(n.event) && n.event[at] == e {
			again = again || n.of[at] != 0
			n.of[at] = cases[i]
			at++
		}
	}
	return again
}

// rise puts events in the order of their numbers: the database writes a large
// load by several threads, whose blocks come as they are done.
func (n *newEvents) rise() {
	if slices.IsSorted(n.event) {
		return
	}
	at := make([]int32, len(n.event))
	for i := range at {
		at[i] = int32(i)
	}
	slices.SortFunc(at, func(a, b int32) int { return cmp.Compare(n.event[a], n.event[b]) })
	for _, column := range []*[]int64{&n.event, &n.time, &n.start, &n.sequence} {
		*column = picked(*column, at)
	}
	n.activity, n.resource = picked(n.activity, at), picked(n.resource, at)
}

// byCase returns the events by case, those of one by their place in the source.
func (n *newEvents) byCase() (*CaseRows, error) {
	at := n.order()
	rows := &CaseRows{
		Offsets: []int{0},
		Event:   picked(n.event, at), Time: picked(n.time, at), Start: picked(n.start, at), Sequence: picked(n.sequence, at),
		Activity: picked(n.activity, at), Resource: picked(n.resource, at),
		Day: make([]bool, len(at)), Rank: make([]int32, len(at)), Instance: make([]string, len(at)),
		Lifecycle: slices.Repeat([]uint32{NoCode}, len(at)), // completions stand as they are
	}
	for i, e := range at {
		if i == 0 || n.of[e] != n.of[at[i-1]] {
			rows.Case, rows.ID, rows.Offsets = append(rows.Case, n.of[e]), append(rows.ID, ""), append(rows.Offsets, i)
		} else if n.sequence[e] == n.sequence[at[i-1]] {
			return nil, fmt.Errorf("%w: two events of a case have one place in their source", errExtend)
		}
		rows.Offsets[len(rows.Case)] = i + 1
	}
	return rows, nil
}

// order are the places of the events that have a case, by case and sequence.
func (n *newEvents) order() []int32 {
	low, high := int64(0), int64(0)
	if len(n.of) > 0 {
		low, high = slices.Min(n.of), slices.Max(n.of)
	}
	rising := slices.IsSorted(n.sequence)
	at := make([]int32, 0, len(n.of))
	if place := bits.Len(uint(len(n.of))); rising && bits.Len64(uint64(high-low))+place < 64 {
		// A case and a place in one number: sorted without a look at anything else.
		packed := make([]uint64, 0, len(n.of))
		for i, c := range n.of {
			if c != 0 {
				packed = append(packed, uint64(c-low)<<place|uint64(i))
			}
		}
		slices.Sort(packed)
		for _, p := range packed {
			at = append(at, int32(p&(1<<place-1)))
		}
		return at
	}
	for i, c := range n.of {
		if c != 0 {
			at = append(at, int32(i))
		}
	}
	slices.SortStableFunc(at, func(a, b int32) int {
		if n.of[a] != n.of[b] {
			return cmp.Compare(n.of[a], n.of[b])
		}
		return cmp.Compare(n.sequence[a], n.sequence[b])
	})
	return at
}

// picked are the values at some places.
func picked[T any](values []T, at []int32) []T {
	out := make([]T, len(at))
	for i, p := range at {
		out[i] = values[p]
	}
	return out
}

// appendCodes appends a column of labels, NoCode where there is none.
func appendCodes(to []uint32, column arrow.Array, d *dictionary) []uint32 {
	text := column.(*array.String)
	last, code := "", NoCode
	for i := range text.Len() {
		if text.IsNull(i) {
			to = append(to, NoCode)
			continue
		}
		if v := text.Value(i); code == NoCode || v != last {
			code = d.add(v) // which copies what it keeps
			last = d.label(code)
		}
		to = append(to, code)
	}
	return to
}
