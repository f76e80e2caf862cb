package constraints

import (
	"cmp"
	"math"
	"slices"

	"millrace/eventlog"
)

// DefaultZeta is how many standard deviations from the mean a duration may be
// where nothing else is asked for: of a normal distribution, one in 370 is
// further off.
const DefaultZeta = 3

// Times returns the folder that holds a log to a temporal profile: every B that
// comes later than an A should do so after a time that is no further from the
// mean than zeta standard deviations (Stertz, Mangler, Rinderle-Ma 2020,
// arXiv:2008.07262). A rule is activated by a case with such a pair of events, and
// violated if the time of one is further off. Pairs of which the profile has
// seen one only have no deviation, so they are not judged: the rule is vacuous.
//
// Of the rule named only, unless that is "", the worst times are kept as well. It takes
// O(Σ events²) time over the cases.
func (s *Set) Times(label func(uint16) string, zeta float64, only string) eventlog.Folder[*TimesChecked] {
	first := newTally(s)
	at, wanted := map[Pair]int{}, -1
	for i, r := range first.rules {
		at[Pair{r.A, r.B}] = i
		if r.Rule == only {
			wanted = i
		}
	}
	return eventlog.Folder[*TimesChecked]{
		New: func() *TimesChecked {
			t := newTally(s)
			return &TimesChecked{kind: s.Kind, tally: t, label: label, zeta: zeta, wanted: wanted, at: at, rules: map[[2]uint16]int{}, verdicts: make([]verdict, len(t.rules))}
		},
		Add:   (*TimesChecked).add,
		Merge: (*TimesChecked).merge,
	}
}

// TimesChecked is a log held to a temporal profile.
type TimesChecked struct {
	kind  Kind
	tally *tally
	label func(uint16) string
	zeta  float64
	at    map[Pair]int
	rules map[[2]uint16]int // by codes; -1: none

	verdicts []verdict // on the case at hand
	wanted   int       // rule of which times are kept; -1: none
	worst    OffTime   // of the case at hand, by that rule
	off      []OffTime
}

// An OffTime is the duration of a case that is furthest from the mean.
type OffTime struct {
	Case int64   // number, for [eventlog.Log.CaseIDs]
	Took int64   // µs
	Off  float64 // seconds from the mean
}

func (t *TimesChecked) rule(a, b uint16) int {
	i, ok := t.rules[[2]uint16{a, b}]
	if !ok {
		if i, ok = t.at[Pair{t.label(a), t.label(b)}]; !ok {
			i = -1
		}
		t.rules[[2]uint16{a, b}] = i
	}
	return i
}

func (t *TimesChecked) add(c *eventlog.Cases) {
	starts := c.Starts()
	for i, number := range c.Case {
		clear(t.verdicts)
		t.worst = OffTime{Case: number}
		lo, hi := int(c.Offsets[i]), int(c.Offsets[i+1])
		for j := lo; j < hi; j++ {
			end := c.Time[j]
			if end == eventlog.NoTime {
				continue
			}
			for k := j + 1; k < hi; k++ {
				if begin := starts[k]; begin != eventlog.NoTime && begin >= end {
					t.judge(c.Activity[j], c.Activity[k], begin-end)
				}
			}
		}
		t.tally.add(t.verdicts, 1)
		if t.wanted >= 0 && t.verdicts[t.wanted] < 0 {
			t.off = append(t.off, t.worst)
		}
	}
}

// judge holds one duration, in µs, to its rule.
func (t *TimesChecked) judge(a, b uint16, took int64) {
	r := t.rule(a, b)
	if r < 0 || t.tally.rules[r].span.N == 1 {
		return
	}
	x := t.tally.rules[r].span
	off := math.Abs(float64(took)/1e6 - x.Mean)
	switch {
	case off > t.zeta*x.SD:
		t.verdicts[r] = -1
		if r == t.wanted && off > t.worst.Off {
			t.worst.Took, t.worst.Off = took, off
		}
	case t.verdicts[r] == 0:
		t.verdicts[r] = 1
	}
}

func (t *TimesChecked) merge(o *TimesChecked) {
	t.tally.merge(o.tally)
	t.off = append(t.off, o.off...)
}

// Checked returns the verdicts.
func (t *TimesChecked) Checked() *Checked { return t.tally.checked(t.kind) }

// Off returns the cases that violate the rule that was asked for, the furthest
// off first, then by number.
func (t *TimesChecked) Off() []OffTime {
	slices.SortFunc(t.off, func(x, y OffTime) int {
		return cmp.Or(cmp.Compare(y.Off, x.Off), cmp.Compare(y.Took, x.Took), cmp.Compare(x.Case, y.Case))
	})
	return t.off
}

// Unjudged counts the rules of s that have no deviation, as they were seen once.
func (s *Set) Unjudged() (n int) {
	for _, r := range s.list() {
		if r.span != nil && r.span.N == 1 {
			n++
		}
	}
	return n
}
