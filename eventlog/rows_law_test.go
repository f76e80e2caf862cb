package eventlog

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// obviousRows are the rows of an imported log as one query has them.
func obviousRows(t testing.TB, s *Store, log string) []string {
	t.Helper()
	var out []string
	err := s.session(context.Background(), func(c *storeConn) (err error) {
		out, err = c.strings(context.Background(), `
			SELECT concat_ws('|', c.object, o.id, c.event, e.activity, coalesce(epoch_us(e.time), -9223372036854775808), coalesce(epoch_us(e.start), -9223372036854775808),
			                 e.precision = 'day', e.rank, coalesce(e.resource, '-'), coalesce(e.lifecycle, '-'), coalesce(e.instance, ''), e.sequence)
			FROM (SELECT DISTINCT object, event FROM main.event_object) AS c
			JOIN main.object AS o ON o.object = c.object AND o.type = $1
			JOIN main.event AS e ON e.event = c.event
			ORDER BY c.object, e.source, e.sequence, e.id`, log)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Rows come in the same order whatever is sorted and asked for at once, and
// that is the order of the obvious query; labels that no row has are left out.
func TestLogRowsLaw(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		log := fmt.Sprint("l", n)
		loads := rapid.IntRange(1, 3).Draw(rt, "loads")
		sequenced := rapid.Bool().Draw(rt, "sequenced")
		for load := range loads {
			b := &Batch{}
			for i := range rapid.IntRange(1, 25).Draw(rt, "rows") {
				b.Case = append(b.Case, rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f"}).Draw(rt, "case"))
				b.Activity = append(b.Activity, rapid.SampledFrom([]string{"x", "y", "é", "z"}).Draw(rt, "activity"))
				b.Time = append(b.Time, rapid.SampledFrom([]int64{0, 1, -5, NoTime}).Draw(rt, "time"))
				b.Start = append(b.Start, rapid.SampledFrom([]int64{0, NoTime}).Draw(rt, "start"))
				b.Resource = append(b.Resource, rapid.SampledFrom([]string{"", "r", "s"}).Draw(rt, "resource"))
				b.Lifecycle = append(b.Lifecycle, rapid.SampledFrom([]string{"", "start", "complete"}).Draw(rt, "lifecycle"))
				b.Instance = append(b.Instance, rapid.SampledFrom([]string{"", "1"}).Draw(rt, "instance"))
				b.Day = append(b.Day, rapid.Bool().Draw(rt, "day"))
				b.Place = append(b.Place, int64(i))
				if sequenced {
					b.Sequence = append(b.Sequence, rapid.SampledFrom([]int64{0, 1, -7, 1<<62 + 1}).Draw(rt, "sequence"))
				}
			}
			// Another log's events and cases stand between those of this one.
			mustImport(t, s, ImportOptions{Log: log}, batches(b))
			mustImport(t, s, ImportOptions{Log: "between"}, batches(&Batch{Case: []string{fmt.Sprint(n, load)}, Activity: []string{"elsewhere"}, Time: []int64{int64(n)}}))
		}
		want := obviousRows(t, s, log)
		var got []string
		r := &rowReader{part: rapid.Int64Range(1, 40).Draw(rt, "part"), ask: rapid.Int64Range(1, 40).Draw(rt, "ask")}
		label := func(list []string, code uint32) string {
			if code == NoCode {
				return "-"
			}
			return list[code]
		}
		last := int64(0)
		r.emit = func(r *CaseRows) error {
			for i, c := range r.Case {
				if c <= last {
					rt.Fatalf("case %d after %d", c, last)
				}
				last = c
				for e := r.Offsets[i]; e < r.Offsets[i+1]; e++ {
					got = append(got, strings.Join([]string{fmt.Sprint(c), r.ID[i], fmt.Sprint(r.Event[e]), r.Labels.Activity[r.Activity[e]],
						fmt.Sprint(r.Time[e]), fmt.Sprint(r.Start[e]), fmt.Sprint(r.Day[e]), fmt.Sprint(r.Rank[e]), label(r.Labels.Resource, r.Resource[e]),
						label(r.Labels.Lifecycle, r.Lifecycle[e]), r.Instance[e], fmt.Sprint(r.Sequence[e])}, "|"))
				}
			}
			if slices.Contains(r.Labels.Activity, "elsewhere") || !slices.IsSorted(r.Labels.Activity) {
				rt.Fatalf("activities %v", r.Labels.Activity)
			}
			return nil
		}
		if _, err := s.logRows(context.Background(), LogDefinition{Name: log, CaseType: log}, nil, r); err != nil {
			rt.Fatal(err)
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

// What is packed comes back, whatever the numbers.
func TestRowTablePack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var in, out rowTable
		n := rapid.IntRange(0, 20).Draw(t, "rows")
		in.n = n
		for c := range in.columns {
			width := rapid.SampledFrom([]int64{1, 200, 70_000, 1 << 40, 0}).Draw(t, "width")
			for range n {
				v := rapid.Int64().Draw(t, "value")
				if width > 0 {
					v %= width
				}
				in.columns[c] = append(in.columns[c], v)
			}
		}
		instances := rapid.Bool().Draw(t, "instances")
		var at []int32
		for i := range n {
			in.instance = append(in.instance, "")
			if instances {
				in.instance[i] = rapid.String().Draw(t, "instance")
			}
			at = append(at, int32(i))
		}
		buf := in.pack(nil, at)
		if !out.unpack(buf) || out.n != n {
			t.Fatal("it cannot be read")
		}
		for c := range in.columns {
			if !slices.Equal(in.columns[c], out.columns[c]) {
				t.Fatalf("column %d: got %v, want %v", c, out.columns[c], in.columns[c])
			}
		}
		if !slices.Equal(in.instance, out.instance) {
			t.Fatalf("got %q, want %q", out.instance, in.instance)
		}
		if len(buf) > 0 {
			var cut rowTable
			if cut.unpack(buf[:rapid.IntRange(0, len(buf)-1).Draw(t, "cut")]) {
				t.Fatal("a part of it is taken for the whole")
			}
		}
	})
}
