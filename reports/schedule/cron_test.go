package schedule

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"millrace/eventlog/calendar"
)

// TestText reads testdata/text. A block is a zone and an instant, by the clocks
// of the zone; below it an expression a line, and what follows when each is due.
func TestText(t *testing.T) {
	datadriven.Walk(t, "testdata/text", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var out strings.Builder
			for line := range strings.Lines(d.Input) {
				text, err := textOf(t, d, strings.TrimSuffix(line, "\n"))
				if err != nil {
					text = "error: " + err.Error()
				}
				out.WriteString(text + "\n")
			}
			return out.String()
		})
	})
}

func textOf(t *testing.T, d *datadriven.TestData, line string) (string, error) {
	if d.Cmd == "error" {
		e, err := ParseCron(line)
		if err == nil {
			d.Fatalf(t, "%q is read as %v", line, e)
		}
		return "", err
	}
	name, after := "UTC", ""
	d.MaybeScanArgs(t, "zone", &name)
	d.MaybeScanArgs(t, "after", &after)
	zone, err := calendar.Zone(name)
	if err != nil {
		return "", err
	}
	at, err := time.ParseInLocation("2006-01-02T15:04", after, zone)
	if err != nil {
		return "", err
	}
	switch d.Cmd {
	case "next":
		e, err := ParseCron(line)
		if err != nil {
			return "", err
		}
		out := line
		for range 5 {
			at = e.Next(at, zone)
			out += "\n  " + at.Format("Mon 2006-01-02 15:04 MST")
		}
		return out, nil
	case "period":
		p := Length(line).Before(at, zone)
		const layout = "Mon 2006-01-02 15:04 MST"
		return fmt.Sprintf("%s: %s, from %s until before %s", line, p.Name, p.From.Format(layout), p.To.Format(layout)), nil
	}
	return "", fmt.Errorf("no such command: %s", d.Cmd)
}

func FuzzParseCron(f *testing.F) {
	for _, j := range judged {
		f.Add(j.cron)
	}
	for _, s := range []string{"@daily", "0 0 31 2 *", "*/61 * * * *", "5-1 * * * *", "0 0 29 2 */6", "60 24 32 13 8", "TZ=UTC 0 0 * * *", ",", "1,,2 * * * *", "+1 * * * *", "٣ * * * *", "*-* * * * *"} {
		f.Add(s)
	}
	zone, err := calendar.Zone("Europe/Berlin")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := ParseCron(text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "cron ") {
				t.Errorf("%q: the error does not say where: %v", text, err)
			}
			return
		}
		after := time.Date(2026, 3, 29, 0, 0, 0, 0, zone)
		for range 3 {
			next := e.Next(after, zone)
			if !next.After(after) || next.Sub(after) > 41*366*24*time.Hour {
				t.Fatalf("%q: after %v comes %v", text, after, next)
			}
			// It is a time that the expression names, but behind a gap.
			wall := shown(next, zone)
			gap := wall.Hour() == 3 && wall.Minute() == 0 && wall.Month() == 3 && wall.Day() >= 25 && wall.Weekday() == 0
			if fits := e.onDay(wall) && e.hour>>wall.Hour()&1 == 1 && e.minute>>wall.Minute()&1 == 1; !fits && !gap {
				t.Fatalf("%q: %v is none of its times", text, next)
			}
			after = next
		}
		again, err := ParseCron(e.String())
		if err != nil || again != e {
			t.Fatalf("%q is %+v, and read again %+v, %v", text, e, again, err)
		}
	})
}
