package mining

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"millrace/eventlog"
)

// Two samples exchanged give the difference with the other sign; one moved
// moves the difference; and bounds are around it.
func TestDelayLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) []int64 {
			xs := rapid.SliceOfN(rapid.Int64Range(0, 1000), 1, 40).Draw(t, name)
			slices.Sort(xs)
			return xs
		}
		a, b, shift := draw("with"), draw("others"), rapid.Int64Range(0, 500).Draw(t, "shift")
		x, back := delay(a, b), delay(b, a)
		if x.Difference != -back.Difference || x.Bounded != back.Bounded || math.Abs(x.Low+back.High) > 1e-9 || math.Abs(x.High+back.Low) > 1e-9 {
			t.Fatalf("%+v, exchanged %+v", x, back)
		}
		if x.Bounded && (x.Low > x.Difference || x.High < x.Difference) || x.Bounded != (len(a) >= 6 && len(b) >= 6) {
			t.Fatalf("%+v of %d and %d", x, len(a), len(b))
		}
		moved := slices.Clone(a)
		for i := range moved {
			moved[i] += shift
		}
		if y := delay(moved, b); math.Abs(y.Difference-x.Difference-float64(shift)) > 1e-9 || x.Bounded && math.Abs(y.Low-x.Low-float64(shift)) > 1e-9 {
			t.Fatalf("moved by %d: %+v, was %+v", shift, y, x)
		}
	})
}

// The bounds hold the true difference in about 95 of 100 samples.
func TestDelayCovers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	sample := func(n int, scale float64) []int64 {
		xs := make([]int64, n)
		for i := range xs {
			xs[i] = int64(r.ExpFloat64() * scale)
		}
		slices.Sort(xs)
		return xs
	}
	const trials = 2000
	want, held := math.Ln2*(3e6-1e6), 0
	for range trials {
		if x := delay(sample(40, 3e6), sample(200, 1e6)); x.Low <= want && want <= x.High {
			held++
		}
	}
	if share := float64(held) / trials; share < .93 || share > .98 {
		t.Errorf("the bounds hold it in %.3f of samples", share)
	}
}

// Delays.Of splits the cases as looking at each does.
func TestDelaysOf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := build(t, stories().Draw(t, "log"))
		s := summarize(t, l)
		f := fold(t, l, VariantCases(s, l.Label))
		d := FindDelays(f)
		var some []int
		for v := range s.Variants {
			if rapid.Bool().Draw(t, "with") {
				some = append(some, v)
			}
		}
		var with, others []int64
		for v := range s.Variants {
			for _, x := range f.Of(v) {
				switch {
				case x.Took == eventlog.NoTime:
				case slices.Contains(some, v):
					with = append(with, x.Took)
				default:
					others = append(others, x.Took)
				}
			}
		}
		slices.Sort(with)
		slices.Sort(others)
		if got, want := d.Of(some), delay(with, others); got != want {
			t.Fatalf("%+v, want %+v", got, want)
		}
	})
}
