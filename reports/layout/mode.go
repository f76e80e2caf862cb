package layout

import (
	"fmt"
	"strings"

	"millrace/eventlog"
	"millrace/reports/figure"
)

// A Mode is what the colours, widths and labels of a map tell.
type Mode int8

const (
	Waiting   Mode = iota // how long cases wait on a path: at the median
	Slow                  // the same: what nine in ten do not exceed
	Working               // how long in working time, at the median
	Value                 // how much stands there on average
	Frequency             // how often a path is taken
)

// String returns the name of the mode in classes of the picture.
func (m Mode) String() string { return modes[m].name }

// A mode says how a path is drawn.
type mode struct {
	name   string
	letter byte // of its classes
	colour byte // of the palette's colours: one has one meaning
	label  func(e *edge, s *Scale, f *figure.Style) string
	class  func(e *edge, s *Scale) int // of colours
	width  func(e *edge, s *Scale) int // of widths
}

// modes lists every mode, by its number. The first one is what is seen where
// nothing else is chosen.
var modes = [...]mode{
	Waiting: {"waiting", 'p', 'p',
		func(e *edge, _ *Scale, f *figure.Style) string { return quantile(f, e.wait, .5, e.working) },
		func(e *edge, s *Scale) int { return quantileClass(e.wait, .5, s.Waits) },
		func(e *edge, s *Scale) int { return totalClass(e, e.wait, s.wait) }},
	Slow: {"slow", 's', 'p',
		func(e *edge, _ *Scale, f *figure.Style) string { return quantile(f, e.wait, .9, e.working) },
		func(e *edge, s *Scale) int { return quantileClass(e.wait, .9, s.Waits) },
		func(e *edge, s *Scale) int { return totalClass(e, e.wait, s.wait) }},
	Working: {"working", 'k', 'p',
		func(e *edge, _ *Scale, f *figure.Style) string { return quantile(f, e.work, .5, true) },
		func(e *edge, s *Scale) int { return quantileClass(e.work, .5, s.Work) },
		func(e *edge, s *Scale) int { return totalClass(e, e.work, s.work) }},
	Value: {"value", 'v', 'v',
		func(e *edge, s *Scale, f *figure.Style) string {
			if amount, ok := e.amount(s.Currency); ok {
				return f.Money(s.Currency, amount)
			}
			return ""
		},
		func(e *edge, s *Scale) int {
			amount, _ := e.amount(s.Currency)
			return countClass(float64(max(amount, 0)), float64(s.value))
		},
		func(e *edge, s *Scale) int {
			if e.agreed {
				return 0
			}
			amount, _ := e.amount(s.Currency)
			return widthClass(float64(max(amount, 0)), float64(s.value))
		}},
	Frequency: {"frequency", 'f', 'f',
		func(e *edge, _ *Scale, f *figure.Style) string { return f.Count(e.count) },
		func(e *edge, s *Scale) int { return countClass(float64(e.count), s.count) },
		func(e *edge, s *Scale) int { return widthClass(float64(e.count), s.count) }},
}

func quantileClass(d *eventlog.Durations, q float64, thresholds [classes - 1]float64) int {
	if d == nil || d.N == 0 {
		return 0
	}
	return waitClass(d.Quantile(q), thresholds)
}

func totalClass(e *edge, d *eventlog.Durations, most float64) int {
	if d == nil || e.agreed {
		return 0
	}
	return widthClass(d.Total(), most)
}

// modeCSS says what each mode shows. The first one needs no class and no
// choice, so it is what a viewer without :has shows.
func modeCSS() string {
	var b strings.Builder
	for i, m := range modes {
		in := ".map"
		if i > 0 {
			in = fmt.Sprintf(":is(.map.%s,.process:has(.show-%s:checked) .map)", m.name, m.name)
			fmt.Fprintf(&b, "%s .head,%s .label text{display:none}\n", in, in)
		}
		fmt.Fprintf(&b, "%s .h%c{display:block}\n%s .label .l%c{display:inline}\n", in, m.letter, in, m.letter)
		for c := range classes {
			fmt.Fprintf(&b, "%s .path.%c%d{--path:var(--%c%d)}\n", in, m.letter, c, m.colour, c)
		}
		for c := range widths {
			fmt.Fprintf(&b, "%s .w%c%d{stroke-width:%.4g}\n", in, m.letter, c, strokeWidth(c))
		}
		if Mode(i) != Frequency {
			fmt.Fprintf(&b, "%s .path:is(.end,.agreed){--path:var(--agreed)}\n%s .end .line{stroke-dasharray:1.5 3.5}\n%s .agreed .line{stroke-dasharray:7 4}\n", in, in, in)
			continue
		}
		fmt.Fprintf(&b, "%s :is(.end,.agreed) .line{stroke-dasharray:none}\n", in)
		for c := range classes {
			fmt.Fprintf(&b, "%s .n%d>rect:first-of-type{fill:var(--n%d)}\n", in, c, c)
		}
	}
	return b.String()
}
