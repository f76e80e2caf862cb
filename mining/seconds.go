package mining

import (
	"math"

	"millrace/eventlog"
)

// seconds writes a distribution for JSON: in seconds, and null where there is
// nothing to say, so that nobody takes an unknown wait for none.
type seconds struct {
	total, mean, median, p95, min, max *float64
}

func secondsOf(d *eventlog.Durations) seconds {
	if d == nil || d.N == 0 {
		return seconds{}
	}
	return seconds{
		total:  inSeconds(d.Total()),
		mean:   inSeconds(d.Mean()),
		median: inSeconds(d.Quantile(.5)),
		p95:    inSeconds(d.Quantile(.95)),
		min:    inSeconds(float64(d.Min)),
		max:    inSeconds(float64(d.Max)),
	}
}

// clockOf names what the durations of s are counted by; "" is elapsed time.
func clockOf(s *eventlog.Summary) string {
	if s.Working {
		return "working"
	}
	return ""
}

// inSeconds rounds to the microsecond, the unit of the log: what is beyond is
// no information, and its last digit is not the same on every processor.
func inSeconds(us float64) *float64 {
	s := math.Round(us) / 1e6
	return &s
}

// unmeasured returns the counts of what is in no duration.
func unmeasured(d *eventlog.Durations) (overlaps int64, overlapSeconds float64, missing int64) {
	if d == nil {
		return 0, 0, 0
	}
	return d.Overlaps, *inSeconds(d.OverlapTotal()), d.Missing
}

// durationsJSON is a distribution that stands by itself.
type durationsJSON struct {
	N        int64    `json:"n"`
	Mean     *float64 `json:"mean_s"`
	Median   *float64 `json:"median_s"`
	P95      *float64 `json:"p95_s"`
	Min      *float64 `json:"min_s"`
	Max      *float64 `json:"max_s"`
	Total    *float64 `json:"total_s"`
	Overlaps int64    `json:"overlaps"`
	Missing  int64    `json:"missing"`
}

func toJSON(d *eventlog.Durations) durationsJSON {
	if d == nil {
		return durationsJSON{}
	}
	s := secondsOf(d)
	return durationsJSON{d.N, s.mean, s.median, s.p95, s.min, s.max, s.total, d.Overlaps, d.Missing}
}

// list makes JSON write [] where there is nothing, never null.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
