package calendar

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
)

// TestCalendar runs testdata/*: a calendar, and the working time between
// instants as the clock on its wall shows them.
func TestCalendar(t *testing.T) {
	datadriven.Walk(t, "testdata/text", func(t *testing.T, path string) {
		var c *Calendar
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "calendar":
				made, err := Parse([]byte(d.Input), "Europe/Berlin")
				if err != nil {
					return "error: " + strings.TrimRight(err.Error(), "\n") + "\n"
				}
				c = made
				return c.String() + "\n"
			case "work":
				var b strings.Builder
				for line := range strings.Lines(d.Input) {
					from, to, ok := strings.Cut(strings.TrimSpace(line), " → ")
					if !ok {
						t.Fatalf("%s: want FROM → TO, got %q", d.Pos, line)
					}
					us := c.Between(instant(t, c, from), instant(t, c, to))
					fmt.Fprintln(&b, hoursAndMinutes(us))
				}
				return b.String()
			case "holidays":
				var year int
				d.ScanArgs(t, "year", &year)
				var b strings.Builder
				for _, h := range c.Holidays(year) {
					fmt.Fprintln(&b, h.Day.Format("2006-01-02 Mon"), h.Name)
				}
				return b.String()
			}
			t.Fatalf("%s: unknown command %q", d.Pos, d.Cmd)
			return ""
		})
	})
}

// instant reads "2024-03-30 22:00" on the wall of the calendar, or with an
// offset, "2024-10-27 02:30 +0100".
func instant(t *testing.T, c *Calendar, text string) int64 {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, c.zone)
	if err != nil {
		at, err = time.Parse("2006-01-02 15:04 -0700", text)
	}
	if err != nil {
		t.Fatal(err)
	}
	return at.UnixMicro()
}

func hoursAndMinutes(us int64) string {
	d := time.Duration(us) * time.Microsecond
	h, rest := d/time.Hour, d%time.Hour
	if rest == 0 {
		return fmt.Sprintf("%d h", h)
	}
	return fmt.Sprintf("%d h %v min", h, rest.Minutes())
}

// TestFarAway holds what a calendar says of instants it does not know: it
// repeats itself, and neither end of time breaks it.
func TestFarAway(t *testing.T) {
	always, err := Parse([]byte("24/7"), "Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	for _, us := range []int64{0, 1, -1, begin, begin - 1, begin + cycle, begin + cycle - 1, math.MaxInt64, math.MinInt64 + 1} {
		if got := always.At(us); got != us {
			t.Errorf("around the clock, At(%d) = %d", us, got)
		}
	}
	berlin, err := Parse([]byte(`{weekdays: "08:00-18:00", holidays: DE-HH}`), "Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for year := 1; year < 12_000; year += 7 {
		us := time.Date(year, time.June, 12, 11, 0, 0, 0, time.UTC).UnixMicro()
		if got, want := berlin.Between(us, us+cycle), berlin.Between(0, cycle); got != want {
			t.Errorf("year %d: 400 years have %d µs of work, want %d", year, got, want)
		}
	}
	never := time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC).UnixMicro() // as SAP says it
	like := time.Date(9999-20*400, time.December, 31, 0, 0, 0, 0, time.UTC).UnixMicro()
	if got, want := berlin.Between(never-30*day, never), berlin.Between(like-30*day, like); got != want {
		t.Errorf("December 9999 has %d µs of work, December 1999 %d", got, want)
	}
}

func TestNoTimeStays(t *testing.T) {
	c, err := Parse([]byte("24/7"), "")
	if err != nil {
		t.Fatal(err)
	}
	column := []int64{NoTime, 5, NoTime}
	c.Fill(column, column)
	if column[0] != NoTime || column[1] != 5 || column[2] != NoTime {
		t.Errorf("Fill: %v", column)
	}
	if c.At(NoTime) != NoTime || c.Between(NoTime, 0) != NoTime || c.Between(0, NoTime) != NoTime {
		t.Error("a missing time became one")
	}
}

// TestGrowth holds that an answer does not depend on what was asked before,
// nor on how many ask.
func TestGrowth(t *testing.T) {
	text := []byte(`{daily: "22:00-06:30", holidays: [DE-BY, US], timezone: America/New_York}`)
	whole, err := Parse(text, "")
	if err != nil {
		t.Fatal(err)
	}
	whole.years(firstYear, lastYear)
	grown, err := Parse(text, "")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := range 400 {
				us := begin + int64((i*(7+worker*40))%400)*365*day + 13*3600*second
				src, dst := []int64{us, us + day}, make([]int64, 2)
				grown.Fill(dst, src)
				if want := whole.At(us); grown.At(us) != want || dst[0] != want || dst[1] != whole.At(us+day) {
					t.Errorf("at %v: %d and %v, want %d", time.UnixMicro(us).UTC(), grown.At(us), dst, want)
				}
			}
		})
	}
	all.Wait()
}

// TestKey holds that a key tells calendars apart by what they count.
func TestKey(t *testing.T) {
	keys := map[string]string{}
	for _, text := range []string{
		"24/7",
		`weekdays: "08:00-18:00"`,
		`{weekdays: "08:00-18:00", timezone: Europe/Paris}`,
		`{weekdays: "08:00-18:00", holidays: DE-HH}`,
		`{weekdays: "08:00-18:00", holidays: DE-BY}`,
		`{weekdays: "08:00-18:00", closed: 2024-12-24}`,
		`{weekdays: "08:00-18:00", closed: 12-24}`,
	} {
		c, err := Parse([]byte(text), "Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		if other := keys[c.Key()]; other != "" {
			t.Errorf("%s and %s have one key", other, text)
		}
		keys[c.Key()] = text
	}
	a, _ := Parse([]byte(`{weekdays: "08:00-18:00", holidays: DE-HH}`), "Europe/Berlin")
	b, _ := Parse([]byte("holidays: [DE-HH]\nmonday: '8:00-18:00'\nweekdays: ['08:00-18:00']\ntimezone: Europe/Berlin"), "")
	if a.Key() != b.Key() {
		t.Errorf("two ways of writing %s have two keys, the other is %s", a, b)
	}
}

// logLike returns n instants as a log has them: cases one after another, of
// 8 events over some weeks.
func logLike(n int) []int64 {
	src := make([]int64, n)
	x := uint64(1)
	next := func(below int64) int64 {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		return int64(x % uint64(below))
	}
	at := int64(0)
	for i := range src {
		if i%8 == 0 {
			at = 1_577_836_800*second + next(5*365)*day
		}
		at += next(4 * day)
		src[i] = at
	}
	return src
}

func BenchmarkFill(b *testing.B) {
	c, err := Parse([]byte(`{weekdays: "06:00-14:00, 14:30-22:00", saturday: "22:00-06:00", holidays: DE-HH, timezone: Europe/Berlin}`), "")
	if err != nil {
		b.Fatal(err)
	}
	src := logLike(10_000_000)
	dst := make([]int64, len(src))
	for b.Loop() {
		c.Fill(dst, src)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(src)), "ns/value")
}

func BenchmarkFirstYears(b *testing.B) { // 1970 to 2029
	for b.Loop() {
		c, err := Parse([]byte(`{weekdays: "08:00-18:00", holidays: DE-HH, timezone: Europe/Berlin}`), "")
		if err != nil {
			b.Fatal(err)
		}
		c.At(1_700_000_000 * second)
	}
}

func BenchmarkAllYears(b *testing.B) { // 1900 to 2299
	for b.Loop() {
		c, err := Parse([]byte(`{weekdays: "08:00-18:00", holidays: DE-HH, timezone: Europe/Berlin}`), "")
		if err != nil {
			b.Fatal(err)
		}
		c.years(firstYear, lastYear)
	}
}

func BenchmarkKey(b *testing.B) {
	c, err := Parse([]byte(`{weekdays: "08:00-18:00", holidays: DE-HH, timezone: Europe/Berlin}`), "")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		c.Key()
	}
}
