package figure

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/cockroachdb/datadriven"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
	"pgregory.net/rapid"
)

// TestFigures reads words from testdata/figures: "durations: 90s 36h", and so on.
func TestFigures(t *testing.T) {
	datadriven.RunTest(t, "testdata/figures", func(t *testing.T, d *datadriven.TestData) string {
		var out strings.Builder
		for line := range strings.Lines(d.Input) {
			line = strings.TrimSuffix(line, "\n")
			var said string
			f := &English
			if d.HasArg("german") {
				f = &German
			}
			switch d.Cmd {
			case "duration":
				v, err := time.ParseDuration(line)
				if err != nil {
					t.Fatal(err)
				}
				said = f.Duration(float64(v.Microseconds()))
			case "share":
				said = f.Share(parsed(t, line))
			case "count":
				said = f.Count(int64(parsed(t, line)))
			case "money":
				currency, amount, _ := strings.Cut(line, " ")
				said = f.Money(currency, int64(parsed(t, amount)*1e4))
			case "date":
				from, to, ok := strings.Cut(line, " ")
				first, err := time.Parse(time.DateOnly, from)
				if err != nil {
					t.Fatal(err)
				}
				if said = f.Date(first) + "; " + f.Moment(first); ok {
					last, err := time.Parse(time.DateOnly, to)
					if err != nil {
						t.Fatal(err)
					}
					said = f.Period(first, last)
				}
			case "fit":
				said = Fit(line, 10)
			case "lines":
				said = strings.Join(Lines(line, 10, 2), " | ")
			}
			fmt.Fprintf(&out, "%s\n", strings.ReplaceAll(said, NBSP, " "))
		}
		return out.String()
	})
}

func parsed(t *testing.T, s string) float64 {
	t.Helper()
	var x float64
	if _, err := fmt.Sscan(s, &x); err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return x
}

// TestFitFits: a shortened name is never wider than asked, and is valid text.
func TestFitFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, ems := rapid.String().Draw(t, "name"), rapid.Float64Range(2, 40).Draw(t, "ems")
		got := Fit(s, ems)
		if w := Width(got); w > ems {
			t.Fatalf("Fit(%q, %g) = %q, %g wide", s, ems, got, w)
		}
		if !utf8.ValidString(got) {
			t.Fatalf("Fit(%q, %g) is not valid UTF-8", s, ems)
		}
		for _, l := range Lines(s, ems, 2) {
			if w := Width(l); w > ems {
				t.Fatalf("Lines(%q, %g) has %q, %g wide", s, ems, l, w)
			}
		}
	})
}

func TestNoNumber(t *testing.T) {
	for _, got := range []string{English.Share(math.NaN()), English.Number(math.NaN(), 1), English.Duration(math.NaN())} {
		if !strings.HasPrefix(got, None) {
			t.Errorf("no number reads %q", got)
		}
	}
}

func TestIsolated(t *testing.T) {
	if got := Isolated("Pick"); got != "Pick" {
		t.Errorf("a plain name became %q", got)
	}
	if got := Isolated("a\u202eb"); got != "\u2068a\u202eb\u2069" {
		t.Errorf("an override is not isolated: %q", got)
	}
}

// TestSeparators holds numbers against those that golang.org/x/text writes from
// the CLDR, for every language that pages are written in.
func TestSeparators(t *testing.T) {
	for tag, f := range map[language.Tag]*Style{language.English: &English, language.German: &German} {
		p := message.NewPrinter(tag)
		rapid.Check(t, func(t *rapid.T) {
			n := rapid.Int64Range(0, 1e12).Draw(t, "n")
			if got, want := f.Count(n), p.Sprint(number.Decimal(n)); got != want {
				t.Fatalf("%s: %d is %q, x/text writes %q", tag, n, got, want)
			}
			x := float64(n) / 8 // a binary fraction, so that both round the same number
			if got, want := f.Number(x, 3), p.Sprint(number.Decimal(x, number.MaxFractionDigits(3))); got != want {
				t.Fatalf("%s: %v is %q, x/text writes %q", tag, x, got, want)
			}
			if share := float64(n%98) + 1; f.Share(share/100) != p.Sprint(number.Percent(share/100)) {
				t.Fatalf("%s: %v is %q, x/text writes %q", tag, share/100, f.Share(share/100), p.Sprint(number.Percent(share/100)))
			}
		})
	}
}
