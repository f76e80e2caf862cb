package csvfile

import "github.com/zeebo/xxh3"

// An interner returns the same string for the same bytes, most of the time: it
// remembers the last text of each of its places, and so needs no more memory
// for a column of a hundred million different ones. The zero value is ready.
type interner struct {
	last   string
	places []string
	missed int
}

const (
	fewPlaces  = 1 << 8
	manyPlaces = 1 << 15
)

func (in *interner) text(b []byte) string {
	if string(b) == in.last { // neighbours are often equal
		return in.last
	}
	if in.places == nil {
		in.places = make([]string, fewPlaces)
	}
	p := &in.places[xxh3.Hash(b)&uint64(len(in.places)-1)]
	if *p != string(b) {
		if in.missed++; in.missed > 4*fewPlaces && len(in.places) == fewPlaces {
			in.places = make([]string, manyPlaces)
			p = &in.places[xxh3.Hash(b)&uint64(len(in.places)-1)]
		}
		*p = string(b)
	}
	in.last = *p
	return in.last
}
