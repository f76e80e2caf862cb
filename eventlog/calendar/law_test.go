package calendar

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/us"
	"pgregory.net/rapid"
)

// A model is a calendar as a test draws it: what to write into YAML, and what
// the judge goes by, which shares no code with the package but the zones.
type model struct {
	zone     *time.Location
	week     [7][][2]int // shifts in minutes
	region   string
	holidays []*cal.Holiday
	closed   map[string]bool // by day, 2024-12-24 or 12-24
	open     map[string][][2]int
}

var zones = []string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata",
	"America/St_Johns", "Pacific/Apia", "Asia/Beirut", "America/Sao_Paulo", "Africa/Casablanca", "Pacific/Chatham"}

func models() *rapid.Generator[*model] {
	return rapid.Custom(func(t *rapid.T) *model {
		name := rapid.SampledFrom(zones).Draw(t, "zone")
		loc, err := Zone(name)
		if err != nil {
			t.Fatal(err)
		}
		m := &model{zone: loc, closed: map[string]bool{}, open: map[string][][2]int{}}
		shifts := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) [2]int {
			start := rapid.IntRange(0, 1439).Draw(t, "start")
			return [2]int{start, start + rapid.IntRange(1, 1439).Draw(t, "length")}
		}), 0, 3)
		for i := range m.week {
			m.week[i] = shifts.Draw(t, "shifts")
		}
		m.week[3] = append(m.week[3], [2]int{120, 210}) // around the change of clocks
		switch m.region = rapid.SampledFrom([]string{"", "DE-SN", "US"}).Draw(t, "region"); m.region {
		case "DE-SN":
			m.holidays = de.HolidaysSN
		case "US":
			m.holidays = us.Holidays
		}
		days := rapid.Custom(func(t *rapid.T) string {
			d := time.Date(rapid.IntRange(1995, 2060).Draw(t, "year"), time.January, rapid.IntRange(1, 365).Draw(t, "day"), 0, 0, 0, 0, time.UTC)
			return d.Format(rapid.SampledFrom([]string{"2006-01-02", "01-02"}).Draw(t, "layout"))
		})
		for range rapid.IntRange(0, 5).Draw(t, "closed") {
			m.closed[days.Draw(t, "day")] = true
		}
		for range rapid.IntRange(0, 5).Draw(t, "open") {
			m.open[days.Draw(t, "day")] = shifts.Draw(t, "shifts")
		}
		return m
	})
}

func written(shifts [][2]int) string {
	if len(shifts) == 0 {
		return "closed"
	}
	var parts []string
	for _, s := range shifts {
		end := s[1]
		if end > 1440 {
			end -= 1440
		}
		parts = append(parts, fmt.Sprintf("%02d:%02d-%02d:%02d", s[0]/60, s[0]%60, end/60, end%60))
	}
	return strings.Join(parts, ", ")
}

func (m *model) yaml() string {
	var b strings.Builder
	fmt.Fprintf(&b, "timezone: %s\n", m.zone)
	for i, s := range m.week {
		fmt.Fprintf(&b, "%s: %q\n", strings.ToLower(time.Weekday(i).String()), written(s))
	}
	if m.region != "" {
		fmt.Fprintf(&b, "holidays: %s\n", m.region)
	}
	if len(m.closed) > 0 {
		fmt.Fprintln(&b, "closed:")
		for d := range m.closed {
			fmt.Fprintln(&b, "  -", d)
		}
	}
	if len(m.open) > 0 {
		fmt.Fprintln(&b, "open:")
		for d, s := range m.open {
			fmt.Fprintf(&b, "  %s: %q\n", d, written(s))
		}
	}
	return b.String()
}

// shifts returns those of a date, by the rules in the order of their rank.
func (m *model) shifts(d time.Time) [][2]int {
	for _, layout := range []string{"2006-01-02", "01-02"} {
		if s, ok := m.open[d.Format(layout)]; ok {
			return s
		}
		if m.closed[d.Format(layout)] {
			return nil
		}
	}
	for _, h := range m.holidays {
		for y := d.Year(); y <= d.Year()+1; y++ {
			actual, observed := h.Calc(y)
			if actual.Format(time.DateOnly) == d.Format(time.DateOnly) || observed.Format(time.DateOnly) == d.Format(time.DateOnly) {
				return nil
			}
		}
	}
	return m.week[d.Weekday()]
}

// work walks from a to b minute by minute, looking at the clock on the wall,
// and counts the minutes in which a shift is on. A shift goes on when the
// clock first shows its start or later, and off when it first shows its end or
// later.
func (m *model) work(a, b time.Time) int64 {
	wall := func(t time.Time) time.Time {
		_, offset := t.In(m.zone).Zone()
		return t.Add(time.Duration(offset) * time.Second).UTC()
	}
	type stretch struct{ start, end time.Time } // of wall clock
	var shifts []stretch
	for d := a.AddDate(0, 0, -3).UTC().Truncate(24 * time.Hour); d.Before(b.AddDate(0, 0, 3)); d = d.AddDate(0, 0, 1) {
		for _, s := range m.shifts(d) {
			shifts = append(shifts, stretch{d.Add(time.Duration(s[0]) * time.Minute), d.Add(time.Duration(s[1]) * time.Minute)})
		}
	}
	minutes := int64(0)
	var latest time.Time // that the clock has shown so far
	for t := a.AddDate(0, 0, -3); t.Before(b); t = t.Add(time.Minute) {
		if w := wall(t); w.After(latest) {
			latest = w
		}
		if t.Before(a) {
			continue
		}
		if slices.ContainsFunc(shifts, func(s stretch) bool { return !latest.Before(s.start) && latest.Before(s.end) }) {
			minutes++
		}
	}
	return minutes
}

// TestWorkIsWhatTheClockOnTheWallSays compares with the judge, over some days,
// half of the time across a change of clocks.
func TestWorkIsWhatTheClockOnTheWallSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := models().Draw(t, "calendar")
		c, err := Parse([]byte(m.yaml()), "")
		if err != nil {
			t.Fatalf("%v\n%s", err, m.yaml())
		}
		at := time.Date(rapid.IntRange(1995, 2060).Draw(t, "year"), time.January, rapid.IntRange(1, 366).Draw(t, "day"),
			0, rapid.IntRange(0, 1439).Draw(t, "minute"), 0, 0, time.UTC)
		if _, change := at.In(m.zone).ZoneBounds(); !change.IsZero() && rapid.Bool().Draw(t, "at a change of clocks") {
			at = change.UTC().Add(-time.Duration(rapid.IntRange(0, 2000).Draw(t, "minutes before")) * time.Minute)
		}
		to := at.Add(time.Duration(rapid.IntRange(0, 5*1440).Draw(t, "minutes")) * time.Minute)
		if got, want := c.Between(at.UnixMicro(), to.UnixMicro()), m.work(at, to)*minute; got != want {
			t.Fatalf("from %v to %v: %d µs, %d min; want %d min\n%s", at.In(m.zone), to.In(m.zone), got, got/minute, want/minute, c)
		}
	})
}

// TestWorkGrowsAsTimeDoes holds monotony and additivity over any instants, and
// that a column is filled as one by one.
func TestWorkGrowsAsTimeDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := models().Draw(t, "calendar")
		c, err := Parse([]byte(m.yaml()), "")
		if err != nil {
			t.Fatal(err)
		}
		far := 3 * cycle // some twelve centuries
		src := rapid.SliceOfN(rapid.OneOf(
			rapid.Int64Range(-far, far),
			rapid.Int64Range(800_000_000*second, 800_000_000*second+100*day),
			rapid.SampledFrom([]int64{NoTime, begin, begin - 1, begin + cycle, begin + cycle - 1, 0}),
		), 1, 30).Draw(t, "instants")
		spans := c.years(2000, 2009).spans // at their ends, mistakes by one show
		for range rapid.IntRange(0, 20).Draw(t, "ends of spans") {
			s := spans[rapid.IntRange(0, min(9, len(spans)-2)).Draw(t, "span")]
			src = append(src, rapid.SampledFrom([]int64{s.start - 1, s.start, s.start + 1, s.end - 1, s.end, s.end + 1}).Draw(t, "instant"))
		}
		dst := make([]int64, len(src))
		c.Fill(dst, src)
		for i, us := range src {
			if want := c.At(us); dst[i] != want {
				t.Fatalf("Fill makes %d of %d, At %d", dst[i], us, want)
			}
			if us == NoTime {
				continue
			}
			for _, to := range src {
				if to < us {
					continue
				}
				if work := c.Between(us, to); work < 0 || work > to-us {
					t.Fatalf("%d µs of work in the %d µs from %d", work, to-us, us)
				}
				middle := us + (to-us)/2
				if c.Between(us, middle)+c.Between(middle, to) != c.Between(us, to) {
					t.Fatalf("the work from %d to %d is not that of its halves", us, to)
				}
			}
		}
	})
}

// TestInverse holds that the inverse of working time is the earliest instant
// at which there was so much, of any work and of that at the ends of spans.
func TestInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := models().Draw(t, "calendar")
		c, err := Parse([]byte(m.yaml()), "")
		if err != nil {
			t.Fatal(err)
		}
		us := rapid.Int64Range(begin+400*day, begin+cycle-400*day).Draw(t, "instant")
		if rapid.Bool().Draw(t, "at the end of a span") {
			spans := c.years(2000, 2009).spans
			s := spans[rapid.IntRange(0, len(spans)-2).Draw(t, "span")]
			us = rapid.SampledFrom([]int64{s.start - 1, s.start, s.start + 1, s.end - 1, s.end, s.end + 1}).Draw(t, "near")
		}
		work := c.At(us)
		at := c.Inverse(work)
		if at == NoTime || c.At(at) != work {
			t.Fatalf("%d is %d µs of work, whose inverse is %d, of %d", us, work, at, c.At(at))
		}
		if at > us || c.At(at-1) >= work {
			t.Fatalf("%d is not the earliest instant of %d µs of work: %d", at, work, us)
		}
	})
	office, err := Parse([]byte(`{weekdays: "08:00-18:00"}`), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, work := range []int64{NoTime, NoTime + 1, never - 1, 1 - never} {
		if got := office.Inverse(work); got != NoTime {
			t.Errorf("the inverse of %d is %d", work, got)
		}
	}
}

// TestTextIsTheCalendar holds that the canonical text reads back as the same
// calendar, and the order in which a definition is written does not matter.
func TestTextIsTheCalendar(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := models().Draw(t, "calendar")
		c, err := Parse([]byte(m.yaml()), "")
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse([]byte(c.String()), "Asia/Tokyo")
		if err != nil {
			t.Fatalf("%v\n%s", err, c)
		}
		if again.String() != c.String() {
			t.Fatalf("%s reads as %s", c, again)
		}
	})
}

// TestHolidaysEverywhere holds that holidays do not depend on the zone of the
// machine: there are some in which midnight does not exist on some days. (Nor
// does a whole day where the date line moved: a machine on Kiritimati, and no
// other, has New Year's Day 1995 wrong.)
func TestHolidaysEverywhere(t *testing.T) {
	local, machine := time.Local, cal.DefaultLoc
	defer func() { time.Local, cal.DefaultLoc = local, machine }()
	all := func(name string) string {
		loc, err := Zone(name)
		if err != nil {
			t.Fatal(err)
		}
		time.Local, cal.DefaultLoc = loc, loc
		var b strings.Builder
		for _, r := range regions {
			c := &Calendar{def: Definition{holidays: []region{r}}}
			for year := 1950; year <= 2100; year++ {
				for _, h := range c.Holidays(year) {
					fmt.Fprintln(&b, r.code, h.day, h.Name)
				}
			}
		}
		return b.String()
	}
	want := all("UTC")
	for _, name := range []string{"America/Sao_Paulo", "Asia/Beirut", "America/Havana", "Asia/Tehran", "Africa/Cairo", "Pacific/Apia"} {
		if all(name) != want {
			t.Errorf("on a machine in %s, holidays are others than in UTC", name)
		}
	}
}

// TestRegions holds that the list is in order, without doubles, and that each
// region has a handful of holidays a year.
func TestRegions(t *testing.T) {
	if !slices.IsSortedFunc(regions, func(a, b region) int { return strings.Compare(a.code, b.code) }) {
		t.Error("the regions are not in the order of their codes")
	}
	for i, r := range regions {
		if i > 0 && regions[i-1].code == r.code {
			t.Errorf("%s is there twice", r.code)
		}
		c := &Calendar{def: Definition{holidays: []region{r}}}
		for year := 1995; year <= 2050; year++ {
			if n := len(c.Holidays(year)); n < 4 || n > 30 {
				t.Errorf("%s has %d holidays in %d", r.code, n, year)
			}
		}
	}
}

// FuzzParse holds that any text is a calendar or an error, and what is a
// calendar says so in words that read back.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"24/7",
		`{weekdays: "08:00-18:00", holidays: DE-HH}`,
		"daily: \"22:00-06:00\"\nclosed: [12-24..01-01, 02-29, 2024-12-27..2024-12-30]\nopen: {12-31: \"08:00-12:00\"}",
		"weekdays: &x \"08:00-18:00\"\nsaturday: *x",
		"sunday: |\n  08:00-09:00\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse([]byte(text), "Europe/Berlin")
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without words")
			}
			return
		}
		again, err := Parse([]byte(c.String()), "")
		if err != nil || again.String() != c.String() {
			t.Errorf("%q is %s, which reads as %v, %v", text, c, again, err)
		}
		if work := c.Between(1_700_000_000*second, 1_700_000_000*second+7*day); work < 0 || work > 7*day {
			t.Errorf("%q: a week has %d µs of work", text, work)
		}
	})
}
