package sqldb

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// What a server wrote becomes what a page has.
func TestTexts(t *testing.T) {
	for _, c := range []struct {
		name       string
		text       func(to, value []byte) []byte
		have, want string
	}{
		{"micros", micros, "2024-02-29 12:00:00", "2024-02-29 12:00:00"},
		{"micros", micros, "2024-02-29 12:00:00.123456789+00", "2024-02-29 12:00:00.123456+00"},
		{"micros", micros, "2024-02-29 12:00:00.1200000", "2024-02-29 12:00:00.12"},
		{"micros", micros, "12:00:00.000000000", "12:00:00"},
		{"micros", micros, "12:00:00.0000001+00", "12:00:00+00"},
		{"leadingZero", leadingZero, ".5", "0.5"},
		{"leadingZero", leadingZero, "-.5", "-0.5"},
		{"leadingZero", leadingZero, "-1.5", "-1.5"},
		{"leadingZero", leadingZero, "", ""},
		{"padded", padded, " a b  ", " a b"},
		{"plain", plain, "a\xffb", "a\uFFFDb"},
		{"mysqlDate", mysqlDate, "0000-00-00", ""},
		{"mysqlDate", mysqlDate, "2024-00-01 12:00:00", ""},
		{"mysqlDate", mysqlDate, "2024-10-00", ""},
		{"mysqlDate", mysqlDate, "2024-10-10 00:00:00", "2024-10-10 00:00:00"},
		{"sqliteTime", sqliteTime, "2024-02-29 12:00:00+02:00", "2024-02-29 10:00:00+00"},
		{"sqliteTime", sqliteTime, "2024-02-29T12:00:00.1234567Z", "2024-02-29 12:00:00.123456+00"},
		{"sqliteTime", sqliteTime, "yesterday", "yesterday"},
		{"eraText", eraText, "0044-03-15 12:00:00.5+00 BC", "0044-03-15 (BC) 12:00:00.5+00"},
		{"eraText", eraText, "infinity", "infinity"},
	} {
		if got := string(c.text([]byte("|"), []byte(c.have))); got != "|"+c.want {
			t.Errorf("%s of %q: %q, want %q", c.name, c.have, got[1:], c.want)
		}
	}
	for _, have := range []string{"0044-03-15 12:00:00.5+00 BC", "0044-03-15 BC", "2024-02-29 12:00:00", "-infinity"} {
		if got := eraParam(string(eraText(nil, []byte(have)))); got != have {
			t.Errorf("%q comes back as %q", have, got)
		}
	}
}

// A number with a point is the same number as text, without an exponent where
// people write none.
func TestFloatLaw(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		x := rapid.Float64().Draw(r, "x")
		text := string(appendFloat(nil, x, 64))
		if got, err := strconv.ParseFloat(text, 64); err != nil || got != x {
			r.Fatalf("%v: %q is %v, %v", x, text, got, err)
		}
		if a := math.Abs(x); a >= 1e-6 && a < 1e15 && strings.Contains(text, "e") {
			r.Fatalf("%v: %q", x, text)
		}
	})
}

// Whatever stands in database:, it is understood or refused, and a password in
// it is not repeated.
func FuzzDatabase(f *testing.F) {
	for _, d := range dialects {
		f.Add(d.example)
	}
	f.Add("postgres://a:hunter2@b/c?host=/d")
	f.Add("mysql://%zz:hunter2@[::1]:x/")
	f.Fuzz(func(t *testing.T, url string) {
		c := Config{Database: url, Dir: "/nowhere"}
		tt, err := newTarget(&c)
		if err == nil && (tt.dialect == nil || tt.origin() == "" || tt.addr() == "") {
			t.Errorf("%q: %+v", url, tt)
		}
		said := ""
		if err != nil {
			said = err.Error()
		} else {
			said = tt.origin()
		}
		if !strings.HasPrefix(url, "sqlite:") && strings.Contains(url, ":hunter2@") && strings.Contains(said, "hunter2") {
			t.Errorf("%q: the password is in %q", url, said)
		}
	})
}
