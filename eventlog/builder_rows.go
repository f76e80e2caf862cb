package eventlog

import (
	"cmp"
	"math"
	"unsafe"
)

// What a Builder keeps of the events are rows, by ranges of cases: partition k
// has those of cases k·2¹² up to (k+1)·2¹². So putting a partition in order
// stays in a processor's cache, partitions are put in order side by side, and
// they leave memory and come back as what they are.
const (
	partitionBits  = 12
	partitionCases = 1 << partitionBits
)

// A partition is rows in their order of arrival: first those that were
// spilled, then those in memory.
type partition struct {
	spilled []extent
	blocks  []*keptBlock // the last one may have room
}

// rows returns how many there are.
func (p *partition) rows() (n int64) {
	for _, e := range p.spilled {
		n += e.rows
	}
	for _, k := range p.blocks {
		n += int64(k.n)
	}
	return n
}

// rowShape says which of the columns there are that not every log has.
type rowShape uint8

const (
	hasResource rowShape = 1 << iota
	hasStart
	hasSequence
	hasDay
	hasLife
	hasInstance
)

// maxBlockRows is how many rows a block has room for.
const maxBlockRows = 1024

// A keptBlock is rows of a partition, columns one after the other, as they are
// written to a file too:
//
//	rows, shape · number of the first event ·
//	time · [start] · [sequence] · event · [resource] · [instance] · case · activity · [day] · [life]
//
// A case is known by its place in the partition, an event by its distance from
// the first.
type keptBlock struct {
	words []uint64
	shape rowShape
	n     int
	base  int64 // number of the first event

	time, start, sequence []int64
	event, instance       []uint32
	resource              []int32
	caseOf, activity      []uint16
	day                   []bool
	life                  []uint8
}

// blockHead is how many words stand before the columns.
const blockHead = 2

// blockWords is how many words a block with that much room takes; room is a
// multiple of 8.
func blockWords(shape rowShape, room int) int {
	bytes := 8 + 4 + 2 + 2
	for _, c := range []struct {
		shape rowShape
		bytes int
	}{{hasStart, 8}, {hasSequence, 8}, {hasResource, 4}, {hasInstance, 4}, {hasDay, 1}, {hasLife, 1}} {
		if shape&c.shape != 0 {
			bytes += c.bytes
		}
	}
	return blockHead + room/8*bytes
}

// view makes columns of the words.
func (k *keptBlock) view(words []uint64, shape rowShape, room int) {
	k.words, k.shape = words, shape
	rest := words[blockHead:]
	take := func(words int) unsafe.Pointer {
		p := unsafe.Pointer(&rest[0])
		rest = rest[words:]
		return p
	}
	k.start, k.sequence, k.resource, k.instance, k.day, k.life = nil, nil, nil, nil, nil, nil
	k.time = unsafe.Slice((*int64)(take(room)), room)
	if shape&hasStart != 0 {
		k.start = unsafe.Slice((*int64)(take(room)), room)
	}
	if shape&hasSequence != 0 {
		k.sequence = unsafe.Slice((*int64)(take(room)), room)
	}
	k.event = unsafe.Slice((*uint32)(take(room/2)), room)
	if shape&hasResource != 0 {
		k.resource = unsafe.Slice((*int32)(take(room/2)), room)
	}
	if shape&hasInstance != 0 {
		k.instance = unsafe.Slice((*uint32)(take(room/2)), room)
	}
	k.caseOf = unsafe.Slice((*uint16)(take(room/4)), room)
	k.activity = unsafe.Slice((*uint16)(take(room/4)), room)
	if shape&hasDay != 0 {
		k.day = unsafe.Slice((*bool)(take(room/8)), room)
	}
	if shape&hasLife != 0 {
		k.life = unsafe.Slice((*uint8)(take(room/8)), room)
	}
}

func newRowBlock(shape rowShape, room int) *keptBlock {
	k := &keptBlock{}
	k.view(make([]uint64, blockWords(shape, room)), shape, room)
	return k
}

func (k *keptBlock) bytes() int64 { return int64(8 * len(k.words)) }

// appendTo writes the block, with no more room than it needs, after words.
func (k *keptBlock) appendTo(words []uint64) []uint64 {
	room := (k.n + 7) / 8 * 8
	from := len(words)
	words = words[:from+blockWords(k.shape, room)]
	var out keptBlock
	out.view(words[from:], k.shape, room)
	out.words[0] = uint64(k.n) | uint64(k.shape)<<32
	out.words[1] = uint64(k.base)
	copy(out.time, k.time[:k.n])
	copy(out.event, k.event[:k.n])
	copy(out.caseOf, k.caseOf[:k.n])
	copy(out.activity, k.activity[:k.n])
	if k.shape != 0 {
		copy(out.start, k.start)
		copy(out.sequence, k.sequence)
		copy(out.resource, k.resource)
		copy(out.instance, k.instance)
		copy(out.day, k.day)
		copy(out.life, k.life)
	}
	return words
}

// readBlock returns the first of the blocks that words are, and the others.
func readBlock(words []uint64) (*keptBlock, []uint64) {
	k := &keptBlock{n: int(uint32(words[0])), base: int64(words[1])}
	shape, room := rowShape(words[0]>>32), (k.n+7)/8*8
	size := blockWords(shape, room)
	k.view(words[:size], shape, room)
	return k, words[size:]
}

// codedRows are the events of a batch, by number.
type codedRows struct {
	caseOf, activity []uint32
	time             []int64
	resource         []int32 // nil where the batch has none; so are the following
	start, sequence  []int64
	day              []bool
	life             []uint8
	instance         []uint32
}

// rowStore keeps rows.
type rowStore struct {
	parts []partition
	open  []*keptBlock // of each partition; nil: none has room
	shape rowShape
	rows  int64

	perBlock int // rows, a multiple of 8; 0: maxBlockRows

	made  int64        // bytes of blocks that there are, in use or free
	free  []*keptBlock // of this shape
	spill *spill       // nil: everything stays in memory
}

// widen makes the rows that are added from now on have these columns too.
func (s *rowStore) widen(shape rowShape) {
	if s.shape|shape == s.shape {
		return
	}
	s.shape |= shape
	clear(s.open)
	for _, k := range s.free {
		s.made -= k.bytes()
	}
	s.free = nil
}

// grow makes partitions for so many cases.
func (s *rowStore) grow(cases int) {
	for len(s.parts)<<partitionBits < cases {
		s.parts, s.open = append(s.parts, partition{}), append(s.open, nil)
	}
}

// add keeps the rows of a batch.
func (s *rowStore) add(in *codedRows, cases int) error {
	s.grow(cases)
	rare := in.start != nil || in.sequence != nil || in.day != nil || in.life != nil || in.instance != nil || s.shape&^hasResource != 0
	first := s.rows + 1
	activity, times := in.activity[:len(in.caseOf)], in.time[:len(in.caseOf)]
	for row, c := range in.caseOf {
		k := s.open[c>>partitionBits]
		event := first + int64(row)
		if k == nil || k.n == len(k.time) || uint64(event-k.base) > math.MaxUint32 {
			var err error
			if k, err = s.block(int(c>>partitionBits), event); err != nil {
				return err
			}
		}
		i := k.n
		k.n++
		k.caseOf[i] = uint16(c & (partitionCases - 1))
		k.activity[i] = uint16(activity[row])
		k.time[i] = times[row]
		k.event[i] = uint32(event - k.base)
		if k.resource != nil {
			if in.resource != nil {
				k.resource[i] = in.resource[row]
			} else {
				k.resource[i] = -1
			}
		}
		if rare {
			k.rare(i, in, row)
		}
	}
	s.rows += int64(len(in.caseOf))
	return nil
}

// rare fills the columns that few logs have.
func (k *keptBlock) rare(i int, in *codedRows, row int) {
	if k.start != nil {
		k.start[i] = valueOr(in.start, row, NoTime)
	}
	if k.sequence != nil {
		k.sequence[i] = valueOr(in.sequence, row, 0)
	}
	if k.day != nil {
		k.day[i] = valueOr(in.day, row, false)
	}
	if k.life != nil {
		k.life[i] = valueOr(in.life, row, lifeNone)
	}
	if k.instance != nil {
		k.instance[i] = valueOr(in.instance, row, 0)
	}
}

// valueOr returns a value of a column, or what stands for it where there is no
// such column.
func valueOr[T any](column []T, row int, none T) T {
	if column == nil {
		return none
	}
	return column[row]
}

// block gives a partition a block with room.
func (s *rowStore) block(part int, event int64) (*keptBlock, error) {
	k, err := s.spare()
	if err != nil {
		return nil, err
	}
	k.n, k.base = 0, event
	p := &s.parts[part]
	p.blocks = append(p.blocks, k)
	s.open[part] = k
	return k, nil
}

// spare returns a block that is free, if need be after others were spilled.
func (s *rowStore) spare() (*keptBlock, error) {
	room := cmp.Or(s.perBlock, maxBlockRows)
	size := int64(8 * blockWords(s.shape, room))
	for s.spill != nil && len(s.free) == 0 && s.made > 0 && s.made+size > s.spill.room {
		if err := s.relieve(); err != nil {
			return nil, err
		}
	}
	if n := len(s.free); n > 0 {
		k := s.free[n-1]
		s.free = s.free[:n-1]
		return k, nil
	}
	s.made += size
	return newRowBlock(s.shape, room), nil
}
