package ocel

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/zeebo/xxh3"

	"millrace/eventlog"
)

// A catalogue gathers the types of a log and their attributes, and finds ids
// that occur twice.
type catalogue struct {
	events, objects types
	eventIDs        []uint64 // hashes
	objectIDs       []uint64
	nested          int64 // values that were lists or had parts
}

// types are those of events or of objects, in the order they first came in.
type types struct {
	seen  []*seenType
	index map[string]*seenType
	// declared is what the file says: what the log declares, then what it has.
	declared []eventlog.DeclaredType
}

type seenType struct {
	name       string
	attributes []*seenAttribute
	index      map[string]*seenAttribute
}

// A seenAttribute says what the values of an attribute are.
type seenAttribute struct {
	name string
	kind eventlog.Type // all values fit it
	// values that do not fit a declared type
	noInteger, noFloat, noTime, noBoolean int64
	example                               [4]string // of each of these
}

func newCatalogue() *catalogue {
	return &catalogue{events: types{index: map[string]*seenType{}}, objects: types{index: map[string]*seenType{}}}
}

func (c *catalogue) event(e *event) {
	c.eventIDs = append(c.eventIDs, xxh3.HashString(e.id))
	c.values(c.events.get(e.typ), e.values)
}

func (c *catalogue) object(o *object) {
	c.objectIDs = append(c.objectIDs, xxh3.HashString(o.id))
	c.values(c.objects.get(o.typ), o.values)
}

func (t *types) get(name string) *seenType {
	s := t.index[name]
	if s == nil {
		s = &seenType{name: name, index: map[string]*seenAttribute{}}
		t.index[name] = s
		t.seen = append(t.seen, s)
	}
	return s
}

func (c *catalogue) values(t *seenType, values []value) {
	for i := range values {
		v := &values[i]
		kind := v.kind
		if kind == eventlog.Nested {
			c.nested++
			kind = eventlog.Text
		}
		a := t.index[v.name]
		if a == nil {
			a = &seenAttribute{name: v.name, kind: kind}
			t.index[v.name] = a
			t.attributes = append(t.attributes, a)
		}
		a.add(kind, v.text)
	}
}

func (a *seenAttribute) add(kind eventlog.Type, text string) {
	switch {
	case a.kind == kind:
	case a.kind == eventlog.Int && kind == eventlog.Float, a.kind == eventlog.Float && kind == eventlog.Int:
		a.kind = eventlog.Float
	default:
		a.kind = eventlog.Text
	}
	count := func(i int, n *int64, fits bool) {
		if fits {
			return
		}
		if *n == 0 {
			a.example[i] = text
		}
		*n++
	}
	isText := kind == eventlog.Text
	count(0, &a.noInteger, kind == eventlog.Int || isText && isInteger(text))
	count(1, &a.noFloat, kind == eventlog.Int || kind == eventlog.Float || isText && isFloat(text))
	count(2, &a.noTime, kind == eventlog.Time || isText && isTime(text))
	count(3, &a.noBoolean, kind == eventlog.Bool || isText && isBoolean(text))
}

func isInteger(s string) bool {
	if s == "" || s[0] > '9' {
		return false
	}
	_, err := strconv.ParseInt(s, 10, 64)
	return err == nil
}

func isFloat(s string) bool {
	if s == "" || s[0] > '9' && !strings.ContainsRune("iInN", rune(s[0])) {
		return false
	}
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}

func isTime(s string) bool {
	if len(s) < len("2006-01-02T15:04:05") || s[4] != '-' {
		return false
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
		if _, err := time.Parse(layout, s); err == nil {
			return true
		}
	}
	return false
}

func isBoolean(s string) bool { return s == "true" || s == "false" || s == "0" || s == "1" }

// distinct finds ids that occur twice. It reports that objects of different
// types share ids; any other repetition is an error.
func (c *catalogue) distinct(ctx context.Context, source Source, typed bool) (shared bool, err error) {
	events, objects := repeated(c.eventIDs), repeated(c.objectIDs)
	if len(events)+len(objects) == 0 {
		return false, nil
	}
	// Equal hashes are a suspicion; look at the ids themselves.
	seenEvents, seenObjects, typesOf := map[string]bool{}, map[[2]string]bool{}, map[string]string{}
	var twice error
	_, err = source(func(b *eventlog.ObjectBatch) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		for i, id := range b.Events.ID {
			if b.Events.Time[i] != eventlog.NoTime && events[xxh3.HashString(id)] {
				if seenEvents[id] {
					return fmt.Errorf("event id %q occurs twice; ids of events are unique in a log", id)
				}
				seenEvents[id] = true
			}
		}
		for i, id := range b.Objects.ID {
			typ, written := b.Objects.Type[i], id
			if typed {
				written = typ + ":" + id
			}
			if !objects[xxh3.HashString(written)] {
				continue
			}
			if key := [2]string{typ, id}; seenObjects[key] {
				return fmt.Errorf("object %q of type %q occurs twice; an object is one row of one batch", id, typ)
			} else {
				seenObjects[key] = true
			}
			if other, ok := typesOf[written]; ok && other != typ {
				if shared = true; typed && twice == nil {
					twice = fmt.Errorf("objects of types %q and %q would both be written as %q", other, typ, written)
				}
			}
			typesOf[written] = typ
		}
		return nil
	})
	return shared, errors.Join(err, twice)
}

// repeated returns the values that occur twice. It sorts what it is given.
func repeated(ids []uint64) map[uint64]bool {
	slices.Sort(ids)
	var twice map[uint64]bool
	for i := 1; i < len(ids); i++ {
		if ids[i] == ids[i-1] {
			if twice == nil {
				twice = map[uint64]bool{}
			}
			twice[ids[i]] = true
		}
	}
	return twice
}

// declare makes the declarations of the file.
func (c *catalogue) declare(meta eventlog.ObjectMeta) {
	c.events.declare(meta.EventTypes, meta.Version == "1.0")
	c.objects.declare(meta.ObjectTypes, meta.Version == "1.0")
}

func (t *types) declare(declared []eventlog.DeclaredType, ocel1 bool) {
	whole := map[string]string{} // OCEL 1.0: attributes of all types
	known := map[string]int{}
	for _, d := range declared {
		if ocel1 && d.Name == "" {
			for _, a := range d.Attributes {
				whole[a.Name] = a.Type
			}
			continue
		}
		if _, ok := known[d.Name]; ok {
			continue
		}
		known[d.Name] = len(t.declared)
		own := eventlog.DeclaredType{Name: d.Name}
		for _, a := range d.Attributes {
			if !slices.ContainsFunc(own.Attributes, func(x eventlog.DeclaredAttribute) bool { return x.Name == a.Name }) {
				own.Attributes = append(own.Attributes, a)
			}
		}
		t.declared = append(t.declared, own)
	}
	for _, s := range t.seen {
		i, ok := known[s.name]
		if !ok {
			i = len(t.declared)
			t.declared = append(t.declared, eventlog.DeclaredType{Name: s.name})
		}
		d := &t.declared[i]
		for _, a := range s.attributes {
			if slices.ContainsFunc(d.Attributes, func(x eventlog.DeclaredAttribute) bool { return x.Name == a.name }) {
				continue
			}
			typ := whole[a.name]
			if typ == "" {
				typ = ocelType(a.kind)
			}
			d.Attributes = append(d.Attributes, eventlog.DeclaredAttribute{Name: a.name, Type: typ})
		}
	}
}

// ocelType is how OCEL 2.0 calls a type.
func ocelType(t eventlog.Type) string {
	switch t {
	case eventlog.Int:
		return "integer"
	case eventlog.Float:
		return "float"
	case eventlog.Bool:
		return "boolean"
	case eventlog.Time:
		return "time"
	}
	return "string"
}

// standardType is the type of OCEL 2.0 that a declared one means; other
// versions and programs call them otherwise.
func standardType(declared string) string {
	switch strings.ToLower(declared) {
	case "integer", "int", "long":
		return "integer"
	case "float", "double", "real", "number":
		return "float"
	case "boolean", "bool":
		return "boolean"
	case "time", "date", "datetime", "timestamp":
		return "time"
	}
	return "string"
}

func (c *catalogue) notes(meta eventlog.ObjectMeta, form Form) []eventlog.Note {
	var notes []eventlog.Note
	if c.nested > 0 {
		notes = append(notes, eventlog.Note{Code: "nested-values", Text: fmt.Sprintf(
			"Values that are lists or have parts, which OCEL 2.0 does not have, were written as strings of JSON: %d.", c.nested)})
	}
	notes = append(notes, c.events.notes("events")...)
	notes = append(notes, c.objects.notes("objects")...)
	if left := leftMembers(meta, form); len(left) > 0 {
		notes = append(notes, eventlog.Note{Code: "members-left-out", Text: fmt.Sprintf(
			"What the log has beside events and objects has no place in OCEL 2.0 as %s; left out: %s.", form, strings.Join(left, ", "))})
	}
	return notes
}

func (t *types) notes(of string) []eventlog.Note {
	var notes []eventlog.Note
	for _, d := range t.declared {
		s := t.index[d.Name]
		if s == nil {
			continue
		}
		for _, declared := range d.Attributes {
			a := s.index[declared.Name]
			if a == nil {
				continue
			}
			n, example := int64(0), ""
			switch standardType(declared.Type) {
			case "integer":
				n, example = a.noInteger, a.example[0]
			case "float":
				n, example = a.noFloat, a.example[1]
			case "time":
				n, example = a.noTime, a.example[2]
			case "boolean":
				n, example = a.noBoolean, a.example[3]
			}
			if n > 0 {
				notes = append(notes, eventlog.Note{Code: "values-of-another-type", Text: fmt.Sprintf(
					"Attribute %q of %s of type %q is declared %s; values that are none, as %q, were written as they are: %d.", a.name, of, d.Name, declared.Type, example, n)})
			}
		}
	}
	return notes
}
