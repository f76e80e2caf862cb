package layout

import (
	"fmt"

	"millrace/eventlog"
	"millrace/mining"
	"millrace/reports/figure"
)

// Options say how to draw. The zero value is the default.
type Options struct {
	// Spine is the usual way through the process, drawn as one straight
	// line. By default it follows the most frequent path from the start.
	Spine []string
	// Backward says that an edge runs against the usual order of its two
	// activities, so it is drawn upwards. By default, and wherever edges that
	// are said to run forward make a circle, the less frequent one is.
	Backward func(from, to string) bool
	// Scale is what colours and widths mean; share one among the levels of a
	// map. By default it is the scale of this graph alone.
	Scale *Scale
	// Cases is what a case is called, in the plural; by default "cases".
	Cases string
	// MaxActivities and MaxPaths cap the drawing, which takes time that grows
	// faster than its size: 80 and 240 by default. What is left out is the
	// least frequent, and a note says how much it is.
	MaxActivities, MaxPaths int
}

// A Drawing is a graph that has been laid out. The coordinates are in CSS
// pixels, from the top left.
type Drawing struct {
	Activities, Paths int // how many are drawn
	// Coverage is the share of all hand-overs of the graph's log that the
	// drawn paths are, 0 to 1.
	Coverage float64
	Notes    []eventlog.Note

	cases         string
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
	spine    bool
}

type edge struct {
	from, to int // nodes
	count    int64
	cases    int64
	wait     *eventlog.Durations // nil at a terminal
	working  bool                // wait is in working time
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
	if o.Cases == "" {
		o.Cases = "cases"
	}
	if o.Scale == nil {
		o.Scale = NewScale(g)
	}
	d := &Drawing{cases: o.Cases, total: g.Cases, scale: o.Scale}
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

// frequencyLabel and waitLabel are what is written beside a path.
func (e *edge) frequencyLabel() string { return figure.Count(e.count) }

func (e *edge) waitLabel() string {
	if e.wait == nil || e.wait.N == 0 {
		return ""
	}
	return e.duration(.5)
}

// duration writes a quantile of the wait: working time up to hours, because
// how long a working day is depends on who works.
func (e *edge) duration(q float64) string {
	us := e.wait.Quantile(q)
	if e.working && us >= figure.Day {
		return figure.Hours(us)
	}
	return figure.Duration(us)
}

// labelWidth is the room to reserve for either label, in pixels. dot puts it
// beside the middle of the line, so half the line is in it, on either side.
func (e *edge) labelWidth(s *Scale) float64 {
	line := strokeWidth(widthClass(float64(e.count), s.count))
	if e.wait != nil {
		line = max(line, strokeWidth(widthClass(e.wait.Total(), s.wait)))
	}
	return labelSize*max(figure.Width(e.frequencyLabel()), figure.Width(e.waitLabel())) + labelMargin + line
}
