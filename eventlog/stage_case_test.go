package eventlog

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A number stands for one case, whatever is remembered; where all are, a case
// has one number, and numbers follow the order of arrival.
func TestCaseNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.SampledFrom([]int{1, 2, 3, 5, 100}).Draw(t, "limit")
		n := newCaseNumbers(ImportOptions{remember: limit})
		caseOf, first := map[int64]string{}, map[int64]int64{}
		var order []string
		ord := int64(0)
		for range rapid.IntRange(1, 5).Draw(t, "batches") {
			b := &Batch{Case: rapid.SliceOfN(rapid.SampledFrom([]string{"", "a", "b", "c", "d\xff", "d\xfe", "d\uFFFD", "e"}), 0, 12).Draw(t, "cases")}
			if rapid.Bool().Draw(t, "coded") {
				c := Codes{}
				for _, id := range b.Case {
					at := slices.Index(c.Labels, id)
					if at < 0 {
						at = len(c.Labels)
						c.Labels = append(c.Labels, id)
					}
					c.Of = append(c.Of, uint32(at))
				}
				b.Codes = &BatchCodes{Case: c}
			}
			of := slices.Clone(n.number(b, ord))
			for i, number := range n.numbers {
				if was, there := caseOf[number]; there {
					t.Fatalf("number %d is %q and %q", number, was, n.labels[i])
				}
				caseOf[number], first[number] = n.labels[i], n.first[i]
				order = append(order, n.labels[i])
			}
			for i, id := range b.Case {
				if got := caseOf[of[i]]; got != toValid(id) || first[of[i]] > ord+int64(i) {
					t.Fatalf("%q has the number of %q, which came at %d", id, got, first[of[i]])
				}
			}
			ord += int64(b.Len())
		}
		if all := slices.Compact(slices.Sorted(slices.Values(order))); limit == 100 && (len(all) != len(order) || n.again) {
			t.Fatalf("cases that have several numbers: %q", order)
		}
		if int64(len(order)) != n.next {
			t.Fatalf("%d numbers for %d", n.next, len(order))
		}
	})
}

// toValid is a text as it is stored.
func toValid(s string) string {
	var out []rune
	for i, r := range s { // a range gives U+FFFD for each wrong byte; they stand alone here
		_ = i
		out = append(out, r)
	}
	return string(out)
}

// No hash that was there is missed, and few that were not are taken for such.
func TestRepeatFilter(t *testing.T) {
	random := rand.New(rand.NewPCG(4711, 3))
	for _, most := range []int{repeatSteps[0], repeatSteps[2], repeatSteps[len(repeatSteps)-1]} {
		f := repeatFilter{most: most}
		var known []uint64
		wrong := 0
		for range 200_000 {
			h := random.Uint64()
			if f.seen(h) {
				wrong++
			}
			known = append(known, h)
		}
		for _, h := range known {
			if !f.seen(h) {
				t.Fatalf("%x was there", h)
			}
		}
		t.Logf("%d words: %d of %d taken for repeated", most, wrong, len(known))
		if most > repeatSteps[0] && wrong > len(known)/200 {
			t.Errorf("%d words: %d of %d are taken for repeated", most, wrong, len(known))
		}
	}
}

// A load comes out the same whatever of its cases is remembered, also where
// cases are known, listed without events, or repeated in rows.
func TestImportForgetsCases(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		var loads []func(log string, remember int)
		for range rapid.IntRange(1, 3).Draw(rt, "loads") {
			var list []*Batch
			for range rapid.IntRange(1, 3).Draw(rt, "batches") {
				b := &Batch{CaseIDs: rapid.SliceOfN(rapid.SampledFrom([]string{"a", "c", "q"}), 0, 2).Draw(rt, "listed")}
				b.CaseAttributes = []Column{{Name: "n", Type: Int}}
				for i := range b.CaseIDs {
					b.CaseAttributes[0].Int = append(b.CaseAttributes[0].Int, int64(i))
				}
				for range rapid.IntRange(0, 8).Draw(rt, "rows") {
					b.Case = append(b.Case, rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}).Draw(rt, "case"))
					b.Activity = append(b.Activity, rapid.SampledFrom([]string{"x", "y"}).Draw(rt, "activity"))
				}
				list = append(list, b)
			}
			loads = append(loads, func(log string, remember int) {
				mustImport(t, s, ImportOptions{Log: log, remember: remember}, batches(list...))
			})
		}
		var got [2][]string
		for i, remember := range []int{0, rapid.IntRange(1, 3).Draw(rt, "remember")} {
			log := fmt.Sprintf("%d of %d", i, n)
			for _, load := range loads {
				load(log, remember)
			}
			got[i] = casesInOrder(t, s, log)
		}
		if !slices.Equal(got[0], got[1]) {
			rt.Fatalf("all remembered %q\nforgotten %q", got[0], got[1])
		}
	})
}

// casesInOrder are the cases of a log in the order of their numbers, each with
// its activities in the order in which they came.
func casesInOrder(t testing.TB, s *Store, log string) []string {
	t.Helper()
	var out []string
	err := s.session(t.Context(), func(c *storeConn) (err error) {
		out, err = c.strings(t.Context(), `SELECT concat(o.id, ': ', string_agg(e.activity, ',' ORDER BY e.event))
			FROM main.object AS o LEFT JOIN main.event_object AS eo USING (object) LEFT JOIN main.event AS e USING (event)
			WHERE o.type = $1 GROUP BY o.object, o.id ORDER BY o.object`, log)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
