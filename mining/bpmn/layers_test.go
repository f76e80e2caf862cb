package bpmn

import (
	"bytes"
	"fmt"
	"testing"
)

// A line that passes takes the room of a line, not of a task: here 15 pass the
// fourth of eight tasks that all lead to all later ones.
func TestColumnsTakeTheRoomTheyNeed(t *testing.T) {
	d := &Diagram{}
	for i := range 8 {
		d.Nodes = append(d.Nodes, Node{Kind: Task, Name: "task"})
		for j := range i {
			d.Flows = append(d.Flows, Flow{From: j, To: i})
		}
	}
	if d.blocks() != nil {
		t.Fatal("it is made of blocks")
	}
	const task, apart, lane, margin = 148, 18, 10, 2
	d.Lay(Style{Down: true, Task: func(string) (w, h int) { return task, 32 }, Apart: apart, Lane: lane, Margin: margin})
	width, least := 0, task
	for _, f := range d.Flows {
		for _, q := range f.Way {
			width, least = max(width, q.X), min(least, q.X)
		}
	}
	if most := margin + task + apart + 16*lane; width > most || least < margin {
		t.Errorf("drawn from %d to %d, which may be %d to %d", least, width, margin, most)
	}
}

// A diagram of 400 tasks, of which any two follow one another one way or the
// other, as far as the Split Miner tells them apart, reads back, with its drawing.
func TestLargeDiagramReadsBack(t *testing.T) {
	const n = 400
	d := &Diagram{Nodes: []Node{{ID: "start", Kind: Start}, {ID: "end", Kind: End}}}
	link := func(from, to int) {
		d.Flows = append(d.Flows, Flow{ID: fmt.Sprintf("Flow_%d", len(d.Flows)+1), From: from, To: to})
	}
	for i := range n {
		join, task, split := len(d.Nodes), len(d.Nodes)+1, len(d.Nodes)+2
		d.Nodes = append(d.Nodes, Node{ID: fmt.Sprintf("Gateway_%d", join), Kind: Exclusive},
			Node{ID: fmt.Sprintf("Task_%d", i), Kind: Task, Name: fmt.Sprintf("Activity %d", i)}, Node{ID: fmt.Sprintf("Gateway_%d", split), Kind: Exclusive})
		link(join, task)
		link(task, split)
	}
	link(0, 2)
	link(len(d.Nodes)-1, 1)
	for i := range n {
		for j := 1; j <= n/2; j++ {
			link(4+3*i, 2+3*((i+j)%n))
		}
	}
	(&pen{d: d, Style: Style{}.filled()}).layers(mostPassing)
	points := 0
	for _, f := range d.Flows {
		points += len(f.Way)
	}
	if most := 6*len(d.Flows) + 2*mostPassing; points > most {
		t.Errorf("%d points, more than %d", points, most)
	}
	var out bytes.Buffer
	if err := d.Write(&out); err != nil {
		t.Fatal(err)
	}
	back, err := Read(&out)
	if err != nil {
		t.Fatal(err)
	}
	if len(back.Nodes) != len(d.Nodes) || len(back.Flows) != len(d.Flows) {
		t.Errorf("%d nodes and %d flows, not %d and %d", len(back.Nodes), len(back.Flows), len(d.Nodes), len(d.Flows))
	}
}
