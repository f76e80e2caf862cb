package constraints

import (
	"millrace/eventlog"
)

// Footprints are the relations of the α-algorithm (van der Aalst, Weijters,
// Maruster 2004, doi:10.1109/TKDE.2004.47).
type Footprints struct {
	Activities []string `json:"activities" yaml:"activities"`
	Start      []string `json:"start" yaml:"start"`
	End        []string `json:"end" yaml:"end"`
	Sequence   []Pair   `json:"sequence" yaml:"sequence"` // B directly follows A somewhere, A never B
	Parallel   []Pair   `json:"parallel" yaml:"parallel"` // each directly follows the other somewhere
	Shortest   int      `json:"shortest_case" yaml:"shortest_case"`
}

// FindFootprints returns the footprints of a log; an activity that directly follows
// itself is parallel to itself.
func FindFootprints(s *eventlog.Summary) (*Footprints, error) {
	if err := check(len(s.Activities)); err != nil {
		return nil, err
	}
	follows := newSquare(len(s.Activities))
	for i := range s.Arcs {
		*follows.at(s.Arcs[i].From, s.Arcs[i].To) += s.Arcs[i].Count
	}
	start, end := make([]bool, len(s.Activities)), make([]bool, len(s.Activities))
	f := &Footprints{Activities: append([]string{}, s.Activities...), Start: []string{}, End: []string{}}
	for i := range s.Variants {
		p := s.Variants[i].Path
		if i == 0 || len(p) < f.Shortest {
			f.Shortest = len(p)
		}
		if len(p) > 0 {
			start[p[0]], end[p[len(p)-1]] = true, true
		}
	}
	for a, name := range s.Activities {
		if start[a] {
			f.Start = append(f.Start, name)
		}
		if end[a] {
			f.End = append(f.End, name)
		}
	}
	f.Sequence = pairs(s, func(a, b eventlog.Activity) bool { return *follows.at(a, b) > 0 && *follows.at(b, a) == 0 })
	f.Parallel = pairs(s, func(a, b eventlog.Activity) bool { return *follows.at(a, b) > 0 && *follows.at(b, a) > 0 })
	return f, nil
}

// A Following says how often B occurs after A in the same case, at once or later.
type Following struct {
	Pair  `yaml:",inline"`
	Count int64 `json:"count" yaml:"count"` // pairs of events
}

// EventuallyFollows counts pairs of events, the second after the first in the order of
// their case, in O(Σ|variant| × activities) time.
func EventuallyFollows(s *eventlog.Summary) ([]Following, error) {
	if err := check(len(s.Activities)); err != nil {
		return nil, err
	}
	count := newSquare(len(s.Activities))
	before := make([]int64, len(s.Activities))
	for i := range s.Variants {
		clear(before)
		for _, b := range s.Variants[i].Path {
			for a, n := range before {
				*count.at(eventlog.Activity(a), b) += n * s.Variants[i].Cases
			}
			before[b]++
		}
	}
	out := []Following{}
	for a, from := range s.Activities {
		for b, to := range s.Activities {
			if n := *count.at(eventlog.Activity(a), eventlog.Activity(b)); n > 0 {
				out = append(out, Following{Pair{from, to}, n})
			}
		}
	}
	return out, nil
}
