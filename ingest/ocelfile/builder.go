package ocelfile

import (
	"fmt"
	"time"

	"millrace/eventlog"
	"millrace/ingest"
)

const (
	batchEvents    = 16 << 10
	batchRelations = 64 << 10 // and as many objects and values
	batchCells     = 2 << 20  // values of attributes of events, present or not
	batchBytes     = 32 << 20
)

// A builder puts records together to batches. It counts what it could not
// take, and what a user should know.
type builder struct {
	emit  func(*eventlog.ObjectBatch) error
	clock clock
	words dictionary // types, qualifiers, names, values
	ids   dictionary // of objects

	batch   eventlog.ObjectBatch
	columns []*column
	plain   map[string]*column
	nested  map[string]*column
	bytes   int

	// What attributes are declared to be, by type and name.
	eventTypes  declarations
	objectTypes declarations
	meta        eventlog.ObjectMeta
	top         members // of Meta.Attributes

	rejects  []eventlog.Reject
	rejected int64

	events, objects                                int64 // taken
	noTime, unqualified, untyped, undated, noValue int64
	misfits, undeclared, repeated, badUTF8         int64
	misfitExample, undeclaredExample               string
	extra                                          []eventlog.Note // of one format
}

// declarations are the attributes of types.
type declarations map[string]map[string]want

func newBuilder(zone *time.Location, layout string) *builder {
	return &builder{
		clock:  clock{reader: ingest.NewTimeReader(layout, zone)},
		plain:  map[string]*column{},
		nested: map[string]*column{},
	}
}

// declare notes a type and its attributes.
func (d *declarations) declare(t eventlog.DeclaredType) {
	if *d == nil {
		*d = declarations{}
	}
	if (*d)[t.Name] == nil {
		(*d)[t.Name] = map[string]want{}
	}
	for _, a := range t.Attributes {
		(*d)[t.Name][a.Name] = wantOf(a.Type)
	}
}

// want returns what an attribute is declared to be.
func (b *builder) want(d declarations, typ string, a *attribute) want {
	w, known := d[typ][a.name]
	if w.declared {
		return w
	}
	if d != nil && !known {
		if b.undeclared == 0 {
			b.undeclaredExample = fmt.Sprintf("%q of %q", short(a.name), short(typ))
		}
		b.undeclared++
	}
	return a.given
}

// read reads a value of an attribute.
func (b *builder) read(r *record, d declarations, a *attribute) (reading, []byte) {
	original := r.text(a.value)
	w := b.want(d, r.typ, a)
	v := b.clock.interpret(a.value.form, original, w)
	if v.missing {
		b.noValue++
	}
	if v.misfit {
		if b.misfits == 0 {
			b.misfitExample = fmt.Sprintf("%q of %s is %q", short(a.name), r.name(), short(original))
		}
		b.misfits++
	}
	return v, original
}

// refuse counts a record, or a part of one, that was not taken.
func (b *builder) refuse(r *record, why eventlog.Reject) {
	why.Place = r.place() + ": " + r.name()
	if b.rejected++; b.rejected <= ingest.MaxRejects {
		b.rejects = append(b.rejects, why)
	}
}

// takeEvent takes a whole event with its relations, or rejects both.
func (b *builder) takeEvent(r *record) error {
	if !r.hasID {
		r.refuse("id", "the event has no id")
	}
	if !r.hasType {
		r.refuse("type", "the event has no type")
	}
	us := int64(eventlog.NoTime)
	naive := b.clock.naive
	if r.reject.Reason == "" && r.time.form != asNull {
		text := r.text(r.time)
		if !ingest.MissingTime(text) {
			m, ok := b.clock.read(text)
			us = m.Micros
			if !ok {
				r.refuse("time", "%s", notATime(text))
			}
		}
	}
	if r.reject.Reason != "" {
		b.clock.naive = naive
		b.refuse(r, r.reject)
		return nil
	}
	if us == eventlog.NoTime {
		b.noTime++
	}
	b.events++
	e := &b.batch.Events
	row := len(e.ID)
	e.ID = append(e.ID, r.id)
	e.Activity = append(e.Activity, r.typ)
	e.Time = append(e.Time, us)
	e.Place = append(e.Place, r.ordinal)
	b.bytes += len(r.id) + len(r.typ) + 64
	for i := range r.attrs {
		a := &r.attrs[i]
		v, original := b.read(r, b.eventTypes, a)
		if v.missing {
			continue
		}
		c, err := b.column(a.name, v.kind == eventlog.Nested)
		if err != nil {
			return fmt.Errorf("%s: %w", r.place(), err)
		}
		if !c.add(row, v, original) {
			b.repeated++
		}
		b.bytes += len(original) + 32
	}
	x := &b.batch.EventObject
	for i := range r.relations {
		l := &r.relations[i]
		x.Event = append(x.Event, r.id)
		x.Type = append(x.Type, l.typ)
		x.Object = append(x.Object, l.object)
		x.Qualifier = append(x.Qualifier, l.qualifier)
		b.related(l)
	}
	return b.mayFlush()
}

// takeObject takes a whole object with its values and relations, or rejects it.
func (b *builder) takeObject(r *record) error {
	if !r.hasID {
		r.refuse("id", "the object has no id")
	}
	if r.reject.Reason != "" {
		b.refuse(r, r.reject)
		return nil
	}
	if !r.hasType {
		b.untyped++
	}
	b.objects++
	b.batch.Objects.Type = append(b.batch.Objects.Type, r.typ)
	b.batch.Objects.ID = append(b.batch.Objects.ID, r.id)
	b.bytes += len(r.id) + 64
	b.takeValues(r)
	x := &b.batch.ObjectObject
	for i := range r.relations {
		l := &r.relations[i]
		x.SourceType = append(x.SourceType, r.typ)
		x.Source = append(x.Source, r.id)
		x.TargetType = append(x.TargetType, l.typ)
		x.Target = append(x.Target, l.object)
		x.Qualifier = append(x.Qualifier, l.qualifier)
		b.related(l)
	}
	return b.mayFlush()
}

// takeValues takes the values of an object. One with a wrong time is rejected,
// the object is not.
func (b *builder) takeValues(r *record) {
	x := &b.batch.Values
	var form []byte
	for i := range r.attrs {
		a := &r.attrs[i]
		us := int64(eventlog.NoTime)
		if text := r.text(a.time); a.time.form != asNull && (string(text) == "0" || !ingest.MissingTime(text)) {
			var ok bool
			if us, ok = b.clock.ofValue(text); !ok {
				b.refuse(r, eventlog.Reject{Column: a.name, Reason: notATime(text)})
				continue
			}
		} else if a.dated {
			b.undated++
		}
		v, original := b.read(r, b.objectTypes, a)
		if v.missing {
			continue
		}
		form = appendReading(form[:0], v, original)
		x.Type = append(x.Type, r.typ)
		x.Object = append(x.Object, r.id)
		x.Attribute = append(x.Attribute, a.name)
		x.Time = append(x.Time, us)
		x.Kind = append(x.Kind, v.kind)
		x.Value = append(x.Value, b.words.get(form))
		b.bytes += len(form) + 96
	}
}

func (b *builder) related(l *relation) {
	if !l.qualified {
		b.unqualified++
	}
	b.bytes += 80
}

func notATime(text []byte) string {
	return fmt.Sprintf("%q is not a time that can be read in one way only; if it is one, say its time-layout", short(text))
}

// maxColumns is how many attributes a log may have.
const maxColumns = 20_000

func (b *builder) column(name string, nested bool) (*column, error) {
	known := b.plain
	if nested {
		known = b.nested
	}
	c := known[name]
	if c == nil {
		if len(b.columns) >= maxColumns {
			return nil, fmt.Errorf("the events have more than %d different attributes; are there values among their names?", maxColumns)
		}
		c = &column{name: name}
		known[name] = c
		b.columns = append(b.columns, c)
	}
	return c, nil
}

func (b *builder) mayFlush() error {
	x := &b.batch
	if n := len(x.Events.ID); n >= batchEvents || n*len(b.columns) >= batchCells || b.bytes >= batchBytes ||
		max(len(x.Objects.ID), len(x.EventObject.Event), len(x.ObjectObject.Source), len(x.Values.Object)) >= batchRelations {
		return b.flush()
	}
	return nil
}

// flush emits the batch, if there is anything in it, and begins the next in its
// place.
func (b *builder) flush() error {
	x := &b.batch
	n := len(x.Events.ID)
	if n+len(x.Objects.ID)+len(x.EventObject.Event)+len(x.ObjectObject.Source)+len(x.Values.Object) == 0 {
		return nil
	}
	x.Events.Attributes = x.Events.Attributes[:0]
	for _, c := range b.columns {
		if len(c.rows) > 0 {
			x.Events.Attributes = append(x.Events.Attributes, c.finish(n, &b.words))
		}
	}
	out := *x
	out.EventObject.Type = unlessEmpty(x.EventObject.Type)
	out.EventObject.Qualifier = unlessEmpty(x.EventObject.Qualifier)
	out.ObjectObject.TargetType = unlessEmpty(x.ObjectObject.TargetType)
	out.ObjectObject.SourceType = unlessEmpty(x.ObjectObject.SourceType)
	out.ObjectObject.Qualifier = unlessEmpty(x.ObjectObject.Qualifier)
	out.Values.Type = unlessEmpty(x.Values.Type)
	err := b.emit(&out)
	b.bytes = 0
	*x = eventlog.ObjectBatch{
		Events:       eventlog.ObjectEvents{ID: x.Events.ID[:0], Activity: x.Events.Activity[:0], Time: x.Events.Time[:0], Place: x.Events.Place[:0], Attributes: x.Events.Attributes},
		Objects:      eventlog.ObjectRows{Type: x.Objects.Type[:0], ID: x.Objects.ID[:0]},
		EventObject:  eventlog.EventObjects{Event: x.EventObject.Event[:0], Type: x.EventObject.Type[:0], Object: x.EventObject.Object[:0], Qualifier: x.EventObject.Qualifier[:0]},
		ObjectObject: eventlog.ObjectObjects{SourceType: x.ObjectObject.SourceType[:0], Source: x.ObjectObject.Source[:0], TargetType: x.ObjectObject.TargetType[:0], Target: x.ObjectObject.Target[:0], Qualifier: x.ObjectObject.Qualifier[:0]},
		Values:       eventlog.ObjectValues{Type: x.Values.Type[:0], Object: x.Values.Object[:0], Attribute: x.Values.Attribute[:0], Time: x.Values.Time[:0], Kind: x.Values.Kind[:0], Value: x.Values.Value[:0]},
	}
	return err
}

// unlessEmpty returns nil for a slice in which everything is empty.
func unlessEmpty(s []string) []string {
	for _, v := range s {
		if v != "" {
			return s
		}
	}
	return nil
}
