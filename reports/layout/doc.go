// Package layout draws process maps: a directly-follows graph becomes our own
// SVG, with the usual way as a straight spine and frequency and waiting time
// side by side.
//
// dot (goccy/go-graphviz, WebAssembly) decides where things go, and only that:
// it sees ids such as n12, never a name, and none of its output is shown. The
// package does not know pages, and it does not know the log: what a level of
// detail leaves out is decided, and recounted, by the caller.
package layout
