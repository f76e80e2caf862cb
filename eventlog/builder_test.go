package eventlog

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"
)

// TestOrder reads events as rows of text and prints the cases they make:
//
//	CASE ACTIVITY TIME|- [start=TIME] [life=start|complete|…] [instance=X] [day] [seq=N] [rank=N]
func TestOrder(t *testing.T) {
	datadriven.RunTest(t, "testdata/order", func(t *testing.T, d *datadriven.TestData) string {
		o := BuilderOptions{}
		if d.HasArg("lifecycle") {
			var word string
			d.ScanArgs(t, "lifecycle", &word)
			var err error
			if o.Lifecycle, err = ParseLifecycle(word); err != nil {
				return "error: " + err.Error() + "\n"
			}
		}
		if d.HasArg("zone") {
			var zone string
			d.ScanArgs(t, "zone", &zone)
			loc, err := time.LoadLocation(zone)
			if err != nil {
				t.Fatal(err)
			}
			o.Zone = loc
		}
		b := NewBuilder(o)
		batch, ranks := rowsOfText(t, d.Input, b.o.Zone)
		whole := describe(t, orderWhole(t, batch, ranks, o))
		if slices.ContainsFunc(ranks, func(r int32) bool { return r != 0 }) {
			return whole // only a store knows ranks
		}
		if err := b.Add(batch); err != nil {
			return "error: " + err.Error() + "\n"
		}
		l, err := b.Log()
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		got := describe(t, l)
		if got != whole {
			t.Fatalf("the Builder made\n%s\nwhole cases made\n%s", got, whole)
		}
		return got
	})
}

// orderWhole makes a log of rows the way a store does, which reads whole cases.
func orderWhole(t *testing.T, in *Batch, ranks []int32, o BuilderOptions) *Log {
	r := &CaseRows{Offsets: []int{0}, Labels: &RowLabels{}}
	code := func(labels *[]string, s string) uint32 {
		i := slices.Index(*labels, s)
		if i < 0 {
			i = len(*labels)
			*labels = append(*labels, s)
		}
		return uint32(i)
	}
	for _, id := range in.Case {
		if !slices.Contains(r.ID, id) {
			r.Case, r.ID = append(r.Case, int64(len(r.ID))), append(r.ID, id)
		}
	}
	for _, id := range r.ID {
		var rows []int
		for i := range in.Case {
			if in.Case[i] == id {
				rows = append(rows, i)
			}
		}
		if in.Sequence != nil {
			slices.SortStableFunc(rows, func(a, b int) int { return cmp.Compare(in.Sequence[a], in.Sequence[b]) })
		}
		for _, i := range rows {
			r.Event, r.Time, r.Rank = append(r.Event, int64(i+1)), append(r.Time, in.Time[i]), append(r.Rank, ranks[i])
			r.Activity = append(r.Activity, code(&r.Labels.Activity, in.Activity[i]))
			r.Start, r.Day = append(r.Start, valueOr(in.Start, i, NoTime)), append(r.Day, valueOr(in.Day, i, false))
			r.Lifecycle = append(r.Lifecycle, code(&r.Labels.Lifecycle, valueOr(in.Lifecycle, i, "")))
			r.Instance, r.Resource = append(r.Instance, valueOr(in.Instance, i, "")), append(r.Resource, NoCode)
		}
		r.Offsets = append(r.Offsets, len(r.Event))
	}
	l := &Log{labels: r.Labels.Activity, caseIDs: func(_ context.Context, numbers []int64) ([]string, error) {
		var out []string
		for _, n := range numbers {
			out = append(out, r.ID[n])
		}
		return out, nil
	}}
	met := newOrdering(o.Lifecycle, o.Zone)
	w := &casesWriter{starts: true, emit: func(c *Cases) error { l.batches = append(l.batches, c); return nil }}
	if err := met.writeRows(w, r); err != nil {
		t.Fatal(err)
	}
	if err := w.flush(); err != nil {
		t.Fatal(err)
	}
	if in.Sequence != nil {
		met.ties = 0 // a store says no sequence, as its rows are in it
	}
	l.notes = met.notes()
	return l
}

func rowsOfText(t *testing.T, text string, zone *time.Location) (*Batch, []int32) {
	b := &Batch{}
	var ranks []int32
	at := func(s string) int64 {
		for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"} {
			if x, err := time.ParseInLocation(layout, s, zone); err == nil {
				return x.UnixMicro()
			}
		}
		t.Fatalf("%q is not a time", s)
		return 0
	}
	for line := range strings.SplitSeq(text, "\n") {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		b.Case = append(b.Case, words[0])
		b.Activity = append(b.Activity, words[1])
		end, start, life, instance, day, seq, rank := int64(NoTime), int64(NoTime), "", "", false, int64(0), int32(0)
		if words[2] != "-" {
			end = at(words[2])
		}
		for _, w := range words[3:] {
			key, value, _ := strings.Cut(w, "=")
			switch key {
			case "start":
				start = at(value)
			case "life":
				life = value
			case "instance":
				instance = value
			case "day":
				day = true
			case "seq":
				fmt.Sscan(value, &seq)
			case "rank":
				fmt.Sscan(value, &rank)
			}
		}
		b.Time, b.Start = append(b.Time, end), append(b.Start, start)
		b.Lifecycle, b.Instance = append(b.Lifecycle, life), append(b.Instance, instance)
		b.Day, b.Sequence, ranks = append(b.Day, day), append(b.Sequence, seq), append(ranks, rank)
	}
	if !strings.Contains(text, "start=") {
		b.Start = nil
	}
	if !strings.Contains(text, "seq=") {
		b.Sequence = nil
	}
	if !strings.Contains(text, " day") {
		b.Day = nil
	}
	if !strings.Contains(text, "life=") {
		b.Lifecycle = nil
	}
	if !strings.Contains(text, "instance=") {
		b.Instance = nil
	}
	return b, ranks
}

// describe prints the cases of a log, an event a line, then its notes.
func describe(t *testing.T, l *Log) string {
	var out strings.Builder
	for _, c := range l.batches {
		ids, err := l.CaseIDs(context.Background(), c.Case)
		if err != nil {
			t.Fatal(err)
		}
		for i := range c.Case {
			fmt.Fprintf(&out, "%s:\n", ids[i])
			for e := c.Offsets[i]; e < c.Offsets[i+1]; e++ {
				line := "  " + l.Label(c.Activity[e]) + " "
				if c.Start != nil && c.Start[e] != c.Time[e] {
					line += FormatTime(c.Start[e]) + " to "
				}
				line += FormatTime(c.Time[e])
				out.WriteString(strings.TrimRight(line, " ") + "\n")
			}
		}
	}
	for _, n := range l.notes {
		fmt.Fprintf(&out, "note %s: %s\n", n.Code, n.Text)
	}
	return out.String()
}

// Rows in another order give the same log where no ties are left.
func TestOrderOfRowsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 40).Draw(t, "events")
		in := &Batch{}
		times := rapid.SliceOfNDistinct(rapid.Int64Range(-1e14, 1e14), n, n, func(x int64) int64 { return x }).Draw(t, "times")
		for i := range n {
			in.Case = append(in.Case, rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "case"))
			in.Activity = append(in.Activity, rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "activity"))
			in.Time = append(in.Time, times[i])
		}
		shuffled := &Batch{}
		seed := rapid.Uint64().Draw(t, "seed")
		for _, i := range rand.New(rand.NewPCG(seed, 1)).Perm(n) {
			shuffled.Case = append(shuffled.Case, in.Case[i])
			shuffled.Activity = append(shuffled.Activity, in.Activity[i])
			shuffled.Time = append(shuffled.Time, in.Time[i])
		}
		var got [2]string
		for i, b := range []*Batch{in, shuffled} {
			builder := NewBuilder(BuilderOptions{})
			if err := builder.Add(b); err != nil {
				t.Fatal(err)
			}
			l, err := builder.Log()
			if err != nil {
				t.Fatal(err)
			}
			s, err := Summarize(context.Background(), l, SummaryOptions{})
			if err != nil {
				t.Fatal(err)
			}
			got[i] = s.String()
			for _, a := range s.Arcs {
				got[i] += fmt.Sprintln(a.From, a.To, a.Count, a.Cases, a.Wait.String())
			}
		}
		if got[0] != got[1] {
			t.Fatalf("%s\n%s", got[0], got[1])
		}
	})
}

// The quantile of buckets is within 0.8 % of the exact one, everything else is exact.
func TestDurationsAreWithinTheirError(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.OneOf(rapid.Int64Range(0, 300), rapid.Int64Range(0, 1e15), rapid.Int64Range(0, 1<<62)), 1, 200).Draw(t, "values")
		q := rapid.Float64Range(0, 1).Draw(t, "q")
		cut := rapid.IntRange(0, len(values)).Draw(t, "cut")
		var left, right, exact Durations
		exact.keep = true
		sum := 0.0
		for i, v := range values {
			if i < cut {
				left.Add(v)
			} else {
				right.Add(v)
			}
			exact.Add(v)
			sum += float64(v)
		}
		left.Merge(&right)
		slices.Sort(values)
		at := q * float64(len(values)-1)
		lo := int(at)
		want := float64(values[lo])
		if lo+1 < len(values) {
			want += (at - float64(lo)) * (float64(values[lo+1]) - float64(values[lo]))
		}
		if got := exact.Quantile(q); !near(got, want, 1e-9) {
			t.Fatalf("exact: %v, want %v", got, want)
		}
		if got := left.Quantile(q); !near(got, want, 0.008) {
			t.Fatalf("in buckets: %v, want %v", got, want)
		}
		if left.N != int64(len(values)) || left.Min != values[0] || left.Max != values[len(values)-1] || !near(left.Total(), sum, 1e-9) {
			t.Fatalf("%+v", left)
		}
	})
}

func near(got, want, tolerance float64) bool {
	d := got - want
	return d == 0 || d < 0 && -d <= tolerance*want || d > 0 && d <= tolerance*want
}

func TestBucketsAreTheDocumentedIntegers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := rapid.Uint64Range(0, 1<<63-1).Draw(t, "u")
		want := u
		if u >= 64 {
			length := uint64(len(fmt.Sprintf("%b", u))) // bitlen
			want = (length-6)<<6 + (u>>(length-7))&63
		}
		if got := bucket(u); uint64(got) != want {
			t.Fatalf("bucket(%d) = %d, want %d", u, got, want)
		}
		if m := midpoint(bucket(u)); m < float64(u)*0.992 || m > float64(u)*1.008 {
			t.Fatalf("midpoint of the bucket of %d is %v", u, m)
		}
	})
}
