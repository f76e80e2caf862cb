package tryton

import (
	"slices"
	"testing"
	"time"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
)

// When the rows of what is over are gone, events, objects, relations, changes
// and business views are what they were; also after the mapping ran again and
// the whole extract came again.
func TestRetention(t *testing.T) {
	dir := sampleDir(t)
	for _, c := range []struct {
		now  time.Time
		most bool // of the rows go
	}{
		{time.Date(2026, 5, 20, 0, 0, 0, 0, time.UTC), false}, // in the midst of it
		{time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), true},
	} {
		path := storeIn(t)
		load(t, path, dir)
		story := func() []string {
			t.Helper()
			return answer(t, path, `SELECT event::VARCHAR || e::VARCHAR FROM (SELECT * EXCLUDE (load, sequence) FROM main.event) AS e -- its place in a log that others are in too
				
				UNION ALL SELECT o::VARCHAR FROM (SELECT * EXCLUDE (load) FROM main.object) AS o
				UNION ALL SELECT r::VARCHAR FROM (SELECT * EXCLUDE (load) FROM main.event_object) AS r
				UNION ALL SELECT r::VARCHAR FROM (SELECT * EXCLUDE (load) FROM main.object_object) AS r
				UNION ALL SELECT r::VARCHAR FROM (SELECT * EXCLUDE (load) FROM main.object_change) AS r
				UNION ALL SELECT r::VARCHAR FROM o2c.orders AS r UNION ALL SELECT r::VARCHAR FROM o2c.order_lines AS r
				UNION ALL SELECT r::VARCHAR FROM o2c.invoices AS r UNION ALL SELECT r::VARCHAR FROM o2c.receipts AS r
				ORDER BY 1`)
		}
		want := story()
		s, err := eventlog.Open(t.Context(), path, eventlog.OpenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.Retain(t.Context(), c.now, eventlog.Retention{Landing: eventlog.Age{Months: 2}, Model: o2c.Model(), Derived: o2c.Refresh()})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		removed := int64(0)
		for _, x := range r.Landing {
			removed += x.Removed
		}
		t.Logf("%s: %d rows of %d tables", c.now, removed, len(r.Landing))
		if removed == 0 || c.most && removed < 1500 || !c.most && removed > 1500 {
			t.Errorf("%s: %+v", c.now, r.Landing)
		}
		check := func(when string) {
			t.Helper()
			got := story()
			if slices.Equal(got, want) {
				return
			}
			t.Errorf("%s, %s: %d rows, want the same %d", c.now, when, len(got), len(want))
			more := func(what string, a, b []string) {
				t.Helper()
				for _, x := range a {
					if _, ok := slices.BinarySearch(b, x); !ok {
						t.Errorf("%s: %s", what, x)
					}
				}
			}
			more("new", got, want)
			more("gone", want, got)
		}
		check("removed")
		// Places in the audit log shift: see Privacy in eventlog/DESIGN.md.
		if r := load(t, path, dir); r.RowsNew != 0 || r.Events.New+r.Events.Gone != 0 || r.Events.Changed > 5 || r.Objects.New+r.Objects.Gone != 0 || r.Relations != (eventlog.Delta{}) {
			t.Errorf("loaded again: %+v", r)
		}
		old := mapping
		mapping += "\n-- and again"
		load(t, path, dir)
		mapping += "\nCREATE VIEW another AS SELECT 1 AS one;"
		load(t, path, dir)
		mapping = old
		check("mapped again")
	}
}
