package calendar

import (
	"testing"

	"pgregory.net/rapid"
)

// What a site is open adds up to its working time, and the stretches are in
// order, apart, and within what was asked.
func TestOpenAddsUp(t *testing.T) {
	c, err := Parse([]byte(`{weekdays: "08:00-12:00, 13:00-18:00", saturday: "22:00-06:00", holidays: DE-HH}`), "Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.Int64Range(0, 3_000_000_000_000_000).Draw(t, "from")
		to := from + rapid.Int64Range(-1, 40*day).Draw(t, "length")
		var sum int64
		last := from
		for _, s := range c.Open(from, to) {
			if s.Start < last || s.End <= s.Start || s.End > to {
				t.Fatalf("%v after %d, of %d to %d", s, last, from, to)
			}
			sum += s.End - s.Start
			last = s.End + 1 // else the two were one
		}
		if want := max(0, c.Between(from, to)); sum != want {
			t.Fatalf("open %d, worked %d", sum, want)
		}
	})
}
