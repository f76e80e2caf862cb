package conform

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// A table numbers keys as a map does, also when its rounds begin anew.
func TestNodeTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := nodeTable{round: rapid.SampledFrom([]uint32{0, math.MaxUint32 - 1}).Draw(t, "round")}
		most := rapid.SampledFrom([]uint64{8, 4000, math.MaxUint64}).Draw(t, "most")
		for range 3 {
			n.forget()
			want := map[uint64]int32{}
			add := func(key uint64) {
				next := int32(len(want))
				if _, ok := want[key]; !ok {
					want[key] = next
				}
				if got := n.number(key, next); got != want[key] {
					t.Fatalf("%d is %d, not %d", key, got, want[key])
				}
			}
			for i := range rapid.Uint64Range(0, 3000).Draw(t, "in a row") { // so that it grows
				add(i<<32 | i%7)
			}
			for _, key := range rapid.SliceOf(rapid.Uint64Range(0, most)).Draw(t, "keys") {
				add(key)
			}
		}
	})
}
