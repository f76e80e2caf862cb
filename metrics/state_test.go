package metrics_test

import (
	"fmt"
	"testing"

	"millrace/eventlog/o2c"
)

// TestStateAtTheEnd: what a view said at the end of the data is the view.
func TestStateAtTheEnd(t *testing.T) {
	c := simulated(t)
	types := map[string]map[string]string{}
	rows, err := c.store.Query(t.Context(), "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE schema_name = 'o2c'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var view, column, kind string
		if err := rows.Scan(&view, &column, &kind); err != nil {
			t.Fatal(err)
		}
		if types[view] == nil {
			types[view] = map[string]string{}
		}
		types[view][column] = kind
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	looked := 0
	// The others are looked at where they are made.
	for _, view := range []string{"order_lines", "delivery_lines", "goods_issues", "billings", "line_faults", "messages", "deliveries"} {
		state, ok := o2c.StateOf(view, types[view], "2026-12-31", c.asOf.Add(366).In(c.zone))
		if !ok {
			t.Errorf("%s has no state", view)
			continue
		}
		var n, missing, other int64
		query := fmt.Sprintf("WITH s AS (%s) SELECT (SELECT count(*) FROM o2c.%s), (SELECT count(*) FROM (FROM o2c.%s EXCEPT ALL FROM s)), (SELECT count(*) FROM (FROM s EXCEPT ALL FROM o2c.%s))", state, view, view, view)
		if err := scanOne(c, query, &n, &missing, &other); err != nil {
			t.Errorf("%s: %v", view, err)
			continue
		}
		if n == 0 || missing != 0 || other != 0 {
			t.Errorf("%s: of %d rows the state at the end lacks %d and has %d others", view, n, missing, other)
		}
		looked++
	}
	if looked == 0 {
		t.Error("no view was looked at")
	}
}

func scanOne(c *company, query string, into ...any) error {
	rows, err := c.store.Query(c.t.Context(), query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
	}
	return rows.Err()
}
