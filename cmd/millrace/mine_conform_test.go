package main

import (
	"testing"

	"millrace/mining/conform"
)

func TestNotOptimal(t *testing.T) {
	got := notOptimal(conform.Certainty{Optimal: 987, Within: 2}, 1000)
	const want = "Alignments are optimal for 98.7 % of cases, and within 2 moves for the rest: fitness may be higher, not lower."
	if got.Text != want {
		t.Errorf("%q, not %q", got.Text, want)
	}
}
