package figure

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"
)

// TestFigures reads words from testdata/figures: "durations: 90s 36h", and so on.
func TestFigures(t *testing.T) {
	datadriven.RunTest(t, "testdata/figures", func(t *testing.T, d *datadriven.TestData) string {
		var out strings.Builder
		for line := range strings.Lines(d.Input) {
			line = strings.TrimSuffix(line, "\n")
			var said string
			switch d.Cmd {
			case "duration":
				v, err := time.ParseDuration(line)
				if err != nil {
					t.Fatal(err)
				}
				said = Duration(float64(v.Microseconds()))
			case "share":
				said = Share(number(t, line))
			case "count":
				said = Count(int64(number(t, line)))
			case "money":
				currency, amount, _ := strings.Cut(line, " ")
				said = Money(currency, int64(number(t, amount)*1e4))
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

func number(t *testing.T, s string) float64 {
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
	for _, got := range []string{Share(math.NaN()), Number(math.NaN(), 1), Duration(math.NaN())} {
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
