package eventlog

import (
	"context"
	"strconv"
)

// relations makes the source's relations, of events to objects and among
// objects, what the views say. A relation has no identity of its own: one that
// changed is one gone and one new. Equal rows are one relation.
func (v *mapped) relations(ctx context.Context) error {
	repeated := int64(0)
	for _, table := range []string{"event_object", "object_object"} {
		n, err := v.exchange(ctx, table, &v.receipt.Relations)
		if err != nil {
			return err
		}
		repeated += n
	}
	v.note("repeated-relations", repeated, "Relations that repeat another with the same qualifier, quantity and amount, and count once: %d.")
	return nil
}

// changes makes the source's history of attributes what the view says.
func (v *mapped) changes(ctx context.Context) error {
	_, err := v.exchange(ctx, "object_change", &v.receipt.Changes)
	return err
}

// exchange replaces what differs in one of the tables without identity, and
// says how many rows of the view repeat another.
func (v *mapped) exchange(ctx context.Context, table string, r *Delta) (repeated int64, err error) {
	text := func(step, fresh string) string {
		return storeText("map_"+table+step, "source", storeLiteral(v.system.Name), "load", strconv.FormatInt(v.load, 10), "fresh", fresh)
	}
	for _, step := range []string{"_now", "_old"} {
		if err := v.c.exec(ctx, text(step, "")); err != nil {
			return 0, err
		}
	}
	var seen, now, old int64
	err = v.c.QueryRowContext(ctx, storeText("map_counts", "view", "m_"+table)).Scan(&seen, &now, &old)
	if err != nil {
		return 0, err
	}
	if old == 0 {
		// The first load of a source: to compare everything with nothing would
		// take as long as all the rest.
		fresh, err := v.c.count(ctx, text("_insert", "x_now"))
		r.New += fresh
		return seen - now, err
	}
	for _, d := range []struct{ name, a, b string }{{"x_gone", "x_old", "x_now"}, {"x_fresh", "x_now", "x_old"}} {
		if err := v.c.exec(ctx, storeText("map_except", "result", d.name, "a", d.a, "b", d.b)); err != nil {
			return 0, err
		}
	}
	gone, err := v.c.count(ctx, text("_delete", ""))
	if err != nil {
		return 0, err
	}
	fresh, err := v.c.count(ctx, text("_insert", "x_fresh"))
	r.Gone += gone
	r.New += fresh
	return seen - now, err
}
