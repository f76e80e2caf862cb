package eventlog

import (
	"fmt"
	"strconv"
	"strings"
)

// ParseSummary reads the notation that tests and documentation share: one
// variant a line, "CASES: activity activity …"; # begins a comment. A
// Summary read so has no times.
func ParseSummary(text string) (*Summary, error) {
	l := &Log{paths: &paths{}}
	t := newCaseCounts(0)
	var d dictionary
	for i, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		count, words, ok := strings.Cut(line, ":")
		n, err := strconv.ParseInt(strings.TrimSpace(count), 10, 64)
		if !ok || err != nil || n <= 0 {
			return nil, fmt.Errorf("line %d: want %q, got %q", i+1, "CASES: activity …", line)
		}
		var path []uint16
		for _, a := range strings.Fields(words) {
			path = append(path, uint16(d.add(a)))
		}
		v := l.paths.add(path)
		if int(v) == len(t.variant) {
			t.variant = append(t.variant, 0)
		}
		t.variant[v] += n
		t.cases += n
		t.events += n * int64(len(path))
		if len(path) > 0 {
			t.duration.rows[0].missing += n
		}
	}
	l.labels = d.labels()
	waits, lasting := make([]Durations, len(l.paths.links(len(l.labels)).from)), make([]Durations, len(t.variant))
	for v, n := range t.variant {
		for _, arc := range l.paths.arcsOf(uint32(v)) {
			lasting[v].Missing = n
			if arc != noArc {
				waits[arc].Missing += n
			}
		}
	}
	s := l.summary(t, waits, lasting)
	s.DistinctEvents = s.Events
	return s, nil
}

// String writes s in the notation of [ParseSummary].
func (s *Summary) String() string {
	var out strings.Builder
	for _, v := range s.Variants {
		fmt.Fprintf(&out, "%d:", v.Cases)
		for _, a := range v.Path {
			out.WriteString(" " + s.Activities[a])
		}
		out.WriteByte('\n')
	}
	return out.String()
}
