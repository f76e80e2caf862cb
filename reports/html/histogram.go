package html

import (
	"bytes"
	"fmt"
	"html/template"

	"millrace/reports"
	"millrace/reports/figure"
	"millrace/reports/words"
)

// histogram draws h at a width, in CSS pixels. A page holds it at three widths,
// of which its style shows one: text in a picture that is scaled is not
// readable on a phone or on paper.
func histogram(l *words.Language, h *reports.Histogram, width, height int, class string) template.HTML {
	const top, bottom, fontSize = 34.0, 20.0, 11.5
	var b bytes.Buffer
	w, full := float64(width), float64(height)-top-bottom
	fmt.Fprintf(&b, `<svg class="histogram %s" viewBox="0 0 %d %d" width="%d" height="%d" aria-hidden="true">`, class, width, height, width, height)
	most := 0.0
	for _, bar := range h.Bars {
		most = max(most, bar.Share)
	}
	step := w / float64(len(h.Bars))
	for i, bar := range h.Bars {
		tall := full * bar.Share / most
		if bar.N > 0 {
			tall = max(tall, 1)
		}
		kind := "bar"
		if last := i == len(h.Bars)-1; last && h.Width*float64(i+1) <= h.Longest {
			kind = "bar rest"
		}
		fmt.Fprintf(&b, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f"><title>%s: %s %s</title></rect>`,
			kind, float64(i)*step+1, top+full-tall, max(step-2, 1), tall, template.HTMLEscapeString(bar.Label), l.Count(bar.N), template.HTMLEscapeString(h.Cases.Many))
	}
	fmt.Fprintf(&b, `<line class="axis" x1="0" x2="%d" y1="%.1f" y2="%.1f"/>`, width, top+full+.5, top+full+.5)
	every := 1
	for float64(every)*step < 58 {
		every++
	}
	for i := 0; i < len(h.Bars); i += every {
		anchor := "middle"
		if i == 0 {
			anchor = "start"
		}
		if float64(i)*step > w-24 {
			continue
		}
		label := l.Duration(h.Width * float64(i))
		if i == 0 {
			label = "0"
		}
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>`, float64(i)*step, top+full+15, anchor, label)
	}
	row := 0
	lastEnd := -1.0
	for _, m := range h.Marks {
		x := min(m.At/h.Width*step, w-1)
		long := figure.Width(m.Text)*fontSize + 6
		text, anchor := x+4, "start"
		if x+long > w {
			text, anchor = x-4, "end"
		}
		if lastEnd > 0 && (text < lastEnd || anchor == "end" && text-long < lastEnd) {
			row++
		}
		lastEnd = x + long
		fmt.Fprintf(&b, `<line class="mark" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/><text class="said" x="%.1f" y="%.1f" text-anchor="%s">%s</text>`,
			x, x, 2+13*float64(row), top+full, text, 11+13*float64(row), anchor, template.HTMLEscapeString(m.Text))
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}
