// Package logtest builds logs from text, for other packages' tests.
package logtest

import (
	"fmt"
	"strings"
	"time"

	"millrace/eventlog"
)

// Parse reads a log in the notation tests share, one case a line:
//
//	CASE: activity@TIME activity@START/TIME activity …
//
// TIME is 2024-01-31, 2024-01-31T10:00 or 2024-01-31T10:00:05, in UTC; an
// activity without @ has no time. A resource is added as activity@TIME!who.
// # begins a comment.
func Parse(text string) (*eventlog.Log, error) {
	b := eventlog.NewBuilder(eventlog.BuilderOptions{Name: "test", Attributes: true})
	for i, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		id, events, ok := strings.Cut(line, ":")
		if !ok {
			return nil, fmt.Errorf("line %d: want %q, got %q", i+1, "CASE: activity@TIME …", line)
		}
		batch := &eventlog.Batch{CaseIDs: []string{id}}
		for _, word := range strings.Fields(events) {
			word, who, _ := strings.Cut(word, "!")
			name, at, timed := strings.Cut(word, "@")
			from, to, lasts := strings.Cut(at, "/")
			if !lasts {
				to = from
			}
			end, begin := int64(eventlog.NoTime), int64(eventlog.NoTime)
			var err error
			if timed {
				if end, err = parseTime(to); err == nil && lasts {
					begin, err = parseTime(from)
				}
			}
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", i+1, err)
			}
			batch.Case = append(batch.Case, id)
			batch.Activity = append(batch.Activity, name)
			batch.Time = append(batch.Time, end)
			batch.Start = append(batch.Start, begin)
			batch.Resource = append(batch.Resource, who)
		}
		if !strings.Contains(events, "/") {
			batch.Start = nil
		}
		if err := b.Add(batch); err != nil {
			return nil, err
		}
	}
	return b.Log()
}

func parseTime(s string) (int64, error) {
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UnixMicro(), nil
		}
	}
	return 0, fmt.Errorf("%q is not a time such as 2024-01-31T10:00", s)
}
