package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/mining/bpmn"
	"millrace/mining/petri"
	"millrace/mining/tree"
)

var draw = flag.Bool("draw", false, "write the reference model's file anew")

// reference is the reference model in one line, from which its file is drawn.
const reference = `->( X( tau, 'Quote Sales Order' ), X( tau, 'Receive PO' ), 'Create Sales Order', X( tau, ->( 'Set Credit Block', 'Release Credit Block' ) ), 'Confirm Sales Order',
	+( 'Send Order Confirmation', 'Release Sales Order' ),
	X( 'Cancel Sales Order', +(
		*( ->( 'Create Delivery', 'Allocate Stock', 'Start Picking', 'Pick', 'Pack', X( tau, 'Start Transport' ), 'Post Goods Issue', X( tau, 'Send Delivery Note' ),
			+( X( tau, 'Proof of Delivery' ), ->( 'Create Invoice', 'Post Invoice', X( tau, 'Send Invoice' ) ) ) ), tau ),
		*( tau, X( 'Dun', 'Apply Cash', 'Clear Receivable' ) ) ) ) )`

// The reference model's file is the drawing of the line above, is read back as
// what it says, is sound, and speaks of activities of order-to-cash only.
func TestReferenceModel(t *testing.T) {
	want, err := tree.Parse(strings.Join(strings.Fields(reference), " "))
	if err != nil {
		t.Fatal(err)
	}
	d := bpmn.FromTree(want)
	d.Name = "Order to cash"
	var file bytes.Buffer
	if err := d.Write(&file); err != nil {
		t.Fatal(err)
	}
	if *draw {
		if err := os.WriteFile(filepath.Join("..", "..", "eventlog", "o2c", "reference.bpmn"), file.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if file.String() != o2c.ReferenceModel {
		t.Error("eventlog/o2c/reference.bpmn is not what is drawn; write it by: go test ./cmd/millrace -run TestReferenceModel -draw")
	}
	read, err := bpmn.Read(strings.NewReader(o2c.ReferenceModel))
	if err != nil {
		t.Fatal(err)
	}
	net, err := read.Net()
	if err != nil {
		t.Fatal(err)
	}
	s, err := net.CheckSoundness(t.Context(), 0)
	if err != nil || s.Sound != petri.Holds {
		t.Errorf("%+v, %v", s, err)
	}
	if !slices.Equal(net.Labels(), want.Activities()) {
		t.Errorf("tasks %v, want %v", net.Labels(), want.Activities())
	}
	m := o2c.Model()
	for _, label := range net.Labels() {
		if !slices.ContainsFunc(m.Activities, func(a eventlog.ActivityType) bool { return a.Name == label }) {
			t.Errorf("the model has no activity %q", label)
		}
	}
}
