package csvfile

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
)

// A charset is an encoding that a file can be written in.
type charset struct {
	name  string
	bom   string
	codec encoding.Encoding // nil: it is UTF-8 already
	width int               // bytes of the smallest character
}

// charsets lists what --encoding takes.
var charsets = []charset{
	{name: "utf-8", bom: "\xef\xbb\xbf", width: 1},
	{name: "utf-16le", bom: "\xff\xfe", codec: unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), width: 2},
	{name: "utf-16be", bom: "\xfe\xff", codec: unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), width: 2},
	{name: "windows-1252", codec: charmap.Windows1252, width: 1},
	{name: "latin-1", codec: charmap.ISO8859_1, width: 1},
	{name: "shift-jis", codec: japanese.ShiftJIS, width: 1},
}

func charsetNamed(name string) (charset, error) {
	var names []string
	for _, c := range charsets {
		if c.name == strings.ToLower(name) {
			return c, nil
		}
		names = append(names, c.name)
	}
	return charset{}, fmt.Errorf("--encoding %q is not one of %s", name, strings.Join(names, ", "))
}

func mustCharset(name string) charset {
	c, err := charsetNamed(name)
	if err != nil {
		panic(err)
	}
	return c
}

// detectEncoding looks at the first bytes of a file: a byte order mark, else
// zeros, which text has in UTF-16 only, else UTF-8 if it is, else kana in
// Shift-JIS, else what Windows writes in the West.
func detectEncoding(head []byte) charset {
	for _, c := range charsets {
		if c.bom != "" && bytes.HasPrefix(head, []byte(c.bom)) {
			return c
		}
	}
	var zeros [2]int
	for i, b := range head {
		if b == 0 {
			zeros[i&1]++
		}
	}
	switch {
	case zeros[1] > 0 && zeros[1] > 10*zeros[0]:
		return mustCharset("utf-16le")
	case zeros[0] > 0 && zeros[0] > 10*zeros[1]:
		return mustCharset("utf-16be")
	case utf8.Valid(wholeRunes(head)):
		return mustCharset("utf-8")
	case shiftJIS(head):
		return mustCharset("shift-jis")
	}
	return mustCharset("windows-1252")
}

// wholeRunes cuts a rune off that the end of head cut.
func wholeRunes(head []byte) []byte {
	for i := len(head) - 1; i >= 0 && i >= len(head)-utf8.UTFMax; i-- {
		if utf8.RuneStart(head[i]) {
			if !utf8.FullRune(head[i:]) {
				return head[:i]
			}
			break
		}
	}
	return head
}

// shiftJIS says whether the bytes read as Japanese: they decode, and have kana
// of two bytes, the first of which hardly occurs in Western text.
func shiftJIS(head []byte) bool {
	kana := 0
	for i := 0; i+1 < len(head); i++ {
		if (head[i] == 0x82 && head[i+1] >= 0x9f && head[i+1] <= 0xf1) || (head[i] == 0x83 && head[i+1] >= 0x40 && head[i+1] <= 0x96) {
			kana++
			i++
		}
	}
	if kana < 3 {
		return false
	}
	text, err := japanese.ShiftJIS.NewDecoder().Bytes(head[:len(head)-min(2, len(head))])
	return err == nil && bytes.Count(text, []byte("\ufffd")) == 0
}

// decodeHead decodes what may be cut in the middle of a character.
func (c charset) decodeHead(head []byte) ([]byte, error) {
	head = bytes.TrimPrefix(head, []byte(c.bom))
	if c.codec == nil {
		return wholeRunes(head), nil
	}
	return c.codec.NewDecoder().Bytes(head[:len(head)/c.width*c.width])
}
