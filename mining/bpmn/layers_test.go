package bpmn

import "testing"

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
