package typeface

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"maps"
	"slices"
	"unicode/utf16"
)

// Subset makes a WOFF of a TrueType font with the characters of the basic plane
// that are in both, called by another family: the licences of many fonts keep
// their name for what is whole. Copyright and licence are kept. The same input
// gives the same bytes.
func Subset(ttf []byte, characters []rune, family string) ([]byte, error) {
	f, err := read(ttf)
	if err != nil {
		return nil, err
	}
	known, err := f.characters()
	if err != nil {
		return nil, err
	}
	s := &subset{font: f, number: map[int]int{}}
	s.add(0) // what is drawn for a character that is not there
	runes := slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(characters))), func(c rune) bool { return known[c] == 0 })
	if len(runes) == 0 {
		return nil, fmt.Errorf("the font has none of the characters")
	}
	for _, c := range runes {
		s.add(known[c])
	}
	tables := map[string][]byte{"OS/2": f.tables["OS/2"], "name": s.names(family)}
	var glyf, loca, hmtx []byte
	for i := 0; i < len(s.glyphs); i++ { // parts of glyphs are added on the way
		outline, err := s.outline(s.glyphs[i])
		if err != nil {
			return nil, err
		}
		loca = be.AppendUint32(loca, uint32(len(glyf)))
		glyf = append(glyf, outline...)
		for len(glyf)%4 > 0 {
			glyf = append(glyf, 0)
		}
		advance, bearing := f.metric(s.glyphs[i])
		hmtx = be.AppendUint16(be.AppendUint16(hmtx, advance), bearing)
	}
	n := uint16(len(s.glyphs))
	tables["glyf"], tables["loca"], tables["hmtx"] = glyf, be.AppendUint32(loca, uint32(len(glyf))), hmtx
	tables["cmap"] = s.cmap(runes, known)
	tables["maxp"] = changed(f.tables["maxp"], 4, n)
	tables["hhea"] = changed(f.tables["hhea"], 34, n)
	tables["head"] = changed(f.tables["head"], 50, 1) // 32 bits an entry of loca
	be.PutUint32(tables["head"][8:], 0)               // of the whole, filled in below
	tables["post"] = slices.Clone(f.tables["post"][:32])
	be.PutUint32(tables["post"], 0x00030000) // without names of glyphs
	return woff(tables)
}

// changed is a table with a number in it replaced.
func changed(table []byte, at int, n uint16) []byte {
	t := slices.Clone(table)
	be.PutUint16(t[at:], n)
	return t
}

// A subset numbers the glyphs that it has anew.
type subset struct {
	*font
	glyphs []int       // their numbers in the font
	number map[int]int // and here
}

func (s *subset) add(glyph int) int {
	n, ok := s.number[glyph]
	if !ok {
		n = len(s.glyphs)
		s.number[glyph] = n
		s.glyphs = append(s.glyphs, glyph)
	}
	return n
}

// Flags of a part of a composed glyph.
const (
	wordArguments = 1 << iota
	_
	_
	oneScale
	_
	moreParts
	twoScales
	matrix
	hinted
)

// outline is that of a glyph without its hints, its parts by their new numbers.
func (s *subset) outline(glyph int) ([]byte, error) {
	old, err := s.glyph(glyph)
	if err != nil || len(old) == 0 {
		return nil, err
	}
	if len(old) < 12 {
		return nil, errShort
	}
	if contours := int(int16(be.Uint16(old))); contours >= 0 {
		at := 10 + 2*contours
		if len(old) < at+2 {
			return nil, errShort
		}
		rest := at + 2 + int(be.Uint16(old[at:]))
		if len(old) < rest {
			return nil, errShort
		}
		return slices.Concat(old[:at], []byte{0, 0}, old[rest:]), nil
	}
	out := slices.Clone(old)
	for at := 10; ; {
		if len(out) < at+4 {
			return nil, errShort
		}
		flags := be.Uint16(out[at:])
		be.PutUint16(out[at:], flags&^hinted)
		be.PutUint16(out[at+2:], uint16(s.add(int(be.Uint16(out[at+2:])))))
		at += 6
		if flags&wordArguments != 0 {
			at += 2
		}
		switch {
		case flags&oneScale != 0:
			at += 2
		case flags&twoScales != 0:
			at += 4
		case flags&matrix != 0:
			at += 8
		}
		if len(out) < at {
			return nil, errShort
		}
		if flags&moreParts == 0 {
			return out[:at], nil
		}
	}
}

// cmap is the table of characters: one of format 4, a segment for each run of
// characters whose glyphs follow one another.
func (s *subset) cmap(runes []rune, known map[rune]int) []byte {
	var ends, starts, deltas []byte
	last, delta := rune(-2), -1
	for _, c := range append(slices.Clone(runes), 0xffff) {
		d := 1
		if c < 0xffff {
			d = (s.number[known[c]] - int(c)) & 0xffff
		}
		if c != last+1 || d != delta || c == 0xffff {
			if last >= 0 {
				ends = be.AppendUint16(ends, uint16(last))
			}
			starts, deltas = be.AppendUint16(starts, uint16(c)), be.AppendUint16(deltas, uint16(d))
		}
		last, delta = c, d
	}
	ends = be.AppendUint16(ends, 0xffff)
	n := len(ends) / 2
	power, log := 1, 0
	for power*2 <= n {
		power, log = power*2, log+1
	}
	t := []byte{0, 0, 0, 1, 0, 3, 0, 1, 0, 0, 0, 12} // one table, of Windows, Unicode, behind this
	for _, x := range []int{4, 16 + 8*n, 0, 2 * n, 2 * power, log, 2 * (n - power)} {
		t = be.AppendUint16(t, uint16(x))
	}
	return slices.Concat(t, ends, []byte{0, 0}, starts, deltas, make([]byte, 2*n))
}

// names are what the font is called, and whose it is.
func (s *subset) names(family string) []byte {
	texts := s.texts()
	for id, text := range map[uint16]string{1: family, 2: "Regular", 3: family, 4: family, 6: "MillraceSubset"} {
		for _, u := range utf16.Encode([]rune(text)) {
			texts[id] = be.AppendUint16(texts[id], u)
		}
	}
	ids := slices.Sorted(maps.Keys(texts))
	records, store := []byte{}, []byte{}
	for _, id := range ids {
		for _, x := range []int{3, 1, 0x409, int(id), len(texts[id]), len(store)} {
			records = be.AppendUint16(records, uint16(x))
		}
		store = append(store, texts[id]...)
	}
	var t []byte
	for _, x := range []int{0, len(ids), 6 + len(records)} {
		t = be.AppendUint16(t, uint16(x))
	}
	return slices.Concat(t, records, store)
}

// sum is the checksum of a table.
func sum(table []byte) (n uint32) {
	for ; len(table) >= 4; table = table[4:] {
		n += be.Uint32(table)
	}
	var rest [4]byte
	copy(rest[:], table)
	return n + be.Uint32(rest[:])
}

// woff packs tables as WOFF 1.0 (W3C, 2012), each compressed if that is shorter.
func woff(tables map[string][]byte) ([]byte, error) {
	tags := slices.Sorted(maps.Keys(tables))
	n := len(tags)
	power, log := 1, 0
	for power*2 <= n {
		power, log = power*2, log+1
	}
	// What the font would be without WOFF, for its length and checksum.
	directory := []byte{0, 1, 0, 0}
	for _, x := range []int{n, 16 * power, log, 16 * (n - power)} {
		directory = be.AppendUint16(directory, uint16(x))
	}
	whole, at := uint32(0), uint32(12+16*n)
	for _, tag := range tags {
		t := tables[tag]
		whole += sum(t)
		directory = append(directory, tag...)
		for _, x := range []uint32{sum(t), at, uint32(len(t))} {
			directory = be.AppendUint32(directory, x)
		}
		at += uint32(len(t)+3) &^ 3
	}
	headSum := sum(tables["head"]) // with 0 where the whole's is
	be.PutUint32(tables["head"][8:], 0xB1B0AFBA-whole-sum(directory))

	var entries, body []byte
	for _, tag := range tags {
		t, check := tables[tag], sum(tables[tag])
		if tag == "head" {
			check = headSum
		}
		var packed bytes.Buffer
		w, err := zlib.NewWriterLevel(&packed, zlib.BestCompression)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(t); err != nil {
			return nil, err
		}
		if err := w.Close(); err != nil {
			return nil, err
		}
		content := packed.Bytes()
		if len(content) >= len(t) {
			content = t
		}
		entries = append(entries, tag...)
		for _, x := range []uint32{uint32(44 + 20*n + len(body)), uint32(len(content)), uint32(len(t)), check} {
			entries = be.AppendUint32(entries, x)
		}
		body = append(body, content...)
		for len(body)%4 > 0 {
			body = append(body, 0)
		}
	}
	out := append([]byte("wOFF"), 0, 1, 0, 0)
	out = be.AppendUint32(out, uint32(44+len(entries)+len(body)))
	out = be.AppendUint16(be.AppendUint16(out, uint16(n)), 0)
	out = be.AppendUint32(out, at)
	out = append(out, make([]byte, 24)...) // version 0.0, no metadata, nothing private
	return slices.Concat(out, entries, body), nil
}
