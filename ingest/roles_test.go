package ingest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// A roles test is a table, its columns separated by two or more blanks; a last
// line "× 5" repeats the rows.
func TestGuessRoles(t *testing.T) {
	datadriven.RunTest(t, "testdata/roles", func(t *testing.T, d *datadriven.TestData) string {
		var o Options
		for _, arg := range d.CmdArgs {
			value := strings.Join(arg.Vals, ",")
			switch arg.Key {
			case "case":
				o.Case = value
			case "activity":
				o.Activity = value
			case "time":
				o.Time = value
			case "start":
				o.Start = value
			case "resource":
				o.Resource = value
			case "lifecycle":
				o.Lifecycle = value
			case "sequence":
				o.Sequence = value
			default:
				d.Fatalf(t, "unknown argument %s", arg.Key)
			}
		}
		_, found, err := GuessRoles(parseSamples(d.Input), o)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		var b strings.Builder
		for _, f := range found {
			fmt.Fprintf(&b, "%-10s %s", f.Option, f.Value)
			if f.Told {
				b.WriteString("  (told)")
			}
			b.WriteByte('\n')
		}
		return b.String()
	})
}

func parseSamples(text string) []Sample {
	split := func(line string) []string {
		var cells []string
		for cell := range strings.SplitSeq(line, "  ") {
			if cell = strings.TrimSpace(cell); cell != "" {
				cells = append(cells, strings.ReplaceAll(cell, "∅", ""))
			}
		}
		return cells
	}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	var columns []Sample
	for _, name := range split(lines[0]) {
		columns = append(columns, Sample{Name: name})
	}
	for _, line := range lines[1:] {
		var times int
		if n, _ := fmt.Sscanf(line, "× %d", &times); n == 1 {
			for i := range columns {
				once := columns[i].Values
				for range times - 1 {
					columns[i].Values = append(columns[i].Values, once...)
				}
			}
			continue
		}
		for i, cell := range split(line) {
			columns[i].Values = append(columns[i].Values, cell)
		}
	}
	return columns
}
