package calendar

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"
	"time"
)

// TestZones holds that every zone loads, and that its periods are in order, to
// the end of what a calendar knows, and are what Go says at any time in them.
func TestZones(t *testing.T) {
	all, err := zip.NewReader(bytes.NewReader(zoneinfo), int64(len(zoneinfo)))
	if err != nil {
		t.Fatal(err)
	}
	zones := 0
	for _, f := range all.File {
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		zones++
		if zones%7 != 0 { // a seventh of them, to be quick
			continue
		}
		loc, err := Zone(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		ps := periods(loc, begin, begin+cycle)
		for i, p := range ps {
			if p.start >= p.end || i > 0 && (ps[i-1].end != p.start || ps[i-1].offset == p.offset) {
				t.Fatalf("%s: period %d is %+v", f.Name, i, p)
			}
		}
		for i, us := 0, begin; us < begin+cycle; us += 5*day + 7*60*minute {
			for ps[i].end <= us {
				i++
			}
			if _, offset := time.UnixMicro(us).In(loc).Zone(); int64(offset)*second != ps[i].offset {
				t.Fatalf("%s: at %v the clocks are %d s ahead, want %d", f.Name, time.UnixMicro(us).UTC(), ps[i].offset/second, offset)
			}
		}
	}
	if zones < 500 {
		t.Errorf("there are %d zones only", zones)
	}
}

func TestZoneIsNotTheMachines(t *testing.T) {
	for _, name := range []string{"", "Local", "local", "Europe", "Europe/", "../zoneinfo/UTC", "/etc/localtime", "europe/berlin"} {
		if loc, err := Zone(name); err == nil {
			t.Errorf("Zone(%q) is %v", name, loc)
		}
	}
}
