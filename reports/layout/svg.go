package layout

import (
	"bufio"
	_ "embed"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strings"

	"millrace/mining"
	"millrace/reports/figure"
	"millrace/reports/words"
)

//go:embed palette.css
var palette string

//go:embed map.css
var mapCSS string

// CSS is the style of maps that are part of a page. A page shows another mode
// than waits where the map has its name as a class, or is in an element of class
// "process" that holds a checked input of class "show-" and the name.
func CSS() string { return palette + mapCSS + modeCSS() + modelCSS + leastCSS() }

// SVG lays g out and writes it as a picture of its own, with its style inside.
func SVG(w io.Writer, g *mining.Graph, mode Mode, o Options) error {
	d, err := Lay(g, o)
	if err != nil {
		return err
	}
	return d.write(w, mode, "")
}

// Inline writes d as an element of an HTML page that has [CSS]. It holds all
// modes its scale has; mode is the one shown where no other is chosen. id is one that
// the page has not yet.
func (d *Drawing) Inline(w io.Writer, mode Mode, id string) error { return d.write(w, mode, id) }

// A map is shown no smaller than leastScale, and scrolls instead: text smaller
// than that cannot be read. Classes say so, by the width in steps.
const (
	leastScale = 0.85
	leastStep  = 100 // pixels
	leastSteps = 40
)

func leastCSS() string {
	var b strings.Builder
	for n := 3; n <= leastSteps; n++ {
		fmt.Fprintf(&b, ".least%d{min-width:%dpx}\n", n, n*leastStep)
	}
	return b.String()
}

// margin is the empty space round a drawing, in pixels.
const margin = 10.0

func (d *Drawing) write(out io.Writer, mode Mode, id string) error {
	alone := id == ""
	w := svgWriter{Writer: bufio.NewWriter(out)}
	class := "map"
	if mode != 0 {
		class += " " + mode.String()
	}
	inner := class // what <use> shows is styled by what it has in it
	if !alone {
		class += fmt.Sprintf(" least%d", min(leastSteps, int(leastScale*d.width/leastStep)))
	}
	w.printf(`<svg xmlns="http://www.w3.org/2000/svg" class="%s" viewBox="%g %g %.0f %.0f" width="%.0f" height="%.0f" role="img" aria-label="%s">`,
		class, -margin, -margin, d.width+2*margin, d.height+2*margin, d.width+2*margin, d.height+2*margin, escape(d.Describe()))
	if alone {
		w.printf("<style>%s%s</style><rect x=\"%g\" y=\"%g\" width=\"100%%\" height=\"100%%\" fill=\"var(--card)\"/>", palette, mapCSS+modeCSS(), -margin, -margin)
	}
	if !alone {
		w.printf(`<g id="%s" class="%s">`, id, inner)
	}
	w.printf("\n<g class=\"paths\">\n")
	for i := range d.edges {
		d.writePath(&w, i)
	}
	w.printf("</g>\n<g class=\"labels\">\n")
	for i := range d.edges {
		d.writeLabel(&w, i)
	}
	w.printf("</g>\n<g class=\"activities\">\n")
	for i := range d.nodes {
		d.writeNode(&w, i)
	}
	w.printf("</g>")
	if !alone {
		w.printf("</g>")
	}
	w.printf("</svg>")
	if !alone {
		p := paper{id: id, about: d.Describe(), x: -margin, y: -margin, width: math.Round(d.width + 2*margin), height: math.Round(d.height + 2*margin), most: 740}
		for i := range d.nodes {
			p.spans = append(p.spans, span{d.nodes[i].y - d.nodes[i].h/2, d.nodes[i].y + d.nodes[i].h/2})
		}
		for i := range d.edges {
			if e := &d.edges[i]; e.labelled {
				p.spans = append(p.spans, span{e.label.y - 7, e.label.y + 7})
			}
		}
		p.writePieces(&w)
	}
	if w.err != nil {
		return w.err
	}
	return w.Flush()
}

// Describe says in a sentence what the picture shows, for those who do not see it.
func (d *Drawing) Describe() string {
	return d.Say("map.describe", words.Args{"cases": d.countCases(d.total), "activities": d.Counted(int64(d.Activities), d.Noun("activity", "activities")),
		"paths": d.Counted(int64(d.Paths), d.Noun("path", "paths"))})
}

func (d *Drawing) countCases(n int64) words.Counted { return d.Counted(n, d.cases) }

// shown lists the modes the picture holds.
func (d *Drawing) shown(yield func(Mode, *mode) bool) {
	for i := range modes {
		if d.scale.Has(Mode(i)) && !yield(Mode(i), &modes[i]) {
			return
		}
	}
}

func (d *Drawing) writePath(w *svgWriter, i int) {
	e := &d.edges[i]
	if len(e.points) == 0 {
		return
	}
	class, line := "path", "line"
	switch {
	case e.from == start || e.to == end:
		class += " end"
	case e.agreed:
		class += " agreed"
	}
	for _, m := range d.shown {
		class += fmt.Sprintf(" %c%d", m.letter, m.class(e, d.scale))
		line += fmt.Sprintf(" w%c%d", m.letter, m.width(e, d.scale))
	}
	w.printf(`<g class="%s" data-way="%d %d"><title>%s</title>`, class, e.from, e.to, escape(d.sentence(e)))
	var shape strings.Builder
	for k, p := range e.points {
		switch k {
		case 0:
			fmt.Fprintf(&shape, "M%.0f,%.0f", p.x, p.y)
		case 1:
			fmt.Fprintf(&shape, "C%.0f,%.0f", p.x, p.y)
		default:
			fmt.Fprintf(&shape, " %.0f,%.0f", p.x, p.y)
		}
	}
	w.printf(`<path class="%s" d="%s"/>`, line, shape.String())
	for width := range widths { // modes of the same width have the same head
		class := ""
		for _, m := range d.shown {
			if m.width(e, d.scale) == width {
				class += fmt.Sprintf(" h%c", m.letter)
			}
		}
		if class != "" {
			w.printf(`<path class="head%s" d="%s"/>`, class, e.head(width))
		}
	}
	w.printf("</g>\n")
}

// head is the triangle at the tip of e, as wide as its line needs. Markers
// would take their colour from the line in some viewers only.
func (e *edge) head(width int) string {
	last := e.points[len(e.points)-1]
	dx, dy := e.tip.x-last.x, e.tip.y-last.y
	length := math.Hypot(dx, dy)
	if length == 0 {
		return ""
	}
	half := (2.6 + 0.72*strokeWidth(width)) / length
	x, y := dx*half, dy*half // along e, as far as the head is wide to each side
	return fmt.Sprintf("M%.1f,%.1fl%.1f,%.1fl%.1f,%.1fz", e.tip.x, e.tip.y, -dx-y, -dy+x, 2*y, -2*x)
}

// sentence says in words what the picture says with lines.
func (d *Drawing) sentence(e *edge) string {
	const longest = 20 // ems; the boxes have the whole names
	from, to := figure.Isolated(figure.Fit(d.nodes[e.from].name, longest)), figure.Isolated(figure.Fit(d.nodes[e.to].name, longest))
	switch {
	case e.from == start:
		return d.Say("map.begin", words.Args{"n": d.countCases(e.count), "activity": to})
	case e.to == end:
		return d.Say("map.end", words.Args{"n": d.countCases(e.count), "activity": from})
	}
	s := d.Say("map.path", words.Args{"from": from, "to": to, "times": d.Counted(e.count, d.Noun("time", "times")), "n": d.countCases(e.cases)})
	if e.wait != nil && e.wait.N > 0 {
		key := "map.path.wait"
		if e.working {
			key = "map.path.working-wait"
		}
		s += d.Word(key, "median", quantile(d.Style, e.wait, .5, e.working), "p90", quantile(d.Style, e.wait, .9, e.working))
	}
	if e.work != nil && e.work.N > 0 {
		s += d.Word("map.path.working", "median", quantile(d.Style, e.work, .5, true), "p90", quantile(d.Style, e.work, .9, true))
	}
	if value := d.amounts(e.value); value != "" {
		s += d.Word("map.path.value", "value", value)
	}
	if e.agreed {
		s += d.Word("map.path.agreed")
	}
	return s
}

// amounts writes the values of all currencies, which are not added.
func (d *Drawing) amounts(value []mining.Money) string {
	var list []string
	for _, m := range value {
		list = append(list, d.Money(m.Currency, m.Amount))
	}
	return strings.Join(list, ", ")
}

func (d *Drawing) writeLabel(w *svgWriter, i int) {
	e := &d.edges[i]
	if !e.labelled {
		return
	}
	w.printf(`<g class="label" transform="translate(%.0f,%.0f)" data-way="%d %d">`, e.label.x, e.label.y+3.5, e.from, e.to)
	for at, m := range d.shown {
		text := m.label(e, d.scale, d.Style)
		if text == "" {
			continue
		}
		long := ""
		if at != Frequency && at != Value && !e.agreed && m.class(e, d.scale) >= longClass {
			long = " long"
		}
		w.printf(`<text class="l%c%s">%s</text>`, m.letter, long, escape(text))
	}
	w.printf("</g>\n")
}

// longClass is the colour from which on the label of a wait is bold.
const longClass = 3

func (d *Drawing) writeNode(w *svgWriter, i int) {
	n := &d.nodes[i]
	left, top := n.x-n.w/2, n.y-n.h/2
	if n.terminal {
		shape := fmt.Sprintf("M%.1f,%.1fl9.500,5.500l-9.500,5.500z", n.x-3.5, n.y-5.5)
		if i == end {
			shape = fmt.Sprintf("M%.1f,%.1fh9v9h-9z", n.x-4.5, n.y-4.5)
		}
		w.printf(`<g class="terminal"><title>%s</title><circle cx="%.0f" cy="%.0f" r="%g"/><path d="%s"/></g>`+"\n", escape(n.name), n.x, n.y, n.w/2, shape)
		return
	}
	name := figure.Name(n.name)
	about := d.Say("map.box", words.Args{"events": d.Counted(n.events, d.Noun("event", "events")), "n": d.countCases(n.cases)})
	if n.rework > 0 {
		about += d.Word("map.box.rework", "n", d.Count(n.rework))
	}
	class, by := "", ""
	if share, ok := n.by.Share(); ok {
		by = d.Word("map.box.by", "share", d.Share(share))
		about += d.Word("map.box.automatic", "share", d.Share(share))
		if n.by.Unknown > 0 {
			about += d.Word("map.box.unknown", "n", d.Count(n.by.Unknown))
		}
		if share < manualShare {
			class = " manual"
		}
	}
	w.printf(`<g class="act n%d%s" data-n="%d"><title>%s: %s</title>`, countClass(float64(n.cases), float64(d.total)), class, i, escape(figure.Isolated(name)), escape(about))
	w.printf(`<rect x="%.0f" y="%.0f" width="%.0f" height="%.0f" rx="7"/>`, left, top, n.w, n.h)
	bar := n.w - 2*boxPadding
	w.printf(`<rect class="all" x="%.0f" y="%.0f" width="%.0f" height="3"/>`, left+boxPadding, top+n.h-6.5, bar)
	if d.total > 0 {
		w.printf(`<rect class="part" x="%.0f" y="%.0f" width="%.1f" height="3"/>`, left+boxPadding, top+n.h-6.5, bar*min(1, float64(n.cases)/float64(d.total)))
	}
	for k, line := range n.lines {
		w.printf(`<text class="name" x="%.0f" y="%.1f">%s</text>`, left+boxPadding, top+16+lineHeight*float64(k), escape(line))
	}
	sub := d.Count(n.events)
	if n.cases > 0 && n.rework > 0 {
		key := "map.box.repeat"
		if by != "" {
			key = "map.box.again"
		}
		again := d.Word(key, "share", d.Share(float64(n.rework)/float64(n.cases)))
		if subSize*figure.Width(sub+again+"  "+by) <= subRoom*bar {
			sub += again
		}
	}
	w.printf(`<text class="sub" x="%.0f" y="%.1f">%s</text>`, left+boxPadding, top+n.h-11.5, sub)
	if by != "" {
		w.printf(`<text class="sub by" x="%.0f" y="%.1f">%s</text>`, left+n.w-boxPadding, top+n.h-11.5, by)
	}
	w.printf("</g>\n")
}

// subRoom is the part of a box that its second line may take by Helvetica's
// widths: other faces are wider.
const subRoom = 0.85

// manualShare is the share of automatic work below which a box says that
// people do most of it.
const manualShare = 0.5

// escape makes s safe in SVG text and quoted attributes.
func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder does not fail
	return b.String()
}

// An svgWriter keeps the first error.
type svgWriter struct {
	*bufio.Writer
	err error
}

func (w *svgWriter) printf(format string, args ...any) {
	if w.err == nil {
		_, w.err = fmt.Fprintf(w.Writer, format, args...)
	}
}
