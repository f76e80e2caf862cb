package edi

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"millrace/ingest/edi/interchange"
)

// FuzzDecode reads anything as messages of known types: it never panics, an
// error names a place, and all that is said has a column.
func FuzzDecode(f *testing.F) {
	for _, file := range []string{"testdata/x12", "testdata/edifact"} {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range strings.Split(string(text), "\n-- ")[1:] {
			_, part, _ = strings.Cut(part, "\n")
			part, _, _ = strings.Cut(part, "\n----")
			f.Add([]byte(part))
		}
	}
	columns := map[string]map[string]bool{}
	for _, t := range System().Tables {
		columns[t.Name] = map[string]bool{}
		for _, c := range t.Columns {
			columns[t.Name][c.Name] = true
		}
	}
	check := func(t *testing.T, table string, r record) {
		for column := range r {
			if !columns[table][column] {
				t.Errorf("table %s has no column %q", table, column)
			}
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		err := interchange.Read(bytes.NewReader(text), "x.edi", interchange.Visitor{
			Message: func(m *interchange.Message) error {
				d, err := decode(m, clock{time.UTC, "source"})
				if bad, ok := errors.AsType[*decodeError](err); ok {
					if !strings.HasPrefix(bad.Place, "x.edi: interchange ") || bad.Reason == "" {
						t.Errorf("%+v", bad)
					}
					return nil
				}
				if err != nil {
					return err
				}
				check(t, "message", d.message)
				for table, list := range d.rows {
					for _, r := range list {
						check(t, table, r)
					}
				}
				return nil
			},
			Interchange: func(*interchange.Interchange) error { return nil },
			Problem:     func(interchange.Problem) {},
		}, interchange.Limits{})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// Numbers and dates, each as it is written and as DuckDB reads it.
func TestConvert(t *testing.T) {
	for text, want := range map[string]string{"10": "10", "2,50": "2.50", "-1.5": "-1.5", "1.5-": "-1.5", "+3": "3", ".5": ".5", "1,000.00": "", "1e3": "", "-": "", "٣": ""} {
		if got, reason := number(text); got != want || (reason == "") != (want != "") {
			t.Errorf("number %q: %q %s", text, got, reason)
		}
	}
	for text, want := range map[string]string{"1785": "17.85", "5": "0.05", "-5": "-0.05", "17.85": "17.85", "0": "0.00"} {
		if got, _ := cents(text); got != want {
			t.Errorf("cents %q: %q", text, got)
		}
	}
	for _, x := range []struct{ date, clock, zone, want string }{
		{"20240301", "", "", "2024-03-01T00:00:00Z"}, {"240301", "1730", "", "2024-03-01T17:30:00Z"},
		{"20240301", "17305999", "ES", "2024-03-01T17:30:59-05:00"}, {"20240701", "1730", "ET", "2024-07-01T17:30:00-04:00"},
		{"20240301", "1730", "24", "2024-03-01T17:30:00-01:00"}, {"20240301", "1730", "09", "2024-03-01T17:30:00+09:00"}, {"20240301", "1730", "LT", "2024-03-01T17:30:00Z"},
	} {
		at, zone, ok, reason := dateX12(x.date, x.clock, x.zone)
		if zone == nil {
			zone = time.UTC
		}
		got := time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), 0, zone).Format(time.RFC3339)
		if !ok || got != x.want {
			t.Errorf("%v: %s %s", x, got, reason)
		}
	}
	for _, x := range []struct{ text, code, want string }{
		{"20240301", "102", "2024-03-01T00:00:00Z"}, {"202403011730", "203", "2024-03-01T17:30:00Z"}, {"202403011730+0200", "205", "2024-03-01T17:30:00+02:00"},
		{"202403011730UTC", "303", "2024-03-01T17:30:00Z"}, {"20240301-20240305", "718", ""}, {"2024030120240305", "718", "2024-03-01T00:00:00Z"},
		{"202410", "616", ""}, {"000000", "102", ""}, {"20240301", "", "2024-03-01T00:00:00Z"}, {"2024030112", "102", "error"},
	} {
		at, zone, ok, reason := dateEDIFACT(x.text, x.code)
		got := ""
		if ok {
			if zone == nil {
				zone = time.UTC
			}
			got = time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), 0, 0, zone).Format(time.RFC3339)
		} else if reason != "" {
			got = "error"
		}
		if got != x.want && !(x.text == "20240301-20240305" && got == "2024-03-01T00:00:00Z") {
			t.Errorf("%v: %s %s", x, got, reason)
		}
	}
}
