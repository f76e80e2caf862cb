package html

import (
	"bytes"
	"encoding/json"
	"html/template"
	"strings"

	"millrace/reports"
	"millrace/reports/figure"
	"millrace/reports/layout"
)

// A picture is a level of a map, ready to be shown.
type picture struct {
	SVG         template.HTML
	Description string
	Coverage    float64
	Notes       []string
	Numbers     []int // of the activities of the replay
}

// pictures draws the levels of m.
func pictures(m *reports.Map) ([]*picture, error) {
	var list []*picture
	for _, l := range m.Levels {
		d, err := layout.Lay(l.Graph, layout.Options{Spine: l.Spine, Backward: l.Backward, Scale: m.Scale, Cases: m.Cases, Facts: l.Facts})
		if err != nil {
			return nil, err
		}
		var svg bytes.Buffer
		if err := d.Inline(&svg, m.Modes[0].Mode); err != nil {
			return nil, err
		}
		p := &picture{SVG: template.HTML(svg.String()), Description: d.Describe(), Coverage: d.Coverage} // layout escapes names
		for _, n := range d.Notes {
			p.Notes = append(p.Notes, n.Text)
		}
		if m.Replay != nil {
			p.Numbers = d.Numbers(m.Replay.Activities)
		}
		list = append(list, p)
	}
	return list, nil
}

// A key explains the colours and widths of a mode.
type key struct {
	Mode   layout.Mode
	Only   bool
	Note   int
	Colour ramp
	Width  string
}

// A ramp is a row of colours with words under them: where each begins, or what
// the first and the last are.
type ramp struct {
	About, Colour string
	At            []int
	Words         []string
	Least, Most   string
}

// keys lists the legends of m, one a mode.
func keys(m *reports.Map) []key {
	var list []key
	durations := func(thresholds []float64, word func(float64) string) (words []string) {
		for _, w := range thresholds {
			words = append(words, word(w))
		}
		return words
	}
	for _, mode := range m.Modes {
		k := key{Mode: mode.Mode, Only: len(m.Modes) == 1, Note: m.WaitNote, Width: "Width: waiting time in all. Bold labels are the longest waits."}
		k.Colour = ramp{Colour: "k", At: []int{0, 50, 100, 150, 200}}
		c := &k.Colour
		switch mode.Mode {
		case layout.Waiting:
			c.About, c.Words = "Colour and label: median wait", durations(m.Scale.Waits[:], figure.Duration)
		case layout.Slow:
			c.About, c.Words = "Colour and label: the wait that 90% do not exceed", durations(m.Scale.Waits[:], figure.Duration)
		case layout.Working:
			k.Note = m.WorkNote
			c.About, c.Words = "Colour and label: median wait in working time", durations(m.Scale.Work[:], hours)
			k.Width = "Width: working time waited in all. Bold labels are the longest waits."
		case layout.Value:
			k.Note = m.ValueNote
			c.About, c.Colour, c.Least, c.Most = "Colour, width and label: value waiting, in "+m.Scale.Currency, "v", "little", "most"
			k.Width = "What stands there on average."
			if len(m.Scale.Others) > 0 {
				k.Width = "What stands there on average. Not added to it: " + strings.Join(m.Scale.Others, ", ") + "; see the table."
			}
		case layout.Frequency:
			k.Note = m.Note
			c.About, c.Colour, c.Least, c.Most = "Colour, width and label: times on a path", "q", "few", "most"
			k.Width = "Darker boxes: more " + m.Cases + " pass them."
		}
		list = append(list, k)
	}
	return list
}

// hours writes a duration in working time: in hours at most.
func hours(us float64) string {
	if us >= figure.Day {
		return figure.Hours(us)
	}
	return figure.Duration(us)
}

// island is what the script needs of a replay: numbers only. A case is its
// steps in turn, each the number of its activity and the seconds since the
// step before.
func island(r *reports.Replay, pictures []*picture) (template.JS, error) {
	data := struct {
		First   int64     `json:"first"`
		Seconds int64     `json:"seconds"`
		Levels  [][]int   `json:"levels"` // data-n by number of the activity, -1: not drawn
		Cases   [][]int64 `json:"cases"`
	}{First: r.First, Seconds: r.Seconds}
	for _, p := range pictures {
		data.Levels = append(data.Levels, p.Numbers)
	}
	for _, c := range r.Cases {
		var flat []int64
		before := int64(0)
		for i, n := range c.Steps {
			flat = append(flat, int64(n), c.At[i]-before)
			before = c.At[i]
		}
		data.Cases = append(data.Cases, flat)
	}
	text, err := json.Marshal(data)
	return template.JS(text), err // Marshal escapes <, > and &
}
