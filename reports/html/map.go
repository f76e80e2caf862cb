package html

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"

	"millrace/reports"
	"millrace/reports/figure"
	"millrace/reports/layout"
	"millrace/reports/words"
)

// A picture is a level of a map, ready to be shown.
type picture struct {
	SVG         template.HTML
	Description string
	Coverage    float64
	Notes       []string
	Numbers     []int // of the activities of the replay
}

// LayOut finds the places of a map's nodes and edges, so that a page with the same
// map is written at once: that takes longer than all else of a page.
func LayOut(lang *words.Language, m *reports.Map) error {
	_, err := pictures(lang, m)
	return err
}

// pictures draws the levels of m.
func pictures(lang *words.Language, m *reports.Map) ([]*picture, error) {
	var list []*picture
	for i, l := range m.Levels {
		d, err := layout.Lay(l.Graph, layout.Options{Spine: l.Spine, Backward: l.Backward, Scale: m.Scale, Cases: m.Cases, Language: lang, Facts: l.Facts})
		if err != nil {
			return nil, err
		}
		var svg bytes.Buffer
		if err := d.Inline(&svg, m.Modes[0].Mode, fmt.Sprintf("map-%d", i)); err != nil {
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

// plan draws a model.
func plan(p *layout.Plan, id string) (template.HTML, error) {
	var svg bytes.Buffer
	err := p.Inline(&svg, id)
	return template.HTML(svg.String()), err // layout escapes names
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
func keys(l *words.Language, m *reports.Map) []key {
	var list []key
	durations := func(thresholds []float64, word func(float64) string) (words []string) {
		for _, w := range thresholds {
			words = append(words, word(w))
		}
		return words
	}
	for _, mode := range m.Modes {
		k := key{Mode: mode.Mode, Only: len(m.Modes) == 1, Note: m.WaitNote, Width: l.Word("key.width")}
		k.Colour = ramp{Colour: "k", At: []int{0, 50, 100, 150, 200}}
		c := &k.Colour
		switch mode.Mode {
		case layout.Waiting:
			c.About, c.Words = l.Word("key.waiting"), durations(m.Scale.Waits[:], l.Duration)
		case layout.Slow:
			c.About, c.Words = l.Word("key.slow"), durations(m.Scale.Waits[:], l.Duration)
		case layout.Working:
			k.Note = m.WorkNote
			c.About, c.Words = l.Word("key.working"), durations(m.Scale.Work[:], func(us float64) string { return hours(l, us) })
			k.Width = l.Word("key.width.working")
		case layout.Value:
			k.Note = m.ValueNote
			c.About, c.Colour, c.Least, c.Most = l.Word("key.value", "currency", m.Scale.Currency), "v", l.Word("key.little"), l.Word("key.most")
			k.Width = l.Word("key.width.value")
			if len(m.Scale.Others) > 0 {
				k.Width += " " + l.Word("key.others", "currencies", strings.Join(m.Scale.Others, ", "))
			}
		case layout.Frequency:
			k.Note = m.Note
			c.About, c.Colour, c.Least, c.Most = l.Word("key.frequency"), "q", l.Word("key.few"), l.Word("key.most")
			k.Width = l.Say("key.width.frequency", words.Args{"cases": m.Cases})
		}
		list = append(list, k)
	}
	return list
}

// hours writes a duration in working time: in hours at most.
func hours(l *words.Language, us float64) string {
	if us >= figure.Day {
		return l.Hours(us)
	}
	return l.Duration(us)
}

// island is what the script needs of a replay: numbers only. A case is its
// steps in turn, each the number of its activity and the minutes since the
// step before, of times in whole minutes: a replay is of months.
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
			at := c.At[i] / 60
			flat = append(flat, int64(n), at-before)
			before = at
		}
		data.Cases = append(data.Cases, flat)
	}
	text, err := json.Marshal(data)
	return template.JS(text), err // Marshal escapes <, > and &
}
