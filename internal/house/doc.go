// Package house holds the tests of the house rules: which package may know
// which, how long a file may be, what every package says of itself, and that
// NOTICE names what the program contains.
//
// There is nothing to import here.
package house
