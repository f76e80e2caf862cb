package mining

import (
	"cmp"
	"slices"

	"millrace/eventlog"
)

// A SampledCase is a case with the times of its events, in µs UTC;
// eventlog.NoTime where one is missing.
type SampledCase struct {
	Activities []string
	Times      []int64
}

// SampleCases returns the folder that picks n cases, to be shown one by one:
// each variant of v as many as its share of the cases gives it, by the largest
// remainders (Hamilton's method), rare ones none. Which cases of a variant is
// decided by a hash of their times, so that the same log gives the same cases,
// whatever order they are in. It takes O(cases + Σ|variant|) time, and O(events)
// where few variants are many cases. label is [eventlog.Log.Label].
func SampleCases(v *Variants, n int, label func(uint16) string) eventlog.Folder[*CaseSample] {
	quota := quotas(v, n)
	return eventlog.Folder[*CaseSample]{
		New:   func() *CaseSample { return &CaseSample{label: label, quota: quota, picks: map[uint32]*picks{}} },
		Add:   (*CaseSample).add,
		Merge: (*CaseSample).merge,
	}
}

// quotas shares n cases out among the variants, by their keys.
func quotas(v *Variants, n int) map[string]int {
	n = int(min(int64(n), v.Cases))
	out := map[string]int{}
	if n <= 0 {
		return out
	}
	type rest struct {
		at   int
		left int64
	}
	var rests []rest
	given := 0
	for i := range v.Variants {
		w := &v.Variants[i]
		whole := w.Cases * int64(n) / v.Cases
		if whole > 0 {
			out[wayKey(w.Activities)] = int(whole)
			given += int(whole)
		}
		rests = append(rests, rest{i, w.Cases * int64(n) % v.Cases})
	}
	slices.SortStableFunc(rests, func(a, b rest) int { return cmp.Compare(b.left, a.left) })
	for _, r := range rests[:min(max(n-given, 0), len(rests))] {
		out[wayKey(v.Variants[r.at].Activities)]++
	}
	return out
}

// A CaseSample are the cases picked so far.
type CaseSample struct {
	label func(uint16) string
	quota map[string]int
	picks map[uint32]*picks // by number of the path in its log
}

// picks are the cases of one variant with the smallest hashes.
type picks struct {
	path  []string
	quota int
	cases []pick
}

type pick struct {
	hash  uint64
	times []int64
}

func (s *CaseSample) add(c *eventlog.Cases) {
	for i := range c.Case {
		from, to := c.Offsets[i], c.Offsets[i+1]
		p := s.picks[c.Variant[i]]
		if p == nil {
			p = &picks{path: make([]string, 0, to-from)}
			for _, a := range c.Activity[from:to] {
				p.path = append(p.path, s.label(a))
			}
			if p.quota = s.quota[wayKey(p.path)]; p.quota == 0 {
				p.path = nil
			}
			s.picks[c.Variant[i]] = p
		}
		if p.quota > 0 {
			p.take(pick{hashTimes(c.Time[from:to]), c.Time[from:to]}, true)
		}
	}
}

// take keeps x if it is among the first by hash; a copy of it, if it is
// somebody else's.
func (p *picks) take(x pick, others bool) {
	at, _ := slices.BinarySearchFunc(p.cases, x, func(a, b pick) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), slices.Compare(a.times, b.times))
	})
	if at >= p.quota {
		return
	}
	if others {
		x.times = slices.Clone(x.times)
	}
	if p.cases = slices.Insert(p.cases, at, x); len(p.cases) > p.quota {
		p.cases = p.cases[:p.quota]
	}
}

func (s *CaseSample) merge(o *CaseSample) {
	for k, from := range o.picks { // each variant apart, so the map's order does not show
		into := s.picks[k]
		if into == nil {
			s.picks[k] = from
			continue
		}
		for _, x := range from.cases {
			into.take(x, false)
		}
	}
}

// Cases returns the sample by the time of the first event, then by activities
// and times.
func (s *CaseSample) Cases() []SampledCase {
	var list []SampledCase
	for _, p := range s.picks {
		for _, x := range p.cases {
			list = append(list, SampledCase{p.path, x.times})
		}
	}
	slices.SortFunc(list, func(a, b SampledCase) int {
		return cmp.Or(slices.Compare(a.Times[:min(1, len(a.Times))], b.Times[:min(1, len(b.Times))]),
			slices.Compare(a.Activities, b.Activities), slices.Compare(a.Times, b.Times))
	})
	return list
}

// hashTimes mixes times (Steele, Lea and Flood, Fast splittable pseudorandom
// number generators, 2014, doi:10.1145/2714064.2660195).
func hashTimes(times []int64) uint64 {
	h := uint64(len(times))
	for _, t := range times {
		h += uint64(t) + 0x9e3779b97f4a7c15
		h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
		h = (h ^ h>>27) * 0x94d049bb133111eb
		h ^= h >> 31
	}
	return h
}
