package eventlog

import (
	"context"
	"strconv"
)

// relations makes the source's relations, of events to objects and among
// objects, what the views say. A relation has no identity of its own: one that
// changed is one gone and one new. Equal rows are one relation.
func (v *mapped) relations(ctx context.Context) error {
	for _, table := range []string{"event_object", "object_object"} {
		err := v.exchange(ctx, table, &v.receipt.Relations)
		if err != nil {
			return err
		}
	}
	repeated, err := v.c.int(ctx, storeText("map_relation_repeated"))
	v.note("repeated-relations", repeated, "Relations that repeat another with the same qualifier, quantity and amount, and count once: %d.")
	return err
}

// changes makes the source's history of attributes what the view says.
func (v *mapped) changes(ctx context.Context) error {
	return v.exchange(ctx, "object_change", &v.receipt.Changes)
}

// exchange replaces what differs in one of the tables without identity.
func (v *mapped) exchange(ctx context.Context, table string, r *Delta) error {
	text := func(step string) string {
		return storeText("map_"+table+step, "source", storeLiteral(v.system.Name), "load", strconv.FormatInt(v.load, 10))
	}
	for _, step := range []string{"_now", "_old"} {
		if err := v.c.exec(ctx, text(step)); err != nil {
			return err
		}
	}
	for _, d := range []struct{ name, a, b string }{{"x_gone", "x_old", "x_now"}, {"x_fresh", "x_now", "x_old"}} {
		if err := v.c.exec(ctx, storeText("map_except", "result", d.name, "a", d.a, "b", d.b)); err != nil {
			return err
		}
	}
	gone, err := v.c.count(ctx, text("_delete"))
	if err != nil {
		return err
	}
	fresh, err := v.c.count(ctx, text("_insert"))
	r.Gone += gone
	r.New += fresh
	return err
}
