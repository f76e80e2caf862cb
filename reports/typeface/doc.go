// Package typeface makes of a TrueType font what a page can carry inside: the
// characters it needs, as WOFF 1.0, under a name of its own.
//
// It does not know which fonts or characters those are. Hints, kerning and
// substitutions are left out: browsers render without.
package typeface
