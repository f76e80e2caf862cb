package ingest

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A number reads as strconv does.
func TestFloatsAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64Range(-1e9, 1e9).Draw(t, "x")
		text := fmt.Sprintf("%.4f", x)
		var want float64
		fmt.Sscan(text, &want)
		if got, ok := parseFloat([]byte(text), '.'); !ok || got != want {
			t.Fatalf("%s: %v %v", text, got, ok)
		}
		if got, ok := parseFloat([]byte(strings.Replace(text, ".", ",", 1)), ','); !ok || got != want {
			t.Fatalf("%s with a comma: %v %v", text, got, ok)
		}
	})
}
