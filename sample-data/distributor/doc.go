// Package distributor simulates a mid-size distributor's order-to-cash for
// eighteen months and writes what its six systems would export, and the truth.
//
// The simulation knows only decisions: when what happened, by whose hand, to
// which document, in UTC. From them two writers work apart: one writes the
// systems' tables as dirty as their owners keep them, the other the truth.
// The truth is never read off the tables. What the columns of either mean
// stands in ingest/distributor/tables.yaml and truth.yaml.
//
// Same seed and size, same bytes, whatever the machine. It does not know the
// store, the model, or any mapping.
package distributor
