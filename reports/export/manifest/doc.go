// Package manifest says beside an export what it is: of which inputs, by which
// program and definitions, with which SQL, and the size and SHA-256 of each
// file, so that whoever gets the files can tell that they are whole and theirs.
//
// It knows files and hashes. It does not know formats or destinations, and
// takes every time as an argument.
package manifest
