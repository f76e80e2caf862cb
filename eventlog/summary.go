package eventlog

import (
	"cmp"
	"context"
	"errors"
	"slices"
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
	Working        bool  // durations are in working time

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
	Wait     Durations // end of From to start of To
}

// SummaryOptions say how to summarize. The zero value is the default.
type SummaryOptions struct {
	// Exact keeps every duration for exact quantiles: 8 bytes a step and
	// case instead of a bounded histogram.
	Exact bool
	// WithoutWaits leaves out the durations of arcs, and WithoutVariants those
	// of the cases of each variant: who needs only counts need not wait for
	// them. Without both, no event is looked at.
	WithoutWaits, WithoutVariants bool
	// Working counts working time instead of elapsed time, by the calendars
	// the log was opened with; it is an error where it has none. Of a case
	// without a calendar, every duration is missing. What begins before the
	// other has ended, but with no working time between, is a wait of nothing.
	Working bool
	// Recount looks at every event even where the store keeps the waits of
	// the whole log; the result is the same.
	Recount bool
}

// Summarize folds l into its Summary.
//
// The duration of a case is its latest time minus its earliest. An event that
// lasts has its end as its time, so the work on the first activity itself is
// not part of it; see DESIGN.md, "Case duration".
//
// Counts come from which path each case follows, in O(cases + Σ|path|) time.
// Durations of arcs take O(events) time, 8 bytes of memory traffic each; those
// of variants O(cases), and 8 bytes of memory a case.
func Summarize(ctx context.Context, l *Log, o SummaryOptions) (*Summary, error) {
	if o.Working && !l.working {
		return nil, errors.New("the log was opened without calendars, so it has no working time")
	}
	t, err := l.countCases(ctx, o.Working)
	if err != nil {
		return nil, err
	}
	var waits []Durations
	if !o.WithoutWaits {
		if waits, err = l.arcDurations(ctx, o); err != nil {
			return nil, err
		}
	}
	var lasting []Durations
	if !o.WithoutVariants {
		if lasting, err = l.variantDurations(ctx, t, o); err != nil {
			return nil, err
		}
	}
	s := l.summary(t, waits, lasting)
	s.Working = o.Working
	if o.Exact {
		if s.CaseDuration, err = l.exactCaseDuration(ctx, o); err != nil {
			return nil, err
		}
	}
	s.Notes = slices.Clone(l.notes)
	s.DistinctEvents = s.Events
	if l.distinct {
		if s.DistinctEvents, err = l.countDistinct(ctx); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// summary puts together what was counted, with labels in the place of codes.
// Paths that no case follows, and what only they have, are left out.
func (l *Log) summary(t *caseCounts, waits, lasting []Durations) *Summary {
	seen := l.seenPaths()
	s := &Summary{Cases: t.cases, Events: t.events, CaseDuration: t.duration.durations(0), First: t.first, Last: t.last}
	ranked := t.ranked(seen.canonical(l.labels))

	used, steps := make([]bool, len(l.labels)), 0
	for _, v := range ranked {
		for _, c := range seen.at(v) {
			used[c] = true
		}
		steps += len(seen.at(v))
	}
	for c, label := range l.labels {
		if used[c] {
			s.Activities = append(s.Activities, label)
		}
	}
	slices.Sort(s.Activities)
	activity := make([]Activity, len(l.labels))
	for c, label := range l.labels {
		i, _ := slices.BinarySearch(s.Activities, label)
		activity[c] = Activity(i)
	}

	links := seen.links(len(l.labels))
	count, cases := make([]int64, len(links.from)), make([]int64, len(links.from))
	last := make([]uint32, len(links.from)) // path that had it last, + 1
	all := make([]Activity, 0, steps)
	s.Variants = make([]Variant, len(ranked))
	for i, v := range ranked {
		from := len(all)
		for _, c := range seen.at(v) {
			all = append(all, activity[c])
		}
		n := t.variant[v]
		s.Variants[i] = Variant{Path: all[from:len(all):len(all)], Cases: n}
		if lasting != nil {
			s.Variants[i].Duration = lasting[v]
		}
		for _, a := range seen.arcsOf(v) {
			if a == noArc {
				continue
			}
			count[a] += n
			if last[a] != v+1 {
				last[a] = v + 1
				cases[a] += n
			}
		}
	}
	for a, n := range count {
		if n == 0 {
			continue
		}
		arc := Arc{From: activity[links.from[a]], To: activity[links.to[a]], Count: n, Cases: cases[a]}
		if waits != nil {
			arc.Wait = waits[a]
		}
		s.Arcs = append(s.Arcs, arc)
	}
	slices.SortFunc(s.Arcs, func(a, b Arc) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	return s
}
