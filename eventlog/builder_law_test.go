package eventlog

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A builtLog is all that a log is made of.
type builtLog struct {
	Labels, Resources, IDs []string
	Batches                []*Cases
	Paths                  [][]uint16
	Notes                  []Note
}

// An obviousEvent is one row, as it is written.
type obviousEvent struct {
	number              int64
	activity, resource  string
	time, start         int64
	sequence            int64
	day, hasSequence    bool
	lifecycle, instance string

	// Where it stands: see testdata/order.
	order, end int64
}

// obviousBuilder puts batches together as testdata/order specifies, with maps
// and one sort a case; most is how many events a batch has.
func obviousBuilder(batches []*Batch, o BuilderOptions, most int) builtLog {
	var out builtLog
	number := func(labels *[]string, s string) int {
		if i := slices.Index(*labels, s); i >= 0 {
			return i
		}
		*labels = append(*labels, s)
		return len(*labels) - 1
	}
	events := map[string][]obviousEvent{}
	known := map[string]bool{}
	see := func(id string) {
		if !known[id] {
			known[id] = true
			out.IDs = append(out.IDs, id)
		}
	}
	starts, resources, n := false, false, int64(0)
	for _, b := range batches {
		starts = starts || b.Start != nil
		resources = resources || b.Resource != nil
		for i, id := range b.Case {
			n++
			e := obviousEvent{number: n, activity: b.Activity[i], time: b.Time[i], start: NoTime, sequence: n}
			number(&out.Labels, e.activity)
			if b.Start != nil {
				e.start = b.Start[i]
			}
			if b.Resource != nil && b.Resource[i] != "" {
				e.resource = b.Resource[i]
				number(&out.Resources, e.resource)
			}
			if b.Sequence != nil {
				e.sequence, e.hasSequence = b.Sequence[i], true
			}
			if b.Day != nil {
				e.day = b.Day[i] && e.start == NoTime
			}
			if b.Lifecycle != nil && o.Lifecycle != All {
				e.lifecycle = strings.ToLower(b.Lifecycle[i])
				starts = starts || e.lifecycle == "start"
			}
			if b.Instance != nil {
				e.instance = b.Instance[i]
			}
			see(id)
			events[id] = append(events[id], e)
		}
		for _, id := range b.CaseIDs {
			see(id)
		}
	}
	var m met
	rows := make([]int, len(out.IDs))
	ordered := make([][]obviousEvent, len(out.IDs))
	for i, id := range out.IDs {
		rows[i] = len(events[id])
		ordered[i] = obviousOrder(events[id], o, &m)
		if len(ordered[i]) == 0 {
			m.empty++
		}
	}
	out.Notes = m.notes()
	variants := map[string]uint32{}
	for _, bounds := range obviousCuts(rows, ordered, o, most) {
		c := &Cases{Offsets: []int32{0}}
		if starts {
			c.Start = []int64{}
		}
		if resources {
			c.Resource = []int32{}
		}
		for i := bounds[0]; i < bounds[1]; i++ {
			var path []uint16
			first, last := int64(NoTime), int64(NoTime)
			for _, e := range ordered[i] {
				path = append(path, uint16(number(&out.Labels, e.activity)))
				c.Time, c.Event = append(c.Time, e.time), append(c.Event, e.number)
				if starts && e.start == NoTime {
					e.start = e.time
				}
				if starts {
					c.Start = append(c.Start, e.start)
				}
				if resources && e.resource == "" {
					c.Resource = append(c.Resource, -1)
				} else if resources {
					c.Resource = append(c.Resource, int32(number(&out.Resources, e.resource)))
				}
				if e.time != NoTime {
					last = max(last, e.time)
					if first == NoTime || e.time < first {
						first = e.time
					}
				}
			}
			if k := len(ordered[i]); k > 0 && (ordered[i][0].time == NoTime || ordered[i][k-1].time == NoTime) {
				first, last = NoTime, NoTime
			}
			c.Activity = append(c.Activity, path...)
			v, ok := variants[fmt.Sprint(path)]
			if !ok {
				v = uint32(len(variants))
				variants[fmt.Sprint(path)] = v
				out.Paths = append(out.Paths, path)
			}
			c.Case, c.Variant = append(c.Case, int64(i)), append(c.Variant, v)
			c.First, c.Last = append(c.First, first), append(c.Last, last)
			c.Offsets = append(c.Offsets, int32(len(c.Activity)))
		}
		out.Batches = append(out.Batches, c)
	}
	return out
}

// obviousOrder is the order of the events of a case, which come in that of
// their arrival.
func obviousOrder(events []obviousEvent, o BuilderOptions, m *met) []obviousEvent {
	slices.SortStableFunc(events, func(a, b obviousEvent) int { return cmp.Compare(a.sequence, b.sequence) })
	for i := range events {
		e := &events[i]
		if e.day && e.time != NoTime { // no rank says what it stands before
			m.dayPrecision++
			y, month, d := time.UnixMicro(e.time).In(o.Zone).Date()
			e.time = time.Date(y, month, d+1, 0, 0, 0, 0, o.Zone).UnixMicro() - 1
		}
		switch {
		case e.start != NoTime:
			e.order, e.end = e.start, max(e.time, NoTime)
			if e.time == NoTime {
				e.end = e.start
			}
		case e.time != NoTime:
			e.order, e.end = e.time, e.time
		case i > 0:
			e.order, e.end = events[i-1].order, events[i-1].end
		default:
			e.order, e.end = NoTime, NoTime
		}
	}
	sort := func() {
		slices.SortStableFunc(events, func(a, b obviousEvent) int {
			byDay := 0
			if a.day != b.day {
				byDay = 1
				if a.day {
					byDay = -1
				}
			}
			return cmp.Or(cmp.Compare(a.order, b.order), byDay, cmp.Compare(a.end, b.end), cmp.Compare(a.sequence, b.sequence))
		})
	}
	sort()
	switch o.Lifecycle {
	case Complete:
		kept := events[:0]
		for _, e := range events {
			if e.lifecycle == "" || e.lifecycle == "complete" {
				kept = append(kept, e)
			} else {
				m.dropped++
			}
		}
		events = kept
	case Pair:
		events = obviousPairs(events, m)
		sort()
	}
	for i, e := range events {
		if e.time == NoTime {
			m.missing++
		} else if i > 0 && !e.hasSequence {
			if x := events[i-1]; x.order == e.order && x.day == e.day && x.time == e.time {
				m.ties++
			}
		}
	}
	return events
}

// obviousPairs joins a completion to the first start of its activity and
// instance that none is joined to yet.
func obviousPairs(events []obviousEvent, m *met) []obviousEvent {
	var out []obviousEvent
	for _, e := range events {
		switch e.lifecycle {
		case "", "start":
		case "complete":
			open := slices.IndexFunc(out, func(s obviousEvent) bool {
				return s.lifecycle == "start" && s.activity == e.activity && s.instance == e.instance
			})
			if open >= 0 {
				begun := out[open]
				e.lifecycle, e.start = "joined", begun.time
				e.order, e.day, e.sequence = begun.order, begun.day, begun.sequence
				out[open] = e
				continue
			}
		default:
			m.other++
		}
		out = append(out, e)
	}
	for _, e := range out {
		if e.lifecycle == "start" {
			m.unpaired++
		}
	}
	return out
}

// obviousCuts are the batches, as first case and the one after the last.
func obviousCuts(rows []int, ordered [][]obviousEvent, o BuilderOptions, most int) (cuts [][2]int) {
	sum := func(from, to int) (n int) {
		for _, k := range rows[from:min(to, len(rows))] {
			n += k
		}
		return n
	}
	for from := 0; from < len(rows); {
		to := from + partitionCases
		for to < len(rows) && to-from < maxBatchCases && sum(from, to+partitionCases) <= most {
			to += partitionCases
		}
		to = min(to, len(rows))
		first, events := from, 0
		for i := from; i < to; i++ {
			if i > first && events+len(ordered[i]) > most {
				cuts = append(cuts, [2]int{first, i})
				first, events = i, 0
			}
			events += len(ordered[i])
		}
		cuts = append(cuts, [2]int{first, to})
		from = to
	}
	return cuts
}

// A logSize says how much a random log has of what.
type logSize struct{ events, cases, batch int }

// randomBatches makes rows with some or all of what rows may have.
func randomBatches(r *rand.Rand, size logSize) []*Batch {
	chance := func(n int) bool { return r.IntN(n) == 0 }
	sequenced, days, lasts, lives, coded := chance(4), chance(3), chance(3), chance(2), chance(2)
	resources, inOrder, someMissing := chance(2), chance(3), chance(3)
	if chance(2) { // most logs have no more than times
		sequenced, days, lasts, lives = false, false, false, false
	}
	var out []*Batch
	at := int64(1_700_000_000_000_000)
	for left := size.events; left > 0 || len(out) == 0; {
		n := min(left, r.IntN(size.batch+1))
		left -= n
		b := &Batch{}
		start, resource, life, instance, day := lasts && !chance(4), resources && !chance(4), lives && !chance(4), lives && chance(2), days && !chance(4)
		for range n {
			b.Case = append(b.Case, fmt.Sprint("c", r.IntN(size.cases)))
			b.Activity = append(b.Activity, []string{"order", "pick", "ship", "bill", ""}[r.IntN(5)])
			if chance(3) {
				at += r.Int64N(40_000_000_000)
			}
			t := at
			if !inOrder {
				t += (r.Int64N(7) - 3) * 3_600_000_000
			}
			if someMissing && chance(5) {
				t = NoTime
			}
			b.Time = append(b.Time, t)
			if start {
				s := int64(NoTime)
				if chance(2) {
					s = at - r.Int64N(3)*3_600_000_000
				}
				b.Start = append(b.Start, s)
			}
			if resource {
				b.Resource = append(b.Resource, []string{"", "ann", "bob", "cid"}[r.IntN(4)])
			}
			if life {
				b.Lifecycle = append(b.Lifecycle, []string{"", "start", "START", "complete", "complete", "suspend"}[r.IntN(6)])
			}
			if instance {
				b.Instance = append(b.Instance, []string{"", "1", "2"}[r.IntN(3)])
			}
			if day {
				b.Day = append(b.Day, chance(2))
			}
			if sequenced {
				b.Sequence = append(b.Sequence, r.Int64N(5))
			}
		}
		for range r.IntN(3) {
			b.CaseIDs = append(b.CaseIDs, fmt.Sprint("c", r.IntN(2*size.cases)))
		}
		if coded && !chance(4) {
			b.Codes = &BatchCodes{Case: obviousCodes(b.Case), Activity: obviousCodes(b.Activity), Resource: obviousCodes(b.Resource)}
		}
		out = append(out, b)
	}
	return out
}

func obviousCodes(column []string) (c Codes) {
	number := map[string]uint32{}
	for _, s := range column {
		if _, ok := number[s]; !ok {
			number[s] = uint32(len(c.Labels))
			c.Labels = append(c.Labels, s)
		}
		c.Of = append(c.Of, number[s])
	}
	return c
}

// built puts batches together and says what came of it.
func built(t rapid.TB, batches []*Batch, o BuilderOptions, workers, most int) (out builtLog, spilled bool) {
	b := NewBuilder(o)
	b.workers, b.most = workers, most
	if o.Memory == 1 {
		b.rows.perBlock = 8
	}
	defer b.Close()
	for _, in := range batches {
		if err := b.Add(in); err != nil {
			t.Fatal(err)
		}
	}
	spilled = b.rows.spill != nil && b.rows.spill.file != nil
	l, err := b.Log()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}()
	out = builtLog{Labels: l.labels, Resources: l.resources, Notes: l.notes}
	for v := range l.paths.len() {
		out.Paths = append(out.Paths, slices.Clone(l.paths.at(uint32(v))))
	}
	for _, c := range l.batches {
		own := &Cases{}
		for i, col := range c.raw() { // a copy: the log is closed before it is compared
			if data, ok := col.bytes(); ok {
				own.raw()[i].view(slices.Clone(data))
			}
		}
		out.Batches = append(out.Batches, own)
		ids, err := l.CaseIDs(context.Background(), c.Case)
		if err != nil {
			t.Fatal(err)
		}
		out.IDs = append(out.IDs, ids...)
	}
	return out, spilled
}

// differs says where another log is another one, "" if nowhere.
func (l *builtLog) differs(o builtLog) string {
	switch {
	case !slices.Equal(l.Labels, o.Labels) || !slices.Equal(l.Resources, o.Resources):
		return fmt.Sprintf("labels %q and %q, resources %q and %q", l.Labels, o.Labels, l.Resources, o.Resources)
	case !slices.Equal(l.IDs, o.IDs):
		return "other case ids"
	case !slices.Equal(l.Notes, o.Notes):
		return fmt.Sprintf("notes %q and %q", l.Notes, o.Notes)
	case !slices.EqualFunc(l.Paths, o.Paths, slices.Equal):
		return "other paths"
	case len(l.Batches) != len(o.Batches):
		return fmt.Sprintf("%d and %d batches", len(l.Batches), len(o.Batches))
	}
	for n, c := range l.Batches {
		for i, col := range c.raw() {
			x, there := col.bytes()
			y, here := o.Batches[n].raw()[i].bytes()
			if bytes.Equal(x, y) && (there == here || len(c.Activity) == 0) {
				continue
			}
			if len(c.Activity) > 100 {
				return fmt.Sprintf("column %d of batch %d", i, n)
			}
			return fmt.Sprintf("column %d of batch %d:\n%+v\n%+v", i, n, c, o.Batches[n])
		}
	}
	return ""
}

// However many workers there are, however little memory, whatever the batches
// and with or without codes: the log is the obvious one.
func TestBuilderMakesTheObviousLog(t *testing.T) {
	dir := t.TempDir()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	spills, cuts := 0, 0
	check := func(t rapid.TB, r *rand.Rand, size logSize, life Lifecycle, most int, memory int64) {
		batches := randomBatches(r, size)
		o := BuilderOptions{Lifecycle: life, Zone: zone}
		want := obviousBuilder(batches, o, most)
		cuts += len(want.Batches)
		for _, with := range []struct {
			workers int
			memory  int64
		}{{1, 0}, {2, 0}, {7, 0}, {1, memory}, {7, memory}} {
			o.Memory, o.Dir = with.memory, dir
			got, spilled := built(t, batches, o, with.workers, most)
			if spilled {
				spills++
			}
			if d := want.differs(got); d != "" {
				t.Fatalf("%d workers, %d bytes, spilled %v: %s", with.workers, with.memory, spilled, d)
			}
		}
	}
	lives := []Lifecycle{Pair, All, Complete}
	rapid.Check(t, func(t *rapid.T) {
		size := logSize{rapid.IntRange(0, 60).Draw(t, "events"), rapid.IntRange(1, 12).Draw(t, "cases"), rapid.IntRange(1, 30).Draw(t, "batch")}
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		check(t, r, size, rapid.SampledFrom(lives).Draw(t, "lifecycle"), rapid.SampledFrom([]int{1, 10, maxBatchEvents}).Draw(t, "most"), 1)
	})
	for seed := range uint64(6) { // many partitions, and several in a batch
		check(t, rand.New(rand.NewPCG(seed, 2)), logSize{15_000, 10_000, 4_000}, lives[seed%3], []int{6_000, maxBatchEvents}[seed%2], 1_000_000)
	}
	check(t, rand.New(rand.NewPCG(1, 3)), logSize{70_000, 120_000, 40_000}, All, maxBatchEvents, 8_000_000) // more than a batch has
	check(t, rand.New(rand.NewPCG(2, 3)), logSize{40_000, 3, 10_000}, All, maxBatchEvents, 2_000_000)       // long cases
	if spills == 0 || cuts < 30 {
		t.Fatalf("%d logs were spilled, %d batches made: this tests nothing", spills, cuts)
	}
}
