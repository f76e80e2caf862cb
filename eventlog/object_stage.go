package eventlog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
)

// An ObjectEnd is what a reader of an object-centric log knows only after the
// last batch.
type ObjectEnd struct {
	Rejects  []Reject // the first ones
	Rejected int64    // all of them
	Notes    []Note
	Meta     ObjectMeta
}

// StagedObjects are an object-centric log, or a slice of one, that waits
// beside a store to be merged. They hold a directory, and no lock on the store.
type StagedObjects struct {
	dir     *stagedDir
	options ImportOptions
	json    string // options.Options
	started time.Time
	end     ObjectEnd

	events, objects, eventObject, objectObject, values *stageTable
	kinds                                              []string
}

// Events returns how many events are staged.
func (s *StagedObjects) Events() int64 { return s.events.rows }

// Rows returns how many events, objects, relations and values are staged.
func (s *StagedObjects) Rows() int64 {
	n := int64(0)
	for _, t := range s.tables() {
		n += t.rows
	}
	return n
}

// Discard removes the stage, merged or not.
func (s *StagedObjects) Discard() error { return s.dir.remove() }

func (s *StagedObjects) tables() []*stageTable {
	return []*stageTable{s.events, s.objects, s.eventObject, s.objectObject, s.values}
}

// objectSeparator stands between the name of an object-centric log and its
// types: order:item is the type item of log order, and the log whose cases
// those objects are. Not a slash: that would look like a file.
const objectSeparator = ":"

// ObjectLogOf is the log of an object-centric log whose cases are the objects
// of one of its types.
func ObjectLogOf(log, objectType string) string { return log + objectSeparator + objectType }

// StageObjects reads an object-centric log, or a slice of one, into Parquet
// files beside the store at path, whatever process may hold that. Memory is
// bounded by a batch and the number of attributes. read calls emit with every
// batch; finish is called after it, and may still refuse the whole. Lifecycle
// is not looked at. Merge what is returned, and discard it in any case.
func StageObjects(ctx context.Context, path string, o ImportOptions,
	read func(ctx context.Context, emit func(*ObjectBatch) error) error, finish func() (ObjectEnd, error)) (*StagedObjects, error) {
	if err := storeCheckName("log", o.Log); err != nil {
		return nil, err
	}
	if strings.Contains(o.Log, objectSeparator) {
		return nil, fmt.Errorf("log %q: the name of an object-centric log has no %q, which stands between it and its object types; choose another by --log", o.Log, objectSeparator)
	}
	how, err := json.Marshal(o.Options)
	if err != nil {
		return nil, fmt.Errorf("log %q: options: %w", o.Log, err)
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	dir, err := stageDir(filepath.Dir(full))
	if err != nil {
		return nil, err
	}
	s := &StagedObjects{dir: dir, options: o, json: string(how), started: time.Now().UTC()}
	if err := s.fill(ctx, read); err != nil {
		return nil, errors.Join(err, dir.remove())
	}
	if finish != nil {
		if s.end, err = finish(); err != nil {
			return nil, errors.Join(err, dir.remove())
		}
	}
	if o.Progress != nil {
		o.Progress(s.events.rows)
	}
	return s, nil
}

// fill reads the source into the staged tables.
func (s *StagedObjects) fill(ctx context.Context, read func(ctx context.Context, emit func(*ObjectBatch) error) error) error {
	db, err := stageScratch(s.dir, s.options.Memory)
	if err != nil {
		return err
	}
	defer db.Close()
	s.events = newStageTable(db, s.dir.path, "event", stageObjectEvent)
	s.objects = newStageTable(db, s.dir.path, "object", stageObject)
	s.eventObject = newStageTable(db, s.dir.path, "event_object", stageEventObject)
	s.objectObject = newStageTable(db, s.dir.path, "object_object", stageObjectObject)
	s.values = newStageTable(db, s.dir.path, "value", stageObjectValue)
	err = read(ctx, func(b *ObjectBatch) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := b.check(); err != nil {
			return err
		}
		for _, write := range []func(context.Context, *ObjectBatch) error{s.writeEvents, s.writeObjects, s.writeRelations, s.writeValues} {
			if err := write(ctx, b); err != nil {
				return err
			}
		}
		if p := s.options.Progress; p != nil {
			p(s.events.rows)
		}
		return nil
	})
	// Every table exists, with all its columns, even where nothing was read.
	for _, t := range s.tables() {
		if err == nil && len(t.files) == 0 {
			err = t.next(ctx)
		}
		err = errors.Join(err, t.close())
	}
	return err
}

func stageField(name string, t arrow.DataType) arrow.Field {
	return arrow.Field{Name: name, Type: t, Nullable: true}
}

// A type that is NULL is one that the reference does not say.
var (
	stageObjectEvent = []arrow.Field{
		stageField("ord", arrow.PrimitiveTypes.Int64), stageField("id", arrow.BinaryTypes.String),
		stageField("activity", arrow.BinaryTypes.String), stageField("time", stageMicro), stageField("place", arrow.PrimitiveTypes.Int64),
	}
	stageObject = []arrow.Field{
		stageField("ord", arrow.PrimitiveTypes.Int64), stageField("type", arrow.BinaryTypes.String), stageField("id", arrow.BinaryTypes.String),
	}
	stageEventObject = []arrow.Field{
		stageField("ord", arrow.PrimitiveTypes.Int64), stageField("event", arrow.BinaryTypes.String),
		stageField("type", arrow.BinaryTypes.String), stageField("object", arrow.BinaryTypes.String), stageField("qualifier", arrow.BinaryTypes.String),
	}
	stageObjectObject = []arrow.Field{
		stageField("ord", arrow.PrimitiveTypes.Int64),
		stageField("source_type", arrow.BinaryTypes.String), stageField("source", arrow.BinaryTypes.String),
		stageField("target_type", arrow.BinaryTypes.String), stageField("target", arrow.BinaryTypes.String), stageField("qualifier", arrow.BinaryTypes.String),
	}
	stageObjectValue = []arrow.Field{
		stageField("ord", arrow.PrimitiveTypes.Int64), stageField("type", arrow.BinaryTypes.String), stageField("object", arrow.BinaryTypes.String),
		stageField("attribute", arrow.BinaryTypes.String), stageField("time", stageMicro),
		stageField("kind", arrow.BinaryTypes.String), stageField("value", arrow.BinaryTypes.String),
	}
)

func (s *StagedObjects) writeEvents(ctx context.Context, b *ObjectBatch) error {
	e, n := &b.Events, len(b.Events.ID)
	if n == 0 {
		return nil
	}
	r, err := s.events.begin(ctx, e.Attributes)
	if err != nil {
		return err
	}
	r.ordinals(s.events.rows, n)
	r.text(e.ID)
	r.text(e.Activity)
	r.times(e.Time, n)
	r.ints(e.Place, n)
	return r.end(e.Attributes, n)
}

func (s *StagedObjects) writeObjects(ctx context.Context, b *ObjectBatch) error {
	n := len(b.Objects.ID)
	if n == 0 {
		return nil
	}
	r, err := s.objects.begin(ctx, nil)
	if err != nil {
		return err
	}
	r.ordinals(s.objects.rows, n)
	r.text(b.Objects.Type)
	r.text(b.Objects.ID)
	return r.end(nil, n)
}

func (s *StagedObjects) writeRelations(ctx context.Context, b *ObjectBatch) error {
	if x, n := &b.EventObject, len(b.EventObject.Event); n > 0 {
		r, err := s.eventObject.begin(ctx, nil)
		if err != nil {
			return err
		}
		r.ordinals(s.eventObject.rows, n)
		r.text(x.Event)
		r.optional(x.Type, n)
		r.text(x.Object)
		r.optional(x.Qualifier, n)
		if err := r.end(nil, n); err != nil {
			return err
		}
	}
	if x, n := &b.ObjectObject, len(b.ObjectObject.Source); n > 0 {
		r, err := s.objectObject.begin(ctx, nil)
		if err != nil {
			return err
		}
		r.ordinals(s.objectObject.rows, n)
		r.optional(x.SourceType, n)
		r.text(x.Source)
		r.optional(x.TargetType, n)
		r.text(x.Target)
		r.optional(x.Qualifier, n)
		return r.end(nil, n)
	}
	return nil
}

func (s *StagedObjects) writeValues(ctx context.Context, b *ObjectBatch) error {
	x, n := &b.Values, len(b.Values.Object)
	if n == 0 {
		return nil
	}
	r, err := s.values.begin(ctx, nil)
	if err != nil {
		return err
	}
	s.kinds = s.kinds[:0]
	for _, k := range x.Kind {
		s.kinds = append(s.kinds, k.String())
	}
	r.ordinals(s.values.rows, n)
	r.optional(x.Type, n)
	r.text(x.Object)
	r.text(x.Attribute)
	r.times(x.Time, n)
	r.text(s.kinds)
	r.text(x.Value)
	return r.end(nil, n)
}

// check refuses a batch whose columns do not fit together: a bug of the reader.
func (b *ObjectBatch) check() error {
	n := len(b.Events.ID)
	for i := range b.Events.Attributes {
		if a := &b.Events.Attributes[i]; a.len() != n {
			return fmt.Errorf("batch of %d events has %d values of attribute %q", n, a.len(), a.Name)
		}
	}
	for _, c := range []struct {
		what     string
		rows     int
		len      int
		optional bool
	}{
		{"events: activities", n, len(b.Events.Activity), false},
		{"events: times", n, len(b.Events.Time), true},
		{"events: places", n, len(b.Events.Place), true},
		{"objects: types", len(b.Objects.ID), len(b.Objects.Type), false},
		{"relations of events: objects", len(b.EventObject.Event), len(b.EventObject.Object), false},
		{"relations of events: types", len(b.EventObject.Event), len(b.EventObject.Type), true},
		{"relations of events: qualifiers", len(b.EventObject.Event), len(b.EventObject.Qualifier), true},
		{"relations of objects: targets", len(b.ObjectObject.Source), len(b.ObjectObject.Target), false},
		{"relations of objects: types of sources", len(b.ObjectObject.Source), len(b.ObjectObject.SourceType), true},
		{"relations of objects: types of targets", len(b.ObjectObject.Source), len(b.ObjectObject.TargetType), true},
		{"relations of objects: qualifiers", len(b.ObjectObject.Source), len(b.ObjectObject.Qualifier), true},
		{"values: types of objects", len(b.Values.Object), len(b.Values.Type), true},
		{"values: attributes", len(b.Values.Object), len(b.Values.Attribute), false},
		{"values: times", len(b.Values.Object), len(b.Values.Time), true},
		{"values: kinds", len(b.Values.Object), len(b.Values.Kind), false},
		{"values", len(b.Values.Object), len(b.Values.Value), false},
	} {
		if c.len != c.rows && !(c.optional && c.len == 0) {
			return fmt.Errorf("batch of %d rows has %d %s", c.rows, c.len, c.what)
		}
	}
	return nil
}
