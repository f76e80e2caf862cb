package extract

import (
	"testing"
	"time"
)

func TestMark(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct{ text, overlap, notAfter string }{
		{"2026-03-01 10:00:00", "2026-03-01 09:50:00", "2026-03-01 10:00:00"},
		{"2026-03-01 10:00:00.123456", "2026-03-01 09:50:00.123456", "2026-03-01 10:00:00.123456"},
		{"2026-03-01 10:00:00+00", "2026-03-01 09:50:00+00", "2026-03-01 10:00:00+00"},
		{"2026-03-01T10:00:00Z", "2026-03-01T09:50:00Z", "2026-03-01T10:00:00Z"},
		{"2026-03-01T10:00:00+02:00", "2026-03-01T09:50:00+02:00", "2026-03-01T10:00:00+02:00"},
		{"2026-03-01", "2026-02-28", "2026-03-01"},
		{"20260301", "20260228", "20260301"},
		{"20260301000500", "20260228235500", "20260301000500"},
		{"20260301000500.1234567", "20260228235500.123456", "20260301000500.1234567"},
		// In the future: now, in the zone of the source where the text has none.
		{"9999-12-31", "9999-12-30", "2026-07-01"},
		{"2026-07-01 14:00:01", "2026-07-01 13:50:01", "2026-07-01 14:00:00"},
		{"2026-07-01 12:00:01+00", "2026-07-01 11:50:01+00", "2026-07-01 12:00:00+00"},
		// No moments.
		{"4711", "4711", "4711"},
		{"99999999", "99999999", "99999999"},
		{"00000000000007d1", "00000000000007d1", "00000000000007d1"},
		{"", "", ""},
	} {
		m := parseMark(c.text)
		if got := m.minus(10 * time.Minute).text; got != c.overlap {
			t.Errorf("%q, 10 minutes earlier: got %q, want %q", c.text, got, c.overlap)
		}
		if got := m.notAfter(now, berlin).text; got != c.notAfter {
			t.Errorf("%q, not after: got %q, want %q", c.text, got, c.notAfter)
		}
	}
}

func TestMarkOrder(t *testing.T) {
	for _, list := range [][]string{
		{"", "2026-03-01", "2026-03-01 00:00:01", "2026-03-01 00:00:01.5", "2026-03-02"},
		{"2026-03-01 12:00:00+02", "2026-03-01 11:00:00+00", "2026-03-01 12:00:00+00"},
		{"", "9", "10", "4711", "20260301", "20260332", "20260401", "123456789012345678901234567890"},
		{"a", "b"},
		{"", "unknown", "2026-03-01"}, // what is no moment does not hide those that are
	} {
		for i := range list {
			for j := range list {
				if got := parseMark(list[i]).less(parseMark(list[j])); got != (i < j) {
					t.Errorf("%q < %q: %v", list[i], list[j], got)
				}
			}
		}
		var top mark
		for _, i := range []int{1, 0, len(list) - 1} {
			top.raise(list, []int{i})
		}
		if top.text != list[len(list)-1] {
			t.Errorf("the latest of %q is %q", list, top.text)
		}
	}
}

func TestWindow(t *testing.T) {
	for _, c := range []struct{ window, zone, now, want string }{
		{"20:00-06:00", "Europe/Berlin", "2026-01-10T18:59:59Z", "2026-01-10 20:00 CET"},
		{"20:00-06:00", "Europe/Berlin", "2026-01-10T19:00:00Z", "open"},
		{"20:00-06:00", "Europe/Berlin", "2026-01-11T04:59:59Z", "open"},
		{"20:00-06:00", "Europe/Berlin", "2026-01-11T05:00:00Z", "2026-01-11 20:00 CET"},
		{"09:30-17:00", "America/New_York", "2026-07-01T13:29:00Z", "2026-07-01 09:30 EDT"},
		{"09:30-17:00", "America/New_York", "2026-07-31T21:00:00Z", "2026-08-01 09:30 EDT"},
		{"03:00-04:00", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29 03:00 CEST"}, // clocks change on that day
		{"", "", "2026-07-01T13:29:00Z", "open"},
	} {
		w, err := ParseWindow(c.window, c.zone)
		if err != nil {
			t.Fatal(err)
		}
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		got := "open"
		if open, next := w.open(now); !open {
			got = next.Format("2006-01-02 15:04 MST")
		}
		if got != c.want {
			t.Errorf("%s at %s: got %s, want %s", w, c.now, got, c.want)
		}
	}
	for _, c := range [][3]string{
		{"20-06", "UTC", `window "20-06": want two times of the day, such as "20:00-06:00"`},
		{"20:00-20:00", "UTC", `window "20:00-20:00": want two times of the day, such as "20:00-06:00"`},
		{"20:00-21:00", "Europe/Atlantis", `window "20:00-21:00": "Europe/Atlantis" is no time zone of the IANA list, such as Europe/Berlin`},
	} {
		if _, err := ParseWindow(c[0], c[1]); err == nil || err.Error() != c[2] {
			t.Errorf("%v: got %v", c, err)
		}
	}
}
