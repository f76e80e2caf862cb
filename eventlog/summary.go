package eventlog

import (
	"cmp"
	"context"
	"slices"
	"unsafe"
)

// An Activity is an index into [Summary.Activities]; it means nothing outside
// the Summary it came from.
type Activity int32

// A Summary is everything the miners need to know of a log, and no more: its
// vocabulary, its variants, and how long its steps take. Its size grows with
// the number of distinct variants, not of events.
//
// A Summary is immutable. Its order is a function of the log's content alone:
// Activities are sorted by label, Variants by descending Cases then by Path,
// Arcs by From then To.
type Summary struct {
	Activities []string
	Variants   []Variant
	Arcs       []Arc

	Cases          int64
	Events         int64 // occurrences in cases
	DistinctEvents int64 // fewer than Events where cases share events
	CaseDuration   Durations
	First, Last    int64 // earliest and latest time, µs UTC; NoTime if there is none

	Notes []Note
}

// A Variant is one distinct sequence of activities and the cases that follow it.
type Variant struct {
	Path     []Activity
	Cases    int64     // > 0
	Duration Durations // of those cases
}

// An Arc is one directly-follows pair over the whole log.
type Arc struct {
	From, To Activity
	Count    int64     // occurrences
	Cases    int64     // cases in which it occurs
	Wait     Durations // end of From to start of To, elapsed time
}

// SummaryOptions say how to summarize. The zero value is the default.
type SummaryOptions struct {
	// Exact keeps every duration for exact quantiles: 8 bytes a step and
	// case instead of a bounded histogram.
	Exact bool
}

// Summarize folds l into its Summary, in O(events) time.
//
// The duration of a case is its latest time minus its earliest. An event that
// lasts has its end as its time, so the work on the first activity itself is
// not part of it; see DESIGN.md, "Case duration".
func Summarize(ctx context.Context, l *Log, o SummaryOptions) (*Summary, error) {
	acc, err := Fold(ctx, l, Folder[*summaryAcc]{
		New:   func() *summaryAcc { return newSummaryAcc(len(l.labels), o.Exact) },
		Add:   (*summaryAcc).add,
		Merge: (*summaryAcc).merge,
	})
	if err != nil {
		return nil, err
	}
	s := acc.summary(l.labels)
	s.Notes = slices.Clone(l.notes)
	s.DistinctEvents = s.Events
	if l.distinct {
		if s.DistinctEvents, err = l.countDistinct(ctx); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// denseArcs is the largest vocabulary for which arcs are found by a table of
// activities × activities; above it, by hashing.
const denseArcs = 1024

// A summaryAcc is a Summary in the making, over activity codes.
type summaryAcc struct {
	codes int
	exact bool

	variantOf map[string]int32 // bytes of the path → variants
	variants  []variantAcc

	arcDense []int32 // from*codes+to → arcs, +1
	arcOf    map[uint32]int32
	arcs     []arcAcc

	cases, events int64
	duration      Durations
	first, last   int64
}

type variantAcc struct {
	path     []uint16
	cases    int64
	duration Durations
}

type arcAcc struct {
	from, to uint16
	last     int64 // case in which it was seen last, to count each case once
	count    int64
	cases    int64
	wait     Durations
}

func newSummaryAcc(codes int, exact bool) *summaryAcc {
	a := &summaryAcc{codes: codes, exact: exact, variantOf: map[string]int32{}, first: NoTime, last: NoTime}
	a.duration.keep = exact
	if codes <= denseArcs {
		a.arcDense = make([]int32, codes*codes)
	} else {
		a.arcOf = map[uint32]int32{}
	}
	return a
}

// pathKey views a path as a string, without copying.
func pathKey(p []uint16) string {
	return unsafe.String((*byte)(unsafe.Pointer(unsafe.SliceData(p))), 2*len(p))
}

func (a *summaryAcc) variant(path []uint16) *variantAcc {
	i, ok := a.variantOf[pathKey(path)]
	if !ok {
		own := slices.Clone(path)
		i = int32(len(a.variants))
		a.variants = append(a.variants, variantAcc{path: own})
		a.variants[i].duration.keep = a.exact
		a.variantOf[pathKey(own)] = i
	}
	return &a.variants[i]
}

func (a *summaryAcc) arc(from, to uint16) *arcAcc {
	var slot *int32
	if a.arcDense != nil {
		slot = &a.arcDense[int(from)*a.codes+int(to)]
		if *slot > 0 {
			return &a.arcs[*slot-1]
		}
	} else if i, ok := a.arcOf[uint32(from)<<16|uint32(to)]; ok {
		return &a.arcs[i-1]
	}
	a.arcs = append(a.arcs, arcAcc{from: from, to: to, last: -1})
	n := int32(len(a.arcs))
	if slot != nil {
		*slot = n
	} else {
		a.arcOf[uint32(from)<<16|uint32(to)] = n
	}
	arc := &a.arcs[n-1]
	arc.wait.keep = a.exact
	return arc
}

func (a *summaryAcc) add(c *Cases) {
	starts := c.Starts()
	for i := range c.Case {
		lo, hi := c.Offsets[i], c.Offsets[i+1]
		path, times, begins := c.Activity[lo:hi], c.Time[lo:hi], starts[lo:hi]
		a.cases++
		a.events += int64(len(path))
		v := a.variant(path)
		v.cases++
		if len(path) == 0 {
			continue
		}
		for j := 1; j < len(path); j++ {
			arc := a.arc(path[j-1], path[j])
			arc.count++
			if arc.last != a.cases {
				arc.last = a.cases
				arc.cases++
			}
			if end, begin := times[j-1], begins[j]; end != NoTime && begin != NoTime {
				arc.wait.Add(begin - end)
			} else {
				arc.wait.Missing++
			}
		}
		first, last := ends(times)
		if first != NoTime {
			a.duration.Add(last - first)
			v.duration.Add(last - first)
		} else {
			a.duration.Missing++
			v.duration.Missing++
		}
		a.span(begins[0], last)
		if first == NoTime || c.Start != nil || first < begins[0] { // not all told by the ends
			for j, t := range times {
				a.span(begins[j], t)
			}
		}
	}
}

func (a *summaryAcc) span(first, last int64) {
	if first != NoTime && (a.first == NoTime || first < a.first) {
		a.first = first
	}
	a.last = max(a.last, last)
}

func (a *summaryAcc) merge(o *summaryAcc) {
	for i := range o.variants {
		from := &o.variants[i]
		v := a.variant(from.path)
		v.cases += from.cases
		v.duration.Merge(&from.duration)
	}
	for i := range o.arcs {
		from := &o.arcs[i]
		arc := a.arc(from.from, from.to)
		arc.count += from.count
		arc.cases += from.cases
		arc.wait.Merge(&from.wait)
	}
	a.cases += o.cases
	a.events += o.events
	a.duration.Merge(&o.duration)
	a.span(o.first, o.last)
}

// summary turns codes into sorted labels. Codes no case uses are left out.
func (a *summaryAcc) summary(labels []string) *Summary {
	used := make([]bool, len(labels))
	for i := range a.variants {
		for _, c := range a.variants[i].path {
			used[c] = true
		}
	}
	a.duration.seal()
	for i := range a.variants {
		a.variants[i].duration.seal()
	}
	for i := range a.arcs {
		a.arcs[i].wait.seal()
	}
	s := &Summary{Cases: a.cases, Events: a.events, CaseDuration: a.duration, First: a.first, Last: a.last}
	for c, label := range labels {
		if used[c] {
			s.Activities = append(s.Activities, label)
		}
	}
	slices.Sort(s.Activities)
	activity := make([]Activity, len(labels))
	for c, label := range labels {
		i, _ := slices.BinarySearch(s.Activities, label)
		activity[c] = Activity(i)
	}
	for i := range a.variants {
		from := &a.variants[i]
		v := Variant{Path: make([]Activity, len(from.path)), Cases: from.cases, Duration: from.duration}
		for j, c := range from.path {
			v.Path[j] = activity[c]
		}
		s.Variants = append(s.Variants, v)
	}
	for i := range a.arcs {
		from := &a.arcs[i]
		s.Arcs = append(s.Arcs, Arc{activity[from.from], activity[from.to], from.count, from.cases, from.wait})
	}
	s.normalize()
	return s
}

// normalize sorts s into its canonical order. Only constructors call it.
func (s *Summary) normalize() {
	slices.SortFunc(s.Variants, func(a, b Variant) int {
		return cmp.Or(cmp.Compare(b.Cases, a.Cases), slices.Compare(a.Path, b.Path))
	})
	slices.SortFunc(s.Arcs, func(a, b Arc) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
}
