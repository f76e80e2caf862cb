package eventlog

import (
	"context"
	"fmt"
	"strings"
)

// addObjects writes the objects that are new, whether they are described or
// only referred to, and finds the number of each that the slice mentions.
func (m *objectMerge) addObjects(ctx context.Context) error {
	for _, name := range []string{"object_typed", "object_untyped", "object_adopted"} {
		if err := m.c.exec(ctx, m.text(name)); err != nil {
			return err
		}
	}
	if err := m.addTypes(ctx); err != nil {
		return err
	}
	adopted, err := m.c.count(ctx, m.text("object_adopted_update"))
	if err != nil {
		return err
	}
	m.adopted = adopted
	described, err := m.c.count(ctx, m.text("object_described"))
	if err != nil {
		return err
	}
	m.receipt.Objects.Changed = adopted + described
	for _, name := range []string{"object_typed_insert", "object_untyped_insert"} {
		n, err := m.c.count(ctx, m.text(name), m.options.File)
		if err != nil {
			return err
		}
		m.receipt.Objects.New += n
	}
	if m.described, err = m.c.int(ctx, m.text("object_described_rows")); err != nil {
		return err
	}
	if err := m.c.exec(ctx, m.text("object_number")); err != nil {
		return err
	}
	ambiguous, err := m.c.int(ctx, m.text("object_ambiguous"))
	m.note("ambiguous-references", ambiguous, "Ids that are referred to without a type and that objects of several types have; the first described counts: %d.")
	if err != nil {
		return err
	}
	dangling, err := m.c.int(ctx, m.text("object_dangling"))
	m.note("dangling-objects", dangling, "Objects that are referred to, and described nowhere: %d.")
	return err
}

// addTypes keeps the types of objects that are new to the log, each with a
// table name that differs from every other by more than case.
func (m *objectMerge) addTypes(ctx context.Context) error {
	types, err := m.c.strings(ctx, m.text("object_type_fresh"))
	if err != nil || len(types) == 0 {
		return err
	}
	taken := map[string]bool{}
	tables, err := m.c.strings(ctx, storeText("object_type_tables"))
	if err != nil {
		return err
	}
	for _, t := range tables {
		taken[t] = true
	}
	for _, typ := range types {
		t := &attributeTable{taken: taken}
		table := t.place(typ)
		taken[strings.ToLower(table)] = true
		err := m.c.exec(ctx, "INSERT INTO main.object_type VALUES ($1, $2, $3, $4)", m.options.Log, typ, strings.TrimPrefix(typ, m.prefix()), table)
		if err != nil {
			return err
		}
	}
	m.changed = true
	return nil
}

// addRelations writes the relations that are new, of events and of objects.
func (m *objectMerge) addRelations(ctx context.Context) error {
	if err := m.c.exec(ctx, m.text("object_event_object")); err != nil {
		return err
	}
	placed, err := m.c.int(ctx, "SELECT sum(n) FROM o_event_object")
	if err != nil {
		return err
	}
	m.left = m.eventObject.rows - placed
	m.note("relations-without-event", m.left, "Relations of events that nothing describes, left out until the events are there too: %d.")
	for _, name := range []string{"object_event_object_insert", "object_object_insert"} {
		n, err := m.c.count(ctx, m.text(name, "known", m.known))
		if err != nil {
			return err
		}
		m.receipt.Relations.New += n
	}
	return nil
}

// addValues keeps the values that are new as the log says them, and derives
// the latest values and the changes of the objects concerned.
func (m *objectMerge) addValues(ctx context.Context) (err error) {
	if err := m.c.exec(ctx, m.text("object_value_fresh", "known", m.known)); err != nil {
		return err
	}
	if m.values, err = m.c.count(ctx, m.text("object_value_insert")); err != nil {
		return err
	}
	if err := m.c.exec(ctx, m.text("object_affected")); err != nil {
		return err
	}
	affected, err := m.c.int(ctx, "SELECT count(*) FROM o_affected")
	if err != nil || affected == 0 {
		return err
	}
	if err := m.c.exec(ctx, m.text("object_history")); err != nil {
		return err
	}
	if m.values > 0 {
		gone, err := m.c.count(ctx, m.text("object_change_delete"))
		if err != nil {
			return err
		}
		fresh, err := m.c.count(ctx, m.text("object_change_insert"))
		if err != nil {
			return err
		}
		m.receipt.Changes.New = max(0, fresh-gone)
	}
	types, err := m.c.strings(ctx, "SELECT DISTINCT type FROM o_affected ORDER BY type")
	if err != nil {
		return err
	}
	for _, typ := range types {
		if err := m.writeLatest(ctx, typ); err != nil {
			return fmt.Errorf("objects of type %q: %w", strings.TrimPrefix(typ, m.prefix()), err)
		}
	}
	if m.adopted == 0 {
		return nil
	}
	// Only now: DuckDB 1.5.6 cannot commit a column that is added to a table
	// after rows of it were deleted.
	t, err := m.c.attributes(ctx, "object", m.prefix())
	if err != nil {
		return err
	}
	return m.c.exec(ctx, storeText("map_object_delete", "table", t.table(), "from", "o_adopted"))
}

// writeLatest writes the latest values of the objects of one type that the
// slice touches. A column holds all types its attribute has: the values as
// they were written are in object_value.
func (m *objectMerge) writeLatest(ctx context.Context, typ string) error {
	t, err := m.c.attributes(ctx, "object", typ)
	if err != nil {
		return err
	}
	var want []Attribute
	err = m.c.each(ctx, storeText("object_latest_attributes"), []any{typ}, func(scan func(...any) error) error {
		var name, kind string
		if err := scan(&name, &kind); err != nil {
			return err
		}
		sqlType := storeSQLType(parseType(kind))
		if n := len(want); n > 0 && want[n-1].Name == name {
			want[n-1].SQL = widerType(want[n-1].SQL, sqlType)
		} else {
			want = append(want, Attribute{Name: name, SQL: sqlType})
		}
		return nil
	})
	if err != nil {
		return err
	}
	if _, err := t.ensure(ctx, m.c, want); err != nil {
		return err
	}
	var columns, values strings.Builder
	for _, a := range want {
		c, _ := t.column(a.Name)
		fmt.Fprintf(&columns, ", %s", Quote(c.column))
		fmt.Fprintf(&values, ", TRY_CAST(any_value(h.value) FILTER (h.attribute = %s) AS %s)", storeLiteral(a.Name), c.sql)
	}
	if err := m.c.exec(ctx, storeText("map_object_delete", "table", t.table(), "from", "o_affected")); err != nil {
		return err
	}
	return m.c.exec(ctx, storeText("object_latest_insert", "table", t.table(), "columns", columns.String(), "latest", values.String(), "type", storeLiteral(typ)))
}

// parseType is the inverse of Type.String.
func parseType(s string) Type {
	for t := Text; t < Nested; t++ {
		if t.String() == s {
			return t
		}
	}
	if s == Nested.String() {
		return Nested
	}
	return Text
}
