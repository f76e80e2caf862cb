package metrics_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	simulator "millrace/sample-data/distributor"
)

// The state of every view after all that happened is the view; and what a view
// says on a day does not change with what happened later: the rows of a day,
// cut off again at an earlier one, are those of the earlier.
func TestStates(t *testing.T) {
	dir := t.TempDir()
	if _, err := simulator.Generate(t.Context(), dir, simulator.Options{Seed: 3, Orders: 200}); err != nil {
		t.Fatal(err)
	}
	s := load(t, dir)
	types := map[string]map[string]string{}
	rows, err := s.Query(t.Context(), "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'o2c'")
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
	n := 0
	for view, columns := range types {
		end, ok := o2c.StateOf(view, columns, "2099-01-01", time.Date(2099, 1, 2, 0, 0, 0, 0, time.UTC))
		if !ok {
			continue
		}
		n++
		for column := range columns {
			if got := count(t, s, fmt.Sprintf("SELECT count(*) FROM (SELECT %[1]s FROM o2c.%[2]s EXCEPT ALL SELECT %[1]s FROM (%[3]s))", column, view, end)); got != 0 {
				t.Errorf("%s.%s: %d rows are not in the state at the end", view, column, got)
			}
		}
		all, there := count(t, s, "SELECT count(*) FROM o2c."+view), count(t, s, "SELECT count(*) FROM ("+end+")")
		if all != there || all == 0 {
			t.Errorf("%s: %d rows, at the end %d", view, all, there)
		}
		early, _ := o2c.StateOf(view, columns, "2025-03-31", time.Date(2025, 4, 1, 0, 0, 0, 0, time.UTC))
		some := count(t, s, "SELECT count(*) FROM ("+early+")")
		if some == 0 || some >= all {
			t.Errorf("%s: %d rows, on 2025-03-31 %d", view, all, some)
		}
		for column, kind := range columns {
			if kind != "TIMESTAMP WITH TIME ZONE" || view == "order_lines" && column == "shipped_quantity" {
				continue
			}
			if late := count(t, s, fmt.Sprintf("SELECT count(*) FROM (%s) WHERE %s >= TIMESTAMPTZ '2025-04-01 00:00:00+00'", early, column)); late > 0 {
				t.Errorf("%s.%s: on 2025-03-31, %d rows know of later", view, column, late)
			}
		}
	}
	if n < 14 {
		t.Errorf("%d views have a state", n)
	}
}

// count runs a query for one number.
func count(t *testing.T, s *eventlog.Store, text string) (n int64) {
	t.Helper()
	rows, err := s.Query(context.Background(), text)
	if err != nil {
		t.Fatalf("%v\n%s", err, strings.TrimSpace(text))
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
	return n
}
