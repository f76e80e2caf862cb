package eventlog

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A dictionary is a map and a list, whichever way labels are added.
func TestDictionary(t *testing.T) {
	label := rapid.OneOf(rapid.StringN(0, 3, -1), rapid.StringN(100, 300, -1),
		rapid.Custom(func(t *rapid.T) string {
			return strings.Repeat("x", rapid.IntRange(arenaChunk-8, arenaChunk+8).Draw(t, "long"))
		}))
	rapid.Check(t, func(t *rapid.T) {
		var d dictionary
		want := map[string]uint32{}
		var order []string
		add := func(s string, got uint32) {
			code, ok := want[s]
			if !ok {
				code = uint32(len(order))
				want[s] = code
				order = append(order, s)
			}
			if got != code {
				t.Fatalf("label %d is said to be %d", code, got)
			}
		}
		for range rapid.IntRange(0, 30).Draw(t, "times") {
			some := rapid.SliceOfN(label, 0, 12).Draw(t, "labels")
			if rapid.Bool().Draw(t, "many") { // more than are looked up together
				for range 300 {
					some = append(some, string(rune('a'+len(order)%50))+strings.Repeat("y", len(some)))
				}
			}
			if rapid.Bool().Draw(t, "together") {
				codes := make([]uint32, len(some))
				d.addAll(some, codes)
				for i, s := range some {
					add(s, codes[i])
				}
				continue
			}
			for _, s := range some {
				if n, ok := d.find(s); ok != slices.Contains(order, s) || ok && n != want[s] {
					t.Fatalf("%d, %v", n, ok)
				}
				add(s, d.add(s))
			}
		}
		if !slices.Equal(d.labels(), order) || d.len() != len(order) {
			t.Fatal("other labels")
		}
	})
}

// Ten million ids take less than 60 bytes each, all in.
func TestDictionaryIsSmall(t *testing.T) {
	var d dictionary
	const n = 800_000 // just after the table was doubled, so as bad as it gets
	for i := range n {
		d.add("O" + strings.Repeat("0", 3) + string([]byte{byte('0' + i/100_000), byte('0' + i/10_000%10), byte('0' + i/1000%10), byte('0' + i/100%10), byte('0' + i/10%10), byte('0' + i%10)}))
	}
	if each := d.size / n; d.len() != n || each > 45 {
		t.Fatalf("%d labels take %d bytes each", d.len(), each)
	}
}
