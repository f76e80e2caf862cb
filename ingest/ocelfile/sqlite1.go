package ocelfile

import (
	"context"
	"fmt"
	"strings"

	"millrace/eventlog"
)

// recognize1 checks PM4Py's tables of OCEL 1.0.
func (l *sqliteLog) recognize1() error {
	for _, x := range []struct {
		table   string
		columns []string
	}{
		{"EVENTS", []string{"ocel:eid", "ocel:activity"}},
		{"OBJECTS", []string{"ocel:oid", "ocel:type"}},
		{"RELATIONS", []string{"ocel:eid", "ocel:oid"}},
	} {
		t := l.table(x.table)
		for _, c := range x.columns {
			if t.column(c) < 0 {
				return fmt.Errorf("table %q has no column %s; it has %s", t.name, c, t.list())
			}
		}
	}
	for _, t := range []struct {
		name string
		d    *declarations
	}{{"EVENTS", &l.eventTypes}, {"OBJECTS", &l.objectTypes}} {
		var typ eventlog.DeclaredType
		for _, c := range l.table(t.name).columns {
			if !strings.HasPrefix(c.name, "ocel:") {
				typ.Attributes = append(typ.Attributes, eventlog.DeclaredAttribute{Name: c.name, Type: declaredType(c.typ)})
			}
		}
		if t.name == "EVENTS" && len(typ.Attributes) > 0 {
			l.meta.EventTypes = append(l.meta.EventTypes, typ)
		} else if len(typ.Attributes) > 0 {
			l.meta.ObjectTypes = append(l.meta.ObjectTypes, typ)
		}
	}
	return nil
}

// rest returns the columns of a table of OCEL 1.0 that are attributes, and
// their types.
func (t *table) rest() (names []string, given []want) {
	for _, c := range t.columns {
		if !strings.HasPrefix(c.name, "ocel:") {
			names = append(names, c.name)
			w := want{}
			if typ := declaredType(c.typ); typ != "" {
				w = wantOf(typ)
			}
			given = append(given, w)
		}
	}
	return names, given
}

func (l *sqliteLog) read1(ctx context.Context) error {
	objects, events, relations := l.table("OBJECTS"), l.table("EVENTS"), l.table("RELATIONS")
	names, given := objects.rest()
	n := int64(0)
	fill := func(row []any) {
		for i, name := range names {
			if v := row[i]; v != nil {
				l.record.attrs = append(l.record.attrs, attribute{name: name, value: l.put(v), time: datum{form: asNull}, given: given[i]})
			}
		}
	}
	if err := l.scan(ctx, objects, append([]string{"ocel:oid", "ocel:type"}, names...), func(row []any) error {
		r := &l.record
		n++
		r.reset("object", "table OBJECTS", 0, n)
		r.id, r.typ = textOf(row[0]), l.words.get([]byte(textOf(row[1])))
		r.hasID, r.hasType = r.id != "", r.typ != ""
		fill(row[2:])
		return l.takeObject(r)
	}); err != nil {
		return err
	}
	names, given = events.rest()
	n = 0
	if err := l.scan(ctx, events, append([]string{"ocel:eid", "ocel:activity", "ocel:timestamp"}, names...), func(row []any) error {
		r := &l.record
		n++
		r.reset("event", "table EVENTS", 0, n)
		r.id, r.typ = textOf(row[0]), l.words.get([]byte(textOf(row[1])))
		r.hasID, r.hasType = r.id != "", r.typ != ""
		r.time = l.put(row[2])
		fill(row[3:])
		return l.takeEvent(r)
	}); err != nil {
		return err
	}
	return l.scan(ctx, relations, []string{"ocel:eid", "ocel:oid", "ocel:type", "ocel:qualifier"}, func(row []any) error {
		x := &l.batch.EventObject
		x.Event = append(x.Event, l.ids.get([]byte(textOf(row[0]))))
		x.Type = append(x.Type, l.words.get([]byte(textOf(row[2]))))
		x.Object = append(x.Object, l.ids.get([]byte(textOf(row[1]))))
		x.Qualifier = append(x.Qualifier, l.words.get([]byte(textOf(row[3]))))
		l.bytes += 80
		return l.mayFlush()
	})
}
