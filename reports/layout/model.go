package layout

import (
	"bufio"
	_ "embed"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"millrace/mining/bpmn"
	"millrace/mining/conform"
	"millrace/reports/figure"
	"millrace/reports/words"
)

//go:embed model.css
var modelCSS string

// A Model is a process model to be drawn: from top to bottom, by the layout of
// package bpmn, which files of BPMN have too. The zero value of all but Diagram is a
// picture of the model alone.
type Model struct {
	Diagram  *bpmn.Diagram
	Language *words.Language // nil is English
	Use      *ModelUse       // what a log makes of the model; nil is not known
}

// A ModelUse is what the cases of a log make of a model.
type ModelUse struct {
	Of     []conform.Use       // by node of the diagram
	First  conform.Use         // what is beside the model before anything else
	Beside []conform.Deviation // activities done beside the model, the most frequent first
	Unseen map[int]bool        // nodes of tasks that the log does not record
	Known  map[string]bool     // activities that the model has
}

// UseOf puts together what alignments with the net of a diagram make of it.
// tasks are the nodes of transitions, as bpmn.TasksOf finds them; a
// transition of a task that has become silent is not recorded in the log.
func UseOf(d *bpmn.Diagram, tasks []int, a *conform.Alignments) *ModelUse {
	of, first := a.Uses()
	u := &ModelUse{Of: make([]conform.Use, len(d.Nodes)), First: first, Unseen: map[int]bool{}, Known: map[string]bool{}}
	for _, activity := range a.Net.Labels() {
		u.Known[activity] = true
	}
	for t, node := range tasks {
		switch {
		case node < 0:
		case a.Net.Transitions[t].Silent(): // its moves are none
			u.Unseen[node] = true
		default:
			u.Of[node] = conform.Join(u.Of[node], of[t])
		}
	}
	for _, dev := range a.Deviations() {
		if dev.Kind == conform.InLog {
			u.Beside = append(u.Beside, dev)
		}
	}
	return u
}

// A Plan is a model that has been laid out.
type Plan struct {
	*words.Language
	d             *bpmn.Diagram
	use           *ModelUse
	out           []int // a flow out of each node, -1 if there is none
	start         int   // the first start, which has what comes before anything else
	width, height int
	aside         []asideBox
	heading       bpmn.Point
}

// Sizes of a plan in CSS pixels.
const (
	taskWidth    = 148
	taskPadding  = 8
	taskNameSize = 12.0
	plainTask    = 32
	usedTask     = 43
	taskLine     = 14
	asideGap     = 12
	asideHead    = 26
	mostAside    = 12

	taskRoom = 0.86 // the part of a line that a name may take by Helvetica's widths: other faces are wider
)

// TaskLines are the lines of a task's name in a picture.
func TaskLines(name string) []string {
	return figure.Lines(name, taskRoom*(taskWidth-2*taskPadding)/taskNameSize, 2)
}

// LayModel lays m out. The diagram of m is not changed.
func LayModel(m Model) *Plan {
	p := &Plan{Language: m.Language, use: m.Use}
	if p.Language == nil {
		p.Language = words.English()
	}
	p.d = &bpmn.Diagram{Name: m.Diagram.Name, Nodes: slices.Clone(m.Diagram.Nodes), Flows: slices.Clone(m.Diagram.Flows)}
	after := 18 // room for what is behind a task
	if p.use == nil {
		after = 14
	}
	p.d.Lay(bpmn.Style{Down: true, Task: p.taskSize, Gateway: 22, Event: 26, Gap: 14, After: after, Near: 11, Apart: 18, Lane: 10, Margin: 2})
	p.out = make([]int, len(p.d.Nodes))
	for i := range p.out {
		p.out[i] = -1
	}
	for i, f := range p.d.Flows {
		if p.out[f.From] < 0 {
			p.out[f.From] = i
		}
		for _, q := range f.Way {
			p.width, p.height = max(p.width, q.X+4), max(p.height, q.Y)
		}
	}
	for i := range p.d.Nodes {
		b := p.d.Nodes[i].Box
		p.width, p.height = max(p.width, b.X+b.W), max(p.height, b.Y+b.H)
	}
	p.start = slices.IndexFunc(p.d.Nodes, func(n bpmn.Node) bool { return n.Kind == bpmn.Start })
	p.layAside()
	return p
}

func (p *Plan) taskSize(name string) (w, h int) {
	h = plainTask
	if p.use != nil {
		h = usedTask
	}
	return taskWidth, h + taskLine*(len(TaskLines(name))-1)
}

// An asideBox is an activity beside the model.
type asideBox struct {
	box   bpmn.Box
	lines []string
	title string
	sub   string
}

// layAside puts what is beside the model where the picture has room: at its top
// right corner, where that is empty, else at its right or, if it is wide, below it.
func (p *Plan) layAside() {
	if p.use == nil || len(p.use.Beside) == 0 {
		return
	}
	list := p.use.Beside
	var rest int64
	if len(list) > mostAside {
		for _, b := range list[mostAside-1:] {
			rest += b.Moves
		}
		list = list[:mostAside-1]
	}
	for _, b := range list {
		box := asideBox{lines: TaskLines(b.Name), sub: p.Count(b.Moves)}
		if p.use.Known[b.Name] {
			box.sub = p.Word("model.elsewhere", "n", box.sub)
		}
		box.title = figure.Isolated(figure.Name(b.Name)) + ": " + box.sub
		p.aside = append(p.aside, box)
	}
	if rest > 0 {
		name := p.Word("model.others", "n", p.Count(int64(len(p.use.Beside)-len(list))))
		p.aside = append(p.aside, asideBox{lines: []string{name}, sub: p.Count(rest), title: name + ": " + p.Count(rest)})
	}
	row := usedTask - 4
	for _, b := range p.aside {
		row = max(row, usedTask-4+taskLine*(len(b.lines)-1))
	}
	size := func(columns int) (w, h int) {
		rows := (len(p.aside) + columns - 1) / columns
		return columns*(taskWidth+asideGap) - asideGap, asideHead + rows*(row+asideGap)
	}
	put := func(columns, x, y int) {
		p.heading = bpmn.Point{X: x, Y: y + 14}
		for i := range p.aside {
			b := &p.aside[i]
			b.box = bpmn.Box{X: x + i%columns*(taskWidth+asideGap), Y: y + asideHead + i/columns*(row+asideGap), W: taskWidth, H: row}
			p.width, p.height = max(p.width, b.box.X+b.box.W), max(p.height, b.box.Y+b.box.H)
		}
	}
	for columns := min(4, len(p.aside)); columns > 0; columns-- {
		if w, h := size(columns); p.free(bpmn.Box{X: p.width - w - 2, Y: 2, W: w, H: h}) {
			put(columns, p.width-w-2, 2)
			return
		}
	}
	if p.width > 700 {
		put(max(1, (p.width+asideGap)/(taskWidth+asideGap)), 2, p.height+20)
		return
	}
	columns := 1
	for _, h := size(columns); h > max(p.height, 300) && columns < 3; _, h = size(columns) {
		columns++
	}
	put(columns, p.width+34, 2)
}

// free says that nothing is drawn in a box, nor close to it.
func (p *Plan) free(b bpmn.Box) bool {
	const near = 16
	b = bpmn.Box{X: b.X - near, Y: b.Y, W: b.W + 2*near, H: b.H + near}
	touches := func(o bpmn.Box) bool {
		return o.X < b.X+b.W && b.X < o.X+o.W+1 && o.Y < b.Y+b.H && b.Y < o.Y+o.H+1
	}
	for i := range p.d.Nodes {
		if touches(p.d.Nodes[i].Box) {
			return false
		}
	}
	for _, f := range p.d.Flows {
		for i := range max(0, len(f.Way)-1) {
			a, c := f.Way[i], f.Way[i+1]
			if touches(bpmn.Box{X: min(a.X, c.X), Y: min(a.Y, c.Y), W: max(a.X, c.X) - min(a.X, c.X), H: max(a.Y, c.Y) - min(a.Y, c.Y)}) {
				return false
			}
		}
	}
	return b.X > 0
}

// Describe says in a sentence what the picture shows, for those who do not see it.
func (p *Plan) Describe() string {
	tasks := int64(0)
	var all conform.Use
	beside := p.firstAfter()
	for i := range p.d.Nodes {
		if p.d.Nodes[i].Kind != bpmn.Task {
			continue
		}
		tasks++
		if p.use != nil {
			u := &p.use.Of[i]
			all.Done, all.Skipped, beside = all.Done+u.Done, all.Skipped+u.Skipped, beside+u.After()
		}
	}
	args := words.Args{"tasks": p.Counted(tasks, p.Noun("task", "tasks"))}
	if p.use == nil {
		return p.Say("model.describe", args)
	}
	args["done"], args["skipped"], args["beside"] = p.Counted(all.Done, p.Noun("event", "events")), p.Count(all.Skipped), p.Count(beside)
	return p.Say("model.describe.used", args)
}

func (p *Plan) firstAfter() int64 {
	if p.use == nil {
		return 0
	}
	return p.use.First.After()
}

// Write writes the picture as a file of its own, with its style inside.
func (p *Plan) Write(w io.Writer) error { return p.write(w, "") }

// Inline writes the picture as an element of an HTML page that has [CSS]. id is one
// that the page has not yet.
func (p *Plan) Inline(w io.Writer, id string) error { return p.write(w, id) }

func (p *Plan) write(out io.Writer, id string) error {
	alone := id == ""
	w := svgWriter{Writer: bufio.NewWriter(out)}
	class := "map model"
	if !alone {
		class += fmt.Sprintf(" least%d", min(leastSteps, int(leastScale*float64(p.width)/leastStep)))
	}
	width, height := p.width+int(2*margin), p.height+int(2*margin)
	w.printf(`<svg xmlns="http://www.w3.org/2000/svg" class="%s" viewBox="%g %g %d %d" width="%d" height="%d" role="img" aria-label="%s">`,
		class, -margin, -margin, width, height, width, height, escape(p.Describe()))
	if alone {
		w.printf("<style>%s%s</style><rect x=\"%g\" y=\"%g\" width=\"100%%\" height=\"100%%\" fill=\"var(--card)\"/>", palette, mapCSS+modelCSS, -margin, -margin)
	}
	if !alone {
		w.printf(`<g id="%s" class="map model">`, id) // what <use> shows is styled by what it has in it
	}
	w.printf("\n")
	for _, f := range p.d.Flows {
		writeFlow(&w, f.Way)
	}
	for i := range p.d.Nodes {
		p.writeModelNode(&w, i)
	}
	p.writeAside(&w)
	if !alone {
		w.printf("</g>")
	}
	w.printf("</svg>")
	if !alone {
		q := paper{id: id, about: p.Describe(), x: -margin, y: -margin, width: float64(width), height: float64(height), most: 1120}
		for i := range p.d.Nodes {
			b := p.d.Nodes[i].Box
			q.spans = append(q.spans, span{float64(b.Y), float64(b.Y + b.H)})
			if y, ok := p.behindAt(i); ok {
				q.spans = append(q.spans, span{float64(y), float64(y + 13)})
			}
		}
		for _, a := range p.aside {
			q.spans = append(q.spans, span{float64(a.box.Y), float64(a.box.Y + a.box.H)})
		}
		q.writePieces(&w)
	}
	if w.err != nil {
		return w.err
	}
	return w.Flush()
}

// writeFlow draws a way with rounded corners and a tip.
func writeFlow(w *svgWriter, way []bpmn.Point) {
	if len(way) < 2 {
		return
	}
	const bend, tip, half = 7.0, 7.0, 3.4
	var b strings.Builder
	fmt.Fprintf(&b, "M%d,%d", way[0].X, way[0].Y)
	for i := 1; i < len(way); i++ {
		x, y := float64(way[i].X), float64(way[i].Y)
		dx, dy, length := direction(way[i-1], way[i])
		if i == len(way)-1 {
			fmt.Fprintf(&b, "L%g,%g", round(x-dx*(tip-1)), round(y-dy*(tip-1)))
			w.printf(`<path class="flow" d="%s"/><path class="tip" d="M%g,%gL%g,%gL%g,%gz"/>`+"\n", b.String(),
				x, y, round(x-dx*tip-dy*half), round(y-dy*tip+dx*half), round(x-dx*tip+dy*half), round(y-dy*tip-dx*half))
			return
		}
		nx, ny, next := direction(way[i], way[i+1])
		r := math.Min(bend, math.Min(length, next)/2)
		fmt.Fprintf(&b, "L%g,%gQ%g,%g %g,%g", round(x-dx*r), round(y-dy*r), x, y, round(x+nx*r), round(y+ny*r))
	}
}

func direction(a, b bpmn.Point) (dx, dy, length float64) {
	x, y := float64(b.X-a.X), float64(b.Y-a.Y)
	if length = math.Hypot(x, y); length == 0 {
		return 0, 1, 0
	}
	return x / length, y / length, length
}

func round(x float64) float64 { return math.Round(10*x) / 10 }

func (p *Plan) writeModelNode(w *svgWriter, i int) {
	n := &p.d.Nodes[i]
	c, b := n.Box.Center(), n.Box
	switch n.Kind {
	case bpmn.Start, bpmn.End:
		word, shape := p.Word("model.start"), fmt.Sprintf("M%g,%gl9.5,5.5l-9.5,5.5z", float64(c.X)-3.5, float64(c.Y)-5.5)
		if n.Kind == bpmn.End {
			word, shape = p.Word("model.end"), fmt.Sprintf("M%g,%gh9v9h-9z", float64(c.X)-4.5, float64(c.Y)-4.5)
		}
		w.printf(`<g class="terminal"><title>%s</title><circle cx="%d" cy="%d" r="%d"/><path d="%s"/></g>`+"\n", escape(word), c.X, c.Y, b.W/2, shape)
		if i == p.start && p.use != nil {
			p.writeBehind(w, i, &p.use.First, p.Word("model.behind.first", "list", p.inserted(&p.use.First)))
		}
	case bpmn.Task:
		p.writeTask(w, i)
	case bpmn.Exclusive, bpmn.Parallel, bpmn.Inclusive:
		r := b.W / 2
		w.printf(`<path class="gate" d="M%d,%dl%d,%dl%d,%dl%d,%dz"/>`, c.X, b.Y, r, r, -r, r, -r, -r)
		switch n.Kind {
		case bpmn.Exclusive:
			w.printf(`<path class="gate-sign" d="M%d,%dl7,7m0,-7l-7,7"/>`+"\n", c.X-3, c.Y-3)
		case bpmn.Parallel:
			w.printf(`<path class="gate-sign" d="M%d,%dh12m-6,-6v12"/>`+"\n", c.X-6, c.Y)
		default:
			w.printf(`<circle class="gate-sign" cx="%d" cy="%d" r="5"/>`+"\n", c.X, c.Y)
		}
	case bpmn.Silent:
		w.printf(`<rect class="silent" x="%d" y="%d" width="%d" height="%d"/>`+"\n", b.X, b.Y, b.W, b.H)
	default:
		w.printf(`<circle class="place" cx="%d" cy="%d" r="%d"/>`+"\n", c.X, c.Y, b.W/2)
	}
}

func (p *Plan) writeTask(w *svgWriter, i int) {
	n := &p.d.Nodes[i]
	b := n.Box
	name := figure.Isolated(figure.Name(n.Name))
	if p.use == nil {
		w.printf(`<g class="task"><title>%s</title><rect x="%d" y="%d" width="%d" height="%d" rx="7"/>`, escape(name), b.X, b.Y, b.W, b.H)
		p.writeName(w, TaskLines(n.Name), b.X, b.Y+20)
		w.printf("</g>\n")
		return
	}
	u := &p.use.Of[i]
	about := p.Word("model.task", "n", p.Count(u.Done))
	if u.Skipped > 0 {
		about += p.Word("model.task.skipped", "n", p.Count(u.Skipped))
	}
	w.printf(`<g class="task"><title>%s: %s</title><rect x="%d" y="%d" width="%d" height="%d" rx="7"/>`, escape(name), escape(about), b.X, b.Y, b.W, b.H)
	bar, left, y := float64(b.W-2*taskPadding), b.X+taskPadding, float64(b.Y+b.H)-6.5
	w.printf(`<rect class="all" x="%d" y="%g" width="%g" height="3"/>`, left, y, bar)
	if wanted := u.Done + u.Skipped; wanted > 0 {
		part := round(bar * float64(u.Done) / float64(wanted))
		w.printf(`<rect class="part" x="%d" y="%g" width="%g" height="3"/>`, left, y, part)
		if u.Skipped > 0 {
			lost := math.Max(2, round(bar-part))
			w.printf(`<rect class="lost" x="%g" y="%g" width="%g" height="3"/>`, round(float64(left)+bar-lost), y, lost)
		}
	}
	p.writeName(w, TaskLines(n.Name), b.X, b.Y+16)
	done := p.Count(u.Done)
	if p.use.Unseen[i] {
		done = figure.None
	}
	w.printf(`<text class="sub" x="%d" y="%g">%s</text>`, left, y-5, done)
	if u.Skipped > 0 {
		w.printf(`<text class="sub skipped" x="%d" y="%g">%s</text>`, b.X+b.W-taskPadding, y-5, escape(p.Word("model.skipped", "n", p.Count(u.Skipped))))
	}
	w.printf("</g>\n")
	p.writeBehind(w, i, u, p.Word("model.behind", "task", name, "list", p.inserted(u)))
}

func (p *Plan) writeName(w *svgWriter, lines []string, x, y int) {
	for k, line := range lines {
		w.printf(`<text class="name" x="%d" y="%d">%s</text>`, x+taskPadding, y+taskLine*k, escape(line))
	}
}

// inserted lists what comes behind, the most frequent first.
func (p *Plan) inserted(u *conform.Use) string {
	const most = 5
	var list []string
	for i, b := range u.Behind {
		if i == most && len(u.Behind) > most+1 {
			list = append(list, p.Word("model.others", "n", p.Count(int64(len(u.Behind)-most))))
			break
		}
		list = append(list, p.Word("model.behind.one", "activity", figure.Isolated(figure.Fit(b.Activity, 24)), "n", p.Count(b.Moves)))
	}
	return strings.Join(list, ", ")
}

// behindAt is where the mark of what comes behind a node is; ok is false if it
// has none.
func (p *Plan) behindAt(i int) (y int, ok bool) {
	b := p.d.Nodes[i].Box
	y = b.Y + b.H + 2
	if f := p.out[i]; f >= 0 && len(p.d.Flows[f].Way) > 1 && p.d.Flows[f].Way[1].Y < p.d.Flows[f].Way[0].Y {
		y = b.Y - 15
	}
	return y, p.use != nil && (p.use.Of[i].After() > 0 || i == p.start && p.firstAfter() > 0)
}

// writeBehind marks what comes behind a node, where a flow leaves it.
func (p *Plan) writeBehind(w *svgWriter, i int, u *conform.Use, title string) {
	n := u.After()
	if n == 0 {
		return
	}
	b := p.d.Nodes[i].Box
	text := "+" + p.Count(n)
	width := int(math.Ceil(9.8*1.1*figure.Width(text))) + 8
	x := b.Center().X + 6
	y, _ := p.behindAt(i)
	w.printf(`<g class="behind"><title>%s</title><rect x="%d" y="%d" width="%d" height="13" rx="6.5"/><text x="%g" y="%g">%s</text></g>`+"\n",
		escape(title), x, y, width, float64(x)+float64(width)/2, float64(y)+10, escape(text))
}

func (p *Plan) writeAside(w *svgWriter) {
	if len(p.aside) == 0 {
		return
	}
	w.printf(`<text class="heading" x="%d" y="%d">%s</text>`+"\n", p.heading.X, p.heading.Y, escape(p.Word("model.beside")))
	for _, a := range p.aside {
		w.printf(`<g class="aside"><title>%s</title><rect x="%d" y="%d" width="%d" height="%d" rx="7"/>`, escape(a.title), a.box.X, a.box.Y, a.box.W, a.box.H)
		p.writeName(w, a.lines, a.box.X, a.box.Y+16)
		w.printf(`<text class="sub" x="%d" y="%d">%s</text></g>`+"\n", a.box.X+taskPadding, a.box.Y+a.box.H-8, escape(a.sub))
	}
}
