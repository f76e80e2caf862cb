package html

import (
	"bytes"
	"compress/flate"
	_ "embed"
	"encoding/ascii85"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"
	"sync"

	"millrace/reports"
	"millrace/reports/words"
)

// slim is what reports have of Apache ECharts, as raw DEFLATE: make echarts makes
// it of echarts/slim.js.
//
//go:embed echarts/slim.z
var slim []byte

//go:embed chart.js
var chartJS string

// echartsCode is the script in slim, whose hash the policy of a page names.
var echartsCode = sync.OnceValue(func() string {
	code, err := io.ReadAll(flate.NewReader(bytes.NewReader(slim)))
	if err != nil {
		panic("reports/html: echarts/slim.z: " + err.Error())
	}
	return string(code)
})

// echartsIsland is slim as a text in JSON: ASCII 85, with other signs for those
// three that end a text or an element. It is a quarter longer than slim, and two
// fifths of the script.
var echartsIsland = sync.OnceValue(func() template.JS {
	text := make([]byte, ascii85.MaxEncodedLen(len(slim)))
	text = text[:ascii85.Encode(text, slim)]
	return template.JS(`"` + strings.NewReplacer("<", "v", `"`, "w", `\`, "x").Replace(string(text)) + `"`)
})

// hasCharts says whether a report has a chart that can tell more than it shows.
func hasCharts(r *reports.Report) bool {
	for _, p := range r.Pages {
		for _, b := range p.Blocks {
			switch b.Kind() {
			case "trend", "stack", "columns":
				return true
			}
		}
	}
	return false
}

// A chartSeries is a Series whose values are null where there are none.
type chartSeries struct {
	Name  string
	V     []*float64
	Texts []string
	Out   []int // of V
}

// chartIsland is what chart.js draws a block from; "" where JSON has no number for
// something in it: such a chart is a picture only.
func chartIsland(l *words.Language, block reports.Block) (template.JS, error) {
	data := map[string]any{"kind": block.Kind()}
	switch b := block.(type) {
	case *reports.Trend:
		var series []chartSeries
		for _, s := range b.Series {
			c := chartSeries{Name: s.Name, Out: []int{}}
			for i, p := range s.Points {
				if p.Out {
					c.Out = append(c.Out, i)
				}
				c.V, c.Texts = append(c.V, &p.V), append(c.Texts, p.Text)
				if math.IsNaN(p.V) || math.IsInf(p.V, 0) {
					c.V[i] = nil
				}
			}
			series = append(series, c)
		}
		var labels []string
		for _, p := range b.Series[0].Points {
			labels = append(labels, p.Label)
		}
		data["labels"], data["series"], data["ticks"] = labels, series, b.Ticks
		if b.Limits != nil {
			data["limits"] = b.Limits
		}
	case *reports.Columns:
		var bars [][3]any // label, number, number as text
		for _, bar := range b.Bars {
			bars = append(bars, [3]any{bar.Label, bar.N, l.Count(bar.N)})
		}
		data["bars"], data["ticks"], data["marks"] = bars, b.Ticks, append([]reports.BarMark{}, b.Marks...)
	case *reports.Stack:
		data["bars"], data["names"] = b.Bars, b.Parts
	default:
		return "", fmt.Errorf("a %s is no chart", block.Kind())
	}
	text, err := json.Marshal(data) // it escapes <, > and &
	if unwritable := new(json.UnsupportedValueError); errors.As(err, &unwritable) {
		return "", nil
	}
	return template.JS(text), err
}
