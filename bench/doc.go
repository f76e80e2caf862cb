// Package bench measures Millrace against named alternatives on the same
// events, in the same process, one after the other: make bench.
//
// Both sides must give the same counts and medians, or there is no figure.
// The package knows nothing but what it measures; there is nothing to import.
package bench
