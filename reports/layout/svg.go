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
)

//go:embed palette.css
var palette string

//go:embed map.css
var mapCSS string

// CSS is the style of maps that are part of a page. A page shows frequencies
// instead of waits where the map has the class "frequency", or is in an element
// of class "process" that holds a checked input of class "show-frequency".
func CSS() string { return palette + mapCSS }

// A Mode is what the colours, widths and labels of a map tell.
type Mode int8

const (
	Waiting   Mode = iota // how long cases wait on a path
	Frequency             // how often a path is taken
)

// SVG lays g out and writes it as a picture of its own, with its style inside.
func SVG(w io.Writer, g *mining.Graph, mode Mode, o Options) error {
	d, err := Lay(g, o)
	if err != nil {
		return err
	}
	return d.write(w, mode, true)
}

// Inline writes d as an element of an HTML page that has [CSS]. It holds both
// modes; mode is the one shown at first.
func (d *Drawing) Inline(w io.Writer, mode Mode) error { return d.write(w, mode, false) }

// margin is the empty space round a drawing, in pixels.
const margin = 10.0

func (d *Drawing) write(out io.Writer, mode Mode, alone bool) error {
	w := svgWriter{Writer: bufio.NewWriter(out)}
	class := "map"
	if mode == Frequency && alone {
		class += " frequency"
	}
	w.printf(`<svg xmlns="http://www.w3.org/2000/svg" class="%s" viewBox="%g %g %.0f %.0f" width="%.0f" height="%.0f" role="img" aria-label="%s">`,
		class, -margin, -margin, d.width+2*margin, d.height+2*margin, d.width+2*margin, d.height+2*margin, escape(d.Describe()))
	if alone {
		w.printf("<style>%s%s</style><rect x=\"%g\" y=\"%g\" width=\"100%%\" height=\"100%%\" fill=\"var(--card)\"/>", palette, mapCSS, -margin, -margin)
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
	w.printf("</g></svg>")
	if w.err != nil {
		return w.err
	}
	return w.Flush()
}

// Describe says in a sentence what the picture shows, for those who do not see it.
func (d *Drawing) Describe() string {
	return fmt.Sprintf("Process map of %s with %s and %s.", d.countCases(d.total),
		figure.Plural(int64(d.Activities), "activity", "activities"), figure.Plural(int64(d.Paths), "path", "paths"))
}

func (d *Drawing) countCases(n int64) string {
	return figure.Plural(n, strings.TrimSuffix(d.cases, "s"), d.cases)
}

func (d *Drawing) writePath(w *svgWriter, i int) {
	e := &d.edges[i]
	if len(e.points) == 0 {
		return
	}
	frequency := widthClass(float64(e.count), d.scale.count)
	class, waiting := fmt.Sprintf("path f%d", countClass(float64(e.count), d.scale.count)), 0
	switch {
	case e.from == start || e.to == end:
		class += " end"
	case e.wait != nil && e.wait.N > 0:
		class += fmt.Sprintf(" p%d", d.scale.waitClass(e.wait.Quantile(.5)))
		waiting = widthClass(e.wait.Total(), d.scale.wait)
	}
	w.printf(`<g class="%s" data-from="%d" data-to="%d"><title>%s</title>`, class, e.from, e.to, escape(d.sentence(e)))
	var line strings.Builder
	for k, p := range e.points {
		switch k {
		case 0:
			fmt.Fprintf(&line, "M%.0f,%.0f", p.x, p.y)
		case 1:
			fmt.Fprintf(&line, "C%.0f,%.0f", p.x, p.y)
		default:
			fmt.Fprintf(&line, " %.0f,%.0f", p.x, p.y)
		}
	}
	w.printf(`<path class="line w%d t%d" d="%s"/>`, frequency, waiting, line.String())
	w.printf(`<path class="head hf" d="%s"/>`, e.head(frequency))
	w.printf(`<path class="head hp" d="%s"/></g>`+"\n", e.head(waiting))
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
	dx, dy = dx/length, dy/length
	half := 2.6 + 0.72*strokeWidth(width)
	return fmt.Sprintf("M%.1f,%.1fL%.1f,%.1fL%.1f,%.1fz", e.tip.x, e.tip.y,
		last.x-dy*half, last.y+dx*half, last.x+dy*half, last.y-dx*half)
}

// sentence says in words what the picture says with lines.
func (d *Drawing) sentence(e *edge) string {
	const longest = 20 // ems; the boxes have the whole names
	from, to := figure.Isolated(figure.Fit(d.nodes[e.from].name, longest)), figure.Isolated(figure.Fit(d.nodes[e.to].name, longest))
	switch {
	case e.from == start:
		return fmt.Sprintf("%s begin with %s", d.countCases(e.count), to)
	case e.to == end:
		return fmt.Sprintf("%s end with %s", d.countCases(e.count), from)
	}
	s := fmt.Sprintf("%s → %s: %s in %s", from, to, figure.Plural(e.count, "time", "times"), d.countCases(e.cases))
	if e.wait != nil && e.wait.N > 0 {
		s += fmt.Sprintf(", median wait %s, 95%% within %s", e.duration(.5), e.duration(.95))
		if e.working {
			s += " of working time"
		}
	}
	return s
}

func (d *Drawing) writeLabel(w *svgWriter, i int) {
	e := &d.edges[i]
	if !e.labelled {
		return
	}
	at := fmt.Sprintf(`x="%.0f" y="%.0f" data-from="%d" data-to="%d"`, e.label.x, e.label.y+3.5, e.from, e.to)
	w.printf(`<text class="label lf" %s>%s</text>`, at, e.frequencyLabel())
	if wait := e.waitLabel(); wait != "" {
		w.printf(`<text class="label lp p%d" %s>%s</text>`, d.scale.waitClass(e.wait.Quantile(.5)), at, wait)
	}
	w.printf("\n")
}

func (d *Drawing) writeNode(w *svgWriter, i int) {
	n := &d.nodes[i]
	left, top := n.x-n.w/2, n.y-n.h/2
	if n.terminal {
		shape := fmt.Sprintf("M%.1f,%.1fl9.500,5.500l-9.500,5.500z", n.x-3.5, n.y-5.5)
		if i == end {
			shape = fmt.Sprintf("M%.1f,%.1fh9v9h-9z", n.x-4.5, n.y-4.5)
		}
		w.printf(`<g class="terminal"><title>%s</title><circle cx="%.0f" cy="%.0f" r="%g"/><path d="%s"/></g>`+"\n", n.name, n.x, n.y, n.w/2, shape)
		return
	}
	name := figure.Name(n.name)
	about := fmt.Sprintf("%s events in %s", figure.Count(n.events), d.countCases(n.cases))
	if n.rework > 0 {
		about += fmt.Sprintf(", more than once in %s", figure.Count(n.rework))
	}
	w.printf(`<g class="act n%d" data-n="%d"><title>%s: %s</title>`, countClass(float64(n.cases), float64(d.total)), i, escape(figure.Isolated(name)), about)
	w.printf(`<rect x="%.0f" y="%.0f" width="%.0f" height="%.0f" rx="7"/>`, left, top, n.w, n.h)
	bar := n.w - 2*boxPadding
	w.printf(`<rect class="all" x="%.0f" y="%.0f" width="%.0f" height="3"/>`, left+boxPadding, top+n.h-6.5, bar)
	if d.total > 0 {
		w.printf(`<rect class="part" x="%.0f" y="%.0f" width="%.1f" height="3"/>`, left+boxPadding, top+n.h-6.5, bar*min(1, float64(n.cases)/float64(d.total)))
	}
	for k, line := range n.lines {
		w.printf(`<text class="name" x="%.0f" y="%.1f">%s</text>`, left+boxPadding, top+16+lineHeight*float64(k), escape(line))
	}
	sub := figure.Count(n.events)
	if n.cases > 0 && n.rework > 0 {
		sub += " · " + figure.Share(float64(n.rework)/float64(n.cases)) + " repeat it"
	}
	w.printf(`<text class="sub" x="%.0f" y="%.1f">%s</text></g>`+"\n", left+boxPadding, top+n.h-11.5, sub)
}

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
