package distributor

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestClocks compares the dates and zones here with those of package time.
func TestClocks(t *testing.T) {
	places := map[zone]*time.Location{utc: time.UTC}
	for z, name := range map[zone]string{berlin: "Europe/Berlin", london: "Europe/London"} {
		place, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		places[z] = place
	}
	rapid.Check(t, func(t *rapid.T) {
		at := instant(rapid.Int64Range(int64(begin-30*fullDay), int64(cut+30*fullDay)).Draw(t, "at"))
		z := rapid.SampledFrom([]zone{utc, berlin, london}).Draw(t, "zone")
		want := time.UnixMilli(int64(at)).In(places[z])
		y, m, d := z.day(at).civil()
		if y != want.Year() || m != int(want.Month()) || d != want.Day() || z.day(at).weekday() != int(want.Weekday()) || dateOf(y, m, d) != z.day(at) {
			t.Fatalf("%v is the day %d-%d-%d", want, y, m, d)
		}
		clock := z.clock(at)
		if got := time.Duration(clock) * time.Millisecond; got != want.Sub(time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC).Add(-time.Duration(z.offset(at))*time.Millisecond)) {
			t.Fatalf("%v shows %v", want, got)
		}
		if h := want.Hour(); h >= 4 {
			if back := z.at(z.day(at), clock); back != at {
				t.Fatalf("%v comes back as %v", want, time.UnixMilli(int64(back)).In(places[z]))
			}
		}
	})
}

// TestWorkingTime compares the working calendar with minutes counted one by one.
func TestWorkingTime(t *testing.T) {
	office := newSites()[lds].office
	rapid.Check(t, func(t *rapid.T) {
		from := begin + instant(rapid.IntRange(0, 500*24*60).Draw(t, "from"))*minute
		work := instant(rapid.IntRange(1, 40*60).Draw(t, "minutes")) * minute
		got := office.after(from, work)
		at, left := from, work
		for left > 0 || !open(office, at) {
			if open(office, at) {
				left -= minute
			}
			at += minute
		}
		if got != at {
			t.Fatalf("%d minutes from %v: %v, counted %v", work/minute, time.UnixMilli(int64(from)).UTC(), time.UnixMilli(int64(got)).UTC(), time.UnixMilli(int64(at)).UTC())
		}
	})
}

func open(c *calendar, t instant) bool {
	clock := c.zone.clock(t)
	return c.works(c.zone.day(t)) && clock >= c.open && clock < c.close
}
