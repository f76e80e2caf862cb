package eventlog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// A system has no log of each type of its objects, as an object-centric log
// has: their columns are those of one log, which the store does not list.

// systemObjects are the types of objects that systems fill.
type systemObjects struct {
	types []string // sorted
	load  int64    // the last one they depend on
}

func (s *Store) systemObjects(ctx context.Context) (o systemObjects, err error) {
	err = s.session(ctx, func(c *storeConn) error {
		if o.load, err = c.int(ctx, storeText("object_system_load")); err != nil {
			return err
		}
		o.types, err = c.strings(ctx, storeText("object_system_types"))
		return err
	})
	return o, err
}

// key is what their columns are built by. No other log can have its name.
func (t systemObjects) key(o LogOptions) columnsKey {
	key := objectKey(ObjectLogOf("", ""), Pair, o)
	key.Load = t.load
	return key
}

// BuildSystemColumns writes the coded columns of all objects that systems
// fill, so that [Store.ObjectFlow] maps them; as [Store.BuildObjectColumns]
// does of an object-centric log's.
func (s *Store) BuildSystemColumns(ctx context.Context, o LogOptions) error {
	objects, err := s.systemObjects(ctx)
	if err != nil || len(objects.types) == 0 {
		return err
	}
	s.columns.Lock()
	defer s.columns.Unlock()
	if l, err := s.mapSystem(ctx, objects, o); l != nil || err != nil {
		if l != nil {
			err = errors.Join(err, l.Close(), s.cleanColumns(ctx))
		}
		return err
	}
	b := &systemBuilder{s: s, o: o}
	defer b.close()
	for _, t := range objects.types {
		if err := b.add(ctx, t); err != nil {
			return errors.Join(fmt.Errorf("objects of type %s: %w", t, err), b.discard())
		}
	}
	if err := b.finish(ctx); err != nil {
		return errors.Join(err, b.discard())
	}
	if err := s.commitParts(ctx, objects.key(o), b.files, nil); err != nil {
		return errors.Join(err, b.discard())
	}
	return s.cleanColumns(ctx)
}

// A systemBuilder writes the columns of several types one after the other.
type systemBuilder struct {
	s     *Store
	o     LogOptions
	w     *columnsWriter
	paths paths // of all types
	parts []objectPart
	files map[string]columnsFile
	l     *Log
}

// add writes the objects of a type.
func (b *systemBuilder) add(ctx context.Context, typ string) error {
	p := objectPart{Type: typ}
	labels, _, notes, err := b.s.logCases(ctx, objectKey(typ, Pair, b.o), LogOptions{Zone: b.o.Zone},
		func(shape columnsShape) (err error) {
			if b.w == nil {
				shape.resources = false
				b.w, err = newColumnsWriter(b.s.path, shape)
			}
			if err == nil {
				b.w.paths = &paths{}
			}
			return err
		},
		func(c *Cases) error {
			p.Batches++
			return b.w.write(c)
		})
	if err != nil {
		return err
	}
	own, before := b.w.paths, int64(len(b.paths.steps))
	p.Paths, p.Labels, p.Notes = own.len(), labels.Activity, notes
	b.paths.steps = append(b.paths.steps, own.steps...)
	for _, end := range own.ends {
		b.paths.ends = append(b.paths.ends, before+end)
	}
	b.paths.order = append(b.paths.order, own.canonical(p.Labels)...)
	b.parts = append(b.parts, p)
	return nil
}

// finish writes what the objects of each type share, too.
func (b *systemBuilder) finish(ctx context.Context) error {
	if b.paths.order == nil {
		b.paths.order = []uint32{}
	}
	b.w.paths = &b.paths
	w := b.w
	b.w = nil
	var files columnsFiles
	var err error
	if files.Cases, files.Paths, err = w.finish(nil, nil, columnsFacts{}); err != nil {
		return err
	}
	b.files = map[string]columnsFile{"cases": files.Cases, "paths": files.Paths}
	if b.l, err = b.s.openColumns(files, false); err != nil {
		return err
	}
	var shared []*sharing
	for i := range b.parts {
		own, err := findSharing(ctx, b.l.part(b.parts, i), sharingRange)
		if err != nil {
			return err
		}
		shared = append(shared, own)
	}
	file, err := writeObjects(b.s.path, b.l, b.parts, shared)
	if err == nil {
		b.files[objectsPart] = file
	}
	return err
}

// discard removes what was written.
func (b *systemBuilder) discard() error {
	var errs []error
	if b.w != nil {
		errs = append(errs, b.w.discard())
	}
	for _, f := range b.files {
		errs = append(errs, os.Remove(filepath.Join(filepath.Dir(b.s.path), f.Name)))
	}
	return errors.Join(errs...)
}

func (b *systemBuilder) close() {
	if b.l != nil {
		_ = b.l.Close() // only read
	}
}

// part is the log of the objects of one type among several. The log it is a
// part of has to stay open.
func (l *Log) part(parts []objectPart, i int) *Log {
	p := parts[i]
	batches, from := 0, 0
	for _, before := range parts[:i] {
		batches += before.Batches
		from += before.Paths
	}
	begin := int64(0)
	if from > 0 {
		begin = l.paths.ends[from-1]
	}
	own := &paths{ends: make([]int64, p.Paths), order: l.paths.order[from : from+p.Paths]}
	for v, end := range l.paths.ends[from : from+p.Paths] {
		own.ends[v] = end - begin
	}
	if p.Paths > 0 {
		own.steps = l.paths.steps[begin : begin+own.ends[p.Paths-1]]
	}
	return &Log{Name: p.Type, labels: p.Labels, notes: p.Notes, batches: l.batches[batches : batches+p.Batches], paths: own}
}

// systemLog are the mapped columns of the objects that systems fill.
type systemLog struct {
	*Log
	parts  []objectPart
	shared []*sharing
}

// of is the log of the objects of a type, and what they share; nil if there is none.
func (l *systemLog) of(typ string) (*Log, *sharing) {
	if l == nil {
		return nil, nil
	}
	i := slices.IndexFunc(l.parts, func(p objectPart) bool { return p.Type == typ })
	if i < 0 {
		return nil, nil
	}
	return l.part(l.parts, i), l.shared[i]
}

// mapSystem opens the columns that were written of the objects; nil if there
// are none of the last load, or not whole ones.
func (s *Store) mapSystem(ctx context.Context, objects systemObjects, o LogOptions) (*systemLog, error) {
	key := objects.key(o)
	l, err := s.mapColumns(ctx, key)
	if errors.Is(err, errColumns) {
		err = nil
	}
	if l == nil || err != nil {
		return nil, err
	}
	parts, shared, err := s.mapObjects(ctx, key, l)
	if len(parts) == 0 || err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return &systemLog{l, parts, shared}, nil
}
