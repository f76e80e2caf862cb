package xmltext

import (
	"encoding/xml"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// What is written comes back through encoding/xml, as an attribute and as
// text, but for what XML has no characters for.
func TestEveryTextComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("\t\r\n <>&\"'\x00\x1f\x7f\u0085\uFFFD\uFFFE\U0001F600]a")))).Draw(t, "text")
		var e Escaper
		text := e.Append(nil, s)
		var out struct {
			A    string `xml:"a,attr"`
			Text string `xml:",chardata"`
		}
		if err := xml.Unmarshal([]byte(`<x a="`+string(text)+`">`+string(text)+`</x>`), &out); err != nil {
			t.Fatalf("%q as %q: %v", s, text, err)
		}
		replaced := int64(0)
		want := strings.Map(func(r rune) rune {
			if r < ' ' && !strings.ContainsRune("\t\r\n", r) || r == 0xFFFE || r == 0xFFFF {
				replaced++
				return 0xFFFD
			}
			return r
		}, s)
		if out.A != want || out.Text != want || e.Replaced != replaced {
			t.Fatalf("%q came back as %q and %q, %d replaced; want %q, %d", s, out.A, out.Text, e.Replaced, want, replaced)
		}
	})
}

func TestBytesThatAreNoText(t *testing.T) {
	var e Escaper
	if got := string(e.Append([]byte("x="), "a\xffb")); got != "x=a\uFFFDb" || e.Replaced != 1 {
		t.Fatalf("got %q, %d replaced", got, e.Replaced)
	}
}
