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
	acc := newSummaryAcc(denseArcs+1, false)
	var d dictionary
	for i, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		count, path, ok := strings.Cut(line, ":")
		n, err := strconv.ParseInt(strings.TrimSpace(count), 10, 64)
		if !ok || err != nil || n <= 0 {
			return nil, fmt.Errorf("line %d: want %q, got %q", i+1, "CASES: activity …", line)
		}
		one := &Cases{Case: []int64{int64(i)}, Offsets: []int32{0}}
		for _, a := range strings.Fields(path) {
			one.Activity = append(one.Activity, uint16(d.add(a)))
			one.Time = append(one.Time, NoTime)
		}
		one.Offsets = append(one.Offsets, int32(len(one.Activity)))
		for range n {
			acc.add(one)
		}
	}
	s := acc.summary(d.labels)
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
