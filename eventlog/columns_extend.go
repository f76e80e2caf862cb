package eventlog

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
)

// columnsFacts are what adding events to columns has to know of those that are
// there.
type columnsFacts struct {
	// Plain says that later events can stand behind the ones that are there
	// without a look at those: none has the precision of a day or a rank, and
	// no start waits for its completion.
	Plain    bool
	Sequence int64 // highest in the source
	Starts   bool
	Resource bool
	Missing  int64 // events without a time: see ordering.note
	Ties     int64
	Empty    int64 // objects without events
}

// notes says what is counted, as building the columns does.
func (f columnsFacts) notes(caseType string) []Note {
	var notes []Note
	if f.Empty > 0 {
		notes = append(notes, idleObjects(caseType, f.Empty))
	}
	m := met{missing: f.Missing, ties: f.Ties}
	return append(notes, m.notes()...)
}

// extendShare is the part of a log's cases that columns hold twice at most;
// above it they are built again from what is there.
const extendShare = 0.1

// errExtend says that new events cannot be added to columns without building
// all of them again. Why is for tests.
var errExtend = errors.New("the columns have to be built again")

// extendColumns adds what was loaded since to the columns of a log. It reads
// the new events, and of the columns the cases that these are of; their waits
// take the place of those that were counted. What cannot be added so is
// errExtend.
func (s *Store) extendColumns(ctx context.Context, key columnsKey) error {
	x, err := s.stale(ctx, key)
	if err != nil {
		return err
	}
	defer x.log.Close()
	if err := x.read(ctx); err != nil {
		return err
	}
	if err := x.place(); err != nil {
		return err
	}
	files, notes, err := x.write(ctx)
	if err != nil {
		return err
	}
	if err := s.commitColumns(ctx, key, files, notes); err != nil {
		return errors.Join(err, files.remove(filepath.Dir(s.path), x.files))
	}
	return nil
}

// An extension is columns that are being added to.
type extension struct {
	s     *Store
	key   columnsKey
	files columnsFiles
	log   *Log // as the columns have it
	loads []int32

	labels, resources dictionary
	objects           int64    // that came since
	fresh             []*Cases // new events only
	facts             columnsFacts

	looked *Cases   // the last batch that was there, of which the events are checked
	more   []*Cases // every case that differs from those in the first file
	paths  *paths
	waits  *histograms
}

// stale opens the columns of a log as they are, whatever was loaded since.
func (s *Store) stale(ctx context.Context, key columnsKey) (*extension, error) {
	def := key.Definition
	shared, err := s.isObjectType(ctx, def.CaseType)
	if err != nil {
		return nil, err
	}
	if shared || def.CaseType != def.Name || len(def.Follow)+len(def.Items) > 0 {
		return nil, fmt.Errorf("%w: its cases are put together from several objects", errExtend)
	}
	x := &extension{s: s, key: key}
	files, version, _, err := s.columnsFiles(ctx, "columns_stale", key)
	if err != nil {
		return nil, err
	}
	x.files = files
	if x.files.Cases.Name == "" || x.files.Waits.Name == "" {
		return nil, fmt.Errorf("%w: there are none", errExtend)
	}
	err = s.session(ctx, func(c *storeConn) error {
		return c.each(ctx, storeText("columns_since"), []any{def.Name, version}, func(scan func(...any) error) error {
			var list []any
			err := scan(&list)
			for _, l := range list {
				x.loads = append(x.loads, l.(int32))
			}
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	if len(x.loads) == 0 {
		return nil, fmt.Errorf("%w: nothing was loaded since", errExtend)
	}
	if x.log, err = s.openColumns(x.files, true); err != nil {
		if errors.Is(err, errColumns) {
			err = fmt.Errorf("%w: %w", errExtend, err)
		}
		return nil, err
	}
	x.log.Name = def.Name
	if !x.log.facts.Plain {
		return nil, errors.Join(fmt.Errorf("%w: the order of its events is not that of their times", errExtend), x.log.Close())
	}
	return x, nil
}

// read reads the new events, and puts those of each case in order.
func (x *extension) read(ctx context.Context) error {
	l := x.log
	x.facts = l.facts
	x.labels, x.resources = dictionaryOf(l.labels), dictionaryOf(l.resources)
	var rows *CaseRows
	cases, _ := l.Size()
	late := ""
	err := x.s.session(ctx, func(c *storeConn) (err error) {
		if x.objects, err = c.int(ctx, storeText("columns_new_objects"), l.Name, x.loads, x.loads[0]); err != nil {
			return err
		}
		n, err := c.int(ctx, storeText("columns_new_count"), x.loads[0], x.loads)
		if err != nil {
			return err
		}
		if _, events := l.Size(); float64(n) > extendShare*float64(events) {
			return fmt.Errorf("%w: %d events are new, of %d", errExtend, n, events)
		}
		fresh := &newEvents{plain: true}
		if err := fresh.read(ctx, c, x, int(n)); err != nil {
			return err
		}
		if rows, err = fresh.byCase(); err != nil {
			return err
		}
		switch {
		case !fresh.plain:
			late = "an event has the precision of a day, or a rank"
		case slices.ContainsFunc(rows.Sequence, func(n int64) bool { return n <= l.facts.Sequence }):
			late = "an event stands before others in its source"
		case x.key.Lifecycle != All && slices.ContainsFunc(fresh.lifecycle.labels(), func(s string) bool { return lifeOf(s) != lifeComplete }):
			late = "there are starts, or other transitions"
		}
		x.facts.Sequence = slices.Max(append(rows.Sequence, x.facts.Sequence))
		return nil
	})
	switch {
	case err != nil:
		return err
	case late != "":
		return fmt.Errorf("%w: %s", errExtend, late)
	case slices.ContainsFunc(rows.Start, func(t int64) bool { return t != NoTime }) && !x.facts.Starts:
		return fmt.Errorf("%w: events last now", errExtend)
	case slices.ContainsFunc(rows.Resource, func(c uint32) bool { return c != NoCode }) && !x.facts.Resource:
		return fmt.Errorf("%w: events have resources now", errExtend)
	case x.labels.len() > MaxActivities:
		return ErrTooManyActivities
	case float64(len(rows.Case)) > extendShare*float64(cases):
		return fmt.Errorf("%w: %d cases have new events, of %d", errExtend, len(rows.Case), cases)
	}
	rows.Labels = &RowLabels{Activity: x.labels.labels(), Resource: x.resources.labels()}
	w := &casesWriter{starts: x.facts.Starts, resources: x.facts.Resource, emit: func(c *Cases) error {
		x.fresh = append(x.fresh, c)
		return nil
	}}
	if err := newOrdering(x.key.Lifecycle, nil).writeRows(w, rows); err != nil {
		return err
	}
	return w.flush()
}

func dictionaryOf(labels []string) dictionary {
	d := dictionary{}
	for _, s := range labels {
		d.add(s)
	}
	return d
}
