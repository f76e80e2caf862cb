// Package reports builds pages from results.
//
// A page is a value: [Flow] makes a [Page] of blocks from what mining and
// metrics found, without I/O, clock or chance, and decides there what is said
// and in which words. Renderers (package html) draw a Page and decide nothing.
// The package does not know where the results came from, and computes none:
// every figure on a page is one it was given.
package reports
