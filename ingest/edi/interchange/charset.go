package interchange

import (
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// A charset is what the bytes of an interchange mean.
type charset struct {
	name   string            // as the interchange says
	codec  encoding.Encoding // nil: UTF-8
	strict bool              // what is not UTF-8 is an error, and not Windows-1252
}

// undeclared is the charset of an interchange that does not say: UTF-8 where it
// is, else what Windows writes in the West.
var undeclared = &charset{}

// charsets are the character repertoires of EDIFACT (UN/ECE R1225, ISO 9735
// annex A). UNOA and UNOB are parts of ASCII; what senders write beyond it is
// read as if it were not declared. UNOX (ISO 2022) is not understood.
var charsets = []*charset{
	{name: "UNOA"}, {name: "UNOB"},
	{name: "UNOC", codec: charmap.ISO8859_1},
	{name: "UNOD", codec: charmap.ISO8859_2},
	{name: "UNOE", codec: charmap.ISO8859_5},
	{name: "UNOF", codec: charmap.ISO8859_7},
	{name: "UNOG", codec: charmap.ISO8859_3},
	{name: "UNOH", codec: charmap.ISO8859_4},
	{name: "UNOI", codec: charmap.ISO8859_6},
	{name: "UNOJ", codec: charmap.ISO8859_8},
	{name: "UNOK", codec: charmap.ISO8859_9},
	{name: "UNOL", codec: charmap.ISO8859_15},
	{name: "UNOW", strict: true}, {name: "UNOY", strict: true},
}

func charsetNamed(name string) *charset {
	for _, c := range charsets {
		if c.name == name {
			return c
		}
	}
	return nil
}

// decode turns bytes into text.
func (c *charset) decode(raw []byte) (string, error) {
	codec := c.codec
	if codec == nil {
		if utf8.Valid(raw) {
			return string(raw), nil
		}
		if c.strict {
			return "", fmt.Errorf("%q is not UTF-8, as %s says", raw[:min(len(raw), 40)], c.name)
		}
		codec = charmap.Windows1252
	}
	text, err := codec.NewDecoder().Bytes(raw)
	return string(text), err
}
