package layout

import (
	"fmt"

	"millrace/eventlog"
	"millrace/mining"
	"millrace/reports/figure"
	"millrace/reports/words"
)

// Options say how to draw. The zero value is the default.
type Options struct {
	// Spine is the usual way through the process, drawn as one straight
	// line. By default it follows the most frequent path from the start.
	Spine []string
	// Backward are the edges that run against the usual order of their two
	// activities, so they are drawn upwards. By default, and wherever edges that
	// are said to run forward make a circle, the less frequent one is.
	Backward map[[2]string]bool
	// Scale is what colours and widths mean; share one among the levels of a
	// map. By default it is the scale of this graph alone.
	Scale *Scale
	Facts
	// Cases is what a case is called; by default case and cases. Language is
	// what the words are in; nil is English.
	Cases    words.Noun
	Language *words.Language
	// MaxActivities and MaxPaths cap the drawing, which takes time that grows
	// faster than its size: 80 and 240 by default. What is left out is the
	// least frequent, and a note says how much it is.
	MaxActivities, MaxPaths int
}

// Facts are what is known of a graph's activities and paths besides how often
// they are taken and how long cases wait. The zero value is nothing.
type Facts struct {
	// Working is the same graph with its waits in working time.
	Working *mining.Graph
	// Value is what stands on a path on average, by its two activities.
	Value map[[2]string][]mining.Money
	// Automatic says who does the activities, by name.
	Automatic map[string]mining.Automation
	// Agreed says that the time on a path was agreed on, such as a term of
	// payment: it is told, but it takes no colour and no width.
	Agreed func(from, to string) bool
}

func (f *Facts) agreed(from, to string) bool { return f.Agreed != nil && f.Agreed(from, to) }

// waits returns the waits of the graph in working time.
func (f *Facts) waits() map[[2]string]*eventlog.Durations {
	if f.Working == nil {
		return nil
	}
	out := make(map[[2]string]*eventlog.Durations, len(f.Working.Edges))
	for _, e := range f.Working.Edges {
		out[[2]string{e.From, e.To}] = e.Wait
	}
	return out
}

// A Drawing is a graph that has been laid out. The coordinates are in CSS
// pixels, from the top left.
type Drawing struct {
	*words.Language
	Activities, Paths int // how many are drawn
	// Coverage is the share of all hand-overs of the graph's log that the
	// drawn paths are, 0 to 1.
	Coverage float64
	Notes    []eventlog.Note

	cases         words.Noun
	total         int64
	width, height float64
	nodes         []node
	edges         []edge // least frequent first: the order of painting
	scale         *Scale
}

// The places of the two terminals among the nodes.
const (
	start = iota
	end
	firstActivity
)

type node struct {
	name     string // as it is; escaped where it is written
	lines    []string
	x, y     float64 // centre
	w, h     float64
	events   int64
	cases    int64
	rework   int64
	terminal bool
	spine    int // its place on the usual way, from 1; 0 if it is beside it
	by       mining.Automation
}

type edge struct {
	from, to int // nodes
	count    int64
	cases    int64
	wait     *eventlog.Durations // nil at a terminal
	work     *eventlog.Durations // the same in working time; nil if not known
	working  bool                // wait is in working time
	value    []mining.Money      // that stands here on average
	agreed   bool                // to wait here is agreed on
	back     bool
	points   []point // a point, then three a curve
	tip      point
	label    point
	labelled bool
}

type point struct{ x, y float64 }

// Boxes hold names of up to two lines; the sizes are in CSS pixels.
const (
	boxWidth    = 166.0
	boxPadding  = 10.0
	nameSize    = 12.6
	lineHeight  = 14.5
	oneLineBox  = 43.0
	labelSize   = 10.5
	subSize     = 10.6
	labelMargin = 7.0
	terminalBox = 26.0
)

// Lay lays g out. It fails only if dot does.
func Lay(g *mining.Graph, o Options) (*Drawing, error) {
	if o.MaxActivities <= 0 {
		o.MaxActivities = 80
	}
	if o.MaxPaths <= 0 {
		o.MaxPaths = 240
	}
	if o.Language == nil {
		o.Language = words.English()
	}
	if o.Cases.Many == "" {
		o.Cases = o.Language.Noun("case", "cases")
	}
	if o.Scale == nil {
		o.Scale = NewScale(Layer{g, o.Facts})
	}
	d := &Drawing{Language: o.Language, cases: o.Cases, total: g.Cases, scale: o.Scale}
	d.choose(g, o)
	d.findSpine(o.Spine)
	d.breakCircles(o.Backward)
	if err := d.place(); err != nil {
		return nil, fmt.Errorf("process map of %d activities and %d paths: %w", d.Activities, d.Paths, err)
	}
	return d, nil
}

func newBox(a mining.Activity) node {
	n := node{name: a.Name, events: a.Events, cases: a.Cases, rework: a.Rework, w: boxWidth}
	n.lines = figure.Lines(a.Name, (boxWidth-2*boxPadding)/nameSize, 2)
	n.h = oneLineBox + lineHeight*float64(len(n.lines)-1)
	return n
}

// Place returns where the middle of an activity's box is, and how high the
// drawing is, in CSS pixels; false if the activity is not drawn.
func (d *Drawing) Place(activity string) (x, y, height float64, ok bool) {
	for i := firstActivity; i < len(d.nodes); i++ {
		if n := &d.nodes[i]; n.name == activity {
			return n.x - d.nodes[start].x, n.y, d.height, true
		}
	}
	return 0, 0, d.height, false
}

// Numbers returns the data-n that the boxes of activities have in the picture,
// -1 of those that are not drawn.
func (d *Drawing) Numbers(activities []string) []int {
	at := make(map[string]int, len(d.nodes))
	for i := firstActivity; i < len(d.nodes); i++ {
		at[d.nodes[i].name] = i
	}
	numbers := make([]int, len(activities))
	for i, a := range activities {
		numbers[i] = -1
		if n, ok := at[a]; ok {
			numbers[i] = n
		}
	}
	return numbers
}

// quantile writes a quantile of a wait, "" if none is known. Working time is
// in hours at most, because how long a working day is depends on who works.
func quantile(f *figure.Style, d *eventlog.Durations, q float64, working bool) string {
	if d == nil || d.N == 0 {
		return ""
	}
	us := d.Quantile(q)
	if working && us >= figure.Day {
		return f.Hours(us)
	}
	return f.Duration(us)
}

// amount returns the part of the value in a currency.
func (e *edge) amount(currency string) (int64, bool) {
	for _, m := range e.value {
		if m.Currency == currency {
			return m.Amount, true
		}
	}
	return 0, false
}

// labelWidth is the room to reserve for any label, in pixels. dot puts it
// beside the middle of the line, so half the line is in it, on either side.
func (e *edge) labelWidth(s *Scale, f *figure.Style) float64 {
	line, text := 0.0, 0.0
	for _, m := range modes {
		line = max(line, strokeWidth(m.width(e, s)))
		text = max(text, figure.Width(m.label(e, s, f)))
	}
	return labelSize*text + labelMargin + line
}
