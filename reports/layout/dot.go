package layout

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/goccy/go-graphviz"

	"millrace/reports/layout/dotcache"
)

func init() {
	dotcache.Restore() // go-graphviz has started
}

// dot is one WebAssembly instance for the process; it is not for concurrent use.
var dot struct {
	sync.Mutex
	*graphviz.Graphviz
	answers map[[sha256.Size]byte]*dotAnswer // by what was asked; not to be changed
	asked   [][sha256.Size]byte              // the oldest first
}

// place lets dot find the coordinates of d's nodes and edges.
func (d *Drawing) place() error {
	answer, err := runDot(d.dot())
	if err != nil {
		return err
	}
	box := floats(answer.BB)
	if len(box) != 4 {
		return fmt.Errorf("dot: bounding box %q", answer.BB)
	}
	d.width, d.height = box[2], box[3]
	flip := func(s string) point {
		xy := floats(s)
		if len(xy) < 2 {
			return point{}
		}
		return point{xy[0], box[3] - xy[1]}
	}
	for _, o := range answer.Objects {
		i, err := strconv.Atoi(strings.TrimPrefix(o.Name, "n"))
		if err != nil || i >= len(d.nodes) || o.Pos == "" {
			continue // a group of nodes
		}
		p := flip(o.Pos)
		d.nodes[i].x, d.nodes[i].y = p.x, p.y
	}
	_, edges, _ := d.order()
	for _, a := range answer.Edges {
		if a.ID == "" {
			continue // it only keeps the usual way straight
		}
		i, err := strconv.Atoi(a.ID)
		if err != nil || i >= len(edges) {
			return fmt.Errorf("dot: unknown edge %q", a.ID)
		}
		e := &d.edges[edges[i]]
		for _, word := range strings.Fields(a.Pos) {
			if at, ok := strings.CutPrefix(word, "e,"); ok {
				e.tip = flip(at)
			} else if at, ok := strings.CutPrefix(word, "s,"); ok {
				e.tip = flip(at)
			} else {
				e.points = append(e.points, flip(word))
			}
		}
		if e.back { // it was given to dot the other way round
			slices.Reverse(e.points)
		}
		if a.LP != "" {
			e.label, e.labelled = flip(a.LP), true
		}
	}
	slices.SortStableFunc(d.edges, func(a, b edge) int { return cmp.Compare(a.count, b.count) })
	return nil
}

// dot writes the graph in dot's language. Names do not get there: only ids,
// sizes, weights and blanks as wide as the labels.
//
// What is written changes little when the log does: nodes and edges stand in
// the order of names, the usual way first; weights and the room for labels have
// few steps. dot starts from that order, so a graph that is almost the same is
// drawn almost the same.
func (d *Drawing) dot() []byte {
	var b bytes.Buffer
	b.WriteString("digraph{graph[rankdir=TB,nodesep=0.28,ranksep=0.32,splines=true];" +
		"node[shape=box,fixedsize=true,label=\"\"];edge[arrowsize=0.7,fontsize=10,fontname=Helvetica];\n")
	order, edges, spine := d.order()
	for _, i := range order {
		n := &d.nodes[i]
		group := ""
		if n.spine > 0 {
			group = ",group=s"
		}
		fmt.Fprintf(&b, "n%d[width=%.3f,height=%.3f%s];\n", i, n.w/72, n.h/72, group)
	}
	largest := 1.0
	for _, e := range d.edges {
		largest = max(largest, float64(e.count))
	}
	// The steps of the usual way are one straight line, whether or not each of
	// them is a path that is drawn.
	steps := map[[2]int]bool{}
	for k := 1; k < len(spine); k++ {
		steps[[2]int{spine[k-1], spine[k]}] = true
	}
	for _, e := range d.edges {
		delete(steps, [2]int{e.from, e.to})
	}
	for k := 1; k < len(spine); k++ {
		if steps[[2]int{spine[k-1], spine[k]}] {
			fmt.Fprintf(&b, "n%d->n%d[style=invis,weight=%d];\n", spine[k-1], spine[k], spineWeight)
		}
	}
	for id, i := range edges {
		e := &d.edges[i]
		from, to := e.ends()
		direction := ""
		if e.back {
			direction = ",dir=back,arrowtail=normal"
		}
		// A nought of Helvetica at 10 points is 5.56 points wide.
		heavy := weight(float64(e.count) / largest)
		if n := d.nodes[e.from].spine; n > 0 && d.nodes[e.to].spine == n+1 {
			heavy = spineWeight
		}
		room := strings.Repeat("0", roomStep*int(math.Ceil(e.labelWidth(d.scale, d.Style)/5.56/roomStep)))
		fmt.Fprintf(&b, "n%d->n%d[id=\"%d\",weight=%d,label=\"%s\"%s];\n", from, to, id, heavy, room, direction)
	}
	b.WriteString("{rank=source;n0}{rank=sink;n1}}")
	return b.Bytes()
}

const (
	spineWeight = 400
	roomStep    = 3 // noughts
)

// weight says how short and straight an edge should be, by its part of the
// most frequent one: 16 for more than a quarter, halved with every quarter less.
func weight(part float64) int {
	w := 16
	for limit := .25; w > 1 && part <= limit; limit /= 4 {
		w /= 2
	}
	return w
}

// order returns the nodes and the edges as dot is to read them, and the nodes
// of the usual way.
func (d *Drawing) order() (nodes, edges, spine []int) {
	for i := range d.nodes {
		nodes = append(nodes, i)
	}
	place := func(n int) int { return cmp.Or(d.nodes[n].spine, math.MaxInt) }
	slices.SortStableFunc(nodes, func(a, b int) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(d.nodes[a].name, d.nodes[b].name))
	})
	at := make([]int, len(nodes))
	for i, n := range nodes {
		at[n] = i
		if d.nodes[n].spine > 0 {
			spine = append(spine, n)
		}
	}
	for i := range d.edges {
		edges = append(edges, i)
	}
	slices.SortStableFunc(edges, func(a, b int) int {
		fa, ta := d.edges[a].ends()
		fb, tb := d.edges[b].ends()
		return cmp.Or(cmp.Compare(at[fa], at[fb]), cmp.Compare(at[ta], at[tb]))
	})
	return nodes, edges, spine
}

type dotAnswer struct {
	BB      string `json:"bb"`
	Objects []struct {
		Name string `json:"name"`
		Pos  string `json:"pos"`
	} `json:"objects"`
	Edges []struct {
		ID  string `json:"id"`
		Pos string `json:"pos"`
		LP  string `json:"lp"`
	} `json:"edges"`
}

// maxAnswers is how many layouts are kept, of some 100 kB each at most.
const maxAnswers = 64

// runDot lays a graph out, unless it was laid out before. The context is Background on purpose: a cancelled
// layout may spoil the instance for all later ones (go-graphviz issue 118), so
// the caps on the size of a drawing bound the time instead.
func runDot(source []byte) (*dotAnswer, error) {
	dot.Lock()
	defer dot.Unlock()
	key := sha256.Sum256(source)
	if answer := dot.answers[key]; answer != nil {
		return answer, nil
	}
	ctx := context.Background()
	if dot.Graphviz == nil {
		g, err := graphviz.New(ctx)
		if err != nil {
			return nil, fmt.Errorf("dot: %w", err)
		}
		dot.Graphviz = g
	}
	graph, err := graphviz.ParseBytes(source)
	if err != nil {
		return nil, fmt.Errorf("dot: %w", err)
	}
	defer graph.Close()
	var out bytes.Buffer
	if err := dot.Render(ctx, graph, "json", &out); err != nil {
		return nil, fmt.Errorf("dot: %w", err)
	}
	answer := new(dotAnswer)
	if err := json.Unmarshal(out.Bytes(), answer); err != nil {
		return nil, fmt.Errorf("dot: %w", err)
	}
	if len(dot.asked) == maxAnswers {
		delete(dot.answers, dot.asked[0])
		dot.asked = dot.asked[1:]
	}
	if dot.answers == nil {
		dot.answers = map[[sha256.Size]byte]*dotAnswer{}
	}
	dot.answers[key] = answer
	dot.asked = append(dot.asked, key)
	return answer, nil
}

// floats reads numbers with commas between them.
func floats(s string) []float64 {
	var list []float64
	for word := range strings.SplitSeq(s, ",") {
		x, err := strconv.ParseFloat(word, 64)
		if err != nil {
			return nil
		}
		list = append(list, x)
	}
	return list
}
