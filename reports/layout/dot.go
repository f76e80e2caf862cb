package layout

import (
	"bytes"
	"cmp"
	"context"
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
	for _, a := range answer.Edges {
		i, err := strconv.Atoi(a.ID)
		if err != nil || i >= len(d.edges) {
			return fmt.Errorf("dot: unknown edge %q", a.ID)
		}
		e := &d.edges[i]
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
func (d *Drawing) dot() []byte {
	var b bytes.Buffer
	b.WriteString("digraph{graph[rankdir=TB,nodesep=0.28,ranksep=0.32,splines=true];" +
		"node[shape=box,fixedsize=true,label=\"\"];edge[arrowsize=0.7,fontsize=10,fontname=Helvetica];\n")
	for i, n := range d.nodes {
		group := ""
		if n.spine {
			group = ",group=s"
		}
		fmt.Fprintf(&b, "n%d[width=%.3f,height=%.3f%s];\n", i, n.w/72, n.h/72, group)
	}
	largest := 1.0
	for _, e := range d.edges {
		largest = max(largest, float64(e.count))
	}
	next := d.spineSteps()
	for i := range d.edges {
		e := &d.edges[i]
		weight := int(1 + 20*math.Sqrt(float64(e.count)/largest))
		if next[[2]int{e.from, e.to}] {
			weight *= 4
		}
		from, to := e.ends()
		direction := ""
		if e.back {
			direction = ",dir=back,arrowtail=normal"
		}
		// A nought of Helvetica at 10 points is 5.56 points wide.
		room := strings.Repeat("0", int(math.Ceil(e.labelWidth(d.scale)/5.56)))
		fmt.Fprintf(&b, "n%d->n%d[id=\"%d\",weight=%d,label=\"%s\"%s];\n", from, to, i, weight, room, direction)
	}
	b.WriteString("{rank=source;n0}{rank=sink;n1}}")
	return b.Bytes()
}

// spineSteps returns the edges between nodes of the spine, which dot is asked
// to keep short and straight.
func (d *Drawing) spineSteps() map[[2]int]bool {
	steps := map[[2]int]bool{}
	for _, e := range d.edges {
		if d.nodes[e.from].spine && d.nodes[e.to].spine && !e.back {
			steps[[2]int{e.from, e.to}] = true
		}
	}
	return steps
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

// runDot lays a graph out. The context is Background on purpose: a cancelled
// layout may spoil the instance for all later ones (go-graphviz issue 118), so
// the caps on the size of a drawing bound the time instead.
func runDot(source []byte) (*dotAnswer, error) {
	dot.Lock()
	defer dot.Unlock()
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
