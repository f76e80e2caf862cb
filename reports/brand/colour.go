package brand

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// least is the least contrast of text, by WCAG 2.2, 1.4.3 (AA).
const least = 4.5

// A colour is red, green, blue in sRGB.
type colour [3]uint8

func (c colour) String() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// parse reads #rrggbb or #rgb.
func parse(s string) (c colour, err error) {
	n, bad := strconv.ParseUint(strings.TrimPrefix(s, "#"), 16, 32)
	switch {
	case bad == nil && s[0] == '#' && len(s) == 7:
		return colour{uint8(n >> 16), uint8(n >> 8), uint8(n)}, nil
	case bad == nil && s[0] == '#' && len(s) == 4:
		return colour{uint8(n>>8) * 0x11, uint8(n>>4&15) * 0x11, uint8(n&15) * 0x11}, nil
	}
	return c, fmt.Errorf("%q is no colour such as #0f5c7a", s)
}

// must is for our own colours, and those that were parsed.
func must(s string) colour {
	c, err := parse(s)
	if err != nil {
		panic("brand: " + err.Error())
	}
	return c
}

// luminance is that of WCAG 2.2, 0 to 1.
func (c colour) luminance() float64 {
	var l [3]float64
	for i, x := range c {
		if v := float64(x) / 255; v <= .04045 {
			l[i] = v / 12.92
		} else {
			l[i] = math.Pow((v+.055)/1.055, 2.4)
		}
	}
	return .2126*l[0] + .7152*l[1] + .0722*l[2]
}

// contrast is the contrast ratio of WCAG 2.2, 1 to 21.
func contrast(a, b colour) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + .05) / (min(x, y) + .05)
}

// readable mixes as little of another colour into c as makes it readable with
// a ground.
func readable(c, ground, towards colour) colour {
	for part := 0; part <= 100; part++ {
		var mixed colour
		for i := range c {
			mixed[i] = uint8((int(c[i])*(100-part) + int(towards[i])*part) / 100)
		}
		if contrast(mixed, ground) >= least {
			return mixed
		}
	}
	return towards
}

// down rounds so that what is not enough does not read as if it were.
func down(ratio float64) float64 { return math.Floor(ratio*10) / 10 }
