package ocelfile

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"millrace/eventlog"
)

// recognize2 reads the declarations of OCEL 2.0.
func (l *sqliteLog) recognize2(missing []string) error {
	for _, x := range []struct {
		table   string
		columns []string
	}{
		{"event", []string{"ocel_id", "ocel_type"}},
		{"object", []string{"ocel_id", "ocel_type"}},
		{"event_object", []string{"ocel_event_id", "ocel_object_id"}},
		{"object_object", []string{"ocel_source_id", "ocel_target_id"}},
	} {
		t := l.table(x.table)
		for _, c := range x.columns {
			if t != nil && t.column(c) < 0 {
				return fmt.Errorf("table %q has no column %s; it has %s", t.name, c, t.list())
			}
		}
	}
	if len(missing) > 0 {
		l.extra = append(l.extra, eventlog.Note{Code: "missing-tables", Text: fmt.Sprintf(
			"%d tables are missing: %s; tables of types were found by the names of the types", len(missing), strings.Join(missing, ", "))})
	}
	return nil
}

func (t *table) list() string {
	var names []string
	for _, c := range t.columns {
		names = append(names, c.name)
	}
	return strings.Join(names, ", ")
}

// A typeTable is a type and the table of what its events or objects say.
type typeTable struct {
	name  string
	count int64  // of its rows in the table of all
	table *table // nil if it is missing
}

// types returns the types of events, or of objects: those that are mapped, then
// those that only occur.
func (l *sqliteLog) types(ctx context.Context, what string) ([]typeTable, error) {
	var list []typeTable
	index := map[string]int{}
	taken := map[*table]bool{}
	add := func(name string, t *table) {
		if _, ok := index[name]; ok {
			return
		}
		if taken[t] {
			t = nil // a table of two types would give its rows twice
		}
		taken[t] = t != nil
		index[name] = len(list)
		list = append(list, typeTable{name: name, table: t})
	}
	maps := l.table(what + "_map_type")
	if maps != nil && maps.column("ocel_type") >= 0 {
		if err := l.scan(ctx, maps, []string{"ocel_type", "ocel_type_map"}, func(row []any) error {
			if row[0] == nil {
				return nil
			}
			name := textOf(row[0])
			t := l.typeTable(what, textOf(row[1]))
			if row[1] == nil || t == nil {
				t = l.guessTable(what, name)
			}
			add(name, t)
			return nil
		}); err != nil {
			return nil, err
		}
	}
	all := l.table(what)
	err := l.query(ctx, "SELECT +ocel_type, count(*) FROM (SELECT ocel_type, row_number() OVER () AS place FROM "+ident(all.name)+") GROUP BY 1 ORDER BY min(place)", 2, func(row []any) error {
		name := textOf(row[0])
		add(name, l.guessTable(what, name))
		list[index[name]].count += row[1].(int64)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("table %q: %w", all.name, err)
	}
	return list, nil
}

// typeTable returns the table of a type by what stands behind its prefix.
func (l *sqliteLog) typeTable(what, suffix string) *table {
	name := strings.ToLower(what + "_" + suffix)
	switch name {
	case "event_object", "object_object", "event_map_type", "object_map_type":
		return nil // a type of such a name must be mapped to another
	}
	return l.table(name)
}

// guessTable returns the table of a type that is not mapped: it has the type's
// name, or the letters and digits of it.
func (l *sqliteLog) guessTable(what, typ string) *table {
	if typ == "" {
		return nil
	}
	if t := l.typeTable(what, typ); t != nil {
		return t
	}
	return l.typeTable(what, strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, typ))
}

// own are the columns of a type's table that are no attributes.
var own = []string{"ocel_id", "ocel_time", "ocel_changed_field"}

// attributes returns the other columns of a type's table, and declares them.
func (t *typeTable) attributes(d *declarations) (names []string, declared eventlog.DeclaredType) {
	declared.Name = t.name
	if t.table == nil {
		return nil, declared
	}
	for _, c := range t.table.columns {
		if slices.ContainsFunc(own, func(o string) bool { return strings.EqualFold(o, c.name) }) {
			continue
		}
		names = append(names, c.name)
		declared.Attributes = append(declared.Attributes, eventlog.DeclaredAttribute{Name: c.name, Type: declaredType(c.typ)})
	}
	if *d == nil {
		*d = declarations{}
	}
	(*d)[t.name] = map[string]want{}
	for i, a := range declared.Attributes {
		w := wantOf(a.Type)
		if a.Type == "" {
			w = want{}
		}
		(*d)[t.name][names[i]] = w
	}
	return names, declared
}

func (l *sqliteLog) read2(ctx context.Context) error {
	eventTypes, err := l.types(ctx, "event")
	if err != nil {
		return err
	}
	objectTypes, err := l.types(ctx, "object")
	if err != nil {
		return err
	}
	if err := l.scan(ctx, l.table("object"), []string{"ocel_id", "ocel_type"}, func(row []any) error {
		return l.object2(row)
	}); err != nil {
		return err
	}
	for _, t := range objectTypes {
		names, declared := t.attributes(&l.objectTypes)
		l.meta.ObjectTypes = append(l.meta.ObjectTypes, declared)
		if t.table != nil {
			if err := l.values2(ctx, &t, names); err != nil {
				return err
			}
		}
	}
	if t := l.table("object_object"); t != nil {
		if err := l.scan(ctx, t, []string{"ocel_source_id", "ocel_target_id", "ocel_qualifier"}, l.relation2(true)); err != nil {
			return err
		}
	}
	places, err := l.places(ctx)
	if err != nil {
		return err
	}
	l.ordinal = 0
	for _, t := range eventTypes {
		l.ordinal += t.count
	}
	for _, t := range eventTypes {
		names, declared := t.attributes(&l.eventTypes)
		l.meta.EventTypes = append(l.meta.EventTypes, declared)
		if err := l.events2(ctx, places, &t, names); err != nil {
			return err
		}
	}
	l.note2()
	l.used[l.table("event")] = true
	return l.scan(ctx, l.table("event_object"), []string{"ocel_event_id", "ocel_object_id", "ocel_qualifier"}, l.relation2(false))
}

func (l *sqliteLog) object2(row []any) error {
	r := &l.record
	l.ordinal++
	r.reset("object", "table object", 0, l.ordinal)
	r.id, r.typ = textOf(row[0]), l.words.get([]byte(textOf(row[1])))
	r.hasID, r.hasType = r.id != "", r.typ != ""
	return l.takeObject(r)
}

// values2 reads what a type's table says of its objects: rows that hold from
// the beginning, and rows of one changed field.
func (l *sqliteLog) values2(ctx context.Context, t *typeTable, names []string) error {
	timed := t.table.column("ocel_time") >= 0
	n := int64(0)
	return l.scan(ctx, t.table, append(own[:3:3], names...), func(row []any) error {
		r := &l.record
		n++
		r.reset("object", "table "+t.table.name, 0, n)
		r.id, r.typ = textOf(row[0]), t.name
		if r.hasID = r.id != ""; !r.hasID {
			r.refuse("ocel_id", "the row has no ocel_id")
			l.refuse(r, r.reject)
			return nil
		}
		var since datum
		if timed {
			since = l.put(row[1])
		} else {
			since = datum{form: asNull}
		}
		changed := textOf(row[2])
		if changed == "" && since.form != asNull {
			// Written as 1970 in some zone.
			if m, ok := l.clock.reader.Read(r.text(since)); ok && m.Micros > -day && m.Micros < day {
				since = r.put(asText, []byte("0"))
			}
		}
		known := slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, changed) })
		for i, name := range names {
			if known && !strings.EqualFold(name, changed) || row[3+i] == nil {
				continue
			}
			r.attrs = append(r.attrs, attribute{name: name, value: l.put(row[3+i]), time: since, dated: true})
		}
		l.takeValues(r)
		return l.mayFlush()
	})
}

// day is the most a zone is off, in µs, with room.
const day = 24 * 60 * 60 * 1_000_000

func (l *sqliteLog) relation2(objects bool) func(row []any) error {
	return func(row []any) error {
		a, b := l.ids.get([]byte(textOf(row[0]))), l.ids.get([]byte(textOf(row[1])))
		q := relation{qualified: row[2] != nil, qualifier: l.words.get([]byte(textOf(row[2])))}
		if objects {
			x := &l.batch.ObjectObject
			x.SourceType, x.Source = append(x.SourceType, ""), append(x.Source, a)
			x.TargetType, x.Target = append(x.TargetType, ""), append(x.Target, b)
			x.Qualifier = append(x.Qualifier, q.qualifier)
		} else {
			x := &l.batch.EventObject
			x.Event, x.Type, x.Object = append(x.Event, a), append(x.Type, ""), append(x.Object, b)
			x.Qualifier = append(x.Qualifier, q.qualifier)
		}
		l.related(&q)
		return l.mayFlush()
	}
}

// places makes an indexed table of where events stand in the table of all,
// which is in a temporary file of SQLite's if it is large: the tables of types
// do not tell the order of events of different types.
func (l *sqliteLog) places(ctx context.Context) (string, error) {
	all := ident(l.table("event").name)
	for _, q := range []string{
		"CREATE TEMP TABLE place AS SELECT CAST(ocel_id AS TEXT) AS id, coalesce(CAST(ocel_type AS TEXT), '') AS typ, row_number() OVER () AS place FROM " + all,
		"CREATE INDEX temp.place_id ON place (id)",
	} {
		if _, err := l.conn.ExecContext(ctx, q); err != nil {
			return "", fmt.Errorf("table %s: %w", all, err)
		}
	}
	return "temp.place", nil
}

// events2 reads the events of a type: those its table has, then those it does
// not have, which have no time.
func (l *sqliteLog) events2(ctx context.Context, places string, t *typeTable, names []string) error {
	found, where := int64(0), "table event"
	take := func(row []any) error {
		r := &l.record
		ordinal, known := row[0].(int64)
		switch {
		case known && ordinal < 0:
			l.strays++
			return nil
		case known:
			found++
		default:
			l.orphans++
			l.ordinal++
			ordinal = l.ordinal
		}
		r.reset("event", where, 0, ordinal)
		r.id, r.typ = textOf(row[1]), t.name
		r.hasID, r.hasType = r.id != "", r.typ != ""
		r.time = l.put(row[2])
		for i, v := range row[3:] {
			if v != nil {
				r.attrs = append(r.attrs, attribute{name: names[i], value: l.put(v)})
			}
		}
		return l.takeEvent(r)
	}
	has := t.table.column("ocel_id") >= 0
	if has {
		where = "table " + t.table.name
		id := "CAST(t.ocel_id AS TEXT)"
		list := []string{
			"coalesce((SELECT min(place) FROM " + places + " WHERE id = " + id + " AND typ = " + literal(t.name) + "), (SELECT -1 FROM " + places + " WHERE id = " + id + " LIMIT 1))",
			`+t."ocel_id"`, "NULL",
		}
		if t.table.column("ocel_time") >= 0 {
			list[2] = `+t."ocel_time"`
		}
		for _, name := range names {
			list = append(list, "+t."+ident(name))
		}
		if err := l.query(ctx, "SELECT "+strings.Join(list, ", ")+" FROM "+ident(t.table.name)+" t", len(list), take); err != nil {
			return fmt.Errorf("table %q: %w", t.table.name, err)
		}
		l.finished(t.table)
	}
	if found == t.count {
		return nil
	}
	where = "table event"
	q := "SELECT place, id, NULL FROM " + places + " WHERE typ = " + literal(t.name)
	if has {
		q += " AND id NOT IN (SELECT CAST(ocel_id AS TEXT) FROM " + ident(t.table.name) + " WHERE ocel_id IS NOT NULL)"
	}
	if err := l.query(ctx, q, 3, take); err != nil {
		return fmt.Errorf("table %q: %w", "event", err)
	}
	l.again += max(0, t.count-found)
	return nil
}

// note2 tells where the table of all events and the tables of types disagree.
func (l *sqliteLog) note2() {
	for _, x := range []struct {
		n          int64
		code, text string
	}{
		{l.orphans, "orphan-events", "rows of tables of event types are not in the table event; they were read as events"},
		{l.strays, "stray-events", "rows of tables of event types are of events that have another type; they were left out"},
		{l.again, "repeated-events", "rows of the table event repeat an event that its type's table has once; they were left out"},
	} {
		if x.n > 0 {
			l.extra = append(l.extra, eventlog.Note{Code: x.code, Text: fmt.Sprintf("%d %s", x.n, x.text)})
		}
	}
}
