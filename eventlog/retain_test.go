package eventlog

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func day(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return t
}

func TestAge(t *testing.T) {
	for _, c := range []struct{ age, now, want string }{
		{"24mo", "2026-02-20", "2024-02-20"}, {"1mo", "2026-03-31", "2026-02-28"}, {"7y", "2024-02-29", "2017-02-28"}, {"90d", "2026-03-31", "2025-12-31"}, {"13mo", "2026-01-31", "2024-12-31"},
	} {
		a, err := ParseAge(c.age)
		if err != nil || !a.before(day(c.now)).Equal(day(c.want)) {
			t.Errorf("%s before %s is %s, want %s (%v)", c.age, c.now, a.before(day(c.now)), c.want, err)
		}
	}
	for _, bad := range []string{"", "24", "0mo", "-1d", "24 mo", "2w", "1m", "24mo ", "100000d", "1.5y"} {
		if a, err := ParseAge(bad); err == nil {
			t.Errorf("%q was taken for %v", bad, a)
		}
	}
	if err := (Retention{Landing: Age{Months: 36}, Events: Age{Months: 24}}).Check(); err == nil || !strings.Contains(err.Error(), "landing: 36mo is longer than events: 24mo") {
		t.Error(err)
	}
}

// story lists what the store says happened, without numbers of loads.
func story(t testing.TB, s *Store) string {
	t.Helper()
	ctx := context.Background()
	var all []string
	err := s.session(ctx, func(c *storeConn) error {
		for _, text := range []string{
			`SELECT concat_ws(' ', 'event', event, id, activity, time, precision, rank, resource, actor_kind, sequence, source_table, source_key, note) FROM event LEFT JOIN events.office USING (event) ORDER BY 1`,
			`SELECT concat_ws(' ', 'object', object, type, id, defined, source, source_table, source_key) FROM object ORDER BY 1`,
			`SELECT concat_ws(' ', 'touches', event, object, qualifier, quantity) FROM event_object ORDER BY 1`,
			`SELECT concat_ws(' ', 'relation', source_object, target_object, qualifier, quantity, source) FROM object_object ORDER BY 1`,
			`SELECT concat_ws(' ', 'change', object, attribute, time, old_value, new_value, event) FROM object_change ORDER BY 1`,
			`SELECT concat_ws(' ', 'order', object, note) FROM objects."Order" ORDER BY 1`,
			`SELECT concat_ws(' ', 'line', object, quantity) FROM objects."Line" ORDER BY 1`,
			`SELECT concat_ws(' ', 'customer', object, number, name) FROM objects."Customer" ORDER BY 1`,
		} {
			list, err := c.strings(ctx, text)
			if err != nil {
				return err
			}
			all = append(all, list...)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, "\n")
}

// Landed rows go when all that hangs together with them is over; what was made
// of them stays, whatever is loaded or mapped again.
func TestRetainLanding(t *testing.T) {
	ctx := context.Background()
	s := officeStore(t, testNames)
	want := story(t, s)
	o := Retention{Landing: Age{Months: 24}, Model: office().Model}
	r, err := s.Retain(ctx, day("2026-02-20"), o)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, x := range r.Landing {
		got[x.Table] = x.Removed
	}
	// Orders 1 and 2 with their three lines and two changes; not order 3, of March.
	if len(got) != 3 || got["orders"] != 2 || got["lines"] != 3 || got["changes"] != 2 || r.Events+r.Objects+r.Relations+r.Changes != 0 || len(r.Logs) != 1 {
		t.Errorf("%+v", r)
	}
	load := func(what string, edit func(*System, []TableRows)) LoadReceipt {
		t.Helper()
		sys, rows := office(), officeRows()
		if edit != nil {
			edit(&sys, rows)
		}
		r, err := mergeAs(s, sys, ExtractOptions{Names: testNames}, rows...)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		return r
	}
	same := func(what string) {
		t.Helper()
		if got := story(t, s); got != want {
			t.Errorf("%s: %s", what, firstDifference(got, want))
		}
	}
	same("removed")
	if r := load("again", nil); r.Load != 0 {
		t.Errorf("again: %s", r.brief())
	}
	same("loaded again")
	load("mapped again", func(sys *System, _ []TableRows) { sys.Uses = []string{"office"} })
	same("mapped again")
	load("part of an extract", func(sys *System, rows []TableRows) {
		sys.Uses = nil
		for i := range rows {
			rows[i] = lines(rows[i].Table, strings.Join(rows[i].Columns, ","))
			rows[i].Complete = false
		}
	})
	same("part of an extract")
	if n := count(t, s, "SELECT count(*) FROM landing_office.orders"); n != 2 {
		t.Errorf("%d orders have landed, want 2", n)
	}
	// Order 1 changes after all: what happened then is not told again, the rest is.
	rx := load("a late change", func(_ *System, rows []TableRows) {
		rows[2] = lines("orders", "id,client,maker,made,note\n1,7,quentin,2026-02-21 08:00:00,late\n3,1,quentin,2024-03-10 08:00:00,Plumquist Hardware\n7,7,zwilla.berg,2024-03-11 08:00:00,quentin")
		rows[4] = lines("changes", "id,order,maker,made,field,was,is\n9,1,quentin,2026-02-21 09:00:00,owner,,quentin\n3,3,quentin,2024-03-12 09:00:00,quantity,7,8")
	})
	if rx.Events != (Delta{New: 1}) || rx.Changes != (Delta{New: 1}) || rx.Objects.Gone+rx.Relations.Gone != 0 {
		t.Errorf("a late change: %s", rx.brief())
	}
	for _, line := range strings.Split(want, "\n") {
		if !strings.Contains(story(t, s), line) {
			t.Errorf("a late change took away: %s", line)
		}
	}
	// And it stays landed for as long as it is new.
	if r := load("and again", func(_ *System, rows []TableRows) {
		rows[2] = lines("orders", "id,client,maker,made,note\n1,7,quentin,2026-02-21 08:00:00,late\n2,7,edi_in,2024-02-10 08:00:00,\n3,1,quentin,2024-03-10 08:00:00,Plumquist Hardware\n7,7,zwilla.berg,2024-03-11 08:00:00,quentin")
		rows[4] = lines("changes", "id,order,maker,made,field,was,is\n9,1,quentin,2026-02-21 09:00:00,owner,,quentin\n3,3,quentin,2024-03-12 09:00:00,quantity,7,8")
	}); r.Load != 0 {
		t.Errorf("and again: %s", r.brief())
	}
	if again, err := s.Retain(ctx, day("2026-02-20"), o); err != nil || again.any() {
		t.Errorf("retained twice: %+v %v", again, err)
	}
}

// Events go by their own time, and objects with the last event of all that
// hangs together with them; no load brings them back.
func TestRetainEvents(t *testing.T) {
	ctx := context.Background()
	s := officeStore(t, testNames)
	// Before 11 January: the creation of order 1, but not its change.
	r, err := s.Retain(ctx, day("2026-01-11"), Retention{Events: Age{Months: 24}, Model: office().Model})
	if err != nil || r.Events != 1 || r.Objects != 0 || r.Relations != 2 || len(r.Landing) != 0 {
		t.Errorf("%+v %v", r, err)
	}
	// Before 20 February: orders 1 and 2, with their lines.
	o := Retention{Events: Age{Months: 24}, Model: office().Model}
	r, err = s.Retain(ctx, day("2026-02-20"), o)
	if err != nil || r.Events != 3 || r.Objects != 5 || r.Changes != 2 {
		t.Errorf("%+v %v", r, err)
	}
	for range 2 {
		for _, c := range []struct {
			text string
			want int64
		}{
			{"SELECT count(*) FROM event", 3}, {"SELECT count(*) FROM events.office", 3}, {"SELECT count(*) FROM object WHERE type = 'Order'", 2},
			{`SELECT count(*) FROM objects."Line"`, 1}, {"SELECT count(*) FROM object WHERE type = 'Customer'", 2}, {"SELECT count(*) FROM object WHERE type = 'User'", 3},
			{"SELECT count(*) FROM object_change", 1}, {"SELECT count(*) FROM landing_office.orders", 2}, {"SELECT count(*) FROM landing_office.staff", 3},
			{"SELECT count(*) FROM event_object WHERE event NOT IN (SELECT event FROM event) OR object NOT IN (SELECT object FROM object)", 0},
			{"SELECT count(*) FROM object_object WHERE source_object NOT IN (SELECT object FROM object) OR target_object NOT IN (SELECT object FROM object)", 0},
		} {
			if n := count(t, s, c.text); n != c.want {
				t.Errorf("%s: %d, want %d", c.text, n, c.want)
			}
		}
		if err := s.BuildColumns(ctx, "l", LogOptions{Model: office().Model}); err != nil {
			t.Fatal(err)
		}
		sys := office()
		sys.Uses = []string{"office"} // so that it is mapped again
		if _, err := mergeAs(s, sys, ExtractOptions{Names: testNames}, officeRows()...); err != nil {
			t.Fatal(err)
		}
	}
	if l, err := s.Log(ctx, "l", LogOptions{Model: office().Model}); err != nil {
		t.Fatal(err)
	} else if cases, events := l.Size(); cases != 2 || events != 3 {
		t.Errorf("%d cases, %d events in the columns", cases, events)
	} else {
		l.Close()
	}
	// An imported log ages too.
	path := filepath.Join(t.TempDir(), "i.duckdb")
	if _, err := Import(ctx, path, OpenOptions{Wait: -1}, ImportOptions{Log: "l"}, slice(0), nil); err != nil {
		t.Fatal(err)
	}
	imported := openStore(t, path)
	r, err = imported.Retain(ctx, day("2199-01-01"), Retention{Events: Age{Months: 24}})
	if err != nil || r.Events != killRows || r.Objects == 0 {
		t.Errorf("%+v %v", r, err)
	}
	if n := count(t, imported, "SELECT count(*) FROM object"); n != 0 {
		t.Errorf("%d cases are left", n)
	}
}

// What was removed because of its age is not lacking, unless it has changed since.
func TestUnlandedAfterRetain(t *testing.T) {
	ctx := context.Background()
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	sys := shop()
	sys.Tables[0].Watermark = []string{"created"}
	mustMerge(t, s, sys, shopRows()...)
	r, err := s.Retain(ctx, day("2024-11-30"), Retention{Landing: Age{Months: 3}, Model: sys.Model})
	if err != nil || len(r.Landing) == 0 || r.Landing[0] != (TableRetained{"shop", "orders", 2}) {
		t.Fatalf("%+v, %v", r, err)
	}
	s.Close()
	for _, c := range []struct {
		seen []string
		want string
	}{
		{[]string{"1,2024-03-31 03:30:00", "2,2024-10-27 12:00:00", "3,2024-01-01 00:00:00", "4,2024-11-01 00:00:00"}, "4"},
		{[]string{"01,2024-03-31 03:30:00", "2,2024-11-27 12:00:00", "3,"}, "2"},
		{[]string{"1,2024-11-20 10:00:00", "3,2024-08-30 23:00:00"}, "1 3"}, // in some zone it may be the day after
	} {
		var got []string
		seen := SeenTable{Source: "shop", Table: "orders", Key: []string{"id"}, Watermark: []string{"created"}, Seen: texts(c.seen...), Had: texts()}
		if err := Unlanded(ctx, s.Path(), OpenOptions{}, seen, func(key []string) error {
			got = append(got, key[0])
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q: got %q, want %q", c.seen, got, c.want)
		}
	}
}
