package eventlog

import (
	"context"
	"fmt"
	"strings"
)

// note adds a note if n is not zero; the text has one %d for it.
func (v *mapped) note(code string, n int64, text string) {
	if n > 0 {
		v.receipt.Notes = append(v.receipt.Notes, Note{Code: code, Text: fmt.Sprintf(text, n)})
	}
}

// drop removes rows that mean nothing from a temporary table, and notes how many.
func (v *mapped) drop(ctx context.Context, code, text, statement string, args ...any) error {
	n, err := v.c.count(ctx, statement, args...)
	v.note(code, n, text)
	return err
}

// unique refuses a view in which a key stands more than once.
func (v *mapped) unique(ctx context.Context, what, statement string) error {
	var sample string
	var n int64
	err := v.c.each(ctx, statement, nil, func(scan func(...any) error) error { return scan(&sample, &n) })
	if err == nil && n > 0 {
		err = fmt.Errorf("mapping: %s more than once: %d of them, such as %q", what, n, sample)
	}
	return err
}

// events makes the source's events those of view event. Events keep their
// numbers while they keep their keys.
func (v *mapped) events(ctx context.Context) error {
	err := v.drop(ctx, "events-without-key", "Events without a key or an activity, left out: %d.", storeText("map_event_blank"))
	if err != nil {
		return err
	}
	if err := v.unique(ctx, "view event has a key", storeText("map_event_repeated")); err != nil {
		return err
	}
	if err := v.precisions(ctx); err != nil {
		return err
	}
	if err := v.ranks(ctx); err != nil {
		return err
	}
	t, columns, err := v.eventTable(ctx)
	if err != nil {
		return err
	}
	var old, differs strings.Builder
	for i, a := range columns {
		fmt.Fprintf(&old, ", t.%s AS o%d", Quote(a.column), i)
		fmt.Fprintf(&differs, "\n   OR e.o%d IS DISTINCT FROM %s", i, a.expr)
	}
	join := ""
	if t.exists {
		join = "LEFT JOIN " + t.table() + " AS t USING (event)"
	}
	err = v.c.exec(ctx, storeText("map_event_fresh", "join", join, "old", old.String(), "differs", differs.String()), v.system.Name)
	if err != nil {
		return err
	}
	if err := v.c.exec(ctx, storeText("map_event_gone"), v.system.Name); err != nil {
		return err
	}
	return v.writeEvents(ctx, t, columns)
}

func (v *mapped) precisions(ctx context.Context) error {
	wrong, err := v.c.strings(ctx, storeText("map_event_precision"))
	if err == nil && len(wrong) > 0 {
		err = fmt.Errorf("mapping: view event: precision is %q; want exact or day", wrong[0])
	}
	return err
}

// ranks fills the temporary table of what the model says of activities.
func (v *mapped) ranks(ctx context.Context) error {
	if err := v.c.exec(ctx, "CREATE TEMP TABLE m_rank (activity VARCHAR, rank INTEGER)"); err != nil {
		return err
	}
	if v.system.Model == nil || len(v.system.Model.Activities) == 0 {
		return nil
	}
	names, ranks := make([]string, 0), make([]int32, 0)
	for _, a := range v.system.Model.Activities {
		names, ranks = append(names, a.Name), append(ranks, int32(a.Rank))
	}
	return v.c.exec(ctx, storeText("map_rank"), names, ranks)
}

// eventTable makes room for the attributes of the source's events.
func (v *mapped) eventTable(ctx context.Context) (*attributeTable, []stagedValue, error) {
	t, err := v.c.attributes(ctx, "event", v.system.Name)
	if err != nil || len(v.eventAttributes) == 0 {
		return t, nil, err
	}
	want := make([]Attribute, len(v.eventAttributes))
	for i, c := range v.eventAttributes {
		want[i] = Attribute{Name: c.Name, SQL: c.SQL}
	}
	made, err := t.ensure(ctx, v.c, want)
	if err != nil {
		return nil, nil, err
	}
	v.tables = v.tables || made
	return t, mapValues(t, want, "m."), nil
}

// mapValues pairs the columns of a table with the expressions a0, a1, … of
// their new values: as they are, or as text where the column holds text.
func mapValues(t *attributeTable, want []Attribute, prefix string) []stagedValue {
	values := make([]stagedValue, len(want))
	for i, a := range want {
		column, _ := t.column(a.Name)
		expr := fmt.Sprintf("%sa%d", prefix, i)
		if column.sql != a.SQL {
			expr = storeAsText(a.SQL, expr)
		}
		values[i] = stagedValue{attributeColumn: column, expr: expr}
	}
	return values
}

func (v *mapped) writeEvents(ctx context.Context, t *attributeTable, values []stagedValue) error {
	r := &v.receipt.Events
	var err error
	if r.New, err = v.c.int(ctx, "SELECT count(*) FROM m_fresh WHERE known IS NULL"); err != nil {
		return err
	}
	if r.Changed, err = v.c.int(ctx, "SELECT count(*) FROM m_fresh WHERE known IS NOT NULL"); err != nil {
		return err
	}
	if r.Gone, err = v.c.int(ctx, "SELECT count(*) FROM m_gone"); err != nil {
		return err
	}
	relations, err := v.c.count(ctx, storeText("map_gone_delete", "table", "main.event_object", "from", "m_gone"))
	v.receipt.Relations.Gone += relations
	if err != nil {
		return err
	}
	tables := []string{"main.event"}
	if t.exists {
		tables = append(tables, t.table())
	}
	for _, table := range tables {
		for _, from := range []string{"m_gone", "m_fresh"} {
			if err := v.c.exec(ctx, storeText("map_gone_delete", "table", table, "from", from)); err != nil {
				return err
			}
		}
	}
	if err := v.c.exec(ctx, storeText("map_event_insert"), v.system.Name, v.load); err != nil {
		return err
	}
	if len(values) > 0 {
		var columns, exprs strings.Builder
		for _, a := range values {
			fmt.Fprintf(&columns, ", %s", Quote(a.column))
			fmt.Fprintf(&exprs, ", %s", a.expr)
		}
		err := v.c.exec(ctx, storeText("map_event_attributes", "table", t.table(), "columns", columns.String(), "values", exprs.String()))
		if err != nil {
			return err
		}
	}
	return v.c.exec(ctx, storeText("map_event_number"), v.system.Name)
}
