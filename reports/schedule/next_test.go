package schedule

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"hash/fnv"
	"os"
	"strings"
	"testing"
	"time"

	"millrace/eventlog/calendar"
	"pgregory.net/rapid"
)

type judgedCron struct {
	cron    string
	elapsed bool // due in every hour
	due     func(t time.Time) bool
}

// judged are expressions with what they mean in words of Go, which know nothing
// of how an expression is read.
var judged = []judgedCron{
	{"* * * * *", true, func(t time.Time) bool { return true }},
	{"*/15 * * * *", true, func(t time.Time) bool { return t.Minute()%15 == 0 }},
	{"5 0-23 * * 1-5", true, func(t time.Time) bool { return t.Minute() == 5 && t.Weekday() != 0 && t.Weekday() != 6 }},
	{"30 2 * * *", false, func(t time.Time) bool { return t.Hour() == 2 && t.Minute() == 30 }},
	{"*/10 2 * * *", false, func(t time.Time) bool { return t.Hour() == 2 && t.Minute()%10 == 0 }},
	{"58,59 1-2 * * *", false, func(t time.Time) bool { return (t.Hour() == 1 || t.Hour() == 2) && t.Minute() >= 58 }},
	{"0 */2 * * *", false, func(t time.Time) bool { return t.Hour()%2 == 0 && t.Minute() == 0 }},
	{"0 0 * * *", false, func(t time.Time) bool { return t.Hour() == 0 && t.Minute() == 0 }},
	{"59 23 * * SUN", false, func(t time.Time) bool { return t.Hour() == 23 && t.Minute() == 59 && t.Weekday() == 0 }},
	{"15,45 1-3 * * *", false, func(t time.Time) bool {
		return t.Hour() >= 1 && t.Hour() <= 3 && (t.Minute() == 15 || t.Minute() == 45)
	}},
	{"30 6 13 * FRI", false, func(t time.Time) bool {
		return t.Hour() == 6 && t.Minute() == 30 && (t.Day() == 13 || t.Weekday() == time.Friday)
	}},
	{"0 1 */2 * MON", false, func(t time.Time) bool {
		return t.Hour() == 1 && t.Minute() == 0 && t.Day()%2 == 1 && t.Weekday() == time.Monday
	}},
	{"10 0 1 JAN,apr,7,10 *", false, func(t time.Time) bool {
		return t.Hour() == 0 && t.Minute() == 10 && t.Day() == 1 && (t.Month()-1)%3 == 0
	}},
	{"1 1 29 2 *", false, func(t time.Time) bool {
		return t.Hour() == 1 && t.Minute() == 1 && t.Day() == 29 && t.Month() == 2
	}},
}

// judge walks from one instant to another in steps and says when each
// expression is due: an elapsed one when the clock shows it, another when the
// clock shows, for the first time, what it says, or has jumped over it.
func judge(judged []judgedCron, zone *time.Location, from, to time.Time, step time.Duration) [][]time.Time {
	due := make([][]time.Time, len(judged))
	var latest time.Time // that the clock has shown, as if UTC
	for t := from.Add(-72 * time.Hour); t.Before(to); t = t.Add(step) {
		local := t.In(zone)
		wall := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), local.Second(), 0, time.UTC)
		counts := !t.Before(from)
		for i, j := range judged {
			if j.elapsed && counts && wall.Second() == 0 && j.due(wall) {
				due[i] = append(due[i], t)
			}
		}
		if latest.IsZero() {
			latest = wall
		}
		for i, j := range judged {
			if j.elapsed || !counts {
				continue
			}
			for w := latest.Add(step); !w.After(wall); w = w.Add(step) { // one, unless the clock jumped
				if w.Second() == 0 && j.due(w) {
					due[i] = append(due[i], t)
					break
				}
			}
		}
		if wall.After(latest) {
			latest = wall
		}
	}
	return due
}

// checkYear compares Next with the judge, from one instant to another; where CI
// is not set, only in the weeks in which the clocks are changed.
func checkYear(t *testing.T, name string, from, to time.Time, step time.Duration) {
	t.Helper()
	zone, err := calendar.Zone(name)
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("CI") != "" {
		check(t, zone, from, to, step)
		return
	}
	_, before := from.In(zone).Zone()
	for at := from; at.Before(to); at = at.Add(15 * time.Minute) {
		if _, offset := at.In(zone).Zone(); offset != before {
			before = offset
			check(t, zone, at.Add(-3*24*time.Hour), at.Add(4*24*time.Hour), step)
		}
	}
}

func check(t *testing.T, zone *time.Location, from, to time.Time, step time.Duration) {
	t.Helper()
	for i, want := range judge(judged, zone, from, to, step) {
		e, err := ParseCron(judged[i].cron)
		if err != nil {
			t.Fatal(err)
		}
		at := from.Add(-time.Nanosecond)
		for _, w := range want {
			if at = e.Next(at, zone); !at.Equal(w) {
				t.Fatalf("%s: %s: due at %v, want %v", zone, judged[i].cron, at, w.In(zone))
			}
		}
		if at = e.Next(at, zone); at.Before(to) {
			t.Fatalf("%s: %s: due at %v, where nothing is", zone, judged[i].cron, at)
		}
	}
}

// zoneNames are all in the time zone database that the calendar has.
func zoneNames(t *testing.T) []string {
	data, err := os.ReadFile("../../eventlog/calendar/zoneinfo.zip")
	if err != nil {
		t.Fatal(err)
	}
	all, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range all.File {
		if !strings.HasSuffix(f.Name, "/") {
			names = append(names, f.Name)
		}
	}
	return names
}

// A year of every zone, minute by minute. Zones whose clocks showed the same in
// all of the year are walked once.
func TestNextInEveryZone(t *testing.T) {
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	to := from.AddDate(1, 0, 0)
	names, walked := zoneNames(t), map[uint64]bool{}
	for _, name := range names {
		zone, err := calendar.Zone(name)
		if err != nil {
			t.Fatal(err)
		}
		h := fnv.New64()
		for at := from.Add(-72 * time.Hour); at.Before(to); at = at.Add(15 * time.Minute) {
			_, offset := at.In(zone).Zone()
			binary.Write(h, binary.LittleEndian, int32(offset))
		}
		if walked[h.Sum64()] {
			continue
		}
		walked[h.Sum64()] = true
		checkYear(t, name, from, to, time.Minute)
	}
	if len(names) < 500 || len(walked) < 50 {
		t.Errorf("%d zones, %d of which differ: too few", len(names), len(walked))
	}
	t.Logf("%d zones, of which %d differ", len(names), len(walked))
}

// Years in which clocks did odd things.
func TestNextInOddYears(t *testing.T) {
	for _, odd := range []struct {
		zone string
		year int
	}{
		{"Australia/Lord_Howe", 2025}, // 30 minutes
		{"America/Sao_Paulo", 2018},   // from midnight on
		{"Africa/Cairo", 2014},        // four changes, two of them at midnight
		{"Africa/Cairo", 2023},        //
		{"Asia/Beirut", 2023},         // midnight; changed its mind
		{"Pacific/Apia", 2011},        // no 30 December
		{"Pacific/Kwajalein", 1993},   // no 21 August
		{"Pacific/Kwajalein", 1969},   // 30 September twice
		{"America/Scoresbysund", 2024},
		{"America/Caracas", 2007}, // half an hour back, for good
		{"Asia/Pyongyang", 2018},
		{"Asia/Kathmandu", 1986}, // a quarter forward
		{"Antarctica/Troll", 2026},
		{"Africa/Casablanca", 2026},
		{"America/Havana", 2026},
		{"Atlantic/Azores", 2026},
		{"Europe/Berlin", 2040}, // Go has a rule of its own from 2038 on; a leap year
		{"America/New_York", 2096},
	} {
		from := time.Date(odd.year, 1, 1, 0, 0, 0, 0, time.UTC)
		checkYear(t, odd.zone, from, from.AddDate(1, 0, 0), time.Minute)
	}
	// Clocks 44 minutes and 30 seconds behind UTC, until noon of a Friday.
	from := time.Date(1972, 1, 5, 0, 0, 0, 0, time.UTC)
	checkYear(t, "Africa/Monrovia", from, from.AddDate(0, 0, 5), time.Second)
}

// Next is after, and is what follows from any instant before it.
func TestNextIsTheFirst(t *testing.T) {
	zones := []string{"Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia", "Africa/Casablanca", "UTC"}
	rapid.Check(t, func(t *rapid.T) {
		zone, err := calendar.Zone(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		e, err := ParseCron(judged[rapid.IntRange(0, len(judged)-1).Draw(t, "cron")].cron)
		if err != nil {
			t.Fatal(err)
		}
		after := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "after"), rapid.Int64Range(0, 999999999).Draw(t, "ns"))
		next := e.Next(after, zone)
		if !next.After(after) {
			t.Fatalf("%s after %v is %v", e, after, next)
		}
		between := after.Add(time.Duration(rapid.Int64Range(0, int64(next.Sub(after))-1).Draw(t, "between")))
		if again := e.Next(between, zone); !again.Equal(next) {
			t.Fatalf("%s after %v is %v, and after %v it is %v", e, after, next, between, again)
		}
	})
}
