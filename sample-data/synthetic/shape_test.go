package synthetic

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"millrace/eventlog"
)

// slow makes a log the obvious way: every case, one after the other, and all of
// them sorted at the end.
func slow(l *Log) []row {
	m := l.maker()
	var all []row
	for number := range l.Cases {
		all = m.fill(all, number)
	}
	slices.SortFunc(all, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.number, b.number), cmp.Compare(a.step, b.step))
	})
	return all
}

// made are the rows of a log in an order, as blocks make them.
func made(t *testing.T, l *Log, order Order) []row {
	t.Helper()
	var all []row
	for b := range rendered(l, order, func(rows []row, place int64) []row {
		return append([]row{{time: place}}, rows...)
	}) {
		if b[0].time != int64(len(all)) {
			t.Fatalf("a block says it begins at row %d, but begins at %d", b[0].time, len(all))
		}
		all = append(all, b[1:]...)
	}
	return all
}

// TestSlicesSort holds that slices of time, made apart and sorted by digits,
// are the log sorted as a whole; and that other orders are permutations of it.
func TestSlicesSort(t *testing.T) {
	for _, o := range []Options{
		{Events: 1}, {Events: 2}, {Events: blockRows}, {Events: 100_000, Seed: 3}, {Events: 150_000, Long: .05, Activities: 300}, {Events: 20_000, Long: 1},
	} {
		l := log(t, o)
		want := slow(l)
		if int64(len(want)) != o.Events || l.Events != o.Events {
			t.Fatalf("%+v: %d events, said to be %d", o, len(want), l.Events)
		}
		if !slices.Equal(made(t, l, ByTime), want) {
			t.Errorf("%+v: slices of time are not the log sorted", o)
		}
		byCase := func(a, b row) int { return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.step, b.step)) }
		slices.SortFunc(want, byCase)
		if !slices.Equal(made(t, l, ByCase), want) {
			t.Errorf("%+v: case by case is not the log by case", o)
		}
		shuffled := made(t, l, Shuffled)
		slices.SortFunc(shuffled, byCase)
		if !slices.Equal(shuffled, want) {
			t.Errorf("%+v: the shuffled log is no permutation", o)
		}
	}
}

// TestShuffled holds how far from any order a shuffled log is: neighbours are
// of different cases and times, and an event lies anywhere.
func TestShuffled(t *testing.T) {
	const n = 400_000
	l := log(t, Options{Events: n})
	rows := made(t, l, Shuffled)
	ascending, together := 0, 0
	var apart, moved float64
	for i := 1; i < n; i++ {
		if rows[i].time > rows[i-1].time {
			ascending++
		}
		if rows[i].number == rows[i-1].number {
			together++
		}
		apart += math.Abs(float64(rows[i].time - rows[i-1].time))
	}
	for i := range rows { // a case's number says where it would be in order
		moved += math.Abs(float64(rows[i].number)/float64(l.Cases) - float64(i)/n)
	}
	if share := float64(ascending) / n; share < .49 || share > .51 {
		t.Errorf("%.1f %% of rows are later than the one before, want half", 100*share)
	}
	if together > n/1000 {
		t.Errorf("%d of %d rows are of the case of the one before", together, n)
	}
	// Of two random points of a line, the distance is a third of it.
	if share := apart / n / float64(span); share < .32 || share > .35 {
		t.Errorf("neighbours are %.3f of the log apart, want a third", share)
	}
	if share := moved / n; share < .32 || share > .35 {
		t.Errorf("rows are %.3f of the log from their place in order, want a third", share)
	}
}

// TestShape holds what makes the logs worth measuring with: the skew of
// variants, the number of activities, cases that interleave, ties.
func TestShape(t *testing.T) {
	s := summarize(t, log(t, Options{Events: 200_000}))
	if s.Events != 200_000 || len(s.Activities) != len(coreActivities) {
		t.Errorf("%d events of %d activities, want 200000 of %d", s.Events, len(s.Activities), len(coreActivities))
	}
	if length := float64(s.Events) / float64(s.Cases); length < 8 || length > 12 {
		t.Errorf("cases have %.1f events on average, want about ten", length)
	}
	var top int64
	for _, v := range s.Variants[:10] {
		top += v.Cases
	}
	if share := float64(top) / float64(s.Cases); share < .3 || share > .7 {
		t.Errorf("ten variants have %.0f %% of the cases, want about half", 100*share)
	}
	if len(s.Variants) < 1000 {
		t.Errorf("%d variants, want thousands", len(s.Variants))
	}
	if !slices.ContainsFunc(s.Notes, func(n eventlog.Note) bool { return n.Code == "ties" }) {
		t.Errorf("no ties; notes: %v", s.Notes)
	}
}

// TestShares counts, in the rows themselves, what the constants promise.
func TestShares(t *testing.T) {
	const n = 300_000
	l := log(t, Options{Events: n, Long: .05, Activities: 300})
	rows := made(t, l, ByTime)
	first, last := map[uint32]row{}, map[uint32]row{}
	activities := map[uint16]bool{}
	ties, follows, broken := 0, 0, 0
	for i, r := range rows {
		activities[r.activity] = true
		if before, ok := last[r.number]; ok {
			follows++
			if before.time == r.time {
				ties++
			}
			if rows[i-1].number != r.number {
				broken++
			}
		} else {
			first[r.number] = r
		}
		last[r.number] = r
	}
	if share := float64(ties) / float64(follows); share < tie-.005 || share > tie+.005 {
		t.Errorf("%.1f %% of events have the time of the one before, want %.0f %%", 100*share, 100*tie)
	}
	if share := float64(broken) / float64(follows); share < .95 {
		t.Errorf("%.1f %% of events have another case's event before them, want nearly all: cases interleave", 100*share)
	}
	if len(activities) != 300 {
		t.Errorf("%d activities, want 300", len(activities))
	}
	long, longer := 0, 0
	for number, r := range first {
		switch lasts := last[number].time - r.time; {
		case lasts > longestLong:
			longer++
		case lasts >= shortestLong:
			long++
		}
	}
	// A case of a single time cannot be stretched: one in fifty.
	if share := float64(long) / float64(l.Cases); share < .045 || share > .052 || longer > 0 {
		t.Errorf("%.2f %% of cases last 60 to 120 days and %d longer, want 5 %% and none", 100*share, longer)
	}
	names := l.activities()
	slices.Sort(names)
	if len(slices.Compact(names)) != 300 {
		t.Error("two activities have one name")
	}
}

// TestManyVariants holds that there are thousands of variants where there are
// cases enough; a million cases have tens of thousands.
func TestManyVariants(t *testing.T) {
	m := log(t, Options{}).maker()
	distinct := map[string]bool{}
	for number := range int64(100_000) {
		distinct[fmt.Sprint(m.path(number))] = true
	}
	if len(distinct) < 5_000 {
		t.Errorf("%d distinct variants of 100,000 cases, want thousands", len(distinct))
	}
}

// TestNewest holds that the two parts of a log are the log.
func TestNewest(t *testing.T) {
	text := func(l *Log) string {
		var b bytes.Buffer
		if err := l.WriteCSV(&b); err != nil {
			t.Fatal(err)
		}
		_, rows, _ := strings.Cut(b.String(), "\n")
		return rows
	}
	l := log(t, Options{Events: 50_000, Long: .05})
	for _, share := range []float64{.01, .5, 1e-9, 1 - 1e-9} {
		older, newest, err := l.Newest(share)
		if err != nil {
			t.Fatal(err)
		}
		a, b := text(older), text(newest)
		if a+b != text(l) {
			t.Errorf("newest %v: the parts are not the whole", share)
		}
		want := min(max(int64(math.Round(50_000*share)), 1), 49_999)
		if n := int64(strings.Count(b, "\n")); n != want || newest.Events != want || older.Events != 50_000-want {
			t.Errorf("newest %v: %d rows, said to be %d, want %d", share, n, newest.Events, want)
		}
	}
	for _, bad := range []struct {
		o     Options
		share float64
	}{{Options{}, 0}, {Options{}, 1}, {Options{}, math.NaN()}, {Options{Order: Shuffled}, .1}, {Options{Events: 1}, .5}} {
		if _, _, err := log(t, bad.o).Newest(bad.share); err == nil {
			t.Errorf("%+v has a newest part of %v", bad.o, bad.share)
		}
	}
}

// TestAnyNumberOfCores holds that a log has the same bytes on one core and four.
func TestAnyNumberOfCores(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var first map[string]string
	for _, cores := range []int{1, 4} {
		runtime.GOMAXPROCS(cores)
		got := map[string]string{}
		// The first has two groups of rows in Parquet.
		for _, o := range []Options{{Events: 130_000}, {Events: 30_000, Attributes: true, Order: ByCase}, {Events: 40_000, Attributes: true, Order: Shuffled}} {
			o.Long = .05
			l := log(t, o)
			var csv bytes.Buffer
			if err := l.WriteCSV(&csv); err != nil {
				t.Fatal(err)
			}
			got[fmt.Sprint("csv ", o.Order)] = csv.String()
			if o.Order == ByCase {
				continue
			}
			path := filepath.Join(t.TempDir(), "log.parquet")
			if err := l.WriteParquet(t.Context(), path); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got[fmt.Sprint("parquet ", o.Order)] = string(text)
		}
		if first == nil {
			first = got
		}
		for name, text := range got {
			if text != first[name] {
				t.Errorf("%s: other bytes on %d cores", name, cores)
			}
		}
	}
}

// TestFewRowsAreOpen holds that a log needs memory for the cases that are open
// at a time, and not for its events.
func TestFewRowsAreOpen(t *testing.T) {
	const n = 1_000_000
	l := log(t, Options{Events: n, Long: .05})
	free, most := &stock{}, 0
	for b := range l.blocks(ByTime, free) {
		free.give(b.rows)
		free.mu.Lock()
		room := 0
		for _, rows := range free.spare {
			room += cap(rows)
		}
		most = max(most, room)
		free.mu.Unlock()
	}
	if most > n/3 {
		t.Errorf("room for %d rows was made for a log of %d", most, n)
	}
}
