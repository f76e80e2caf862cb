package xes

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"millrace/eventlog"
)

// TestText writes the logs in testdata/*.txt: those of command write were
// never XES. Each line is an event: CASE ACTIVITY [START..]TIME and any of
// @RESOURCE, lifecycle LIFECYCLE, NAME=VALUE; or a case: CASE NAME=VALUE.
// Command again reads XES and writes it.
func TestText(t *testing.T) {
	datadriven.RunTest(t, "testdata/logs.txt", func(t *testing.T, d *datadriven.TestData) string {
		if d.Cmd == "again" {
			meta, batches, _ := read(t, file(t, d.Input))
			text, notes := write(t, meta, batches)
			return text + noteLines(notes)
		}
		text, notes := write(t, eventlog.Meta{}, []*eventlog.Batch{parseBatch(d.Input)})
		_, traces, _ := strings.Cut(text, "<classifier")
		return "…<classifier" + traces + noteLines(notes)
	})
}

func noteLines(notes []eventlog.Note) string {
	var b strings.Builder
	for _, n := range notes {
		fmt.Fprintf(&b, "note %s: %s\n", n.Code, n.Text)
	}
	return b.String()
}

func parseBatch(input string) *eventlog.Batch {
	moment := func(s string) int64 {
		if s == "-" || s == "" {
			return eventlog.NoTime
		}
		x, err := time.Parse("2006-01-02T15:04", s)
		if err != nil {
			panic(err)
		}
		return x.UnixMicro()
	}
	put := func(columns *[]eventlog.Column, row int, word string) {
		name, value, _ := strings.Cut(word, "=")
		i := 0
		for i < len(*columns) && (*columns)[i].Name != name {
			i++
		}
		if i == len(*columns) {
			*columns = append(*columns, eventlog.Column{Name: name})
		}
		c := &(*columns)[i]
		for len(c.Null) <= row {
			c.Null, c.Text = append(c.Null, true), append(c.Text, "")
		}
		c.Null[row], c.Text[row] = false, value
	}
	b := &eventlog.Batch{}
	for line := range strings.Lines(input) {
		words := strings.Fields(line)
		if len(words) == 2 && strings.Contains(words[1], "=") {
			b.CaseIDs = append(b.CaseIDs, words[0])
			put(&b.CaseAttributes, len(b.CaseIDs)-1, words[1])
			continue
		}
		row := len(b.Case)
		start, end, lasts := strings.Cut(words[2], "..")
		if !lasts {
			start, end = "", words[2]
		}
		b.Case, b.Activity = append(b.Case, words[0]), append(b.Activity, words[1])
		b.Start, b.Time = append(b.Start, moment(start)), append(b.Time, moment(end))
		b.Day = append(b.Day, strings.HasSuffix(end, "T00:00"))
		b.Resource, b.Lifecycle = append(b.Resource, ""), append(b.Lifecycle, "")
		for i, w := range words[3:] {
			switch {
			case strings.HasPrefix(w, "@"):
				b.Resource[row] = w[1:]
			case w == "lifecycle":
				b.Lifecycle[row] = words[3+i+1]
			case strings.Contains(w, "="):
				put(&b.Attributes, row, w)
			}
		}
	}
	for _, list := range [][]eventlog.Column{b.Attributes} {
		for i := range list {
			for len(list[i].Null) < len(b.Case) {
				list[i].Null, list[i].Text = append(list[i].Null, true), append(list[i].Text, "")
			}
		}
	}
	for i := range b.CaseAttributes {
		for c := &b.CaseAttributes[i]; len(c.Null) < len(b.CaseIDs); {
			c.Null, c.Text = append(c.Null, true), append(c.Text, "")
		}
	}
	return b
}
