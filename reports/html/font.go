package html

import (
	"encoding/base64"
	"fmt"
	"strings"
	"sync"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"

	"millrace/reports/typeface"
)

// faces is the style that has the page's own typeface inside, in two weights,
// so that it looks and breaks into sheets alike everywhere: Liberation Sans,
// which has Arial's widths, under a name of ours, as its licence wants of a part.
// Characters that it does not have are taken from the reader's system.
var faces = sync.OnceValue(func() string {
	var css strings.Builder
	for _, f := range []struct {
		ttf     []byte
		weights string
	}{{liberationsansregular.TTF, "100 549"}, {liberationsansbold.TTF, "550 900"}} {
		woff, err := typeface.Subset(f.ttf, characters(), "Millrace Sans")
		if err != nil {
			panic("html: the typeface: " + err.Error()) // it is built in, and every test of a page reads it
		}
		fmt.Fprintf(&css, "@font-face{font-family:\"Millrace Sans\";font-weight:%s;src:url(data:font/woff;base64,%s) format(\"woff\")}\n", f.weights, base64.StdEncoding.EncodeToString(woff))
	}
	return css.String()
})

// characters are those of the languages of western and central Europe, and the
// signs that pages use.
func characters() []rune {
	list := []rune("–—‘’‚“”„†•…‰′″€←↑→↓−≈≠≤≥◆✓↻＋ﬁﬂ\u2009\u202f\u2068\u2069")
	for _, r := range [][2]rune{{0x20, 0x7e}, {0xa0, 0x17f}, {0x218, 0x21b}} {
		for c := r[0]; c <= r[1]; c++ {
			list = append(list, c)
		}
	}
	return list
}
