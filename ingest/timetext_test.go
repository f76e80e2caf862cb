package ingest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"millrace/eventlog"
)

// A time test is one value a line; it shows the layout found and the times in
// UTC.
func TestTimes(t *testing.T) {
	datadriven.RunTest(t, "testdata/timetext", func(t *testing.T, d *datadriven.TestData) string {
		var zone, column, layout string
		d.MaybeScanArgs(t, "zone", &zone)
		d.MaybeScanArgs(t, "column", &column)
		for _, arg := range d.CmdArgs {
			if arg.Key == "layout" {
				layout = strings.ReplaceAll(strings.Join(arg.Vals, ","), "_", " ")
			}
		}
		loc, err := LoadZone(zone)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		values := strings.Split(strings.TrimRight(d.Input, "\n"), "\n")
		f, share := NewTimeFormat(layout, loc), 1.0
		if layout == "" {
			if f, share = DetectTime(column, values, loc); f == nil {
				return "no times\n"
			}
		}
		var b strings.Builder
		fmt.Fprintf(&b, "%s", f)
		if share < 1 {
			fmt.Fprintf(&b, "  (%.0f %% of the values)", 100*share)
		}
		b.WriteByte('\n')
		for _, v := range values {
			us, day, ok := f.Parse([]byte(v))
			switch {
			case MissingTime([]byte(v)):
				fmt.Fprintf(&b, "  %s = missing\n", v)
			case !ok:
				fmt.Fprintf(&b, "  %s = not a date\n", v)
			case day:
				fmt.Fprintf(&b, "  %s = %s (day)\n", v, utc(us))
			default:
				fmt.Fprintf(&b, "  %s = %s\n", v, utc(us))
			}
		}
		for _, n := range f.Notes("t") {
			fmt.Fprintf(&b, "note %s: %s\n", n.Code, n.Text)
		}
		return b.String()
	})
}

func utc(us int64) string {
	return time.UnixMicro(us).UTC().Format("2006-01-02T15:04:05.999999Z")
}

// The clock of a zone is taken apart and put together again, on any day.
func TestZoneInvertsTheClock(t *testing.T) {
	names := []string{"UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "Pacific/Apia"}
	rapid.Check(t, func(t *rapid.T) {
		loc, err := LoadZone(rapid.SampledFrom(names).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		z := zone{loc: loc}
		for range rapid.IntRange(1, 20).Draw(t, "n") {
			u := rapid.Int64Range(-3e9, 6e9).Draw(t, "utc")
			_, offset := time.Unix(u, 0).In(loc).Zone()
			overlaps := z.overlaps
			got := z.utc(u + int64(offset))
			if got != u && z.overlaps == overlaps {
				t.Fatalf("%s: clock of %d gives %d", loc, u, got)
			}
			if got > u {
				t.Fatalf("%s: not the first of two", loc)
			}
		}
		if z.gaps > 0 {
			t.Fatal("a clock showed a time it skipped")
		}
	})
}

// What the detection makes of a value, time.Parse makes of it too.
func FuzzTime(f *testing.F) {
	for _, s := range []string{
		"2024-02-29 12:34:56.123456789+02:00", "31.02.2024", "1/2/2024 3:04 PM", "20240102150405", "02-Jan-06", "2024-01-02T24:00:00Z",
		"Mon, 02 Jan 2006 15:04:05 +0700", "Jan 2, 2006, 3:04 PM", "9999-12-31", "0001-01-01", "2024-1-2", "\x00", "99999999",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, column := range []string{"date", "epoch", "x"} {
			format, _ := DetectTime(column, []string{text}, time.UTC)
			if format == nil {
				continue
			}
			us, _, ok := format.Parse([]byte(text))
			if format.order == counted {
				continue
			}
			if !ok {
				t.Fatalf("%q: detected as %q, not parsed", text, format)
			}
			want, err := time.Parse(format.layout, strings.TrimSpace(text))
			if err == nil && want.UnixMicro() != us {
				t.Fatalf("%q as %q: %s, time.Parse says %s", text, format, utc(us), want)
			}
		}
		if us, _, ok := NewTimeFormat("2006-01-02", time.UTC).Parse([]byte(text)); ok && us == eventlog.NoTime {
			t.Fatal("parsed nothing")
		}
	})
}

func BenchmarkTime(b *testing.B) {
	for _, text := range []string{"2024-11-23 03:01:00", "2024-11-23T03:01:00.123456+01:00", "23.11.2024 03:01", "11/23/2024 3:01 PM"} {
		b.Run(text, func(b *testing.B) {
			loc, err := LoadZone("Europe/Berlin")
			if err != nil {
				b.Fatal(err)
			}
			f, _ := DetectTime("t", []string{text}, loc)
			value := []byte(text)
			for b.Loop() {
				f.Parse(value)
			}
		})
	}
}
