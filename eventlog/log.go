package eventlog

import (
	"context"
	"errors"
	"io"
	"slices"
)

// A Log is one case notion: whole cases of events in their declared order, as
// dictionary-coded columns. It is immutable; [Log.Where] gives another one.
type Log struct {
	Name string

	labels    []string // activity code → label
	resources []string // resource code → name
	caseIDs   func(ctx context.Context, numbers []int64) ([]string, error)
	batches   []*Cases
	paths     *paths      // of the cases in batches
	picked    [][]int32   // which cases of each batch are in the log, ascending; nil: all, of a batch or at all
	view      *projection // which of their events; nil: all
	notes     []Note
	table     *conditionTable                                                 // nil: attributes were not kept
	distinct  bool                                                            // cases may share events
	working   bool                                                            // batches have Work
	sites     func(ctx context.Context, attribute string) (*caseSites, error) // nil: attributes were not kept

	base      int // batches from here on replace cases of those before; 0: there are none
	basePaths int // paths that the first of its files has
	facts     columnsFacts
	whole     *wholeFiles  // nil: every file is checked
	lazy      *checkedFile // of which events are to be checked before a look; nil: they are
	files     columnsFiles // that it is mapped from; none of a log in memory
	kept      *keptWaits   // of the whole log; nil: to be counted
	keptWork  *keptWaits   // in working time
	close     []io.Closer
}

// Close gives back what the log holds open: a mapped file, a store.
func (l *Log) Close() error {
	var errs []error
	for _, c := range slices.Backward(l.close) {
		errs = append(errs, c.Close())
	}
	l.close = nil
	if l.table != nil {
		errs = append(errs, l.table.Close())
	}
	return errors.Join(errs...)
}

// Notes tells what the reader of any result of this log should know.
func (l *Log) Notes() []Note { return l.notes }

// AddNotes adds what a reader of the log's source wants to be known. Only who
// built the log may call it, before anybody reads it.
func (l *Log) AddNotes(notes ...Note) { l.notes = append(l.notes, notes...) }

// Label returns the name of activity code c of a [Cases].
func (l *Log) Label(c uint16) string { return l.labels[c] }

// Resource returns the name of resource code c of a [Cases], "" for -1.
func (l *Log) Resource(c int32) string {
	if c < 0 {
		return ""
	}
	return l.resources[c]
}

// CaseIDs returns the ids of the cases with the given numbers, in that order.
func (l *Log) CaseIDs(ctx context.Context, numbers []int64) ([]string, error) {
	return l.caseIDs(ctx, numbers)
}

// Size returns how many cases and event occurrences l has, in O(batches); of a
// log that was filtered, in O(cases).
func (l *Log) Size() (cases, events int64) {
	for n, c := range l.batches {
		if (l.picked == nil || l.picked[n] == nil) && l.view == nil {
			cases += int64(c.Len())
			events += int64(len(c.Activity))
			continue
		}
		l.each(n, func(i int) {
			cases++
			if l.view != nil {
				events += int64(len(l.view.places(c.Variant[i])))
			} else {
				events += int64(c.Offsets[i+1] - c.Offsets[i])
			}
		})
	}
	return cases, events
}

// countDistinct counts the different events of l.
func (l *Log) countDistinct(ctx context.Context) (int64, error) {
	met := newEventSet(l.lastEvent())
	n, err := gather(ctx, l,
		func() *int64 { return new(int64) },
		func(count *int64, n int) {
			l.eachEvent(n, func(e int64) {
				if met.addAmong(e) {
					*count++
				}
			})
		},
		func(into, from *int64) { *into += *from })
	if err != nil {
		return 0, err
	}
	return *n, nil
}
