// Package bpmn holds diagrams of BPMN 2.0 as far as they say in which order
// things are done: tasks, events, exclusive, parallel and inclusive gateways, and
// the flow between them. It draws process trees and Petri nets, writes and reads
// files, and makes the Petri net that does the same. It knows no log, and nothing of data, messages
// and lanes.
package bpmn
