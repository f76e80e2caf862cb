package tryton

import (
	"bytes"
	"os"
	"slices"
	"testing"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
)

const kindsAndChannels = `SELECT concat_ws(' ', activity, time, source_key, actor_kind, resource IS NOT NULL) FROM main.event
	UNION ALL SELECT concat_ws(' ', id, channel) FROM objects."SalesOrder" JOIN main.object USING (object) ORDER BY 1`

// answer asks a store that is closed again.
func answer(t testing.TB, path, query string) []string {
	t.Helper()
	db := ask(t, path)
	defer db.Close()
	return column(t, db, query)
}

// With pseudonyms in place of logins, every event has the same kind; and no
// login or name of a user is in the file.
func TestNamesAreNotNeeded(t *testing.T) {
	t.Parallel()
	kept, hashed := storeIn(t), storeIn(t)
	key := eventlog.Names{Key: []byte("a key of thirty-two bytes, or so")}
	load(t, kept, sampleDir(t))
	loadNames(t, hashed, sampleDir(t), key)
	if got, want := answer(t, hashed, kindsAndChannels), answer(t, kept, kindsAndChannels); len(want) < 500 || !slices.Equal(got, want) {
		t.Errorf("%d rows, want the same %d", len(got), len(want))
	}
	// Not their full names: employees are parties too, and those keep theirs.
	gone := []string{"wendy", "sally", "edi_bot", "arnold"}
	absent := func(gone []string) {
		t.Helper()
		file, err := os.ReadFile(hashed)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range gone {
			if bytes.Contains(file, []byte(name)) {
				t.Errorf("%q is in the file", name)
			}
		}
	}
	absent(gone)

	// A customer is forgotten: orders and invoices stay.
	s, err := eventlog.Open(t.Context(), hashed, eventlog.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Forget(t.Context(), "party:2", eventlog.ForgetOptions{Names: key, Derived: o2c.Refresh()})
	if err != nil || r.Customers != 1 || r.Relations == 0 {
		t.Errorf("%+v %v", r, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		absent([]string{"Customer 00"})
		if got := answer(t, hashed, `SELECT count(*) FROM o2c.orders UNION ALL SELECT count(*) FROM landing_tryton.sale_sale WHERE party = 2
			UNION ALL SELECT count(*) FROM landing_tryton.party_party WHERE id = 2`); !slices.Equal(got, []string{"57", "0", "0"}) {
			t.Errorf("orders, references, parties: %q", got)
		}
		if r := loadNames(t, hashed, sampleDir(t), key); r.Load != 0 {
			t.Errorf("loaded again: %+v", r)
		}
	}
}
