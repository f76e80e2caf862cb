package eventlog

import (
	"context"
	"path/filepath"
	"testing"
)

// What is derived from several systems is computed once after them, again
// after any of them brought something, and by the next call where the program
// was cut off in between.
func TestDerive(t *testing.T) {
	ctx := context.Background()
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	const text = `CREATE OR REPLACE TABLE derived AS SELECT count(*) AS events FROM event`
	derive := func(doc, text string, want bool, events int64) {
		t.Helper()
		ran, err := s.Derive(ctx, text)
		if err != nil || ran != want {
			t.Errorf("%s: ran %v, %v", doc, ran, err)
		}
		err = s.session(ctx, func(c *storeConn) error {
			n, err := c.int(ctx, "SELECT events FROM derived")
			if n != events {
				t.Errorf("%s: %d events derived, want %d", doc, n, events)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	derive("an empty store", text, true, 0)
	mustMerge(t, s, shop(), shopRows()...)
	derive("after a load", text, true, 6)
	derive("again", text, false, 6)
	mustMerge(t, s, shop(), shopRows()...) // nothing new
	derive("nothing new", text, false, 6)
	derive("another text", text+" -- more", true, 6)
	if _, err := s.Derive(ctx, "CREATE TABLE derived2 AS SELECT broken"); err == nil {
		t.Error("no error")
	}
	derive("after an error", text+" -- more", false, 6)
	sys := shop()
	sys.Derived = text // in the load's own transaction
	rows := shopRows()
	rows[2] = lines("journal", "order,what,day")
	mustMerge(t, s, sys, rows...)
	derive("derived by the load itself", text, false, 3)
}

// A mapping that reads what another source filled is run again after that
// changed, though its own rows are the same.
func TestUses(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	notes := System{
		Name: "notes", Kind: "notes", Model: shop().Model, Uses: []string{"shop"},
		Tables: []Table{{Name: "note", Key: []string{"no"}, Columns: []TableColumn{{"no", "VARCHAR"}, {"value", "DECIMAL(18,4)"}, {"day", "DATE"}}}},
		Mapping: `CREATE VIEW event AS SELECT 'n' || no AS key, 'Pack' AS activity, day AS time FROM note;
			CREATE VIEW event_object AS SELECT 'n' || n.no AS event_key, 'Order' AS type, o.id FROM note n
			JOIN objects."Order" x USING (value) JOIN main.object o USING (object)`,
	}
	note := lines("note", "no,value,day\n1,10.50,2024-05-01")
	// Before the shop is there, there is nothing to find.
	if r := mustMerge(t, s, notes, note); r.Events.New != 1 || r.Relations.New != 0 {
		t.Errorf("alone: %s", r.brief())
	}
	mustMerge(t, s, shop(), shopRows()...)
	if r := mustMerge(t, s, notes, note); r.Relations.New != 1 || r.RowsNew != 0 {
		t.Errorf("after the shop: %s", r.brief())
	}
	if r := mustMerge(t, s, notes, note); r.Load != 0 {
		t.Errorf("again: %s", r.brief())
	}
}
