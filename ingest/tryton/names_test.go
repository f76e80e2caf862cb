package tryton

import (
	"bytes"
	"os"
	"path/filepath"
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

// sampleWithTax is the sample with tax numbers of two customers.
func sampleWithTax(t testing.TB) string {
	dir := sampleDir(t)
	writeCSV(t, filepath.Join(dir, "party_identifier.csv"), [][]string{
		{"id", "party", "type", "code", "sequence"},
		{"1", "2", "eu_vat", "DE811128135", ""}, {"2", "2", "de_handelsregisternummer", "HRB 86891", ""}, {"3", "3", "eu_vat", "DE129274202", ""},
	})
	return dir
}

// With pseudonyms in place of logins, every event has the same kind; and no
// login or name of a user is in the file.
func TestNamesAreNotNeeded(t *testing.T) {
	t.Parallel()
	kept, hashed := storeIn(t), storeIn(t)
	key := eventlog.Names{Key: []byte("a key of thirty-two bytes, or so")}
	load(t, kept, sampleWithTax(t))
	loadNames(t, hashed, sampleWithTax(t), key)
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
	const taxed = `SELECT concat_ws(' ', id, tax_number) FROM objects."Customer" JOIN main.object USING (object) WHERE tax_number IS NOT NULL ORDER BY 1`
	if got := answer(t, hashed, taxed); !slices.Equal(got, []string{"party:2 DE811128135", "party:3 DE129274202"}) {
		t.Errorf("tax numbers: %q", got)
	}

	// A customer is forgotten: orders and invoices stay.
	s, err := eventlog.Open(t.Context(), hashed, eventlog.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Forget(t.Context(), "party:2", eventlog.ForgetOptions{Names: key, Derived: o2c.Refresh()})
	taxes := eventlog.ForgotTable{Source: "tryton", Table: "party_identifier", Removed: 2}
	if err != nil || r.Customers != 1 || r.Relations == 0 || !slices.Contains(r.Landing, taxes) {
		t.Errorf("%+v %v", r, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		absent([]string{"Customer 00", "811128135", "HRB 86891"})
		if got := answer(t, hashed, `SELECT count(*) FROM o2c.orders UNION ALL SELECT count(*) FROM landing_tryton.sale_sale WHERE party = 2
			UNION ALL SELECT count(*) FROM landing_tryton.party_party WHERE id = 2`); !slices.Equal(got, []string{"57", "0", "0"}) {
			t.Errorf("orders, references, parties: %q", got)
		}
		if got := answer(t, hashed, taxed); !slices.Equal(got, []string{"party:3 DE129274202"}) {
			t.Errorf("tax numbers after: %q", got)
		}
		if r := loadNames(t, hashed, sampleWithTax(t), key); r.Load != 0 {
			t.Errorf("loaded again: %+v", r)
		}
	}
}
