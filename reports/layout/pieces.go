package layout

import (
	"fmt"
	"math"
)

// On paper a picture is printed in pieces, none of which takes much more than a quarter of
// a sheet, so that no sheet is left half empty before it. Lengths are in CSS pixels.
const (
	paperWidth = 690.0 // A4 within our margins
	mostPiece  = 280.0
)

// A span is what is not to be cut: from its top to its bottom.
type span struct{ top, bottom float64 }

// cuts are where a picture is cut into n pieces: near equal parts, where as little as
// possible is cut, both ends of the picture included.
func cuts(top, bottom float64, n int, spans []span) []float64 {
	list := []float64{top}
	part := (bottom - top) / float64(n)
	for k := 1; k < n; k++ {
		at := math.Round(top + part*float64(k))
		best, least := at, math.Inf(1)
		for away := 0.0; away < part/4; away++ {
			for _, y := range []float64{at - away, at + away} {
				through := 0.0
				for _, s := range spans {
					if s.top-2 < y && y < s.bottom+2 {
						through++
					}
				}
				if through < least {
					best, least = y, through
				}
			}
		}
		list = append(list, best)
	}
	return append(list, bottom)
}

// A paper says how a picture is printed.
type paper struct {
	id                  string // of the group that holds all of the picture
	about               string
	x, y, width, height float64 // of the picture
	most                float64 // how high it may be on paper
	spans               []span
}

// writePieces writes the pieces of a picture, which screens do not show.
func (p paper) writePieces(w *svgWriter) {
	scale := math.Min(1, math.Min(paperWidth/p.width, p.most/p.height))
	n := int(math.Ceil(scale * p.height / mostPiece))
	at := cuts(p.y, p.y+p.height, max(1, n), p.spans)
	w.printf(`<div class="pieces">`)
	for i := range len(at) - 1 {
		height := at[i+1] - at[i]
		w.printf(`<svg xmlns="http://www.w3.org/2000/svg" class="piece" viewBox="%g %g %g %g" width="%.0f" height="%.0f" role="img" aria-label="%s"><use href="#%s"/></svg>`,
			p.x, at[i], p.width, height, scale*p.width, scale*height, escape(fmt.Sprintf("%s (%d/%d)", p.about, i+1, len(at)-1)), p.id)
	}
	w.printf("</div>")
}
