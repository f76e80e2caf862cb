package mining

import (
	"cmp"
	"encoding/binary"
	"slices"

	"millrace/eventlog"
)

// VariantCases returns the folder that tells which cases follow each variant of
// s, the summary of the same log, and how long each took: what is behind a
// result that is of variants. It takes O(cases + Σ|variant|) time, and 16 bytes
// of memory a case.
//
//	v, err := eventlog.Fold(ctx, log, mining.VariantCases(s, log.Label))
//
// label is [eventlog.Log.Label].
func VariantCases(s *eventlog.Summary, label func(uint16) string) eventlog.Folder[*Followers] {
	byPath := make(map[string]int, len(s.Variants))
	var key []byte
	for v := range s.Variants {
		key = key[:0]
		for _, a := range s.Variants[v].Path {
			key = binary.LittleEndian.AppendUint32(key, uint32(a))
		}
		byPath[string(key)] = v
	}
	return eventlog.Folder[*Followers]{
		New: func() *Followers {
			return &Followers{of: make([][]Follower, len(s.Variants)), s: s, label: label, byPath: byPath, codes: map[uint16]uint32{}, variants: map[uint32]int{}}
		},
		Add:   (*Followers).add,
		Merge: (*Followers).merge,
	}
}

// A Follower is a case of a variant.
type Follower struct {
	Case int64 // number, for [eventlog.Log.CaseIDs]
	Took int64 // µs from its first event to its last; [eventlog.NoTime] if nobody knows
}

// Followers are the cases of each variant.
type Followers struct {
	of     [][]Follower
	s      *eventlog.Summary
	label  func(uint16) string
	byPath map[string]int

	codes    map[uint16]uint32 // code of a batch → activity of s
	variants map[uint32]int    // path of a log → variant of s
}

// Of returns the cases of variant v of the summary, by number.
func (f *Followers) Of(v int) []Follower {
	slices.SortFunc(f.of[v], func(x, y Follower) int { return cmp.Compare(x.Case, y.Case) })
	return f.of[v]
}

func (f *Followers) add(c *eventlog.Cases) {
	for i, number := range c.Case {
		v, ok := f.variants[c.Variant[i]]
		if !ok {
			v = f.variant(c.Activity[c.Offsets[i]:c.Offsets[i+1]])
			f.variants[c.Variant[i]] = v
		}
		x := Follower{number, eventlog.NoTime}
		if first, last := c.Ends(i); first != eventlog.NoTime && last != eventlog.NoTime {
			x.Took = last - first
		}
		f.of[v] = append(f.of[v], x)
	}
}

// variant finds the variant of s with these activities.
func (f *Followers) variant(path []uint16) int {
	key := make([]byte, 0, 4*len(path))
	for _, code := range path {
		a, ok := f.codes[code]
		if !ok {
			at, _ := slices.BinarySearch(f.s.Activities, f.label(code))
			a = uint32(at)
			f.codes[code] = a
		}
		key = binary.LittleEndian.AppendUint32(key, a)
	}
	v, ok := f.byPath[string(key)]
	if !ok {
		panic("mining: a case follows no variant of the summary, which is of another log")
	}
	return v
}

func (f *Followers) merge(o *Followers) {
	for v := range o.of {
		f.of[v] = append(f.of[v], o.of[v]...)
	}
}
