package conform

// A nodeTable numbers keys: a hash table with open addressing, which is
// emptied for each trace without touching its memory.
type nodeTable struct {
	slots []nodeSlot // a power of two
	round uint32
	used  int
}

type nodeSlot struct {
	key   uint64
	round uint32 // that the slot is used in
	value int32
}

// forget empties the table.
func (t *nodeTable) forget() {
	if t.round++; t.round == 0 { // has been everything once
		clear(t.slots)
		t.round = 1
	}
	t.used = 0
}

// number returns the number of a key, which is next if it has none yet.
func (t *nodeTable) number(key uint64, next int32) int32 {
	if 2*t.used >= len(t.slots) {
		t.grow()
	}
	s := t.slot(key)
	if s.round != t.round {
		*s = nodeSlot{key, t.round, next}
		t.used++
	}
	return s.value
}

// slot is where a key is, or would be.
func (t *nodeTable) slot(key uint64) *nodeSlot {
	mask := uint64(len(t.slots) - 1)
	// Fibonacci hashing (Knuth, volume 3, 6.4), the upper half of which has all bits of the key in it.
	for i := key * 0x9e3779b97f4a7c15 >> 32; ; i++ {
		if s := &t.slots[i&mask]; s.round != t.round || s.key == key {
			return s
		}
	}
}

func (t *nodeTable) grow() {
	old := t.slots
	t.slots = make([]nodeSlot, max(1024, 2*len(old)))
	for i := range old {
		if old[i].round == t.round {
			*t.slot(old[i].key) = old[i]
		}
	}
}
