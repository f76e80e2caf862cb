package mining

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"millrace/eventlog"
)

// Every case is listed once, under the variant that its own events make, with
// the time from its first to its last.
func TestVariantCases(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := build(t, stories().Draw(t, "log"))
		s := summarize(t, l)
		f := fold(t, l, VariantCases(s, l.Label))
		path, took := map[int64][]string{}, map[int64]int64{}
		for c := range l.Batches() {
			for i, number := range c.Case {
				path[number] = []string{}
				for _, code := range c.Activity[c.Offsets[i]:c.Offsets[i+1]] {
					path[number] = append(path[number], l.Label(code))
				}
				took[number] = eventlog.NoTime
				if first, last := c.Ends(i); first != eventlog.NoTime && last != eventlog.NoTime {
					took[number] = last - first
				}
			}
		}
		for v := range s.Variants {
			want := []string{}
			for _, a := range s.Variants[v].Path {
				want = append(want, s.Activities[a])
			}
			of := f.Of(v)
			if int64(len(of)) != s.Variants[v].Cases {
				t.Fatalf("variant %d: %d cases, want %d", v, len(of), s.Variants[v].Cases)
			}
			for _, x := range of {
				if !slices.Equal(path[x.Case], want) || took[x.Case] != x.Took {
					t.Fatalf("case %d: %v, %d µs, is under variant %v", x.Case, path[x.Case], x.Took, want)
				}
				delete(path, x.Case)
			}
		}
		if len(path) > 0 {
			t.Fatalf("not listed: %v", path)
		}
	})
}
