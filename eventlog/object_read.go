package eventlog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Objects calls emit with everything the store has of a source, "" for all of
// them, in batches: first events in the order of their source, each with its
// relations, then objects in order of arrival, each with its relations to
// others and the values of its attributes. What is emitted may be kept.
//
// Of an imported object-centric log this is what it was read from; references
// to objects that are described have their type. Of other sources it is the
// same in the terms of OCEL: a case of an imported log is an object of type
// case; an event is named by its 128-bit identity; a resource, a start, a
// lifecycle transition are attributes; dates are midnights in UTC, decimals
// floats. Quantities and amounts on relations have no place there and are left
// out. Of all sources together, types and event ids are those of the store:
// <log>:<type>.
//
// Memory is bounded by a batch; DuckDB sorts in temporary tables.
func (s *Store) Objects(ctx context.Context, source string, emit func(*ObjectBatch) error) (ObjectMeta, error) {
	var meta ObjectMeta
	err := s.session(ctx, func(c *storeConn) error {
		r := &objectReader{c: c, emit: emit}
		err := r.run(ctx, source)
		meta = r.meta
		return err
	})
	if err != nil {
		return ObjectMeta{}, fmt.Errorf("source %q: %w", source, err)
	}
	return meta, nil
}

// objectRows is how many events or objects are in a batch that is read.
const objectRows = 32_768

// An objectSource is one source that is read. Its kind is object, case or table.
type objectSource struct{ name, kind string }

// An objectReader is the state of one Objects.
type objectReader struct {
	c    *storeConn
	emit func(*ObjectBatch) error
	all  bool
	only objectSource // unless all
	meta ObjectMeta
}

func (r *objectReader) run(ctx context.Context, source string) error {
	var sources []objectSource
	var names []string
	err := r.c.each(ctx, storeText("read_sources"), nil, func(scan func(...any) error) error {
		var s objectSource
		err := scan(&s.name, &s.kind)
		sources, names = append(sources, s), append(names, s.name)
		return err
	})
	if err != nil {
		return err
	}
	r.all = source == ""
	if !r.all {
		i := slices.Index(names, source)
		if i < 0 {
			return fmt.Errorf("the store has no such source%s; it has %s", DidYouMean(source, names), strings.Join(names, ", "))
		}
		sources = sources[i : i+1]
		r.only = sources[0]
	}
	name, object := "type", "true"
	switch {
	case r.all:
		r.meta.Version = "2.0"
	case r.only.kind == "object":
		name, object = "coalesce((SELECT any_value(t.name) FROM main.object_type AS t WHERE t.type = o.type), o.type)", "o.source = "+storeLiteral(source)
	case r.only.kind == "case":
		name, object = "'case'", "o.source = "+storeLiteral(source)
	default:
		object = storeText("read_mentioned", "source", storeLiteral(source))
	}
	if err := r.c.exec(ctx, storeText("read_type", "name", name)); err != nil {
		return err
	}
	for _, s := range sources {
		if err := r.events(ctx, s); err != nil {
			return err
		}
		if err := r.logMeta(ctx, s); err != nil {
			return err
		}
	}
	return r.objects(ctx, object)
}

// logMeta adds what an object-centric log says of itself.
func (r *objectReader) logMeta(ctx context.Context, s objectSource) error {
	if s.kind != "object" {
		r.meta.Version = "2.0"
		return nil
	}
	said, err := r.c.strings(ctx, storeText("merge_meta_old"), s.name)
	if err != nil || len(said) == 0 {
		return err
	}
	var m ObjectMeta
	if err := json.Unmarshal([]byte(said[0]), &m); err != nil {
		return err
	}
	if !r.all {
		r.meta = m
		return nil
	}
	for i := range m.ObjectTypes {
		m.ObjectTypes[i].Name = ObjectLogOf(s.name, m.ObjectTypes[i].Name)
	}
	r.meta.EventTypes = withTypes(r.meta.EventTypes, m.EventTypes)
	r.meta.ObjectTypes = withTypes(r.meta.ObjectTypes, m.ObjectTypes)
	return nil
}

// A readColumn is an attribute as it is read: an expression over the store's
// column, and the type of what it yields.
type readColumn struct {
	name, expr string
	typ        Type
}

// readColumnOf says how an attribute of any SQL type is read.
func readColumnOf(name, sqlType, column string) readColumn {
	c := readColumn{name: name, expr: "CAST(" + column + " AS VARCHAR)", typ: Text}
	switch {
	case sqlType == "JSON":
		c.typ = Nested
	case sqlType == "BOOLEAN":
		c.expr, c.typ = column, Bool
	case slices.Contains([]string{"BIGINT", "INTEGER", "SMALLINT", "TINYINT", "UINTEGER", "USMALLINT", "UTINYINT"}, sqlType):
		c.expr, c.typ = "CAST("+column+" AS BIGINT)", Int
	case sqlType == "DOUBLE", sqlType == "FLOAT", strings.HasPrefix(sqlType, "DECIMAL"):
		c.expr, c.typ = "CAST("+column+" AS DOUBLE)", Float
	case sqlType == "DATE", strings.HasPrefix(sqlType, "TIMESTAMP"):
		c.expr, c.typ = "epoch_us(CAST("+column+" AS TIMESTAMPTZ))", Time
	}
	return c
}

// eventColumns lists the attributes of a source's events, and what else they
// say that OCEL knows as attributes only.
func (r *objectReader) eventColumns(ctx context.Context, s objectSource) (*attributeTable, []readColumn, error) {
	t, err := r.c.attributes(ctx, "event", s.name)
	if err != nil {
		return nil, nil, err
	}
	var columns []readColumn
	for _, a := range t.columns {
		columns = append(columns, readColumnOf(a.name, a.sql, "a."+Quote(a.column)))
	}
	if s.kind != "object" {
		for _, role := range []struct{ name, column, sql string }{
			{"start_timestamp", "e.start", "TIMESTAMPTZ"}, {"org:resource", "e.resource", "VARCHAR"}, {"actor_kind", "e.actor_kind", "VARCHAR"},
			{"lifecycle:transition", "e.lifecycle", "VARCHAR"}, {"concept:instance", "e.instance", "VARCHAR"},
		} {
			if _, taken := t.column(role.name); !taken {
				columns = append(columns, readColumnOf(role.name, role.sql, role.column))
			}
		}
	}
	return t, columns, nil
}

// events emits the events of a source.
func (r *objectReader) events(ctx context.Context, s objectSource) error {
	t, columns, err := r.eventColumns(ctx, s)
	if err != nil {
		return err
	}
	var exprs strings.Builder
	for i, c := range columns {
		fmt.Fprintf(&exprs, ", %s AS a%d", c.expr, i)
	}
	join, id, order := "", "lpad(lower(hex(e.id)), 32, '0')", "e.sequence, e.id"
	if t.exists {
		join = "LEFT JOIN " + t.table() + " AS a ON a.event = e.event"
	}
	switch s.kind {
	case "object":
		id = "e.source_key"
		if r.all {
			id = storeLiteral(ObjectLogOf(s.name, "")) + " || e.source_key"
		}
	case "table":
		order = "coalesce(e.start, e.time) NULLS LAST, e.rank, e.sequence, e.id"
	}
	err = r.c.exec(ctx, storeText("read_event", "id", id, "attributes", exprs.String(), "join", join, "source", storeLiteral(s.name), "order", order))
	if err != nil {
		return err
	}
	if err := r.c.exec(ctx, storeText("read_event_object")); err != nil {
		return err
	}
	if s.kind != "object" {
		if err := r.declareEvents(ctx, columns); err != nil {
			return err
		}
	}
	return r.pages(ctx, "x_event", func(from, to int64) error {
		b := &ObjectBatch{}
		err := r.c.arrow(ctx, storeText("read_event_range"), []any{from, to}, func(rec arrow.RecordBatch) error {
			b.Events.ID = appendTexts(b.Events.ID, rec.Column(1))
			b.Events.Activity = appendTexts(b.Events.Activity, rec.Column(2))
			b.Events.Time = append(b.Events.Time, rec.Column(3).(*array.Int64).Int64Values()...)
			if b.Events.Attributes == nil {
				b.Events.Attributes = make([]Column, len(columns))
			}
			for i, c := range columns {
				b.Events.Attributes[i].Name, b.Events.Attributes[i].Type = c.name, c.typ
				b.Events.Attributes[i].appendArrow(rec.Column(4 + i))
			}
			return nil
		})
		if err != nil {
			return err
		}
		b.Events.Attributes = slices.DeleteFunc(b.Events.Attributes, func(c Column) bool { return !slices.Contains(c.Null, false) })
		x := &b.EventObject
		err = r.c.arrow(ctx, storeText("read_event_object_range"), []any{from, to}, func(rec arrow.RecordBatch) error {
			x.Event, x.Type = appendTexts(x.Event, rec.Column(0)), appendTexts(x.Type, rec.Column(1))
			x.Object, x.Qualifier = appendTexts(x.Object, rec.Column(2)), appendTexts(x.Qualifier, rec.Column(3))
			return nil
		})
		if err != nil {
			return err
		}
		return r.emit(b)
	})
}

// declareEvents declares the activities of the events just sorted, each with
// the attributes it has values of.
func (r *objectReader) declareEvents(ctx context.Context, columns []readColumn) error {
	list := []string{"0"}
	for i := range columns {
		list = append(list, fmt.Sprintf("count(a%d)", i))
	}
	var types []DeclaredType
	err := r.c.each(ctx, storeText("read_event_types", "counts", strings.Join(list, ", ")), nil, func(scan func(...any) error) error {
		t := DeclaredType{}
		var counts []any
		if err := scan(&t.Name, &counts); err != nil {
			return err
		}
		for i, c := range columns {
			if counts[i+1].(int64) > 0 {
				t.Attributes = append(t.Attributes, DeclaredAttribute{Name: c.name, Type: declaredType(c.typ)})
			}
		}
		types = append(types, t)
		return nil
	})
	r.meta.EventTypes = withTypes(r.meta.EventTypes, types)
	return err
}

// declaredType is what OCEL 2.0 calls a type.
func declaredType(t Type) string {
	return [...]string{"string", "integer", "float", "boolean", "time", "string"}[t]
}

// objects emits the objects for which a condition on main.object o holds.
func (r *objectReader) objects(ctx context.Context, condition string) error {
	source := "true"
	if !r.all {
		source = "r.source = " + storeLiteral(r.only.name)
	}
	for _, name := range []string{"read_object", "read_object_object", "read_value_none"} {
		if err := r.c.exec(ctx, storeText(name, "condition", condition, "source", source)); err != nil {
			return err
		}
	}
	if err := r.values(ctx); err != nil {
		return err
	}
	return r.pages(ctx, "x_object", func(from, to int64) error {
		b := &ObjectBatch{}
		args := []any{from, to}
		err := r.c.arrow(ctx, storeText("read_object_range"), args, func(rec arrow.RecordBatch) error {
			b.Objects.Type, b.Objects.ID = appendTexts(b.Objects.Type, rec.Column(0)), appendTexts(b.Objects.ID, rec.Column(1))
			return nil
		})
		if err != nil {
			return err
		}
		x := &b.ObjectObject
		err = r.c.arrow(ctx, storeText("read_object_object_range"), args, func(rec arrow.RecordBatch) error {
			x.SourceType, x.Source = appendTexts(x.SourceType, rec.Column(0)), appendTexts(x.Source, rec.Column(1))
			x.TargetType, x.Target = appendTexts(x.TargetType, rec.Column(2)), appendTexts(x.Target, rec.Column(3))
			x.Qualifier = appendTexts(x.Qualifier, rec.Column(4))
			return nil
		})
		if err != nil {
			return err
		}
		v := &b.Values
		err = r.c.arrow(ctx, storeText("read_value_range"), args, func(rec arrow.RecordBatch) error {
			v.Type, v.Object = appendTexts(v.Type, rec.Column(0)), appendTexts(v.Object, rec.Column(1))
			v.Attribute = appendTexts(v.Attribute, rec.Column(2))
			v.Time = append(v.Time, rec.Column(3).(*array.Int64).Int64Values()...)
			for _, k := range appendTexts(nil, rec.Column(4)) {
				v.Kind = append(v.Kind, parseType(k))
			}
			v.Value = appendTexts(v.Value, rec.Column(5))
			return nil
		})
		if err != nil {
			return err
		}
		return r.emit(b)
	})
}

// values collects the values of the objects just sorted: as an object-centric
// log says them, else from the attributes they have and the changes known.
func (r *objectReader) values(ctx context.Context) error {
	if err := r.c.exec(ctx, storeText("read_value_said")); err != nil {
		return err
	}
	types, err := r.c.strings(ctx, storeText("read_value_types"))
	if err != nil {
		return err
	}
	var declared []DeclaredType
	for _, typ := range types {
		t, err := r.c.attributes(ctx, "object", typ)
		if err != nil {
			return err
		}
		d := DeclaredType{Name: typ}
		if !r.all && r.only.kind == "case" {
			d.Name = "case"
		}
		for _, a := range t.columns {
			c := readColumnOf(a.name, a.sql, "a."+Quote(a.column))
			d.Attributes = append(d.Attributes, DeclaredAttribute{Name: a.name, Type: declaredType(c.typ)})
			text := c.expr
			switch c.typ {
			case Float:
				text = storeAsText("DOUBLE", c.expr)
			case Time:
				text = "regexp_replace(" + storeAsText("TIMESTAMPTZ", "CAST(a."+Quote(a.column)+" AS TIMESTAMPTZ)") + `, '\.?0+Z$', 'Z')`
			case Int, Bool:
				text = "CAST(" + c.expr + " AS VARCHAR)"
			}
			err := r.c.exec(ctx, storeText("read_value_now", "table", t.table(), "type", storeLiteral(typ), "name", storeLiteral(a.name),
				"column", Quote(a.column), "kind", storeLiteral(c.typ.String()), "text", text))
			if err != nil {
				return err
			}
		}
		declared = append(declared, d)
	}
	r.meta.ObjectTypes = withTypes(r.meta.ObjectTypes, declared)
	for _, name := range []string{"read_value_changed", "read_value"} {
		if err := r.c.exec(ctx, storeText(name)); err != nil {
			return err
		}
	}
	return nil
}

// pages calls fn with ranges of the rows of a temporary table.
func (r *objectReader) pages(ctx context.Context, table string, fn func(from, to int64) error) error {
	total, err := r.c.int(ctx, "SELECT count(*) FROM "+table)
	if err != nil {
		return err
	}
	for from := int64(0); from < total; from += objectRows {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := fn(from, min(from+objectRows, total)); err != nil {
			return err
		}
	}
	return nil
}

// appendTexts copies texts out of a result; NULL is "".
func appendTexts(to []string, from arrow.Array) []string {
	a := from.(*array.String)
	for i := range a.Len() {
		if a.IsNull(i) {
			to = append(to, "")
		} else {
			to = append(to, strings.Clone(a.Value(i))) // the batch's memory goes
		}
	}
	return to
}

// appendArrow copies values of c's type out of a result.
func (c *Column) appendArrow(from arrow.Array) {
	for i := range from.Len() {
		null := from.IsNull(i)
		c.Null = append(c.Null, null)
		switch a := from.(type) {
		case *array.String:
			v := ""
			if !null {
				v = strings.Clone(a.Value(i))
			}
			c.Text = append(c.Text, v)
		case *array.Float64:
			c.Float = append(c.Float, a.Value(i))
		case *array.Boolean:
			v := int64(0)
			if !null && a.Value(i) {
				v = 1
			}
			c.Int = append(c.Int, v)
		case *array.Int64:
			c.Int = append(c.Int, a.Value(i))
		}
	}
}
