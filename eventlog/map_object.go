package eventlog

import (
	"context"
	"fmt"
	"strings"
)

// objects makes the source's objects those of the object_ views and those
// that its relations refer to.
//
// An object belongs to the first source that describes it. Another source may
// describe it too, and adds what the first does not know: see objectAttributes.
func (v *mapped) objects(ctx context.Context) error {
	for _, step := range []struct{ code, text, statement string }{
		{"objects-without-id", "Rows of object views without an id, left out: %d.", "map_object_blank"},
		{"relations-without-event", "Relations of events that lack an object or whose event is not there, left out: %d.", "map_event_object_blank"},
		{"relations-without-object", "Relations of objects that lack a type or an id, left out: %d.", "map_object_object_blank"},
		{"changes-without-object", "Changes that lack a type, an id or an attribute, left out: %d.", "map_object_change_blank"},
	} {
		if err := v.drop(ctx, step.code, step.text, storeText(step.statement)); err != nil {
			return err
		}
	}
	if err := v.unique(ctx, "an object view has an id", storeText("map_object_repeated")); err != nil {
		return err
	}
	for _, statement := range []string{"map_target", "map_number"} {
		if err := v.c.exec(ctx, storeText(statement)); err != nil {
			return err
		}
	}
	var err error
	if v.receipt.Objects.New, err = v.c.count(ctx, storeText("map_object_insert"), v.system.Name, v.load); err != nil {
		return err
	}
	if err := v.c.exec(ctx, storeText("map_object_moved"), v.system.Name); err != nil {
		return err
	}
	return v.c.exec(ctx, storeText("map_object_update"), v.system.Name, v.load)
}

// goneObjects removes the source's objects that nothing mentions any more.
func (v *mapped) goneObjects(ctx context.Context) error {
	if err := v.c.exec(ctx, storeText("map_object_gone"), v.system.Name); err != nil {
		return err
	}
	types, err := v.c.strings(ctx, "SELECT DISTINCT type FROM m_object_gone ORDER BY type")
	if err != nil {
		return err
	}
	for _, typ := range types {
		t := &attributeTable{owner: "object", typ: typ, name: typ}
		if err := v.c.exec(ctx, storeText("map_object_delete", "table", t.table(), "from", "m_object_gone")); err != nil {
			return err
		}
	}
	v.receipt.Objects.Gone, err = v.c.count(ctx, storeText("map_object_delete", "table", "main.object", "from", "m_object_gone"))
	if err != nil {
		return err
	}
	// What another source still mentions stays, without a description.
	if err := v.c.exec(ctx, storeText("map_orphan_moved"), v.system.Name); err != nil {
		return err
	}
	if err := v.c.exec(ctx, storeText("map_orphan"), v.system.Name, v.load); err != nil {
		return err
	}
	return v.noteDangling(ctx)
}

func (v *mapped) noteDangling(ctx context.Context) error {
	var parts []string
	total := int64(0)
	err := v.c.each(ctx, storeText("map_dangling"), nil, func(scan func(...any) error) error {
		var typ string
		var n int64
		err := scan(&typ, &n)
		parts = append(parts, fmt.Sprintf("%s %d", typ, n))
		total += n
		return err
	})
	v.note("dangling-objects", total, "Objects that are referred to, and described by no source: %d ("+strings.ReplaceAll(strings.Join(parts, ", "), "%", "%%")+").")
	return err
}

// objectAttributes writes what differs. Objects of this source take every
// attribute of its view, NULL too. To objects of other sources it gives only
// attributes that no other source's view of the type has: otherwise two
// sources that disagree would change the object to and fro for ever.
func (v *mapped) objectAttributes(ctx context.Context) error {
	if err := v.forget(ctx); err != nil {
		return err
	}
	names := make([]string, len(v.types))
	for i, typ := range v.types {
		names[i] = typ.name
	}
	tables, err := v.c.attributesOf(ctx, "object", names)
	if err != nil {
		return err
	}
	others, err := v.c.otherColumns(ctx, mapSchema(v.system.Name))
	if err != nil {
		return err
	}
	for i, typ := range v.types {
		t := tables[i]
		want := make([]Attribute, len(typ.attributes))
		for j, c := range typ.attributes {
			want[j] = Attribute{Name: c.Name, SQL: c.SQL}
		}
		made, err := t.ensure(ctx, v.c, want)
		if err != nil {
			return err
		}
		v.tables = v.tables || made
		if rows, err := v.c.int(ctx, fmt.Sprintf("SELECT count(*) FROM m_type_%d", i)); err != nil {
			return err
		} else if rows == 0 {
			continue
		}
		values := mapValues(t, want, "m.")
		if err := v.writeAttributes(ctx, i, t, values, "o.source = $1"); err != nil {
			return err
		}
		var rest []stagedValue
		for _, a := range values {
			if landColumn(others[typ.view.name], a.name) < 0 {
				rest = append(rest, a)
			}
		}
		if len(rest) == 0 {
			continue
		}
		if err := v.writeAttributes(ctx, i, t, rest, "o.source <> $1"); err != nil {
			return err
		}
	}
	if err := v.blankAttributes(ctx); err != nil {
		return err
	}
	v.receipt.Objects.Changed, err = v.c.int(ctx, storeText("map_touched"))
	return err
}

// otherColumns lists the columns of each view of the mappings of other schemas,
// in one look: each lists all columns there are.
func (c *storeConn) otherColumns(ctx context.Context, schema string) (map[string][]string, error) {
	columns := map[string][]string{}
	err := c.each(ctx, storeText("map_other_columns"), []any{schema}, func(scan func(...any) error) error {
		var view, column string
		err := scan(&view, &column)
		columns[view] = append(columns[view], column)
		return err
	})
	return columns, err
}

// writeAttributes writes some attributes of the objects of one type that
// satisfy a condition on object o.
func (v *mapped) writeAttributes(ctx context.Context, i int, t *attributeTable, values []stagedValue, condition string) error {
	var exprs, differs, columns, list, set strings.Builder
	for j, a := range values {
		column := Quote(a.column)
		fmt.Fprintf(&exprs, ", %s AS v%d", a.expr, j)
		fmt.Fprintf(&differs, " OR t.%s IS DISTINCT FROM %s", column, a.expr)
		fmt.Fprintf(&columns, ", %s", column)
		fmt.Fprintf(&list, ", v%d", j)
		if j > 0 {
			set.WriteString(", ")
		}
		fmt.Fprintf(&set, "%s = d.v%d", column, j)
	}
	err := v.c.exec(ctx, storeText("map_attribute_diff", "rows", fmt.Sprintf("m_type_%d", i), "type", storeLiteral(t.typ),
		"table", t.table(), "values", exprs.String(), "differs", differs.String(), "condition", condition), v.system.Name)
	if err != nil {
		return err
	}
	if differ, err := v.c.int(ctx, "SELECT count(*) FROM m_diff"); err != nil || differ == 0 {
		return err
	}
	err = v.c.exec(ctx, storeText("map_attribute_insert", "table", t.table(), "columns", columns.String(), "values", list.String()))
	if err != nil || len(values) == 0 {
		return err
	}
	if err := v.c.exec(ctx, "INSERT INTO m_moved SELECT object FROM m_diff WHERE NOT fresh"); err != nil {
		return err
	}
	return v.c.exec(ctx, storeText("map_attribute_update", "table", t.table(), "set", set.String()))
}

// forget empties the attributes of objects that the source no longer describes.
func (v *mapped) forget(ctx context.Context) error {
	types, err := v.c.strings(ctx, storeText("map_lost_types"), v.system.Name)
	if err != nil {
		return err
	}
	for _, typ := range types {
		t := &attributeTable{owner: "object", typ: typ, name: typ}
		if err := v.c.exec(ctx, storeText("map_lost", "table", t.table()), v.system.Name); err != nil {
			return err
		}
	}
	return nil
}

// blankAttributes gives every object a row in its type's table.
func (v *mapped) blankAttributes(ctx context.Context) error {
	types, err := v.c.strings(ctx, storeText("map_types"))
	if err != nil {
		return err
	}
	tables, err := v.c.attributesOf(ctx, "object", types)
	if err != nil {
		return err
	}
	for i, typ := range types {
		t := tables[i]
		made, err := t.ensure(ctx, v.c, nil)
		if err != nil {
			return err
		}
		v.tables = v.tables || made
		if err := v.c.exec(ctx, storeText("map_attribute_blank", "table", t.table()), typ); err != nil {
			return err
		}
	}
	return nil
}
