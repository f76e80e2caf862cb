package html

import (
	"bytes"
	"fmt"
	"html/template"
	"math"

	"millrace/reports"
	"millrace/reports/figure"
	"millrace/reports/words"
)

// Charts are drawn at three widths, of which the page's style shows one, as a
// histogram is: text in a picture that is scaled cannot be read on a phone or on
// paper. What they show is a table beside them too, so they are hidden from who
// does not see.

func chartHead(b *bytes.Buffer, width, height int, class string) {
	fmt.Fprintf(b, `<svg class="chart %s" viewBox="0 0 %d %d" width="%d" height="%d" aria-hidden="true">`, class, width, height, width, height)
}

func escaped(s string) string { return template.HTMLEscapeString(s) }

// trend draws t as lines over months.
func trend(t *reports.Trend, width, height int, class string) template.HTML {
	const top, bottom, fontSize = 16.0, 22.0, 11.5
	var b bytes.Buffer
	chartHead(&b, width, height, class)
	low, high := t.Ticks[0].At, t.Ticks[len(t.Ticks)-1].At
	left := 0.0
	for _, k := range t.Ticks {
		left = max(left, figure.Width(k.Text)*fontSize+8)
	}
	right := 14.0
	if width > 600 && len(t.Series) > 1 {
		for _, s := range t.Series {
			right = max(right, figure.Width(s.Name)*fontSize+12)
		}
		right = min(right, 260)
	}
	n := len(t.Series[0].Points)
	step := (float64(width) - left - right) / float64(max(n-1, 1))
	x := func(i int) float64 { return left + float64(i)*step }
	y := func(v float64) float64 { return top + (float64(height)-top-bottom)*(high-v)/(high-low) }
	if l := t.Limits; l != nil {
		fmt.Fprintf(&b, `<rect class="band" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/><line class="mean" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`,
			left, y(l.High), x(n-1)-left, max(0, y(l.Low)-y(l.High)), left, x(n-1), y(l.Mean), y(l.Mean))
	}
	for _, k := range t.Ticks {
		fmt.Fprintf(&b, `<line class="grid" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/><text x="%.1f" y="%.1f" text-anchor="end">%s</text>`,
			left, x(n-1), y(k.At), y(k.At), left-6, y(k.At)+4, escaped(k.Text))
	}
	every := 1
	for float64(every)*step < 88 {
		every++
	}
	for i := (n - 1) % every; i < n; i += every {
		anchor := "middle"
		switch {
		case i == n-1 && right < 30:
			anchor = "end"
		case i == 0:
			anchor = "start"
		}
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="%s">%s</text>`, x(i), height-5, anchor, escaped(t.Series[0].Points[i].Label))
	}
	lastY := math.Inf(-1)
	for k, s := range t.Series {
		kind := "line"
		if k > 0 {
			kind = "line second"
		}
		fmt.Fprintf(&b, `<path class="%s" d="%s"/>`, kind, linePath(s.Points, x, y))
		end := math.NaN()
		for i, p := range s.Points {
			if math.IsNaN(p.V) {
				continue
			}
			end = p.V
			if k > 0 {
				continue
			}
			dot, r := "dot", 2.6
			if p.Out {
				dot, r = "out", 4.6
			}
			fmt.Fprintf(&b, `<circle class="%s" cx="%.1f" cy="%.1f" r="%.1f"><title>%s: %s</title></circle>`, dot, x(i), y(p.V), r, escaped(p.Label), escaped(p.Text))
		}
		if width > 600 && len(t.Series) > 1 && !math.IsNaN(end) {
			at := y(end) + 4
			if math.Abs(at-lastY) < 13 {
				at = lastY + 13
			}
			lastY = at
			fmt.Fprintf(&b, `<text class="said" x="%.1f" y="%.1f">%s</text>`, x(n-1)+8, at, escaped(figure.Fit(s.Name, (right-10)/fontSize)))
		}
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

// linePath is the way through the points that have a value.
func linePath(points []reports.Point, x func(int) float64, y func(float64) float64) string {
	var b bytes.Buffer
	pen := "M"
	for i, p := range points {
		if math.IsNaN(p.V) {
			pen = "M"
			continue
		}
		fmt.Fprintf(&b, "%s%.1f %.1f", pen, x(i), y(p.V))
		pen = "L"
	}
	return b.String()
}

// spark draws the months of a tile.
func spark(t reports.Tile) template.HTML {
	const width, height = 160.0, 30.0
	low, high := math.Inf(1), math.Inf(-1)
	for _, p := range t.Spark {
		if !math.IsNaN(p.V) {
			low, high = min(low, p.V), max(high, p.V)
		}
	}
	if high == low {
		high = low + 1
	}
	x := func(i int) float64 { return 3 + (width-6)*float64(i)/float64(max(len(t.Spark)-1, 1)) }
	y := func(v float64) float64 { return 3 + (height-6)*(high-v)/(high-low) }
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg class="spark" viewBox="0 0 160 30" preserveAspectRatio="none" role="img" aria-label="%s"><path vector-effect="non-scaling-stroke" d="%s"/></svg>`, escaped(t.About), linePath(t.Spark, x, y))
	return template.HTML(b.String())
}

// tones is how many colours the parts of a stack have before they begin again.
const tones = 12

func tone(i int) int { return i % tones }

// stack draws bars of parts, one under the other.
func stack(s *reports.Stack, width int, class string) template.HTML {
	const bar, gap, fontSize = 34.0, 40.0, 11.5
	var b bytes.Buffer
	chartHead(&b, width, int(float64(len(s.Bars))*(bar+gap)), class)
	for i, r := range s.Bars {
		top := float64(i) * (bar + gap)
		fmt.Fprintf(&b, `<text class="said" x="0" y="%.1f">%s</text>`, top+13, escaped(r.Label))
		for _, p := range r.Parts {
			from, w := p.From*float64(width), (p.To-p.From)*float64(width)
			fmt.Fprintf(&b, `<rect class="t%d" x="%.1f" y="%.1f" width="%.1f" height="%.1f"><title>%s: %s</title></rect>`, tone(p.Tone), from, top+18, max(w-1, .5), bar-4, escaped(p.Name), escaped(p.Text))
			for _, text := range []string{p.Name + " " + p.Text, p.Text} {
				if figure.Width(text)*fontSize < w {
					fmt.Fprintf(&b, `<text x="%.1f" y="%.1f">%s</text>`, from, top+bar+27, escaped(text))
					break
				}
			}
		}
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

// columns draws counted durations.
func columns(l *words.Language, h *reports.Columns, width, height int, class string) template.HTML {
	const top, bottom, fontSize = 34.0, 20.0, 11.5
	var b bytes.Buffer
	chartHead(&b, width, height, class)
	full := float64(height) - top - bottom
	most := 0.0
	for _, bar := range h.Bars {
		most = max(most, bar.Share)
	}
	step := float64(width) / float64(len(h.Bars))
	for i, bar := range h.Bars {
		tall := 0.0
		if most > 0 {
			tall = full * bar.Share / most
		}
		if bar.N > 0 {
			tall = max(tall, 1)
		}
		fmt.Fprintf(&b, `<rect class="bar" x="%.1f" y="%.1f" width="%.1f" height="%.1f"><title>%s: %s</title></rect>`, float64(i)*step+1, top+full-tall, max(step-2, 1), tall, escaped(bar.Label), l.Count(bar.N))
	}
	fmt.Fprintf(&b, `<line class="axis" x1="0" x2="%d" y1="%.1f" y2="%.1f"/>`, width, top+full+.5, top+full+.5)
	every := 1
	for float64(every)*step < 34 {
		every++
	}
	for i, k := range h.Ticks {
		if i%every > 0 {
			continue
		}
		anchor := "middle"
		if i == 0 {
			anchor = "start"
		}
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>`, k.At*step, top+full+15, anchor, escaped(k.Text))
	}
	for row, m := range h.Marks {
		x := min(m.At*step, float64(width)-1)
		text, anchor := x+4, "start"
		if x+figure.Width(m.Text)*fontSize+6 > float64(width) {
			text, anchor = x-4, "end"
		}
		fmt.Fprintf(&b, `<line class="mark" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/><text class="said" x="%.1f" y="%.1f" text-anchor="%s">%s</text>`,
			x, x, 2+14*float64(row), top+full, text, 11+14*float64(row), anchor, escaped(m.Text))
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}
