package typeface

import (
	"encoding/binary"
	"errors"
	"fmt"
)

var be = binary.BigEndian

// A font is the tables of a TrueType font by tag.
type font struct {
	tables map[string][]byte
	glyphs int
	long   bool // its loca has 32 bits an entry
	wide   int  // glyphs that have an advance of their own
}

var errShort = errors.New("the font ends too early")

// read finds the tables, and checks that those are there that a subset needs.
func read(ttf []byte) (*font, error) {
	if len(ttf) < 12 || be.Uint32(ttf) != 0x00010000 {
		return nil, errors.New("this is no TrueType font")
	}
	f := &font{tables: map[string][]byte{}}
	for i := range int(be.Uint16(ttf[4:])) {
		entry := 12 + 16*i
		if len(ttf) < entry+16 {
			return nil, errShort
		}
		at, size := int(be.Uint32(ttf[entry+8:])), int(be.Uint32(ttf[entry+12:]))
		if at > len(ttf) || size > len(ttf)-at {
			return nil, errShort
		}
		f.tables[string(ttf[entry:entry+4])] = ttf[at : at+size]
	}
	for tag, least := range map[string]int{"head": 54, "hhea": 36, "maxp": 32, "hmtx": 4, "OS/2": 78, "post": 32, "cmap": 4, "loca": 4, "glyf": 0, "name": 6} {
		if t, ok := f.tables[tag]; !ok || len(t) < least {
			return nil, fmt.Errorf("the font has no table %s, or too short a one", tag)
		}
	}
	f.glyphs, f.long = int(be.Uint16(f.tables["maxp"][4:])), be.Uint16(f.tables["head"][50:]) == 1
	f.wide = int(be.Uint16(f.tables["hhea"][34:]))
	entry := 2
	if f.long {
		entry = 4
	}
	if f.wide < 1 || f.wide > f.glyphs || len(f.tables["hmtx"]) < 4*f.wide+2*(f.glyphs-f.wide) || len(f.tables["loca"]) < entry*(f.glyphs+1) {
		return nil, errShort
	}
	return f, nil
}

// glyph is the outline of a glyph; a blank has none.
func (f *font) glyph(n int) ([]byte, error) {
	if n >= f.glyphs {
		return nil, errShort
	}
	loca, glyf := f.tables["loca"], f.tables["glyf"]
	var from, to int
	if f.long {
		from, to = int(be.Uint32(loca[4*n:])), int(be.Uint32(loca[4*n+4:]))
	} else {
		from, to = 2*int(be.Uint16(loca[2*n:])), 2*int(be.Uint16(loca[2*n+2:]))
	}
	if from > to || to > len(glyf) {
		return nil, errShort
	}
	return glyf[from:to], nil
}

// metric is the advance and the left bearing of a glyph.
func (f *font) metric(n int) (advance, bearing uint16) {
	hmtx := f.tables["hmtx"]
	if n < f.wide {
		return be.Uint16(hmtx[4*n:]), be.Uint16(hmtx[4*n+2:])
	}
	return be.Uint16(hmtx[4*f.wide-4:]), be.Uint16(hmtx[4*f.wide+2*(n-f.wide):])
}

// characters is the font's table from characters of the basic plane to glyphs:
// of Windows and Unicode, in format 4, which every font has.
func (f *font) characters() (map[rune]int, error) {
	cmap := f.tables["cmap"]
	for i := range int(be.Uint16(cmap[2:])) {
		if len(cmap) < 4+8*i+8 {
			return nil, errShort
		}
		entry := cmap[4+8*i:]
		at := int(be.Uint32(entry[4:]))
		if be.Uint16(entry) == 3 && be.Uint16(entry[2:]) == 1 && at+14 <= len(cmap) && be.Uint16(cmap[at:]) == 4 {
			return segments(cmap[at:])
		}
	}
	return nil, errors.New("the font has no table of Unicode characters in format 4")
}

func segments(t []byte) (map[rune]int, error) {
	n := int(be.Uint16(t[6:])) / 2
	if len(t) < 16+8*n {
		return nil, errShort
	}
	ends, starts, deltas, offsets := t[14:], t[16+2*n:], t[16+4*n:], t[16+6*n:]
	out := map[rune]int{}
	for i := range n {
		for c := int(be.Uint16(starts[2*i:])); c <= int(be.Uint16(ends[2*i:])) && c < 0xffff; c++ {
			g, offset := c, int(be.Uint16(offsets[2*i:]))
			if offset > 0 {
				at := 2*i + offset + 2*(c-int(be.Uint16(starts[2*i:])))
				if at+2 > len(offsets) {
					return nil, errShort
				}
				if g = int(be.Uint16(offsets[at:])); g == 0 {
					continue
				}
			}
			if g = (g + int(be.Uint16(deltas[2*i:]))) & 0xffff; g != 0 {
				out[rune(c)] = g
			}
		}
	}
	return out, nil
}

// texts are the font's names that have to go with it, as they are in it: 0
// copyright, 13 licence, 14 where the licence is.
func (f *font) texts() map[uint16][]byte {
	name, out := f.tables["name"], map[uint16][]byte{}
	store := int(be.Uint16(name[4:]))
	for i := range int(be.Uint16(name[2:])) {
		if len(name) < 6+12*i+12 {
			return out
		}
		r := name[6+12*i:]
		id, size, at := be.Uint16(r[6:]), int(be.Uint16(r[8:])), store+int(be.Uint16(r[10:]))
		if be.Uint16(r) == 3 && be.Uint16(r[2:]) == 1 && be.Uint16(r[4:]) == 0x409 && (id == 0 || id == 13 || id == 14) && at+size <= len(name) {
			out[id] = name[at : at+size]
		}
	}
	return out
}
