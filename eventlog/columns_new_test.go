package eventlog

import (
	"cmp"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Whatever the order in which the database has new events and their cases, and
// however these are cut into batches, the rows are those of a plain sort.
func TestNewEventsByCase(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type row struct{ event, of, sequence, time int64 }
		var rows []row
		used := map[[2]int64]bool{}
		twice := false
		for i := range int64(rapid.IntRange(0, 60).Draw(t, "events")) {
			r := row{event: 3*i + 7, of: rapid.Int64Range(0, 9).Draw(t, "case") * 1e9, sequence: rapid.Int64Range(0, 500).Draw(t, "sequence"), time: rapid.Int64().Draw(t, "time")}
			twice = twice || r.of != 0 && used[[2]int64{r.of, r.sequence}]
			used[[2]int64{r.of, r.sequence}] = true
			rows = append(rows, r)
		}
		if rapid.Bool().Draw(t, "rising") {
			slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.sequence, b.sequence) })
			for i := range rows {
				rows[i].event = int64(i + 1)
			}
		}
		n := &newEvents{plain: true}
		for _, r := range rapid.Permutation(rows).Draw(t, "written") {
			n.event, n.time, n.start, n.sequence = append(n.event, r.event), append(n.time, r.time), append(n.start, NoTime), append(n.sequence, r.sequence)
			n.activity, n.resource = append(n.activity, uint32(r.event)), append(n.resource, NoCode)
		}
		n.rise()
		pairs := rapid.Permutation(append([]row{{event: 1e6, of: 5}, {event: -4, of: 5}}, rows...)).Draw(t, "pairs") // two of events that are not new
		for some := range slices.Chunk(pairs, rapid.IntRange(1, 70).Draw(t, "batch")) {
			var events, cases []int64
			for _, r := range some {
				if r.of != 0 {
					events, cases = append(events, r.event), append(cases, r.of)
				}
			}
			if n.place(events, cases) {
				t.Fatal("an event is said to have two cases")
			}
		}
		got, err := n.byCase()
		if twice {
			if !errors.Is(err, errExtend) {
				t.Fatalf("two events at one place: %v", err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		want := slices.DeleteFunc(rows, func(r row) bool { return r.of == 0 })
		slices.SortFunc(want, func(a, b row) int { return cmp.Or(cmp.Compare(a.of, b.of), cmp.Compare(a.sequence, b.sequence)) })
		at := 0
		for i, c := range got.Case {
			for e := got.Offsets[i]; e < got.Offsets[i+1]; e++ {
				if w := want[at]; w.of != c || w.event != got.Event[e] || w.time != got.Time[e] || uint32(w.event) != got.Activity[e] {
					t.Fatalf("row %d is event %d of case %d, not %+v", at, got.Event[e], c, w)
				}
				at++
			}
		}
		if at != len(want) {
			t.Fatalf("%d rows, not %d", at, len(want))
		}
	})
	n := &newEvents{event: []int64{1, 2}}
	if n.place([]int64{1, 2}, []int64{5, 5}) || !n.place([]int64{2}, []int64{6}) {
		t.Error("an event that has two cases is not seen")
	}
}
