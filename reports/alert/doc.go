// Package alert tells people and other systems that a rule is broken, once for
// each breach and cool-down, and once that it holds again.
//
// A ledger, a file of JSON lines that are synced, says what is due, what was
// tried and what was sent. It outlives kill -9 at any moment: an alert is
// delivered at least once; it comes twice only where a receiver's answer was
// lost, or we were killed between the answer and noting it.
//
// It knows channels. It does not know how a rule is evaluated.
package alert
