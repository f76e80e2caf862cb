package typeface

import (
	"bytes"
	"compress/zlib"
	"io"
	"testing"

	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"pgregory.net/rapid"
)

// unpacked makes of a WOFF the font that another reader, that of x/image, reads.
func unpacked(t testing.TB, woff []byte) *sfnt.Font {
	t.Helper()
	n := int(be.Uint16(woff[12:]))
	if string(woff[:4]) != "wOFF" || int(be.Uint32(woff[8:])) != len(woff) {
		t.Fatal("no WOFF, or of another length")
	}
	power, log := 1, 0
	for power*2 <= n {
		power, log = power*2, log+1
	}
	font, body := []byte{0, 1, 0, 0}, []byte{}
	for _, x := range []int{n, 16 * power, log, 16 * (n - power)} {
		font = be.AppendUint16(font, uint16(x))
	}
	for i := range n {
		e := woff[44+20*i:]
		at, packed, size := int(be.Uint32(e[4:])), int(be.Uint32(e[8:])), int(be.Uint32(e[12:]))
		content := woff[at : at+packed]
		if packed < size {
			r, err := zlib.NewReader(bytes.NewReader(content))
			if err != nil {
				t.Fatal(err)
			}
			if content, err = io.ReadAll(r); err != nil || len(content) != size {
				t.Fatalf("%d bytes of %d: %v", len(content), size, err)
			}
		}
		if string(e[:4]) != "head" && sum(content) != be.Uint32(e[16:]) {
			t.Errorf("the checksum of %s is wrong", e[:4])
		}
		font = append(font, e[:4]...)
		for _, x := range []uint32{be.Uint32(e[16:]), uint32(12 + 16*n + len(body)), uint32(size)} {
			font = be.AppendUint32(font, x)
		}
		body = append(body, content...)
		for len(body)%4 > 0 {
			body = append(body, 0)
		}
	}
	whole := append(font, body...)
	if got := int(be.Uint32(woff[16:])); got != len(whole) {
		t.Errorf("it says that the font has %d bytes, of %d", got, len(whole))
	}
	if got := sum(whole); got != 0xB1B0AFBA {
		t.Errorf("the checksum of the whole is %x", got)
	}
	f, err := sfnt.Parse(whole)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestSubset: another reader finds in the part what it finds in the whole: each
// character's outline and width, and no other character.
func TestSubset(t *testing.T) {
	ttf := liberationsansregular.TTF
	whole, err := sfnt.Parse(ttf)
	if err != nil {
		t.Fatal(err)
	}
	if copyright, err := whole.Name(nil, sfnt.NameIDCopyright); err != nil || copyright == "" {
		t.Fatalf("copyright %q: %v", copyright, err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		list := rapid.SliceOfN(rapid.OneOf(rapid.RuneFrom([]rune("AaÄäÅåéźŻğ€→Ωж\u00a0")), rapid.Rune()), 1, 40).Draw(rt, "characters")
		list = append(list, 'x')
		woff, err := Subset(ttf, list, "Part")
		if err != nil {
			rt.Fatal(err)
		}
		if again, _ := Subset(ttf, list, "Part"); !bytes.Equal(woff, again) {
			rt.Fatal("other bytes the second time")
		}
		part := unpacked(t, woff)
		var a, b sfnt.Buffer
		for c := rune(0x20); c < 0x2300; c++ {
			old, err := whole.GlyphIndex(&a, c)
			if err != nil {
				rt.Fatal(err)
			}
			found, err := part.GlyphIndex(&b, c)
			if err != nil {
				rt.Fatal(err)
			}
			asked := bytes.ContainsRune([]byte(string(list)), c)
			if (found != 0) != (asked && old != 0) {
				rt.Fatalf("%q is glyph %d, %d of the whole, asked %v", c, found, old, asked)
			}
			if found == 0 {
				continue
			}
			size := fixed.I(2048)
			wide, _ := whole.GlyphAdvance(&a, old, size, 0)
			if got, err := part.GlyphAdvance(&b, found, size, 0); err != nil || got != wide {
				rt.Fatalf("%q is %v wide, want %v (%v)", c, got, wide, err)
			}
			want, err := whole.LoadGlyph(&a, old, size, nil)
			if err != nil {
				rt.Fatal(err)
			}
			got, err := part.LoadGlyph(&b, found, size, nil)
			if err != nil || len(got) != len(want) {
				rt.Fatalf("%q has %d strokes, want %d (%v)", c, len(got), len(want), err)
			}
			for i := range got {
				if got[i] != want[i] {
					rt.Fatalf("%q, stroke %d: %v, want %v", c, i, got[i], want[i])
				}
			}
		}
		if name, _ := part.Name(&b, sfnt.NameIDFamily); name != "Part" {
			rt.Fatalf("it is called %q", name)
		}
		for _, id := range []sfnt.NameID{sfnt.NameIDCopyright, sfnt.NameIDLicense} {
			was, _ := whole.Name(&a, id)
			if is, err := part.Name(&b, id); err != nil || is != was {
				rt.Fatalf("name %d is %q, want %q (%v)", id, is, was, err)
			}
		}
	})
}

// What is no font, or a cut one, is an error and no panic.
func TestBrokenFonts(t *testing.T) {
	ttf := liberationsansregular.TTF
	rapid.Check(t, func(t *rapid.T) {
		broken := bytes.Clone(ttf[:rapid.IntRange(0, len(ttf)).Draw(t, "length")])
		for range rapid.IntRange(0, 4).Draw(t, "changes") {
			if len(broken) > 0 {
				broken[rapid.IntRange(0, min(len(broken), 4000)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
			}
		}
		_, _ = Subset(broken, []rune("aÄ€"), "Part")
	})
	if _, err := Subset([]byte("OTTO"), []rune("a"), "Part"); err == nil {
		t.Error("no font is taken for one")
	}
	if _, err := Subset(ttf, []rune("語"), "Part"); err == nil {
		t.Error("a part of nothing is made")
	}
}
