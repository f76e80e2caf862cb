package ocel

import (
	"fmt"

	"millrace/eventlog"
)

// A grouping takes batches apart into events and objects.
type grouping struct {
	catalogue *catalogue
	sink      sink
	typed     bool

	relations buckets
	values    buckets
	event     event
	object    object

	untimed                                    int64
	strayRelations, strayValues, strayObjects  int64
	strayRelation, strayValue, strayObjectName string // the first of each
}

func (g *grouping) add(b *eventlog.ObjectBatch) error {
	if err := check(b); err != nil {
		return err
	}
	if err := g.events(&b.Events, &b.EventObject); err != nil {
		return err
	}
	return g.objects(b)
}

func (g *grouping) events(e *eventlog.ObjectEvents, r *eventlog.EventObjects) error {
	g.relations.fill(len(e.ID), len(r.Event), func(row int) string { return e.ID[row] }, func(i int) string { return r.Event[i] })
	for _, i := range g.relations.stray {
		if g.strayRelations++; g.strayRelations == 1 {
			g.strayRelation = fmt.Sprintf("%q to object %q", r.Event[i], r.Object[i])
		}
	}
	for row, id := range e.ID {
		if e.Time[row] == eventlog.NoTime {
			g.untimed++
			continue
		}
		out := &g.event
		*out = event{id: id, typ: e.Activity[row], time: e.Time[row], values: out.values[:0], relations: out.relations[:0]}
		for i := range e.Attributes {
			c := &e.Attributes[i]
			if c.Null == nil || !c.Null[row] {
				out.values = append(out.values, value{name: c.Name, kind: c.Type, text: c.ValueText(row)})
			}
		}
		for _, i := range g.relations.of(row) {
			typ := at(r.Type, i)
			out.relations = append(out.relations, relation{typ, g.objectID(typ, r.Object[i]), at(r.Qualifier, i)})
		}
		g.catalogue.event(out)
		if err := g.sink.event(out); err != nil {
			return err
		}
	}
	return nil
}

func (g *grouping) objects(b *eventlog.ObjectBatch) error {
	o, v, r := &b.Objects, &b.Values, &b.ObjectObject
	// A row is found by its id alone where no type is said; ids of one batch
	// that differ by type are told apart by it.
	key := func(row int) string { return o.ID[row] }
	same := func(row int, typ string) bool { return typ == "" || o.Type[row] == typ }
	g.values.typed = func(row, i int) bool { return same(row, at(v.Type, i)) }
	g.values.fill(len(o.ID), len(v.Object), key, func(i int) string { return v.Object[i] })
	for _, i := range g.values.stray {
		if g.strayValues++; g.strayValues == 1 {
			g.strayValue = fmt.Sprintf("%q of %q", v.Attribute[i], v.Object[i])
		}
	}
	g.relations.typed = func(row, i int) bool { return same(row, at(r.SourceType, i)) }
	g.relations.fill(len(o.ID), len(r.Source), key, func(i int) string { return r.Source[i] })
	g.relations.typed = nil
	for _, i := range g.relations.stray {
		if g.strayObjects++; g.strayObjects == 1 {
			g.strayObjectName = fmt.Sprintf("%q to %q", r.Source[i], r.Target[i])
		}
	}
	for row, id := range o.ID {
		out := &g.object
		*out = object{id: g.objectID(o.Type[row], id), typ: o.Type[row], values: out.values[:0], relations: out.relations[:0]}
		for _, i := range g.values.of(row) {
			out.values = append(out.values, value{v.Attribute[i], v.Kind[i], v.Value[i], v.Time[i]})
		}
		for _, i := range g.relations.of(row) {
			typ := at(r.TargetType, i)
			out.relations = append(out.relations, relation{typ, g.objectID(typ, r.Target[i]), at(r.Qualifier, i)})
		}
		g.catalogue.object(out)
		if err := g.sink.object(out); err != nil {
			return err
		}
	}
	return nil
}

// objectID is the id an object is written by.
func (g *grouping) objectID(typ, id string) string {
	if g.typed && typ != "" {
		return typ + ":" + id
	}
	return id
}

func (g *grouping) notes(p *plan) []eventlog.Note {
	var notes []eventlog.Note
	add := func(n int64, code, format string, args ...any) {
		if n > 0 {
			notes = append(notes, eventlog.Note{Code: code, Text: fmt.Sprintf(format, args...)})
		}
	}
	if p.typedIDs {
		add(1, "typed-ids", "Objects of different types share an id, which OCEL does not allow: every object was written as type:id.")
	}
	add(g.untimed, "missing-times", "Events without a time, which OCEL does not have, were left out: %d.", g.untimed)
	add(g.strayRelations, "relations-without-event", "Relations of events that are not in the log were left out: %d; the first is %s.", g.strayRelations, g.strayRelation)
	add(g.strayObjects, "relations-without-source", "Relations from objects that are not in the log were left out: %d; the first is %s.", g.strayObjects, g.strayObjectName)
	add(g.strayValues, "values-without-object", "Values of objects that are not in the log were left out: %d; the first is %s.", g.strayValues, g.strayValue)
	return notes
}

// buckets sort items by the row they belong to, keeping their order.
type buckets struct {
	typed func(row, item int) bool // false: the item is of another row with that key; nil: it never is
	row   []int                    // of each item, -1 if none
	ends  []int                    // of each row in items
	items []int
	stray []int
	index map[string][]int
}

func (b *buckets) fill(rows, items int, key, of func(int) string) {
	b.row, b.stray = b.row[:0], b.stray[:0]
	b.index = nil
	b.ends = append(b.ends[:0], make([]int, rows+1)...)
	last := 0
	for i := range items {
		k := of(i)
		row := -1
		for _, try := range []int{last, last + 1} { // most sources are in order
			if row < 0 && try < rows && key(try) == k && (b.typed == nil || b.typed(try, i)) {
				row = try
			}
		}
		if row < 0 {
			row = b.find(rows, key, k, i)
		}
		b.row = append(b.row, row)
		if row < 0 {
			b.stray = append(b.stray, i)
			continue
		}
		last = row
		b.ends[row+1]++
	}
	for row := range rows {
		b.ends[row+1] += b.ends[row]
	}
	b.items = append(b.items[:0], make([]int, items)...)
	for i, row := range b.row {
		if row >= 0 {
			b.items[b.ends[row]] = i
			b.ends[row]++
		}
	}
}

// find looks a key up among all rows.
func (b *buckets) find(rows int, key func(int) string, k string, item int) int {
	if b.index == nil {
		b.index = make(map[string][]int, rows)
		for row := range rows {
			b.index[key(row)] = append(b.index[key(row)], row)
		}
	}
	for _, row := range b.index[k] {
		if b.typed == nil || b.typed(row, item) {
			return row
		}
	}
	return -1
}

// of returns the items of a row.
func (b *buckets) of(row int) []int {
	start := 0
	if row > 0 {
		start = b.ends[row-1]
	}
	return b.items[start:b.ends[row]]
}

// at is a value of a column that may be missing.
func at(s []string, i int) string {
	if len(s) == 0 {
		return ""
	}
	return s[i]
}

// check refuses a batch whose columns do not fit together: a bug of the source.
func check(b *eventlog.ObjectBatch) error {
	e, o, r, oo, v := &b.Events, &b.Objects, &b.EventObject, &b.ObjectObject, &b.Values
	for _, x := range []struct {
		name      string
		want, got int
		optional  bool
	}{
		{"event activities", len(e.ID), len(e.Activity), false}, {"event times", len(e.ID), len(e.Time), false},
		{"object types", len(o.ID), len(o.Type), false},
		{"related objects", len(r.Event), len(r.Object), false}, {"types of related objects", len(r.Event), len(r.Type), true},
		{"qualifiers", len(r.Event), len(r.Qualifier), true},
		{"targets", len(oo.Source), len(oo.Target), false}, {"types of sources", len(oo.Source), len(oo.SourceType), true},
		{"types of targets", len(oo.Source), len(oo.TargetType), true}, {"qualifiers of objects", len(oo.Source), len(oo.Qualifier), true},
		{"attributes", len(v.Object), len(v.Attribute), false}, {"types of objects with values", len(v.Object), len(v.Type), true},
		{"times of values", len(v.Object), len(v.Time), false}, {"kinds of values", len(v.Object), len(v.Kind), false},
		{"values", len(v.Object), len(v.Value), false},
	} {
		if x.got != x.want && !(x.optional && x.got == 0) {
			return fmt.Errorf("batch has %d %s for %d rows", x.got, x.name, x.want)
		}
	}
	return nil
}
