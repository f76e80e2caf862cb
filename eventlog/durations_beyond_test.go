package eventlog_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"millrace/eventlog"
)

// TestBeyond: the sum beyond a floor is what adding one by one gives, but for
// the width of the buckets; beyond nothing it is all.
func TestBeyond(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		durations := rapid.SliceOfN(rapid.Int64Range(0, 1e13), 1, 100).Draw(t, "durations")
		floor := float64(rapid.Int64Range(0, 1e13).Draw(t, "floor"))
		var d eventlog.Durations
		want, beyond := 0.0, 0.0
		for _, x := range durations {
			d.Add(x)
			want += max(0, float64(x)-floor)
			if float64(x) > floor*.98 {
				beyond += float64(x)
			}
		}
		if got := d.Beyond(floor); math.Abs(got-want) > .01*beyond+1 {
			t.Fatalf("beyond %g: %g, want %g", floor, got, want)
		}
	})
}
