package eventlog

import (
	"encoding/binary"
	"errors"
)

// GobEncode writes the distribution as numbers, each as short as it is: what is
// told of it, its buckets each with its count, and what is kept exactly.
func (h *Durations) GobEncode() ([]byte, error) {
	var text []byte
	put := func(list ...uint64) {
		for _, n := range list {
			text = binary.AppendUvarint(text, n)
		}
	}
	put(uint64(h.N), uint64(h.Min), uint64(h.Max), uint64(h.Overlaps), uint64(h.Missing), h.sum.hi, h.sum.lo, h.overlapSum.hi, h.overlapSum.lo)
	put(uint64(len(h.few)))
	for _, b := range h.few {
		put(uint64(b))
	}
	exact := uint64(0) // how many values follow, and one more
	if h.keep {
		exact = uint64(len(h.exact)) + 1
	}
	put(exact)
	for _, d := range h.exact {
		put(uint64(d))
	}
	if h.octaves == nil {
		return text, nil
	}
	for i, oct := range h.octaves {
		if oct == nil {
			continue
		}
		for j, n := range oct {
			if n > 0 {
				put(uint64(i<<6+j), n)
			}
		}
	}
	return text, nil
}

// GobDecode reads what GobEncode wrote. The distribution is the same in all that
// it tells.
func (h *Durations) GobDecode(text []byte) error {
	bad := false
	get := func() uint64 {
		n, size := binary.Uvarint(text)
		if size <= 0 {
			bad, text = true, nil
			return 0
		}
		text = text[size:]
		return n
	}
	count := func() int64 { return int64(get()) }
	bucket := func() uint16 {
		b := get()
		if b >= octaves<<6 {
			bad, text, b = true, nil, 0
		}
		return uint16(b)
	}
	*h = Durations{N: count(), Min: count(), Max: count(), Overlaps: count(), Missing: count(),
		sum: sum128{get(), get()}, overlapSum: sum128{get(), get()}}
	for n := get(); n > 0 && !bad; n-- {
		h.few = append(h.few, bucket())
	}
	if n := get(); n > 0 {
		h.keep = true
		for ; n > 1 && !bad; n-- {
			h.exact = append(h.exact, count())
		}
	}
	for len(text) > 0 {
		b, n := bucket(), get()
		h.spread()
		h.count(int(b), n)
	}
	if bad {
		return errors.New("eventlog: damaged durations")
	}
	return nil
}
