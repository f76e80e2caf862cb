package eventlog_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"millrace/eventlog"
	"millrace/eventlog/logtest"
)

// TestFilter narrows one log by filters, one a line: NAME VALUE, from left to right.
func TestFilter(t *testing.T) {
	var l *eventlog.Log
	datadriven.RunTest(t, "testdata/filter", func(t *testing.T, d *datadriven.TestData) string {
		if d.Cmd == "log" {
			var err error
			if l, err = logtest.Parse(d.Input); err != nil {
				t.Fatal(err)
			}
			return ""
		}
		var filters []eventlog.Filter
		for line := range strings.SplitSeq(d.Input, "\n") {
			name, value, _ := strings.Cut(line, " ")
			if name == "" {
				continue
			}
			if words := strings.Fields(value); name == "time" {
				filters = append(filters, period(t, words))
				continue
			}
			f, err := eventlog.ParseFilter(name, value)
			if err != nil {
				return "error: " + err.Error() + "\n"
			}
			filters = append(filters, f)
		}
		out, err := l.Where(context.Background(), filters...)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		s, err := eventlog.Summarize(context.Background(), out, eventlog.SummaryOptions{})
		if err != nil {
			t.Fatal(err)
		}
		text := s.String()
		for _, n := range s.Notes {
			text += "note " + n.Code + ": " + n.Text + "\n"
		}
		return text
	})
}

func period(t *testing.T, words []string) eventlog.Filter {
	var at [2]time.Time
	for i, w := range words[1:] {
		var err error
		if at[i], err = time.Parse(time.DateOnly, w); err != nil {
			t.Fatal(err)
		}
	}
	return eventlog.Period(at[0], at[1], eventlog.PeriodMode(words[0]))
}

// Filtering by one and then by the other is filtering by both.
func TestFilteringTwiceIsFilteringByBoth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var text strings.Builder
		for i := range rapid.IntRange(1, 8).Draw(t, "cases") {
			fmt.Fprintf(&text, "%d:", i)
			for j := range rapid.IntRange(1, 6).Draw(t, "events") {
				fmt.Fprintf(&text, " %s@2024-01-%02d", rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "activity"), j+1)
			}
			text.WriteString("\n")
		}
		text.WriteString("all: a@2024-01-01 b@2024-01-02 c@2024-01-03\n")
		l, err := logtest.Parse(text.String())
		if err != nil {
			t.Fatal(err)
		}
		draw := func(label string) eventlog.Filter {
			name := rapid.SampledFrom([]string{"contains", "without", "starts", "ends", "drop", "keep", "duration"}).Draw(t, label)
			value := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, label+" activity")
			if name == "duration" {
				value = rapid.SampledFrom([]string{">1d", "<=2d"}).Draw(t, label+" limit")
			}
			f, err := eventlog.ParseFilter(name, value)
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
		f, g := draw("f"), draw("g")
		if f.Name == "keep" && g.Name == "keep" {
			return // neighbours of one kind are one filter
		}
		ctx := context.Background()
		both, err := l.Where(ctx, f, g)
		if err != nil {
			t.Fatal(err)
		}
		one, err := l.Where(ctx, f)
		if err != nil {
			t.Fatal(err)
		}
		two, err := one.Where(ctx, g)
		if err != nil {
			t.Fatal(err)
		}
		x, err := eventlog.Summarize(ctx, both, eventlog.SummaryOptions{})
		if err != nil {
			t.Fatal(err)
		}
		y, err := eventlog.Summarize(ctx, two, eventlog.SummaryOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if x.String() != y.String() {
			t.Fatalf("%v, %v:\n%s\n%s", f, g, x, y)
		}
	})
}
