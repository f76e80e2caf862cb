package o2c

import _ "embed"

// ReferenceModel is how an order should go, as a diagram of BPMN 2.0 with its
// drawing: perhaps quoted, entered, perhaps stopped by the credit check,
// confirmed, and then cancelled, or delivered and invoiced, once or in parts,
// while money comes in. It is sound, and its tasks are activities of the model;
// what it has no room for, such as a change of price or a reversal, is a
// departure by intent.
//
//go:embed reference.bpmn
var ReferenceModel string
