// Package figure words numbers and names for readers: counts, shares,
// durations, money, days, and names that may be anything a source holds.
//
// Everything a page or a picture says goes through it, so that one quantity
// reads the same in a tile, a table and a map. It does not know what the
// numbers mean. Numbers and their units are joined by a no-break space.
package figure
