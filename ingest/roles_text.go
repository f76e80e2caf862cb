package ingest

import "github.com/zeebo/xxh3"

// Texts makes strings of the values of one column, and returns the same string
// for the same bytes most of the time: it remembers the last text of each of
// its places, and so needs no more memory for a column of a hundred million
// different ones. The zero value is ready; it is for one goroutine.
type Texts struct {
	last   string
	places []string
	missed int
}

const (
	fewPlaces  = 1 << 8
	manyPlaces = 1 << 15
)

// Text returns b as a string.
func (t *Texts) Text(b []byte) string {
	if string(b) == t.last { // neighbours are often equal
		return t.last
	}
	if t.places == nil {
		t.places = make([]string, fewPlaces)
	}
	p := &t.places[xxh3.Hash(b)&uint64(len(t.places)-1)]
	if *p != string(b) {
		if t.missed++; t.missed > 4*fewPlaces && len(t.places) == fewPlaces {
			t.places = make([]string, manyPlaces)
			p = &t.places[xxh3.Hash(b)&uint64(len(t.places)-1)]
		}
		*p = string(b)
	}
	t.last = *p
	return t.last
}
