package eventlog

import (
	"encoding/binary"
	"unsafe"

	"github.com/zeebo/xxh3"
)

// A dictionary numbers labels in the order in which they are first seen. A
// label takes its own bytes, two to five more in the arena, 4 for its place, and
// 11 to 22 in the table: some 35 where labels are as short as ids are.
//
// Only one goroutine may add; labels that were added do not change.
type dictionary struct {
	n     int
	slots []uint64   // open addressing: half a hash above, number of the label + 1 below; 0 is free
	shift uint       // of the hash, to a place in slots
	arena [][]byte   // each label after its length
	at    [][]uint32 // where label i is: see place
	size  int64      // bytes of all this

	hashes []uint64 // of addAll
	sum    byte     // of what was touched
}

const (
	arenaChunk  = 1 << 20 // bytes; a chunk has one more label if that is longer
	arenaUnit   = 4       // a label begins at a multiple
	placesChunk = 1 << 14
	arenaFull   = 15 << 10 // chunks; a place counts up to 16 << 10
)

// full says that there is no room for much more: after 15 GB of labels.
func (d *dictionary) full() bool { return len(d.arena) >= arenaFull }

// len returns how many labels there are.
func (d *dictionary) len() int { return d.n }

// label returns label i, which shares the dictionary's memory.
func (d *dictionary) label(i uint32) string {
	place := d.at[i/placesChunk][i%placesChunk]
	chunk := d.arena[place/(arenaChunk/arenaUnit)]
	bytes := chunk[place%(arenaChunk/arenaUnit)*arenaUnit:]
	n, used := uint64(bytes[0]), 1
	if n >= 0x80 {
		n, used = binary.Uvarint(bytes)
	}
	if n == 0 {
		return ""
	}
	return unsafe.String(&bytes[used], int(n))
}

// labels returns all labels.
func (d *dictionary) labels() []string {
	out := make([]string, d.n)
	for i := range out {
		out[i] = d.label(uint32(i))
	}
	return out
}

// add returns the number of a label, which it copies if it is new.
func (d *dictionary) add(s string) uint32 { return d.addHash(s, xxh3.HashString(s)) }

// find returns the number of a label, and whether there is one.
func (d *dictionary) find(s string) (uint32, bool) {
	if d.n == 0 {
		return 0, false
	}
	n, _ := d.look(s, xxh3.HashString(s))
	return n, n != NoCode
}

// addAll puts the numbers of labels into to. It is what add does, in the order
// of memory: a large table is in no cache, so the places of many labels are
// asked for before the first is needed.
func (d *dictionary) addAll(labels []string, to []uint32) {
	const ahead = 128
	d.hashes = d.hashes[:0]
	for range min(ahead, len(labels)) {
		d.hashes = append(d.hashes, 0)
	}
	for from := 0; from < len(labels); from += ahead {
		some := labels[from:min(from+ahead, len(labels))]
		hashes := d.hashes[:len(some)]
		for i, s := range some {
			hashes[i] = xxh3.HashString(s)
		}
		if d.n > 0 {
			d.touch(hashes)
		}
		for i, s := range some {
			to[from+i] = d.addHash(s, hashes[i])
		}
	}
}

// touch reads what will be looked at first for labels with these hashes. It
// keeps a sum of it, so that the compiler does not leave it out.
func (d *dictionary) touch(hashes []uint64) {
	var codes [128]uint32
	for i, h := range hashes {
		codes[i&127] = uint32(d.slots[h>>d.shift])
	}
	for _, c := range codes[:len(hashes)] {
		if c != 0 {
			place := d.at[(c-1)/placesChunk][(c-1)%placesChunk]
			d.sum += d.arena[place/(arenaChunk/arenaUnit)][place%(arenaChunk/arenaUnit)*arenaUnit]
		}
	}
}

// look returns the number of a label, or NoCode and the slot where it belongs.
// A slot's place is the top of the hash, of which it has the upper half: so a
// table can grow without a look at the labels.
func (d *dictionary) look(s string, hash uint64) (number uint32, slot uint64) {
	mask := uint64(len(d.slots) - 1)
	for i := hash >> d.shift; ; i = (i + 1) & mask {
		e := d.slots[i]
		if e == 0 {
			return NoCode, i
		}
		if e>>32 == hash>>32 && d.label(uint32(e)-1) == s {
			return uint32(e) - 1, i
		}
	}
}

func (d *dictionary) addHash(s string, hash uint64) uint32 {
	if 4*d.n >= 3*len(d.slots) {
		d.grow()
	}
	n, slot := d.look(s, hash)
	if n != NoCode {
		return n
	}
	n = uint32(d.n)
	d.slots[slot] = hash>>32<<32 | uint64(n+1)
	d.keep(s)
	return n
}

// keep copies a label to the arena.
func (d *dictionary) keep(s string) {
	var length [binary.MaxVarintLen64]byte
	head := binary.PutUvarint(length[:], uint64(len(s)))
	last := len(d.arena) - 1
	if last < 0 || len(d.arena[last])+head+len(s) > cap(d.arena[last]) {
		room := arenaChunk
		if last < 0 {
			room = 4 << 10 // most dictionaries are small
		} else if cap(d.arena[last]) < arenaChunk {
			room = 16 * cap(d.arena[last])
		}
		chunk := make([]byte, 0, max(min(room, arenaChunk), head+len(s)))
		d.arena, d.size = append(d.arena, chunk), d.size+int64(cap(chunk))
		last++
	}
	chunk := d.arena[last]
	if d.n%placesChunk == 0 {
		d.at = append(d.at, nil)
	}
	places := &d.at[d.n/placesChunk]
	before := cap(*places)
	*places = append(*places, uint32(last*(arenaChunk/arenaUnit)+len(chunk)/arenaUnit))
	d.size += int64(4 * (cap(*places) - before))
	d.n++
	chunk = append(append(chunk, length[:head]...), s...)
	for len(chunk)%arenaUnit != 0 && len(chunk) < cap(chunk) {
		chunk = append(chunk, 0)
	}
	d.arena[last] = chunk
}

// grow doubles the table.
func (d *dictionary) grow() {
	old := d.slots
	d.slots = make([]uint64, max(64, 2*len(old)))
	d.size += int64(8 * (len(d.slots) - len(old)))
	d.shift = 64
	for n := len(d.slots); n > 1; n /= 2 {
		d.shift--
	}
	mask := uint64(len(d.slots) - 1)
	for _, e := range old {
		if e == 0 {
			continue
		}
		i := e >> 32 << 32 >> d.shift
		for d.slots[i] != 0 {
			i = (i + 1) & mask
		}
		d.slots[i] = e
	}
}

// close gives up what only adding needs.
func (d *dictionary) close() { d.slots, d.hashes = nil, nil }
