package ingest

import (
	"bufio"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"
)

// TestTimeReader reads each line by itself: a time, or a number.
func TestTimeReader(t *testing.T) {
	datadriven.RunTest(t, "testdata/anytime", func(t *testing.T, d *datadriven.TestData) string {
		var zone, layout string
		d.MaybeScanArgs(t, "tz", &zone)
		d.MaybeScanArgs(t, "layout", &layout)
		loc, err := LoadZone(zone)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		r := NewTimeReader(strings.ReplaceAll(layout, "_", " "), loc)
		var b strings.Builder
		for s := bufio.NewScanner(strings.NewReader(d.Input)); s.Scan(); {
			text := s.Bytes()
			if d.Cmd == "number" {
				us, unit, ok := r.ReadNumber(text)
				if !ok {
					fmt.Fprintf(&b, "%s: no time\n", text)
					continue
				}
				fmt.Fprintf(&b, "%s: %s, in %s\n", text, time.UnixMicro(us).UTC().Format(time.RFC3339Nano), unit)
				continue
			}
			m, ok := r.Read(text)
			if !ok {
				fmt.Fprintf(&b, "%s: no time\n", text)
				continue
			}
			fmt.Fprintf(&b, "%s: %s%s%s\n", text, time.UnixMicro(m.Micros).UTC().Format(time.RFC3339Nano),
				map[bool]string{true: ", naive"}[m.Naive], map[bool]string{true: ", a day"}[m.Day])
		}
		return b.String()
	})
}

// TestTimeReaderLaw: what package time writes in RFC 3339 is read back, with an
// offset and without.
func TestTimeReaderLaw(t *testing.T) {
	berlin, err := LoadZone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		us := rapid.Int64Range(-60_000_000_000_000_000, 250_000_000_000_000_000).Draw(t, "µs")
		offset := rapid.IntRange(-14*60, 14*60).Draw(t, "offset")
		for _, x := range []struct {
			layout string
			loc    *time.Location
			naive  bool
		}{
			{time.RFC3339Nano, time.FixedZone("", offset*60), false},
			{"2006-01-02 15:04:05.999999-0700", time.FixedZone("", offset*60), false},
			{"2006-01-02T15:04:05.999999", time.UTC, true},
			{"02.01.2006 15:04:05.999999", time.UTC, true},
			{"2006/01/02 15:04:05.999999Z07:00", time.UTC, false},
		} {
			zone := time.UTC
			if !x.naive {
				zone = berlin // must not matter
			}
			text := time.UnixMicro(us).In(x.loc).Format(x.layout)
			m, ok := NewTimeReader("", zone).Read([]byte(text))
			if !ok || m.Micros != us || m.Naive != x.naive || m.Day {
				t.Fatalf("%q: read %+v, %v; want %d", text, m, ok, us)
			}
		}
	})
}
