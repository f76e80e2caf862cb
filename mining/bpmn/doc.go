// Package bpmn holds diagrams of BPMN 2.0 as far as they say in which order
// things are done: tasks, events, exclusive and parallel gateways, and the flow
// between them. It draws process trees, writes and reads files, and makes the
// Petri net that does the same. It knows no log, and nothing of data, messages
// and lanes.
package bpmn
