// Package conform says how well a log and a Petri net agree, and where not:
// optimal alignments, token-based replay, fitness, precision, generalization,
// simplicity and footprints.
//
// Everything is a pure function of an [eventlog.Summary] and a [petri.Net]: no
// I/O, no clock, no randomness; results do not depend on the number of workers.
// What takes long can be cancelled. The package knows no miner and no file.
package conform
