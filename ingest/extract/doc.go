// Package extract reads the tables of a source so that they can be staged: with
// patience where the source breaks, within what it may be asked for, into pages
// on disk from which a cut extraction continues; the first time all rows, then
// those that changed, and which there are still. It does not know what kind of
// source it reads, nor what the tables mean.
//
// An update that touches no column of a table's watermark cannot be seen by an
// increment, and by a sweep only where it touches a column of Swept: else a
// full extraction finds it.
package extract
